//! Properties in memory, without store or session. Reference: "IPropData", "CreateIProp" (requirements SES-05, AD-05)

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mapi_props::{Bag, Code, Guid, PropName, PropTag, PropType, PropValue, Slot, Tag};
use mapi_spi::{Error, Result};

use super::{BagSource, MapiProp, Prop, PropProblem, Typed, all, list, values};
use crate::context::{ErrorNote, LastError};
use crate::{NameFlags, PropAccess, PropStream, PropertyFlags, Returned, SaveFlags};

/// An object of properties in memory. Not transacted; it has no named properties and no streams. Each property can be read-only,
/// and is dirty from when it is set until somebody calls it clean.
///
/// ```
/// use mapi::{MapiProp, PropAccess, Utilities, UtilityFlags, columns, tags};
///
/// let object = Utilities::initialize(UtilityFlags::NONE).create_props();
/// object.set(tags::SUBJECT, "kept")?;
/// assert_eq!(object.access(&columns![tags::SUBJECT]), [PropAccess::READ_WRITE | PropAccess::DIRTY]);
/// object.set_access(&columns![tags::SUBJECT], PropAccess::READ_ONLY)?;
/// assert_eq!(object.get(tags::SUBJECT)?, "kept");
/// # Ok::<(), mapi::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct PropData {
    state: Mutex<State>,
    errors: ErrorNote,
}

#[derive(Debug, Default)]
struct State {
    props: Bag,
    /// Of properties that are not as all are: to be written and clean.
    marks: BTreeMap<u16, Mark>,
    read_only: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct Mark {
    read_only: bool,
    dirty: bool,
}

impl PropData {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether the whole object can be changed (HrSetObjAccess).
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for anything but READ_ONLY or READ_WRITE.
    pub fn set_object_access(&self, access: PropAccess) -> Result<()> {
        self.errors.track(match access {
            PropAccess::READ_ONLY | PropAccess::READ_WRITE => {
                self.state().read_only = access == PropAccess::READ_ONLY;
                Ok(())
            }
            _ => Err(unclear(access)),
        })
    }

    /// Says of properties whether they can be changed, and whether they are dirty (HrSetPropAccess).
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for flags that exclude each other.
    pub fn set_access(&self, tags: &[PropTag], access: PropAccess) -> Result<()> {
        let has = |flag| access.contains(flag);
        let both = (has(PropAccess::READ_ONLY) && has(PropAccess::READ_WRITE))
            || (has(PropAccess::CLEAN) && has(PropAccess::DIRTY));
        if both {
            return self.errors.track(Err(unclear(access)));
        }
        let mut state = self.state();
        for tag in tags {
            let mark = state.marks.entry(tag.id()).or_default();
            mark.read_only =
                has(PropAccess::READ_ONLY) || (mark.read_only && !has(PropAccess::READ_WRITE));
            mark.dirty = has(PropAccess::DIRTY) || (mark.dirty && !has(PropAccess::CLEAN));
        }
        drop(state);
        self.errors.track(Ok(()))
    }

    /// What was said of properties, in order (HrGetPropAccess).
    #[must_use]
    pub fn access(&self, tags: &[PropTag]) -> Vec<PropAccess> {
        let state = self.state();
        let of = |tag: &PropTag| {
            let mark = state.marks.get(&tag.id()).copied().unwrap_or_default();
            let write = match mark.read_only || state.read_only {
                true => PropAccess::READ_ONLY,
                false => PropAccess::READ_WRITE,
            };
            let dirty = match mark.dirty {
                true => PropAccess::DIRTY,
                false => PropAccess::CLEAN,
            };
            write | dirty
        };
        tags.iter().map(of).collect()
    }

    fn source(&self) -> BagSource {
        BagSource(self.state().props.clone())
    }

    fn set_all(&self, props: &[(PropTag, PropValue)]) -> Result<Vec<PropProblem>> {
        let mut state = self.state();
        state.check(props.len())?;
        let mut problems = Vec::new();
        for (index, (tag, value)) in props.iter().enumerate() {
            if *tag == PropTag::NULL || tag.ty() == PropType::ERROR {
                continue;
            }
            match state.refusal(*tag, Some(value)) {
                Some(code) => problems.push(PropProblem {
                    index,
                    tag: *tag,
                    code,
                }),
                None => {
                    state.props.insert(tag.id(), Slot::Value(value.clone()));
                    state.marks.entry(tag.id()).or_default().dirty = true;
                }
            }
        }
        Ok(problems)
    }

    fn delete_all(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        let mut state = self.state();
        state.check(tags.len())?;
        let mut problems = Vec::new();
        for (index, tag) in tags.iter().enumerate() {
            match state.refusal(*tag, None) {
                Some(code) => problems.push(PropProblem {
                    index,
                    tag: *tag,
                    code,
                }),
                None => {
                    state.props.remove(&tag.id());
                    state.marks.remove(&tag.id());
                }
            }
        }
        Ok(problems)
    }

    fn no_names<T>(&self) -> Result<T> {
        let detail = "properties in memory have no names";
        self.errors.track(Err(Error::new(Code::NO_SUPPORT, detail)))
    }
}

impl State {
    fn check(&self, count: usize) -> Result<()> {
        if self.read_only {
            return Err(Error::new(Code::NO_ACCESS, "the object is read-only"));
        }
        if count == 0 {
            return Err(Error::new(Code::INVALID_PARAMETER, "no property was given"));
        }
        Ok(())
    }

    fn refusal(&self, tag: PropTag, value: Option<&PropValue>) -> Option<Code> {
        if self.marks.get(&tag.id()).is_some_and(|m| m.read_only) {
            return Some(Code::NO_ACCESS);
        }
        let value = value?;
        let plain = value.ty() == tag.ty() && !matches!(value, PropValue::Null | PropValue::Object);
        (!plain).then_some(Code::INVALID_TYPE)
    }
}

fn unclear(access: PropAccess) -> Error {
    let detail = format!("0x{:X} says two things, or none", access.bits());
    Error::new(Code::INVALID_PARAMETER, detail)
}

impl MapiProp for PropData {
    fn get_props(&self, tags: &[PropTag]) -> Result<Returned<Vec<Prop>>> {
        self.errors.track(values(&self.source(), tags))
    }

    fn get_all_props(&self) -> Result<Returned<Vec<Prop>>> {
        self.errors.track(Ok(all(&self.source())))
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        self.errors.track(Ok(list(&self.source())))
    }

    fn set_props(&self, props: &[(PropTag, PropValue)]) -> Result<Vec<PropProblem>> {
        self.errors.track(self.set_all(props))
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.errors.track(self.delete_all(tags))
    }

    fn open_property(&self, tag: PropTag, _flags: PropertyFlags) -> Result<PropStream> {
        let detail = format!("{tag}: properties in memory have no streams");
        self.errors
            .track(Err(Error::new(Code::INTERFACE_NOT_SUPPORTED, detail)))
    }

    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        self.errors.track(Ok(()))
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
        self.errors.track(self.source().get(tag))
    }
}
