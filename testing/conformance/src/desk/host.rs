//! Profiles of one host, with services of another.

use std::path::PathBuf;
use std::sync::Arc;

use mapi::{
    Call, FlushRequest, Form, FormHost, Guid, Headless, Host, HostFile, Profile, ProfileEntry,
    ProfileService, ProfileUse, Result, SectionAccess, Service, Support, UiHost, ValidateFlags,
};

use super::Services;
use crate::scripted::{Post, no_post};

/// A program over profiles that are kept elsewhere.
#[derive(Debug)]
pub(crate) struct OtherServices {
    pub(crate) profiles: Arc<dyn Host>,
    pub(crate) services: Services,
    pub(crate) defaults: Vec<String>,
    pub(crate) ui: Option<Arc<dyn UiHost>>,
    /// Who shows forms.
    pub(crate) form_host: Option<Arc<dyn FormHost>>,
    /// The spooler, if it has one.
    pub(crate) post: Option<Arc<Post>>,
}

impl OtherServices {
    /// With one service.
    pub(crate) fn of(profiles: Arc<dyn Host>, service: Arc<dyn Service>) -> Self {
        Self {
            profiles,
            services: vec![service],
            defaults: Vec::new(),
            ui: None,
            form_host: None,
            post: None,
        }
    }
}

impl Host for OtherServices {
    fn profile_names(&self) -> Result<Vec<String>> {
        self.profiles.profile_names()
    }

    fn default_profile(&self) -> Result<Option<String>> {
        self.profiles.default_profile()
    }

    fn profile(&self, name: &str) -> Result<Profile> {
        self.profiles.profile(name)
    }

    fn profile_base(&self, name: &str) -> PathBuf {
        self.profiles.profile_base(name)
    }

    fn open_file(&self, path: &str, call: &Call) -> Result<HostFile> {
        self.profiles.open_file(path, call)
    }

    fn profile_entries(&self) -> Result<Vec<ProfileEntry>> {
        self.profiles.profile_entries()
    }

    fn change_profile(
        &self,
        name: &str,
        change: &mut dyn FnMut(&mut Profile) -> Result<()>,
    ) -> Result<()> {
        self.profiles.change_profile(name, change)
    }

    fn create_profile(&self, profile: Profile) -> Result<()> {
        self.profiles.create_profile(profile)
    }

    fn remove_profile(&self, name: &str) -> Result<()> {
        self.profiles.remove_profile(name)
    }

    fn rename_profile(&self, name: &str, new: &str) -> Result<()> {
        self.profiles.rename_profile(name, new)
    }

    fn set_default_profile(&self, name: Option<&str>) -> Result<()> {
        self.profiles.set_default_profile(name)
    }

    fn use_profile(&self, name: &str) -> Result<Box<dyn ProfileUse>> {
        self.profiles.use_profile(name)
    }

    fn sole_use(&self, name: &str) -> Result<Option<Box<dyn ProfileUse>>> {
        self.profiles.sole_use(name)
    }

    fn use_section(
        &self,
        profile: &str,
        uid: Guid,
        access: SectionAccess,
    ) -> Result<Option<Box<dyn ProfileUse>>> {
        self.profiles.use_section(profile, uid, access)
    }

    fn service(&self, name: &str) -> Option<Arc<dyn Service>> {
        self.services.iter().find(|s| s.name() == name).cloned()
    }

    fn services(&self) -> Vec<Arc<dyn Service>> {
        self.services.clone()
    }

    fn default_services(&self) -> Vec<String> {
        self.defaults.clone()
    }

    fn ui(&self) -> Arc<dyn UiHost> {
        let nobody = || Arc::new(Headless) as Arc<dyn UiHost>;
        self.ui.clone().unwrap_or_else(nobody)
    }

    fn local_forms(&self) -> Result<Vec<Form>> {
        self.profiles.local_forms()
    }

    fn change_local_forms(
        &self,
        change: &mut dyn FnMut(&mut Vec<Form>) -> Result<()>,
    ) -> Result<()> {
        self.profiles.change_local_forms(change)
    }

    fn form_host(&self) -> Option<Arc<dyn FormHost>> {
        self.form_host.clone()
    }

    fn spools(&self) -> bool {
        self.post.is_some()
    }

    fn flush(
        &self,
        _profile: &str,
        request: &FlushRequest,
        call: &Call,
    ) -> Result<Vec<mapi_spi::Error>> {
        let post = self.post.as_ref().ok_or_else(no_post)?;
        post.flush(request, call)
    }

    fn validate_transports(
        &self,
        _profile: &str,
        target: Option<Guid>,
        flags: ValidateFlags,
        _call: &Call,
    ) -> Result<()> {
        let post = self.post.as_ref();
        post.map_or(Ok(()), |post| post.validate(target, flags))
    }

    fn support(&self, profile: &str, service: &ProfileService) -> Arc<dyn Support> {
        self.profiles.support(profile, service)
    }
}
