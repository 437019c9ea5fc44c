//! What a profile says of reports: whether reading sends receipts, when nondelivery is reported, in which language, and where
//! nondelivery reports are collected.
//! Reference: "Centralizing the Receipt of NDRs" (requirements AD-07, MSG-05); docs/design/arriving.md
//!
//! Kept in a section of the profile, so that any program with the profile does the same.

use std::sync::Arc;
use std::time::Duration;

use mapi_kit::report::Language as ReportLanguage;
use mapi_props::{Code, Guid, PropTag, PropType, PropValue};
use mapi_spi::{Call, Error, Result};

use crate::admin::Place;
use crate::session::Member;
use crate::{MapiProp, ProfileSection, SectionFlags, Session};

/// The section.
const SECTION: Guid = Guid([
    0x45, 0x4C, 0x43, 0x4D, 0x50, 0x52, 0x53, 0x54, 0x80, 0x00, 0x6D, 0x61, 0x6C, 0x6C, 0x65, 0x01,
]);
/// [`ReceiptPolicy`] by its word.
const RECEIPTS: PropTag = PropTag::new(0x6680, PropType::UNICODE);
/// Of each [`CentralReports`], one for one: class, `TYPE:address`, keywords with a line each.
const CLASSES: PropTag = PropTag::new(0x6681, PropType::MV_UNICODE);
const BOXES: PropTag = PropTag::new(0x6682, PropType::MV_UNICODE);
const KEYWORDS: PropTag = PropTag::new(0x6683, PropType::MV_UNICODE);
/// Hours; 0 for never.
const GIVE_UP: PropTag = PropTag::new(0x6684, PropType::LONG);
/// A tag, `fr`.
const LANGUAGE: PropTag = PropTag::new(0x6685, PropType::UNICODE);

const HOUR: u64 = 3600;
/// As mail servers do (RFC 5321 §4.5.4.1).
const FIVE_DAYS: Duration = Duration::from_secs(120 * HOUR);

/// How subjects of plain-text bounces begin, where nobody says otherwise.
const USUAL: [&str; 7] = [
    "Undeliverable",
    "Undelivered Mail Returned to Sender",
    "Delivery Status Notification (Failure)",
    "Mail delivery failed",
    "Returned mail",
    "Failure notice",
    "Non remis",
];

/// Whether a person who opens a message that asks for a read report sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ReceiptPolicy {
    /// The person is asked each time; nothing is sent where nobody can be asked.
    #[default]
    Ask,
    /// Never.
    Never,
    /// Always.
    Always,
}

impl ReceiptPolicy {
    /// The word for it: `ask`, `never`, `always`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Never => "never",
            Self::Always => "always",
        }
    }

    /// What a word means.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        let all = [Self::Ask, Self::Never, Self::Always];
        all.into_iter().find(|policy| policy.word() == word)
    }
}

/// Where nondelivery reports about messages of a class are sent on to, whoever made them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CentralReports {
    /// The class of the messages, `IPM.Note.App`, with those below it.
    pub class: String,
    /// Address type of the central box, `SMTP`.
    pub address_type: String,
    /// Its address.
    pub address: String,
    /// How subjects of bounces begin that are no reports, without case: `Undeliverable`.
    pub keywords: Vec<String>,
}

impl CentralReports {
    /// Reports about messages of `class` go to this SMTP address too, and bounces that are called what they usually are.
    #[must_use]
    pub fn new(class: impl Into<String>, address: impl Into<String>) -> Self {
        Self {
            class: class.into(),
            address_type: "SMTP".to_owned(),
            address: address.into(),
            keywords: USUAL.map(str::to_owned).to_vec(),
        }
    }
}

/// What a profile says of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reporting {
    /// Whether reading sends receipts.
    pub receipts: ReceiptPolicy,
    /// How long a message is tried before its sender is told that it was not delivered, in whole hours; `None`: for ever. Time that
    /// it is to wait for, or is held, does not count.
    pub give_up: Option<Duration>,
    /// What reports that are made here are written in.
    pub language: ReportLanguage,
    /// Where nondelivery reports are collected.
    pub central: Vec<CentralReports>,
}

impl Default for Reporting {
    fn default() -> Self {
        Self {
            receipts: ReceiptPolicy::default(),
            give_up: Some(FIVE_DAYS),
            language: ReportLanguage::default(),
            central: Vec::new(),
        }
    }
}

impl Reporting {
    /// What the profile of a member says.
    pub(crate) fn of(member: &Arc<Member>, call: &Call) -> Result<Self> {
        let place = Place::of(member, call);
        match ProfileSection::open(place, SECTION, SectionFlags::NONE) {
            Ok(section) => Self::read(&section),
            Err(e) if e.code() == Code::NOT_FOUND => Ok(Self::default()),
            Err(e) => Err(e),
        }
    }

    fn read(section: &ProfileSection) -> Result<Self> {
        let all = [RECEIPTS, CLASSES, BOXES, KEYWORDS, GIVE_UP, LANGUAGE];
        let read = section.get_props(&all)?;
        let mut values = read.ignore_warning().into_iter().map(|prop| prop.value);
        let receipts = match values.next() {
            Some(PropValue::Unicode(word)) => {
                ReceiptPolicy::of(&word).ok_or_else(|| unknown(&word))?
            }
            _ => ReceiptPolicy::default(),
        };
        let mut list = || match values.next() {
            Some(PropValue::MvUnicode(list)) => list,
            _ => Vec::new(),
        };
        let (classes, boxes, keywords) = (list(), list(), list());
        let give_up = match values.next() {
            Some(PropValue::Long(hours)) => hours_of(hours)?,
            _ => Some(FIVE_DAYS),
        };
        let language = match values.next() {
            Some(PropValue::Unicode(tag)) => {
                ReportLanguage::of(&tag).ok_or_else(|| unknown(&tag))?
            }
            _ => ReportLanguage::default(),
        };
        if classes.len() != boxes.len() || classes.len() != keywords.len() {
            return Err(unknown("rules of different numbers"));
        }
        let rules = classes.into_iter().zip(boxes).zip(keywords);
        let rules = rules.map(|((class, to), keywords)| {
            let (address_type, address) = to.split_once(':').ok_or_else(|| unknown(&to))?;
            Ok(CentralReports {
                class,
                address_type: address_type.to_owned(),
                address: address.to_owned(),
                keywords: keywords.lines().map(str::to_owned).collect(),
            })
        });
        Ok(Self {
            receipts,
            give_up,
            language,
            central: rules.collect::<Result<_>>()?,
        })
    }
}

impl Session {
    /// What the profile says of reports; the default where it says nothing.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_DATA` for what cannot be understood; those of [`Self::open_profile_section`].
    pub fn reporting(&self) -> Result<Reporting> {
        self.track(Reporting::of(&self.member, self.call()))
    }

    /// Sets what the profile says of reports, from the next round of its spooler on.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a rule without class or address, and for a time of less than an hour; those of [`Self::open_profile_section`]:
    /// `MAPI_E_NO_ACCESS` while somebody else reads or writes it.
    pub fn set_reporting(&self, reporting: &Reporting) -> Result<()> {
        let rules = &reporting.central;
        let blank = |rule: &CentralReports| {
            [&rule.class, &rule.address_type, &rule.address]
                .into_iter()
                .any(|text| text.trim().is_empty())
        };
        if rules.iter().any(blank) {
            let detail = "a central box needs the class of the messages and an address";
            return Err(Error::new(Code::INVALID_PARAMETER, detail));
        }
        let hours = reporting.give_up.map_or(Some(0), hours_in);
        let hours = hours.ok_or_else(|| {
            let detail = "messages are given up after a number of hours, or never";
            Error::new(Code::INVALID_PARAMETER, detail)
        })?;
        let section = self.open_profile_section(SECTION, SectionFlags::MODIFY)?;
        let list = |of: &dyn Fn(&CentralReports) -> String| {
            PropValue::MvUnicode(rules.iter().map(of).collect())
        };
        let lists = [
            (CLASSES, list(&|rule| rule.class.clone())),
            (
                BOXES,
                list(&|rule| format!("{}:{}", rule.address_type, rule.address)),
            ),
            (KEYWORDS, list(&|rule| rule.keywords.join("\n"))),
        ];
        let word = PropValue::Unicode(reporting.receipts.word().to_owned());
        let language = PropValue::Unicode(reporting.language.tag().to_owned());
        let mut set = vec![
            (RECEIPTS, word),
            (GIVE_UP, PropValue::Long(hours)),
            (LANGUAGE, language),
        ];
        if rules.is_empty() {
            section.delete_props(&[CLASSES, BOXES, KEYWORDS])?;
        } else {
            set.extend(lists);
        }
        section.set_props(&set).map(drop)
    }
}

/// How long so many hours are; never for none.
fn hours_of(hours: i32) -> Result<Option<Duration>> {
    let number = u64::try_from(hours).map_err(|_| unknown(&format!("{hours} hours")))?;
    Ok((number > 0).then(|| Duration::from_secs(number * HOUR)))
}

/// The hours of a time that has at least one.
fn hours_in(time: Duration) -> Option<i32> {
    let hours = i32::try_from(time.as_secs() / HOUR).ok();
    hours.filter(|hours| *hours > 0)
}

fn unknown(what: &str) -> Error {
    let detail = format!("the profile says of reports what cannot be understood: {what}");
    Error::new(Code::CORRUPT_DATA, detail)
}
