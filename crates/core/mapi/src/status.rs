//! Status objects: what a session tells about its own parts. Reference: "IMAPIStatus" (requirement SES-10)

use mapi_props::{Bag, Code, Guid, PropName, PropTag, PropValue, Slot, Tag, object_type, tags};
use mapi_spi::{Error, Result};

use crate::context::{ErrorNote, LastError};
use crate::prop::{PropSource, all, list, values};
use crate::{
    MapiProp, NameFlags, Prop, PropProblem, PropStream, PropertyFlags, Returned, SaveFlags,
    Session, Typed,
};

/// MAPI_SUBSYSTEM.
const SUBSYSTEM: i32 = 39;
/// STATUS_AVAILABLE.
const AVAILABLE: i32 = 0x1;
/// STATUS_FAILURE.
const FAILURE: i32 = 0x4;
/// STATUS_VALIDATE_STATE.
const VALIDATE_STATE: i32 = 0x1;

/// A status object. Its properties can be read, never set; it has no named properties (NAM-03).
#[derive(Debug)]
pub struct Status {
    session: Session,
    errors: ErrorNote,
}

impl Session {
    /// The status object of the subsystem itself: STATUS_AVAILABLE while every service of the profile runs, with
    /// STATUS_FAILURE when one could not be started.
    #[must_use]
    pub fn subsystem_status(&self) -> Status {
        Status {
            session: self.clone(),
            errors: ErrorNote::default(),
        }
    }
}

impl Status {
    /// ValidateState: asks every open store whether it answers.
    ///
    /// # Errors
    /// The first error that a store gives; `MAPI_E_END_OF_SESSION`.
    pub fn validate_state(&self) -> Result<()> {
        let stores = self.session.stores().and_then(|stores| {
            stores
                .iter()
                .try_for_each(|store| store.root_folder()?.counts().map(drop))
        });
        self.errors.track(stores)
    }

    fn source(&self) -> Result<StatusSource> {
        self.session.check()?;
        let failed = if self.session.failures().is_empty() {
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
        Ok(StatusSource(props))
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

struct StatusSource(Bag);

impl PropSource for StatusSource {
    fn slot(&self, id: u16) -> Option<Slot> {
        self.0.get(&id).cloned()
    }

    fn computed(&self, _tag: PropTag) -> Option<PropValue> {
        None
    }

    fn ids(&self) -> Vec<u16> {
        self.0.iter().map(|(id, _)| *id).collect()
    }

    fn computed_tags(&self) -> Vec<PropTag> {
        Vec::new()
    }

    fn objects(&self) -> &'static [PropTag] {
        &[]
    }
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
        let value = self.source().and_then(|source| {
            let found = source.0.value(tag).cloned().and_then(T::from_value);
            found.ok_or_else(|| Error::new(Code::NOT_FOUND, format!("{} is not there", tag.raw())))
        });
        self.errors.track(value)
    }
}
