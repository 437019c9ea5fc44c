//! The words around a quoted message: who wrote it and when, or the header of one that is forwarded.

use mapi_props::person::{REPRESENTING, SENDER};
use mapi_props::{FileTime, MessageTree, PropValue, Tag, TreeProps, recipient_type, tags};
use mapi_query::language::Day;

use super::Language;
use super::people::addressee;

/// People who are named in a header.
const NAMED_MAX: usize = 50;
/// Characters of a name.
const NAME_MAX: usize = 200;

/// The line above a quotation: `On Fri, 3 May 2024 at 10:12 UTC, Ann <ann@example.org> wrote:`
pub(super) fn line(original: &MessageTree, language: Language, offset: i16) -> String {
    let who = author(&original.props);
    let when = sent(&original.props).map(|time| Moment::of(time, offset));
    match (language, who, when) {
        (Language::English, Some(who), Some(when)) => {
            let date = date(&when, language);
            format!("On {date} at {}, {who} wrote:", when.clock())
        }
        (Language::French, Some(who), Some(when)) => {
            let date = date(&when, language);
            format!("Le {date} à {}, {who} a écrit\u{A0}:", when.clock())
        }
        (Language::German, Some(who), Some(when)) => {
            let date = date(&when, language);
            format!("Am {date} um {} schrieb {who}:", when.clock())
        }
        (Language::English, Some(who), None) => format!("{who} wrote:"),
        (Language::French, Some(who), None) => format!("{who} a écrit\u{A0}:"),
        (Language::German, Some(who), None) => format!("{who} schrieb:"),
        (Language::English, None, _) => "Original message:".to_owned(),
        (Language::French, None, _) => "Message d’origine\u{A0}:".to_owned(),
        (Language::German, None, _) => "Ursprüngliche Nachricht:".to_owned(),
    }
}

/// The header of a forwarded message: a title, then names and values. Hidden recipients are not named.
pub(super) fn header(
    original: &MessageTree,
    language: Language,
    offset: i16,
) -> (&'static str, Vec<(&'static str, String)>) {
    let (title, [from, date_word, subject, to, cc]) = match language {
        Language::English => (
            "---------- Forwarded message ----------",
            ["From:", "Date:", "Subject:", "To:", "Cc:"],
        ),
        Language::French => (
            "---------- Message transféré ----------",
            [
                "De\u{A0}:",
                "Date\u{A0}:",
                "Objet\u{A0}:",
                "À\u{A0}:",
                "Cc\u{A0}:",
            ],
        ),
        Language::German => (
            "---------- Weitergeleitete Nachricht ----------",
            ["Von:", "Datum:", "Betreff:", "An:", "Kopie:"],
        ),
    };
    let props = &original.props;
    let when = sent(props).map(|time| {
        let when = Moment::of(time, offset);
        format!("{}, {}", date(&when, language), when.clock())
    });
    let told = props.text(tags::SUBJECT).map(one_line);
    let people = |kind| names(&original.recipients, kind);
    let lines = [
        (from, author(props)),
        (date_word, when),
        (subject, told),
        (to, people(recipient_type::TO)),
        (cc, people(recipient_type::CC)),
    ];
    let said = lines
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)));
    (title, said.collect())
}

fn author(props: &TreeProps) -> Option<String> {
    let known = addressee(&REPRESENTING, props).or_else(|| addressee(&SENDER, props));
    if let Some(who) = known {
        let smtp = [
            tags::SENT_REPRESENTING_SMTP_ADDRESS,
            tags::SENDER_SMTP_ADDRESS,
        ];
        let smtp = smtp.into_iter().find_map(|tag| props.text(tag));
        // Addresses of other systems say nothing to people.
        let address = smtp.or_else(|| {
            let internet = who.address_type.eq_ignore_ascii_case("SMTP");
            internet.then_some(who.address.as_str())
        });
        return Some(person(&who.name, address.unwrap_or_default()));
    }
    let name = props
        .text(tags::SENT_REPRESENTING_NAME)
        .or_else(|| props.text(tags::SENDER_NAME));
    name.map(one_line).filter(|name| !name.is_empty())
}

/// `Ann <ann@example.org>`.
fn person(name: &str, address: &str) -> String {
    let (name, address) = (one_line(name), one_line(address));
    match (name.as_str(), address.as_str()) {
        ("", _) => address,
        (_, "") => name,
        (name, address) if name.eq_ignore_ascii_case(address) => name.to_owned(),
        (name, address) => format!("{name} <{address}>"),
    }
}

fn names(rows: &[TreeProps], kind: i32) -> Option<String> {
    let of_kind = |row: &&TreeProps| {
        let found = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
        found.map(|k| k & i32::MAX) == Some(kind)
    };
    let all: Vec<&TreeProps> = rows.iter().filter(of_kind).collect();
    let text = |row: &TreeProps, tag: Tag<str>| row.text(tag).unwrap_or_default().to_owned();
    let mut shown: Vec<String> = all
        .iter()
        .take(NAMED_MAX)
        .map(|row| {
            let smtp = text(row, tags::SMTP_ADDRESS);
            let internet = text(row, tags::ADDRTYPE).eq_ignore_ascii_case("SMTP");
            let address = match smtp.as_str() {
                "" if internet => text(row, tags::EMAIL_ADDRESS),
                _ => smtp,
            };
            person(&text(row, tags::DISPLAY_NAME), &address)
        })
        .filter(|name| !name.is_empty())
        .collect();
    if all.len() > NAMED_MAX {
        shown.push(format!("… (+{})", all.len() - NAMED_MAX));
    }
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// A value that came with a message, as one line of bounded length.
fn one_line(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let plain: String = plain.take(NAME_MAX * 5).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let line = words.join(" ");
    line.chars().take(NAME_MAX).collect()
}

fn sent(props: &TreeProps) -> Option<FileTime> {
    let time = |tag: Tag<FileTime>| props.value(tag).and_then(PropValue::as_time);
    time(tags::CLIENT_SUBMIT_TIME).or_else(|| time(tags::MESSAGE_DELIVERY_TIME))
}

/// A moment as a clock somewhere shows it.
struct Moment {
    day: Day,
    /// Days since Monday.
    weekday: usize,
    hour: u64,
    minute: u64,
    offset: i16,
}

/// 100 ns in a minute and in a day.
const MINUTE: u64 = 600_000_000;
const DAY: u64 = 1440 * MINUTE;

impl Moment {
    fn of(time: FileTime, offset: i16) -> Self {
        let moved = i64::from(offset).unsigned_abs() * MINUTE;
        let here = if offset < 0 {
            time.0.saturating_sub(moved)
        } else {
            time.0.saturating_add(moved)
        };
        Self {
            day: Day::utc(FileTime(here)),
            // 1 January 1601 was a Monday.
            weekday: usize::try_from(here / DAY % 7).unwrap_or(0),
            hour: here % DAY / (60 * MINUTE),
            minute: here % (60 * MINUTE) / MINUTE,
            offset,
        }
    }

    /// `10:12 +0200`, `08:12 UTC`.
    fn clock(&self) -> String {
        let zone = match self.offset {
            0 => "UTC".to_owned(),
            n => {
                let sign = if n < 0 { '-' } else { '+' };
                let n = n.unsigned_abs();
                format!("{sign}{:02}{:02}", n / 60, n % 60)
            }
        };
        format!("{:02}:{:02} {zone}", self.hour, self.minute)
    }
}

/// `Fri, 3 May 2024`, `ven. 3 mai 2024`, `Fr., 3. Mai 2024`.
fn date(when: &Moment, language: Language) -> String {
    let (weekdays, months) = match language {
        Language::English => (ENGLISH_DAYS, ENGLISH_MONTHS),
        Language::French => (FRENCH_DAYS, FRENCH_MONTHS),
        Language::German => (GERMAN_DAYS, GERMAN_MONTHS),
    };
    let weekday = weekdays.get(when.weekday).copied().unwrap_or_default();
    let month = usize::from(when.day.month()).saturating_sub(1);
    let month = months.get(month).copied().unwrap_or_default();
    let (day, year) = (when.day.day(), when.day.year());
    match language {
        Language::English => format!("{weekday}, {day} {month} {year}"),
        Language::French if day == 1 => format!("{weekday} 1er {month} {year}"),
        Language::French => format!("{weekday} {day} {month} {year}"),
        Language::German => format!("{weekday}, {day}. {month} {year}"),
    }
}

const ENGLISH_DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const FRENCH_DAYS: [&str; 7] = ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."];
const GERMAN_DAYS: [&str; 7] = ["Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So."];
const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const FRENCH_MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const GERMAN_MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

#[cfg(test)]
mod tests {
    use super::{Language, header, line};
    use mapi_props::{FileTime, MessageTree, TreeProps, recipient_type, tags};

    fn original(name: &str, address: &str, time: &str) -> MessageTree {
        let mut tree = MessageTree::default();
        let props = &mut tree.props;
        props.set(tags::SENT_REPRESENTING_NAME, name);
        if !address.is_empty() {
            props.set(tags::SENT_REPRESENTING_ADDRTYPE, "SMTP");
            props.set(tags::SENT_REPRESENTING_EMAIL_ADDRESS, address);
        }
        if let Ok(time) = time.parse::<FileTime>() {
            props.set(tags::CLIENT_SUBMIT_TIME, time);
        }
        tree
    }

    #[test]
    fn attributions_in_three_languages() {
        let ann = original("Ann", "ann@example.org", "2024-05-03T23:12:59Z");
        for (language, offset, expected) in [
            (
                Language::English,
                0,
                "On Fri, 3 May 2024 at 23:12 UTC, Ann <ann@example.org> wrote:",
            ),
            (
                Language::French,
                120,
                "Le sam. 4 mai 2024 à 01:12 +0200, Ann <ann@example.org> a écrit\u{A0}:",
            ),
            (
                Language::German,
                -210,
                "Am Fr., 3. Mai 2024 um 19:42 -0330 schrieb Ann <ann@example.org>:",
            ),
        ] {
            assert_eq!(line(&ann, language, offset), expected);
        }
        let bare = original("", "ann@example.org", "2024-09-01T00:00:00Z");
        assert_eq!(
            line(&bare, Language::French, 0),
            "Le dim. 1er septembre 2024 à 00:00 UTC, ann@example.org a écrit\u{A0}:"
        );
        let named = original("A\r\n\u{1b}nn", "", "");
        assert_eq!(line(&named, Language::English, 0), "A nn wrote:");
        let nobody = MessageTree::default();
        assert_eq!(
            line(&nobody, Language::German, 0),
            "Ursprüngliche Nachricht:"
        );
    }

    #[test]
    fn headers_name_who_may_be_named() {
        let mut tree = original("Ann", "ann@example.org", "2024-05-03T08:00:00Z");
        tree.props.set(tags::SUBJECT, "Budget");
        for (name, kind) in [
            ("Bob", recipient_type::TO),
            ("Cy", recipient_type::CC),
            ("Di", recipient_type::BCC),
        ] {
            let mut row = TreeProps::default();
            row.set(tags::RECIPIENT_TYPE, kind);
            row.set(tags::DISPLAY_NAME, name);
            tree.recipients.push(row);
        }
        let (_, lines) = header(&tree, Language::German, 0);
        let lines: Vec<String> = lines.iter().map(|(n, v)| format!("{n} {v}")).collect();
        let expected = [
            "Von: Ann <ann@example.org>",
            "Datum: Fr., 3. Mai 2024, 08:00 UTC",
            "Betreff: Budget",
            "An: Bob",
            "Kopie: Cy",
        ];
        assert_eq!(lines, expected);
        let row = tree.recipients[0].clone();
        tree.recipients.extend(vec![row; 99]);
        let (_, lines) = header(&tree, Language::English, 0);
        assert!(lines[3].1.ends_with("Bob, … (+50)"), "{}", lines[3].1);
    }
}
