//! The attributes of a start tag that say something of its text.

use std::borrow::Cow;

use crate::tokens::{Tag, decode_attribute};

/// The longest attribute that is looked at.
const LONGEST: usize = 16 * 1024;

/// The attributes that matter, as they are written.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    href: Option<&'a str>,
    alt: Option<&'a str>,
    class: Option<&'a str>,
    style: Option<&'a str>,
    start: Option<&'a str>,
    value: Option<&'a str>,
    hidden: bool,
}

impl<'a> Attributes<'a> {
    /// Those of a tag; the first of a name counts (WHATWG HTML 13.2.5.33).
    pub(super) fn of(tag: Tag<'a>) -> Self {
        let mut found = Self::default();
        for (name, value) in tag.attributes() {
            found.take(name, value);
        }
        found
    }

    fn take(&mut self, name: &str, value: &'a str) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let place = match name.len() {
            3 if is("alt") => &mut self.alt,
            4 if is("href") => &mut self.href,
            5 if is("style") => &mut self.style,
            5 if is("class") => &mut self.class,
            5 if is("start") => &mut self.start,
            5 if is("value") => &mut self.value,
            6 if is("hidden") => {
                self.hidden = true;
                return;
            }
            _ => return,
        };
        if place.is_none() && value.len() <= LONGEST {
            *place = Some(value);
        }
    }

    pub(super) fn href(&self) -> Option<Cow<'a, str>> {
        self.href.map(decode_attribute)
    }

    pub(super) fn alt(&self) -> Option<Cow<'a, str>> {
        self.alt.map(decode_attribute)
    }

    pub(super) fn start(&self) -> Option<Cow<'a, str>> {
        self.start.map(decode_attribute)
    }

    pub(super) fn value(&self) -> Option<Cow<'a, str>> {
        self.value.map(decode_attribute)
    }

    /// Not to be seen.
    pub(super) fn hides(&self) -> bool {
        self.hidden
            || self
                .style
                .is_some_and(|s| style_hides(&decode_attribute(s)))
    }

    /// Word's paragraphs have no empty lines around them.
    pub(super) fn is_tight(&self) -> bool {
        let class = self.class.unwrap_or_default();
        class.contains("MsoNormal")
            || class.contains("MsoListParagraph")
            || class.contains("MsoPlainText")
    }
}

/// Whether a style hides its element in one of the ways in which mail hides what only previews are to show.
fn style_hides(style: &str) -> bool {
    let (mut flat, mut clipped) = (false, false);
    for declaration in style.split(';') {
        let Some((name, value)) = declaration.split_once(':') else {
            continue;
        };
        let (name, value) = (name.trim(), value.trim());
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let starts = |known: &str| {
            value
                .get(..known.len())
                .is_some_and(|v| v.eq_ignore_ascii_case(known))
        };
        match name.len() {
            7 if is("display") && starts("none") => return true,
            8 if is("mso-hide") && starts("all") => return true,
            10 if is("visibility") && starts("hidden") => return true,
            7 if is("opacity") && is_zero(value) => return true,
            10 if is("max-height") && is_zero(value) => flat = true,
            8 if is("overflow") && starts("hidden") => clipped = true,
            _ => {}
        }
    }
    flat && clipped
}

/// `0`, `0px`, `0.0 !important`.
fn is_zero(value: &str) -> bool {
    let number = value.trim_start_matches(['0', '.']);
    number.len() < value.len() && !number.starts_with(|c: char| c.is_ascii_digit())
}
