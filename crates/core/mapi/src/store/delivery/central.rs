//! Nondelivery reports that are sent on to a central box. Reference: "Centralizing the Receipt of NDRs" (requirement AD-07)

use mapi_kit::tracking::{Track, told};
use mapi_props::entry_id::{OneOff, recipient_search_key};
use mapi_props::person::{RECEIVED_BY, RECEIVED_FOR};
use mapi_props::{
    MessageTree, PropTag, PropValue, RelOp, Restriction, Tag, TreeProps, object_type, tags,
};
use mapi_spi::Result;

use super::MsgStore;
use crate::placing::addressed_to;
use crate::reporting::CentralReports;

/// What a copy does not bring, with whom it was received by and for: how the message came here.
const LEFT: [PropTag; 8] = [
    tags::MESSAGE_TO_ME.raw(),
    tags::MESSAGE_CC_ME.raw(),
    tags::MESSAGE_RECIP_ME.raw(),
    tags::MESSAGE_DELIVERY_TIME.raw(),
    tags::TRANSPORT_MESSAGE_HEADERS.raw(),
    tags::INTERNET_MESSAGE_ID.raw(),
    tags::READ_RECEIPT_REQUESTED.raw(),
    tags::SEARCH_KEY.raw(),
];

/// So many colons a mail system puts before the subject that it returns, at most: each is looked for among all that was sent.
const PREFIXES: usize = 8;

impl MsgStore {
    /// Copies of an incoming message for the central boxes that want it; none of one that was itself sent on by a rule.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn sent_on(
        &self,
        message: &MessageTree,
        rules: &[CentralReports],
    ) -> Result<Vec<MessageTree>> {
        let forwarded = message.props.value(tags::AUTO_FORWARDED);
        if rules.is_empty() || forwarded.and_then(PropValue::as_bool) == Some(true) {
            return Ok(Vec::new());
        }
        let mut copies = Vec::new();
        for rule in rules.iter().filter(|rule| !self.is_own(rule)) {
            if self.is_wanted(message, rule)? {
                copies.push(copy_for(message, rule));
            }
        }
        Ok(copies)
    }

    /// The central box is this mailbox: the report is where it should be.
    fn is_own(&self, rule: &CentralReports) -> bool {
        let me = self.context.opened.place.identity.as_ref();
        let key = |kind: &str, address: &str| recipient_search_key(kind, address);
        me.is_some_and(|me| {
            key(&me.address_type, &me.address) == key(&rule.address_type, &rule.address)
        })
    }

    fn is_wanted(&self, message: &MessageTree, rule: &CentralReports) -> Result<bool> {
        let class = message.props.text(tags::MESSAGE_CLASS).unwrap_or_default();
        if let Some(about) = nondelivery_of(class) {
            return Ok(is_below(about, &rule.class) || self.is_about(message, rule)?);
        }
        if mapi_kit::report::is_report(&message.props) {
            return Ok(false);
        }
        let subject = message.props.text(tags::SUBJECT).unwrap_or_default();
        if begins_with_one(subject, &rule.keywords) {
            return Ok(true);
        }
        Ok(is_by_daemon(&message.props) && self.names_one_sent(subject, rule)?)
    }

    /// Whether the message that a report is about is of the class: reports that came as mail do not say so.
    fn is_about(&self, report: &MessageTree, rule: &CentralReports) -> Result<bool> {
        let Some(told) = told(report) else {
            return Ok(false);
        };
        if told.of.iter().all(|one| one.track != Track::NotDelivered) {
            return Ok(false);
        }
        let (store, call) = (self.context.spi()?, &self.context.call);
        let about = self.told_of(std::slice::from_ref(&told))?;
        for item in about.into_iter().flatten() {
            let data = store.message(item, call)?;
            let class = data.body.props.text(tags::MESSAGE_CLASS);
            if class.is_some_and(|class| is_below(class, &rule.class)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the end of a subject is the subject of a message of the class that was sent.
    fn names_one_sent(&self, subject: &str, rule: &CentralReports) -> Result<bool> {
        let mut rest = Some(subject.trim());
        for _ in 0..PREFIXES {
            let Some(text) = rest.filter(|text| !text.is_empty()) else {
                break;
            };
            let sent = Restriction::And(vec![
                Restriction::property(tags::SUBJECT, RelOp::Eq, text),
                Restriction::property(tags::MESSAGE_CLASS, RelOp::Eq, rule.class.as_str()),
            ]);
            if !self.among_sent(&sent, &[], 1)?.is_empty() {
                return Ok(true);
            }
            rest = text.split_once(':').map(|(_, after)| after.trim());
        }
        Ok(false)
    }
}

/// The class of the message that a nondelivery report of this class is about.
fn nondelivery_of(class: &str) -> Option<&str> {
    let (start, rest) = class.split_at_checked("REPORT.".len())?;
    let (about, end) = rest.split_at_checked(rest.len().checked_sub(".NDR".len())?)?;
    let is_one = start.eq_ignore_ascii_case("REPORT.") && end.eq_ignore_ascii_case(".NDR");
    is_one.then_some(about)
}

/// Whether `class` is this one, or one below it.
fn is_below(class: &str, of: &str) -> bool {
    class
        .split_at_checked(of.len())
        .is_some_and(|(start, rest)| {
            start.eq_ignore_ascii_case(of) && (rest.is_empty() || rest.starts_with('.'))
        })
}

fn begins_with_one(subject: &str, keywords: &[String]) -> bool {
    let subject = subject.trim().to_lowercase();
    let begins = |keyword: &String| {
        let keyword = keyword.trim().to_lowercase();
        let rest = subject.strip_prefix(&keyword);
        // A word, not the beginning of one.
        !keyword.is_empty() && rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    keywords.iter().any(begins)
}

/// Whether it is from a mail system: RFC 5321 §4.5.5 and what bounces are from.
fn is_by_daemon(props: &TreeProps) -> bool {
    let address = |tag: Tag<str>| props.text(tag).unwrap_or_default().to_ascii_lowercase();
    let from = [
        address(tags::SENT_REPRESENTING_EMAIL_ADDRESS),
        address(tags::SENDER_EMAIL_ADDRESS),
    ];
    from.iter().any(|address| {
        let local = address.split('@').next().unwrap_or_default();
        local == "mailer-daemon" || local == "postmaster"
    }) || from.iter().all(String::is_empty)
}

fn copy_for(message: &MessageTree, rule: &CentralReports) -> MessageTree {
    let mut copy = message.clone();
    copy.original = None;
    let receivers = RECEIVED_BY.all().chain(RECEIVED_FOR.all());
    for tag in LEFT.into_iter().chain(receivers) {
        copy.props.remove(&tag.into());
    }
    copy.props.set(tags::AUTO_FORWARDED, true);
    let mut to = TreeProps::default();
    to.set(tags::OBJECT_TYPE, object_type::MAILUSER);
    to.set(tags::DISPLAY_NAME, rule.address.as_str());
    to.set(tags::ADDRTYPE, rule.address_type.as_str());
    to.set(tags::EMAIL_ADDRESS, rule.address.as_str());
    to.set(
        tags::SEARCH_KEY,
        recipient_search_key(&rule.address_type, &rule.address),
    );
    if let Ok(id) = OneOff::new(&rule.address, &rule.address_type, &rule.address).encode() {
        to.set(tags::ENTRYID, id);
    }
    addressed_to(&mut copy, to);
    copy
}

#[cfg(test)]
mod tests {
    use super::{begins_with_one, is_below, nondelivery_of};

    #[test]
    fn classes_and_subjects_are_known() {
        let app = "IPM.Note.App";
        for (class, wanted) in [
            ("REPORT.IPM.Note.App.NDR", true),
            ("report.ipm.note.app.ndr", true),
            ("REPORT.IPM.Note.App.Order.NDR", true),
            ("REPORT.IPM.Note.Apple.NDR", false),
            ("REPORT.IPM.Note.NDR", false),
            ("REPORT.IPM.Note.App.DR", false),
            ("IPM.Note.App", false),
        ] {
            let about = nondelivery_of(class);
            assert_eq!(about.is_some_and(|a| is_below(a, app)), wanted, "{class}");
        }
        let keywords = ["Undeliverable".to_owned(), "Returned mail".to_owned()];
        for (subject, wanted) in [
            ("Undeliverable: Plans", true),
            ("undeliverable", true),
            (" RETURNED MAIL: see transcript", true),
            ("Undeliverables of May", false),
            ("About the Undeliverable: Plans", false),
            ("", false),
        ] {
            assert_eq!(begins_with_one(subject, &keywords), wanted, "{subject}");
        }
    }
}
