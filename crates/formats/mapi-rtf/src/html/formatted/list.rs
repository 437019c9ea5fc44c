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
    /// The marker that `text` is; `None`: HTML has no such list, or there is no marker.
    pub(super) fn of(text: &str) -> Option<Self> {
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
        let mut letters = number.chars();
        match (letters.next()?, letters.next()) {
            (letter @ 'a'..='z', None) => Some(Self::Number('a', letter as u32 - 'a' as u32 + 1)),
            (letter @ 'A'..='Z', None) => Some(Self::Number('A', letter as u32 - 'A' as u32 + 1)),
            _ => None,
        }
    }

    const fn kind(self) -> Option<char> {
        match self {
            Self::Bullet => None,
            Self::Number(kind, _) => Some(kind),
        }
    }
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
