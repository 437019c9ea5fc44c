//! The spooler's side of an attempt, which notes what it is told and answers as a story wants.

use std::sync::Arc;

use mapi::Code;
use mapi_props::MessageTree;
use mapi_spi::{Attempt, Attempts, Call, Error, Fate, Mark, Outgoing, Result, Transport};

/// Notes marks; what happens at each is the story's.
pub(super) struct Noted<'a> {
    /// Every step in which marks were made.
    pub(super) marks: Vec<Vec<Mark>>,
    at: Box<dyn FnMut() -> Result<()> + 'a>,
}

impl<'a> Noted<'a> {
    /// Marks are made.
    pub(super) fn well() -> Self {
        Self::with(|| Ok(()))
    }

    /// Marks cannot be made.
    pub(super) fn refusing() -> Self {
        Self::with(|| Err(Error::new(Code::END_OF_SESSION, "no mark")))
    }

    /// This happens as one is made.
    pub(super) fn with(at: impl FnMut() -> Result<()> + 'a) -> Self {
        Self {
            marks: Vec::new(),
            at: Box::new(at),
        }
    }

    /// How many marks were made of a message.
    pub(super) fn of(&self, message: usize) -> usize {
        let all = self.marks.iter().flatten();
        all.filter(|m| m.message == message).count()
    }
}

impl Attempts for Noted<'_> {
    fn committing(&mut self, marks: &[Mark]) -> Result<()> {
        self.marks.push(marks.to_vec());
        (self.at)()
    }
}

impl Attempt for Noted<'_> {
    fn committing(&mut self, fates: &[Fate]) -> Result<()> {
        Attempts::committing(self, &[Mark::new(0, fates.to_vec())])
    }
}

/// Submits one message to these of its recipients.
pub(super) fn submit(
    transport: &Arc<dyn Transport>,
    message: &MessageTree,
    recipients: &[usize],
    noted: &mut Noted<'_>,
    call: &Call,
) -> Result<Vec<Fate>> {
    let outgoing = Outgoing {
        entry_id: b"the entry id of the message",
        message,
        recipients,
        again: false,
    };
    transport.submit(&outgoing, noted, call)
}

/// The same to all, and it must go well.
pub(super) fn send(transport: &Arc<dyn Transport>, message: &MessageTree) -> Result<()> {
    let all: Vec<usize> = (0..message.recipients.len()).collect();
    let mut noted = Noted::well();
    let fates = submit(transport, message, &all, &mut noted, &Call::default())?;
    assert_eq!(fates, vec![Fate::Sent; all.len()]);
    Ok(())
}

/// Submits several at once, each to all of its recipients.
pub(super) fn submit_all(
    transport: &Arc<dyn Transport>,
    messages: &[MessageTree],
    noted: &mut Noted<'_>,
    call: &Call,
) -> Vec<Result<Vec<Fate>>> {
    let all = |m: &MessageTree| (0..m.recipients.len()).collect::<Vec<_>>();
    let recipients: Vec<Vec<usize>> = messages.iter().map(all).collect();
    let ids: Vec<String> = (0..messages.len()).map(|n| format!("entry {n}")).collect();
    let outgoing: Vec<_> = messages
        .iter()
        .zip(&recipients)
        .zip(&ids)
        .map(|((message, recipients), id)| Outgoing {
            entry_id: id.as_bytes(),
            message,
            recipients,
            again: false,
        })
        .collect();
    transport.submit_all(&outgoing, noted, call)
}
