//! How characters look, as elements and styles of HTML.

use std::fmt::Write as _;

use crate::reader::Header;
use crate::reader::state::{Look, Raised};

/// How most of the text looks, which the page says once: as its first characters do.
#[derive(Debug, Clone)]
pub(super) struct Base {
    font: i32,
    size: u16,
    style: String,
}

impl Base {
    pub(super) fn of(look: &Look, header: &Header) -> Self {
        let mut style = String::new();
        family(look.font, header, &mut style);
        size(look.size, &mut style);
        style.pop();
        Self {
            font: look.font,
            size: look.size,
            style,
        }
    }

    /// The attribute of the page.
    pub(super) fn attribute(&self) -> String {
        if self.style.is_empty() {
            String::new()
        } else {
            format!(" style=\"{}\"", self.style)
        }
    }

    /// The tags before and behind text that looks like this. A link's colour and line are left to the link.
    pub(super) fn tags(&self, look: &Look, header: &Header, link: bool) -> (String, String) {
        let (mut open, mut close) = (String::new(), String::new());
        for name in elements(look, link) {
            let _ = write!(open, "<{name}>");
        }
        for name in elements(look, link).rev() {
            let _ = write!(close, "</{name}>");
        }
        let style = self.span(look, header, link);
        if !style.is_empty() {
            open.insert_str(0, &format!("<span style=\"{style}\">"));
            close.push_str("</span>");
        }
        (open, close)
    }

    fn span(&self, look: &Look, header: &Header, link: bool) -> String {
        let mut style = String::new();
        if look.font != self.font {
            family(look.font, header, &mut style);
        }
        if look.size != self.size {
            size(look.size, &mut style);
        }
        for (name, number, said) in [
            ("color", look.colour, !link),
            ("background-color", look.background, true),
        ] {
            if let Some([red, green, blue]) = header.colour(number).filter(|_| said) {
                let _ = write!(style, "{name}:#{red:02x}{green:02x}{blue:02x};");
            }
        }
        if look.caps {
            style.push_str("text-transform:uppercase;");
        }
        if look.small_caps {
            style.push_str("font-variant:small-caps;");
        }
        style.pop();
        style
    }
}

fn elements(look: &Look, link: bool) -> impl DoubleEndedIterator<Item = &'static str> {
    [
        (look.bold, "b"),
        (look.italic, "i"),
        (look.underline && !link, "u"),
        (look.strike, "s"),
        (look.deleted, "del"),
        (look.raised == Raised::Super, "sup"),
        (look.raised == Raised::Sub, "sub"),
    ]
    .into_iter()
    .filter_map(|(on, name)| on.then_some(name))
}

/// The longest name of a font that is said.
const NAME: usize = 40;

/// A font's name, without what could end it, and what is to be taken when it is not there.
fn family(number: i32, header: &Header, style: &mut String) {
    // The characters of symbols are written as such, in any font.
    let Some(font) = header.font(number).filter(|font| !font.symbols) else {
        return;
    };
    let allowed = |char: &char| char.is_alphanumeric() || " -_.".contains(*char);
    let name: String = font
        .name
        .trim()
        .chars()
        .filter(allowed)
        .take(NAME)
        .collect();
    match (name.is_empty(), font.family) {
        (true, None) => return,
        (true, Some(family)) => style.push_str(&format!("font-family:{family}")),
        (false, None) => style.push_str(&format!("font-family:'{name}'")),
        (false, Some(family)) => style.push_str(&format!("font-family:'{name}',{family}")),
    }
    style.push(';');
}

/// In points; nobody reads what is smaller or larger than that.
fn size(half_points: u16, style: &mut String) {
    let points = f64::from(half_points.clamp(2, 400)) / 2.0;
    let _ = write!(style, "font-size:{points}pt;");
}
