//! The file of one profile: what it holds, read from text and written to it.

mod flags;
mod letter;
mod old;
mod shape;
mod write;

use std::collections::BTreeMap;

use mapi_props::Guid;

pub use letter::{BadLetter, StoreLetter};

/// The version of files that are written.
pub(crate) const VERSION: i64 = 2;

/// A profile as its file holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProfileFile {
    /// What is open to everybody who reads the file. The name and the base are not in it.
    pub(crate) profile: mapi::Profile,
    /// The folder of its data below malle's; empty: called as the profile.
    pub(crate) data: String,
    /// Values that only this user's programs can read.
    pub(crate) sealed: BTreeMap<SealedPlace, String>,
}

/// Where a sealed value belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SealedPlace {
    /// Of the section, the service or the provider.
    pub(crate) uid: Guid,
    /// Whether it is a setting and no property.
    pub(crate) setting: bool,
    /// The key of the setting, or the tag of the property.
    pub(crate) key: String,
}

/// What sealed values begin with in the file.
const SEALED: &str = "sealed1:";

/// Whether a value would be read as a sealed one.
pub(crate) fn looks_sealed(value: &str) -> bool {
    value.starts_with(SEALED)
}

impl ProfileFile {
    /// Reads the text of a file. A version before this one is read as what it means today.
    ///
    /// # Errors
    /// Which line, which key, what is allowed.
    pub(crate) fn read(name: &str, text: &str) -> Result<Self, toml::de::Error> {
        let mut file = if is_old(text) {
            old::read(text)?
        } else {
            toml::from_str::<shape::FileShape>(text)?.into()
        };
        if file.profile.instance == Guid::NIL {
            file.profile.instance = instance_of(name);
        }
        Ok(file)
    }

    /// The text of the file.
    pub(crate) fn write(&self) -> String {
        write::text(self)
    }
}

/// The instance of a file that names none: the same whenever it is read, until it is written. New profiles have random ones.
fn instance_of(name: &str) -> Guid {
    let context = "malle 2026 instance of a profile without one";
    let hash = blake3::derive_key(context, name.as_bytes());
    let (halves, _) = hash.as_chunks::<16>();
    Guid(halves.first().copied().unwrap_or_default())
}

/// Whether the file is from before files said their version and their instance.
fn is_old(text: &str) -> bool {
    let top = text.lines().map(str::trim_start);
    let mut top = top.take_while(|line| !line.starts_with('['));
    !top.any(|line| line.starts_with("version") || line.starts_with("instance"))
}

#[cfg(test)]
mod tests;
