//! `malle reply` and `malle reply-all`.

use mapi::ReplyTo;

use crate::app::App;
use crate::args::ReplyArgs;
use crate::exit::{Exit, Outcome};

use super::composing::{Place, Rest, Untouched, compose, finish, said, store_for};
use super::send::Departure;

pub(super) fn run(app: &App, args: &ReplyArgs, to: ReplyTo) -> Outcome<Exit> {
    let departure = Departure::wanted(app, &args.now)?;
    let original = app.any_message(&args.id)?;
    let place = Place::drafts(app, &store_for(app, &original)?)?;
    let options = compose(app, &args.compose, Some(&args.quote), &place)?;
    let words = said(app, &args.compose)?;
    let reply = original.reply(to, &options).map_err(|e| app.failure(&e))?;
    let rest = Rest {
        args: &args.compose,
        said: &words,
        untouched: Untouched::Goes,
        departure,
    };
    finish(app, &reply, &place, &rest)
}
