//! Whom a message goes to, where its header may say something else.
//! RFC 5321 §2.3.1 (envelope and content); requirement OUT-11 for the rows

use std::collections::BTreeSet;

use mapi::{Addressee, MessageTree, PropValue, recipient_type, tags};
use mapi_props::TreeProps;

/// Whom a program wants the message to go to.
#[derive(Debug)]
pub(super) struct Envelope {
    /// Those whom the header names, too.
    pub(super) from_header: bool,
    /// Those whom the program names.
    pub(super) people: Vec<Addressee>,
}

impl Envelope {
    /// Gives a message the rows that make it go to just these people. Those of the header who are none of them are shown and not
    /// written to, as in a message that is sent again; then it says yes, and the message needs MSGFLAG_RESEND. Who is not in
    /// the header gets it in secret.
    pub(super) fn address(&self, tree: &mut MessageTree) -> bool {
        // What no address stands for nobody can be written to by.
        tree.recipients.retain(|row| key(row).is_some());
        let wanted: BTreeSet<Vec<u8>> = self.people.iter().map(Addressee::search_key).collect();
        let is_wanted =
            |row: &TreeProps| self.from_header || key(row).is_some_and(|k| wanted.contains(&k));
        // Whom the header names in secret, and nobody writes to, nobody is to see.
        tree.recipients
            .retain(|row| kind(row) != recipient_type::BCC || is_wanted(row));
        let known: BTreeSet<Vec<u8>> = tree.recipients.iter().filter_map(key).collect();
        let again = !tree.recipients.iter().all(is_wanted);
        let mut served = BTreeSet::new();
        let mut addressed = Vec::new();
        for row in &mut tree.recipients {
            if !is_wanted(row) {
                let shown = kind(row) | recipient_type::SUBMITTED;
                row.set(tags::RECIPIENT_TYPE, shown);
            } else if again && key(row).is_some_and(|k| served.insert(k)) {
                addressed.push(with_kind(row.clone(), recipient_type::P1));
            }
        }
        for person in &self.people {
            let key = person.search_key();
            if known.contains(&key) || !served.insert(key) {
                continue;
            }
            tree.recipients.push(row(person, recipient_type::BCC));
            if again {
                addressed.push(row(person, recipient_type::P1));
            }
        }
        tree.recipients.append(&mut addressed);
        again
    }
}

/// The people that a word of a command line names. One without an `@` is of the sender's own domain.
pub(super) fn people(said: &str, domain: Option<&str>) -> Result<Vec<Addressee>, String> {
    let said = said.trim();
    let plain = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let bare = !said.is_empty() && said.chars().all(plain);
    let found = match domain {
        Some(domain) if bare => malle_views::addresses(&format!("{said}@{domain}")),
        _ => malle_views::addresses(said),
    }?;
    match found.is_empty() {
        true => Err(said.to_owned()),
        false => Ok(found),
    }
}

/// The people of a message's rows.
pub(super) fn people_of(tree: &MessageTree) -> impl Iterator<Item = Addressee> {
    let address = |row: &TreeProps| row.text(tags::EMAIL_ADDRESS).map(str::to_owned);
    let addresses = tree.recipients.iter().filter_map(address);
    addresses
        .filter(|address| address.contains('@'))
        .map(|address| Addressee::smtp("", &address))
}

fn kind(row: &TreeProps) -> i32 {
    let kind = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
    kind.unwrap_or(recipient_type::TO)
}

/// What tells a recipient from others; none without an address.
fn key(row: &TreeProps) -> Option<Vec<u8>> {
    let address = row.text(tags::EMAIL_ADDRESS).filter(|a| a.contains('@'))?;
    let person = Addressee {
        name: String::new(),
        address_type: row.text(tags::ADDRTYPE).unwrap_or("SMTP").to_owned(),
        address: address.to_owned(),
    };
    Some(person.search_key())
}

fn with_kind(mut row: TreeProps, kind: i32) -> TreeProps {
    row.set(tags::RECIPIENT_TYPE, kind);
    row
}

fn row(person: &Addressee, kind: i32) -> TreeProps {
    let mut row = TreeProps::default();
    for (tag, value) in person.row(kind) {
        row.set(tag, value);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::{Envelope, kind, people};
    use mapi::{Addressee, MessageTree, recipient_type, tags};
    use proptest::prelude::*;

    const TO: i32 = recipient_type::TO;
    const CC: i32 = recipient_type::CC;
    const BCC: i32 = recipient_type::BCC;
    const P1: i32 = recipient_type::P1;

    fn message(header: &[(i32, &str)]) -> MessageTree {
        let person =
            |(kind, address): &(i32, &str)| super::row(&Addressee::smtp("", address), *kind);
        MessageTree {
            recipients: header.iter().map(person).collect(),
            ..MessageTree::default()
        }
    }

    fn addressed(
        header: &[(i32, &str)],
        from_header: bool,
        named: &[&str],
    ) -> (bool, Vec<(i32, String)>) {
        let mut tree = message(header);
        let people = named.iter().map(|a| Addressee::smtp("", a)).collect();
        let again = Envelope {
            from_header,
            people,
        }
        .address(&mut tree);
        let row = |row: &super::TreeProps| {
            (
                kind(row),
                row.text(tags::EMAIL_ADDRESS).unwrap_or_default().to_owned(),
            )
        };
        (again, tree.recipients.iter().map(row).collect())
    }

    fn rows(rows: &[(i32, &str)]) -> Vec<(i32, String)> {
        rows.iter().map(|(k, a)| (*k, (*a).to_owned())).collect()
    }

    #[test]
    fn who_gets_it_and_who_is_shown() {
        let header = [(TO, "a@x.org"), (CC, "b@x.org"), (BCC, "c@x.org")];
        for (from_header, named, again, want) in [
            // sendmail -t
            (true, &[][..], false, rows(&header)),
            (
                true,
                &["A@X.org", "d@x.org"],
                false,
                [rows(&header), rows(&[(BCC, "d@x.org")])].concat(),
            ),
            // All of the header and one in secret, as mail programs say it.
            (
                false,
                &["a@x.org", "b@x.org", "d@x.org"],
                false,
                rows(&[(TO, "a@x.org"), (CC, "b@x.org"), (BCC, "d@x.org")]),
            ),
            // Somebody else, as who redirects.
            (
                false,
                &["d@x.org", "d@X.ORG"],
                true,
                rows(&[
                    (TO | recipient_type::SUBMITTED, "a@x.org"),
                    (CC | recipient_type::SUBMITTED, "b@x.org"),
                    (BCC, "d@x.org"),
                    (P1, "d@x.org"),
                ]),
            ),
            (
                false,
                &["b@x.org", "c@x.org"],
                true,
                rows(&[
                    (TO | recipient_type::SUBMITTED, "a@x.org"),
                    (CC, "b@x.org"),
                    (BCC, "c@x.org"),
                    (P1, "b@x.org"),
                    (P1, "c@x.org"),
                ]),
            ),
        ] {
            assert_eq!(
                addressed(&header, from_header, named),
                (again, want),
                "{named:?}"
            );
        }
        assert_eq!(
            addressed(&[(TO, "undisclosed")], true, &[]),
            (false, vec![])
        );
    }

    #[test]
    fn words_for_people() {
        let one = |said, domain| people(said, domain).map(|p| p[0].address.clone());
        assert_eq!(one("root", Some("x.org")).as_deref(), Ok("root@x.org"));
        assert_eq!(one("a@y.org", Some("x.org")).as_deref(), Ok("a@y.org"));
        assert_eq!(one("<a@y.org>", None).as_deref(), Ok("a@y.org"));
        assert!(one("root", None).is_err() && one("", Some("x.org")).is_err());
        assert!(one("-x", None).is_err() && one("a b", Some("x.org")).is_err());
    }

    proptest! {
        /// Whoever is named gets it, nobody else does, and whoever is in secret in the header and not named is gone.
        #[test]
        fn just_those_who_are_named(header in prop::collection::vec((1..4_i32, "[a-d]@x"), 0..6), named in prop::collection::vec("[a-f]@x", 0..6), from_header: bool) {
            let header: Vec<(i32, &str)> = header.iter().map(|(k, a)| (*k, a.as_str())).collect();
            let named: Vec<&str> = named.iter().map(String::as_str).collect();
            let (again, rows) = addressed(&header, from_header, &named);
            let serves = |(kind, _): &&(i32, String)| if again { *kind == P1 } else { true };
            let mut served: Vec<&str> = rows.iter().filter(serves).map(|(_, a)| a.as_str()).collect();
            served.sort_unstable();
            served.dedup();
            let mut wanted = named.clone();
            if from_header {
                wanted.extend(header.iter().map(|(_, a)| *a));
            }
            wanted.sort_unstable();
            wanted.dedup();
            // Nobody learns of somebody in secret who does not even get it.
            let blind = |(kind, _): &&(i32, String)| kind & !recipient_type::SUBMITTED == BCC;
            prop_assert!(rows.iter().filter(blind).all(|(_, a)| wanted.contains(&a.as_str())));
            prop_assert_eq!(served, wanted);
            prop_assert!(rows.iter().all(|(kind, _)| again || kind & recipient_type::SUBMITTED == 0));
        }
    }
}
