//! `malle deliver`: mail from programs that have no profile, for the mailboxes of this machine.
//! RFC 2033 (answers), sysexits.h (how it ends)

use std::io;

use malle_host::Home;
use malle_host::delivery::{Answer, Envelope, Fate, Post, deliver, post_in, post_of, post_of_home};
use mapi::Code;
use serde::Serialize;

use crate::app::App;
use crate::args::DeliverArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{Printer, Shown};
use crate::text;

/// RFC 3463: there is no such mailbox, or it is no address.
const NO_USER: [i32; 2] = [511, 513];

/// One object a recipient: `{"recipient","code","text"}`.
#[derive(Serialize)]
struct Line {
    recipient: String,
    /// The code of the reply, as in SMTP.
    code: u16,
    /// The whole reply.
    text: String,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Lines(Vec<Line>);

impl Shown for Lines {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        self.0
            .iter()
            .try_for_each(|line| to.line(text::clean(&line.text)))
    }
}

pub(super) fn run(app: &App, args: &DeliverArgs) -> Outcome<Exit> {
    let done = delivered(app, args);
    done.map_err(|mut failure| {
        failure.exit = failure.exit.for_mail_programs();
        failure
    })
}

fn delivered(app: &App, args: &DeliverArgs) -> Outcome<Exit> {
    let post = post(app, args)?;
    let sender = args.sender.as_deref();
    let envelope = Envelope {
        sender: sender.map(|sender| match sender.trim() {
            "<>" => String::new(),
            sender => sender
                .trim_start_matches('<')
                .trim_end_matches('>')
                .to_owned(),
        }),
        recipients: args.recipients.clone(),
    };
    let call = app.cancellable();
    let answers = deliver(&post, &mut io::stdin().lock(), &envelope, &call);
    let answers = answers.map_err(|e| match e.code() {
        Code::INVALID_PARAMETER => Failure {
            exit: Exit::SysData,
            ..app.failure(&e)
        },
        _ => app.failure(&e),
    })?;
    let exit = ended(&answers);
    let lines = answers.iter().map(line).collect();
    app.output.show(&Lines(lines))?;
    Ok(exit)
}

/// The spool directory that is named; else that of the profile that is named; else that of the home. A profile is not needed:
/// mail servers run this.
fn post(app: &App, args: &DeliverArgs) -> Outcome<Post> {
    if let Some(directory) = &args.spool {
        return Ok(post_in(directory));
    }
    let home = Home::find(app.global.home.as_deref())
        .map_err(|e| Failure::new(Exit::SysConfig, "no-home", e.to_string()))?;
    match &app.global.profile {
        Some(_) => post_of(&app.profile()?, &home).map_err(|e| app.failure(&e)),
        None => Ok(post_of_home(&home)),
    }
}

fn line(answer: &Answer) -> Line {
    let text = answer.line();
    let code = text.get(..3).and_then(|code| code.parse().ok());
    Line {
        recipient: answer.recipient.clone(),
        code: code.unwrap_or(451),
        text,
    }
}

/// One code for all: what is to be tried again counts most, so that nothing is lost.
fn ended(answers: &[Answer]) -> Exit {
    let mut exit = Exit::Ok;
    for answer in answers {
        let one = match &answer.fate {
            Fate::Sent => Exit::Ok,
            Fate::Refused(refusal) if NO_USER.contains(&refusal.status) => Exit::SysNoUser,
            Fate::Refused(_) => Exit::SysUnavailable,
            _ => Exit::SysTempFail,
        };
        exit = match (exit, one) {
            (Exit::SysTempFail, _) | (_, Exit::SysTempFail) => Exit::SysTempFail,
            (Exit::Ok, one) => one,
            (exit, Exit::Ok) => exit,
            (exit, one) if exit == one => exit,
            _ => Exit::SysUnavailable,
        };
    }
    exit
}

#[cfg(test)]
mod tests {
    use super::{Exit, ended};
    use malle_host::delivery::{Answer, Fate, Refusal};

    #[test]
    fn one_code_for_all_recipients() {
        let answer = |fate| Answer {
            recipient: "a@x".to_owned(),
            fate,
        };
        let sent = || answer(Fate::Sent);
        let refused = |status| {
            answer(Fate::Refused(Refusal {
                status,
                ..Refusal::default()
            }))
        };
        let later = || {
            answer(Fate::Later {
                after: None,
                why: String::new(),
            })
        };
        assert_eq!(ended(&[sent(), sent()]), Exit::Ok);
        assert_eq!(ended(&[sent(), refused(511)]), Exit::SysNoUser);
        assert_eq!(ended(&[refused(513), refused(571)]), Exit::SysUnavailable);
        assert_eq!(ended(&[refused(511), later(), sent()]), Exit::SysTempFail);
    }
}
