//! `malle sendmail`: what programs call to send a message.
//! sendmail(1); sysexits.h for how it ends

mod envelope;

use std::fmt::Display;
use std::path::Path;
use std::process::Command;

use malle_host::control::MailWanted;
use malle_host::daemon::daemon_sends;
use malle_host::sending::submit_as_written;
use malle_host::written::{self, NoMessage, Written};
use mapi::{Addressee, Call, Identity, MessageTree, MsgStore, message_flags, tags};
use mapi_props::TreeProps;

use crate::app::App;
use crate::args::{
    BadWord, Sendmail, SendmailArgs, SendmailDelivery, SendmailMode, calling_sendmail,
    sendmail_input,
};
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;

use super::composing::{dropped, kept, own_identity, print_mail, read_bytes};
use super::send::round;
use super::spooling::{self, PATIENCE};

use envelope::Envelope;

pub(super) fn run(app: &App, args: &SendmailArgs) -> Outcome<Exit> {
    let done = asked(app, args);
    done.map_err(|mut failure| {
        failure.exit = failure.exit.for_mail_programs();
        failure
    })
}

fn asked(app: &App, args: &SendmailArgs) -> Outcome<Exit> {
    let asked = Sendmail::parse(&args.words);
    let asked = asked.map_err(|wrong| bad_word(app, &wrong))?;
    match asked.mode {
        SendmailMode::Send => accept(app, &asked),
        SendmailMode::List => super::outbox::list(app),
        SendmailMode::Flush => run_queue(app),
        SendmailMode::Nothing => Ok(Exit::Ok),
    }
}

/// Sends what waits. What stays has its reasons, which the queue shows.
fn run_queue(app: &App) -> Outcome<Exit> {
    let wanted = MailWanted {
        up: true,
        ..MailWanted::default()
    };
    let rounds = spooling::rounds(app, &wanted, PATIENCE)?;
    rounds.failure.map_or(Ok(Exit::Ok), Err)
}

fn bad_word(app: &App, wrong: &BadWord) -> Failure {
    let (msg, word): (_, &dyn Display) = match wrong {
        BadWord::Unknown(letter) => (Msg::SendmailUnknown, letter),
        BadWord::NoValue(letter) => (Msg::SendmailNoValue, letter),
        BadWord::Mode(mode) => (Msg::SendmailMode, mode),
    };
    app.fail(Exit::Usage, "usage", msg, &[word])
}

/// Takes the message on standard input. It is accepted once it is in the queue, whatever becomes of it then.
fn accept(app: &App, asked: &Sendmail) -> Outcome<Exit> {
    if !asked.from_header && asked.recipients.is_empty() {
        return Err(app.fail(Exit::Usage, "usage", Msg::SendmailToNobody, &[]));
    }
    let bytes = sendmail_input(read_bytes(Path::new("-"))?, asked.dots_are_text);
    let store = app.store()?;
    let mail = Mail::of(app, asked, &bytes, &store)?;
    drop(bytes);
    if app.global.dry_run {
        return print_mail(app, &mail.written.into_bytes());
    }
    let outbox = malle_host::sending::outbox(&store).map_err(|e| app.failure(&e))?;
    let (tree, flags) = mail.tree(app, asked)?;
    let message = kept(&outbox, tree, flags).map_err(|e| app.failure(&e))?;
    if let Err(error) = submit_as_written(&store, &message) {
        // A message that cannot be what was asked for is not kept: whoever called has it still.
        let _gone = dropped(&outbox, &message);
        return Err(app.failure(&error));
    }
    // From here on it is accepted, whatever happens: who calls sendmail is told by reports.
    let sent = match asked.delivery {
        SendmailDelivery::Queue => Ok(()),
        SendmailDelivery::Interactive => round(app),
        SendmailDelivery::Background => in_background(app),
    };
    let _it_waits_else = sent;
    Ok(Exit::Ok)
}

/// A mail as it leaves, and who gets it.
struct Mail {
    written: Written,
    writer: Writer,
    recipients: Vec<TreeProps>,
    envelope: Envelope,
}

impl Mail {
    fn of(app: &App, asked: &Sendmail, bytes: &[u8], store: &MsgStore) -> Outcome<Self> {
        let mut written = Written::of(bytes);
        let no_message = |e| app.fail(Exit::SysData, "no-message", Msg::NoMessage, &[&e]);
        if asked.from_header && bytes.trim_ascii().is_empty() {
            return Err(no_message(NoMessage::Blank));
        }
        let writer = Writer::of(app, asked, &written, store)?;
        if let Some(domain) = &writer.domain {
            written.complete(domain);
        }
        let recipients = written.envelope().map_err(no_message)?.recipients;
        let mut envelope = envelope(app, asked, writer.domain.as_deref())?;
        if asked.from_header
            && let Some(resent) = written.resent_to().map_err(no_message)?
        {
            // It goes to whom it is passed on to, not once more to those who had it before.
            envelope.from_header = false;
            envelope.people.extend(envelope::people_of(&resent));
        }
        let now = jiff::Zoned::new(jiff::Timestamp::now(), app.output.zone().clone());
        let date = jiff::fmt::rfc2822::to_string(&now).unwrap_or_default();
        let domain = writer.domain.as_deref().unwrap_or("localhost");
        written.settle(writer.named.as_ref(), &date, domain);
        let mail = Self {
            written,
            writer,
            recipients,
            envelope,
        };
        mail.has_recipients(app)?;
        Ok(mail)
    }

    fn has_recipients(&self, app: &App) -> Outcome<()> {
        let mut tree = MessageTree {
            recipients: self.recipients.clone(),
            ..MessageTree::default()
        };
        self.envelope.address(&mut tree);
        match tree.recipients.is_empty() {
            true => Err(app.fail(
                Exit::SysData,
                "MAPI_E_NO_RECIPIENTS",
                Msg::SendmailToNobody,
                &[],
            )),
            false => Ok(()),
        }
    }

    /// The message that is kept of it, and its flags.
    fn tree(self, app: &App, asked: &Sendmail) -> Outcome<(MessageTree, u32)> {
        let tree = written::parse(self.written.into_bytes());
        let mut tree =
            tree.map_err(|e| app.fail(Exit::SysData, "no-message", Msg::NoMessage, &[&e]))?;
        tree.recipients = self.recipients;
        let again = self.envelope.address(&mut tree);
        if let Some(sender) = &self.writer.named {
            written::sign(&mut tree, sender, !self.writer.in_header);
        }
        reports(asked, &mut tree);
        Ok((tree, if again { message_flags::RESEND } else { 0 }))
    }
}

/// Has what is queued sent while this process ends: by the daemon, which learns of it by itself, else by a process of its own.
fn in_background(app: &App) -> Outcome<()> {
    let call = Call::default();
    let mut places = spooling::places(app)?.into_iter();
    let idle = places.any(|place| {
        place.has_transports() && !daemon_sends(&place, &call).is_ok_and(|sends| sends)
    });
    if !idle {
        return Ok(());
    }
    let started = std::env::current_exe().and_then(|program| {
        let mut command = Command::new(&program);
        command.args(calling_sendmail(&program, &["-q"]));
        command.env("MALLE_PROFILE", app.profile_name().unwrap_or_default());
        if let Some(home) = &app.global.home {
            command.env("MALLE_HOME", home);
        }
        if let Some(file) = &app.global.passphrase_file {
            command.env("MALLE_PASSPHRASE_FILE", file);
        }
        malle_host::start_detached(&mut command)
    });
    started.or_else(|_| round(app))
}

/// Whom the message goes to, as the words say.
fn envelope(app: &App, asked: &Sendmail, domain: Option<&str>) -> Outcome<Envelope> {
    let mut envelope = Envelope {
        from_header: asked.from_header,
        people: Vec::new(),
    };
    for said in &asked.recipients {
        let people = envelope::people(said, domain);
        let people = people
            .map_err(|bad| app.fail(Exit::SysNoUser, "bad-address", Msg::BadAddress, &[&bad]))?;
        envelope.people.extend(people);
    }
    Ok(envelope)
}

/// Which reports were asked for.
fn reports(asked: &Sendmail, tree: &mut MessageTree) {
    if asked.tell_success {
        let tag = tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED;
        tree.props.set(tag, true);
    }
    if asked.tell_nothing || asked.sender.as_deref().is_some_and(is_nobody) {
        let tag = tags::ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED;
        tree.props.set(tag, false);
    }
}

fn is_nobody(sender: &str) -> bool {
    matches!(sender.trim(), "" | "<>")
}

/// Who writes the message, and who sends it.
struct Writer {
    /// As the words say.
    named: Option<Identity>,
    /// Whether the header says who writes.
    in_header: bool,
    /// What is behind the `@` of the sender.
    domain: Option<String>,
}

impl Writer {
    fn of(app: &App, asked: &Sendmail, written: &Written, store: &MsgStore) -> Outcome<Self> {
        let in_header = written.says("From");
        let said = asked.sender.as_deref().filter(|said| !is_nobody(said));
        let own = own_identity(app, store)?;
        let domain_of = |address: &str| address.rsplit_once('@').map(|(_, d)| d.to_owned());
        // A name alone, as cron says it, is of the user's own domain.
        let domain = own.as_ref().and_then(|own| domain_of(&own.address));
        let domain = domain.or_else(|| said.and_then(domain_of));
        let domain = domain.or_else(|| written.domain_of_author());
        let named = match (said, asked.name.as_deref()) {
            (Some(said), name) => Some(identity(app, said, name, domain.as_deref())?),
            (None, name) => own.filter(|_| !in_header).map(|own| Identity {
                name: name.unwrap_or(&own.name).to_owned(),
                ..own
            }),
        };
        if named.is_none() && !in_header {
            return Err(app.fail(Exit::SysConfig, "no-sender", Msg::SendmailFromNobody, &[]));
        }
        Ok(Self {
            named,
            in_header,
            domain,
        })
    }
}

fn identity(app: &App, said: &str, name: Option<&str>, domain: Option<&str>) -> Outcome<Identity> {
    let people = envelope::people(said, domain);
    let one = people.ok().and_then(|mut people| match people.len() {
        1 => people.pop(),
        _ => None,
    });
    let one: Addressee =
        one.ok_or_else(|| app.fail(Exit::SysNoUser, "bad-address", Msg::BadAddress, &[&said]))?;
    let own = Some(one.name.as_str()).filter(|name| !name.is_empty());
    Ok(Identity {
        name: name.or(own).unwrap_or(&one.address).to_owned(),
        address_type: one.address_type,
        address: one.address,
    })
}
