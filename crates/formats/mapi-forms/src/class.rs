//! Message classes: what is one, when two are the same, and what a class inherits from.
//! Reference: "MAPI Message Classes" (requirements MSG-02, FS-03)

/// The longest class, in characters.
pub const LONGEST: usize = 255;

/// Whether a text can be a message class: ASCII 32 to 127, not empty, at most 255 characters, no dot at its end.
///
/// ```
/// assert!(mapi_forms::class::is_class("IPM.Note"));
/// assert!(!mapi_forms::class::is_class("IPM.Note."));
/// ```
#[must_use]
pub fn is_class(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST
        && text.bytes().all(|b| (32..128).contains(&b))
        && !text.ends_with('.')
}

/// A class as it is compared: ASCII letters have no case.
#[must_use]
pub fn folded(class: &str) -> String {
    class.to_ascii_lowercase()
}

/// The class itself, then what is left after each loss of its last word: `IPM.Note.X`, `IPM.Note`, `IPM`.
///
/// ```
/// let all: Vec<_> = mapi_forms::class::line("IPM.Note.X").collect();
/// assert_eq!(all, ["IPM.Note.X", "IPM.Note", "IPM"]);
/// ```
pub fn line(class: &str) -> impl Iterator<Item = &str> {
    let first = (!class.is_empty()).then_some(class);
    std::iter::successors(first, |class| Some(class.rsplit_once('.')?.0))
        .filter(|class| !class.is_empty())
}

/// Whether `class` is `base` or inherits from it.
#[must_use]
pub fn is_a(class: &str, base: &str) -> bool {
    line(class).any(|one| one.eq_ignore_ascii_case(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_fall_back_word_by_word() {
        let all = |class| line(class).collect::<Vec<_>>();
        assert_eq!(all("IPM"), ["IPM"]);
        assert_eq!(all(""), Vec::<&str>::new());
        assert_eq!(all("..a"), ["..a", "."]);
        assert!(is_a("ipm.note.x", "IPM.Note") && !is_a("IPM.Notes", "IPM.Note"));
    }

    #[test]
    fn what_is_a_class() {
        for (class, good) in [
            ("IPM", true),
            ("IPM.Note.my form", true),
            ("", false),
            ("IPM.", false),
            ("IPM.\u{1f}", false),
            ("IPM.é", false),
        ] {
            assert_eq!(is_class(class), good, "{class:?}");
        }
        assert!(is_class(&"x".repeat(255)) && !is_class(&"x".repeat(256)));
    }
}
