//! Which messages reports are about, wherever they were filed.
//! Reference: [MS-OXOMSG] 2.2.2.18, 2.2.2.22 (requirements RP-01, MSG-04); docs/design/arriving.md

use std::collections::BTreeMap;

use mapi_kit::tracking::Told;
use mapi_props::{
    Code, FileTime, PropTag, PropValue, RelOp, Restriction, SortOrderSet, message_flags, tags,
};
use mapi_spi::{Anchor, ItemId, ItemMeta, MessageData, Result, Row, RowSet, View};

use super::MsgStore;
use crate::store::tree::mail_id_in;
use crate::{EntryId, SpecialFolder};

/// Messages of one id that are looked at in each folder, and of one key in all.
const COPIES: usize = 16;
/// What MAPI systems know a message by: the report brings both back.
const KEYS: [PropTag; 2] = [tags::SEARCH_KEY.raw(), tags::REPORT_TAG.raw()];

/// A message that was sent from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sent {
    item: ItemId,
    /// Copies of one sending have the same; what was sent again has another.
    submitted: Option<FileTime>,
}

impl MsgStore {
    /// The messages that these reports are about, for each in order: by the id under which they were sent, in whatever folder;
    /// else by the keys that reports between MAPI systems bring. There is no index of these: who brings nothing else is
    /// answered by what the report names itself, and by one pass over Sent Items and the Outbox for all.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn told_of(&self, reports: &[Told]) -> Result<Vec<Vec<ItemId>>> {
        let places = self.places_of_sent()?;
        let mut known: BTreeMap<&str, Vec<Sent>> = BTreeMap::new();
        let mut found = Vec::with_capacity(reports.len());
        for told in reports {
            let named = self.named(told);
            let mut about = Vec::new();
            if let Some(id) = told.message_id.as_deref() {
                let sent = match known.get(id) {
                    Some(sent) => sent,
                    None => {
                        let sent = self.sent_under(id, &places)?;
                        known.entry(id).or_insert(sent)
                    }
                };
                about = one_of_each(sent, named);
            }
            if let (true, Some(named)) = (about.is_empty(), named) {
                about.extend(self.answers_to(told, named, &places)?);
            }
            found.push(about);
        }
        self.find_by_keys(reports, &mut found)?;
        Ok(found)
    }

    /// Messages in Sent Items and the Outbox that match, with these columns.
    pub(super) fn among_sent(
        &self,
        question: &Restriction,
        columns: &[PropTag],
        most: usize,
    ) -> Result<Vec<Row>> {
        let (store, call) = (self.context.spi()?, &self.context.call);
        let mut found = Vec::new();
        for container in self.places_of_sent()? {
            let view = View {
                container,
                rows: RowSet::Contents {
                    associated: false,
                    deleted: false,
                },
                columns: columns.to_vec(),
                restriction: Some(question.clone()),
                sort: SortOrderSet::default(),
            };
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            found.extend(store.view(&view, &Anchor::Start, most, call)?.rows);
        }
        Ok(found)
    }

    /// Where messages are that were sent, or wait, unless somebody filed them elsewhere.
    fn places_of_sent(&self) -> Result<Vec<ItemId>> {
        let bag = self.context.store_bag()?;
        let folders = [SpecialFolder::SentItems, SpecialFolder::Outbox];
        let standing = |which| self.standing(&mail_id_in(&bag, which)?);
        Ok(folders.into_iter().filter_map(standing).collect())
    }

    /// The messages that were sent from here under this id. Anybody can have sent us others with the same: those are left alone.
    fn sent_under(&self, id: &str, places: &[ItemId]) -> Result<Vec<Sent>> {
        let (store, call) = (self.context.spi()?, &self.context.call);
        let all = store.with_message_id(id, COPIES, call)?;
        let mut ours: Vec<&ItemMeta> = all.iter().filter(|meta| is_from_me(meta)).collect();
        if ours.is_empty() {
            ours = all.iter().filter(|m| places.contains(&m.parent)).collect();
        }
        if let [one] = ours.as_slice() {
            let (item, submitted) = (one.id, None);
            return Ok(vec![Sent { item, submitted }]);
        }
        let mut sent = Vec::with_capacity(ours.len());
        for meta in ours {
            let Some(data) = self.living(meta.id)? else {
                continue;
            };
            let submitted = data.body.props.value(tags::CLIENT_SUBMIT_TIME);
            sent.push(Sent {
                item: meta.id,
                submitted: submitted.and_then(PropValue::as_time),
            });
        }
        Ok(sent)
    }

    /// The message of this store that a report's PR_REPORT_TAG names.
    fn named(&self, told: &Told) -> Option<ItemId> {
        let id = EntryId::from(told.named_message()?);
        self.context.message_id(&id).ok()
    }

    /// The message that a report names by its entry id, if it was sent from here and has a key that the report brings.
    fn answers_to(&self, told: &Told, named: ItemId, places: &[ItemId]) -> Result<Option<ItemId>> {
        let Some(data) = self.living(named)? else {
            return Ok(None);
        };
        let ours = is_from_me(&data.meta) || places.contains(&data.meta.parent);
        let keys = KEYS.map(|tag| data.body.props.value(tag));
        let same = keys.into_iter().zip(keys_of(told));
        let same = same
            .into_iter()
            .any(|(own, brought)| brought.is_some() && bytes(own) == brought);
        Ok((ours && same).then_some(named))
    }

    /// Of those reports for which nothing was found yet, the messages that have a key which they bring.
    fn find_by_keys(&self, reports: &[Told], found: &mut [Vec<ItemId>]) -> Result<()> {
        let open = || {
            reports
                .iter()
                .zip(found.iter())
                .filter(|(_, about)| about.is_empty())
        };
        let brought = open().flat_map(|(told, _)| KEYS.into_iter().zip(keys_of(told)));
        let asked: Vec<Restriction> = brought
            .filter_map(|(tag, key)| Some(Restriction::property(tag, RelOp::Eq, key?)))
            .collect();
        if asked.is_empty() {
            return Ok(());
        }
        let most = COPIES.saturating_mul(asked.len());
        let rows = self.among_sent(&Restriction::Or(asked), &KEYS, most)?;
        for (told, about) in reports
            .iter()
            .zip(found)
            .filter(|(_, about)| about.is_empty())
        {
            for (at, brought) in keys_of(told).into_iter().enumerate() {
                if about.is_empty() && brought.is_some() {
                    let has_it = |row: &&Row| bytes(row.cells.get(at)) == brought;
                    about.extend(rows.iter().filter(has_it).map(|row| row.key.item));
                }
            }
        }
        Ok(())
    }

    /// A message that is there, and not soft-deleted.
    pub(super) fn living(&self, item: ItemId) -> Result<Option<MessageData>> {
        match self.context.spi()?.message(item, &self.context.call) {
            Ok(data) => Ok(Some(data).filter(|data| !data.meta.deleted)),
            Err(e) if matches!(e.code(), Code::NOT_FOUND | Code::OBJECT_DELETED) => Ok(None),
            Err(e) => Err(e),
        }
    }
}

/// Whether it was submitted in this store: no message that arrives has the mark, whatever it says of itself.
const fn is_from_me(meta: &ItemMeta) -> bool {
    meta.flags & message_flags::FROMME != 0
}

/// The keys that a report brings, in the order of [`KEYS`].
fn keys_of(told: &Told) -> [Option<&[u8]>; 2] {
    [told.search_key.as_deref(), told.report_tag.as_deref()]
}

fn bytes(value: Option<&PropValue>) -> Option<&[u8]> {
    value.and_then(PropValue::as_bytes)
}

/// One message of each sending: the one that the report names, else the original, which has the lowest number; copies have higher
/// ones, and moving keeps it. They come by number.
fn one_of_each(sent: &[Sent], named: Option<ItemId>) -> Vec<ItemId> {
    let mut chosen: BTreeMap<Option<FileTime>, ItemId> = BTreeMap::new();
    for Sent { item, submitted } in sent {
        let one = chosen.entry(*submitted).or_insert(*item);
        if Some(*item) == named {
            *one = *item;
        }
    }
    chosen.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_original_of_each_sending_is_meant_unless_a_copy_is_named() {
        let sent = |item, time| Sent {
            item: ItemId(item),
            submitted: Some(FileTime(time)),
        };
        let all = [sent(3, 10), sent(5, 10), sent(8, 20), sent(9, 10)];
        for (named, expected) in [
            (None, [3, 8]),
            (Some(5), [5, 8]),
            (Some(9), [9, 8]),
            (Some(8), [3, 8]),
            (Some(4), [3, 8]),
        ] {
            let found = one_of_each(&all, named.map(ItemId));
            assert_eq!(found, expected.map(ItemId), "{named:?}");
        }
        assert_eq!(one_of_each(&[], Some(ItemId(1))), []);
    }
}
