//! What the commands that write messages share: where a draft is made, what it says, and how it is shown or sent.

mod editor;
mod fields;
mod said;
mod shown;
mod signature;
mod whole;

use mapi::{
    BodyForm, Code, Compose, Folder, Identity, Language, MapiProp, Message, MsgStore, Quoting,
    SaveFlags, SpecialFolder, TreeFlags, tags,
};

use crate::app::App;
use crate::args::{ComposeArgs, FormName, LanguageName, QuoteArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;

use super::send::Departure;

pub(super) use editor::{TextFile, edit_draft, edit_text, left_text};
pub(super) use fields::{apply, categorise, people, when};
pub(super) use said::{Said, read_bytes, said};
pub(super) use shown::{DraftView, print_leaving, print_mail, print_mime};
pub(super) use signature::signed;
pub(super) use whole::{dropped, kept, sign};

/// Where a draft is made.
pub(super) struct Place {
    pub(super) folder: Folder,
    /// Its path; none of what is only shown.
    pub(super) path: Option<String>,
    /// Kept while a message that is only shown is looked at.
    _scratch: Option<mapi::Session>,
}

impl Place {
    /// The Drafts of a store; in a dry run a folder that nobody ever sees.
    pub(super) fn drafts(app: &App, store: &MsgStore) -> Outcome<Self> {
        if app.global.dry_run {
            return Self::scratch(app);
        }
        let folder = drafts_of(store).map_err(|e| app.failure(&e))?;
        Self::at(app, store, folder)
    }

    /// A folder that is named; in a dry run one that nobody ever sees.
    pub(super) fn at(app: &App, store: &MsgStore, folder: Folder) -> Outcome<Self> {
        if app.global.dry_run {
            return Self::scratch(app);
        }
        let path = store.path_of(&folder.entry_id());
        Ok(Self {
            path: Some(path.map_err(|e| app.failure(&e))?),
            folder,
            _scratch: None,
        })
    }

    fn scratch(app: &App) -> Outcome<Self> {
        let scratch = malle_host::drafts::scratch_folder();
        let (session, folder) = scratch.map_err(|e| app.failure(&e))?;
        Ok(Self {
            folder,
            path: None,
            _scratch: Some(session),
        })
    }
}

/// The Drafts folder, made where there is none.
fn drafts_of(store: &MsgStore) -> mapi::Result<Folder> {
    match store.special_folder(SpecialFolder::Drafts) {
        Err(e) if e.code() == Code::NOT_FOUND => {
            store.validate_ipm_subtree(TreeFlags::FULL_IPM_TREE)?;
            store.special_folder(SpecialFolder::Drafts)
        }
        other => other,
    }
}

/// The path of the Drafts folder of the default store.
pub(super) fn drafts_path(app: &App) -> Outcome<String> {
    let store = app.store()?;
    let path = || store.path_of(&store.special_id(SpecialFolder::Drafts)?);
    match path() {
        // One that nobody has made yet is named as it would be.
        Err(e) if e.code() == Code::NOT_FOUND => Ok("Drafts".to_owned()),
        other => other.map_err(|e| app.failure(&e)),
    }
}

/// The store in which an answer to `original` is made: its own if it is one of the profile that can be written, else the
/// default one.
pub(super) fn store_for(app: &App, original: &Message) -> Outcome<MsgStore> {
    if let Some(id) = original.short_id()
        && let Ok(store) = app.store_of(&id)
        && store.capabilities().write
    {
        return Ok(store);
    }
    app.store()
}

/// How messages are composed, as the command line says.
pub(super) fn compose(
    app: &App,
    args: &ComposeArgs,
    quote: Option<&QuoteArgs>,
    place: &Place,
) -> Outcome<Compose> {
    let form = match args.form {
        FormName::Original => BodyForm::AsOriginal,
        FormName::Text => BodyForm::Text,
        FormName::Html => BodyForm::Html,
    };
    let language = quote.and_then(|q| q.language).map(|name| match name {
        LanguageName::En => Language::English,
        LanguageName::Fr => Language::French,
        LanguageName::De => Language::German,
    });
    let quoting = match quote {
        Some(quote) if quote.no_quote => Quoting::Nothing,
        _ => Quoting::Whole,
    };
    Ok(Compose {
        folder: Some(place.folder.clone()),
        identity: identity(app, args.from.as_deref())?,
        form,
        quoting,
        language,
        offset: offset(app),
        ..Compose::default()
    })
}

/// Who writes, if the command line says.
pub(super) fn identity(app: &App, from: Option<&str>) -> Outcome<Option<Identity>> {
    let Some(from) = from else { return Ok(None) };
    let people = people(app, from)?;
    match people.as_slice() {
        [one] => Ok(Some(Identity {
            name: one.shown().to_owned(),
            address_type: one.address_type.clone(),
            address: one.address.clone(),
        })),
        _ => Err(bad_address(app, from)),
    }
}

/// Who the user is by what the profile says; none where nothing does.
pub(super) fn own_identity(app: &App, store: &MsgStore) -> Outcome<Option<Identity>> {
    let known = || -> mapi::Result<Option<Identity>> {
        let blank = malle_host::sending::outbox(store)?.compose(&Compose::default())?;
        let text = |tag| blank.find(tag).map(Option::unwrap_or_default);
        let identity = Identity {
            name: text(tags::SENDER_NAME)?,
            address_type: text(tags::SENDER_ADDRTYPE)?,
            address: text(tags::SENDER_EMAIL_ADDRESS)?,
        };
        Ok(Some(identity).filter(|identity| !identity.address.is_empty()))
    };
    known().map_err(|e| app.failure(&e))
}

/// Minutes east of UTC of this machine, now.
fn offset(app: &App) -> i16 {
    let now = jiff::Timestamp::now();
    let seconds = app.output.zone().to_offset(now).seconds();
    i16::try_from(seconds / 60).unwrap_or_default()
}

pub(super) fn bad_address(app: &App, text: &str) -> Failure {
    app.fail(Exit::Usage, "bad-address", Msg::BadAddress, &[&text])
}

/// What becomes of a draft whose author wrote nothing in the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untouched {
    /// It goes: nobody wanted it.
    Goes,
    /// It stays: it says something by itself.
    Stays,
}

/// What the command line says of a message that is composed.
pub(super) struct Rest<'a> {
    pub(super) args: &'a ComposeArgs,
    pub(super) said: &'a Said,
    pub(super) untouched: Untouched,
    pub(super) departure: Option<Departure>,
}

/// Gives a composed message its text and what else the command line says of it, goes into an editor if that is wanted, and
/// keeps it as a draft, sends it or prints it.
pub(super) fn finish(
    app: &App,
    message: &Message,
    place: &Place,
    rest: &Rest<'_>,
) -> Outcome<Exit> {
    apply(app, message, rest.args)?;
    let words = match rest.said {
        Said::Text(text) => text.as_str(),
        Said::Editor => "",
    };
    put_above(app, message, rest.args, words)?;
    let saved = message.save_changes(SaveFlags::KEEP_OPEN_READWRITE);
    saved.map_err(|e| app.failure(&e))?;
    let edited = *rest.said == Said::Editor && !app.global.dry_run;
    if edited && !edit_draft(app, message, rest.untouched)? {
        app.output.note(Msg::NothingWritten, &[]);
        return Ok(Exit::Ok);
    }
    written(app, message, place, rest.departure)
}

/// Sends a message that is kept, if that is wanted, and shows what became of it; in a dry run prints it.
pub(super) fn written(
    app: &App,
    message: &Message,
    place: &Place,
    departure: Option<Departure>,
) -> Outcome<Exit> {
    match (app.global.dry_run, departure) {
        (true, Some(_)) => print_leaving(app, message),
        (true, None) => print_mime(app, message),
        (false, Some(departure)) => super::send::send_one(app, message, departure),
        (false, None) => {
            app.output.show(&DraftView::of(app, message, place)?)?;
            Ok(Exit::Ok)
        }
    }
}

/// Puts words and a signature above what a message says already.
fn put_above(app: &App, message: &Message, args: &ComposeArgs, words: &str) -> Outcome<()> {
    let own = signed(app, message, args, words)?;
    if own.is_empty() {
        return Ok(());
    }
    let put = || {
        let below = message.find(tags::BODY)?.unwrap_or_default();
        let below = below.trim_start_matches(['\r', '\n']);
        let text = if below.is_empty() {
            own
        } else {
            format!("{own}\n\n{below}")
        };
        message.write_text(&text)
    };
    put().map(drop).map_err(|e| app.failure(&e))
}
