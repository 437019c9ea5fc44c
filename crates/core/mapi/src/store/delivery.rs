//! Delivery: incoming messages are put where messages of their class arrive, and everybody who asked is told.
//! Reference: "Handling an Incoming Message", "IMsgStore::NotifyNewMail" (requirements INC-01, STO-06, SUB-02);
//! docs/design/arriving.md

mod batch;
mod central;
mod complete;
mod original;
mod sent;

use mapi_props::{Code, MessageTree, tags};
use mapi_spi::{ChangeSet, Error, ItemId, Op, Origin, Result};

use super::MsgStore;
use crate::EntryId;
use crate::placing::Placed;

pub(crate) use batch::{Handling, Incoming};
use complete::complete;

/// What became of an incoming message.
#[derive(Debug)]
pub struct Delivered {
    /// The message.
    pub entry_id: EntryId,
    /// The receive folder that it is in.
    pub folder_id: EntryId,
    /// What could not be kept, `header-not-promoted`.
    pub defects: Vec<mapi_props::Defect>,
}

impl MsgStore {
    /// Delivers a message: puts it, unread, into the receive folder of its class, and tells of new mail once, in one durable
    /// step. It is a message of its own however often the same is delivered.
    ///
    /// What is missing is made: the class (IPM.Note), the time of delivery (now), PR_SENT_REPRESENTING_… (the sender's),
    /// PR_RCVD_REPRESENTING_… (PR_RECEIVED_BY_…'s) and, where PR_RECEIVED_BY_… says whose mailbox this is,
    /// PR_MESSAGE_TO_ME, _CC_ME and _RECIP_ME: whether that address itself is named, not a list that it may be on. A message
    /// that asks for a read report owes one from now on (MSGFLAG_RN_PENDING, MSGFLAG_NRN_PENDING). What a report tells of the
    /// recipients of a message that was sent from here, that message's rows say too (PR_RECIPIENT_TRACKSTATUS), in whatever folder
    /// it is.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` in a read-only store; `MAPI_E_USER_CANCEL`, `MAPI_E_NOT_ENOUGH_DISK` … Nothing was delivered
    /// then, and nobody told.
    pub fn deliver(&self, message: MessageTree) -> Result<Delivered> {
        let delivered = self.writable().and_then(|()| self.take_in(message));
        self.errors.track(delivered)
    }

    fn take_in(&self, message: MessageTree) -> Result<Delivered> {
        let incoming = vec![Incoming {
            message,
            token: None,
        }];
        let handling = Handling {
            origin: Origin::default(),
            ..Handling::default()
        };
        let mut done = self.deliver_all(&incoming, &handling)?;
        let none = || Err(Error::new(Code::CALL_FAILED, "the store gave no result"));
        done.pop().unwrap_or_else(none)
    }

    /// A message completed, and the folder in which it arrives.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) fn arriving(&self, mut message: MessageTree) -> Result<Placed> {
        complete(&mut message, self.context.now());
        let folder = self.arrives_in(&message)?.0;
        Ok(Placed::Arrives(folder, message))
    }

    /// The receive folder of a message that is complete.
    fn arrives_in(&self, message: &MessageTree) -> Result<(ItemId, EntryId)> {
        let class = message.props.text(tags::MESSAGE_CLASS).unwrap_or_default();
        let (folder, _) = self.receive_folder_id(class)?;
        Ok((self.context.folder_id(&folder)?, folder))
    }

    /// Tells of new mail that was delivered by other means than [`Self::deliver`]: a message that is saved already.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`, `MAPI_E_INVALID_ENTRYID`, `MAPI_E_UNKNOWN_ENTRYID` for the message; `MAPI_E_NO_ACCESS` in a
    /// read-only store.
    pub fn notify_new_mail(&self, message: &EntryId) -> Result<()> {
        let told = self.writable().and_then(|()| self.announce(message));
        self.errors.track(told)
    }

    fn announce(&self, message: &EntryId) -> Result<()> {
        let message = self.context.message_id(message)?;
        let op = Op::NotifyNewMail { message };
        self.context.commit(ChangeSet::one(op)).map(drop)
    }
}
