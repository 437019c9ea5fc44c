//! Asks whoever is the spooler of a store to work, or is that for the moment.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use malle_host::control::{
    AT_ONCE, Failure as Problem, MailOrder, MailTally, MailWanted, Request, WorkRow,
};
use malle_host::daemon::{Asking, Errand, MailDone, Place, Posted, post_now};
use malle_host::lease::NoAnswer;
use mapi::{Call, Host, MsgStore, ProgressEvent, ShortId};
use mapi_props::Code;

use crate::app::App;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;

use super::care;

/// What this process shows itself as while it is the spooler.
const PROGRAM: &str = "malle";
/// How long whoever is the spooler may take before it begins to answer, unless somebody says.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What a round did, over all stores of the profile.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    pub(super) tally: MailTally,
    pub(super) problems: Vec<Problem>,
    /// Why no round was done in a store.
    pub(super) failure: Option<Failure>,
    /// There is a transport.
    pub(super) any: bool,
    /// Ctrl-C ended it.
    pub(super) interrupted: bool,
}

/// Has the spooler of each store of the profile send and fetch. What goes wrong in one store keeps no other from it; an
/// interruption does.
pub(super) fn rounds(app: &App, wanted: &MailWanted, patience: Duration) -> Outcome<Rounds> {
    let (call, _watch) = app.watched(Msg::Sending);
    let errand = Errand::round(wanted).map_err(|e| app.failure(&e))?;
    let mut rounds = Rounds::default();
    for place in places(app)?.iter().filter(|place| place.has_transports()) {
        rounds.any = true;
        let request = |store: &str| Request::Spool {
            store: Some(store.to_owned()),
            wanted: wanted.clone(),
        };
        match post(app, place, &errand, &request, patience, &call) {
            Ok(Posted { done, .. }) => {
                rounds.tally = rounds.tally.and(done.tally);
                rounds.problems.extend(done.problems);
            }
            Err(NoAnswer::Store(e)) if e.code() == Code::NO_SUPPORT => {}
            Err(error) => {
                rounds.failure.get_or_insert(care::failure(app, &error));
            }
        }
        if call.cancel.is_cancelled() {
            rounds.interrupted = true;
            break;
        }
    }
    Ok(rounds)
}

/// Somebody ended the command while it waited for the spooler.
pub(super) fn interrupted(app: &App) -> Failure {
    let said = app.output.lang.text(Msg::FlushInterrupted);
    Failure::new(Exit::Interrupted, "MAPI_E_USER_CANCEL", said)
}

/// Has an order carried out about messages of one store; says which could not be.
pub(super) fn order(
    app: &App,
    store: &MsgStore,
    order: MailOrder,
    ids: &[ShortId],
) -> Outcome<Vec<Problem>> {
    let (call, _watch) = app.watched(Msg::Sending);
    let place = places(app)?
        .into_iter()
        .find(|place| place.letter() == store.letter());
    let no_queue = || app.fail(Exit::Failure, "MAPI_E_NO_SUPPORT", Msg::NoQueue, &[]);
    let place = place.ok_or_else(no_queue)?;
    let mut problems = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let items: Vec<u64> = some.iter().map(|id| id.item.0).collect();
        let errand = Errand::order(order, &items);
        let request = |store: &str| Request::Outbox {
            store: store.to_owned(),
            order,
            items: items.clone(),
        };
        let posted = post(app, &place, &errand, &request, PATIENCE, &call);
        let Posted { done, .. } = posted.map_err(|e| match call.cancel.is_cancelled() {
            true => interrupted(app),
            false => care::failure(app, &e),
        })?;
        let MailDone { problems: some, .. } = done;
        problems.extend(some);
    }
    Ok(problems)
}

/// The stores of the profile.
pub(super) fn places(app: &App) -> Outcome<Vec<Place>> {
    // One that is not there is told of in the user's words.
    app.profile()?;
    let host = Arc::clone(app.host()?) as Arc<dyn Host>;
    Place::all(&host, &app.profile_name()?).map_err(|e| app.failure(&e))
}

fn post(
    app: &App,
    place: &Place,
    errand: &Errand,
    request: &dyn Fn(&str) -> Request,
    patience: Duration,
    call: &Call,
) -> Result<Posted, NoAnswer> {
    let uid = place.open(mapi::OpenMode::ReadOnly, call)?.info().uid;
    let run = app
        .host()
        .map(|host| host.profiles().home().run_dir().to_owned());
    let run = run.unwrap_or_default();
    let asking = Asking {
        program: PROGRAM,
        run: Path::new(&run),
        patience,
    };
    let mut shown = |work: &WorkRow| {
        if let Some(progress) = &call.progress {
            progress.report(ProgressEvent {
                done: work.done,
                total: work.total,
            });
        }
    };
    post_now(
        place,
        errand,
        &request(&uid.to_string()),
        &asking,
        &mut shown,
        call,
    )
}
