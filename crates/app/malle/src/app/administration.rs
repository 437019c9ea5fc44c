//! What commands need that administer profiles and services.

use std::sync::Arc;

use mapi::{Host, Mapi, MsgServiceAdmin, ProfAdmin, Profile, Service};

use super::App;
use crate::args::AskArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::settings::{problem_behind, say_problem};

impl App {
    /// The library over this run's host, without a session.
    pub(crate) fn mapi(&self) -> Outcome<Mapi> {
        let host = Arc::clone(self.host()?);
        Ok(Mapi::initialize(host as Arc<dyn Host>))
    }

    /// Administers the profiles.
    pub(crate) fn profile_admin(&self) -> Outcome<ProfAdmin> {
        let admin = self.mapi()?.admin_profiles();
        let admin = admin.map_err(|e| self.failure(&e))?;
        Ok(admin.with_call(self.cancellable()))
    }

    /// Administers the services of this run's profile.
    pub(crate) fn service_admin(&self) -> Outcome<MsgServiceAdmin> {
        self.service_admin_of(&self.profile_name()?)
    }

    /// Administers the services of a profile.
    pub(crate) fn service_admin_of(&self, profile: &str) -> Outcome<MsgServiceAdmin> {
        self.profile_of(profile)?;
        let admin = self.profile_admin()?.admin_services(profile);
        admin.map_err(|e| self.failure(&e))
    }

    /// This run's profile as it is now.
    pub(crate) fn profile(&self) -> Outcome<Profile> {
        self.profile_of(&self.profile_name()?)
    }

    /// A profile as it is now.
    pub(crate) fn profile_of(&self, name: &str) -> Outcome<Profile> {
        let profile = self.host()?.profiles().load(name);
        profile.map_err(|e| self.profile_failure(&e))
    }

    /// Whether sessions use a profile.
    pub(crate) fn in_use(&self, profile: &str) -> Outcome<bool> {
        let alone = self.host()?.profiles().alone(profile);
        Ok(alone.map_err(|e| self.profile_failure(&e))?.is_none())
    }

    /// A service that this program has.
    pub(crate) fn known_service(&self, name: &str) -> Outcome<Arc<dyn Service>> {
        let host = self.host()?;
        let unknown = || {
            let failure = self.fail(
                Exit::Usage,
                "no-such-service",
                Msg::UnknownService,
                &[&name],
            );
            let services = host.services();
            let known: Vec<String> = services.iter().map(|s| s.name().to_owned()).collect();
            failure.hint(known.join(", "))
        };
        host.service(name).ok_or_else(unknown)
    }

    /// A failure of an entry point: what is wrong with a setting is told in the user's language.
    pub(crate) fn setting_failure(&self, error: &mapi::Error) -> Failure {
        match problem_behind(error) {
            Some(problem) => {
                let said = say_problem(self.output.lang, problem);
                Failure::new(Exit::Usage, "bad-setting", said)
            }
            None => self.failure(error),
        }
    }

    /// Fails where somebody is to be asked and nobody can be.
    pub(crate) fn can_ask(&self, ask: AskArgs) -> Outcome<()> {
        if !ask.ask || self.host()?.ui().is_there() {
            return Ok(());
        }
        Err(self.fail(Exit::Usage, "nobody-to-ask", Msg::NobodyToAsk, &[]))
    }
}
