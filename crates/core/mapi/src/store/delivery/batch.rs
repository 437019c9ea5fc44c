//! Several messages delivered in order, in as few transactions as can be; one that cannot be stored fails alone.
//! Reference: "Message Reception Model" (requirements SUB-02, INC-01)

use std::collections::BTreeMap;

use mapi_kit::tracking::told;
use mapi_props::{Code, MessageTree, TreeContent, TreeValue};
use mapi_spi::{ChangeSet, Error, OpOutcome, Origin, Result, Saved, SyncRow};

use super::{Delivered, MsgStore, complete};
use crate::EntryId;
use crate::placing::{Placed, Placing, place};
use crate::reporting::CentralReports;

/// A message on its way in.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    pub(crate) message: MessageTree,
    /// The key of the row that is kept with it, so that it is known when it comes again.
    pub(crate) token: Option<Vec<u8>>,
}

/// What is done with messages that arrive beside keeping them.
#[derive(Debug, Default)]
pub(crate) struct Handling {
    /// Who delivers.
    pub(crate) origin: Origin,
    /// Where reports about messages of certain classes go too.
    pub(crate) central: Vec<CentralReports>,
}

/// How many messages go into one transaction, and how many bytes of them about.
const TOGETHER: usize = 64;
const TOGETHER_BYTES: u64 = 8 << 20;
/// How often a report is delivered anew because the message that it tells of was changed meanwhile.
const TRIES: usize = 3;

/// Whether what a report tells is noted in the message that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tracking {
    Noted,
    LeftOut,
}

impl MsgStore {
    /// Delivers messages, in order: one result for each.
    ///
    /// # Errors
    /// Nothing more can be delivered now: the call ended, the disk is full, the store is not to be written any more. What
    /// was delivered until then stays.
    pub(crate) fn deliver_all(
        &self,
        incoming: &[Incoming],
        handling: &Handling,
    ) -> Result<Vec<Result<Delivered>>> {
        let mut results = Vec::with_capacity(incoming.len());
        let mut rest = incoming;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(together(rest));
            rest = later;
            match self.commit_all(now, handling, Tracking::Noted) {
                Ok(done) => results.extend(done.into_iter().map(Ok)),
                Err(e) if ends_everything(&e) => return Err(e),
                Err(e) => match now {
                    [one] => results.push(self.try_again(one, handling, e)?),
                    // One of them is the reason, and the others are not kept out by it.
                    _ => {
                        for one in now {
                            results.push(self.deliver_one(one, handling)?);
                        }
                    }
                },
            }
        }
        Ok(results)
    }

    fn deliver_one(&self, one: &Incoming, handling: &Handling) -> Result<Result<Delivered>> {
        match self.commit_all(std::slice::from_ref(one), handling, Tracking::Noted) {
            Ok(mut done) => Ok(done.pop().ok_or_else(no_result)),
            Err(e) if ends_everything(&e) => Err(e),
            Err(e) => self.try_again(one, handling, e),
        }
    }

    /// A report arrives even where the message that it is about cannot say what it tells.
    fn try_again(
        &self,
        one: &Incoming,
        handling: &Handling,
        mut error: Error,
    ) -> Result<Result<Delivered>> {
        if told(&one.message).is_none() {
            return Ok(Err(error));
        }
        for turn in 1..=TRIES {
            let tracking = match error.code() {
                Code::OBJECT_CHANGED if turn < TRIES => Tracking::Noted,
                _ => Tracking::LeftOut,
            };
            match self.commit_all(std::slice::from_ref(one), handling, tracking) {
                Ok(mut done) => return Ok(done.pop().ok_or_else(no_result)),
                Err(e) if ends_everything(&e) => return Err(e),
                Err(e) if tracking == Tracking::LeftOut => return Ok(Err(e)),
                Err(e) => error = e,
            }
        }
        Ok(Err(error))
    }

    /// Delivers these in one transaction, with their tokens and all that follows from them.
    fn commit_all(
        &self,
        incoming: &[Incoming],
        handling: &Handling,
        tracking: Tracking,
    ) -> Result<Vec<Delivered>> {
        self.context.call.check()?;
        let (placed, folders) = self.placed(incoming, handling)?;
        let placing = place(&self.context, placed)?;
        let Placing {
            mut ops,
            values,
            items,
            staged: _staged,
        } = placing;
        // Any that cannot be read fails all of them; they are then tried one by one.
        let defects = items.into_iter().collect::<Result<Vec<_>>>()?;
        if tracking == Tracking::Noted {
            let reports = incoming.iter().filter_map(|one| told(&one.message));
            ops.extend(self.noted(reports)?);
        }
        let outcome = self.context.commit(ChangeSet {
            ops,
            values,
            origin: handling.origin,
            sync_state: incoming.iter().filter_map(|one| self.token(one)).collect(),
            ..ChangeSet::default()
        })?;
        let saved = outcome.ops.into_iter().map(|outcome| match outcome {
            OpOutcome::Saved(saved) => Ok(saved),
            _ => Err(no_result()),
        });
        let delivered = |((saved, folder_id), defects): ((Result<Saved>, EntryId), _)| {
            Ok(Delivered {
                entry_id: self.context.entry_id(false, saved?.id),
                folder_id,
                defects,
            })
        };
        saved.zip(folders).zip(defects).map(delivered).collect()
    }

    /// The messages in their places, with the folders of those that arrive, and after them what is sent on.
    fn placed(
        &self,
        incoming: &[Incoming],
        handling: &Handling,
    ) -> Result<(Vec<Placed>, Vec<EntryId>)> {
        let mut folders = BTreeMap::new();
        let (mut placed, mut chosen, mut sent_on) = (Vec::new(), Vec::new(), Vec::new());
        for one in incoming {
            let mut message = one.message.clone();
            complete(&mut message, self.context.now());
            let class = message.props.text(mapi_props::tags::MESSAGE_CLASS);
            let class = class.unwrap_or_default().to_ascii_lowercase();
            let (item, folder) = match folders.get(&class) {
                Some(known) => known,
                None => {
                    let found = self.arrives_in(&message)?;
                    folders.entry(class).or_insert(found)
                }
            };
            chosen.push(folder.clone());
            sent_on.extend(self.sent_on(&message, &handling.central)?);
            placed.push(Placed::Arrives(*item, message));
        }
        placed.extend(sent_on.into_iter().map(Placed::Submitted));
        Ok((placed, chosen))
    }

    fn token(&self, one: &Incoming) -> Option<SyncRow> {
        let now = self.context.now().0.to_le_bytes().to_vec();
        one.token.clone().map(|key| SyncRow {
            origin: Origin::SPOOLER,
            object: None,
            key,
            value: Some(now),
        })
    }
}

/// How many of these go into one transaction.
fn together(incoming: &[Incoming]) -> usize {
    let mut bytes = 0_u64;
    let fits = |one: &&Incoming| {
        bytes = bytes.saturating_add(weight(&one.message));
        bytes <= TOGETHER_BYTES
    };
    incoming
        .iter()
        .take(TOGETHER)
        .take_while(fits)
        .count()
        .max(1)
}

/// Bytes of the large values of a message, about.
fn weight(message: &MessageTree) -> u64 {
    let values = message.props.iter().map(|(_, value)| match value {
        TreeValue::Large(_, source) => source.size(),
        TreeValue::Value(_) => 0,
    });
    let attached = message.attachments.iter().map(|a| match &a.content {
        TreeContent::Data(source) | TreeContent::Storage(source) => source.size(),
        TreeContent::Message(inner) => weight(inner),
        TreeContent::None => 0,
    });
    values.chain(attached).fold(0, u64::saturating_add)
}

/// Failures after which no further message can be delivered.
fn ends_everything(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::USER_CANCEL
            | Code::TIMEOUT
            | Code::END_OF_SESSION
            | Code::NOT_ENOUGH_DISK
            | Code::DISK_ERROR
            | Code::CORRUPT_STORE
            | Code::BUSY
            | Code::NO_ACCESS
    )
}

fn no_result() -> Error {
    Error::new(Code::CALL_FAILED, "the store gave no result")
}
