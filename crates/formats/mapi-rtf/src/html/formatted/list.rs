//! Items of lists, as far as HTML numbers them in the same way.

use std::fmt::Write as _;

/// What stands before an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Bullet,
    /// A number or letter with a full stop; the type of HTML's list, and the number.
    Number(char, u32),
}

impl Marker {
    /// The marker that `text` is; `None`: HTML has no such list, or there is no marker. `open` is the type
    /// of the list that it would go on.
    pub(super) fn of(text: &str, open: Option<char>) -> Option<Self> {
        let text = text.trim();
        let mut chars = text.chars();
        if let (Some(char), None) = (chars.next(), chars.next()) {
            let bullet =
                !char.is_alphanumeric() || matches!(char, 'o' | '§' | 'Ø' | 'ü' | 'q' | 'v');
            return bullet.then_some(Self::Bullet);
        }
        let number = text.strip_suffix('.')?;
        if let Ok(number) = number.parse::<u16>() {
            return Some(Self::Number('1', number.into()));
        }
        let small = number.chars().all(|char| char.is_ascii_lowercase());
        if !small && !number.chars().all(|char| char.is_ascii_uppercase()) {
            return None;
        }
        let (letters, romans) = if small { ('a', 'i') } else { ('A', 'I') };
        let letter = letter(number).map(|value| Self::Number(letters, value));
        let roman = roman(number).map(|value| Self::Number(romans, value));
        // A v may be a letter or five: the list that is open says which; a new one begins with its first.
        let is_roman = match open {
            Some(open) if open == letters => false,
            Some(open) if open == romans => true,
            _ => roman == Some(Self::Number(romans, 1)),
        };
        if is_roman {
            roman.or(letter)
        } else {
            letter.or(roman)
        }
    }

    const fn kind(self) -> Option<char> {
        match self {
            Self::Bullet => None,
            Self::Number(kind, _) => Some(kind),
        }
    }
}

fn letter(number: &str) -> Option<u32> {
    match *number.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => {
            Some(u32::from(letter.to_ascii_lowercase() - b'a') + 1)
        }
        _ => None,
    }
}

/// A Roman number as anybody writes it, up to what a list has.
fn roman(number: &str) -> Option<u32> {
    if number.is_empty() || number.len() > 15 {
        return None;
    }
    let mut sum = 0;
    let mut before = 0;
    for char in number.to_ascii_lowercase().chars().rev() {
        let value = match char {
            'i' => 1,
            'v' => 5,
            'x' => 10,
            'l' => 50,
            'c' => 100,
            'd' => 500,
            'm' => 1000,
            _ => return None,
        };
        if value < before {
            sum -= value;
        } else {
            sum += value;
            before = value;
        }
    }
    u32::try_from(sum).ok()
}

/// The lists that are open, outermost first.
#[derive(Debug, Default)]
pub(super) struct Lists(Vec<List>);

#[derive(Debug)]
struct List {
    level: u16,
    kind: Option<char>,
    /// The number that the next item has of itself.
    next: u32,
}

/// How many lists within lists there are.
const DEEPEST: u16 = 9;

impl Lists {
    /// The type of the list of this level that is open.
    pub(super) fn open(&self, level: u16) -> Option<char> {
        self.0
            .iter()
            .rfind(|list| list.level == level.min(DEEPEST))?
            .kind
    }

    /// What begins an item; what it has to close first is before it.
    pub(super) fn item(&mut self, marker: Marker, level: u16) -> String {
        let level = level.min(DEEPEST);
        let kind = marker.kind();
        let mut tags = String::new();
        while let Some(last) = self.0.last() {
            if last.level < level || (last.level == level && last.kind == kind) {
                break;
            }
            self.close(&mut tags);
        }
        match self.0.last() {
            Some(last) if last.level == level => tags.push_str("</li>\n"),
            _ => {
                match kind {
                    None => tags.push_str("<ul>\n"),
                    Some('1') => tags.push_str("<ol>\n"),
                    Some(kind) => {
                        let _ = writeln!(tags, "<ol type=\"{kind}\">");
                    }
                }
                self.0.push(List {
                    level,
                    kind,
                    next: 1,
                });
            }
        }
        let last = self.0.last_mut();
        match (marker, last) {
            (Marker::Number(_, number), Some(last)) if last.next != number => {
                last.next = number + 1;
                let _ = write!(tags, "<li value=\"{number}\">");
            }
            (_, last) => {
                tags.push_str("<li>");
                if let Some(last) = last {
                    last.next += 1;
                }
            }
        }
        tags
    }

    /// What closes all that are open.
    pub(super) fn end(&mut self) -> String {
        let mut tags = String::new();
        while !self.0.is_empty() {
            self.close(&mut tags);
        }
        tags
    }

    fn close(&mut self, tags: &mut String) {
        if let Some(list) = self.0.pop() {
            tags.push_str(if list.kind.is_some() {
                "</li>\n</ol>\n"
            } else {
                "</li>\n</ul>\n"
            });
        }
    }
}
