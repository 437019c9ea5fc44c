//! The words of `sendmail` as mail programs say them.
//! sendmail(1) of Postfix and Sendmail, LSB 5.0 "sendmail"

use std::ffi::OsString;
use std::iter::Peekable;
use std::path::Path;
use std::str::Chars;

use super::minus::command_at;

/// Options that take a value, joined or as the next word; of some only the presence matters.
const VALUED: &str = "ABCFLNORVXbefhopr";
/// Options that stand alone.
const SWITCHES: &str = "GIUgimnstvx";

/// What a program asks of `sendmail`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sendmail {
    /// What to do.
    pub(crate) mode: Mode,
    /// `-t`: the header says who gets it.
    pub(crate) from_header: bool,
    /// `-i`, `-oi`: a line with a single dot is text.
    pub(crate) dots_are_text: bool,
    /// `-f`, `-r`: who sends it.
    pub(crate) sender: Option<String>,
    /// `-F`: the name of who sends it.
    pub(crate) name: Option<String>,
    /// `-odb`, `-odi`, `-odq`: who sends it when it is queued.
    pub(crate) delivery: Delivery,
    /// `-N success`: a report is wanted when it is delivered.
    pub(crate) tell_success: bool,
    /// `-N never`: no report is wanted when it is not.
    pub(crate) tell_nothing: bool,
    /// Who gets it.
    pub(crate) recipients: Vec<String>,
}

/// Who sends a message once it is queued.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Somebody else, while the caller goes on.
    #[default]
    Background,
    /// This process, before it ends.
    Interactive,
    /// Whoever sends next.
    Queue,
}

impl Delivery {
    /// As a mode is written; none: it is no other than before.
    fn named(mode: &str) -> Option<Self> {
        match mode {
            "b" | "background" => Some(Self::Background),
            "i" | "interactive" => Some(Self::Interactive),
            "q" | "d" | "queue" | "queueonly" | "defer" | "deferred" => Some(Self::Queue),
            _ => None,
        }
    }
}

/// What to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Send the message on standard input.
    #[default]
    Send,
    /// `-bp`, `mailq`: show what waits.
    List,
    /// `-q`: send what waits.
    Flush,
    /// `-bi`, `-I`, `newaliases`: nothing, there are no alias files.
    Nothing,
}

/// Words that ask for nothing that is done here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BadWord {
    /// An option that nobody knows.
    Unknown(char),
    /// An option without its value.
    NoValue(char),
    /// Something that a mail server does.
    Mode(String),
}

impl Sendmail {
    /// Reads the words behind `sendmail`. Options come first; from the first other word, or `--`, on all are recipients, even
    /// those that look like options.
    ///
    /// # Errors
    /// [`BadWord`].
    pub(crate) fn parse(words: &[String]) -> Result<Self, BadWord> {
        let mut asked = Self::default();
        let mut words = words.iter().peekable();
        while let Some(word) = words.peek() {
            let Some(letters) = word.strip_prefix('-').filter(|l| !l.is_empty()) else {
                break;
            };
            words.next();
            if letters == "-" {
                break;
            }
            asked.take_all(letters, &mut words)?;
        }
        asked.recipients.extend(words.cloned());
        Ok(asked)
    }

    /// Takes the letters of one word; the value of the last may be the next word.
    fn take_all<'a>(
        &mut self,
        letters: &str,
        words: &mut Peekable<impl Iterator<Item = &'a String>>,
    ) -> Result<(), BadWord> {
        let mut letters: Chars<'_> = letters.chars();
        while let Some(letter) = letters.next() {
            if letter == 'q' {
                // `-q`, `-q30m`, `-qRdomain`: how often and of whom is for a daemon.
                self.mode = Mode::Flush;
                return Ok(());
            }
            if SWITCHES.contains(letter) {
                self.switch(letter);
                continue;
            }
            if !VALUED.contains(letter) {
                return Err(BadWord::Unknown(letter));
            }
            let joined = letters.as_str();
            let value = match joined.is_empty() {
                false => joined,
                true => words.next().ok_or(BadWord::NoValue(letter))?,
            };
            return self.set(letter, value);
        }
        Ok(())
    }

    fn switch(&mut self, letter: char) {
        match letter {
            't' => self.from_header = true,
            'i' => self.dots_are_text = true,
            'I' => self.mode = Mode::Nothing,
            // What a mail server would do otherwise: about aliases, submission, verbosity.
            _ => {}
        }
    }

    fn deliver(&mut self, mode: Option<&str>) {
        if let Some(delivery) = mode.and_then(Delivery::named) {
            self.delivery = delivery;
        }
    }

    fn set(&mut self, letter: char, value: &str) -> Result<(), BadWord> {
        match letter {
            'f' | 'r' => self.sender = Some(value.to_owned()),
            'F' => self.name = Some(value.to_owned()),
            'b' => {
                self.mode = match value {
                    "m" => Mode::Send,
                    "p" => Mode::List,
                    "i" => Mode::Nothing,
                    other => return Err(BadWord::Mode(other.to_owned())),
                }
            }
            'o' => match value {
                "i" | "ie" | "IgnoreDots" | "IgnoreDots=true" => self.dots_are_text = true,
                "t" => self.from_header = true,
                _ => self.deliver(value.strip_prefix('d')),
            },
            'O' => match value.split_once('=') {
                Some(("DeliveryMode", mode)) => self.deliver(Some(mode)),
                Some(("IgnoreDots", "true" | "True")) => self.dots_are_text = true,
                _ => {}
            },
            'N' => {
                let wants = |word: &str| value.split(',').any(|w| w.eq_ignore_ascii_case(word));
                self.tell_success |= wants("success");
                self.tell_nothing |= wants("never");
            }
            _ => {}
        }
        Ok(())
    }
}

/// The arguments as those of `malle`, if the program was called by a name of sendmail's. What stands behind the word `sendmail` is
/// for that alone, `-q` and `-v` too.
pub(crate) fn as_sendmail(args: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.into_iter().collect();
    let called = args.first().map(Path::new);
    if let Some(more) = called.and_then(words_of_name) {
        args.splice(1..1, more.iter().map(OsString::from));
    } else if let Some(at) = command_at(&args)
        && args.get(at).is_some_and(|word| word == "sendmail")
        && !wants_help(args.get(at + 1..).unwrap_or_default())
    {
        args.insert(at + 1, OsString::from("--"));
    }
    args
}

/// Whether all that is said behind the word `sendmail` is a question about it. (`-h` has a value there.)
fn wants_help(words: &[OsString]) -> bool {
    matches!(words, [one] if one == "--help" || one == "-h")
}

/// The words that make `malle`, at this path, do what `sendmail WORDS` does.
pub(crate) fn calling_sendmail(program: &Path, words: &[&str]) -> Vec<String> {
    let before: &[&str] = match words_of_name(program) {
        Some(_) => &[],
        // [`as_sendmail`] sees to it that what follows is sendmail's.
        None => &["sendmail"],
    };
    [before, words]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

/// What a program of such a name is called with besides; none for other names.
fn words_of_name(program: &Path) -> Option<&'static [&'static str]> {
    match program.file_stem().and_then(|name| name.to_str()) {
        Some("sendmail") => Some(&["sendmail", "--"]),
        Some("mailq") => Some(&["sendmail", "--", "-bp"]),
        Some("newaliases") => Some(&["sendmail", "--", "-bi"]),
        _ => None,
    }
}

/// The message that a program wrote: up to a line with a single dot unless that is text, without the line that mailboxes put
/// before a message.
pub(crate) fn input(mut bytes: Vec<u8>, dots_are_text: bool) -> Vec<u8> {
    if !dots_are_text && let Some(end) = end_of(&bytes) {
        bytes.truncate(end);
    }
    if bytes.starts_with(b"From ") || bytes.starts_with(b">From ") {
        let line = bytes.iter().position(|b| *b == b'\n');
        let line = line.map_or(bytes.len(), |at| at + 1);
        bytes.drain(..line);
    }
    bytes
}

/// Where a line with a single dot begins.
fn end_of(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        if matches!(line, b".\n" | b".\r\n" | b".") {
            return Some(at);
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{BadWord, Delivery, Mode, Sendmail, as_sendmail, calling_sendmail, input};
    use crate::args::{Cli, Command};
    use clap::Parser as _;
    use proptest::prelude::*;
    use std::ffi::OsString;
    use std::path::Path;

    fn parse(line: &str) -> Result<Sendmail, BadWord> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Sendmail::parse(&words)
    }

    #[test]
    fn what_programs_say() {
        // cron, git send-email, mutt, PHP, mailx, Python's recipes.
        for (line, sender, from_header, dots, recipients) in [
            (
                "-FCronDaemon -i -B8BITMIME -oem root",
                None,
                false,
                true,
                &["root"][..],
            ),
            (
                "-i a@example.org b@example.org",
                None,
                false,
                true,
                &["a@example.org", "b@example.org"],
            ),
            (
                "-oem -oi -f me@example.org -- -x@example.org",
                Some("me@example.org"),
                false,
                true,
                &["-x@example.org"],
            ),
            (
                "-t -i -fme@example.org",
                Some("me@example.org"),
                true,
                true,
                &[],
            ),
            (
                "-tirme@example.org",
                Some("me@example.org"),
                true,
                true,
                &[],
            ),
            (
                "-o i -N success,delay a@example.org -t",
                None,
                false,
                true,
                &["a@example.org", "-t"],
            ),
            ("-v -G -U -Am -bm -odi x", None, false, false, &["x"]),
        ] {
            let asked = parse(line).unwrap();
            assert_eq!(asked.mode, Mode::Send, "{line}");
            assert_eq!(asked.sender.as_deref(), sender, "{line}");
            assert_eq!(
                (asked.from_header, asked.dots_are_text),
                (from_header, dots),
                "{line}"
            );
            assert_eq!(asked.recipients, recipients, "{line}");
        }
        for (line, delivery) in [
            ("-t", Delivery::Background),
            ("-odb -t", Delivery::Background),
            ("-odi -t", Delivery::Interactive),
            ("-odq a@b", Delivery::Queue),
            ("-odd a@b", Delivery::Queue),
            ("-odi -odx -t", Delivery::Interactive),
            ("-O DeliveryMode=queue a@b", Delivery::Queue),
            ("-ODeliveryMode=interactive a@b", Delivery::Interactive),
        ] {
            assert_eq!(parse(line).unwrap().delivery, delivery, "{line}");
        }
        assert!(parse("-N success a@b").unwrap().tell_success);
        assert!(parse("-Nnever a@b").unwrap().tell_nothing);
        for (line, mode) in [
            ("-bp", Mode::List),
            ("-q", Mode::Flush),
            ("-q30m", Mode::Flush),
            ("-bi", Mode::Nothing),
            ("-I", Mode::Nothing),
        ] {
            assert_eq!(parse(line).unwrap().mode, mode, "{line}");
        }
    }

    #[test]
    fn what_is_wrong() {
        assert_eq!(parse("-t -k"), Err(BadWord::Unknown('k')));
        assert_eq!(parse("-t -f"), Err(BadWord::NoValue('f')));
        assert_eq!(parse("-bs"), Err(BadWord::Mode("s".to_owned())));
        assert_eq!(parse("--help"), Err(BadWord::Unknown('-')));
        assert_eq!(parse("-é"), Err(BadWord::Unknown('é')));
    }

    #[test]
    fn called_by_another_name() {
        let called = |line: &str| {
            let args = as_sendmail(line.split(' ').map(OsString::from));
            let args = args.into_iter().map(|a| a.into_string().unwrap());
            args.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(called("malle list -v"), "malle list -v");
        assert_eq!(
            called("/usr/sbin/sendmail -v -t"),
            "/usr/sbin/sendmail sendmail -- -v -t"
        );
        assert_eq!(called("mailq"), "mailq sendmail -- -bp");
        for (line, want) in [
            ("malle sendmail -q", "malle sendmail -- -q"),
            (
                "malle -p sendmail sendmail -v -t",
                "malle -p sendmail sendmail -- -v -t",
            ),
            ("malle --dry-run sendmail", "malle --dry-run sendmail --"),
            ("malle sendmail --help", "malle sendmail --help"),
            ("malle help sendmail", "malle help sendmail"),
            ("malle -p sendmail list", "malle -p sendmail list"),
        ] {
            assert_eq!(called(line), want);
        }
        let calling = |program: &str| calling_sendmail(Path::new(program), &["-q"]).join(" ");
        assert_eq!(calling("/usr/bin/malle"), "sendmail -q");
        // What is called so is what was meant, by every name.
        for program in ["/usr/bin/malle", "/usr/sbin/sendmail"] {
            let words = calling_sendmail(Path::new(program), &["-q"]);
            let words = std::iter::once(program.to_owned()).chain(words);
            let cli = Cli::try_parse_from(as_sendmail(words.map(OsString::from))).unwrap();
            match cli.command {
                Command::Sendmail(args) => {
                    assert_eq!(Sendmail::parse(&args.words).unwrap().mode, Mode::Flush);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(calling("/usr/sbin/sendmail"), "-q");
        // The grammar leaves all of it alone.
        let cli = Cli::try_parse_from(as_sendmail(
            ["sendmail", "-v", "-p", "--", "-q", "--json"].map(OsString::from),
        ));
        match cli.unwrap().command {
            Command::Sendmail(args) => assert_eq!(args.words, ["-v", "-p", "--", "-q", "--json"]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_a_program_wrote() {
        let got = |text: &str, dots| String::from_utf8(input(text.into(), dots)).unwrap();
        assert_eq!(got("To: a\n\nx\n.\ny\n", false), "To: a\n\nx\n");
        assert_eq!(got("To: a\n\nx\n.\ny\n", true), "To: a\n\nx\n.\ny\n");
        assert_eq!(
            got("To: a\r\n\r\n..\r\n.\r\n", false),
            "To: a\r\n\r\n..\r\n"
        );
        assert_eq!(got("From me Mon\nTo: a\n\nx", true), "To: a\n\nx");
    }

    proptest! {
        #[test]
        fn any_words_are_read_and_none_is_lost(words in prop::collection::vec("-{0,2}[a-zA-Z@. é]{0,6}", 0..8)) {
            if let Ok(asked) = Sendmail::parse(&words) {
                // Recipients are the last words, as they are.
                prop_assert!(words.ends_with(&asked.recipients));
            }
        }

        #[test]
        fn behind_two_dashes_everything_is_a_recipient(words in prop::collection::vec(".{0,8}", 0..5)) {
            let all: Vec<String> = ["-t", "--"].map(str::to_owned).into_iter().chain(words.clone()).collect();
            let asked = Sendmail::parse(&all).unwrap();
            prop_assert_eq!(asked.recipients, words);
        }

        #[test]
        fn any_bytes_are_a_message_or_less(bytes in prop::collection::vec(any::<u8>(), 0..200), dots: bool) {
            let got = input(bytes.clone(), dots);
            prop_assert!(got.len() <= bytes.len());
            if dots && !bytes.starts_with(b"From ") && !bytes.starts_with(b">From ") {
                prop_assert!(got.ends_with(&bytes));
            }
        }
    }
}
