//! What a profile says of reports: whether reading sends receipts, and where nondelivery reports are collected.
//! Reference: "Centralizing the Receipt of NDRs" (requirements AD-07, MSG-05); docs/design/arriving.md
//!
//! Kept in a section of the profile, so that any program with the profile does the same.

use mapi_props::{Code, Guid, PropTag, PropType, PropValue};
use mapi_spi::{Error, Result};

use crate::{MapiProp, SectionFlags, Session};

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reporting {
    /// Whether reading sends receipts.
    pub receipts: ReceiptPolicy,
    /// Where nondelivery reports are collected.
    pub central: Vec<CentralReports>,
}

impl Session {
    /// What the profile says of reports; the default where it says nothing.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_DATA` for what cannot be understood; those of [`Self::open_profile_section`].
    pub fn reporting(&self) -> Result<Reporting> {
        let section = match self.open_profile_section(SECTION, SectionFlags::NONE) {
            Ok(section) => section,
            Err(e) if e.code() == Code::NOT_FOUND => return Ok(Reporting::default()),
            Err(e) => return Err(e),
        };
        let read = section.get_props(&[RECEIPTS, CLASSES, BOXES, KEYWORDS])?;
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
        Ok(Reporting {
            receipts,
            central: rules.collect::<Result<_>>()?,
        })
    }

    /// Sets what the profile says of reports, from the next round of its spooler on.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a rule without class or address; those of [`Self::open_profile_section`]:
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
        let mut set = vec![(RECEIPTS, word)];
        if rules.is_empty() {
            section.delete_props(&[CLASSES, BOXES, KEYWORDS])?;
        } else {
            set.extend(lists);
        }
        section.set_props(&set).map(drop)
    }
}

fn unknown(what: &str) -> Error {
    let detail = format!("the profile says of reports what cannot be understood: {what}");
    Error::new(Code::CORRUPT_DATA, detail)
}
