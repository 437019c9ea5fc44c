//! A program with a store and scripted transports, its spooler, and a clock that stands until it is moved.

use std::sync::Arc;
use std::time::Duration;

use mapi::queue_state::Phase;
use mapi::{
    Call, EmbeddedHost, EntryId, FileTime, Identity, Logon, Mapi, Message, ModifyMode,
    MsgServiceAdmin, MsgStore, Profile, Reporting, Result, Service, Session, SpecialFolder,
    Support, SystemSupport, recipient_type, tags,
};
use mapi_kit::trace::TracedService;
use mapi_spooler::{Options, Round, Spooler, Wanted};
use testkit::FakeClock;
use testkit_transport::{Script, ScriptedService};

use crate::Fixture;
use crate::fixture::{by_subject, draft, prop, subjects};
use crate::scripted::{PROFILE, plain, scripted};
use crate::spooling::lease;

/// A transport: its letter, its address types, and the UID that it names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    letter: &'static str,
    types: &'static str,
    uid: Option<u128>,
    ways: &'static str,
}

/// One for these address types.
pub(crate) const fn line(letter: &'static str, types: &'static str) -> Line {
    Line {
        letter,
        types,
        uid: None,
        ways: "",
    }
}

impl Line {
    /// The same, in another way: `sends`, it brings nothing; `delivers`, what it has sent is delivered.
    pub(crate) const fn that(mut self, ways: &'static str) -> Self {
        self.ways = ways;
        self
    }

    /// The same, which also names this UID.
    pub(crate) const fn with_uid(mut self, uid: u128) -> Self {
        self.uid = Some(uid);
        self
    }
}

/// The program.
pub(crate) struct Post {
    pub(crate) scripted: Arc<ScriptedService>,
    pub(crate) clock: Arc<FakeClock>,
    mapi: Mapi,
    /// The store as somebody has it who is not the spooler.
    pub(crate) store: MsgStore,
    pub(crate) options: Options,
}

/// The host's side with the clock of the case. It moves a little each time it is asked, so that no two times are equal.
#[derive(Debug)]
struct Clocked(Arc<FakeClock>);

impl Support for Clocked {
    fn now(&self) -> FileTime {
        FileTime(self.0.advance(Duration::from_micros(10)))
    }

    fn random(&self, bytes: &mut [u8]) {
        SystemSupport.random(bytes);
    }
}

impl Post {
    /// One with these transports, in transport order.
    pub(crate) fn new(f: &Fixture, lines: &[Line]) -> Result<Self> {
        let services = lines.first().map(|_| service_of(f, lines));
        let mut store = plain(f, "a");
        store.identity = Some(Identity {
            name: "Me".to_owned(),
            address_type: "SMTP".to_owned(),
            address: "me@example.com".to_owned(),
        });
        let clock = Arc::new(FakeClock::default());
        let stores: Arc<dyn Service> = Arc::new(TracedService::new(f.ground().service()));
        let scripted = ScriptedService::over(Arc::clone(&stores));
        let host = EmbeddedHost::new()
            .service(stores)
            .service(Arc::clone(&scripted) as Arc<dyn Service>)
            .support(Arc::new(Clocked(Arc::clone(&clock))))
            .files(malle_host::open_referenced)
            .add_profile(Profile {
                name: PROFILE.to_owned(),
                services: [store].into_iter().chain(services).collect(),
                ..Profile::default()
            });
        let mapi = Mapi::initialize(Arc::new(host));
        let session = Session::logon(&mapi, Logon::profile(PROFILE))?;
        Ok(Self {
            scripted,
            clock,
            store: session.default_store()?,
            mapi,
            options: Options {
                patience: Duration::from_secs(20),
                ..Options::default()
            },
        })
    }

    /// A new spooler, under a new lease: an older one is the spooler no longer.
    pub(crate) fn spooler(&self, f: &Fixture) -> Result<Spooler> {
        self.spooler_with_session(f).map(|(_, spooler)| spooler)
    }

    /// The same, with the session that it works over.
    pub(crate) fn spooler_with_session(&self, f: &Fixture) -> Result<(Session, Spooler)> {
        let session = Session::logon(&self.mapi, Logon::profile(PROFILE).under(lease(f)?))?;
        let store = session.default_store()?;
        let spooler = Spooler::begin(&session, &store, self.options.clone())?;
        Ok((session, spooler))
    }

    /// Has the profile say this of reports.
    pub(crate) fn say(&self, reporting: &Reporting) -> Result<()> {
        Session::logon(&self.mapi, Logon::profile(PROFILE))?.set_reporting(reporting)
    }

    /// The services of its profile, to be changed.
    pub(crate) fn services(&self) -> Result<MsgServiceAdmin> {
        self.mapi.admin_profiles()?.admin_services(PROFILE)
    }

    /// What a transport does.
    pub(crate) fn script(&self, letter: &str) -> Arc<Script> {
        self.scripted.script(letter)
    }

    /// Subjects of what left by a transport, in order.
    pub(crate) fn left(&self, letter: &str) -> Vec<String> {
        let left = self.scripted.wire(letter).left();
        left.into_iter().map(|l| l.subject).collect()
    }

    /// To whom messages left by a transport.
    pub(crate) fn reached(&self, letter: &str) -> Vec<Vec<String>> {
        let left = self.scripted.wire(letter).left();
        left.into_iter().map(|l| l.recipients).collect()
    }

    /// A message of the Outbox, not submitted yet, to these addresses of these types.
    pub(crate) fn draft(&self, subject: &str, to: &[(&str, &str)]) -> Result<Message> {
        let outbox = self.store.special_folder(SpecialFolder::Outbox)?;
        let message = draft(&outbox, &[prop(tags::SUBJECT, subject)])?;
        let row = |(kind, address): &(&str, &str)| {
            vec![
                prop(tags::RECIPIENT_TYPE, recipient_type::TO),
                prop(tags::DISPLAY_NAME, *address),
                prop(tags::ADDRTYPE, *kind),
                prop(tags::EMAIL_ADDRESS, *address),
            ]
        };
        let rows: Vec<_> = to.iter().map(row).collect();
        message.modify_recipients(ModifyMode::Add, &rows)?;
        Ok(message)
    }

    /// Submits a message with this subject to these SMTP addresses.
    pub(crate) fn submit(&self, subject: &str, to: &[&str]) -> Result<EntryId> {
        let to: Vec<_> = to.iter().map(|address| ("SMTP", *address)).collect();
        submitted(&self.draft(subject, &to)?)
    }

    /// Subjects of what is in a folder, sorted.
    pub(crate) fn subjects(&self, folder: SpecialFolder) -> Result<Vec<String>> {
        subjects(&by_subject(&self.store.special_folder(folder)?)?)
    }

    /// The phases of what waits to be sent, in order.
    pub(crate) fn phases(&self) -> Result<Vec<Phase>> {
        let outbox = self.store.outbox()?;
        Ok(outbox.into_iter().map(|entry| entry.state.phase).collect())
    }
}

/// What the row of a transport, by its letter, says of how it stands in this session.
pub(crate) fn status_of(session: &Session, letter: &str) -> Result<String> {
    let rows = session.status_table().open()?.query_all_rows(0)?;
    let name = |name: Option<String>| name.is_some_and(|name| name.ends_with(letter));
    let row = rows.iter().find(|row| name(row.get(tags::DISPLAY_NAME)));
    let says = row.and_then(|row| row.get(tags::STATUS_STRING));
    Ok(says.unwrap_or_default())
}

/// The service with these transports.
fn service_of(f: &Fixture, lines: &[Line]) -> mapi::ProfileService {
    let letters: Vec<&str> = lines.iter().map(|l| l.letter).collect();
    let mut service = scripted(f, &[], &letters);
    for (provider, line) in service.providers.iter_mut().zip(lines) {
        let types = line.types.to_owned();
        provider.values.insert("types".to_owned(), types);
        provider
            .values
            .insert("ways".to_owned(), line.ways.to_owned());
        if let Some(uid) = line.uid {
            let uid = format!("{uid:032x}");
            provider.values.insert("uid".to_owned(), uid);
        }
    }
    service
}

/// Submits it.
pub(crate) fn submitted(message: &Message) -> Result<EntryId> {
    message.submit()?;
    Ok(message.entry_id().unwrap())
}

/// A round of whatever is due.
pub(crate) fn round(spooler: &Spooler) -> Result<Round> {
    spooler.round(&Wanted::due(), &Call::default())
}
