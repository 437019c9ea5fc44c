//! Sends a batch: a parcel for each mailbox, one fsync each, however many messages.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use mapi_props::{Code, LargeSource, MessageTree, PropKey, TreeProps, TreeValue, tags};
use mapi_spi::{Attempts, Call, Error, Fate, Mark, Outgoing, Refusal, Result, Support};

use super::ascertain::Whereabouts;
use super::route::{Found, Router, address_of, refusal};
use crate::parcel::{Addressing, ParcelWriter, Series, TooMuch, WriteError, row_is_seen};
use crate::post::{return_path, start_of};
use crate::spool::{Directory, Draft, Spool, is_full};
use crate::trouble::{Step, Troubles};

/// What sending needs.
pub(super) struct Sender<'a> {
    pub(super) spool: &'a Spool,
    pub(super) router: Router<'a>,
    pub(super) series: &'a Series,
    pub(super) support: &'a dyn Support,
    pub(super) troubles: &'a Troubles,
}

/// One message of a mailbox's parcel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Copy {
    /// Its place among the messages.
    message: usize,
    /// The address that led here, if no row that all may see says it.
    envelope: String,
    /// Blind recipients whom this copy is for.
    hidden: Vec<usize>,
    /// Places of its recipients among those that are wanted.
    wanted: Vec<usize>,
}

impl Copy {
    /// Whether the other is the same for whoever reads it.
    fn reads_as(&self, other: &Self) -> bool {
        (self.message, &self.envelope, &self.hidden)
            == (other.message, &other.envelope, &other.hidden)
    }
}

/// A parcel that is written and not in its mailbox yet.
struct Parcel {
    /// 32 hexadecimal digits.
    mailbox: String,
    copies: Vec<Copy>,
    draft: Draft,
}

impl Sender<'_> {
    pub(super) fn send(
        &self,
        messages: &[Outgoing<'_>],
        attempts: &mut dyn Attempts,
        call: &Call,
    ) -> Vec<Result<Vec<Fate>>> {
        match self.batch(messages, attempts, call) {
            Ok(results) => results,
            Err(error) => messages.iter().map(|_| Err(again(&error))).collect(),
        }
    }

    /// # Errors
    /// None of the messages was sent.
    fn batch(
        &self,
        messages: &[Outgoing<'_>],
        attempts: &mut dyn Attempts,
        call: &Call,
    ) -> Result<Vec<Result<Vec<Fate>>>> {
        call.check()?;
        self.troubles.meet(Step::Submit, call)?;
        let (mut fates, mailboxes) = self.plan(messages);
        let mut parcels: Vec<Parcel> = Vec::new();
        for (mailbox, copies) in mailboxes {
            call.check()?;
            self.parcel(mailbox, copies, messages, &mut parcels, &mut fates, call)?;
        }
        self.settled(&mut parcels, &mut fates);
        let marks = marks(&parcels, &fates, self.spool.root());
        if marks.is_empty() {
            return Ok(fates.into_iter().map(Ok).collect());
        }
        call.check()?;
        for parcel in &mut parcels {
            parcel.draft.marked();
        }
        let mut results: Vec<Result<Vec<Fate>>> = match attempts.committing(&marks) {
            Ok(()) => fates.into_iter().map(Ok).collect(),
            Err(error) => return Ok(given_up(fates, &marks, &error)),
        };
        self.publish(parcels, &mut results, call);
        Ok(results)
    }

    /// What is known of each recipient, and what each mailbox gets. Whoever gets it counts as sent from here on, until something
    /// says otherwise.
    fn plan(&self, messages: &[Outgoing<'_>]) -> (Vec<Vec<Fate>>, BTreeMap<String, Vec<Copy>>) {
        let mut mailboxes = BTreeMap::new();
        let mut directory = self.spool.directory();
        let mut fates = Vec::with_capacity(messages.len());
        for (message, outgoing) in messages.iter().enumerate() {
            let mut own = Vec::with_capacity(outgoing.recipients.len());
            for (wanted, place) in outgoing.recipients.iter().enumerate() {
                let fate = match self.find(outgoing, *place, &mut directory) {
                    Ok(mailbox) => {
                        put(
                            mailboxes.entry(mailbox).or_default(),
                            message,
                            wanted,
                            outgoing,
                            *place,
                        );
                        Fate::Sent
                    }
                    Err(fate) => fate,
                };
                own.push(fate);
            }
            fates.push(own);
        }
        (fates, mailboxes)
    }

    /// The mailbox of a recipient, or what becomes of it instead.
    fn find(
        &self,
        outgoing: &Outgoing<'_>,
        place: usize,
        directory: &mut io::Result<Directory<'_>>,
    ) -> std::result::Result<String, Fate> {
        let row = outgoing.message.recipients.get(place);
        let address = row.and_then(address_of).ok_or(Fate::NotMine)?;
        let found = match directory {
            Ok(directory) => self.router.find(&address, directory),
            Err(e) => Err(io::Error::new(e.kind(), e.to_string())),
        };
        match found {
            Ok(Found::Mailbox(mailbox)) => Ok(mailbox),
            Ok(Found::Unknown) => Err(Fate::Refused(refusal(&address))),
            Ok(Found::Elsewhere) => Err(Fate::NotMine),
            Err(e) => Err(later(&format!(
                "the spool directory {}: {e}",
                self.spool.root().display()
            ))),
        }
    }

    /// Writes the parcel of one mailbox. What cannot be in it gets another fate.
    fn parcel(
        &self,
        mailbox: String,
        mut copies: Vec<Copy>,
        messages: &[Outgoing<'_>],
        parcels: &mut Vec<Parcel>,
        fates: &mut [Vec<Fate>],
        call: &Call,
    ) -> Result<()> {
        let same = |parcel: &&Parcel| {
            parcel.copies.len() == copies.len()
                && parcel
                    .copies
                    .iter()
                    .zip(&copies)
                    .all(|(a, b)| a.reads_as(b))
        };
        let model = parcels.iter().find(same);
        let written = match self.troubles.meet(Step::Write, call) {
            Err(error) => Err(io::Error::other(error.detail().to_owned())),
            Ok(()) => self.written(&mailbox, &mut copies, model, messages, fates, call)?,
        };
        match written {
            Ok(Some(draft)) => parcels.push(Parcel {
                mailbox,
                copies,
                draft,
            }),
            Ok(None) => {}
            Err(error) => {
                // Who was stopped says so: it is no fault of the mailbox, and no attempt.
                call.check()?;
                let why = match is_full(&error) {
                    true => format!("the disk is full: {error}"),
                    false => format!("the mailbox cannot be written: {error}"),
                };
                set(fates, &copies, &later(&why));
            }
        }
        Ok(())
    }

    /// The parcel as a draft, durable; `None` if nothing can be in it. What cannot be in it is taken out of `copies`.
    fn written(
        &self,
        mailbox: &str,
        copies: &mut Vec<Copy>,
        model: Option<&Parcel>,
        messages: &[Outgoing<'_>],
        fates: &mut [Vec<Fate>],
        call: &Call,
    ) -> Result<io::Result<Option<Draft>>> {
        let name = self.series.next(self.support);
        let folder = self.spool.mailbox(mailbox);
        if let Some(model) = model {
            return Ok(folder.draft_of(&model.draft, name).map(Some));
        }
        let mut draft = match folder.draft(name) {
            Ok(draft) => draft,
            Err(e) => return Ok(Err(e)),
        };
        let filled = fill(&mut draft, copies, messages, fates, call)?;
        Ok(filled.map(|any| any.then_some(draft)))
    }

    /// Makes it durable that the drafts are where they are: who finds the marks after a crash goes by that. All are written before the
    /// first is waited for, so that the disk is waited for once.
    fn settled(&self, parcels: &mut Vec<Parcel>, fates: &mut [Vec<Fate>]) {
        parcels.retain(
            |parcel| match self.spool.mailbox(&parcel.mailbox).sync_drafts() {
                Ok(()) => true,
                Err(e) => {
                    let why = format!("the mailbox cannot be written: {e}");
                    set(fates, &parcel.copies, &later(&why));
                    false
                }
            },
        );
    }

    /// The last word: the parcels are put where they are seen.
    fn publish(&self, mut parcels: Vec<Parcel>, results: &mut [Result<Vec<Fate>>], call: &Call) {
        if let Err(error) = self.troubles.meet(Step::Commit, call) {
            return unknown(results, &parcels, &error);
        }
        let mut seen = Vec::with_capacity(parcels.len());
        for mut parcel in parcels.drain(..) {
            let met = self.troubles.meet(Step::Publish, call);
            let met = met.map_err(|error| io::Error::other(error.detail().to_owned()));
            match met.and_then(|()| parcel.draft.publish()) {
                Ok(()) => seen.push(parcel),
                // It is not there: nobody got it.
                Err(e) => {
                    let fate = later(&format!("the mailbox cannot be written: {e}"));
                    set_results(results, &parcel.copies, &fate);
                }
            }
        }
        for parcel in &seen {
            if let Err(e) = self.spool.mailbox(&parcel.mailbox).sync() {
                let detail =
                    "the message is in the mailbox, but perhaps not after a crash of the machine";
                let error = Error::caused(Code::DISK_ERROR, format!("{detail}: {e}"), e);
                unknown(results, std::slice::from_ref(parcel), &error);
            }
        }
        if let Err(error) = self.troubles.meet(Step::Answer, call) {
            unknown(results, &seen, &error);
        }
    }
}

/// Adds a recipient to the parcel of its mailbox.
fn put(
    copies: &mut Vec<Copy>,
    message: usize,
    wanted: usize,
    outgoing: &Outgoing<'_>,
    place: usize,
) {
    if copies.last().is_none_or(|last| last.message != message) {
        copies.push(Copy {
            message,
            envelope: String::new(),
            hidden: Vec::new(),
            wanted: Vec::new(),
        });
    }
    let (Some(copy), Some(row)) = (copies.last_mut(), outgoing.message.recipients.get(place))
    else {
        return;
    };
    let first = copy.wanted.is_empty();
    copy.wanted.push(wanted);
    if row_is_seen(row, false) {
        // Whoever receives it finds its address in this row.
        copy.envelope.clear();
        return;
    }
    if row_is_seen(row, true) {
        copy.hidden.push(place);
    }
    if first {
        copy.envelope = address_of(row)
            .map(|a| a.as_str().to_owned())
            .unwrap_or_default();
    }
}

/// Writes the messages of a parcel. Says whether any is in it.
///
/// # Errors
/// Inside: the parcel cannot be. Outside: the call was stopped.
fn fill(
    draft: &mut Draft,
    copies: &mut Vec<Copy>,
    messages: &[Outgoing<'_>],
    fates: &mut [Vec<Fate>],
    call: &Call,
) -> Result<io::Result<bool>> {
    let mut writer = match ParcelWriter::begin(draft.file()) {
        Ok(writer) => writer,
        Err(e) => return Ok(Err(e)),
    };
    let mut kept = Vec::with_capacity(copies.len());
    for copy in copies.iter() {
        let Some(outgoing) = messages.get(copy.message) else {
            continue;
        };
        let to = Addressing {
            envelope: &copy.envelope,
            hidden: &copy.hidden,
        };
        let added = match written_by_sender(outgoing.message) {
            None => writer.tree(outgoing.message, to, call),
            Some(mail) => as_written(&mut writer, mail, outgoing, copy, call),
        };
        match added {
            Ok(()) => kept.push(copy.clone()),
            Err(WriteError::Message(why)) => {
                let fate = match why.is_for_good() {
                    true => Fate::Refused(too_much(&why.to_string())),
                    false => later(&format!("the message cannot be read: {why}")),
                };
                set(fates, std::slice::from_ref(copy), &fate);
            }
            Err(WriteError::Parcel(e)) => return Ok(Err(e)),
            Err(WriteError::Stopped(e)) => return Err(e),
        }
    }
    *copies = kept;
    Ok(finish(writer, !copies.is_empty()))
}

/// The mail as its sender wrote it, if it is to leave so.
fn written_by_sender(message: &MessageTree) -> Option<&LargeSource> {
    match message
        .props
        .get(&PropKey::from(tags::INTERNET_CONTENT.raw()))
    {
        Some(TreeValue::Large(_, mail)) => Some(mail),
        _ => None,
    }
}

/// Adds a mail as its sender wrote it, behind the fields that say who that is.
fn as_written(
    writer: &mut ParcelWriter<&mut std::fs::File>,
    mail: &LargeSource,
    outgoing: &Outgoing<'_>,
    copy: &Copy,
    call: &Call,
) -> std::result::Result<(), WriteError> {
    // The header may name somebody of this mailbox in other words, or nobody.
    let first = copy
        .wanted
        .first()
        .and_then(|wanted| outgoing.recipients.get(*wanted));
    let row = first.and_then(|place| outgoing.message.recipients.get(*place));
    let address = row.and_then(address_of);
    let envelope = address.as_ref().map_or("", |address| address.as_str());
    let mut mail = mail.open().map_err(TooMuch::Source)?;
    let header = start_of(&mut mail).map_err(|e| TooMuch::Source(io::Error::other(e)))?;
    let mut before = by_whom(&outgoing.message.props, &header);
    before.extend_from_slice(&header);
    writer.mail(&before, &mut mail, envelope, call)
}

/// Return-Path, and Sender where the author is somebody else and the header does not say by whom it was sent.
fn by_whom(props: &TreeProps, header: &[u8]) -> Vec<u8> {
    let address = |smtp, other| props.text(smtp).or_else(|| props.text(other));
    let sender = address(tags::SENDER_SMTP_ADDRESS, tags::SENDER_EMAIL_ADDRESS);
    let author = address(
        tags::SENT_REPRESENTING_SMTP_ADDRESS,
        tags::SENT_REPRESENTING_EMAIL_ADDRESS,
    );
    // An address that no field can say is not said.
    let Some((sender, mut fields)) =
        sender.and_then(|sender| Some((sender, return_path(sender).ok()?)))
    else {
        return Vec::new();
    };
    let same = author.is_some_and(|author| author.to_lowercase() == sender.to_lowercase());
    if !same && !sender.is_empty() && !has_field(header, b"sender:") {
        fields.extend_from_slice(format!("Sender: <{sender}>\r\n").as_bytes());
    }
    fields
}

/// Whether one of the lines up to the first empty one begins so, in small letters.
fn has_field(header: &[u8], field: &[u8]) -> bool {
    let lines = header.split(|b| *b == b'\n');
    let mut lines = lines.take_while(|line| !line.is_empty() && *line != b"\r");
    let begins = |line: &[u8]| line.get(..field.len()).map(<[u8]>::to_ascii_lowercase);
    lines.any(|line| begins(line).as_deref() == Some(field))
}

fn finish(writer: ParcelWriter<&mut std::fs::File>, any: bool) -> io::Result<bool> {
    if any {
        let (file, length) = writer.finish()?;
        // What was taken back may lie behind the end.
        file.set_len(length)?;
        file.sync_all()?;
    }
    Ok(any)
}

/// What is known of the messages that are in a parcel, and where each of their recipients' copies is.
fn marks(parcels: &[Parcel], fates: &[Vec<Fate>], spool: &Path) -> Vec<Mark> {
    // By message, by place among the recipients that are wanted.
    let mut placed: BTreeMap<usize, BTreeMap<usize, &Parcel>> = BTreeMap::new();
    for parcel in parcels {
        for copy in &parcel.copies {
            let own = placed.entry(copy.message).or_default();
            own.extend(copy.wanted.iter().map(|wanted| (*wanted, parcel)));
        }
    }
    let mark = |(message, own): (usize, BTreeMap<usize, &Parcel>)| {
        let fates = fates.get(message)?;
        let sent = fates.iter().filter(|fate| **fate == Fate::Sent).count();
        let mut mark = Mark::new(message, fates.clone());
        if own.len() == sent {
            let parcels = own.values();
            let parcels = parcels.map(|parcel| (parcel.mailbox.as_str(), parcel.draft.name()));
            mark.token = Whereabouts::of(parcels).token(spool);
        }
        Some(mark)
    };
    placed.into_iter().filter_map(mark).collect()
}

/// The last word is said of none that is marked; of the others everything is known.
fn given_up(fates: Vec<Vec<Fate>>, marks: &[Mark], error: &Error) -> Vec<Result<Vec<Fate>>> {
    let all = fates.into_iter().enumerate();
    let each = |(message, fates)| match marks.iter().any(|mark| mark.message == message) {
        true => Err(again(error)),
        false => Ok(fates),
    };
    all.map(each).collect()
}

fn set(fates: &mut [Vec<Fate>], copies: &[Copy], fate: &Fate) {
    for copy in copies {
        let Some(own) = fates.get_mut(copy.message) else {
            continue;
        };
        for wanted in &copy.wanted {
            if let Some(known) = own.get_mut(*wanted) {
                *known = fate.clone();
            }
        }
    }
}

fn set_results(results: &mut [Result<Vec<Fate>>], copies: &[Copy], fate: &Fate) {
    for copy in copies {
        if let Some(Ok(own)) = results.get_mut(copy.message) {
            set(
                std::slice::from_mut(own),
                &[Copy {
                    message: 0,
                    ..copy.clone()
                }],
                fate,
            );
        }
    }
}

/// Nobody knows what became of the messages of these parcels.
fn unknown(results: &mut [Result<Vec<Fate>>], parcels: &[Parcel], error: &Error) {
    for copy in parcels.iter().flat_map(|parcel| &parcel.copies) {
        if let Some(result) = results.get_mut(copy.message) {
            *result = Err(again(error));
        }
    }
}

fn later(why: &str) -> Fate {
    Fate::Later {
        after: None,
        why: why.to_owned(),
    }
}

/// Why nobody gets a message that no parcel can hold (5.3.4).
fn too_much(why: &str) -> Refusal {
    Refusal {
        reason: 0,
        diagnostic: 13,
        status: 534,
        text: format!("552 5.3.4 the message cannot be delivered: {why}"),
    }
}

/// The same error once more.
fn again(error: &Error) -> Error {
    Error::new(error.code(), error.detail())
}
