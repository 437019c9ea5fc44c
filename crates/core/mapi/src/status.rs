//! The status table and its objects: what a session tells about its own parts.
//! Reference: "Status Table and Status Objects", "IMAPIStatus" (requirement SES-10)

use std::sync::Arc;

use mapi_props::{Bag, Code, Guid, PropName, PropTag, PropValue, Tag, object_type, tags};
use mapi_spi::{Error, Result};

use crate::context::{ErrorNote, LastError};
use crate::prop::{BagSource, all, list, values};
use crate::session::{OpenedStore, STORE_PROVIDER};
use crate::table::{Feed, MemoryRow, MemoryRows, Source};
use crate::{
    EntryId, MapiProp, NameFlags, Prop, PropProblem, PropStream, PropertyFlags, Returned,
    SaveFlags, Session, TableBuilder, Typed,
};

/// MAPI_SUBSYSTEM.
const SUBSYSTEM: i32 = 39;
/// STATUS_AVAILABLE.
const AVAILABLE: i32 = 0x1;
/// STATUS_FAILURE.
const FAILURE: i32 = 0x4;
/// STATUS_VALIDATE_STATE.
const VALIDATE_STATE: i32 = 0x1;
/// The row of the subsystem; those of stores follow, by their numbers in the stores table.
const SUBSYSTEM_ROW: u64 = 1;

/// abFlags of this session only, and a UID of our own; the number of the row follows.
const PREFIX: [u8; 20] = [
    0x38, 0, 0, 0, 0x6d, 0x61, 0x6c, 0x6c, 0x65, 0x2d, 0x73, 0x4f, 0x8d, 0x74, 0x61, 0x74, 0x75,
    0x73, 0x49, 0x44,
];

const COLUMNS: [PropTag; 11] = [
    tags::DISPLAY_NAME.raw(),
    tags::ENTRYID.raw(),
    tags::INSTANCE_KEY.raw(),
    tags::OBJECT_TYPE.raw(),
    tags::PROVIDER_DISPLAY.raw(),
    tags::PROVIDER_DLL_NAME.raw(),
    tags::RESOURCE_FLAGS.raw(),
    tags::RESOURCE_METHODS.raw(),
    tags::RESOURCE_TYPE.raw(),
    tags::ROWID.raw(),
    tags::STATUS_CODE.raw(),
];

/// A status object. Its properties can be read, never set; it has no named properties (NAM-03).
#[derive(Debug)]
pub struct Status {
    session: Session,
    row: u64,
    errors: ErrorNote,
}

impl Session {
    /// The status object of the subsystem itself: STATUS_AVAILABLE while every service of the profile runs, with
    /// STATUS_FAILURE when one could not be started.
    #[must_use]
    pub fn subsystem_status(&self) -> Status {
        Status::of(self, SUBSYSTEM_ROW)
    }

    /// The status table (GetStatusTable): a row for the subsystem and one for each store of the session. What a row's
    /// PR_ENTRYID names is opened with [`Session::open_entry`].
    pub fn status_table(&self) -> TableBuilder {
        let session = self.clone();
        let fetch = move || {
            session.check()?;
            let stores = session.state().roster.with_flags();
            let rows = stores
                .iter()
                .map(|(s, flags)| (row_of(s), of_store(s, *flags)));
            let all = std::iter::once((SUBSYSTEM_ROW, of_subsystem(&session))).chain(rows);
            Ok(all.map(|(number, props)| row(number, props)).collect())
        };
        let state = self.state();
        let bell = Feed::Bell(Arc::clone(state.roster.bell(&state.subsystem.dispatcher)));
        let rows = MemoryRows::new(&COLUMNS, fetch).told(bell, &self.member, |_| false);
        TableBuilder::new(Ok(Box::new(rows) as Box<dyn Source>))
    }
}

fn row_of(store: &OpenedStore) -> u64 {
    SUBSYSTEM_ROW + store.place.number
}

fn row(number: u64, mut props: Bag) -> MemoryRow {
    let entry_id = entry_id(number);
    props.set(tags::ENTRYID, entry_id.as_bytes());
    props.set(tags::ROWID, i32::try_from(number).unwrap_or(i32::MAX));
    MemoryRow {
        number,
        props,
        entry_id,
    }
}

fn entry_id(row: u64) -> EntryId {
    let mut bytes = PREFIX.to_vec();
    bytes.extend_from_slice(&row.to_be_bytes());
    EntryId::from(bytes)
}

fn of_subsystem(session: &Session) -> Bag {
    let failed = if session.failures().is_empty() {
        0
    } else {
        FAILURE
    };
    let mut props = Bag::new();
    props.set(tags::DISPLAY_NAME, "MAPI Subsystem");
    props.set(tags::PROVIDER_DISPLAY, "MAPI Subsystem");
    props.set(tags::PROVIDER_DLL_NAME, "malle");
    props.set(tags::OBJECT_TYPE, object_type::STATUS);
    props.set(tags::RESOURCE_TYPE, SUBSYSTEM);
    props.set(tags::RESOURCE_FLAGS, 0);
    props.set(tags::RESOURCE_METHODS, VALIDATE_STATE);
    props.set(tags::STATUS_CODE, AVAILABLE | failed);
    props
}

fn of_store(opened: &OpenedStore, flags: u32) -> Bag {
    let service = &opened.place.service.service;
    let mut props = Bag::new();
    props.set(
        tags::DISPLAY_NAME,
        opened.store.info().display_name.as_str(),
    );
    props.set(tags::PROVIDER_DISPLAY, service.display_name());
    props.set(tags::PROVIDER_DLL_NAME, service.name());
    props.set(tags::OBJECT_TYPE, object_type::STATUS);
    props.set(tags::RESOURCE_TYPE, STORE_PROVIDER);
    props.set(tags::RESOURCE_FLAGS, flags.cast_signed());
    props.set(tags::RESOURCE_METHODS, VALIDATE_STATE);
    props.set(tags::STATUS_CODE, AVAILABLE);
    if let Some(identity) = &opened.place.identity {
        crate::session::write_identity(identity, &mut props);
    }
    props
}

impl Status {
    fn of(session: &Session, row: u64) -> Self {
        Self {
            session: session.clone(),
            row,
            errors: ErrorNote::default(),
        }
    }

    /// The object of a row's entry id; `None` if it is no such id.
    pub(crate) fn by_id(session: &Session, id: &EntryId) -> Result<Option<Self>> {
        let Some(number) = id.as_bytes().strip_prefix(&PREFIX) else {
            return Ok(None);
        };
        session.check()?;
        let bad = |_| Error::new(Code::INVALID_ENTRYID, "the id of a status row is cut short");
        let status = Self::of(session, u64::from_be_bytes(number.try_into().map_err(bad)?));
        status.source().map(|_| Some(status))
    }

    /// ValidateState: asks the store of the row whether it answers; the subsystem asks every store of the session.
    ///
    /// # Errors
    /// The first error that a store gives; `MAPI_E_NOT_FOUND` for a store that is gone; `MAPI_E_END_OF_SESSION`.
    pub fn validate_state(&self) -> Result<()> {
        self.errors.track(self.validate())
    }

    fn validate(&self) -> Result<()> {
        self.session.check()?;
        let listed = self.session.state().roster.listed();
        let mine = |s: &Arc<OpenedStore>| self.row == SUBSYSTEM_ROW || row_of(s) == self.row;
        let stores: Vec<_> = listed.into_iter().filter(mine).collect();
        if stores.is_empty() && self.row != SUBSYSTEM_ROW {
            return Err(gone());
        }
        stores.iter().try_for_each(|opened| {
            let root = opened.store.info().root;
            opened.store.folder(root, self.session.call()).map(drop)
        })
    }

    fn source(&self) -> Result<BagSource> {
        self.session.check()?;
        if self.row == SUBSYSTEM_ROW {
            return Ok(BagSource(row(self.row, of_subsystem(&self.session)).props));
        }
        let stores = self.session.state().roster.with_flags();
        let mut stores = stores.iter();
        let found = stores.find(|(s, _)| row_of(s) == self.row);
        let (store, flags) = found.ok_or_else(gone)?;
        Ok(BagSource(row(self.row, of_store(store, *flags)).props))
    }

    fn no_names<T>(&self) -> Result<T> {
        let detail = "a status object has no named properties";
        self.errors.track(Err(Error::new(Code::NO_SUPPORT, detail)))
    }

    fn fixed<T>(&self) -> Result<T> {
        let detail = "the properties of a status object cannot be changed";
        self.errors.track(Err(Error::new(Code::NO_ACCESS, detail)))
    }
}

fn gone() -> Error {
    Error::new(Code::NOT_FOUND, "the store of the status row is gone")
}

impl MapiProp for Status {
    fn get_props(&self, tags: &[PropTag]) -> Result<Returned<Vec<Prop>>> {
        let source = self.source();
        self.errors
            .track(source.and_then(|source| values(&source, tags)))
    }

    fn get_all_props(&self) -> Result<Returned<Vec<Prop>>> {
        self.errors.track(self.source().map(|source| all(&source)))
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.errors.track(self.source().map(|source| list(&source)))
    }

    fn set_props(&self, _props: &[(PropTag, PropValue)]) -> Result<Vec<PropProblem>> {
        self.fixed()
    }

    fn delete_props(&self, _tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.fixed()
    }

    fn open_property(&self, tag: PropTag, _flags: PropertyFlags) -> Result<PropStream> {
        let detail = format!("{tag}: a status object has no streams");
        self.errors
            .track(Err(Error::new(Code::INTERFACE_NOT_SUPPORTED, detail)))
    }

    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        self.errors.track(self.session.check())
    }

    fn last_error(&self) -> Option<LastError> {
        self.errors.last()
    }

    fn ids_from_names(&self, _names: &[PropName], _create: bool) -> Result<Returned<Vec<PropTag>>> {
        self.no_names()
    }

    fn names_from_ids(&self, _tags: &[PropTag]) -> Result<Returned<Vec<Option<PropName>>>> {
        self.no_names()
    }

    fn all_names(&self, _set: Option<Guid>, _flags: NameFlags) -> Result<Vec<(PropTag, PropName)>> {
        self.no_names()
    }

    fn get<T: Typed + ?Sized>(&self, tag: Tag<T>) -> Result<T::Value> {
        let value = self.source().and_then(|source| source.get(tag));
        self.errors.track(value)
    }
}
