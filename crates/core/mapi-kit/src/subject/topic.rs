//! The topic that replies share with what they answer: a subject without the prefixes of mail programs in any language.
//! Reference: RFC 5256 2.1 (base subject); the words are those that mail programs are known to write (issue 5, part E)

use std::collections::BTreeSet;
use std::sync::LazyLock;

use mapi_query::search_fold;

/// What stands before the colon of a reply's or a forwarded message's subject, by language. Case and marks do not count.
const PREFIXES: &[&str] = &[
    // English and, abbreviated from Latin, everywhere
    "re",
    "fw",
    "fwd",
    "ref",
    // German
    "aw",
    "antw",
    "antwort",
    "wg",
    "weitergeleitet",
    // French
    "tr",
    "rép",
    "réf",
    // Spanish, Portuguese, Catalan
    "rv",
    "res",
    "resp",
    "enc",
    "rte",
    "respuesta",
    // Italian
    "r",
    "rif",
    "risp",
    "i",
    "inoltra",
    "inoltro",
    // Dutch
    "beantw",
    "doorst",
    "betreft",
    // Danish, Norwegian, Swedish, Icelandic, Finnish, Estonian
    "sv",
    "vs",
    "vb",
    "vl",
    "vid",
    "fs",
    // Polish, Czech, Slovak, Croatian, Hungarian, Romanian, Latvian, Lithuanian
    "odp",
    "pd",
    "pdl",
    "odg",
    "prosl",
    "vá",
    "tov",
    "továbbítás",
    "válasz",
    "răsp",
    "atb",
    // Turkish, Welsh, Indonesian, Vietnamese, Azerbaijani
    "ynt",
    "ilt",
    "cyt",
    "yml",
    "bls",
    "trs",
    "tl",
    "trả lời",
    "cavab",
    // Greek
    "απ",
    "απάντηση",
    "σχετ",
    "πρθ",
    "προωθ",
    // Russian, Ukrainian, Bulgarian, Serbian
    "на",
    "отв",
    "ответ",
    "відп",
    "відповідь",
    "отг",
    "отговор",
    "одг",
    "пер",
    "пересл",
    "переслано",
    "прпр",
    // Hebrew, Arabic, Persian
    "תשובה",
    "תגובה",
    "השב",
    "הועבר",
    "رد",
    "إعادة توجيه",
    "پاسخ",
    // Chinese
    "回复",
    "回覆",
    "答复",
    "答覆",
    "转发",
    "轉發",
    "转寄",
    "轉寄",
    // Japanese
    "返信",
    "転送",
    // Korean, Thai, Hindi
    "회신",
    "답장",
    "전달",
    "ตอบ",
    "ตอบกลับ",
    "ส่งต่อ",
    "उत्तर",
];

/// The same, folded as subjects are.
static FOLDED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    PREFIXES
        .iter()
        .map(|p| search_fold(p).into_owned())
        .collect()
});

/// Bytes of the longest prefix, folded, with its number.
static LONGEST: LazyLock<usize> =
    LazyLock::new(|| FOLDED.iter().map(String::len).max().unwrap_or(0) + 8);

/// Bytes of a topic that count.
const TOPIC_BYTES: usize = 1024;

/// What conversations know of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectTopic {
    /// The subject without prefixes, folded (see `mapi_query::search_fold`), its words with single spaces between them.
    /// Tags of mailing lists (`[list]`) are kept. Cut to about 1024 bytes.
    pub topic: String,
    /// There was a prefix: it is the subject of a reply or of something forwarded.
    pub is_reply: bool,
}

/// Takes all prefixes of replies and forwarded messages off a subject.
///
/// ```
/// use mapi_kit::subject::topic;
///
/// let reply = topic("AW: Re[2]: [staff] 回复：Budget");
/// assert_eq!((reply.topic.as_str(), reply.is_reply), ("[staff] budget", true));
/// assert!(!topic("Note: Budget").is_reply);
/// ```
#[must_use]
pub fn topic(subject: &str) -> SubjectTopic {
    let folded = search_fold(subject);
    let mut rest = folded.trim_start();
    let (mut topic, mut is_reply) = (String::new(), false);
    loop {
        if let Some(after) = after_prefix(rest) {
            is_reply = true;
            rest = after.trim_start();
        } else if let Some((tag, after)) = list_tag(rest) {
            if !topic.split(' ').any(|known| known == tag) {
                push(&mut topic, tag);
            }
            rest = after.trim_start();
        } else {
            break;
        }
    }
    for word in rest.split_whitespace() {
        if topic.len() > TOPIC_BYTES {
            break;
        }
        push(&mut topic, word);
    }
    let end = topic.floor_char_boundary(TOPIC_BYTES);
    topic.truncate(end);
    SubjectTopic { topic, is_reply }
}

/// The subject without the prefixes of replies and forwarded messages, as it is written; tags of mailing lists stay.
///
/// ```
/// use mapi_kit::subject::without_prefixes;
///
/// assert_eq!(without_prefixes("AW: Re[2]: Budget: new"), "Budget: new");
/// assert_eq!(without_prefixes("[staff] Antwort：Budget"), "[staff] Budget");
/// assert_eq!(without_prefixes("Note: Budget"), "Note: Budget");
/// ```
#[must_use]
pub fn without_prefixes(subject: &str) -> String {
    let mut tags = String::new();
    let mut rest = subject.trim_start();
    loop {
        if let Some(after) = after_written_prefix(rest) {
            rest = after.trim_start();
        } else if let Some((tag, after)) = list_tag(rest)
            && let Some(after) = after_written_prefix(after.trim_start())
        {
            if !tags.split(' ').any(|known| known == tag) {
                push(&mut tags, tag);
            }
            rest = after.trim_start();
        } else {
            break;
        }
    }
    match list_tag(rest) {
        // Said again behind the prefix.
        Some((tag, after)) if tags.split(' ').any(|known| known == tag) => {
            push(&mut tags, after.trim_start());
        }
        _ => push(&mut tags, rest),
    }
    tags
}

/// The same as [`after_prefix`] for text that is not folded.
fn after_written_prefix(text: &str) -> Option<&str> {
    let head = text.get(..text.floor_char_boundary(*LONGEST * 2))?;
    let (colon, len) = head
        .char_indices()
        .find(|(_, c)| matches!(c, ':' | '\u{FF1A}' | '\u{FE55}'))
        .map(|(at, c)| (at, c.len_utf8()))?;
    let prefix = search_fold(text.get(..colon)?);
    after_prefix(&format!("{prefix}:"))?;
    text.get(colon + len..)
}

fn push(topic: &mut String, word: &str) {
    if !topic.is_empty() {
        topic.push(' ');
    }
    topic.push_str(word);
}

/// What follows a prefix with its number (`Re[2]`, `Re(2)`, `Re2`, `Re^2`, `Re*2`) and colon.
fn after_prefix(text: &str) -> Option<&str> {
    let head = text.get(..text.floor_char_boundary(*LONGEST))?;
    let colon = head.find(':')?;
    let (prefix, rest) = (text.get(..colon)?, text.get(colon + 1..)?);
    let word = prefix
        .trim_end()
        .trim_end_matches(|c: char| c.is_ascii_digit() || "[]()*^".contains(c))
        .trim_end();
    FOLDED.contains(word).then_some(rest)
}

/// A tag in brackets at the beginning, and what follows it; a tag alone is the subject itself.
fn list_tag(text: &str) -> Option<(&str, &str)> {
    let end = text.starts_with('[').then(|| text.find(']'))?? + 1;
    let (tag, rest) = text.split_at_checked(end)?;
    let plain = !tag.contains(char::is_whitespace) && !rest.trim().is_empty();
    plain.then_some((tag, rest))
}

#[cfg(test)]
mod tests {
    use super::{PREFIXES, topic, without_prefixes};

    fn check(subject: &str, expected: &str, is_reply: bool) {
        let found = topic(subject);
        assert_eq!(
            (found.topic.as_str(), found.is_reply),
            (expected, is_reply),
            "{subject}"
        );
    }

    #[test]
    fn prefixes_of_many_languages_come_off_repeatedly() {
        check("Budget", "budget", false);
        check("RE: Budget", "budget", true);
        check("re:Budget", "budget", true);
        check("Re : Budget", "budget", true);
        check("AW: WG: Budget", "budget", true);
        check("SV: VS: Budget", "budget", true);
        check("Re[2]: Fwd: Budget", "budget", true);
        check("RE(3): Budget", "budget", true);
        check("Re^2: Re*4: Re5: Budget", "budget", true);
        check("İLT: YNT: Bütçe", "butce", true);
        check("ΑΠ: ΣΧΕΤ: Θέμα", "θεμα", true);
        check("回复：转发: 预算", "预算", true);
        check("회신: 예산", &topic("예산").topic, true);
        check("Ответ: Пересл: Смета", "смета", true);
        check("  RE:   two   words ", "two words", true);
        for prefix in PREFIXES {
            check(&format!("{prefix}: Budget"), "budget", true);
            check(
                &format!("{}： Budget", prefix.to_uppercase()),
                "budget",
                true,
            );
        }
    }

    #[test]
    fn tags_of_lists_stay_and_what_is_no_prefix_too() {
        check("[list] Re: Budget", "[list] budget", true);
        check("Re: [list] Budget", "[list] budget", true);
        check("Re: [list] AW: [list] Budget", "[list] budget", true);
        check("[list] Budget", "[list] budget", false);
        check("[two words] Re: x", "[two words] re: x", false);
        check("Note: Budget", "note: budget", false);
        check("Regarding: x", "regarding: x", false);
        check("Re", "re", false);
        check("Re:", "", true);
        check("[x]", "[x]", false);
        check("", "", false);
        check("12: x", "12: x", false);
        check(": x", ": x", false);
        check(
            "a very long first part of a subject without any prefix: x",
            "a very long first part of a subject without any prefix: x",
            false,
        );
    }

    #[test]
    fn prefixes_come_off_and_the_rest_stays_as_written() {
        for (subject, rest) in [
            ("RE: Budget", "Budget"),
            ("AW: WG: Straße 2", "Straße 2"),
            ("İLT: YNT: Bütçe", "Bütçe"),
            ("回复：转发: 预算", "预算"),
            ("Re: [list] Re: a  b", "[list] a  b"),
            ("[list] Re: [list] x", "[list] x"),
            ("[list] x", "[list] x"),
            ("Note: x", "Note: x"),
            ("Re", "Re"),
            ("Re:", ""),
            ("", ""),
        ] {
            assert_eq!(without_prefixes(subject), rest, "{subject}");
        }
        for prefix in PREFIXES {
            assert_eq!(without_prefixes(&format!("{prefix}: Ä")), "Ä");
        }
        assert!(without_prefixes(&"Re: ".repeat(10_000)).is_empty());
        let _topic = without_prefixes(&"[a] ".repeat(10_000));
    }

    #[test]
    fn long_and_odd_subjects_are_bounded() {
        assert!(topic(&"é".repeat(100_000)).topic.len() <= 1024);
        assert!(topic(&"Re: ".repeat(100_000)).topic.is_empty());
        assert!(topic(&"[a] ".repeat(10_000)).topic.len() <= 1024);
    }
}
