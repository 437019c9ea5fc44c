//! In which language the words around a quoted message are written.

use std::collections::HashMap;

use mapi_props::{MessageTree, PropValue, tags};

/// A language that attributions can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// French.
    French,
    /// German.
    German,
}

impl Language {
    /// The language of a tag (RFC 5646): `fr-CH` is French. `None` for languages that there are no words of.
    ///
    /// ```
    /// assert_eq!(mapi::Language::from_tag("de-CH"), Some(mapi::Language::German));
    /// assert_eq!(mapi::Language::from_tag("gsw"), None);
    /// ```
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_', '.', '@']).next()?;
        match language.to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "fr" => Some(Self::French),
            "de" => Some(Self::German),
            _ => None,
        }
    }

    /// Of a locale identifier, whose low ten bits are the language. [MS-LCID] 2.2
    fn from_locale(locale: i32) -> Option<Self> {
        match locale & 0x3FF {
            0x09 => Some(Self::English),
            0x0C => Some(Self::French),
            0x07 => Some(Self::German),
            _ => None,
        }
    }
}

/// The language of a message: what its text is clearly written in, else what it says of itself, else what its text is rather
/// written in, else English. Programs say their user's language of everything he writes, so that the text counts more.
pub(super) fn of(original: &MessageTree, text: &str, html: Option<&str>) -> Language {
    let found = guess(text);
    let told = || {
        let locale = original.props.value(tags::MESSAGE_LOCALE_ID);
        let locale = locale.and_then(PropValue::as_long);
        locale
            .and_then(Language::from_locale)
            .or_else(|| html.and_then(Language::from_tag))
    };
    match found {
        Some((language, true)) => language,
        rather => told()
            .or(rather.map(|(language, _)| language))
            .unwrap_or_default(),
    }
}

/// Words that are frequent in one of the languages and rare in the others.
const WORDS: [(Language, &[&str]); 3] = [
    (
        Language::English,
        &[
            "the", "and", "to", "of", "is", "you", "for", "that", "this", "with", "are", "have",
            "please", "thanks", "not", "it", "we", "be", "will", "your", "from", "would", "i",
        ],
    ),
    (
        Language::French,
        &[
            "le",
            "la",
            "les",
            "des",
            "et",
            "est",
            "vous",
            "pour",
            "que",
            "une",
            "dans",
            "avec",
            "nous",
            "merci",
            "bonjour",
            "je",
            "pas",
            "du",
            "au",
            "sur",
            "votre",
            "ce",
            "cordialement",
        ],
    ),
    (
        Language::German,
        &[
            "der",
            "das",
            "und",
            "ist",
            "nicht",
            "für",
            "mit",
            "ein",
            "eine",
            "wir",
            "sie",
            "ich",
            "bitte",
            "danke",
            "zu",
            "den",
            "auf",
            "guten",
            "hallo",
            "freundlichen",
            "von",
            "auch",
            "haben",
        ],
    ),
];

/// Words of a text that are looked at.
const LOOKED_AT: usize = 500;
/// So many words of a language, and twice those of the next, make it clear.
const CLEAR: usize = 5;

/// The language that most of the frequent words belong to, and whether that is clear; `None` for a tie, or no such word.
fn guess(text: &str) -> Option<(Language, bool)> {
    let known: HashMap<&str, usize> = WORDS
        .iter()
        .enumerate()
        .flat_map(|(n, (_, words))| words.iter().map(move |word| (*word, n)))
        .collect();
    let mut counts = [0_usize; WORDS.len()];
    // What was quoted is somebody else's.
    let lines = text.lines().filter(|line| !line.starts_with('>'));
    let words = lines.flat_map(|line| line.split(|c: char| !c.is_alphabetic()));
    for word in words.filter(|w| !w.is_empty()).take(LOOKED_AT) {
        if let Some(count) = known
            .get(word.to_lowercase().as_str())
            .and_then(|n| counts.get_mut(*n))
        {
            *count += 1;
        }
    }
    let mut ranked: Vec<(usize, Language)> = counts
        .into_iter()
        .zip(WORDS.map(|(language, _)| language))
        .collect();
    ranked.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let [(best, language), (next, _), ..] = ranked.as_slice() else {
        return None;
    };
    (best > next).then_some((*language, *best >= CLEAR && *best >= 2 * next))
}

#[cfg(test)]
mod tests {
    use super::{Language, of};
    use mapi_props::{MessageTree, tags};

    #[test]
    fn the_text_counts_then_what_the_message_says() {
        let plain = MessageTree::default();
        let mut french = MessageTree::default();
        french.props.set(tags::MESSAGE_LOCALE_ID, 0x100C);
        let english = "Thanks for this, I will have a look at the report and be with you soon.";
        let german = "Guten Tag, ich danke Ihnen für den Bericht und bitte um eine Antwort. Wir sind nicht da.";
        let gallic = "Bonjour, merci pour les documents. Je ne vous ai pas oublié dans la liste.";
        for (message, text, html, language) in [
            (&plain, english, None, Language::English),
            (&plain, german, None, Language::German),
            (&plain, gallic, None, Language::French),
            (&french, english, None, Language::English),
            (&french, "OK", Some("de"), Language::French),
            (&plain, "OK", Some("de-AT"), Language::German),
            (&plain, "Merci !", None, Language::French),
            (&plain, "", None, Language::English),
            (&plain, "Grazie mille", Some("it"), Language::English),
            (
                &plain,
                "> Bonjour, merci pour les documents\nDanke!",
                None,
                Language::German,
            ),
        ] {
            assert_eq!(of(message, text, html), language, "{text}");
        }
    }
}
