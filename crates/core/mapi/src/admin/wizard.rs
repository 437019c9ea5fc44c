//! The profile wizard: a profile from a few pages, or services into the default one.
//! Reference: "Creating a Profile by Using the Profile Wizard", LaunchWizard (requirement PA-03)
//!
//! Nothing is made before the last page is accepted, and then all of it in one step: whoever gives up on any page leaves no half
//! profile. Each service that offers itself to the wizard has a page for its settings; the others keep their defaults.

mod pages;

use mapi_props::Code;
use mapi_spi::{Error, Result, Service, UiHost, WizardMove, WizardPage};
use std::sync::Arc;

use super::{MsgServiceAdmin, NewService, ProfAdmin};
use crate::{ProfileFlags, WizardFlags};
use pages::{Draft, Page};

impl ProfAdmin {
    /// Launches the profile wizard (LaunchWizard) on the host's user interface, and returns the name of the profile that it made
    /// or added to. `services`: which ones to begin with, by PR_SERVICE_NAME; with [`WizardFlags::HIDE_SERVICES_LIST`] these
    /// and no others. A new profile becomes the default one if there is none, or with [`WizardFlags::FIRST_PROFILE`].
    ///
    /// With [`WizardFlags::ADD_SERVICE_ONLY`] and a default profile nothing is asked, unless PROVIDER_UI_ONLY asks for the pages of
    /// the services: those of `services` that are not in it are added.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL`; `MAPI_E_LOGON_FAILED` where nobody can be asked; `MAPI_E_NOT_FOUND` for a service that this program
    /// does not have; `MAPI_E_NO_SUPPORT` for one that does not offer itself to the wizard; `MAPI_E_INVALID_PARAMETER` for
    /// PROVIDER_UI_ONLY alone; those of [`Self::create_profile_with`] and [`MsgServiceAdmin::create_service`]. No profile
    /// is made or changed then.
    pub fn launch_wizard(&self, flags: WizardFlags, services: &[&str]) -> Result<String> {
        self.errors.track(self.wizard(flags, services))
    }

    fn wizard(&self, flags: WizardFlags, services: &[&str]) -> Result<String> {
        self.check()?;
        let adds = flags.contains(WizardFlags::ADD_SERVICE_ONLY);
        let only_pages = flags.contains(WizardFlags::PROVIDER_UI_ONLY);
        if only_pages && !adds {
            let detail = "PROVIDER_UI_ONLY is for adding services: it needs ADD_SERVICE_ONLY";
            return Err(Error::new(Code::INVALID_PARAMETER, detail));
        }
        let named: Vec<Arc<dyn Service>> = services
            .iter()
            .map(|name| self.offered(name))
            .collect::<Result<_>>()?;
        let ui = self.subsystem.host.ui();
        let default = self.subsystem.host.default_profile()?;
        match default.filter(|_| adds) {
            Some(profile) => self.add_to_default(&profile, named, only_pages, &*ui),
            None => self.new_profile(flags, &named, &*ui),
        }
    }

    /// A service that offers itself to the wizard.
    fn offered(&self, name: &str) -> Result<Arc<dyn Service>> {
        let unknown = || Error::new(Code::NOT_FOUND, format!("there is no service `{name}`"));
        let service = self.subsystem.host.service(name).ok_or_else(unknown)?;
        if service.description().wizard {
            return Ok(service);
        }
        let detail = format!("`{name}` is not set up by the wizard: add it to a profile");
        Err(Error::new(Code::NO_SUPPORT, detail))
    }

    fn new_profile(
        &self,
        flags: WizardFlags,
        named: &[Arc<dyn Service>],
        ui: &dyn UiHost,
    ) -> Result<String> {
        let host = &self.subsystem.host;
        let mut offered: Vec<_> = host.services();
        offered.retain(|service| service.description().wizard);
        let is_first = host.default_profile()?.is_none();
        let mut draft = Draft::new(self.free_name()?, offered, named);
        let with_list = !flags.contains(WizardFlags::HIDE_SERVICES_LIST) && draft.has_choice();
        self.go_through(&mut draft, with_list, ui)?;
        let services = draft.services();
        let name = draft.name().to_owned();
        self.create(&name, ProfileFlags::NONE, &services)?;
        if is_first || flags.contains(WizardFlags::FIRST_PROFILE) {
            host.set_default_profile(Some(&name))?;
        }
        Ok(name)
    }

    /// A name that no profile has.
    fn free_name(&self) -> Result<String> {
        let numbers = std::iter::once(String::new()).chain((2..).map(|n: u32| format!("-{n}")));
        for number in numbers.take(1000) {
            let name = format!("mail{number}");
            match self.must_be_free(&name) {
                Ok(()) => return Ok(name),
                Err(e) if e.code() == Code::NO_ACCESS => {}
                Err(e) => return Err(e),
            }
        }
        Ok(String::new())
    }

    /// Page by page, on and back, until the last one is accepted.
    fn go_through(&self, draft: &mut Draft, with_list: bool, ui: &dyn UiHost) -> Result<()> {
        let mut at = 0;
        loop {
            let pages = draft.pages(with_list);
            let Some(page) = pages.get(at) else {
                return Ok(());
            };
            let shown = Shown {
                number: at + 1,
                has_back: at > 0,
                // More pages may come of what is ticked on the list.
                is_last: at + 1 == pages.len() && *page != Page::List,
            };
            match self.show(draft, *page, &shown, ui)? {
                WizardMove::Back => at = at.saturating_sub(1),
                WizardMove::Next => at += 1,
            }
        }
    }

    fn show(
        &self,
        draft: &mut Draft,
        page: Page,
        shown: &Shown,
        ui: &dyn UiHost,
    ) -> Result<WizardMove> {
        self.check()?;
        let check = |name: &str| super::profiles::check_name(name).and(self.must_be_free(name));
        draft.with_page(page, &check, &mut |sheet, data| {
            let page = WizardPage {
                sheet: *sheet,
                number: shown.number,
                has_back: shown.has_back,
                is_last: shown.is_last,
            };
            ui.wizard_page(&page, data, &self.call)
        })
    }

    fn add_to_default(
        &self,
        profile: &str,
        named: Vec<Arc<dyn Service>>,
        asks: bool,
        ui: &dyn UiHost,
    ) -> Result<String> {
        let there = self.subsystem.host.profile(profile)?.services;
        let is_there = |s: &Arc<dyn Service>| there.iter().any(|t| t.service == s.name());
        let missing: Vec<_> = named.into_iter().filter(|s| !is_there(s)).collect();
        let mut draft = Draft::new(profile.to_owned(), missing.clone(), &missing);
        if asks {
            self.settle_pages(&mut draft, ui)?;
        }
        let admin = self.admin_services(profile)?;
        add_all(&admin, &draft.services())?;
        Ok(profile.to_owned())
    }

    /// The pages of the services alone.
    fn settle_pages(&self, draft: &mut Draft, ui: &dyn UiHost) -> Result<()> {
        let pages = draft.setting_pages();
        let mut at = 0;
        while let Some(page) = pages.get(at) {
            let shown = Shown {
                number: at + 1,
                has_back: at > 0,
                is_last: at + 1 == pages.len(),
            };
            match self.show(draft, *page, &shown, ui)? {
                WizardMove::Back => at = at.saturating_sub(1),
                WizardMove::Next => at += 1,
            }
        }
        Ok(())
    }
}

struct Shown {
    number: usize,
    has_back: bool,
    is_last: bool,
}

/// Adds all services or none.
fn add_all(admin: &MsgServiceAdmin, services: &[NewService]) -> Result<()> {
    let mut added = Vec::new();
    for service in services {
        match admin.create_service(service) {
            Ok(uid) => added.push(uid),
            Err(error) => {
                for uid in added {
                    admin.delete_service(uid)?;
                }
                return Err(error);
            }
        }
    }
    Ok(())
}
