//! PR_CONTROL_STRUCTURE as bytes: numbers of 32 bits, texts behind them by their offsets.
//! Reference: DTBLLABEL, DTBLEDIT, DTBLLBX, DTBLCOMBOBOX, DTBLDDLBX, DTBLCHECKBOX, DTBLGROUPBOX, DTBLBUTTON, DTBLPAGE,
//! DTBLRADIOBUTTON, DTBLMVLISTBOX, DTBLMVDDLBX (requirement DT-01)

use super::ControlProblem;
use crate::PropTag;

/// MAPI_UNICODE: texts of the structure are UTF-16LE.
const UNICODE: u32 = 0x8000_0000;

/// windows-1252 from 0x80 to 0x9F.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// One field of a structure.
pub(super) enum Field<'a> {
    /// The offset of a text.
    Text(&'a str),
    /// The flags that say how its texts are written.
    TextFlags,
    Number(u32),
    Prop(PropTag),
}

pub(super) fn write(fields: &[Field<'_>]) -> Vec<u8> {
    let head = fields.len().saturating_mul(4);
    let (mut numbers, mut texts) = (Vec::with_capacity(head), Vec::new());
    for field in fields {
        let number = match field {
            Field::Text(text) => {
                // Bounded by what memory holds; no dialog has 4 GiB of text.
                let at = u32::try_from(head + texts.len()).unwrap_or(u32::MAX);
                // A text ends at its first zero.
                let units = text.encode_utf16().take_while(|unit| *unit != 0);
                texts.extend(units.chain([0]).flat_map(u16::to_le_bytes));
                at
            }
            Field::TextFlags => UNICODE,
            Field::Number(number) => *number,
            Field::Prop(prop) => prop.0,
        };
        numbers.extend(number.to_le_bytes());
    }
    numbers.append(&mut texts);
    numbers
}

/// A structure that is being read.
pub(super) struct Reader<'a> {
    all: &'a [u8],
    rest: &'a [u8],
    pub(super) problems: Vec<ControlProblem>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(all: &'a [u8]) -> Self {
        Self {
            all,
            rest: all,
            problems: Vec::new(),
        }
    }

    pub(super) fn number(&mut self) -> Result<u32, ControlProblem> {
        let split = self.rest.split_first_chunk::<4>();
        let (head, tail) = split.ok_or(ControlProblem::Truncated)?;
        self.rest = tail;
        Ok(u32::from_le_bytes(*head))
    }

    pub(super) fn prop(&mut self) -> Result<PropTag, ControlProblem> {
        self.number().map(PropTag)
    }

    /// A text whose offset comes here, and flags that say how it is written behind that.
    pub(super) fn text(&mut self) -> Result<String, ControlProblem> {
        let at = self.number()?;
        let flags = self.number()?;
        Ok(self.text_at(at, flags & UNICODE != 0))
    }

    /// A text whose offset comes here, written as the one before it: as texts of pages are.
    pub(super) fn page_texts(&mut self) -> Result<(String, String), ControlProblem> {
        let label = self.number()?;
        let wide = self.number()? & UNICODE != 0;
        let component = self.number()?;
        Ok((self.text_at(label, wide), self.text_at(component, wide)))
    }

    fn text_at(&mut self, at: u32, wide: bool) -> String {
        // No text at all.
        if at == 0 {
            return String::new();
        }
        let from = usize::try_from(at).ok().and_then(|at| self.all.get(at..));
        let found = from.and_then(if wide { utf16 } else { ansi });
        found.unwrap_or_else(|| {
            self.problems.push(ControlProblem::Text);
            String::new()
        })
    }
}

/// The text up to its zero.
fn utf16(bytes: &[u8]) -> Option<String> {
    let units = bytes.as_chunks::<2>().0.iter();
    let mut units = units.map(|unit| u16::from_le_bytes(*unit));
    let mut text = Vec::new();
    loop {
        match units.next()? {
            0 => return String::from_utf16(&text).ok(),
            unit => text.push(unit),
        }
    }
}

fn ansi(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let text = bytes.get(..end)?.iter();
    let high = |byte: u8| HIGH.get(usize::from(byte & 0x1F)).copied();
    Some(
        text.map(|byte| match byte {
            0x80..=0x9F => high(*byte).unwrap_or(char::REPLACEMENT_CHARACTER),
            byte => char::from(*byte),
        })
        .collect(),
    )
}
