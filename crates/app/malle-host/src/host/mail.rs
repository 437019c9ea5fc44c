//! What the host does for mail: it finds who works as the spooler of a profile, or is that for the moment.
//! Reference: "Sending or Receiving a Message on Demand" (requirements TX-02, TX-04)

use std::sync::Arc;
use std::time::Duration;

use mapi::{FlushFlags, FlushRequest, Host, Profile, ValidateFlags};
use mapi_props::{Code, Guid};
use mapi_spi::{Call, Error, OpenMode, Result, Role};

use super::MalleHost;
use crate::control::{
    AT_ONCE, AskError, Failure, MailOrder, MailWanted, Reply, Request, ask_all, tell_all,
};
use crate::daemon::{Asking, Errand, Place, post_now};
use crate::lease::{NoAnswer, look};

/// How long who works as the spooler may take before it begins to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long others may take to hear that a profile is another now.
const HEARING: Duration = Duration::from_millis(300);

impl MalleHost {
    /// [`Host::flush`]: one store after the other.
    pub(super) fn flush_profile(
        &self,
        profile: &str,
        request: &FlushRequest,
        call: &Call,
    ) -> Result<Vec<Error>> {
        let host: Arc<dyn Host> = Arc::new(self.clone());
        if let Some(target) = request.target {
            has_transport(&host.profile(profile)?, target)?;
        }
        let wanted = MailWanted {
            up: request.flags.contains(FlushFlags::UPLOAD),
            down: request.flags.contains(FlushFlags::DOWNLOAD),
            force: request.flags.contains(FlushFlags::FORCE),
            transport: request.target.map(|uid| uid.to_string()),
        };
        let (mut first, mut problems) = (Ok(()), Vec::new());
        for place in Place::all(&host, profile)? {
            if place.has_transports() {
                call.check()?;
                match self.flush_store(&place, &wanted, call) {
                    Ok(some) => problems.extend(some),
                    Err(error) => first = first.and(Err(error)),
                }
            }
        }
        first.map(|()| problems)
    }

    /// What went wrong with single transports and messages.
    ///
    /// # Errors
    /// What kept the round from its end.
    fn flush_store(&self, place: &Place, wanted: &MailWanted, call: &Call) -> Result<Vec<Error>> {
        let errand = Errand::round(wanted)?;
        let store = match place.open(OpenMode::ReadWrite, call) {
            Ok(store) if store.info().capabilities.submit => store.info().uid,
            // Nothing can be sent from it.
            Ok(_) => return Ok(Vec::new()),
            Err(e) if e.code() == Code::NO_SUPPORT => return Ok(Vec::new()),
            Err(e) => return Err(e),
        };
        let request = Request::Spool {
            store: Some(store.to_string()),
            wanted: wanted.clone(),
        };
        let asking = self.asking();
        match post_now(place, &errand, &request, &asking, &mut |_| (), call) {
            Ok(posted) => {
                let problems = posted.done.problems.iter();
                // What is about nothing in particular is the round itself.
                let (ended, of_some): (Vec<_>, Vec<_>) = problems.partition(|p| p.about.is_empty());
                match ended.first() {
                    Some(problem) => Err(failed(problem)),
                    None => Ok(of_some.into_iter().map(failed).collect()),
                }
            }
            Err(NoAnswer::Store(e)) if e.code() == Code::NO_SUPPORT => Ok(Vec::new()),
            Err(error) => Err(unanswered(error)),
        }
    }

    /// Has something done with messages that wait to be sent in the store of this letter: `items` are their numbers in it. What
    /// could not be done is told of each, by its short id.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for a profile or store that is not there; `MAPI_E_NO_SUPPORT` for a store without an outgoing queue;
    /// `MAPI_E_BUSY` if who works as the spooler does not answer; those of [`crate::lease::Lease::try_take`] and of the store.
    pub fn order_mail(
        &self,
        profile: &str,
        letter: &str,
        order: MailOrder,
        items: &[u64],
        call: &Call,
    ) -> Result<Vec<Failure>> {
        let host: Arc<dyn Host> = Arc::new(self.clone());
        let mut places = Place::all(&host, profile)?.into_iter();
        let place = places.find(|place| place.letter() == letter);
        let missing = || Error::new(Code::NOT_FOUND, "no store has this letter");
        let place = place.ok_or_else(missing)?;
        let store = place.open(OpenMode::ReadOnly, call)?.info().uid.to_string();
        let mut problems = Vec::new();
        for items in items.chunks(AT_ONCE) {
            let errand = Errand::order(order, items);
            let request = Request::Outbox {
                store: store.clone(),
                order,
                items: items.to_vec(),
            };
            let asking = self.asking();
            let posted = post_now(&place, &errand, &request, &asking, &mut |_| (), call);
            problems.extend(posted.map_err(unanswered)?.done.problems);
        }
        Ok(problems)
    }

    fn asking(&self) -> Asking<'_> {
        Asking {
            program: "malle",
            run: self.profiles().home().run_dir(),
            patience: PATIENCE,
        }
    }

    /// [`Host::validate_transports`]: every process of the home is told; only spoolers of the profile do something.
    pub(super) fn validate_profile(
        &self,
        profile: &str,
        target: Option<Guid>,
        flags: ValidateFlags,
        call: &Call,
    ) -> Result<()> {
        let request = Request::Transports {
            profile: profile.to_owned(),
            transport: target.map(|uid| uid.to_string()),
            flags: flags.bits(),
        };
        let run = self.profiles().home().run_dir();
        let mut first = Ok(());
        for (pid, answer) in ask_all(run, &request, PATIENCE, call) {
            let done = match answer {
                Ok(Reply::Done { problems, .. }) => {
                    problems.first().map_or(Ok(()), |p| Err(failed(p)))
                }
                // A program of another version knows no such question, and so no spooler.
                Ok(_) => Ok(()),
                Err(AskError::Silent) if !self.is_spooler(profile, pid, call) => Ok(()),
                Err(AskError::Silent) => Err(unanswered(NoAnswer::Ask(AskError::Silent))),
                Err(AskError::Call(error)) => Err(error),
                Err(_) => Ok(()),
            };
            first = first.and(done);
        }
        first
    }

    /// Whether this process is the spooler of a store of the profile.
    fn is_spooler(&self, profile: &str, pid: u32, call: &Call) -> bool {
        let host: Arc<dyn Host> = Arc::new(self.clone());
        let places = Place::all(&host, profile).unwrap_or_default();
        places.iter().any(|place| {
            let store = place.open(OpenMode::ReadOnly, call);
            let seen = store.and_then(|store| look(store.as_ref(), Role::Spooler, call));
            seen.is_ok_and(|seen| seen.held && seen.card.is_some_and(|card| card.pid == pid))
        })
    }

    /// Has the daemon, if one runs, read the profiles anew: it must let go of one that is to go, and use what is new.
    pub(super) fn tell_of_profiles(&self) {
        tell_all(self.profiles().home().run_dir(), &Request::Reload, HEARING);
    }
}

fn has_transport(profile: &Profile, uid: Guid) -> Result<()> {
    if profile.transports().iter().any(|(_, p)| p.uid == uid) {
        return Ok(());
    }
    let detail = format!("profile `{}` has no such transport", profile.name);
    Err(Error::new(Code::NOT_FOUND, detail))
}

/// What another process told, as an error of this one.
fn failed(problem: &Failure) -> Error {
    let code = Code::from_name(&problem.code).unwrap_or(Code::CALL_FAILED);
    let detail = match problem.about.as_str() {
        "" => problem.message.clone(),
        about => format!("{about}: {}", problem.message),
    };
    Error::new(code, detail)
}

fn unanswered(error: NoAnswer) -> Error {
    match error {
        NoAnswer::Store(error) => error,
        NoAnswer::Ask(AskError::Call(error)) => error,
        other => Error::new(Code::BUSY, other.to_string()),
    }
}
