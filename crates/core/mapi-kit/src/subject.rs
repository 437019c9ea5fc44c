//! Prefix and rest of a subject.
//! Reference: "PR_SUBJECT_PREFIX", "PR_NORMALIZED_SUBJECT" (requirement OUT-03)

mod topic;

pub use topic::{SubjectTopic, topic, without_prefixes};

/// A subject taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectParts<'a> {
    /// PR_SUBJECT_PREFIX; `None` when there is none.
    pub prefix: Option<&'a str>,
    /// PR_NORMALIZED_SUBJECT: what follows the prefix.
    pub normalized: &'a str,
}

/// Takes a subject apart. An explicit prefix counts when the subject starts with it (an empty one always does), else
/// the prefix is one to three letters, a colon and a space. One level only.
///
/// ```
/// use mapi_kit::subject::split;
///
/// assert_eq!(split("RE: budget", None).normalized, "budget");
/// assert_eq!(split("AW: RE: a", None).normalized, "RE: a");
/// assert_eq!(split("Note: a", None).prefix, None);
/// assert_eq!(split("Antwort: a", Some("Antwort: ")).normalized, "a");
/// assert_eq!(split("RE: a", Some("")).normalized, "RE: a");
/// ```
#[must_use]
pub fn split<'a>(subject: &'a str, explicit: Option<&str>) -> SubjectParts<'a> {
    if let Some(rest) = explicit.and_then(|p| subject.strip_prefix(p)) {
        let (prefix, normalized) = subject.split_at(subject.len() - rest.len());
        return SubjectParts {
            prefix: Some(prefix),
            normalized,
        };
    }
    match standard_prefix(subject) {
        Some(len) => {
            let (prefix, normalized) = subject.split_at(len);
            SubjectParts {
                prefix: Some(prefix),
                normalized,
            }
        }
        None => SubjectParts {
            prefix: None,
            normalized: subject,
        },
    }
}

/// Bytes of the leading `letters: `, if there is one.
fn standard_prefix(subject: &str) -> Option<usize> {
    let (letters, rest) = subject.split_once(':')?;
    let count = letters.chars().count();
    let fits = (1..=3).contains(&count) && letters.chars().all(char::is_alphabetic);
    (fits && rest.starts_with(' ')).then(|| letters.len() + 2)
}

#[cfg(test)]
mod tests {
    use super::split;

    fn check(subject: &str, explicit: Option<&str>, prefix: Option<&str>, normalized: &str) {
        let parts = split(subject, explicit);
        assert_eq!(
            (parts.prefix, parts.normalized),
            (prefix, normalized),
            "{subject}"
        );
    }

    #[test]
    fn standard_prefixes() {
        check("RE: a", None, Some("RE: "), "a");
        check("Fwd: a", None, Some("Fwd: "), "a");
        check("Ré: a", None, Some("Ré: "), "a");
        check("答复: a", None, Some("答复: "), "a");
        check("Note: a", None, None, "Note: a");
        check("RE:a", None, None, "RE:a");
        check("12: a", None, None, "12: a");
        check("R2: a", None, None, "R2: a");
        check(": a", None, None, ": a");
        check("R E: a", None, None, "R E: a");
        check("", None, None, "");
        check("RE: ", None, Some("RE: "), "");
    }

    #[test]
    fn explicit_prefixes() {
        check("Antwort: a", Some("Antwort: "), Some("Antwort: "), "a");
        check("RE: b", Some("Antwort: "), Some("RE: "), "b");
        check("b", Some("Antwort: "), None, "b");
        check("RE: a", Some(""), Some(""), "RE: a");
    }
}
