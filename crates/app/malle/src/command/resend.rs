//! `malle resend`: a message that came back, to those alone who did not get it, as a draft or sent.

use mapi::{Compose, SaveFlags};

use crate::app::App;
use crate::args::ResendArgs;
use crate::exit::{Exit, Outcome};

use super::composing::{Place, identity, store_for, written};
use super::send::Departure;

pub(super) fn run(app: &App, args: &ResendArgs) -> Outcome<Exit> {
    let departure = Departure::wanted(app, &args.now)?;
    let report = app.any_message(&args.id)?;
    let place = Place::drafts(app, &store_for(app, &report)?)?;
    let options = Compose {
        folder: Some(place.folder.clone()),
        identity: identity(app, args.from.as_deref())?,
        ..Compose::default()
    };
    let again = report.resend(&options).map_err(|e| app.failure(&e))?;
    let saved = again.save_changes(SaveFlags::KEEP_OPEN_READWRITE);
    saved.map_err(|e| app.failure(&e))?;
    written(app, &again, &place, departure)
}
