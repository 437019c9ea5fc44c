//! A foreign HTML body as part of another document: what an answer quotes.
//! WHATWG HTML 13.2.5 (how it is cut into tags); nothing is rendered
//!
//! What shows stays as the sender wrote it, styles included. What would take hold of the document around it goes: the
//! frame of the document, scripts, what they hang on, what embeds other documents, comments. End tags of nothing go and
//! elements that are left open are closed, so that a quotation ends where it ends.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::tokens::{Tag, Token, Tokens, decode_attribute};

/// Addresses that are kept of one body.
const REFERENCES_MAX: usize = 10_000;
/// The longest value that is taken for an address, and the longest attribute that is looked into for addresses.
const ADDRESS_MAX: usize = 64 * 1024;
/// Elements of one name that are closed at the end.
const CLOSED_MAX: u32 = 200;

/// A body without the document around it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fragment {
    /// What may stand inside of a `div`.
    pub html: String,
    /// What it shows from elsewhere: the addresses of pictures, backgrounds and the like as they are written, references
    /// decoded; those that name a part of the message begin with `cid:` and are free of `%` codes.
    pub refers: BTreeSet<String>,
    /// The language that the document says it is in: `fr`, `de-CH`.
    pub language: Option<String>,
}

/// Takes the body out of an HTML document, or what stands for one.
///
/// ```
/// use mapi_html::fragment;
///
/// let html = "<html lang=fr><head><title>x</title></head><body bgcolor=red><p>Oui<img src='cid:a%40b'></body></html>";
/// let body = fragment(html);
/// assert_eq!(body.html, "<div style=\"background-color:red\"><p>Oui<img src='cid:a%40b'></div>");
/// assert!(body.refers.contains("cid:a@b"));
/// assert_eq!(body.language.as_deref(), Some("fr"));
/// ```
#[must_use]
pub fn fragment(html: &str) -> Fragment {
    let mut cut = Cut {
        fragment: Fragment {
            html: String::with_capacity(html.len() + html.len() / 16),
            ..Fragment::default()
        },
        ..Cut::default()
    };
    for token in Tokens::new(html) {
        cut.token(token);
    }
    cut.finish()
}

#[derive(Default)]
struct Cut {
    fragment: Fragment,
    /// What becomes of the content of an element without markup in it, until its end tag.
    raw: Option<RawIn>,
    /// Elements that are open, by name, in the order in which names came first.
    open: BTreeMap<String, (usize, u32)>,
    /// What the body element said of its looks.
    body: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RawIn {
    Style,
    /// Text as it is written.
    Shown,
    Dropped,
}

impl Cut {
    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Start(tag) => self.start(tag),
            Token::End(name) => self.end(name),
            Token::Text(text) | Token::Raw(text) => match self.raw {
                // A `<` of a text would begin a tag where what stood behind it is gone.
                None | Some(RawIn::Shown) => {
                    self.fragment.html.push_str(&text.replace('<', "&lt;"))
                }
                Some(RawIn::Style) => {
                    urls(text, &mut self.fragment.refers);
                    // In pictures made of markup (SVG) what is in a style is markup as well.
                    let plain = text.replace("<!--", "").replace("-->", "").replace('<', "");
                    self.fragment.html.push_str(&plain);
                }
                Some(RawIn::Dropped) => {}
            },
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        let name = tag.name.to_ascii_lowercase();
        match name.as_str() {
            "html" => {
                let language = attribute(tag, "lang").filter(|l| l.len() <= 35);
                self.fragment.language = language.map(Cow::into_owned);
            }
            "body" => {
                if self.body.is_none() {
                    self.body = Some(looks(tag));
                    urls(
                        self.body.as_deref().unwrap_or_default(),
                        &mut self.fragment.refers,
                    );
                }
            }
            "style" => {
                self.raw = Some(RawIn::Style);
                self.opening(tag);
            }
            "textarea" | "xmp" | "plaintext" => {
                self.raw = Some(RawIn::Shown);
                self.fragment.html.push_str("<pre>");
            }
            "script" | "title" | "iframe" | "noembed" | "noframes" => {
                self.raw = Some(RawIn::Dropped);
            }
            name if is_frame(name) => {}
            _ => self.element(tag, name),
        }
    }

    fn end(&mut self, name: &str) {
        match self.raw.take() {
            Some(RawIn::Style) => return self.fragment.html.push_str("</style>"),
            Some(RawIn::Shown) => return self.fragment.html.push_str("</pre>"),
            Some(RawIn::Dropped) => return,
            None => {}
        }
        let name = name.to_ascii_lowercase();
        let Some((_, count)) = self.open.get_mut(&name).filter(|(_, n)| *n > 0) else {
            return;
        };
        *count -= 1;
        self.fragment.html.push_str("</");
        self.fragment.html.push_str(&name);
        self.fragment.html.push('>');
    }

    fn element(&mut self, tag: Tag<'_>, name: String) {
        self.opening(tag);
        if !is_void(&name) {
            let next = self.open.len();
            self.open.entry(name).or_insert((next, 0)).1 += 1;
        }
    }

    /// Writes a start tag without what it would run.
    fn opening(&mut self, tag: Tag<'_>) {
        let mut active = false;
        for (attribute, value) in tag.attributes() {
            if is_active(attribute, value) {
                active = true;
            } else {
                refer(attribute, value, &mut self.fragment.refers);
            }
        }
        let html = &mut self.fragment.html;
        html.push('<');
        html.push_str(tag.name);
        if active {
            write_passive(tag, html);
        } else {
            html.push_str(tag.inside());
        }
        html.push('>');
    }

    fn finish(mut self) -> Fragment {
        match self.raw {
            Some(RawIn::Style) => self.fragment.html.push_str("</style>"),
            Some(RawIn::Shown) => self.fragment.html.push_str("</pre>"),
            Some(RawIn::Dropped) | None => {}
        }
        let mut open: Vec<_> = self.open.into_iter().filter(|(_, (_, n))| *n > 0).collect();
        open.sort_by_key(|(_, (place, _))| std::cmp::Reverse(*place));
        for (name, (_, count)) in open {
            if !ends_by_itself(&name) {
                for _ in 0..count.min(CLOSED_MAX) {
                    self.fragment.html.push_str(&format!("</{name}>"));
                }
            }
        }
        if let Some(looks) = self.body.filter(|looks| !looks.is_empty()) {
            let inner = std::mem::take(&mut self.fragment.html);
            self.fragment.html = format!("<div{looks}>{inner}</div>");
        }
        self.fragment
    }
}

/// Elements that make a document, embed another one, or change what addresses mean; their content shows.
fn is_frame(name: &str) -> bool {
    matches!(
        name,
        "head"
            | "meta"
            | "base"
            | "link"
            | "frame"
            | "frameset"
            | "object"
            | "embed"
            | "applet"
            | "param"
            | "noscript"
            | "portal"
            | "template"
    )
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area" | "bgsound" | "br" | "col" | "hr" | "img" | "input" | "source" | "track" | "wbr"
    )
}

/// Elements whose end tag may be left out.
fn ends_by_itself(name: &str) -> bool {
    matches!(
        name,
        "p" | "li" | "dt" | "dd" | "tr" | "td" | "th" | "tbody" | "thead" | "tfoot" | "option"
    )
}

/// Whether an attribute runs something.
fn is_active(name: &str, value: &str) -> bool {
    if name
        .get(..2)
        .is_some_and(|on| on.eq_ignore_ascii_case("on"))
    {
        return true;
    }
    if name.eq_ignore_ascii_case("srcdoc") {
        return true;
    }
    let value = decode_attribute(
        value
            .get(..value.floor_char_boundary(256))
            .unwrap_or_default(),
    );
    let start: String = value
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .take(11)
        .collect();
    let scheme = start.to_ascii_lowercase();
    scheme.starts_with("javascript:") || scheme.starts_with("vbscript:")
}

/// The attributes of a tag that run nothing, quoted.
fn write_passive(tag: Tag<'_>, html: &mut String) {
    for (name, value) in tag.attributes() {
        if is_active(name, value) {
            continue;
        }
        html.push(' ');
        html.push_str(name);
        html.push_str("=\"");
        html.push_str(&value.replace('"', "&quot;"));
        html.push('"');
    }
}

/// The first attribute of a name, decoded.
fn attribute<'a>(tag: Tag<'a>, name: &str) -> Option<Cow<'a, str>> {
    let mut all = tag.attributes();
    let (_, value) = all.find(|(n, _)| n.eq_ignore_ascii_case(name))?;
    Some(decode_attribute(value)).filter(|v| v.len() <= ADDRESS_MAX)
}

/// What a body element says of its looks, as attributes of a `div`.
fn looks(tag: Tag<'_>) -> String {
    let mut style = String::new();
    for (name, property) in [("bgcolor", "background-color"), ("text", "color")] {
        let colour = attribute(tag, name);
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '#';
        if let Some(colour) = colour.filter(|c| !c.is_empty() && c.chars().all(plain)) {
            style.push_str(&format!("{property}:{colour};"));
        }
    }
    if let Some(own) = attribute(tag, "style") {
        style.push_str(&own);
    }
    let style = style.trim_end_matches(';');
    let mut looks = String::new();
    for (name, value) in [
        ("class", attribute(tag, "class")),
        ("dir", attribute(tag, "dir")),
        ("lang", attribute(tag, "lang")),
        ("style", Some(Cow::Borrowed(style))),
    ] {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            let value = value.replace('&', "&amp;").replace('"', "&quot;");
            looks.push_str(&format!(" {name}=\"{value}\""));
        }
    }
    looks
}

/// Remembers what an attribute shows from elsewhere.
fn refer(name: &str, value: &str, refers: &mut BTreeSet<String>) {
    const SHOWN: [&str; 7] = [
        "src",
        "background",
        "data",
        "poster",
        "srcset",
        "dynsrc",
        "lowsrc",
    ];
    if value.len() > ADDRESS_MAX {
        return;
    }
    if name.eq_ignore_ascii_case("style") {
        urls(&decode_attribute(value), refers);
    } else if SHOWN.iter().any(|shown| name.eq_ignore_ascii_case(shown)) {
        let value = decode_attribute(value);
        if name.eq_ignore_ascii_case("srcset") {
            for candidate in value.split(',') {
                keep(candidate.split_whitespace().next(), refers);
            }
        } else {
            keep(Some(&value), refers);
        }
    } else if name.len() <= 10
        && value
            .get(..4)
            .is_some_and(|v| v.eq_ignore_ascii_case("cid:"))
    {
        // A link to a part, and VML's pictures.
        keep(Some(&decode_attribute(value)), refers);
    }
}

/// Remembers the addresses in `url(…)` of a style.
fn urls(css: &str, refers: &mut BTreeSet<String>) {
    let mut rest = css;
    while let Some(at) = rest.find('(') {
        let (before, after) = rest.split_at(at);
        let after = after.get(1..).unwrap_or_default();
        rest = after;
        let word = before.get(before.floor_char_boundary(before.len().saturating_sub(3))..);
        if !word.is_some_and(|w| w.eq_ignore_ascii_case("url")) {
            continue;
        }
        let near = after
            .get(..after.floor_char_boundary(ADDRESS_MAX))
            .unwrap_or_default();
        let Some(end) = near.find(')') else { return };
        let quote = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
        keep(near.get(..end).map(|url| url.trim_matches(quote)), refers);
        rest = after.get(end..).unwrap_or_default();
    }
}

fn keep(address: Option<&str>, refers: &mut BTreeSet<String>) {
    let Some(address) = address.map(str::trim).filter(|a| !a.is_empty()) else {
        return;
    };
    if refers.len() >= REFERENCES_MAX || address.starts_with("data:") {
        return;
    }
    let cid = address.split_at_checked(4);
    match cid.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("cid:")) {
        // RFC 2392 §2: coded as in any other address.
        Some((_, id)) => refers.insert(format!("cid:{}", plain(id))),
        None => refers.insert(address.to_owned()),
    };
}

/// Text with its `%` codes decoded; as it is where they are no text.
fn plain(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let code = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let code = code.filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
        match code.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests;
