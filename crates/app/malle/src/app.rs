//! One run of the command: its options, its output, and the session it opens when it needs one.

mod administration;

use std::cell::OnceCell;
use std::fmt::Display;
use std::sync::Arc;

use malle_host::secrets::{AskNobody, Secrets};
use malle_host::{CreateError, Home, LogChoice, MalleHost, ProfileError, Profiles, interruptible};
use malle_views::Letters;
use mapi::{Host, Logon, Mapi, MapiProp, MsgStore, Session, ShortId};
use mapi_props::{Code, Guid, Kind, tags};

use crate::args::Global;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::output::Output;
use crate::passphrase::{self, AtTerminal};
use crate::progress::Progress;
use crate::terminal;

/// Whether a command changes stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    /// It changes nothing, but shows what may be changed.
    Inspect,
    Write,
}

/// What every command works with.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) global: Global,
    pub(crate) output: Output,
    access: Access,
    host: OnceCell<Arc<MalleHost>>,
    session: OnceCell<Session>,
    letters: OnceCell<Letters>,
}

impl App {
    pub(crate) fn new(global: Global, access: Access) -> Self {
        Self {
            output: Output::new(&global),
            global,
            access,
            host: OnceCell::new(),
            session: OnceCell::new(),
            letters: OnceCell::new(),
        }
    }

    /// The same run over, with stores that may be written where that is possible.
    pub(crate) fn inspecting(&self) -> Self {
        Self::new(self.global.clone(), Access::Inspect)
    }

    /// The same run over, with stores open for reading.
    pub(crate) fn reading(&self) -> Self {
        Self::new(self.global.clone(), Access::Read)
    }

    /// The same run over, with stores open for writing.
    pub(crate) fn writing(&self) -> Self {
        Self::new(self.global.clone(), Access::Write)
    }

    /// Starts the log, if one is asked for.
    pub(crate) fn start(&self) -> Outcome<()> {
        let choice = self.log_choice()?;
        choice.start();
        Ok(())
    }

    /// Starts the log for a process that runs by itself: it informs, unless another choice was made.
    pub(crate) fn start_informing(&self) -> Outcome<()> {
        let chosen = self.global.quiet || self.global.verbose > 0 || !self.global.log.is_empty();
        if !chosen {
            let informing = LogChoice::parse(1, &[]);
            informing
                .map_err(|bad| Failure::usage(bad.to_string()))?
                .start();
        }
        Ok(())
    }

    fn log_choice(&self) -> Outcome<LogChoice> {
        LogChoice::parse(self.global.verbose, &self.global.log)
            .map_err(|bad| Failure::usage(bad.to_string()))
    }

    /// The host over this run's home.
    pub(crate) fn host(&self) -> Outcome<&Arc<MalleHost>> {
        if let Some(host) = self.host.get() {
            return Ok(host);
        }
        let home = Home::find(self.global.home.as_deref())
            .map_err(|e| Failure::new(Exit::Failure, "no-home", e.to_string()))?;
        let traced = self.log_choice()?.traces_spi();
        let mut host = MalleHost::new(Profiles::of(home.clone())).traced(traced);
        if let Some(terminal) = terminal::person(&self.output) {
            host = host.with_ui(Arc::new(terminal));
        }
        let host = Arc::new(host.with_secrets(self.secrets_of(home)));
        Ok(self.host.get_or_init(|| host))
    }

    /// The host of a process that runs by itself: nobody is asked for anything, and signals are its own affair.
    pub(crate) fn host_alone(&self) -> Outcome<MalleHost> {
        let home = Home::find(self.global.home.as_deref())
            .map_err(|e| Failure::new(Exit::Failure, "no-home", e.to_string()))?;
        let traced = self.log_choice()?.traces_spi();
        let file = self.global.passphrase_file.clone();
        let file = file.or_else(passphrase::file_from_environment);
        let secrets = Secrets::of(home.clone(), Arc::new(AskNobody), file);
        let host = MalleHost::new(Profiles::of(home)).traced(traced);
        Ok(host.with_secrets(secrets))
    }

    /// The secrets of this run's home: whoever sits at the terminal is asked for what opens them, if that is needed.
    fn secrets_of(&self, home: Home) -> Secrets {
        let asker = AtTerminal {
            lang: self.output.lang,
            call: self.cancellable(),
        };
        let file = self.global.passphrase_file.clone();
        Secrets::of(
            home,
            Arc::new(asker),
            file.or_else(passphrase::file_from_environment),
        )
    }

    /// The name of the profile to use.
    pub(crate) fn profile_name(&self) -> Outcome<String> {
        if let Some(name) = &self.global.profile {
            return Ok(name.clone());
        }
        match std::env::var("MALLE_PROFILE") {
            Ok(name) if !name.is_empty() => Ok(name),
            _ => {
                let name = self.host()?.profiles().default_name();
                name.map_err(|e| self.profile_failure(&e))
            }
        }
    }

    /// The session with the profile of this run.
    pub(crate) fn session(&self) -> Outcome<&Session> {
        if let Some(session) = self.session.get() {
            return Ok(session);
        }
        let name = self.profile_name()?;
        let host = Arc::clone(self.host()?);
        // The profile's own problems are told in its own words.
        host.profiles()
            .load(&name)
            .map_err(|e| self.profile_failure(&e))?;
        let mapi = Mapi::initialize(host as Arc<dyn Host>);
        let logon = || Logon::profile(&name).under(self.told(Msg::OpeningStores));
        let reading = || Session::logon(&mapi, logon().read_only());
        let writing = || Session::logon(&mapi, logon());
        let session = match self.access {
            Access::Read => reading(),
            // A session may lack its default store; to look at it reading may do.
            Access::Inspect => writing()
                .and_then(|session| session.default_store().map(|_| session))
                .or_else(|_| reading()),
            Access::Write => writing(),
        };
        let session = session.map_err(|e| self.failure(&e))?;
        for failed in session.failures() {
            let what: [&dyn Display; 3] =
                [&failed.service, &failed.display_name, &failed.error.detail];
            self.output.note(Msg::ServiceFailed, &what);
        }
        // What follows shows its own progress.
        let session = session.with_call(mapi::Call::default());
        Ok(self.session.get_or_init(|| session))
    }

    /// The default store.
    pub(crate) fn store(&self) -> Outcome<MsgStore> {
        self.session()?
            .default_store()
            .map_err(|e| self.failure(&e))
    }

    /// The store that an id belongs to.
    pub(crate) fn store_of(&self, id: &ShortId) -> Outcome<MsgStore> {
        self.store_by_letter(&id.store)
    }

    /// The store that goes by a letter.
    pub(crate) fn store_by_letter(&self, letter: &str) -> Outcome<MsgStore> {
        self.session()?.store_by_letter(letter).map_err(|e| {
            if e.code() == Code::NOT_FOUND {
                let profile = self.profile_name().unwrap_or_default();
                let said = self
                    .output
                    .lang
                    .say(Msg::UnknownStore, &[&letter, &profile]);
                return Failure::new(Exit::NotFound, "MAPI_E_NOT_FOUND", said);
            }
            self.failure(&e)
        })
    }

    /// The letters of this session's stores, for showing entry ids as short ids.
    pub(crate) fn letters(&self) -> &Letters {
        self.letters.get_or_init(|| {
            let stores = self.session.get().and_then(|s| s.stores().ok());
            let letter = |store: &MsgStore| {
                let key: Vec<u8> = store.get(tags::RECORD_KEY).ok()?;
                let uid = Guid(key.try_into().ok()?);
                Some((uid, store.letter().to_owned()))
            };
            Letters::of(stores.iter().flatten().filter_map(letter))
        })
    }

    /// A failure of the client API.
    pub(crate) fn failure(&self, error: &mapi::Error) -> Failure {
        let code = error.code();
        let name = code
            .name()
            .map_or_else(|| code.to_string().into(), Into::into);
        Failure {
            exit: Exit::of(kind_behind(error)),
            code: name,
            message: malle_host::reason(error),
            hint: None,
        }
    }

    /// A failure of reading or writing profiles.
    pub(crate) fn profile_failure(&self, error: &ProfileError) -> Failure {
        let lang = self.output.lang;
        let (exit, code, message) = match error {
            ProfileError::Unknown { name } => (
                Exit::NotFound,
                "no-such-profile",
                lang.say(Msg::UnknownProfile, &[name]),
            ),
            ProfileError::NoneYet => {
                let text = lang.text(Msg::NoProfileYet);
                return Failure::new(Exit::NotFound, "no-profile", text)
                    .hint(lang.text(Msg::NoProfileYetHint));
            }
            ProfileError::NoDefault => {
                let text = lang.text(Msg::NoDefaultProfile);
                return Failure::new(Exit::NotFound, "no-default-profile", text)
                    .hint(lang.text(Msg::NoDefaultProfileHint));
            }
            ProfileError::Exists { name } => (
                Exit::Failure,
                "profile-exists",
                lang.say(Msg::ProfileExists, &[name]),
            ),
            ProfileError::BadName { name } => (
                Exit::Usage,
                "bad-profile-name",
                lang.say(Msg::BadProfileName, &[name]),
            ),
            other => (Exit::Failure, "profile", other.to_string()),
        };
        Failure::new(exit, code, message)
    }

    /// A profile that was not made.
    pub(crate) fn create_failure(&self, error: &CreateError) -> Failure {
        match error {
            CreateError::Profile(error) => self.profile_failure(error),
            CreateError::Store(error) => self.failure(error),
            other => Failure::new(Exit::Failure, "profile", other.to_string()),
        }
    }

    /// A sentence of the catalogue as a failure.
    pub(crate) fn fail(
        &self,
        exit: Exit,
        code: &'static str,
        msg: Msg,
        parts: &[&dyn std::fmt::Display],
    ) -> Failure {
        Failure::new(exit, code, self.output.lang.say(msg, parts))
    }

    /// Progress of a long command called `what`.
    pub(crate) fn progress(&self, what: Msg) -> Progress {
        Progress::new(
            &self.output,
            self.global.progress,
            self.output.lang.text(what),
        )
    }

    /// A call that Ctrl-C cancels.
    pub(crate) fn cancellable(&self) -> mapi::Call {
        mapi::Call {
            cancel: interruptible(),
            ..mapi::Call::default()
        }
    }
}

/// What a caller can do about an error: for a logon that failed, about what made it fail.
fn kind_behind(error: &mapi::Error) -> Kind {
    let cause = std::error::Error::source(error).and_then(|s| s.downcast_ref::<mapi::Error>());
    match cause {
        Some(cause) if error.kind() == Kind::Logon => kind_behind(cause),
        _ => error.kind(),
    }
}
