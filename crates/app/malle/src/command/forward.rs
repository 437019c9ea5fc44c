//! `malle forward`.

use mapi::ForwardAs;

use crate::app::App;
use crate::args::ForwardArgs;
use crate::exit::{Exit, Outcome};

use super::composing::{Place, Rest, Untouched, compose, finish, said, store_for};
use super::send::Departure;

pub(super) fn run(app: &App, args: &ForwardArgs) -> Outcome<Exit> {
    let departure = Departure::wanted(app, &args.now)?;
    let original = app.any_message(&args.id)?;
    let place = Place::drafts(app, &store_for(app, &original)?)?;
    let options = compose(app, &args.compose, Some(&args.quote), &place)?;
    let words = said(app, &args.compose)?;
    let form = if args.as_attachment {
        ForwardAs::Attachment
    } else {
        ForwardAs::Inline
    };
    let forward = original
        .forward(form, &options)
        .map_err(|e| app.failure(&e))?;
    let rest = Rest {
        args: &args.compose,
        said: &words,
        untouched: Untouched::Stays,
        departure,
    };
    finish(app, &forward, &place, &rest)
}
