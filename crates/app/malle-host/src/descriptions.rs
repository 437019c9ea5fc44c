//! The message services that profiles can be made of: the program's own, and those that `mapisvc.inf` describes.
//! Reference: "File Format of MapiSvc.inf" (requirement MS-01)

mod described;
mod inf;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use mapi_spi::{Service, ServiceDescription};
use mapi_svc::Inf;

use crate::Home;
use crate::host::services;

/// All message services of a home.
///
/// A description adds a service, or extends the one of its name. The names of its library and its entry point select the
/// program's service that works for it; where none does, the service can be in profiles, but its providers fail to load.
#[derive(Debug)]
pub struct Catalogue {
    services: Vec<Arc<dyn Service>>,
    defaults: Vec<String>,
    notes: Vec<String>,
}

impl Catalogue {
    /// The services of the program, and those that the home describes. What is wrong with the descriptions is in
    /// [`Self::notes`]; it keeps nothing else from working.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        let mut catalogue = Self {
            services: services(),
            defaults: Vec::new(),
            notes: Vec::new(),
        };
        let path = home.descriptions_file();
        match fs::read(&path) {
            Ok(bytes) => catalogue.add(&path, &bytes),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => catalogue.notes.push(format!("{}: {e}", path.display())),
        }
        catalogue
    }

    /// The same with a service more, or in place of the one of its name: for a program that brings its own.
    #[must_use]
    pub fn with(mut self, service: Arc<dyn Service>) -> Self {
        self.services.retain(|s| s.name() != service.name());
        self.services.push(service);
        self
    }

    fn add(&mut self, path: &Path, bytes: &[u8]) {
        let (inf, notes) = match Inf::read(bytes) {
            Ok(read) => read,
            Err(e) => return self.notes.push(format!("{}: {e}", path.display())),
        };
        let notes = notes
            .iter()
            .map(|note| format!("{}: {note}", path.display()));
        self.notes.extend(notes);
        let known = self.services.clone();
        for service in &inf.services {
            let described = described::DescribedService::new(service, &known, path);
            let described: Arc<dyn Service> = Arc::new(described);
            let same = |s: &Arc<dyn Service>| s.name().eq_ignore_ascii_case(&service.name);
            match self.services.iter_mut().find(|s| same(s)) {
                Some(extended) => *extended = described,
                None => self.services.push(described),
            }
        }
        self.defaults = inf.default_services;
    }

    /// All services, in the order in which they are offered.
    #[must_use]
    pub fn services(&self) -> &[Arc<dyn Service>] {
        &self.services
    }

    /// The service of this name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&Arc<dyn Service>> {
        self.services.iter().find(|s| s.name() == name)
    }

    /// Names of the services that a new profile gets.
    #[must_use]
    pub fn default_services(&self) -> &[String] {
        &self.defaults
    }

    /// What is wrong with the descriptions, for people: file, line, key, value and what is allowed.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Descriptions of services as the text of a `mapisvc.inf`.
    #[must_use]
    pub fn inf_text<'a>(services: impl IntoIterator<Item = &'a ServiceDescription>) -> String {
        inf::of(services).to_string()
    }

    /// The settings of a service that nobody shall read in a profile's file.
    pub(crate) fn secure_keys(&self, service: &str) -> Vec<String> {
        let Some(service) = self.service(service) else {
            return Vec::new();
        };
        let description = service.description();
        let own = description.settings.iter();
        let of_providers = description.providers.iter().flat_map(|p| &p.settings);
        let secure = own.chain(of_providers).filter(|s| s.tag.is_secure());
        secure.map(|s| s.key.clone()).collect()
    }
}

#[cfg(test)]
mod tests;
