//! The message that a report is about, and what its recipient rows say from then on.
//! Reference: [MS-OXOMSG] 2.2.2, RFC 8098 §3.2.5 (requirements RP-01, MSG-04)

use std::collections::BTreeMap;

use mapi_kit::tracking::{TellsOf, Told, apply};
use mapi_props::{Code, PropTag, RelOp, Restriction, SortOrderSet, tags};
use mapi_spi::{
    Anchor, Expect, FlagPatch, ItemId, MessageSave, MessageTarget, Op, PropPatch, Result, RowSet,
    View,
};

use super::MsgStore;
use crate::SpecialFolder;
use crate::store::tree::mail_id_in;

/// Copies of one message that are looked for: it may have been sent again under the same id.
const COPIES: i64 = 16;

impl MsgStore {
    /// The operations by which messages that were sent say what these reports tell of their recipients.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn noted(&self, reports: impl Iterator<Item = Told>) -> Result<Vec<Op>> {
        let mut about: BTreeMap<ItemId, Vec<TellsOf>> = BTreeMap::new();
        for told in reports {
            for message in self.told_of(&told)? {
                about.entry(message).or_default().extend(told.of.clone());
            }
        }
        let (store, call) = (self.context.spi()?, &self.context.call);
        let mut ops = Vec::new();
        for (message, told) in about {
            let data = match store.message(message, call) {
                Ok(data) if !data.meta.deleted => data,
                Ok(_) => continue,
                Err(e) if e.code() == Code::NOT_FOUND => continue,
                Err(e) => return Err(e),
            };
            let mut recipients = data.body.recipients;
            if apply(&mut recipients, &told) {
                let save = with_recipients(message, data.meta.change, recipients);
                ops.push(Op::SaveMessage(Box::new(save)));
            }
        }
        Ok(ops)
    }

    /// The messages that a report is about: by the id under which they were sent, else by the keys that reports between MAPI
    /// systems bring. They are looked for where messages are when they have been sent, or wait.
    pub(super) fn told_of(&self, told: &Told) -> Result<Vec<ItemId>> {
        let equal = |tag: PropTag, value: mapi_props::PropValue| {
            Restriction::property(tag, RelOp::Eq, value)
        };
        let questions = [
            (told.message_id.clone()).map(|id| equal(tags::INTERNET_MESSAGE_ID.raw(), id.into())),
            (told.search_key.clone()).map(|key| equal(tags::SEARCH_KEY.raw(), key.into())),
            (told.report_tag.clone()).map(|tag| equal(tags::REPORT_TAG.raw(), tag.into())),
        ];
        for question in questions.into_iter().flatten() {
            let found = self.among_sent(&question)?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }

    /// Messages in Sent Items and the Outbox that match.
    pub(super) fn among_sent(&self, question: &Restriction) -> Result<Vec<ItemId>> {
        let bag = self.context.store_bag()?;
        let folders = [SpecialFolder::SentItems, SpecialFolder::Outbox];
        let folders = folders.into_iter().filter_map(|which| {
            let id = mail_id_in(&bag, which)?;
            self.standing(&id)
        });
        let (store, call) = (self.context.spi()?, &self.context.call);
        let mut found = Vec::new();
        for container in folders {
            let view = View {
                container,
                rows: RowSet::Contents {
                    associated: false,
                    deleted: false,
                },
                columns: Vec::new(),
                restriction: Some(question.clone()),
                sort: SortOrderSet::default(),
            };
            let page = store.view(&view, &Anchor::Start, COPIES, call)?;
            found.extend(page.rows.into_iter().map(|row| row.key.item));
        }
        Ok(found)
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
