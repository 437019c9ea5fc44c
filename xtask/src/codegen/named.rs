//! Property sets and the named properties in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::codes::index;
use super::{csv, header, screaming};

/// Constants and the table of all well-known GUIDs.
pub(super) fn guids(data: &Path) -> Result<String> {
    let mut rows = Vec::new();
    for row in csv::read(data, "guids.csv")? {
        rows.push((row.get("name")?.to_owned(), row.get("guid")?.to_owned()));
    }
    rows.sort();
    let mut out = header(
        "Well-known property sets, classes, interfaces and providers.",
        "data/guids.csv",
    );
    out.push_str("use crate::Guid;\n\n");
    let mut table = String::new();
    for (name, guid) in &rows {
        let konst = constant(name);
        writeln!(
            out,
            "/// `{name}`, {{{guid}}}.\npub const {konst}: Guid = {};",
            literal(guid)?
        )?;
        writeln!(table, "({konst}, \"{name}\"),")?;
    }
    write!(
        out,
        "\n/// Identifier and name, in byte order of the names.\npub(crate) static GUIDS: &[(Guid, &str)] = &[\n{table}];\n"
    )?;
    Ok(out)
}

/// `PSETID_Address` → `PSETID_ADDRESS`, `g_muidStorePrivate` → `MUID_STORE_PRIVATE`.
fn constant(name: &str) -> String {
    screaming(
        name.strip_prefix("g_")
            .or_else(|| name.strip_prefix("pb"))
            .unwrap_or(name),
    )
}

/// `Guid::from_fields(…)` of a textual GUID.
fn literal(guid: &str) -> Result<String> {
    let digits = guid.replace('-', "");
    let part = |from: usize, to: usize| {
        digits
            .get(from..to)
            .with_context(|| format!("{guid}: too short"))
    };
    let mut tail = Vec::new();
    for at in (16..32).step_by(2) {
        tail.push(format!("0x{}", part(at, at + 2)?));
    }
    Ok(format!(
        "Guid::from_fields(0x{}_{}, 0x{}, 0x{}, [{}])",
        part(0, 4)?,
        part(4, 8)?,
        part(8, 12)?,
        part(12, 16)?,
        tail.join(", ")
    ))
}

/// One named property: set, key, rank among the names of that key, name, type.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    set: String,
    key: Key,
    rank: u8,
    name: String,
    ty: String,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Clone)]
enum Key {
    Lid(u32),
    Text(String),
}

/// The table of named properties: numbers first, then strings, by property set.
pub(super) fn properties(data: &Path) -> Result<String> {
    let all = collect(data)?;
    let (lids, texts): (Vec<_>, Vec<_>) = all.iter().partition(|n| matches!(n.key, Key::Lid(_)));
    let mut out = header(
        "Named properties of the reference.",
        "data/named_property_lids.csv and data/properties.csv",
    );
    out.push_str("use super::guids as g;\nuse crate::{Guid, PropType as T};\n\n");
    out.push_str("/// Set, number, type and name, by set name, number and preference.\npub(crate) static LIDS: &[(Guid, u32, T, &str)] = &[\n");
    for n in &lids {
        if let Key::Lid(lid) = n.key {
            writeln!(
                out,
                "(g::{}, 0x{lid:04X}, T::{}, \"{}\"),",
                constant(&n.set),
                n.ty,
                n.name
            )?;
        }
    }
    out.push_str("];\n\n/// Set, string, type and name, by set name and string.\npub(crate) static TEXTS: &[(Guid, &str, T, &str)] = &[\n");
    for n in &texts {
        if let Key::Text(text) = &n.key {
            writeln!(
                out,
                "(g::{}, \"{text}\", T::{}, \"{}\"),",
                constant(&n.set),
                n.ty,
                n.name
            )?;
        }
    }
    out.push_str("];\n\n");
    out.push_str(&index("LIDS", lids.iter().map(|n| n.name.as_str()))?);
    out.push('\n');
    out.push_str(&index("TEXTS", texts.iter().map(|n| n.name.as_str()))?);
    Ok(out)
}

fn collect(data: &Path) -> Result<Vec<Named>> {
    let reference = csv::read(data, "properties.csv")?;
    let mut canonical = BTreeSet::new();
    for row in &reference {
        canonical.insert(row.get("canonical_name")?.to_owned());
    }
    let rank = |name: &str| match name {
        n if canonical.contains(n) => 0,
        n if n.starts_with("PidLid") => 1,
        n if n.starts_with("dispid") => 2,
        _ => 3,
    };
    let mut names: BTreeMap<String, Named> = BTreeMap::new();
    for row in csv::read(data, "named_property_lids.csv")? {
        let (set, name) = (row.get("property_set")?, row.get("name")?);
        let key = Key::Lid(row.hex("lid")?);
        names.insert(
            name.to_owned(),
            named(set, key, rank(name), name, row.get("type")?),
        );
    }
    for row in &reference {
        let (set, name) = (row.get("property_set")?, row.get("canonical_name")?);
        let key = match row.get("kind")? {
            // One reference page names no set; the property is in the other file under its own.
            "lid" if !set.is_empty() => Key::Lid(row.hex("lid")?),
            "name" => Key::Text(row.get("name")?.to_owned()),
            _ => continue,
        };
        let ty = row.get("types")?;
        for alias in std::iter::once(name).chain(row.get("alternate_names")?.split('|')) {
            if !alias.is_empty() && !names.contains_key(alias) {
                names.insert(
                    alias.to_owned(),
                    named(set, key.clone(), rank(alias), alias, ty),
                );
            }
        }
    }
    let mut all: Vec<Named> = names.into_values().collect();
    all.sort();
    Ok(all)
}

fn named(set: &str, key: Key, rank: u8, name: &str, types: &str) -> Named {
    let ty = if types.contains("UNICODE") || types.is_empty() || types == "PT_TSTRING" {
        if types.contains("MV") {
            "MV_UNICODE"
        } else {
            "UNICODE"
        }
    } else if types == "PT_R8" {
        "DOUBLE"
    } else {
        types.trim_start_matches("PT_")
    };
    Named {
        set: set.to_owned(),
        key,
        rank,
        name: name.to_owned(),
        ty: ty.to_owned(),
    }
}
