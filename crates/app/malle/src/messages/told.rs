//! What the spooler and local delivery say of a message, in the words of whoever asks.
//!
//! The rooms below speak English and know no catalogue: their sentences are in rows, in reports and in mail, and outlast any
//! session. So their English is the key here, as with gettext; what is not in the table (other people's servers, the
//! system) is shown as it was said.

use std::borrow::Cow;

use super::Lang;

/// Sentences within sentences: a reason within what was given up.
const DEPTH: usize = 3;

/// English and French, with the same holes. A hole has what stands there, said in French too if it is in the table. The first
/// that fits is taken.
const TOLD: &[(&str, &str)] = &[
    // mapi-spooler
    (
        "The profile has no transport.",
        "Le profil n’a pas de transport.",
    ),
    (
        "No transport takes it but perhaps one that does not run: {0}",
        "Aucun transport ne le prend, sauf peut-être un qui ne fonctionne pas : {0}",
    ),
    (
        "No transport was available for delivery to this recipient.",
        "Aucun transport n’était disponible pour ce destinataire.",
    ),
    ("Given up after {0}.", "Abandonné après {0}."),
    ("Given up after {0}: {1}", "Abandonné après {0} : {1}"),
    ("a day", "un jour"),
    ("{0} days", "{0} jours"),
    ("an hour", "une heure"),
    ("{0} hours", "{0} heures"),
    (
        "the transport has not come back from an earlier call",
        "le transport n’est pas revenu d’un appel précédent",
    ),
    (
        "the transport has not come back from a call",
        "le transport n’est pas revenu d’un appel",
    ),
    (
        "the transport did not answer in time, and does not stop",
        "le transport n’a pas répondu à temps, et ne s’arrête pas",
    ),
    (
        "the transport did not come back in time, and does not stop",
        "le transport n’est pas revenu à temps, et ne s’arrête pas",
    ),
    (
        "the transport did not say what became of each message",
        "le transport n’a pas dit ce qu’est devenu chaque message",
    ),
    (
        "the transport did not say what became of each recipient",
        "le transport n’a pas dit ce qu’est devenu chaque destinataire",
    ),
    (
        "the transport does not say what became of messages",
        "le transport ne dit pas ce que sont devenus les messages",
    ),
    // transport-local
    (
        "550 5.1.1 <{0}>: no mailbox of this machine has this address. A profile gets it with `malle service add {1} --set address={2}`.",
        "550 5.1.1 <{0}> : aucune boîte de cette machine n’a cette adresse. Un profil l’obtient par « malle service add {1} --set address={2} ».",
    ),
    (
        "550 5.7.1 <{0}>: this is not an address of this machine, and nothing is passed on",
        "550 5.7.1 <{0}> : ce n’est pas une adresse de cette machine, et rien n’est transmis plus loin",
    ),
    (
        "553 5.1.3 <{0}>: this is no address, and no name of one mailbox of this machine",
        "553 5.1.3 <{0}> : ce n’est ni une adresse, ni le nom d’une seule boîte de cette machine",
    ),
    (
        "552 5.3.4 the message cannot be delivered: {0}",
        "552 5.3.4 le message ne peut être remis : {0}",
    ),
    ("the disk is full: {0}", "le disque est plein : {0}"),
    (
        "the mailbox cannot be written: {0}",
        "la boîte ne peut être écrite : {0}",
    ),
    (
        "the message cannot be read: {0}",
        "le message ne peut être lu : {0}",
    ),
    (
        "the spool directory {0} cannot be read: {1}",
        "le répertoire de dépôt {0} ne peut être lu : {1}",
    ),
    (
        "the spool directory {0}: {1}",
        "le répertoire de dépôt {0} : {1}",
    ),
    (
        "local delivery was taken offline",
        "la remise locale a été mise hors ligne",
    ),
    (
        "told to fail at this step by the setting `fail` ({0})",
        "échec voulu à cette étape par le réglage « fail » ({0})",
    ),
];

impl Lang {
    /// What a room below said, for a person.
    pub(crate) fn told(self, said: &str) -> Cow<'_, str> {
        match self {
            Self::English => Cow::Borrowed(said),
            Self::French => Cow::Owned(in_french(said, DEPTH)),
        }
    }
}

fn in_french(said: &str, depth: usize) -> String {
    let found = TOLD.iter().find_map(|(english, french)| {
        let parts = parts(english, said)?;
        Some((french, parts))
    });
    let Some((french, parts)) = found.filter(|_| depth > 0) else {
        return said.to_owned();
    };
    let mut all = String::with_capacity(said.len() + french.len());
    let mut rest = *french;
    while let Some((before, after)) = rest.split_once('{') {
        all.push_str(before);
        let (number, tail) = after.split_once('}').unwrap_or((after, ""));
        let part = number.parse().ok().and_then(|n: usize| parts.get(n));
        all.push_str(&in_french(part.copied().unwrap_or_default(), depth - 1));
        rest = tail;
    }
    all + rest
}

/// What stands in the holes of `pattern`, one after the other; `None` if `said` is another sentence.
fn parts<'a>(pattern: &str, said: &'a str) -> Option<Vec<&'a str>> {
    let mut literals = pattern
        .split('{')
        .map(|piece| piece.split_once('}').map_or(piece, |(_, after)| after));
    let mut rest = said.strip_prefix(literals.next()?)?;
    let mut found = Vec::new();
    let mut literals = literals.peekable();
    while let Some(literal) = literals.next() {
        let (part, after) = match literals.peek() {
            Some(_) => rest.split_once(literal)?,
            // What ends the sentence is its end.
            None => (rest.strip_suffix(literal)?, ""),
        };
        found.push(part);
        rest = after;
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn check(said: &str, french: &str) {
        assert_eq!(Lang::French.told(said), french);
        assert_eq!(Lang::English.told(said), said);
    }

    #[test]
    fn what_our_own_rooms_say_is_said_in_french_and_the_rest_as_it_was_said() {
        check(
            "The profile has no transport.",
            "Le profil n’a pas de transport.",
        );
        check("450 4.2.0 <x@y>: greylisted", "450 4.2.0 <x@y>: greylisted");
        check("", "");
        check("days", "days");
        check(
            "Given up after 5 days: the disk is full: No space left on device (os error 28)",
            "Abandonné après 5 jours : le disque est plein : No space left on device (os error 28)",
        );
        check("Given up after an hour.", "Abandonné après une heure.");
        check(
            "550 5.1.1 <a@localhost>: no mailbox of this machine has this address. A profile gets it with \
             `malle service add MALLE_DELIVERY --set address=a@localhost`.",
            "550 5.1.1 <a@localhost> : aucune boîte de cette machine n’a cette adresse. Un profil l’obtient par \
             « malle service add MALLE_DELIVERY --set address=a@localhost ».",
        );
    }

    #[test]
    fn hostile_words_are_bounded() {
        let long = "the disk is full: ".repeat(1000);
        let said = Lang::French.told(&long);
        assert!(said.ends_with("the disk is full: "), "only a few levels");
        check("Given up after {0}: {1}", "Abandonné après {0} : {1}");
    }

    /// Texts of these rooms, with empty holes.
    fn sources() -> String {
        let mut all = String::new();
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let rooms = ["core/mapi-spooler/src", "providers/transport-local/src"];
        let mut folders: Vec<_> = rooms.iter().map(|room| crates.join(room)).collect();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    all.push_str(&fs::read_to_string(path).unwrap());
                }
            }
        }
        emptied(&all)
    }

    /// Holes of a format, not blocks of code.
    fn emptied(text: &str) -> String {
        let mut pieces = text.split('{');
        let mut all = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let hole = piece.split_once('}').filter(|(name, _)| {
                name.chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_:?#".contains(c))
            });
            all.push_str(if hole.is_some() { "{}" } else { "{" });
            all.push_str(hole.map_or(piece, |(_, after)| after));
        }
        all
    }

    #[test]
    fn each_sentence_is_one_that_is_said() {
        let sources = sources();
        for (english, french) in TOLD {
            let said = format!("\"{}\"", emptied(english));
            assert!(sources.contains(&said), "nobody says {english:?} any more");
            let holes = |text: &str| {
                (0..4)
                    .filter(|n| text.contains(&format!("{{{n}}}")))
                    .count()
            };
            assert_eq!(holes(english), holes(french), "{english}");
        }
    }
}
