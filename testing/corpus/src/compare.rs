//! Where two readings differ, and how often they agree.

use std::fmt;
use std::str::FromStr;

use crate::{Reading, Sides};

/// What may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// malle refuses the mail.
    Read,
    /// The subject.
    Subject,
    /// The addresses in To.
    To,
    /// The addresses in Cc.
    Cc,
    /// The number or the content of attachments.
    Attachments,
    /// The text of a body.
    Text,
    /// Anything in an embedded message.
    Embedded,
}

const NAMES: [(Field, &str); 7] = [
    (Field::Read, "read"),
    (Field::Subject, "subject"),
    (Field::To, "to"),
    (Field::Cc, "cc"),
    (Field::Attachments, "attachments"),
    (Field::Text, "text"),
    (Field::Embedded, "embedded"),
];

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(field, _)| field == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

impl FromStr for Field {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = NAMES.iter().find(|(_, name)| *name == text);
        found
            .map(|(field, _)| *field)
            .ok_or_else(|| anyhow::anyhow!("{text} is no field"))
    }
}

/// One field of one mail on which the sides differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The file's name.
    pub file: String,
    /// What differs.
    pub field: Field,
}

/// How many mails were compared, and on how many the sides agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Mails that were compared.
    pub compared: usize,
    /// The same subject, addresses, and number and SHA-256 of attachments, an embedded message counting as one.
    pub structure: usize,
    /// The same text.
    pub text: usize,
}

impl Agreement {
    /// Per cent of mails that agree in structure, and in text.
    #[must_use]
    pub fn percent(&self) -> (f64, f64) {
        let of = |n: usize| 100.0 * count(n) / count(self.compared.max(1));
        (of(self.structure), of(self.text))
    }
}

/// A number of mails, which is exact in a float.
fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// Every difference in order, and how often the sides agree; mails that Python cannot judge count for nothing.
#[must_use]
pub fn compare(sides: &[Sides]) -> (Vec<Difference>, Agreement) {
    let mut differences = Vec::new();
    let mut agreement = Agreement::default();
    for side in sides {
        let Ok(python) = &side.python else { continue };
        let fields = match &side.malle {
            Ok(malle) => differing(malle, python),
            Err(_) => vec![Field::Read],
        };
        let refused = fields.contains(&Field::Read);
        let beside = |f: &Field| matches!(f, Field::Text | Field::Embedded);
        agreement.compared += 1;
        agreement.text += usize::from(!(refused || fields.contains(&Field::Text)));
        agreement.structure += usize::from(fields.iter().all(beside));
        differences.extend(fields.into_iter().map(|field| Difference {
            file: side.file.clone(),
            field,
        }));
    }
    differences.sort();
    (differences, agreement)
}

fn differing(malle: &Reading, python: &Reading) -> Vec<Field> {
    let same = [
        (Field::Subject, malle.subject == python.subject),
        (Field::To, malle.to == python.to),
        (Field::Cc, malle.cc == python.cc),
        (Field::Attachments, malle.hashes() == python.hashes()),
        (Field::Text, malle.text == python.text),
        (Field::Embedded, malle.embedded() == python.embedded()),
    ];
    same.into_iter()
        .filter(|(_, same)| !same)
        .map(|(field, _)| field)
        .collect()
}
