//! What can be set, and what a configuration says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use mapi_props::{Code, PropTag, PropType};
use mapi_spi::{Error, Result, ServiceConfig, Setting, SettingKind};

use crate::address::{self, Address};
use crate::spool::Spool;
use crate::trouble::{Deed, Rule};

/// Beside the profile's folder: all profiles of one home have it in common. No profile can have its name.
const DEFAULT_SPOOL: &str = ".spool";
/// Seconds between looks into the mailbox where nothing tells of news.
const DEFAULT_POLL: u64 = 60;

/// What a configuration says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    first: Address,
    pub(crate) addresses: Vec<Address>,
    /// Whose they are, for people.
    pub(crate) name: Option<String>,
    pub(crate) spool: Spool,
    /// Domains whose unknown addresses are refused; `None`: those that the machine and its mailboxes have.
    pub(crate) domains: Option<Vec<String>>,
    pub(crate) poll: Duration,
    pub(crate) troubles: Vec<Rule>,
}

/// The settings of the service.
pub(crate) fn schema() -> Vec<Setting> {
    let text = |key, id| Setting::new(key, PropTag::new(id, PropType::UNICODE), SettingKind::Text);
    let trouble = |key, id, what: &str| {
        let help = format!(
            "For tests: {what}. Steps: submit, write, commit, answer, receive, keep; `commit/3`: every third time."
        );
        text(key, id).explained(&format!("Trouble: {key}"), &help)
    };
    let spool = PropTag::new(0x6601, PropType::UNICODE);
    let poll = PropTag::new(0x6603, PropType::LONG);
    let shared = PropTag::new(0x6604, PropType::BOOLEAN);
    vec![
        text("address", 0x6600).required().explained(
            "Addresses",
            "Addresses of this mailbox, name@domain, parted by spaces or commas. The first is the one that it is known by.",
        ),
        text("name", 0x6608).explained("Name", "Whose the mailbox is, for people. Unless it is set: the first address before the @."),
        Setting::new("spool", spool, SettingKind::Path).explained(
            "Spool directory",
            "Where mail for this machine waits. Mailboxes with the same directory reach each other. Unless it is set: a directory that all profiles of the home have in common.",
        ),
        text("domains", 0x6602).explained(
            "Local domains",
            "Domains whose unknown addresses are refused rather than left to other transports. Unless they are set: localhost, the name of the machine, and the domains of all addresses in the spool directory.",
        ),
        Setting::new("poll", poll, SettingKind::Number { min: 1, max: 86_400 })
            .default(&DEFAULT_POLL.to_string())
            .explained("Seconds between looks", "How often the mailbox is looked into where the system tells of no news."),
        Setting::new("shared", shared, SettingKind::Switch)
            .default("no")
            .explained("Shared by a group", "Whether members of the spool directory's group may deliver too, and see what waits; else only its owner."),
        trouble("fail", 0x6605, "at which steps it fails"),
        trouble("delay", 0x6606, "at which steps it waits first, and for how many milliseconds: `write:250`"),
        trouble("hang", 0x6607, "at which steps it waits until the call is cancelled"),
    ]
}

impl Settings {
    /// The address that the mailbox is known by.
    pub(crate) const fn first(&self) -> &Address {
        &self.first
    }

    /// Reads a configuration.
    ///
    /// # Errors
    /// `MAPI_E_UNCONFIGURED` and `MAPI_E_INVALID_PARAMETER`, with the key, the value and what is allowed.
    pub(crate) fn read(config: &ServiceConfig) -> Result<Self> {
        let schema = schema();
        let key = |key: &str| config.values.get(key).filter(|value| !value.is_empty());
        for setting in &schema {
            if let Some(value) = key(&setting.key) {
                setting.check(value)?;
            }
        }
        let addresses = key("address").map_or("", String::as_str);
        let addresses = address::list(addresses).map_err(|word| {
            wrong(
                "address",
                &word,
                "an address, name@domain, of letters, digits and .!#$%&'*+-/=?^_`{|}~",
            )
        })?;
        let missing = "the setting `address` is missing: one or more addresses, name@domain";
        let first = addresses.first().cloned();
        let first = first.ok_or_else(|| Error::new(Code::UNCONFIGURED, missing))?;
        let shared = key("shared").is_some_and(|s| matches!(s.as_str(), "yes" | "true" | "on"));
        let poll = key("poll")
            .and_then(|s| s.trim().parse().ok())
            .unwrap_or(DEFAULT_POLL);
        let mut troubles = Vec::new();
        for deed in Deed::ALL {
            if let Some(rules) = key(deed.key()) {
                let rules = Rule::list(deed, rules)
                    .map_err(|word| wrong(deed.key(), &word, deed.allowed()))?;
                troubles.extend(rules);
            }
        }
        Ok(Self {
            first,
            addresses,
            name: key("name").cloned(),
            spool: Spool::new(spool_path(&config.base, key("spool"))?, shared),
            domains: key("domains").map(|d| domains(d)).transpose()?,
            poll: Duration::from_secs(poll),
            troubles,
        })
    }
}

/// The spool directory of a configuration.
pub(crate) fn spool_path(base: &Path, set: Option<&String>) -> Result<PathBuf> {
    match (set, base.parent()) {
        (Some(path), _) => Ok(base.join(path)),
        (None, Some(above)) => Ok(above.join(DEFAULT_SPOOL)),
        (None, None) => {
            let detail = "the setting `spool` is missing: a path, since the profile has no folder";
            Err(Error::new(Code::UNCONFIGURED, detail))
        }
    }
}

fn domains(text: &str) -> Result<Vec<String>> {
    let read = |word: &str| {
        let domain = word.trim_end_matches('.').to_lowercase();
        let good = address::is_domain(&domain);
        good.then_some(domain)
            .ok_or_else(|| wrong("domains", word, "a domain, for instance example.org"))
    };
    address::words(text).map(read).collect()
}

/// A value that cannot be.
fn wrong(key: &str, value: &str, allowed: &str) -> Error {
    let detail = format!("setting `{key}`: `{value}` is not {allowed}");
    Error::new(Code::INVALID_PARAMETER, detail)
}
