//! What the recipient rows of messages say once reports have told of them.
//! Reference: [MS-OXOMSG] 2.2.2, RFC 8098 §3.2.5 (requirements RP-01, MSG-04)

use std::collections::BTreeMap;

use mapi_kit::tracking::{TellsOf, Told, apply};
use mapi_spi::{Expect, FlagPatch, ItemId, MessageSave, MessageTarget, Op, PropPatch, Result};

use super::MsgStore;

impl MsgStore {
    /// The operations by which messages that were sent say what these reports tell of their recipients.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn noted(&self, reports: impl Iterator<Item = Told>) -> Result<Vec<Op>> {
        let reports: Vec<Told> = reports.collect();
        let mut about: BTreeMap<ItemId, Vec<TellsOf>> = BTreeMap::new();
        for (messages, told) in self.told_of(&reports)?.into_iter().zip(&reports) {
            for message in messages {
                about.entry(message).or_default().extend(told.of.clone());
            }
        }
        let mut ops = Vec::new();
        for (message, told) in about {
            let Some(data) = self.living(message)? else {
                continue;
            };
            let mut recipients = data.body.recipients;
            if apply(&mut recipients, &told) {
                let save = with_recipients(message, data.meta.change, recipients);
                ops.push(Op::SaveMessage(Box::new(save)));
            }
        }
        Ok(ops)
    }
}

/// What is known of recipients is no content of the message: its original stays what it was.
fn with_recipients(message: ItemId, change: u64, recipients: Vec<mapi_props::Bag>) -> MessageSave {
    MessageSave {
        target: MessageTarget::Existing(message),
        expect: Expect::Exactly(change),
        patch: PropPatch::default(),
        recipients: Some(recipients),
        attachments: None,
        flags: FlagPatch::default(),
        content_changed: false,
        source: None,
    }
}
