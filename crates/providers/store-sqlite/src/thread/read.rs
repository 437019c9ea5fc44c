//! Reading a conversation.

use std::ops::ControlFlow;

use mapi_props::Code;
use mapi_spi::{Call, Error, ItemId, ItemKind, Result, ScanRow, ThreadId};

use super::{ensure, members};
use crate::failure::not_found;
use crate::store::Inner;
use crate::{item, log, store};

/// Shows every message of a conversation; gives the log's number for which that is true.
pub(crate) fn scan(
    inner: &Inner,
    thread: ThreadId,
    call: &Call,
    each: &mut dyn FnMut(ScanRow<'_>) -> ControlFlow<()>,
) -> Result<u64> {
    expect(inner, call)?;
    let reader = inner.connections.reader(call)?;
    reader.begin()?;
    let seq = log::last(&reader)?;
    store::each_of_messages(&reader, &members(&reader, thread)?, call, each)?;
    Ok(seq)
}

/// The conversation of a message.
pub(crate) fn of_message(inner: &Inner, id: ItemId, call: &Call) -> Result<Option<ThreadId>> {
    expect(inner, call)?;
    let reader = inner.connections.reader(call)?;
    let meta = item::meta(&reader, id)?.filter(|m| matches!(m.kind, ItemKind::Message { .. }));
    let meta = meta.ok_or_else(|| not_found(format_args!("message {id}")))?;
    Ok(meta.thread)
}

fn expect(inner: &Inner, call: &Call) -> Result<()> {
    if ensure(inner, call)? {
        return Ok(());
    }
    let detail = "a store of an older format knows conversations once it was opened for writing";
    Err(Error::new(Code::NO_ACCESS, detail))
}
