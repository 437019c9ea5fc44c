//! Search folders made of queries: what was written is kept beside the criteria, to be read and edited again.
//!
//! Two named properties of the folder (PS_PUBLIC_STRINGS) hold it: `malle:query`, the text, and `malle:query:mark`, a
//! hash of the restriction that was made of it. Other programs set criteria and know nothing of these: where the criteria
//! are others than the mark says, the query is no longer theirs.

use mapi_props::codec::encode_restriction;
use mapi_props::{Code, PropName, PropTag, PropType, PropValue, Restriction, Slot, guids};
use mapi_query::language::{Calendar, Query, parse};
use mapi_spi::{Error, PropPatch, Result};

use super::Folder;
use crate::{EntryId, MapiProp, SearchFlags, SearchState};

const TEXT: &str = "malle:query";
const MARK: &str = "malle:query:mark";

impl Folder {
    /// Says what this search folder shows by a query, as [`Self::set_search_criteria`] does by a restriction, and keeps the
    /// query for [`Self::search_query`]. Days counted from today are those of the calendar, now and later; folders that
    /// it names are those that there are now, with all below them.
    ///
    /// ```
    /// # fn show(urgent: &mapi::Folder, now: mapi::FileTime) -> Result<(), Box<dyn std::error::Error>> {
    /// use mapi::SearchFlags;
    /// use mapi::query::{Calendar, parse};
    ///
    /// let everywhere = [urgent.store()?.ipm_subtree()?.entry_id()];
    /// let how = SearchFlags::RECURSIVE | SearchFlags::FOREGROUND;
    /// let query = parse("is:unread is:important")?;
    /// urgent.set_search_query(&query, &Calendar::utc(now), Some(&everywhere), how)?;
    /// assert_eq!(urgent.search_query()?, Some(query));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`Self::set_search_criteria`] and of [`crate::MsgStore::restriction_of`].
    pub fn set_search_query(
        &self,
        query: &Query,
        calendar: &Calendar<'_>,
        folders: Option<&[EntryId]>,
        flags: SearchFlags,
    ) -> Result<()> {
        let restriction = self.store()?.restriction_of(query, calendar)?;
        let note = self.note(query, &restriction)?;
        let set = self.search_for(Some(&restriction), folders, flags, Some(note));
        self.errors.track(set)
    }

    /// Has this search folder look for what another one of the store looks for, in the same places, with the same query.
    /// It is populated when this returns, under this handle's call.
    ///
    /// # Errors
    /// `MAPI_E_NOT_INITIALIZED` if the other has no criteria; those of [`Self::set_search_criteria`].
    pub fn copy_search(&self, from: &Self) -> Result<()> {
        let criteria = from.search_criteria()?;
        let note = from.search_query()?;
        let note = note.map(|query| self.note(&query, &criteria.restriction));
        let is = |bit| criteria.state.contains(bit);
        let depth = if is(SearchState::RECURSIVE) {
            SearchFlags::RECURSIVE
        } else {
            SearchFlags::SHALLOW
        };
        let fixed = if is(SearchState::STATIC) {
            SearchFlags::STATIC
        } else {
            SearchFlags::NONE
        };
        let flags = depth | fixed | SearchFlags::FOREGROUND;
        let (restriction, folders) = (Some(&criteria.restriction), Some(&*criteria.folders));
        let set = self.search_for(restriction, folders, flags, note.transpose()?);
        self.errors.track(set)?;
        if is(SearchState::RUNNING) || is(SearchState::STATIC) {
            return Ok(());
        }
        self.set_search_criteria(None, None, SearchFlags::STOP)
    }

    /// What keeps the query beside the criteria.
    fn note(&self, query: &Query, restriction: &Restriction) -> Result<PropPatch> {
        let [text, mark] = self.kept_under(true)?;
        let value = |tag: PropTag, value| (tag.id(), Slot::Value(value));
        Ok(PropPatch {
            set: vec![
                value(text, PropValue::Unicode(query.to_string())),
                value(mark, PropValue::I8(mark_of(restriction)?)),
            ],
            delete: Vec::new(),
        })
    }

    /// The query that the present criteria were made of; `None` where they were not made of one.
    ///
    /// # Errors
    /// Those of the store.
    pub fn search_query(&self) -> Result<Option<Query>> {
        let restriction = match self.search_criteria() {
            Ok(criteria) => criteria.restriction,
            Err(e) if e.code() == Code::NOT_INITIALIZED => return Ok(None),
            Err(e) => return Err(e),
        };
        let kept = self.kept_under(false)?;
        if kept.iter().any(|tag| tag.id() == 0) {
            return Ok(None);
        }
        let kept = self.get_props(&kept)?.ignore_warning();
        let mut values = kept.into_iter().map(|prop| prop.value);
        let (Some(PropValue::Unicode(text)), Some(PropValue::I8(mark))) =
            (values.next(), values.next())
        else {
            return Ok(None);
        };
        let fits = mark == mark_of(&restriction)?;
        Ok(fits.then(|| parse(&text).ok()).flatten())
    }

    /// The tags of the text and its mark; 0 where the store does not know the names.
    fn kept_under(&self, create: bool) -> Result<[PropTag; 2]> {
        let named = |name: &str| PropName::text(guids::PS_PUBLIC_STRINGS, name);
        let tags = self.ids_from_names(&[named(TEXT), named(MARK)], create)?;
        let tags = tags.ignore_warning();
        let id = |n: usize| tags.get(n).map_or(0, |tag| tag.id());
        Ok([
            PropTag::new(id(0), PropType::UNICODE),
            PropTag::new(id(1), PropType::I8),
        ])
    }
}

/// FNV-1a of the canonical form of a restriction: it tells by accident alike, not by malice.
fn mark_of(restriction: &Restriction) -> Result<i64> {
    let mut bytes = Vec::new();
    encode_restriction(restriction, &mut bytes)
        .map_err(|e| Error::caused(e.code(), "the restriction cannot be kept", e))?;
    let hash = bytes.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    });
    Ok(hash.cast_signed())
}
