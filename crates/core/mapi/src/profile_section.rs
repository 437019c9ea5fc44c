//! Profile sections: properties that programs and providers keep in a profile.
//! Reference: "IMAPISession::OpenProfileSection", "IProfSect" (requirement M-IMAPISession.OpenProfileSection)

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use mapi_props::{
    Bag, Code, Guid, PropName, PropTag, PropType, PropValue, Slot, Tag, object_type, tags,
};
use mapi_spi::{Error, Result};

use crate::context::{ErrorNote, LastError};
use crate::prop::{BagSource, all, list, values};
use crate::session::Member;
use crate::{
    MapiProp, NameFlags, Prop, PropProblem, PropStream, PropertyFlags, Returned, SaveFlags,
    SectionFlags, Typed,
};

/// An open profile section. Not transacted: a change is in the profile at once. It has no named properties.
#[derive(Debug)]
pub struct ProfileSection {
    member: Arc<Member>,
    uid: Guid,
    modify: bool,
    errors: ErrorNote,
}

/// Which sections are open in this program, by profile and UID.
#[derive(Debug, Default)]
pub(crate) struct OpenSections(Mutex<BTreeMap<(String, Guid), Use>>);

#[derive(Debug)]
enum Use {
    Written,
    Read(usize),
}

impl OpenSections {
    fn enter(&self, key: (String, Guid), modify: bool) -> Result<()> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (open.get_mut(&key), modify) {
            (None, true) => drop(open.insert(key, Use::Written)),
            (None, false) => drop(open.insert(key, Use::Read(1))),
            (Some(Use::Read(readers)), false) => *readers += 1,
            (Some(_), _) => {
                let detail = "the profile section is open, for writing here or there";
                return Err(Error::new(Code::NO_ACCESS, detail));
            }
        }
        Ok(())
    }

    fn leave(&self, key: &(String, Guid)) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(key) {
            Some(Use::Read(readers)) if *readers > 1 => *readers -= 1,
            _ => drop(open.remove(key)),
        }
    }
}

impl ProfileSection {
    pub(crate) fn open(member: &Arc<Member>, uid: Guid, flags: SectionFlags) -> Result<Self> {
        member.check()?;
        let modify = flags.contains(SectionFlags::MODIFY);
        let subsystem = &member.session.subsystem;
        let profile = member.session.profile();
        subsystem
            .sections
            .enter((profile.to_owned(), uid), modify)?;
        // Dropping it says that the section is free again, also when what follows fails.
        let section = Self {
            member: Arc::clone(member),
            uid,
            modify,
            errors: ErrorNote::default(),
        };
        let known = subsystem.host.profile(profile)?.sections.contains_key(&uid);
        match (known, modify) {
            (true, _) => Ok(section),
            (false, true) => section.change(&mut |_| {}).map(|()| section),
            (false, false) => Err(Error::new(
                Code::NOT_FOUND,
                "there is no such profile section",
            )),
        }
    }

    /// MUID of the section.
    #[must_use]
    pub const fn uid(&self) -> Guid {
        self.uid
    }

    fn change(&self, change: &mut dyn FnMut(&mut Bag)) -> Result<()> {
        self.member.check()?;
        let session = &self.member.session;
        let host = &session.subsystem.host;
        host.change_profile(session.profile(), &mut |profile| {
            change(profile.sections.entry(self.uid).or_default());
            Ok(())
        })
    }

    fn source(&self) -> Result<BagSource> {
        self.member.check()?;
        let session = &self.member.session;
        let mut profile = session.subsystem.host.profile(session.profile())?;
        let gone = || Error::new(Code::OBJECT_DELETED, "the profile section is gone");
        let mut props = profile.sections.remove(&self.uid).ok_or_else(gone)?;
        props.set(tags::OBJECT_TYPE, object_type::PROFSECT);
        props.set(tags::ACCESS_LEVEL, i32::from(self.modify));
        props.set(tags::PROFILE_NAME, session.profile());
        Ok(BagSource(props))
    }

    fn writable(&self) -> Result<()> {
        if self.modify {
            return Ok(());
        }
        let detail = "the profile section is open read-only";
        Err(Error::new(Code::NO_ACCESS, detail))
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
                None => set.push((tag.id(), value.clone())),
            }
        }
        if !set.is_empty() {
            self.change(&mut |bag| {
                for (id, value) in &set {
                    bag.insert(*id, Slot::Value(value.clone()));
                }
            })?;
        }
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
        let made = |tag: &PropTag| is_made(tag.id());
        let listed = tags.iter().enumerate().filter(|(_, tag)| made(tag));
        let problem = |(index, tag): (usize, &PropTag)| PropProblem {
            index,
            tag: *tag,
            code: Code::COMPUTED,
        };
        let problems = listed.map(problem).collect();
        self.change(&mut |bag| {
            for tag in tags.iter().filter(|tag| !made(tag)) {
                bag.remove(&tag.id());
            }
        })?;
        Ok(problems)
    }

    fn no_names<T>(&self) -> Result<T> {
        let detail = "a profile section has no named properties";
        self.errors.track(Err(Error::new(Code::NO_SUPPORT, detail)))
    }
}

impl Drop for ProfileSection {
    fn drop(&mut self) {
        let session = &self.member.session;
        let key = (session.profile().to_owned(), self.uid);
        session.subsystem.sections.leave(&key);
    }
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
        self.errors.track(self.member.check())
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
