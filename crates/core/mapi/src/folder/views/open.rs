//! One view: the message that describes it, read and written.

use std::io::Read;

use mapi_props::view_descriptor::{MESSAGE_CLASS, VERSION, ViewDescriptor, ViewError};
use mapi_props::{Code, PropTag, PropValue, tags};
use mapi_spi::{Error, Result};

use super::{NAME_CHARS, ViewPlace};
use crate::{EntryId, MapiProp, Message, PropertyFlags, SaveFlags};

/// Most bytes of a descriptor that are read.
const MOST: u64 = 1 << 20;

/// An open view: a snapshot of its descriptor, which can be changed and saved.
#[derive(Debug, Clone)]
pub struct FolderView {
    /// What the view is; [`Self::save`] keeps it.
    pub descriptor: ViewDescriptor,
    id: EntryId,
    name: String,
    place: ViewPlace,
    message: Message,
}

impl FolderView {
    pub(super) fn read(id: EntryId, place: ViewPlace, message: Message) -> Result<Self> {
        let class = message.get(tags::MESSAGE_CLASS)?;
        let name = text(&message, tags::VD_NAME)?;
        if !class.eq_ignore_ascii_case(MESSAGE_CLASS) || name.is_empty() {
            return Err(Error::new(
                Code::INVALID_ENTRYID,
                "the message is no view descriptor",
            ));
        }
        let binary = message.open_property(tags::VD_BINARY.raw(), PropertyFlags::NONE);
        let mut bytes = Vec::new();
        let read = binary.map_err(absent)?.take(MOST + 1);
        std::io::copy(&mut { read }, &mut bytes).map_err(|e| {
            Error::caused(Code::DISK_ERROR, "the view descriptor cannot be read", e)
        })?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST {
            let detail = "the view descriptor is over 1 MiB";
            return Err(Error::new(Code::CORRUPT_DATA, detail));
        }
        let strings = text(&message, tags::VD_STRINGS)?;
        let descriptor = ViewDescriptor::decode(&bytes, &strings).map_err(view_error)?;
        Ok(Self {
            descriptor,
            id,
            name,
            place,
            message,
        })
    }

    /// Its entry id.
    #[must_use]
    pub const fn entry_id(&self) -> &EntryId {
        &self.id
    }

    /// PR_VD_NAME.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands.
    #[must_use]
    pub const fn place(&self) -> ViewPlace {
        self.place
    }

    /// Keeps the descriptor as it is now; what readers are to ignore in it stays as it was.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a descriptor that contradicts itself; `MAPI_E_OBJECT_CHANGED` if somebody saved it
    /// since it was opened; `MAPI_E_NO_ACCESS` in a read-only store.
    pub fn save(&self) -> Result<()> {
        let props = properties(&self.name, &self.descriptor)?;
        self.message.set_props(&props)?;
        self.message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)
    }

    pub(super) const fn message(&self) -> &Message {
        &self.message
    }
}

/// What a message needs to be this view.
pub(super) fn properties(
    name: &str,
    descriptor: &ViewDescriptor,
) -> Result<Vec<(PropTag, PropValue)>> {
    if name.trim().is_empty() || name.chars().count() > NAME_CHARS {
        let detail = format!("a view has a name of at most {NAME_CHARS} characters");
        return Err(Error::new(Code::INVALID_PARAMETER, detail));
    }
    let (binary, strings) = descriptor
        .encode()
        .map_err(|e| Error::caused(Code::INVALID_PARAMETER, e.to_string(), e))?;
    let version = i32::try_from(VERSION).unwrap_or_default();
    Ok(vec![
        (tags::MESSAGE_CLASS.raw(), MESSAGE_CLASS.into()),
        (tags::SUBJECT.raw(), name.into()),
        (tags::VD_NAME.raw(), name.into()),
        (tags::VD_VERSION.raw(), version.into()),
        (tags::VD_BINARY.raw(), PropValue::Binary(binary)),
        (tags::VD_STRINGS.raw(), strings.as_str().into()),
    ])
}

/// A text property; empty if there is none.
fn text(message: &Message, tag: mapi_props::Tag<str>) -> Result<String> {
    match message.get(tag) {
        Err(e) if e.code() == Code::NOT_FOUND => Ok(String::new()),
        text => text,
    }
}

fn absent(error: Error) -> Error {
    if error.code() == Code::NOT_FOUND {
        return Error::new(Code::CORRUPT_DATA, "the view has no PR_VD_BINARY");
    }
    error
}

/// A descriptor's own error as one of a call.
#[must_use]
pub fn view_error(error: ViewError) -> Error {
    Error::caused(error.code(), error.to_string(), error)
}
