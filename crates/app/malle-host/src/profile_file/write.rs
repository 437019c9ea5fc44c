//! The text of a profile's file, with comments for what is not obvious.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use mapi::{ProfileProvider, ProfileService};
use mapi_props::{Guid, PropTag, Slot, text};

use super::{ProfileFile, SEALED, SealedPlace, VERSION, flags, shape};

const HEAD: &str = "\
# A profile of malle. `malle profile` and `malle service` show and change it; editing it by hand is fine as well.
# docs/design/profiles.md explains every key. A key that is not known is refused, never ignored.
";

/// Text that grows line by line.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn line(&mut self, line: impl Display) {
        // Writing to a string cannot fail.
        let _infallible = writeln!(self.0, "{line}");
    }

    fn comment(&mut self, comment: &str) {
        self.line(format_args!("# {comment}"));
    }

    fn text(&mut self, key: &str, value: &str) {
        self.line(format_args!("{key} = {}", quoted(value)));
    }

    /// Nothing where there is nothing to say.
    fn list(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<_> = values.into_iter().map(|v| quoted(&v)).collect();
        if !values.is_empty() {
            self.line(format_args!("{key} = [{}]", values.join(", ")));
        }
    }

    fn mark(&mut self, key: &str, set: bool) {
        if set {
            self.line(format_args!("{key} = true"));
        }
    }

    fn table(&mut self, name: &str, values: &BTreeMap<String, String>) {
        if !values.is_empty() {
            self.line(format_args!("[{name}]"));
            for (key, value) in values {
                self.text(&bare(key), value);
            }
        }
    }
}

pub(super) fn text(file: &ProfileFile) -> String {
    let mut lines = Lines(HEAD.to_owned());
    let profile = &file.profile;
    lines.line(format_args!("version = {VERSION}"));
    if profile.instance != Guid::NIL {
        lines.comment("This profile and no other for ever, even one of the same name.");
        lines.text("instance", &profile.instance.to_string());
    }
    if !file.data.is_empty() {
        lines.comment(
            "The folder of its data, where relative paths start. Renaming the profile leaves it.",
        );
        lines.text("data", &file.data);
    }
    lines.comment("What ids of the next store begin with. Letters are never given again.");
    let first = || "a".to_owned();
    let next = Some(profile.next_letter.clone()).filter(|l| !l.is_empty());
    lines.text("next_letter", &next.unwrap_or_else(first));
    if !profile.transport_order.is_empty() {
        lines.comment("Which provider is asked first to send a message, by uid.");
        let order = profile.transport_order.iter();
        lines.list("transport_order", order.map(ToString::to_string));
    }
    if profile.app {
        lines.comment("Made by a program for itself, and shown to nobody else.");
        lines.mark("app", true);
    }
    if profile.deleted {
        lines.comment("It goes when no session uses it any more.");
        lines.mark("deleted", true);
    }
    if let Some(name) = &profile.renamed_to {
        lines.comment("The name that it gets when no session uses it any more.");
        lines.text("renamed_to", name);
    }
    for each in &profile.services {
        service(&mut lines, each, &file.sealed);
    }
    sections(&mut lines, file);
    lines.0
}

fn service(lines: &mut Lines, service: &ProfileService, sealed: &BTreeMap<SealedPlace, String>) {
    lines.line("\n[[service]]");
    lines.text("name", &service.service);
    lines.text("display_name", &service.display_name);
    lines.text("uid", &service.uid.to_string());
    lines.list("flags", flags::of_service(service.flags));
    let extra = service.extra_sections.iter();
    lines.list("extra_sections", extra.map(ToString::to_string));
    if let Some(identity) = &service.identity {
        lines.line("[service.identity]");
        lines.text("name", &identity.name);
        lines.text("address_type", &identity.address_type);
        lines.text("address", &identity.address);
    }
    let values = with_sealed(&service.config.values, service.uid, sealed);
    lines.table("service.config", &values);
    for each in &service.providers {
        provider(lines, each, sealed);
    }
}

fn provider(lines: &mut Lines, provider: &ProfileProvider, sealed: &BTreeMap<SealedPlace, String>) {
    lines.line("\n[[service.provider]]");
    lines.text("name", &provider.name);
    lines.text("display_name", &provider.display_name);
    lines.text("uid", &provider.uid.to_string());
    lines.text("kind", shape::kind_word(provider.kind));
    if !provider.letter.is_empty() {
        lines.text("letter", &provider.letter);
    }
    lines.list("flags", flags::of_provider(provider.flags));
    lines.mark("deleted", provider.deleted);
    let values = with_sealed(&provider.values, provider.uid, sealed);
    lines.table("service.provider.config", &values);
}

/// Settings as they stand in the file, those that nobody may read among them.
fn with_sealed(
    open: &BTreeMap<String, String>,
    uid: Guid,
    sealed: &BTreeMap<SealedPlace, String>,
) -> BTreeMap<String, String> {
    let hidden = sealed
        .iter()
        .filter(|(place, _)| place.uid == uid && place.setting);
    let hidden = hidden.map(|(place, value)| (place.key.clone(), format!("{SEALED}{value}")));
    open.clone().into_iter().chain(hidden).collect()
}

fn sections(lines: &mut Lines, file: &ProfileFile) {
    for (uid, props) in &file.profile.sections {
        let open = props.iter().filter_map(|(id, slot)| match slot {
            Slot::Value(value) => {
                let tag = PropTag::new(*id, value.ty());
                Some((tag.to_string(), text::value(value)))
            }
            Slot::Large(_) => None,
        });
        let hidden = file
            .sealed
            .iter()
            .filter(|(place, _)| place.uid == *uid && !place.setting);
        let hidden = hidden.map(|(place, value)| (place.key.clone(), format!("{SEALED}{value}")));
        let values: BTreeMap<_, _> = open.chain(hidden).collect();
        lines.line(format_args!("\n[section.{uid}]"));
        for (tag, value) in &values {
            lines.text(tag, value);
        }
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A key as TOML writes it.
fn bare(key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(plain) {
        key.to_owned()
    } else {
        quoted(key)
    }
}
