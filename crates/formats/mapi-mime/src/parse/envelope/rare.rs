//! Fields that only some mail has: categories, languages, what Exchange and its telephone say, news.
//! [MS-OXCMAIL] 2.2.3.2, RFC 5322 §3.6.5, RFC 5536

use mapi_props::person::READ_RECEIPT;
use mapi_props::{PropKey, PropName, PropValue, Tag, TreeValue, guids, tags};

use super::{Envelope, set_person};
use crate::header::{Field, address, language, words};
use crate::structure::short;

/// Fields whose text is a property's as it stands.
const TEXTS: &[(&str, Tag<str>)] = &[
    ("organization", tags::INTERNET_ORGANIZATION),
    ("organisation", tags::INTERNET_ORGANIZATION),
    ("precedence", tags::INTERNET_PRECEDENCE),
    ("newsgroups", tags::INTERNET_NEWSGROUPS),
    ("followup-to", tags::INTERNET_FOLLOWUP_TO),
    ("distribution", tags::INTERNET_DISTRIBUTION),
    ("approved", tags::INTERNET_APPROVED),
    ("control", tags::INTERNET_CONTROL),
    ("path", tags::INTERNET_NNTP_PATH),
    ("x-list-help", tags::LIST_HELP),
    ("x-list-subscribe", tags::LIST_SUBSCRIBE),
    ("x-list-unsubscribe", tags::LIST_UNSUBSCRIBE),
    (
        "x-ms-exchange-organization-prd",
        tags::PURPORTED_SENDER_DOMAIN,
    ),
    ("x-callingtelephonenumber", tags::SENDER_TELEPHONE_NUMBER),
    ("x-voicemessagesendername", tags::VOICE_MESSAGE_SENDER_NAME),
    ("x-attachmentorder", tags::VOICE_MESSAGE_ATTACHMENT_ORDER),
    ("x-callid", tags::CALL_ID),
];

/// Fields that are numbers.
const NUMBERS: &[(&str, Tag<i32>)] = &[
    ("lines", tags::INTERNET_LINES),
    ("x-faxnumberofpages", tags::FAX_NUMBER_OF_PAGES),
    ("x-ms-exchange-organization-scl", tags::CONTENT_FILTER_SCL),
];

/// The fields of PidLidClassification, …Description, …Guid and …Keep. [MS-OXCMAIL] 2.2.3.2.22
const CLASSIFICATION: &[(&str, u32)] = &[
    ("x-microsoft-classification", 0x85B6),
    ("x-microsoft-classdesc", 0x85B7),
    ("x-microsoft-classid", 0x85B8),
    ("x-microsoft-classkeep", CLASSIFICATION_KEEP),
];
const CLASSIFICATION_KEEP: u32 = 0x85BA;
/// PidLidClassified.
const CLASSIFIED: u32 = 0x85B5;

/// PidLidFlagRequest.
const FLAG_REQUEST: u32 = 0x8530;

/// Values that count only beside other fields, or without them.
#[derive(Default)]
pub(super) struct Late {
    accept_language: Option<String>,
    classified: bool,
    classification: Vec<(u32, PropValue)>,
    keywords: Vec<String>,
    keywords_seen: usize,
}

impl Envelope<'_> {
    /// Reads a field called `name`, in lower case, if it is one of these.
    pub(super) fn rare(&mut self, name: &str, field: &Field<'_>) {
        match name {
            "keywords" => self.keywords(field),
            "content-language" => self.language(field),
            "x-accept-language" => self.late.accept_language = Some(self.text(field)),
            "x-microsoft-classified" => {
                self.late.classified = self.text(field).eq_ignore_ascii_case("true");
            }
            "x-auto-response-suppress" => self.auto_response(field),
            "x-message-flag" => self.message_flag(field),
            "x-ms-exchange-organization-senderidresult" => self.sender_id(field),
            "x-ms-tnef-correlator" => {
                let key = field.unfolded(self.page).into_bytes();
                self.first(tags::TNEF_CORRELATION_KEY, field, key);
            }
            "prevent-nondelivery-report" => {
                let tag = tags::ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED;
                self.tree.props.set(tag, false);
            }
            _ => self.plain(name, field),
        }
    }

    fn plain(&mut self, name: &str, field: &Field<'_>) {
        if let Some((_, tag)) = TEXTS.iter().find(|(n, _)| *n == name) {
            let text = self.text(field);
            if !text.is_empty() {
                self.first(*tag, field, text);
            }
        } else if let Some((_, tag)) = NUMBERS.iter().find(|(n, _)| *n == name) {
            if let Ok(number) = self.text(field).parse::<i32>() {
                self.first(*tag, field, number);
            }
        } else if let Some((_, lid)) = CLASSIFICATION.iter().find(|(n, _)| *n == name) {
            let text = self.text(field);
            let value = match *lid {
                CLASSIFICATION_KEEP => PropValue::Bool(text.eq_ignore_ascii_case("true")),
                _ => PropValue::Unicode(text),
            };
            self.late.classification.push((*lid, value));
        }
    }

    /// Puts a named property of PSETID_Common.
    fn put_lid(&mut self, lid: u32, value: PropValue) {
        let name = PropName::id(guids::PSETID_COMMON, lid);
        self.tree
            .props
            .insert(PropKey::Named(name), TreeValue::Value(value));
    }

    /// Categories, several to a field and fields in any number. [MS-OXCMAIL] 2.1.3.2.1
    fn keywords(&mut self, field: &Field<'_>) {
        /// Words of hostile mail that are compared with those before.
        const LOOKED_AT: usize = 10_000;
        const MAX: usize = 1000;
        for word in list(&field.unfolded(self.page)) {
            let late = &mut self.late;
            if late.keywords_seen == LOOKED_AT || late.keywords.len() == MAX {
                return self.defect("too-many-keywords", format!("only the first {MAX} count"));
            }
            late.keywords_seen += 1;
            if !word.is_empty() && !late.keywords.contains(&word) {
                late.keywords.push(word);
            }
        }
    }

    /// The first language that is known. [MS-OXCMAIL] 2.2.3.2.11
    fn language(&mut self, field: &Field<'_>) {
        let text = self.text(field);
        match text.split([',', ' ']).find_map(language::locale_of) {
            Some(locale) => self.first(tags::MESSAGE_LOCALE_ID, field, locale),
            None => self.defect("unknown-language", short(&text)),
        }
    }

    /// [MS-OXCMAIL] 2.1.3.2.20
    fn auto_response(&mut self, field: &Field<'_>) {
        const KINDS: [&str; 6] = ["dr", "ndr", "rn", "nrn", "oof", "autoreply"];
        let text = self.text(field).to_ascii_lowercase();
        let bits = text.split([',', ' ']).fold(0, |bits, word| match word {
            "all" => -1,
            _ => bits | KINDS.iter().position(|k| *k == word).map_or(0, |n| 1 << n),
        });
        self.first(tags::AUTO_RESPONSE_SUPPRESS, field, bits);
    }

    /// What a sender asks to be done.
    fn message_flag(&mut self, field: &Field<'_>) {
        let text = self.text(field);
        if !text.is_empty() {
            self.put_lid(FLAG_REQUEST, PropValue::Unicode(text));
            // followupFlagged.
            self.first(tags::FLAG_STATUS, field, 2);
        }
    }

    /// [MS-OXCSPAM] 2.2.1.5
    fn sender_id(&mut self, field: &Field<'_>) {
        let text = self.text(field).to_ascii_lowercase();
        let status = match text.as_str() {
            "neutral" => 1,
            "pass" => 2,
            "fail" => 3,
            "softfail" => 4,
            "none" => 5,
            "temperror" => i32::MIN + 6,
            "permerror" => i32::MIN + 7,
            _ => return,
        };
        self.first(tags::SENDER_ID_STATUS, field, status);
    }

    /// Whom a read receipt goes to; the first field that names somebody counts.
    pub(super) fn read_receipt(&mut self, field: &Field<'_>) {
        self.flag(tags::READ_RECEIPT_REQUESTED);
        let key = PropKey::from(tags::READ_RECEIPT_ENTRYID.raw());
        let found = address::parse(&field.unfolded(self.page), 1).mailboxes;
        if let Some(person) = found.first().filter(|_| !self.tree.props.contains(&key)) {
            set_person(&mut self.tree.props, &READ_RECEIPT, person);
        }
    }

    /// Puts what depends on other fields.
    pub(super) fn put_late(&mut self) {
        let late = std::mem::take(&mut self.late);
        // Accept-Language counts more than the name it had before. [MS-OXCMAIL] 2.2.3.2.11
        let name = PropName::text(guids::PS_INTERNET_HEADERS, "Accept-Language");
        let key = PropKey::Named(name);
        if let Some(text) = late
            .accept_language
            .filter(|_| !self.tree.props.contains(&key))
        {
            let value = TreeValue::Value(PropValue::Unicode(text));
            self.tree.props.insert(key, value);
        }
        if !late.keywords.is_empty() {
            let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
            let value = TreeValue::Value(PropValue::MvUnicode(late.keywords));
            self.tree.props.insert(PropKey::Named(name), value);
        }
        if late.classified {
            self.put_lid(CLASSIFIED, PropValue::Bool(true));
            for (lid, value) in late.classification {
                self.put_lid(lid, value);
            }
        }
    }
}

/// The items between commas outside quotes, without quotes and decoded.
fn list(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            ',' | ';' if !quoted => {
                items.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(item) = items.last_mut() {
            match c {
                '\\' if quoted => item.extend(chars.next()),
                '"' => {}
                c => item.push(c),
            }
        }
    }
    let decoded = |item: String| words::decode(item.trim()).trim().to_owned();
    items.into_iter().map(decoded).collect()
}
