//! From the sections of a file to the services that they describe.
//! Reference: "List Entries in MapiSvc.inf Message Service Sections" and its neighbours (requirement MS-01)

use mapi_props::{PropTag, PropType, names, tags};

use crate::constant::{Place, is_provider_type};
use crate::diagnostic::{Diagnostic, InfError};
use crate::inf::{
    Entry, ExtraSection, HelpFile, Inf, Properties, Property, Provider, Section, Service,
};
use crate::sections::{self, same, too_large};
use crate::value;

/// Most providers, and most extra sections, of a service.
pub const MOST_PROVIDERS: usize = 64;
/// Most properties of all services: sections count once for each service that lists them.
pub const MOST_PROPERTIES: usize = 16_384;

/// Most defects that are kept of a service.
const MOST_DEFECTS: usize = 8;
/// Unknown names for which a known one is searched: that takes a look at all there are.
const MOST_SUGGESTIONS: usize = 2;
/// The longest name of a component with a help file, in characters.
const LONGEST_COMPONENT: usize = 30;

/// Sections that are no service's.
pub(crate) const SERVICES: &str = "Services";
pub(crate) const DEFAULT_SERVICES: &str = "Default Services";
pub(crate) const HELP_FILES: &str = "Help File Mappings";
/// Entries that are no properties.
pub(crate) const PROVIDERS: &str = "Providers";
pub(crate) const SECTIONS: &str = "Sections";
pub(crate) const WIZARD_ENTRY: &str = "WIZARD_ENTRY_NAME";
pub(crate) const UID: &str = "UID";

pub(crate) fn read(bytes: &[u8]) -> Result<(Inf, Vec<Diagnostic>), InfError> {
    let (sections, notes) = sections::read(bytes)?;
    let mut reader = Reader {
        used: vec![false; sections.len()],
        sections: &sections,
        notes,
        properties: 0,
        suggestions: 0,
    };
    let inf = reader.inf()?;
    Ok((inf, reader.notes))
}

struct Reader<'a> {
    sections: &'a [Section],
    /// Which sections something refers to.
    used: Vec<bool>,
    notes: Vec<Diagnostic>,
    /// Properties read so far.
    properties: usize,
    /// Unknown names for which a known one was searched.
    suggestions: usize,
}

impl<'a> Reader<'a> {
    fn inf(&mut self) -> Result<Inf, InfError> {
        let mut inf = Inf::default();
        for entry in self.entries(SERVICES) {
            inf.services.push(self.service(entry)?);
        }
        if inf.services.is_empty() {
            self.note(1, "", None, "no service is listed in [Services]");
        }
        for entry in self.entries(DEFAULT_SERVICES) {
            match inf.service(&entry.key) {
                Some(service) => inf.default_services.push(service.name.clone()),
                None => self.note(
                    entry.line,
                    DEFAULT_SERVICES,
                    Some(entry),
                    "no service of this name is listed in [Services]: passed over",
                ),
            }
        }
        for entry in self.entries(HELP_FILES) {
            if entry.key.chars().count() > LONGEST_COMPONENT {
                let why =
                    format!("a component has at most {LONGEST_COMPONENT} characters: passed over");
                self.note(entry.line, HELP_FILES, Some(entry), &why);
                continue;
            }
            inf.help_files.push(HelpFile {
                component: entry.key.clone(),
                file: entry.value.clone(),
            });
        }
        let unused = self.sections.iter().zip(&self.used);
        let unused = unused.filter(|(_, used)| !**used);
        inf.other = unused.map(|(section, _)| section.clone()).collect();
        Ok(inf)
    }

    fn service(&mut self, listed: &Entry) -> Result<Service, InfError> {
        let mut service = Service {
            name: listed.key.clone(),
            title: listed.value.clone(),
            line: listed.line,
            ..Service::default()
        };
        let Some(section) = self.section(&listed.key) else {
            let why = format!("there is no section [{}]", listed.key);
            self.defect(&mut service, listed.line, SERVICES, Some(listed), &why);
            return Ok(service);
        };
        let mut has_providers = false;
        for entry in &section.entries {
            if same(&entry.key, PROVIDERS) {
                has_providers = true;
                self.providers(&mut service, &section.name, entry)?;
            } else if same(&entry.key, SECTIONS) {
                self.extra_sections(&mut service, &section.name, entry)?;
            } else if same(&entry.key, WIZARD_ENTRY) {
                service.wizard_entry = Some(entry.value.clone());
            } else {
                let into = &mut service.properties;
                self.property(entry, &section.name, Place::Service, into)?;
            }
        }
        if !has_providers {
            let why = "no Providers= lists the providers of the service: it has none";
            self.note(section.line, &section.name, None, why);
        }
        Ok(service)
    }

    fn providers(
        &mut self,
        service: &mut Service,
        of: &str,
        entry: &Entry,
    ) -> Result<(), InfError> {
        for name in value::list(&entry.value) {
            if service.providers.iter().any(|p| same(&p.section, name)) {
                let why = format!("{name} is listed twice: the first one counts");
                self.note(entry.line, of, Some(entry), &why);
                continue;
            }
            if service.providers.len() >= MOST_PROVIDERS {
                return Err(too_large(
                    entry.line,
                    MOST_PROVIDERS,
                    "providers of a service",
                ));
            }
            let mut provider = Provider {
                section: name.to_owned(),
                ..Provider::default()
            };
            if let Some(section) = self.section(name) {
                for entry in &section.entries {
                    let into = &mut provider.properties;
                    self.property(entry, name, Place::Provider, into)?;
                }
                self.check_provider(service, section, &provider);
            } else {
                let why = format!("there is no section [{name}] that describes the provider");
                self.defect(service, entry.line, of, Some(entry), &why);
            }
            service.providers.push(provider);
        }
        Ok(())
    }

    /// What a section of a provider must have.
    fn check_provider(&mut self, service: &mut Service, section: &Section, provider: &Provider) {
        let required: [PropTag; 4] = [
            tags::DISPLAY_NAME.into(),
            tags::PROVIDER_DISPLAY.into(),
            tags::PROVIDER_DLL_NAME.into(),
            tags::RESOURCE_TYPE.into(),
        ];
        for tag in required {
            if provider.properties.value(tag).is_some() {
                continue;
            }
            let key = names::pr_name(tag).unwrap_or_default();
            let why = format!("a provider must have {key}");
            self.defect(service, section.line, &section.name, None, &why);
        }
        if let Some(kind) = provider.resource_type().filter(|k| !is_provider_type(*k)) {
            let why = format!(
                "PR_RESOURCE_TYPE is {kind}: MAPI_STORE_PROVIDER (33), MAPI_AB_PROVIDER (35) and \
                 MAPI_TRANSPORT_PROVIDER (36) are allowed"
            );
            self.defect(service, section.line, &section.name, None, &why);
        }
    }

    fn extra_sections(
        &mut self,
        service: &mut Service,
        of: &str,
        entry: &Entry,
    ) -> Result<(), InfError> {
        for name in value::list(&entry.value) {
            let known = &service.extra_sections;
            if known.iter().any(|s| same(&s.section, name)) {
                let why = format!("{name} is listed twice: the first one counts");
                self.note(entry.line, of, Some(entry), &why);
                continue;
            }
            if known.len() >= MOST_PROVIDERS {
                return Err(too_large(
                    entry.line,
                    MOST_PROVIDERS,
                    "extra sections of a service",
                ));
            }
            let Some(section) = self.section(name) else {
                let why = format!("there is no section [{name}]: passed over");
                self.note(entry.line, of, Some(entry), &why);
                continue;
            };
            let extra = self.extra_section(name, section)?;
            service.extra_sections.push(extra);
        }
        Ok(())
    }

    fn extra_section(&mut self, name: &str, section: &Section) -> Result<ExtraSection, InfError> {
        let mut extra = ExtraSection {
            section: name.to_owned(),
            ..ExtraSection::default()
        };
        for entry in &section.entries {
            if !same(&entry.key, UID) {
                let into = &mut extra.properties;
                self.property(entry, name, Place::Extra, into)?;
                continue;
            }
            extra.uid = value::uid(&entry.value);
            if extra.uid.is_none() {
                // Decision D25: the reference's own sample has 31 of them.
                let why = format!(
                    "32 hexadecimal digits are allowed, there are {} characters: passed over",
                    entry.value.chars().count()
                );
                self.note(entry.line, name, Some(entry), &why);
            }
        }
        if extra.uid.is_none() {
            let why = "without UID= the section has no place in a profile";
            self.note(section.line, name, None, why);
        }
        Ok(extra)
    }

    fn property(
        &mut self,
        entry: &Entry,
        section: &str,
        place: Place,
        into: &mut Properties,
    ) -> Result<(), InfError> {
        self.properties += 1;
        if self.properties > MOST_PROPERTIES {
            return Err(too_large(entry.line, MOST_PROPERTIES, "properties"));
        }
        let Some(tag) = tag_of(&entry.key) else {
            let why = format!("{}: kept as it stands", self.unknown(&entry.key));
            self.note(entry.line, section, Some(entry), &why);
            into.other.push(entry.clone());
            return Ok(());
        };
        if let Some(why) = refusal(tag, into) {
            self.note(entry.line, section, Some(entry), why);
            return Ok(());
        }
        match value::parse(tag, place, &entry.value) {
            Ok(value) => into.known.push(Property {
                tag,
                value,
                line: entry.line,
            }),
            Err(allowed) => {
                let why = format!("the value is not allowed: {allowed}; passed over");
                self.note(entry.line, section, Some(entry), &why);
                return Ok(());
            }
        }
        if is_dll(tag) && has_suffix(&entry.value) {
            let why = "MAPI adds the 32 itself, it must not be written: read without it";
            self.note(entry.line, section, Some(entry), why);
        }
        Ok(())
    }

    fn unknown(&mut self, key: &str) -> String {
        let upper = key.to_ascii_uppercase();
        if upper.starts_with("PR_") && key.len() <= 64 && self.suggestions < MOST_SUGGESTIONS {
            self.suggestions += 1;
            if let Err(error) = names::parse_tag(&upper) {
                return error.to_string();
            }
        }
        "no property of MAPI, and not eight hexadecimal digits".to_owned()
    }

    /// The entries of a section that is no service's.
    fn entries(&mut self, name: &str) -> &'a [Entry] {
        self.section(name).map_or(&[], |s| s.entries.as_slice())
    }

    /// A section, which something refers to from now on.
    fn section(&mut self, name: &str) -> Option<&'a Section> {
        let at = self.sections.iter().position(|s| same(&s.name, name))?;
        *self.used.get_mut(at)? = true;
        self.sections.get(at)
    }

    fn defect(
        &mut self,
        service: &mut Service,
        line: u32,
        section: &str,
        entry: Option<&Entry>,
        why: &str,
    ) {
        let defect = diagnostic(line, section, entry, why);
        if service.defects.len() < MOST_DEFECTS {
            service.defects.push(defect.clone());
        }
        defect.tell(&mut self.notes);
    }

    fn note(&mut self, line: u32, section: &str, entry: Option<&Entry>, why: &str) {
        diagnostic(line, section, entry, why).tell(&mut self.notes);
    }
}

fn diagnostic(line: u32, section: &str, entry: Option<&Entry>, why: &str) -> Diagnostic {
    let entry = entry.map_or(("", ""), |e| (&e.key, &e.value));
    Diagnostic::new(line, section, entry, why)
}

/// The property that a key names: eight hexadecimal digits or a name of MAPI, in any case. Texts are Unicode.
pub(crate) fn tag_of(key: &str) -> Option<PropTag> {
    let figures = key.len() == 8 && key.bytes().all(|b| b.is_ascii_hexdigit());
    let tag = if figures {
        u32::from_str_radix(key, 16).ok().map(PropTag)
    } else {
        names::tag(key).or_else(|| names::tag(&key.to_ascii_uppercase()))
    }?;
    Some(match tag.ty() {
        PropType::STRING8 => tag.with_type(PropType::UNICODE),
        PropType::MV_STRING8 => tag.with_type(PropType::MV_UNICODE),
        _ => tag,
    })
}

/// Why a section cannot have a property whatever its value.
fn refusal(tag: PropTag, section: &Properties) -> Option<&'static str> {
    if tag.is_named() || matches!(tag.id(), 0 | 0xFFFF) {
        return Some("a profile section has properties 0x0001 to 0x7FFF only: passed over");
    }
    if tag.is_secure() {
        return Some("secrets have no place in this file: passed over");
    }
    let known = section.value(tag).is_some();
    known.then_some("the property stands twice in its section: the first one counts")
}

fn is_dll(tag: PropTag) -> bool {
    [tags::PROVIDER_DLL_NAME.id(), tags::SERVICE_DLL_NAME.id()].contains(&tag.id())
}

fn has_suffix(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.strip_suffix(".dll").unwrap_or(&lower).ends_with("32")
}
