//! A description as a file: what [`Inf::read`] reads as the same.

use std::fmt;

use mapi_props::{PropTag, PropType, names};

use crate::constant::Place;
use crate::inf::{Entry, ExtraSection, Inf, Properties, Property, Provider, Section, Service};
use crate::read::{
    DEFAULT_SERVICES, HELP_FILES, PROVIDERS, SECTIONS, SERVICES, UID, WIZARD_ENTRY, tag_of,
};
use crate::sections::same;
use crate::value;

impl fmt::Display for Inf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut file = File {
            f,
            written: Vec::new(),
        };
        file.section(SERVICES, |f| {
            let mut services = self.services.iter();
            services.try_for_each(|s| entry(f, &s.name, &s.title))
        })?;
        if !self.default_services.is_empty() {
            file.section(DEFAULT_SERVICES, |f| {
                let listed = self.default_services.iter();
                let mut listed = listed.filter_map(|name| self.service(name));
                listed.try_for_each(|s| entry(f, &s.name, &s.title))
            })?;
        }
        if !self.help_files.is_empty() {
            file.section(HELP_FILES, |f| {
                let mut files = self.help_files.iter();
                files.try_for_each(|h| entry(f, &h.component, &h.file))
            })?;
        }
        for service in &self.services {
            file.service(service)?;
        }
        for Section { name, entries, .. } in &self.other {
            file.section(name, |f| others(f, entries))?;
        }
        Ok(())
    }
}

struct File<'f, 'a> {
    f: &'f mut fmt::Formatter<'a>,
    /// Names of sections: two services may share one.
    written: Vec<String>,
}

impl<'a> File<'_, 'a> {
    fn section(
        &mut self,
        name: &str,
        body: impl FnOnce(&mut fmt::Formatter<'a>) -> fmt::Result,
    ) -> fmt::Result {
        if self.written.iter().any(|known| same(known, name)) {
            return Ok(());
        }
        if !self.written.is_empty() {
            writeln!(self.f)?;
        }
        self.written.push(name.to_owned());
        writeln!(self.f, "[{}]", value::one_line(name))?;
        body(self.f)
    }

    fn service(&mut self, service: &Service) -> fmt::Result {
        let bare = service.providers.is_empty() && service.properties == Properties::default();
        if bare && !service.defects.is_empty() {
            // It has no section, and one made here would mend what is to be seen.
            return Ok(());
        }
        self.section(&service.name, |f| {
            let providers = service.providers.iter().map(|p| p.section.as_str());
            list(f, PROVIDERS, providers)?;
            let extra = service.extra_sections.iter().map(|s| s.section.as_str());
            list(f, SECTIONS, extra)?;
            if let Some(wizard) = &service.wizard_entry {
                entry(f, WIZARD_ENTRY, wizard)?;
            }
            properties(f, &service.properties, Place::Service)
        })?;
        for Provider {
            section,
            properties: all,
        } in &service.providers
        {
            self.section(section, |f| properties(f, all, Place::Provider))?;
        }
        for ExtraSection {
            section,
            uid,
            properties: all,
        } in &service.extra_sections
        {
            self.section(section, |f| {
                if let Some(uid) = uid {
                    let digits = uid.as_bytes().iter().map(|b| format!("{b:02X}"));
                    entry(f, UID, &digits.collect::<String>())?;
                }
                properties(f, all, Place::Extra)
            })?;
        }
        Ok(())
    }
}

fn properties(f: &mut fmt::Formatter<'_>, all: &Properties, place: Place) -> fmt::Result {
    for Property { tag, value, .. } in &all.known {
        if let Some(text) = value::text(*tag, place, value) {
            entry(f, &key_of(*tag), &text)?;
        }
    }
    others(f, &all.other)
}

fn others(f: &mut fmt::Formatter<'_>, entries: &[Entry]) -> fmt::Result {
    let mut entries = entries.iter();
    entries.try_for_each(|e| entry(f, &e.key, &e.value))
}

fn list<'a>(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    names: impl Iterator<Item = &'a str>,
) -> fmt::Result {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        return Ok(());
    }
    entry(f, key, &names.join(", "))
}

/// The name of a property if everybody knows it by that, else its tag with text as eight-bit text, as the reference
/// writes them.
fn key_of(tag: PropTag) -> String {
    // From 0x6600 on the meaning is the provider's, whatever other providers call theirs.
    let named = names::pr_name(tag).filter(|_| tag.id() < 0x6600);
    if let Some(name) = named.filter(|name| tag_of(name) == Some(tag)) {
        return name.to_owned();
    }
    let tag = match tag.ty() {
        PropType::UNICODE => tag.with_type(PropType::STRING8),
        PropType::MV_UNICODE => tag.with_type(PropType::MV_STRING8),
        _ => tag,
    };
    format!("{:08X}", tag.0)
}

fn entry(f: &mut fmt::Formatter<'_>, key: &str, value: &str) -> fmt::Result {
    let (key, value) = (value::one_line(key), value::one_line(value));
    let edge = |c: char| c == '"' || c == '\'' || c.is_whitespace();
    match value.starts_with(edge) || value.ends_with(edge) {
        true => writeln!(f, "{key}=\"{value}\""),
        false => writeln!(f, "{key}={value}"),
    }
}
