//! Property access: IMAPIProp as a trait that stores, folders, messages and attachments share.

mod bag;
mod copying;
mod data;
mod object;
mod read;
mod typed;
mod write;

use mapi_props::{Code, NameKind, PropName, PropTag, PropType, PropValue, Tag};
use mapi_spi::{Error, NameCreation, Result};

use crate::context::LastError;
use crate::stream::PropStream;
use crate::{NameFlags, PropertyFlags, Returned, SaveFlags};

pub(crate) use bag::BagSource;
pub use copying::Interface;
pub(crate) use copying::{Which, convert_props};
pub use data::PropData;
pub(crate) use object::{Object, PropSource, StreamHome};
pub(crate) use read::{all, list, values};
pub use typed::Typed;
pub(crate) use write::Change;

/// One property: its tag and value. A value that could not be had is `PropValue::Error` under a tag of type PT_ERROR
/// with the identifier asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prop {
    /// The tag, with the type that the value has.
    pub tag: PropTag,
    /// The value.
    pub value: PropValue,
}

/// Why one property of a call was not set or deleted (SPropProblem).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropProblem {
    /// Which of the properties given.
    pub index: usize,
    /// Its tag as given.
    pub tag: PropTag,
    /// Why.
    pub code: Code,
}

/// What every MAPI object with properties can do.
///
/// Stores and folders are not transacted: changes are permanent at once and SaveChanges does nothing. Messages and
/// attachments keep changes to themselves until they are saved (X-1).
pub trait MapiProp {
    /// Values of `tags`, in order. PT_UNSPECIFIED takes the property's own type (text as PT_UNICODE); a typed tag gives
    /// exactly that type or an error. What is missing is PT_ERROR with `MAPI_E_NOT_FOUND` and the warning
    /// `MAPI_W_ERRORS_RETURNED`; so is a value over the store's limit (`MAPI_E_NOT_ENOUGH_MEMORY`: open it as a stream)
    /// and a table (`MAPI_E_NO_SUPPORT`).
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` without tags.
    fn get_props(&self, tags: &[PropTag]) -> Result<Returned<Vec<Prop>>>;

    /// All properties that can be read by value; secure ones and tables are left out.
    ///
    /// # Errors
    /// Those of the store.
    fn get_all_props(&self) -> Result<Returned<Vec<Prop>>>;

    /// Tags of all properties, tables (PT_OBJECT) too, secure ones not.
    ///
    /// # Errors
    /// Those of the store.
    fn prop_list(&self) -> Result<Vec<PropTag>>;

    /// Sets properties; returns those that were not set and why. Entries of PR_NULL or type PT_ERROR are overlooked.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` on a read-only handle; `MAPI_E_INVALID_PARAMETER` without entries, with a PT_OBJECT or an
    /// empty multi-value, or a message class that breaks the rules. Nothing is set then.
    fn set_props(&self, props: &[(PropTag, PropValue)]) -> Result<Vec<PropProblem>>;

    /// Deletes properties by identifier; missing ones are no problem.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` on a read-only handle; `MAPI_E_INVALID_PARAMETER` without tags.
    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>>;

    /// A text or binary property as a stream.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if it is missing and not created; `MAPI_E_INVALID_PARAMETER` for PT_UNSPECIFIED and for CREATE
    /// without MODIFY; `MAPI_E_NO_ACCESS` for MODIFY on a read-only handle; `MAPI_E_INTERFACE_NOT_SUPPORTED` for a type
    /// that has no stream; `MAPI_E_COMPUTED` for writing what is computed; `MAPI_E_BUSY` while the property is open as a
    /// stream of another type.
    fn open_property(&self, tag: PropTag, flags: PropertyFlags) -> Result<PropStream>;

    /// Makes changes permanent and visible. Does nothing for stores and folders.
    ///
    /// # Errors
    /// `MAPI_E_OBJECT_CHANGED`, `MAPI_E_OBJECT_DELETED`, `MAPI_E_NO_ACCESS`; see [`crate::Message::save_changes`].
    fn save_changes(&self, flags: SaveFlags) -> Result<()>;

    /// What the last failing call on this object said; `None` after a success.
    fn last_error(&self) -> Option<LastError>;

    /// Tags of names, in order, type PT_UNSPECIFIED. Unknown names that are not created give 0x0000000A and the warning
    /// `MAPI_W_ERRORS_RETURNED`.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` (creating in a read-only store), `MAPI_E_NOT_ENOUGH_RESOURCES`.
    fn ids_from_names(&self, names: &[PropName], create: bool) -> Result<Returned<Vec<PropTag>>>;

    /// Names of tags, in order; `None` where there is none, with the warning `MAPI_W_ERRORS_RETURNED`. Identifiers below
    /// 0x8000 are named in PS_MAPI.
    ///
    /// # Errors
    /// Those of the store.
    fn names_from_ids(&self, tags: &[PropTag]) -> Result<Returned<Vec<Option<PropName>>>>;

    /// All names of the store, or of one property set, by identifier.
    ///
    /// # Errors
    /// Those of the store.
    fn all_names(
        &self,
        set: Option<mapi_props::Guid>,
        flags: NameFlags,
    ) -> Result<Vec<(PropTag, PropName)>>;

    /// The value of one property, whatever its size (HrGetOneProp): succeeds or fails, never warns.
    ///
    /// ```
    /// # fn show(message: &mapi::Message) -> mapi::Result<()> {
    /// use mapi::{MapiProp, tags};
    /// let subject: String = message.get(tags::SUBJECT)?;
    /// # drop(subject); Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if it is missing or of another type.
    fn get<T: Typed + ?Sized>(&self, tag: Tag<T>) -> Result<T::Value>
    where
        Self: Sized;

    /// The same, with `None` for a missing property.
    ///
    /// # Errors
    /// Those of [`Self::get`] but `MAPI_E_NOT_FOUND`.
    fn find<T: Typed + ?Sized>(&self, tag: Tag<T>) -> Result<Option<T::Value>>
    where
        Self: Sized,
    {
        match self.get(tag) {
            Ok(value) => Ok(Some(value)),
            Err(e) if e.code() == Code::NOT_FOUND => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Sets one property (HrSetOneProp).
    ///
    /// # Errors
    /// Those of [`Self::set_props`], and the problem's code.
    fn set<T: Typed + ?Sized>(&self, tag: Tag<T>, value: impl Into<T::Value>) -> Result<()>
    where
        Self: Sized,
    {
        let value = T::into_value(value.into());
        match self.set_props(&[(tag.raw(), value)])?.first() {
            None => Ok(()),
            Some(p) => Err(Error::new(p.code, format!("{} was not set", p.tag))),
        }
    }

    /// The tag of one name, created if it is new, with the type its values shall have.
    ///
    /// # Errors
    /// Those of [`Self::ids_from_names`].
    fn named_tag(&self, name: &PropName, ty: PropType) -> Result<PropTag> {
        let tags = self.ids_from_names(std::slice::from_ref(name), true)?.value;
        let tag = tags
            .first()
            .ok_or_else(|| Error::new(Code::CALL_FAILED, "no tag came back"))?;
        Ok(tag.with_type(ty))
    }
}

impl<T: Object> MapiProp for T {
    fn get_props(&self, tags: &[PropTag]) -> Result<Returned<Vec<Prop>>> {
        self.errors().track(read::get_props(self, tags))
    }

    fn get_all_props(&self) -> Result<Returned<Vec<Prop>>> {
        self.errors()
            .track(self.with_source(&mut |source| Ok(all(source))))
    }

    fn prop_list(&self) -> Result<Vec<PropTag>> {
        let listed = self.with_source(&mut |source| Ok(list(source)));
        self.errors().track(listed)
    }

    fn set_props(&self, props: &[(PropTag, PropValue)]) -> Result<Vec<PropProblem>> {
        self.errors().track(write::set_props(self, props))
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.errors().track(write::delete_props(self, tags))
    }

    fn open_property(&self, tag: PropTag, flags: PropertyFlags) -> Result<PropStream> {
        self.errors().track(PropStream::open(self, tag, flags))
    }

    fn save_changes(&self, flags: SaveFlags) -> Result<()> {
        self.errors().track(self.save(flags))
    }

    fn last_error(&self) -> Option<LastError> {
        self.errors().last()
    }

    fn ids_from_names(&self, names: &[PropName], create: bool) -> Result<Returned<Vec<PropTag>>> {
        let create = if create {
            NameCreation::Explicit
        } else {
            NameCreation::No
        };
        let ids = self.errors().track(self.context().ids(names, create))?;
        let tag = |id: &Option<u16>| match id {
            Some(id) => PropTag::new(*id, PropType::UNSPECIFIED),
            None => PropTag::new(0, PropType::ERROR),
        };
        let missing = ids.iter().any(Option::is_none);
        let tags = ids.iter().map(tag).collect();
        Ok(Returned::warn_if(tags, missing, Code::W_ERRORS_RETURNED))
    }

    fn names_from_ids(&self, tags: &[PropTag]) -> Result<Returned<Vec<Option<PropName>>>> {
        let ids: Vec<u16> = tags.iter().map(|t| t.id()).collect();
        let names = self.errors().track(self.context().names(&ids))?;
        let missing = names.iter().any(Option::is_none);
        Ok(Returned::warn_if(names, missing, Code::W_ERRORS_RETURNED))
    }

    fn all_names(
        &self,
        set: Option<mapi_props::Guid>,
        flags: NameFlags,
    ) -> Result<Vec<(PropTag, PropName)>> {
        let context = self.context();
        let names = self
            .errors()
            .track(context.spi().and_then(|s| s.all_names(&context.call)))?;
        let wanted = |name: &PropName| {
            let by_kind = match name.kind {
                NameKind::Id(_) => NameFlags::NO_IDS,
                NameKind::Text(_) => NameFlags::NO_STRINGS,
            };
            set.is_none_or(|s| s == name.guid) && !flags.contains(by_kind)
        };
        let rows = names.into_iter().filter(|(_, name)| wanted(name));
        Ok(rows
            .map(|(id, name)| (PropTag::new(id, PropType::UNSPECIFIED), name))
            .collect())
    }

    fn get<V: Typed + ?Sized>(&self, tag: Tag<V>) -> Result<V::Value> {
        self.errors().track(read::get_one(self, tag))
    }
}
