//! Where forms are kept: the host's local library, and definitions among a folder's associated messages.
//! Reference: "Form Storage", "Folder Form Libraries" (requirement FM-05)

use std::collections::BTreeMap;
use std::sync::Arc;

use mapi_forms::{Configuration, Form, Icon, class, configuration};
use mapi_props::{Bag, Code, PropTag, RelOp, Restriction, Slot, attach_method, tags};
use mapi_spi::{Error, Result};

use super::container::Installed;
use crate::subsystem::Subsystem;
use crate::{EntryId, Folder, MapiProp, Message, OpenFlags, SaveFlags, columns};

/// PR_MESSAGE_CLASS of a form definition. Its subject is the class of the form; the configuration file is its
/// attachment, the properties of the form information object are its own.
const DEFINITION: &str = "IPM.Microsoft.FolderDesign.FormsDescription";
/// Name of the attachment that is the configuration file.
const FILE: &str = "form.cfg";
/// Forms that are read of one library.
const MOST_FORMS: usize = 1000;

/// A library that can be read and changed.
#[derive(Debug, Clone)]
pub(super) enum Library {
    Local(Arc<Subsystem>),
    Folder(Folder),
}

/// The forms of a library by class.
#[derive(Debug, Default)]
pub(super) struct LoadedLibrary(BTreeMap<String, Arc<Form>>);

impl LoadedLibrary {
    /// The form of this very class.
    pub(super) fn get(&self, class: &str) -> Option<&Arc<Form>> {
        self.0.get(&class::folded(class))
    }

    /// All of them, by class.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Form>> {
        self.0.values()
    }

    /// The first of a class stays.
    fn of(forms: impl IntoIterator<Item = Form>) -> Self {
        let mut all = BTreeMap::new();
        for form in forms.into_iter().take(MOST_FORMS) {
            let key = class::folded(&form.description().message_class);
            all.entry(key).or_insert_with(|| Arc::new(form));
        }
        Self(all)
    }
}

impl Library {
    /// The library of a folder.
    pub(super) fn of(folder: Folder) -> Result<Self> {
        if folder.context.info().capabilities.associated {
            return Ok(Self::Folder(folder));
        }
        let detail = "the store has no associated contents to keep forms in";
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    pub(super) fn load(&self) -> Result<LoadedLibrary> {
        match self {
            Self::Local(subsystem) => Ok(LoadedLibrary::of(subsystem.host.local_forms()?)),
            Self::Folder(folder) => {
                let found = definitions(folder)?.into_iter();
                Ok(LoadedLibrary::of(found.map(|(_, form)| form)))
            }
        }
    }

    /// Puts a form in, whole or not at all.
    pub(super) fn install(&self, form: &Form, overwrite: bool) -> Result<Installed> {
        match self {
            Self::Local(subsystem) => {
                let mut done = Installed::Added;
                subsystem.host.change_local_forms(&mut |forms| {
                    let class = &form.description().message_class;
                    match forms.iter_mut().find(|old| old.is_of(class)) {
                        None => forms.push(form.clone()),
                        Some(old) => {
                            let (new, what) = replacing(old, form, overwrite);
                            done = what;
                            *old = new.unwrap_or_else(|| old.clone());
                        }
                    }
                    Ok(())
                })?;
                Ok(done)
            }
            Self::Folder(folder) => install_in(folder, form, overwrite),
        }
    }

    /// Takes the form of a class out.
    pub(super) fn remove(&self, class: &str) -> Result<()> {
        let none = || {
            Error::new(
                Code::NOT_FOUND,
                format!("the library has no form of {class}"),
            )
        };
        match self {
            Self::Local(subsystem) => subsystem.host.change_local_forms(&mut |forms| {
                let before = forms.len();
                forms.retain(|form| !form.is_of(class));
                if forms.len() == before {
                    Err(none())
                } else {
                    Ok(())
                }
            }),
            Self::Folder(folder) => {
                let ids = of_class(folder, class)?;
                if ids.is_empty() {
                    return Err(none());
                }
                delete(folder, &ids)
            }
        }
    }
}

/// What becomes of a form when another one of its class is installed: the one to keep, or `None` if it stays.
fn replacing(old: &Form, new: &Form, overwrite: bool) -> (Option<Form>, Installed) {
    if overwrite {
        return (Some(new.clone()), Installed::Replaced);
    }
    match old.with_platforms_of(new) {
        Some(merged) => (Some(merged), Installed::Merged),
        None => (None, Installed::Unchanged),
    }
}

fn install_in(folder: &Folder, form: &Form, overwrite: bool) -> Result<Installed> {
    folder.writable()?;
    let class = &form.description().message_class;
    let mut of_class = definitions(folder)?;
    of_class.retain(|(_, old)| old.is_of(class));
    let mut of_class = of_class.into_iter();
    let Some((id, old)) = of_class.next() else {
        let message = folder.create_associated_message()?;
        write(&message, form)?;
        return Ok(Installed::Added);
    };
    let (keep, what) = replacing(&old, form, overwrite);
    if let Some(form) = keep {
        write(&folder.open_message_with(&id, OpenFlags::MODIFY)?, &form)?;
    }
    // Two programs that installed the class at the same time.
    let rest: Vec<EntryId> = of_class.map(|(id, _)| id).collect();
    if !rest.is_empty() {
        delete(folder, &rest)?;
    }
    Ok(what)
}

fn delete(folder: &Folder, ids: &[EntryId]) -> Result<()> {
    folder.writable()?;
    let deleted = folder.delete_messages(ids, crate::DeleteFlags::HARD_DELETE)?;
    match deleted.value.failed.into_iter().next() {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

/// The definitions of a folder's library that can be read, the one saved last first.
fn definitions(folder: &Folder) -> Result<Vec<(EntryId, Form)>> {
    let mut found = Vec::new();
    for id in ids(folder, None)? {
        match folder.open_message(&id).and_then(|message| read(&message)) {
            Ok(form) => found.extend(form.map(|form| (id, form))),
            // Deleted meanwhile.
            Err(e) if matches!(e.code(), Code::NOT_FOUND | Code::OBJECT_DELETED) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(found)
}

/// Definitions of a class, also those that cannot be read.
fn of_class(folder: &Folder, class: &str) -> Result<Vec<EntryId>> {
    let mut all = ids(folder, Some(class))?;
    for (id, form) in definitions(folder)? {
        if form.is_of(class) && !all.contains(&id) {
            all.push(id);
        }
    }
    Ok(all)
}

fn ids(folder: &Folder, class: Option<&str>) -> Result<Vec<EntryId>> {
    let is_definition = Restriction::property(tags::MESSAGE_CLASS, RelOp::Eq, DEFINITION);
    let table = folder
        .associated()
        .columns(columns![
            tags::ENTRYID,
            tags::LAST_MODIFICATION_TIME,
            tags::SUBJECT
        ])
        .restrict(is_definition)
        .open()?;
    let mut rows = table.query_all_rows(0)?;
    if let Some(class) = class {
        let is_of =
            |subject: Option<String>| subject.is_some_and(|s| s.eq_ignore_ascii_case(class));
        rows.retain(|row| is_of(row.get(tags::SUBJECT)));
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.get(tags::LAST_MODIFICATION_TIME)));
    let ids = rows.iter().map(|row| row.entry_id().clone());
    Ok(ids.take(MOST_FORMS).collect())
}

/// The form of a definition; `None` if it is damaged, or of a kind that others wrote.
fn read(message: &Message) -> Result<Option<Form>> {
    let Some(file) = file_of(message)? else {
        return Ok(None);
    };
    let Ok((configuration, _)) = Configuration::read(&file) else {
        return Ok(None);
    };
    let large = message.find(tags::ICON)?.and_then(|i| Icon::new(i).ok());
    let mini = message
        .find(tags::MINI_ICON)?
        .and_then(|i| Icon::new(i).ok());
    Ok(Form::new(configuration, large, mini).ok())
}

/// The bytes of the configuration file.
fn file_of(message: &Message) -> Result<Option<Vec<u8>>> {
    let most = configuration::LARGEST.saturating_add(64 << 10);
    for number in file_numbers(message)? {
        let file = message.open_attachment(number, OpenFlags::NONE)?;
        let size = usize::try_from(file.get(tags::ATTACH_SIZE)?).unwrap_or(usize::MAX);
        if size <= most {
            return file.find(tags::ATTACH_DATA_BIN);
        }
    }
    Ok(None)
}

fn file_numbers(message: &Message) -> Result<Vec<i32>> {
    let list = columns![tags::ATTACH_NUM, tags::ATTACH_LONG_FILENAME];
    let rows = message
        .attachments()
        .columns(list)
        .open()?
        .query_all_rows(0)?;
    let is_file = |name: Option<String>| name.is_some_and(|n| n.eq_ignore_ascii_case(FILE));
    let files = rows
        .iter()
        .filter(|row| is_file(row.get(tags::ATTACH_LONG_FILENAME)));
    Ok(files.filter_map(|row| row.get(tags::ATTACH_NUM)).collect())
}

/// Makes a message the definition of a form.
fn write(message: &Message, form: &Form) -> Result<()> {
    let mut props = form.props();
    props.set(tags::SUBJECT, form.description().message_class.as_str());
    props.set(tags::MESSAGE_CLASS, DEFINITION);
    let stale: Vec<PropTag> = message
        .prop_list()?
        .into_iter()
        .filter(|tag| is_of_form(*tag) && !props.contains(&tag.id()))
        .collect();
    if !stale.is_empty() {
        message.delete_props(&stale)?;
    }
    if let Some(problem) = message.set_props(&as_list(&props))?.first() {
        let detail = format!("the definition of the form: {} was not set", problem.tag);
        return Err(Error::new(problem.code, detail));
    }
    for number in file_numbers(message)? {
        message.delete_attachment(number)?;
    }
    let file = message.create_attachment()?;
    file.set(tags::ATTACH_METHOD, attach_method::BY_VALUE)?;
    file.set(tags::ATTACH_LONG_FILENAME, FILE)?;
    let text = form.configuration().to_string();
    file.set(tags::ATTACH_DATA_BIN, text.into_bytes())?;
    file.save_changes(SaveFlags::NONE)?;
    message.save_changes(SaveFlags::NONE)
}

fn as_list(props: &Bag) -> Vec<(PropTag, mapi_props::PropValue)> {
    let value = |(id, slot): (&u16, &Slot)| match slot {
        Slot::Value(value) => Some((PropTag::new(*id, value.ty()), value.clone())),
        Slot::Large(_) => None,
    };
    props.iter().filter_map(value).collect()
}

/// Properties that only forms have.
fn is_of_form(tag: PropTag) -> bool {
    let id = tag.id();
    (tags::FORM_VERSION.id()..=tags::FORM_MESSAGE_BEHAVIOR.id()).contains(&id)
        || [
            tags::ICON.id(),
            tags::MINI_ICON.id(),
            tags::COMMENT.id(),
            tags::MAPIFORM_COMPOSECOMMAND.id(),
        ]
        .contains(&id)
}
