//! Property tags: typed constants and the table of names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, ensure};

use super::codes::index;
use super::{csv, header, hex32, screaming};

/// One name of a tag. `order` sorts the names of one tag: the preferred one first.
struct Name {
    tag: u32,
    order: u32,
    name: String,
}

/// Order of names that only the reference gives: after all others.
const LAST: u32 = 100;

/// The table of names by tag, and an index by name.
pub(super) fn names(data: &Path) -> Result<String> {
    let all = collect(data)?;
    let mut out = header(
        "Every name of every tag.",
        "data/property_tag_names.csv and data/properties.csv",
    );
    out.push_str(
        "/// Tag and name, by tag and preference.\npub(crate) static NAMES: &[(u32, &str)] = &[\n",
    );
    for n in &all {
        writeln!(out, "({}, \"{}\"),", hex32(n.tag), n.name)?;
    }
    out.push_str("];\n\n");
    out.push_str(&index("NAMES", all.iter().map(|n| n.name.as_str()))?);
    Ok(out)
}

/// A typed constant per property.
pub(super) fn constants(data: &Path) -> Result<String> {
    let all = collect(data)?;
    let known: BTreeSet<&str> = all.iter().map(|n| n.name.as_str()).collect();
    let mut canonical: BTreeMap<u32, &str> = BTreeMap::new();
    for n in all.iter().filter(|n| n.name.starts_with("PidTag")) {
        canonical.entry(n.tag).or_insert(&n.name);
    }
    let mut made: BTreeMap<String, (u32, String)> = BTreeMap::new();
    for n in all.iter().filter(|n| n.name.starts_with("PR_")) {
        let Some(konst) = constant(&n.name, &known) else {
            continue;
        };
        let doc = match canonical.get(&n.tag) {
            Some(c) => format!("{c} (`{}`), 0x{:08X}.", n.name, n.tag),
            None => format!("`{}`, 0x{:08X}.", n.name, n.tag),
        };
        made.entry(konst).or_insert((n.tag, doc));
    }
    let covered: BTreeSet<u32> = made.values().map(|(tag, _)| *tag).collect();
    for (tag, name) in canonical.iter().filter(|(tag, _)| !covered.contains(tag)) {
        let konst = screaming(name.trim_start_matches("PidTag"));
        made.entry(konst)
            .or_insert((*tag, format!("{name}, 0x{tag:08X}.")));
    }
    let mut out = header(
        "Property tags by name: `tags::SUBJECT` is PR_SUBJECT, PidTagSubject.",
        "data/property_tag_names.csv and data/properties.csv",
    );
    out.push_str("use crate::{FileTime, Guid, PropTag, PropType, Tag};\n\n");
    for (konst, (tag, doc)) in &made {
        writeln!(out, "/// {doc}\n{}", definition(konst, *tag))?;
    }
    Ok(out)
}

/// The constant's name; none for the `_A` and `_W` forms of a name that exists without them.
fn constant(name: &str, known: &BTreeSet<&str>) -> Option<String> {
    let plain = ["_A", "_W", "_A_MV", "_W_MV"]
        .iter()
        .find_map(|s| name.strip_suffix(s));
    let base = match plain {
        Some(base) if known.contains(base) => return None,
        Some(base) if name.ends_with("_W") => base,
        // A narrow form without its wide one: the wide one is not in the tables.
        Some(_) | None => name,
    };
    let base = base.trim_start_matches("PR_");
    Some(if base.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{base}")
    } else {
        base.to_uppercase()
    })
}

fn definition(konst: &str, tag: u32) -> String {
    let (id, ty) = (tag >> 16, tag & 0xFFFF);
    let rust = match ty {
        0x001F => "str",
        0x0102 => "[u8]",
        0x0002 => "i16",
        0x0003 => "i32",
        0x0014 => "i64",
        0x0004 => "f32",
        0x0005 => "f64",
        0x000B => "bool",
        0x0040 => "FileTime",
        0x0048 => "Guid",
        0x1002 => "[i16]",
        0x1003 => "[i32]",
        0x1014 => "[i64]",
        0x1004 => "[f32]",
        0x1005 => "[f64]",
        0x101F => "[String]",
        0x1102 => "[Vec<u8>]",
        0x1040 => "[FileTime]",
        0x1048 => "[Guid]",
        _ => return format!("pub const {konst}: PropTag = {};", untyped(id, ty)),
    };
    format!("pub const {konst}: Tag<{rust}> = Tag::<{rust}>::of(0x{id:04X});")
}

fn untyped(id: u32, ty: u32) -> String {
    let name = match ty {
        0x0000 => "UNSPECIFIED",
        0x0001 => "NULL",
        0x0006 => "CURRENCY",
        0x0007 => "APPTIME",
        0x000A => "ERROR",
        0x000D => "OBJECT",
        0x001E => "STRING8",
        0x00FB => "SVREID",
        0x00FD => "SRESTRICT",
        0x00FE => "ACTIONS",
        0x101E => "MV_STRING8",
        _ => return format!("PropTag({})", hex32(id << 16 | ty)),
    };
    format!("PropTag::new(0x{id:04X}, PropType::{name})")
}

fn collect(data: &Path) -> Result<Vec<Name>> {
    let mut tags: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for row in csv::read(data, "property_tag_names.csv")? {
        let precedence: u32 = row.get("precedence")?.parse()?;
        let name = row.get("name")?;
        let old = tags.insert(
            name.to_owned(),
            (row.hex("tag")?, LAST.saturating_sub(precedence)),
        );
        ensure!(old.is_none(), "{name} names two tags");
    }
    for row in csv::read(data, "properties.csv")? {
        if row.get("kind")? == "tag" {
            add_reference(&mut tags, &row)?;
        }
    }
    let mut all: Vec<Name> = Vec::new();
    for (name, (tag, order)) in tags {
        all.push(Name { tag, order, name });
    }
    all.sort_by(|a, b| (a.tag, a.order, &a.name).cmp(&(b.tag, b.order, &b.name)));
    Ok(all)
}

/// Adds the names of one reference page that the table of names does not have.
fn add_reference(tags: &mut BTreeMap<String, (u32, u32)>, row: &csv::Row) -> Result<()> {
    let id = row.hex("property_id")?;
    // One title carries the words "Canonical Property" along.
    let canonical = row
        .get("canonical_name")?
        .split(' ')
        .next()
        .unwrap_or_default();
    let aliases: Vec<&str> = row
        .get("alternate_names")?
        .split('|')
        .filter(|a| !a.is_empty())
        .collect();
    let base = base_tag(tags, id, &aliases, row.get("types")?);
    for alias in aliases {
        let tag = match base & 0xFFFF {
            0x001E | 0x001F if alias.ends_with("_A") => id << 16 | 0x001E,
            0x001E | 0x001F if alias.ends_with("_W") => id << 16 | 0x001F,
            _ => base,
        };
        tags.entry(alias.to_owned()).or_insert((tag, LAST + 1));
    }
    tags.entry(canonical.to_owned()).or_insert((base, LAST));
    Ok(())
}

/// The tag that a reference page means: what its alias without suffix stands for, else the type it names.
fn base_tag(tags: &BTreeMap<String, (u32, u32)>, id: u32, aliases: &[&str], types: &str) -> u32 {
    let wide = |tag: u32| if tag & 0xFFFF == 0x001E { tag | 1 } else { tag };
    let known = aliases
        .iter()
        .filter(|a| !a.ends_with("_A"))
        .find_map(|a| tags.get(*a))
        .filter(|(tag, _)| tag >> 16 == id);
    if let Some((tag, _)) = known {
        return *tag;
    }
    let ty = match types {
        t if t.contains("MV_UNICODE") || t.contains("MV_STRING8") => 0x101F,
        t if t.contains("UNICODE") || t.contains("STRING8") || t == "PT_TSTRING" => 0x001F,
        "PT_LONG" => 0x0003,
        "PT_BINARY" => 0x0102,
        "PT_BOOLEAN" => 0x000B,
        "PT_SYSTIME" => 0x0040,
        "PT_NULL" => 0x0001,
        "PT_I8" => 0x0014,
        "PT_OBJECT" => 0x000D,
        "PT_MV_BINARY" => 0x1102,
        "PT_MV_LONG" => 0x1003,
        "PT_CLSID" | "PT_GUID" => 0x0048,
        _ => 0x0000,
    };
    wide(id << 16 | ty)
}
