//! Pending reports: what a store refuses so that none is lost, and none is sent twice.
//! Reference: "IMAPIFolder::SetReadFlags", "Providing Read and Nonread Reports" (requirements MSG-05, RFL)
//!
//! MSGFLAG_RN_PENDING and MSGFLAG_NRN_PENDING say that a message owes reports. Whoever would end that without the report
//! is refused; the client API then makes the report and settles the flag in one commit. Messages that owe nothing, nearly
//! all of them, cost two tests of a word.

use mapi_props::{Code, message_flags};
use mapi_spi::{Error, FlagPatch, ItemMeta, Result};

/// The flags of pending reports.
pub const PENDING: u32 = message_flags::RN_PENDING | message_flags::NRN_PENDING;

/// Whether an unread message owes one of `pending`.
#[must_use]
pub const fn owes(flags: u32, pending: u32) -> bool {
    flags & message_flags::READ == 0 && flags & pending != 0
}

/// The code of a message that stays as it is because a report is due first.
pub const DUE: Code = Code::UNABLE_TO_COMPLETE;

/// For [`mapi_spi::Op::SetFlags`].
///
/// # Errors
/// [`DUE`] for a message that would become read without the read report that it owes.
pub fn before_flags(meta: &ItemMeta, patch: FlagPatch) -> Result<()> {
    let read = patch.set & message_flags::READ != 0;
    let kept = patch.clear & message_flags::RN_PENDING == 0;
    if read && kept && owes(meta.flags, message_flags::RN_PENDING) {
        return Err(due(meta, "read"));
    }
    Ok(())
}

/// For [`mapi_spi::Op::Delete`].
///
/// # Errors
/// [`DUE`] for a message that would go without the non-read report that it owes.
pub fn before_delete(meta: &ItemMeta) -> Result<()> {
    if !meta.deleted && owes(meta.flags, message_flags::NRN_PENDING) {
        return Err(due(meta, "non-read"));
    }
    Ok(())
}

/// For [`mapi_spi::Op::SettleReport`], of a message that is there: its new flags.
///
/// # Errors
/// `MAPI_E_NOT_FOUND` if it owes nothing of the kind any more, `MAPI_E_SUBMITTED`.
pub fn settled(meta: &ItemMeta, pending: u32, patch: FlagPatch) -> Result<u32> {
    if meta.flags & message_flags::SUBMIT != 0 {
        let detail = format!("message {} is being sent", meta.id);
        return Err(Error::new(Code::SUBMITTED, detail));
    }
    if meta.flags & pending == 0 {
        let detail = format!("message {} owes no such report", meta.id);
        return Err(Error::new(Code::NOT_FOUND, detail));
    }
    Ok(patch.apply(meta.flags))
}

fn due(meta: &ItemMeta, what: &str) -> Error {
    Error::new(DUE, format!("message {} owes a {what} report", meta.id))
}
