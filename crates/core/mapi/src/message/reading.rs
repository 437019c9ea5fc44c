//! A person opens a message: it becomes read, and the sender is told if the person wants that.
//! Reference: "Providing Read and Nonread Reports", RFC 8098 §2.1 (requirement MSG-05)

use mapi_kit::report::{ReceiptTo, receipt_to};
use mapi_props::message_flags;
use mapi_spi::Result;

use super::Message;
use crate::prop::Object as _;
use crate::{ReadFlags, ReceiptPolicy};

/// What became of the read report that a message asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Receipt {
    /// It asked for none, or it was settled before.
    NotDue,
    /// It is in the outgoing queue.
    Sent,
    /// It is not sent, now or later.
    Withheld,
}

impl Message {
    /// To whom a read report is due as soon as this message is read; `None` if it asks for none, or that is settled.
    ///
    /// # Errors
    /// Those of the store.
    pub fn receipt_due(&self) -> Result<Option<ReceiptTo>> {
        self.errors().track(self.due())
    }

    fn due(&self) -> Result<Option<ReceiptTo>> {
        let unread = self.flags() & message_flags::READ == 0;
        if !unread || self.flags() & message_flags::RN_PENDING == 0 {
            return Ok(None);
        }
        Ok(receipt_to(&self.to_tree()?.props))
    }

    /// Marks the message as read by a person. A read report that is due goes as the policy says: where it says ask, and
    /// where the report would go to another address than the message came from, only if `ask` says yes. What is not sent
    /// now is never sent.
    ///
    /// # Errors
    /// Those of `ask`, with nothing changed; those of [`Self::set_read_flag`].
    pub fn read_by_person(
        &self,
        policy: ReceiptPolicy,
        ask: impl FnOnce(&ReceiptTo) -> Result<bool>,
    ) -> Result<Receipt> {
        let read = self.read_with(policy, ask);
        self.errors().track(read)
    }

    fn read_with(
        &self,
        policy: ReceiptPolicy,
        ask: impl FnOnce(&ReceiptTo) -> Result<bool>,
    ) -> Result<Receipt> {
        let Some(to) = self.due()? else {
            self.set_read_flag(ReadFlags::NONE)?;
            return Ok(Receipt::NotDue);
        };
        let sends = match policy {
            ReceiptPolicy::Never => false,
            ReceiptPolicy::Always if to.is_sender => true,
            ReceiptPolicy::Always | ReceiptPolicy::Ask => ask(&to)?,
        };
        if sends {
            self.set_read_flag(ReadFlags::NONE)?;
            return Ok(Receipt::Sent);
        }
        self.set_read_flag(ReadFlags::SUPPRESS_RECEIPT)?;
        Ok(Receipt::Withheld)
    }
}
