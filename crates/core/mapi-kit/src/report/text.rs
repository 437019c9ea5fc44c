//! What a report says to a person, in words: PR_BODY, with the reason for each recipient and what can be done.
//! Reference: "Required Report Message Properties"; RFC 3463, RFC 3464 (requirement RP-01)

mod english;
mod french;
mod reason;

use std::fmt::Write as _;

use mapi_props::{FileTime, PropValue, Tag, TreeProps, tags};

use reason::Reason;

/// The language that reports are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// French.
    French,
}

impl Language {
    /// Its tag (RFC 5646): `en`, `fr`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// The language of a tag or of a locale's name: `fr-CH`, `fr_FR.UTF-8`. `None` for those that there are no words of.
    ///
    /// ```
    /// use mapi_kit::report::Language;
    ///
    /// assert_eq!(Language::of("fr_CA.UTF-8"), Some(Language::French));
    /// assert_eq!(Language::of("de"), None);
    /// ```
    #[must_use]
    pub fn of(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_', '.', '@']).next()?;
        let all = [Self::English, Self::French];
        all.into_iter()
            .find(|known| known.tag().eq_ignore_ascii_case(language))
    }

    const fn words(self) -> &'static Words {
        match self {
            Self::English => &english::WORDS,
            Self::French => &french::WORDS,
        }
    }
}

/// What a report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// NDR.
    Failed,
    /// DR.
    Delivered,
    /// IPNRN.
    Read,
    /// IPNNRN.
    NotRead,
}

/// The words of a language.
struct Words {
    /// What the subject begins with, by [`Says`].
    prefixes: [&'static str; 4],
    /// The first sentence, by [`Says`]; PR_REPORT_TEXT.
    sentences: [&'static str; 4],
    subject: &'static str,
    sent: &'static str,
    to: &'static str,
    when: &'static str,
    /// Above those who did not get it, and above those who did.
    not_to: &'static str,
    got: &'static str,
    no_subject: &'static str,
    somebody: &'static str,
    /// Before what the other side said.
    said: &'static str,
    /// What can be done after a failure.
    advice: &'static str,
    reason: fn(Reason) -> &'static str,
}

impl Words {
    const fn at(all: &[&'static str; 4], says: Says) -> &'static str {
        let [failed, delivered, read, not_read] = *all;
        match says {
            Says::Failed => failed,
            Says::Delivered => delivered,
            Says::Read => read,
            Says::NotRead => not_read,
        }
    }
}

/// The subject's prefix.
pub(super) const fn prefix(language: Language, says: Says) -> &'static str {
    Words::at(&language.words().prefixes, says)
}

/// The first sentence, which is PR_REPORT_TEXT.
pub(super) const fn sentence(language: Language, says: Says) -> &'static str {
    Words::at(&language.words().sentences, says)
}

/// The text of a report that has its properties and the rows that it tells of. Lines end as those of PR_BODY do.
pub(super) fn body(
    report: &TreeProps,
    rows: &[TreeProps],
    says: Says,
    language: Language,
) -> String {
    let words = language.words();
    let mut text = String::new();
    line(&mut text, sentence(language, says));
    line(&mut text, "");
    let subject = report.text(tags::ORIGINAL_SUBJECT).unwrap_or_default();
    let subject = match one_line(subject) {
        none if none.is_empty() => words.no_subject.to_owned(),
        subject => subject,
    };
    field(&mut text, words.subject, &subject);
    let to = one_line(report.text(tags::ORIGINAL_DISPLAY_TO).unwrap_or_default());
    if !to.is_empty() {
        field(&mut text, words.to, &to);
    }
    if let Some(sent) = time(report, tags::ORIGINAL_SUBMIT_TIME) {
        field(&mut text, words.sent, &clock(sent));
    }
    match says {
        Says::Failed => failures(&mut text, rows, words),
        Says::Delivered => deliveries(&mut text, rows, words),
        Says::Read => {
            if let Some(at) = time(report, tags::RECEIPT_TIME) {
                field(&mut text, words.when, &clock(at));
            }
        }
        Says::NotRead => {
            if let Some(at) = time(report, tags::REPORT_TIME) {
                field(&mut text, words.when, &clock(at));
            }
        }
    }
    text
}

/// Those who did not get it, each with why.
fn failures(text: &mut String, rows: &[TreeProps], words: &Words) {
    line(text, "");
    line(text, words.not_to);
    for row in rows {
        line(text, "");
        line(text, &format!("  {}", who(row, words)));
        let long = |tag: Tag<i32>| row.value(tag).and_then(PropValue::as_long);
        let status = long(tags::NDR_STATUS_CODE).unwrap_or_default();
        let diagnostic = long(tags::NDR_DIAG_CODE).unwrap_or(reason::NO_DIAGNOSTIC);
        let why = (words.reason)(Reason::of(status, diagnostic));
        match reason::enhanced(status) {
            Some(code) => line(text, &format!("    {why} ({code})")),
            None => line(text, &format!("    {why}")),
        }
        let said = row.text(tags::SUPPLEMENTARY_INFO);
        let said = one_line(
            said.or_else(|| row.text(tags::REPORT_TEXT))
                .unwrap_or_default(),
        );
        if !said.is_empty() {
            line(text, &format!("    {} {said}", words.said));
        }
        if let Some(at) = time(row, tags::REPORT_TIME) {
            line(text, &format!("    {}", clock(at)));
        }
    }
    line(text, "");
    line(text, words.advice);
}

/// Those who got it, each with when.
fn deliveries(text: &mut String, rows: &[TreeProps], words: &Words) {
    line(text, "");
    line(text, words.got);
    for row in rows {
        match time(row, tags::DELIVER_TIME) {
            Some(at) => line(text, &format!("  {}, {}", who(row, words), clock(at))),
            None => line(text, &format!("  {}", who(row, words))),
        }
    }
}

/// `Bob <bob@b.example>`.
fn who(row: &TreeProps, words: &Words) -> String {
    let text = |tag: Tag<str>| one_line(row.text(tag).unwrap_or_default());
    let name = text(tags::DISPLAY_NAME);
    let address = match text(tags::SMTP_ADDRESS) {
        none if none.is_empty() => text(tags::EMAIL_ADDRESS),
        address => address,
    };
    match (name.is_empty(), address.is_empty()) {
        (true, true) => words.somebody.to_owned(),
        (true, false) => address,
        (false, true) => name,
        (false, false) if name == address => address,
        (false, false) => format!("{name} <{address}>"),
    }
}

/// What others wrote, in one line and without anything that moves a cursor.
fn one_line(text: &str) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let shown: String = text.chars().map(shown).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn field(text: &mut String, name: &str, value: &str) {
    line(text, &format!("{name} {value}"));
}

fn line(text: &mut String, line: &str) {
    // Writing into a text cannot fail.
    let _written = write!(text, "{line}\r\n");
}

fn time(props: &TreeProps, tag: Tag<FileTime>) -> Option<FileTime> {
    props.value(tag).and_then(PropValue::as_time)
}

/// `2026-11-23 09:15 UTC`.
fn clock(time: FileTime) -> String {
    let text = time.to_string();
    let (date, clock) = text.split_once('T').unwrap_or((&text, ""));
    let clock: String = clock.chars().take(5).collect();
    format!("{date} {clock} UTC")
}

#[cfg(test)]
mod tests;
