//! A home with a profile that sends and one that receives.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use malle_host::{Home, LOCAL_SERVICE, MalleHost, Profiles, default_config};
use mapi::{
    Folder, Host, Logon, Mapi, MapiProp, Message, ModifyMode, NewService, PropTag, PropValue,
    Session, SpecialFolder, recipient_type, tags,
};

pub(super) const SENDER: &str = "sender";
pub(super) const RECEIVER: &str = "receiver";
/// PR_SERVICE_NAME of local delivery.
const DELIVERY: &str = "MALLE_DELIVERY";
const DOMAIN: &str = "bench.example";

/// A home.
#[derive(Debug, Clone)]
pub(super) struct Scene(pub(super) PathBuf);

impl Scene {
    /// Makes it.
    pub(super) fn new(home: &Path) -> Result<Self> {
        let scene = Self(home.to_owned());
        let host = scene.host();
        for profile in [SENDER, RECEIVER] {
            let config = default_config(LOCAL_SERVICE).context("the local store is built in")?;
            host.create_profile(profile, LOCAL_SERVICE, config)?;
            let mapi = Mapi::initialize(Arc::clone(&host) as Arc<dyn Host>);
            let services = mapi.admin_profiles()?.admin_services(profile)?;
            let own = format!("{profile}@{DOMAIN}");
            services.create_service(&NewService::of(DELIVERY).set("address", &own))?;
        }
        Ok(scene)
    }

    pub(super) fn host(&self) -> Arc<MalleHost> {
        Arc::new(MalleHost::new(Profiles::of(Home::below(&self.0))))
    }

    pub(super) fn session(&self, profile: &str) -> Result<Session> {
        let mapi = Mapi::initialize(self.host() as Arc<dyn Host>);
        Ok(Session::logon(&mapi, Logon::profile(profile))?)
    }

    /// How many messages the receiver has.
    pub(super) fn received(inbox: &Folder) -> Result<u64> {
        Ok(inbox.counts()?.contents)
    }

    /// Every message that was received is there once, and those of each process are in the order in which it submitted them.
    pub(super) fn check_order(&self, messages: usize) -> Result<()> {
        let session = self.session(RECEIVER)?;
        let inbox = session.default_store()?.receive_folder("IPM.Note")?;
        let columns = [tags::ENTRYID.raw(), tags::SUBJECT.raw()];
        let rows = inbox
            .contents()
            .columns(columns)
            .open()?
            .query_all_rows(0)?;
        ensure!(
            rows.len() == messages,
            "{} of {messages} messages",
            rows.len()
        );
        let mut came = Vec::new();
        for row in rows {
            let subject = row.get(tags::SUBJECT).context("a subject")?;
            let (process, number) = subject.split_once(' ').context("two numbers")?;
            // Items are numbered as they are made.
            came.push((
                row.item(),
                process.parse::<usize>()?,
                number.parse::<usize>()?,
            ));
        }
        came.sort_unstable();
        let mut next = [0_usize; super::PROCESSES];
        for (_, process, number) in came {
            let due = next.get_mut(process).context("a process")?;
            ensure!(
                *due == number,
                "of process {process} came {number}, and {due} was due"
            );
            *due += 1;
        }
        Ok(())
    }
}

/// A message in the Outbox to these, as it is before it is submitted.
pub(super) fn message(session: &Session, subject: &str, to: &[String]) -> Result<Message> {
    let store = session.default_store()?;
    let outbox = store.special_folder(SpecialFolder::Outbox)?;
    let sent = store.special_id(SpecialFolder::SentItems)?;
    write(&outbox, sent.as_bytes(), subject, to)
}

/// The same where the folders are known.
pub(super) fn write(
    outbox: &Folder,
    sent_items: &[u8],
    subject: &str,
    to: &[String],
) -> Result<Message> {
    let message = outbox.create_message()?;
    message.set(tags::SUBJECT, subject)?;
    message.set(tags::MESSAGE_CLASS, "IPM.Note")?;
    message.set(
        tags::BODY,
        "Some lines of text, as people write them to each other.\r\n".repeat(20),
    )?;
    message.set(tags::SENTMAIL_ENTRYID, sent_items)?;
    let row = |address: &String| -> Vec<(PropTag, PropValue)> {
        vec![
            (tags::RECIPIENT_TYPE.into(), recipient_type::TO.into()),
            (tags::DISPLAY_NAME.into(), address.as_str().into()),
            (tags::ADDRTYPE.into(), "SMTP".into()),
            (tags::EMAIL_ADDRESS.into(), address.as_str().into()),
        ]
    };
    let rows: Vec<_> = to.iter().map(row).collect();
    message.modify_recipients(ModifyMode::Add, &rows)?;
    Ok(message)
}

/// The receiver's address, with this detail.
pub(super) fn address(detail: Option<usize>) -> String {
    match detail {
        None => format!("{RECEIVER}@{DOMAIN}"),
        Some(detail) => format!("{RECEIVER}+{detail}@{DOMAIN}"),
    }
}
