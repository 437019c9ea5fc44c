//! Profile sections: properties that programs and providers keep in a profile.
//! Reference: "IMAPISession::OpenProfileSection", "IProfSect" (requirement M-IMAPISession.OpenProfileSection)

mod content;
mod in_use;

use mapi_props::{Code, Guid, PropName, PropTag, PropType, PropValue, Tag, object_type, tags};
use mapi_spi::{Error, Result};

pub(crate) use in_use::OpenSections;

use self::content::Owner;
use self::in_use::SectionUse;
use crate::admin::Place;
use crate::context::{ErrorNote, LastError};
use crate::host::SectionAccess;
use crate::prop::{BagSource, all, list, values};
use crate::{
    MapiProp, NameFlags, Prop, PropProblem, PropStream, PropertyFlags, Returned, SaveFlags,
    SectionFlags, Typed,
};

/// An open profile section. Not transacted: a change is in the profile at once. It has no named properties. Those of
/// services and providers show what the profile says of them too, with their settings by the tags of these; secure properties
/// (0x67F0 to 0x67FF) are in no list, and are read by their tags.
#[derive(Debug)]
pub struct ProfileSection {
    place: Place,
    uid: Guid,
    modify: bool,
    errors: ErrorNote,
    _held: SectionUse,
}

impl ProfileSection {
    pub(crate) fn open(place: Place, uid: Guid, flags: SectionFlags) -> Result<Self> {
        let modify = flags.contains(SectionFlags::MODIFY);
        let profile = place.read()?;
        let owner = content::owner(&profile, uid);
        let missing = || Error::new(Code::NOT_FOUND, "there is no such profile section");
        match (owner, modify) {
            (None, false) => return Err(missing()),
            (Some(Owner::Instance), true) => return Err(read_only()),
            (Some(Owner::Provider), _) if !flags.contains(SectionFlags::FORCE_ACCESS) => {
                let detail = "the section belongs to a provider";
                return Err(Error::new(Code::NO_ACCESS, detail));
            }
            _ => {}
        }
        let access = match modify {
            true => SectionAccess::Write,
            false => SectionAccess::Read,
        };
        let held = SectionUse::begin(&place.subsystem, &place.profile, uid, access)?;
        let section = Self {
            place,
            uid,
            modify,
            errors: ErrorNote::default(),
            _held: held,
        };
        if owner.is_none() {
            section.place.change(|profile| {
                profile.sections.entry(uid).or_default();
                Ok(())
            })?;
        }
        Ok(section)
    }

    /// MUID of the section.
    #[must_use]
    pub const fn uid(&self) -> Guid {
        self.uid
    }

    fn source(&self) -> Result<BagSource> {
        let profile = self.place.read()?;
        let gone = || Error::new(Code::OBJECT_DELETED, "the profile section is gone");
        let mut props = content::read(&self.place, &profile, self.uid).ok_or_else(gone)?;
        props.set(tags::OBJECT_TYPE, object_type::PROFSECT);
        props.set(tags::ACCESS_LEVEL, i32::from(self.modify));
        props.set(tags::PROFILE_NAME, profile.name.as_str());
        Ok(BagSource(props))
    }

    /// Sets and deletes properties at once, and says which could not be.
    fn write(&self, wanted: &[(usize, PropTag, Option<&PropValue>)]) -> Result<Vec<PropProblem>> {
        if wanted.is_empty() {
            self.place.check()?;
            return Ok(Vec::new());
        }
        self.place.change(|profile| {
            let mut problems = Vec::new();
            for (index, tag, value) in wanted {
                match content::write(&self.place, profile, self.uid, tag.id(), *value) {
                    Ok(()) => {}
                    Err(Code::OBJECT_DELETED) => {
                        let detail = "the profile section is gone";
                        return Err(Error::new(Code::OBJECT_DELETED, detail));
                    }
                    Err(code) => problems.push(PropProblem {
                        index: *index,
                        tag: *tag,
                        code,
                    }),
                }
            }
            Ok(problems)
        })
    }

    fn writable(&self) -> Result<()> {
        if self.modify {
            return Ok(());
        }
        Err(read_only())
    }

    fn set_all(&self, props: &[(PropTag, PropValue)]) -> Result<Vec<PropProblem>> {
        self.writable()?;
        if props.is_empty() {
            return Err(Error::new(Code::INVALID_PARAMETER, "no property was given"));
        }
        let problem = |index, tag, code| PropProblem { index, tag, code };
        let mut problems = Vec::new();
        let mut set = Vec::new();
        for (index, (tag, value)) in props.iter().enumerate() {
            match refusal(*tag, value) {
                Some(code) => problems.push(problem(index, *tag, code)),
                None if ignored(*tag) => {}
                None => set.push((index, *tag, Some(value))),
            }
        }
        problems.extend(self.write(&set)?);
        problems.sort_by_key(|p| p.index);
        Ok(problems)
    }

    fn delete_all(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.writable()?;
        if tags.is_empty() {
            return Err(Error::new(
                Code::INVALID_PARAMETER,
                "no property tag was given",
            ));
        }
        let problem = |(index, tag): (usize, &PropTag)| PropProblem {
            index,
            tag: *tag,
            code: Code::COMPUTED,
        };
        let made = |(_, tag): &(usize, &PropTag)| is_made(tag.id());
        let (refused, wanted): (Vec<_>, Vec<_>) = tags.iter().enumerate().partition(made);
        let mut problems: Vec<_> = refused.into_iter().map(problem).collect();
        let wanted: Vec<_> = wanted
            .into_iter()
            .map(|(at, tag)| (at, *tag, None))
            .collect();
        problems.extend(self.write(&wanted)?);
        problems.sort_by_key(|p| p.index);
        Ok(problems)
    }

    fn no_names<T>(&self) -> Result<T> {
        let detail = "a profile section has no named properties";
        self.errors.track(Err(Error::new(Code::NO_SUPPORT, detail)))
    }
}

fn read_only() -> Error {
    let detail = "the profile section is open read-only, or never changes";
    Error::new(Code::NO_ACCESS, detail)
}

/// Entries that SetProps overlooks.
fn ignored(tag: PropTag) -> bool {
    tag == PropTag::NULL || tag.ty() == PropType::ERROR
}

fn refusal(tag: PropTag, value: &PropValue) -> Option<Code> {
    if ignored(tag) {
        return None;
    }
    if is_made(tag.id()) {
        return Some(Code::COMPUTED);
    }
    if tag.id() >= 0x8000 {
        return Some(Code::UNEXPECTED_ID);
    }
    let plain = value.ty() == tag.ty() && !matches!(value, PropValue::Null | PropValue::Object);
    (!plain).then_some(Code::INVALID_TYPE)
}

fn is_made(id: u16) -> bool {
    [
        tags::OBJECT_TYPE.id(),
        tags::ACCESS_LEVEL.id(),
        tags::PROFILE_NAME.id(),
    ]
    .contains(&id)
}

impl MapiProp for ProfileSection {
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

    fn set_props(&self, props: &[(PropTag, PropValue)]) -> Result<Vec<PropProblem>> {
        self.errors.track(self.set_all(props))
    }

    fn delete_props(&self, tags: &[PropTag]) -> Result<Vec<PropProblem>> {
        self.errors.track(self.delete_all(tags))
    }

    fn open_property(&self, tag: PropTag, _flags: PropertyFlags) -> Result<PropStream> {
        let detail = format!("{tag}: a profile section has no streams");
        self.errors
            .track(Err(Error::new(Code::INTERFACE_NOT_SUPPORTED, detail)))
    }

    fn save_changes(&self, _flags: SaveFlags) -> Result<()> {
        self.errors.track(self.place.check())
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
