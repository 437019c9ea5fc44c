//! The status table and its objects: what a session tells about its own parts.
//! Reference: "Status Table and Status Objects", "IMAPIStatus" (requirement SES-10)

mod flushing;
mod methods;
mod rows;

use std::sync::Arc;

use mapi_props::{Code, Guid, PropName, PropTag, PropValue, Tag, tags};
use mapi_spi::{Error, Result};

use crate::context::{ErrorNote, LastError};
use crate::prop::{BagSource, all, list, values};
use crate::table::{Feed, MemoryRows, Source};
use crate::{
    EntryId, MapiProp, NameFlags, Prop, PropProblem, PropStream, PropertyFlags, Returned,
    SaveFlags, Session, TableBuilder, Typed,
};

pub(crate) use flushing::Flushing;
pub(crate) use rows::{provider as provider_row, providers as providers_with_rows};

const COLUMNS: [PropTag; 12] = [
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
    tags::STATUS_STRING.raw(),
];

/// A status object. Its properties can be read, never set; it has no named properties (NAM-03).
#[derive(Debug)]
pub struct Status {
    session: Session,
    row: u64,
    errors: ErrorNote,
}

impl Session {
    /// The status object of the subsystem itself: STATUS_AVAILABLE, with STATUS_FAILURE when a provider of the profile could
    /// not be started. Its PR_DISPLAY_NAME is the profile's.
    #[must_use]
    pub fn subsystem_status(&self) -> Status {
        Status::of(self, rows::SUBSYSTEM)
    }

    /// The status table (GetStatusTable): a row for the subsystem, one for the spooler and one for each provider of the
    /// session, with those that could not be started. What a row's PR_ENTRYID names is opened with
    /// [`Session::open_entry`]. Transports are started first if they are not yet. A logon without mail sees none.
    ///
    /// Rows are heterogeneous; PR_STATUS_CODE is of [`mapi_props::status_code`], PR_RESOURCE_METHODS of
    /// [`mapi_props::resource_methods`], and PR_STATUS_STRING says the rest to people.
    pub fn status_table(&self) -> TableBuilder {
        if self.check().is_ok() {
            self.member.transports(self.call());
        }
        let session = self.clone();
        let fetch = move || {
            session.check()?;
            Ok(rows::all(&session))
        };
        let state = self.state();
        let bell = state.providers.bell(&state.subsystem.dispatcher);
        let bell = Feed::Bell(Arc::clone(bell));
        let rows = MemoryRows::new(&COLUMNS, fetch).told(bell, &self.member, |_| false);
        TableBuilder::new(Ok(Box::new(rows) as Box<dyn Source>))
    }
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
        let Some(number) = id.as_bytes().strip_prefix(&rows::PREFIX) else {
            return Ok(None);
        };
        session.check()?;
        let bad = |_| Error::new(Code::INVALID_ENTRYID, "the id of a status row is cut short");
        let status = Self::of(session, u64::from_be_bytes(number.try_into().map_err(bad)?));
        status.source().map(|_| Some(status))
    }

    fn source(&self) -> Result<BagSource> {
        self.session.check()?;
        rows::one(&self.session, self.row)
            .map(BagSource)
            .ok_or_else(gone)
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
    Error::new(Code::NOT_FOUND, "the provider of the status row is gone")
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
