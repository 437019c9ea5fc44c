//! Names of properties: what identifiers from 0x8000 on stand for in a file. [MS-OXMSG] 2.2.3

use std::io;

use mapi_props::{Guid, PropKey, PropName, guids};

use crate::compound::Compound;
use crate::text::from_utf16;

/// The names of a file, by identifier from 0x8000 on.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<Option<PropName>>);

impl Names {
    /// Reads `/__nameid_version1.0`; also what is wrong with it.
    pub(super) fn read(file: &Compound, storage: usize) -> io::Result<(Self, Option<String>)> {
        let children = file.children(storage);
        let stream = |name: &str| match children.get(name) {
            Some(at) => file.bytes(*at),
            None => Ok(Vec::new()),
        };
        let sets = stream("__SUBSTG1.0_00020102")?;
        let entries = stream("__SUBSTG1.0_00030102")?;
        let texts = stream("__SUBSTG1.0_00040102")?;
        let mut names = Self::default();
        let mut bad = 0_usize;
        for (place, entry) in entries.chunks_exact(8).enumerate() {
            let Some((id, name)) = one(entry, place, &sets, &texts) else {
                bad += 1;
                continue;
            };
            let at = usize::from(id);
            if names.0.len() <= at {
                names.0.resize(at + 1, None);
            }
            if let Some(place) = names.0.get_mut(at) {
                *place = Some(name);
            }
        }
        let path = file.path(storage);
        let damage = (bad > 0).then(|| format!("{path}: {bad} names of properties cannot be read"));
        Ok((names, damage))
    }

    /// What an identifier stands for; `None` for one without a name.
    pub(super) fn key(&self, id: u16) -> Option<PropKey> {
        let Some(at) = id.checked_sub(0x8000) else {
            return Some(PropKey::Id(id));
        };
        let name = self.0.get(usize::from(at)).cloned().flatten();
        name.map(PropKey::Named)
    }
}

/// An entry: number or place of the text, set and kind, and for which identifier (2.2.3.1.2).
fn one(entry: &[u8], place: usize, sets: &[u8], texts: &[u8]) -> Option<(u16, PropName)> {
    let [a, b, c, d, e, f, g, h] = *entry.first_chunk::<8>()?;
    let number = u32::from_le_bytes([a, b, c, d]);
    let kind = u16::from_le_bytes([e, f]);
    let id = u16::from_le_bytes([g, h]);
    // The entry's own place says the identifier; a file whose numbers differ means what they say.
    let id = if usize::from(id) == place {
        u16::try_from(place).ok()?
    } else {
        id
    };
    let set = match kind >> 1 {
        0 => return None,
        1 => guids::PS_MAPI,
        2 => guids::PS_PUBLIC_STRINGS,
        n => {
            let at = usize::from(n - 3) * 16;
            Guid(*sets.get(at..)?.first_chunk::<16>()?)
        }
    };
    if id >= 0x7FFF {
        return None;
    }
    if kind & 1 == 0 {
        return Some((id, PropName::id(set, number)));
    }
    let text = texts.get(usize::try_from(number).ok()?..)?;
    let length = u32::from_le_bytes(*text.first_chunk::<4>()?);
    let text = text.get(4..)?.get(..usize::try_from(length).ok()?)?;
    let (text, _) = from_utf16(text);
    Some((id, PropName::text(set, text)))
}
