//! The way in for programs that have RFC 5322 and no profile: one answer for each recipient, as in LMTP.
//! RFC 2033 §4.2, RFC 5321 §4.4

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::PathBuf;

use mapi_mime::ImportContext;
use mapi_props::{Code, FileTime};
use mapi_spi::{Call, Error, Fate, Refusal, Result, ServiceConfig, Support};

use crate::parcel::{Content, ParcelReader, ParcelWriter, Series, WriteError};
use crate::settings::Settings;
use crate::spool::{Draft, Spool, is_full};
use crate::transport::{Found, Router, address_of, refusal};

/// The most of a message that is looked at for its header.
const HEADER: usize = 1 << 20;

/// Fields that nobody is to see.
const BLIND: [&str; 2] = ["Bcc", "Resent-Bcc"];

/// Delivers mail into the spool directory.
#[derive(Debug, Clone)]
pub struct Post {
    spool: Spool,
    domains: Option<Vec<String>>,
}

/// Whom a message is from and for, whatever it says itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Where reports go: becomes the Return-Path field, empty for the null sender. `None`: whom a line `From sender date` before the
    /// header names; without one the header stays as it is.
    pub sender: Option<String>,
    /// Whom it is for, by address or by a name that one mailbox has; none: those in its To, Cc and Bcc fields, and its Bcc fields are taken out.
    pub recipients: Vec<String>,
}

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The recipient, as it was given.
    pub recipient: String,
    /// [`Fate::Sent`], [`Fate::Refused`] or [`Fate::Later`].
    pub fate: Fate,
}

impl Answer {
    /// The reply of LMTP, in one line: `250 2.1.5 <ann@localhost> delivered`.
    #[must_use]
    pub fn line(&self) -> String {
        let line = match &self.fate {
            Fate::Sent => format!("250 2.1.5 <{}> delivered", self.recipient),
            Fate::Refused(refusal) => refusal.text.clone(),
            Fate::Later { why, .. } => format!("452 4.3.0 <{}>: {why}", self.recipient),
            _ => format!("451 4.3.0 <{}>: nothing is known", self.recipient),
        };
        // What a caller says is no second answer.
        line.replace(char::is_control, " ")
    }
}

/// A copy for one mailbox.
struct CopyFor {
    mailbox: String,
    envelope: String,
    /// Places of those whom it answers.
    answers: Vec<usize>,
}

impl Post {
    /// The post of one spool directory.
    #[must_use]
    pub fn in_spool(directory: PathBuf) -> Self {
        Self {
            spool: Spool::new(directory, false),
            domains: None,
        }
    }

    /// The post of whom a profile's local delivery is configured for.
    ///
    /// # Errors
    /// `MAPI_E_UNCONFIGURED` and `MAPI_E_INVALID_PARAMETER`, with the key, the value and what is allowed.
    pub fn of(config: &ServiceConfig) -> Result<Self> {
        let settings = Settings::read(config)?;
        Ok(Self {
            spool: settings.spool,
            domains: settings.domains,
        })
    }

    /// Delivers a message. All that was delivered is durable when this returns; the bytes are kept as they came, after a
    /// Return-Path if there is a sender, and taken apart by whoever receives them.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER`: there is no message, or nobody whom it is for; `MAPI_E_CALL_FAILED`: it cannot be read to its end;
    /// `MAPI_E_UNCONFIGURED`: no mailbox was ever in the spool directory, so that nobody can be said to be unknown. Nobody
    /// got it then. A disk that is full is an answer, not an error.
    pub fn deliver(
        &self,
        message: &mut dyn Read,
        envelope: &Envelope,
        support: &dyn Support,
        call: &Call,
    ) -> Result<Vec<Answer>> {
        call.check()?;
        self.is_used()?;
        let (separator, mut start) = opened(start_of(message)?);
        let mut recipients = envelope.recipients.clone();
        check(&start, support.now())?;
        if recipients.is_empty() {
            if start.len() >= HEADER && header_len(&start).is_none() {
                // Further on it may name others, and in secret.
                let detail = "the header is longer than 1 MiB: name the recipients beside it";
                return Err(Error::new(Code::INVALID_PARAMETER, detail));
            }
            recipients = named(&start, support.now());
            start = without(&start, &BLIND);
        }
        if recipients.is_empty() {
            let detail =
                "nobody is named whom the message is for, neither beside it nor in its header";
            return Err(Error::new(Code::INVALID_PARAMETER, detail));
        }
        if let Some(sender) = envelope.sender.as_ref().or(separator.as_ref()) {
            let mut field = return_path(sender)?;
            // There is one, and whoever delivers writes it.
            field.extend_from_slice(&without(&start, &["Return-Path"]));
            start = field;
        }
        let (mut answers, copies) = self.plan(recipients);
        self.write(&start, message, &copies, &mut answers, support, call)?;
        Ok(answers)
    }

    fn is_used(&self) -> Result<()> {
        let root = self.spool.root().display();
        match self.spool.is_used() {
            Ok(true) => Ok(()),
            Ok(false) => {
                let detail =
                    format!("there is no mailbox in the spool directory {root}, and never was");
                Err(Error::new(Code::UNCONFIGURED, detail))
            }
            Err(e) => {
                let detail = format!("the spool directory {root} cannot be read: {e}");
                Err(Error::caused(Code::NO_ACCESS, detail, e))
            }
        }
    }

    fn plan(&self, recipients: Vec<String>) -> (Vec<Answer>, Vec<CopyFor>) {
        let router = Router::new(self.domains.as_deref());
        let mut directory = self.spool.directory();
        let mut copies: BTreeMap<String, CopyFor> = BTreeMap::new();
        let mut answers = Vec::with_capacity(recipients.len());
        for (place, recipient) in recipients.into_iter().enumerate() {
            let known = directory.as_ref().ok();
            let fate = match router.read(&recipient, known) {
                None => Fate::Refused(refused(
                    513,
                    &format!(
                        "553 5.1.3 <{recipient}>: this is no address, and no name of one mailbox of this machine"
                    ),
                )),
                Some(address) => match directory.as_mut().map(|d| router.find(&address, d)) {
                    Ok(Ok(Found::Mailbox(mailbox))) => {
                        let copy = copies.entry(mailbox.clone()).or_insert_with(|| CopyFor {
                            mailbox,
                            envelope: address.as_str().to_owned(),
                            answers: Vec::new(),
                        });
                        copy.answers.push(place);
                        Fate::Sent
                    }
                    Ok(Ok(Found::Unknown)) => Fate::Refused(refusal(&address)),
                    Ok(Ok(Found::Elsewhere)) => Fate::Refused(refused(
                        571,
                        &format!(
                            "550 5.7.1 <{address}>: this is not an address of this machine, and nothing is passed on"
                        ),
                    )),
                    Ok(Err(e)) => later(&e),
                    Err(e) => later(e),
                },
            };
            answers.push(Answer { recipient, fate });
        }
        (answers, copies.into_values().collect())
    }

    /// Writes all copies, then shows them.
    fn write(
        &self,
        start: &[u8],
        message: &mut dyn Read,
        copies: &[CopyFor],
        answers: &mut [Answer],
        support: &dyn Support,
        call: &Call,
    ) -> Result<()> {
        let series = Series::default();
        let mut drafts: Vec<(&CopyFor, Draft)> = Vec::new();
        for copy in copies {
            let name = series.next(support);
            let folder = self.spool.mailbox(&copy.mailbox);
            let made = folder.draft(name).and_then(|mut draft| {
                let written = match drafts.first() {
                    None => filled(&mut draft, start, message, &copy.envelope, call),
                    Some((_, model)) => copied(&mut draft, model, &copy.envelope, call),
                };
                written.map(|written| written.map(|()| draft))
            });
            match made {
                Ok(Ok(draft)) => drafts.push((copy, draft)),
                // The message itself cannot be read: it is nobody's yet.
                Ok(Err(error)) => return Err(error),
                Err(e) => {
                    answer(answers, copy, &later(&e));
                    if drafts.is_empty() {
                        // What was read of the message is gone.
                        copies
                            .iter()
                            .for_each(|copy| answer(answers, copy, &later(&e)));
                        return Ok(());
                    }
                }
            }
        }
        call.check()?;
        for (copy, draft) in &mut drafts {
            let shown = draft
                .publish()
                .and_then(|()| self.spool.mailbox(&copy.mailbox).sync());
            if let Err(e) = shown {
                answer(answers, copy, &later(&e));
            }
        }
        Ok(())
    }
}

/// Writes a parcel of one mail. The inner error is the message's, or the caller's who stopped it.
fn filled(
    draft: &mut Draft,
    start: &[u8],
    message: &mut dyn Read,
    envelope: &str,
    call: &Call,
) -> io::Result<Result<()>> {
    let mut writer = ParcelWriter::begin(draft.file())?;
    match writer.mail(start, message, envelope, call) {
        Ok(()) => {}
        Err(WriteError::Parcel(e)) => return Err(e),
        Err(WriteError::Stopped(error)) => return Ok(Err(error)),
        Err(WriteError::Message(why)) => {
            let detail = format!("the message cannot be read to its end: {why}");
            return Ok(Err(Error::new(Code::CALL_FAILED, detail)));
        }
    }
    let (file, length) = writer.finish()?;
    file.set_len(length)?;
    file.sync_all()?;
    Ok(Ok(()))
}

/// The same mail for another mailbox.
fn copied(draft: &mut Draft, model: &Draft, envelope: &str, call: &Call) -> io::Result<Result<()>> {
    let (file, size) = model.read()?;
    let reader = ParcelReader::open(file, size).map_err(io::Error::other)?;
    for posted in reader {
        if let Content::Mail(mail) = posted.map_err(io::Error::other)?.content {
            return filled(draft, &[], &mut mail.source().open()?, envelope, call);
        }
    }
    Err(io::Error::other("the first copy is gone"))
}

/// The start of a message: its header at least, unless that is very long.
pub(crate) fn start_of(message: &mut dyn Read) -> Result<Vec<u8>> {
    let mut start = Vec::new();
    let mut buffer = [0; 8192];
    // Where the last line begins that was not whole: lines before it are not looked at again.
    let mut line = 0;
    while start.len() < HEADER {
        match message.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => start.extend_from_slice(buffer.get(..n).unwrap_or_default()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => {
                let detail = format!("the message cannot be read: {e}");
                return Err(Error::caused(Code::CALL_FAILED, detail, e));
            }
        }
        let new = start.get(line..).unwrap_or_default();
        if header_len(new).is_some() {
            break;
        }
        line += new.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    }
    Ok(start)
}

/// Bytes up to the empty line that ends a header.
fn header_len(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        at += line.len();
        if line == b"\n" || line == b"\r\n" {
            return Some(at);
        }
    }
    None
}

/// Fails for what whoever receives it could not read as a message.
fn check(start: &[u8], now: FileTime) -> Result<()> {
    let parsed = mapi_mime::parse(start.to_vec(), &ImportContext::new(now));
    parsed.map(drop).map_err(|none| {
        let detail = format!("there is no message: {none}");
        Error::new(Code::INVALID_PARAMETER, detail)
    })
}

/// Those whom the header names, each once.
fn named(start: &[u8], now: FileTime) -> Vec<String> {
    let header = start
        .get(..header_len(start).unwrap_or(start.len()))
        .unwrap_or_default();
    let mut context = ImportContext::new(now);
    // Nobody is left out for their number, which the length of the header bounds.
    context.limits.recipients = usize::MAX;
    context.limits.header_fields = usize::MAX;
    let Ok(tree) = mapi_mime::parse(header.to_vec(), &context) else {
        return Vec::new();
    };
    let mut known = BTreeSet::new();
    let all = tree.recipients.iter().filter_map(address_of);
    all.map(|address| address.as_str().to_owned())
        .filter(|address| known.insert(address.clone()))
        .collect()
}

/// The sender that a line `From sender date` names, which mailboxes and mail servers put before a header, and the start without it. Any other
/// first line stays.
fn opened(mut start: Vec<u8>) -> (Option<String>, Vec<u8>) {
    let quoted = start.strip_prefix(b">").unwrap_or(&start);
    if !quoted.starts_with(b"From ") {
        return (None, start);
    }
    let line = start.iter().position(|b| *b == b'\n');
    let line: Vec<u8> = start
        .drain(..line.map_or(start.len(), |at| at + 1))
        .collect();
    let line = String::from_utf8_lossy(&line);
    let sender = line.split_whitespace().nth(1).unwrap_or_default();
    let nobody = sender.eq_ignore_ascii_case("MAILER-DAEMON");
    let sender = if nobody { "" } else { sender };
    let sayable = return_path(sender).is_ok();
    (sayable.then(|| sender.to_owned()), start)
}

/// The start of a message without these fields of its header.
fn without(start: &[u8], names: &[&str]) -> Vec<u8> {
    let end = header_len(start).unwrap_or(start.len());
    let (header, rest) = start.split_at_checked(end).unwrap_or((start, &[]));
    let mut kept = Vec::with_capacity(start.len());
    let mut leaves = false;
    for line in header.split_inclusive(|b| *b == b'\n') {
        // Lines that begin with a space go with the field before them.
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            let name = line.split(|b| *b == b':').next().unwrap_or_default();
            let name = name.trim_ascii();
            let is_one = names
                .iter()
                .any(|one| name.eq_ignore_ascii_case(one.as_bytes()));
            leaves = line.contains(&b':') && is_one;
        }
        if !leaves {
            kept.extend_from_slice(line);
        }
    }
    kept.extend_from_slice(rest);
    kept
}

/// RFC 5321 §4.4: what final delivery adds.
pub(crate) fn return_path(sender: &str) -> Result<Vec<u8>> {
    let sender = sender.trim().trim_start_matches('<').trim_end_matches('>');
    if sender
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>'))
    {
        let detail = format!(
            "`{}` is not an address that a message could come from",
            sender.escape_debug()
        );
        return Err(Error::new(Code::INVALID_PARAMETER, detail));
    }
    Ok(format!("Return-Path: <{sender}>\r\n").into_bytes())
}

fn answer(answers: &mut [Answer], copy: &CopyFor, fate: &Fate) {
    for place in &copy.answers {
        if let Some(answer) = answers.get_mut(*place) {
            answer.fate = fate.clone();
        }
    }
}

fn refused(status: i32, text: &str) -> Refusal {
    Refusal {
        reason: 1,
        diagnostic: 35,
        status,
        text: text.to_owned(),
    }
}

fn later(error: &io::Error) -> Fate {
    let why = match is_full(error) {
        true => format!("the disk is full: {error}"),
        false => format!("the mailbox cannot be written: {error}"),
    };
    Fate::Later { after: None, why }
}
