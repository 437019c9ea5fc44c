//! What becomes of a message that was sent: it leaves the queue for where its sender wants it.
//! Reference: "Processing a Sent Message", "IMsgStore::FinishedMsg", "IMAPISupport::DoSentMail" (requirements OUT-09, SP-01)

use mapi_props::{Bag, Code, PropValue, message_flags, recipient_type, tags};
use mapi_spi::{
    Call, DeleteMode, Error, FlagPatch, FolderKind, ItemId, ItemKind, ItemMeta, Items, Op,
    PropPatch, Result, Store,
};

use super::lock::change;
use crate::entry_ids::{self, EntryTarget};
use crate::receipt::PENDING;

/// What a message is no more once it was sent.
const ENDED: u32 = message_flags::SUBMIT | message_flags::UNSENT | message_flags::RESEND;

/// Where a sent message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sent {
    /// It stays where it was submitted.
    Stays,
    /// It moves to this folder (PR_SENTMAIL_ENTRYID).
    Moves(ItemId),
    /// It is deleted for good (PR_DELETE_AFTER_SUBMIT).
    Deleted,
}

/// What its sender said about where a message goes, and what came of that.
#[derive(Debug)]
pub struct Disposition {
    /// Where it goes.
    pub sent: Sent,
    /// Why it does not go to the folder that its sender named: it stays where it was submitted then.
    pub problem: Option<Error>,
}

impl Disposition {
    /// Where a message with these properties goes. What is to be deleted is moved nowhere before.
    ///
    /// # Errors
    /// Those of the store; a folder that is not there is none ([`Self::problem`]).
    pub fn of(store: &dyn Store, props: &Bag, call: &Call) -> Result<Self> {
        let delete = props.value(tags::DELETE_AFTER_SUBMIT);
        if delete.and_then(PropValue::as_bool) == Some(true) {
            return Ok(Self::from(Sent::Deleted));
        }
        match sent_folder(store, props, call) {
            Ok(None) => Ok(Self::from(Sent::Stays)),
            Ok(Some(folder)) => Ok(Self::from(Sent::Moves(folder))),
            Err(error) if is_misplaced(&error) => Ok(Self {
                sent: Sent::Stays,
                problem: Some(error),
            }),
            Err(error) => Err(error),
        }
    }
}

impl From<Sent> for Disposition {
    fn from(sent: Sent) -> Self {
        let problem = None;
        Self { sent, problem }
    }
}

/// The folder of this store that PR_SENTMAIL_ENTRYID names; `None` if the message names none.
///
/// # Errors
/// `MAPI_E_INVALID_ENTRYID` for what names no folder, or a search folder; `MAPI_E_UNKNOWN_ENTRYID` for one of another store;
/// `MAPI_E_NOT_FOUND` for one that is gone; those of the store.
pub fn sent_folder(store: &dyn Store, props: &Bag, call: &Call) -> Result<Option<ItemId>> {
    let id = match props.value(tags::SENTMAIL_ENTRYID) {
        Some(PropValue::Binary(id)) if !id.is_empty() => id,
        _ => return Ok(None),
    };
    let refused = |code, why: &str| {
        let detail = format!("the folder that sent messages go to (PR_SENTMAIL_ENTRYID) {why}");
        Error::new(code, detail)
    };
    if entry_ids::store_uid(id)? != store.info().uid {
        return Err(refused(Code::UNKNOWN_ENTRYID, "is in another store"));
    }
    let EntryTarget::Folder(_, folder) = entry_ids::parse(id)? else {
        return Err(refused(Code::INVALID_ENTRYID, "is no folder"));
    };
    match store.folder(folder, call) {
        Ok(data) if data.meta.deleted => Err(refused(Code::NOT_FOUND, "was deleted")),
        Ok(data) if data.meta.kind == ItemKind::Folder(FolderKind::Search) => {
            Err(refused(Code::INVALID_ENTRYID, "is a search folder"))
        }
        Ok(_) => Ok(Some(folder)),
        Err(e) if matches!(e.code(), Code::NOT_FOUND | Code::OBJECT_DELETED) => {
            Err(refused(Code::NOT_FOUND, "was deleted"))
        }
        Err(e) => Err(e),
    }
}

/// Whether an error says that there is no such folder, rather than that nobody could look.
fn is_misplaced(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::INVALID_ENTRYID | Code::UNKNOWN_ENTRYID | Code::NOT_FOUND
    )
}

/// The operations that finish a message of the queue, for one atomic set with [`super::forgotten`]: it waits no more
/// (MSGFLAG_SUBMIT, MSGFLAG_UNSENT, MSGFLAG_RESEND and the lock go; PR_CLIENT_SUBMIT_TIME stays), has these recipient rows if there are any, owes nobody
/// a report, and goes where it is to go.
///
/// The set fails with `MAPI_E_OBJECT_CHANGED` if the message is not as it was, and with `MAPI_E_OBJECT_DELETED` if the folder went
/// meanwhile: then a new [`Disposition`] says that it stays.
#[must_use]
pub fn finish(meta: &ItemMeta, recipients: Option<Vec<Bag>>, sent: Sent) -> Vec<Op> {
    let patch = PropPatch {
        delete: vec![tags::SUBMIT_FLAGS.id()],
        ..PropPatch::default()
    };
    let flags = FlagPatch {
        set: 0,
        clear: ENDED | PENDING,
    };
    let mut save = change(meta, patch, flags);
    save.recipients = recipients;
    let mut ops = vec![Op::SaveMessage(Box::new(save))];
    let items = Items::Ids(vec![meta.id]);
    match sent {
        Sent::Stays => {}
        Sent::Moves(to) => ops.push(Op::Move { items, to }),
        Sent::Deleted => ops.push(Op::Delete {
            items,
            mode: DeleteMode::Hard,
        }),
    }
    ops
}

/// The recipient rows of a message that is finished: all have PR_RESPONSIBILITY, and the rows that only said to whom it was sent again
/// (MAPI_P1) are gone, so that everybody is there once (OUT-11).
#[must_use]
pub fn served(rows: &[Bag]) -> Vec<Bag> {
    let again = |row: &Bag| {
        let kind = row.value(tags::RECIPIENT_TYPE);
        kind.and_then(PropValue::as_long) == Some(recipient_type::P1)
    };
    let served = |row: &Bag| {
        let mut row = row.clone();
        row.set(tags::RESPONSIBILITY, true);
        row
    };
    rows.iter().filter(|row| !again(row)).map(served).collect()
}
