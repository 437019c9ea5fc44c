//! HTML cut into text, tags and what is neither, as slices whose sequence is the whole.
//! WHATWG HTML 13.2.5
//!
//! Every byte is looked at a bounded number of times.

/// A piece of HTML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text between tags, its references not decoded.
    Text(&'a str),
    Start(Tag<'a>),
    End(Tag<'a>),
    /// Comments, doctypes, and what stands in scripts, styles and titles.
    Unseen(&'a str),
}

/// A tag as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    pub(super) whole: &'a str,
    pub(super) name: &'a str,
}

/// Elements whose content is no markup and is not shown as text of the page.
const RAW: [&str; 8] = [
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes",
];

/// See [`Piece`].
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    rest: &'a str,
    /// The element whose content is no markup, while that is to come.
    raw: Option<&'a str>,
}

impl<'a> Pieces<'a> {
    pub(super) const fn new(html: &'a str) -> Self {
        Self {
            rest: html,
            raw: None,
        }
    }

    fn take(&mut self, len: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn tag(&mut self, ends: bool) -> Piece<'a> {
        let whole = self.take(tag_len(self.rest));
        let inside = whole.trim_start_matches(['<', '/']);
        let is_name = |c: char| !c.is_ascii_whitespace() && c != '/' && c != '>';
        let len = inside.find(|c| !is_name(c)).unwrap_or(inside.len());
        let tag = Tag {
            whole,
            name: inside.get(..len).unwrap_or_default(),
        };
        if ends {
            return Piece::End(tag);
        }
        self.raw = RAW
            .into_iter()
            .find(|raw| raw.eq_ignore_ascii_case(tag.name));
        Piece::Start(tag)
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(name) = self.raw.take() {
            let len = raw_len(self.rest, name);
            if len > 0 {
                return Some(Piece::Unseen(self.take(len)));
            }
        }
        let mut bytes = self.rest.bytes();
        if bytes.next()? != b'<' {
            let len = self.rest.find('<').unwrap_or(self.rest.len());
            return Some(Piece::Text(self.take(len)));
        }
        Some(match (bytes.next(), bytes.next()) {
            (Some(b'/'), Some(b'a'..=b'z' | b'A'..=b'Z')) => self.tag(true),
            (Some(b'a'..=b'z' | b'A'..=b'Z'), _) => self.tag(false),
            (Some(b'!' | b'?'), _) | (Some(b'/'), Some(_)) => {
                Piece::Unseen(self.take(unseen_len(self.rest)))
            }
            _ => Piece::Text(self.take(1)),
        })
    }
}

/// The length of what begins with `<!`, `<?` or `</` and is no tag.
fn unseen_len(text: &str) -> usize {
    let end = match text.strip_prefix("<!--") {
        Some(comment) if comment.starts_with('>') => Some(5),
        Some(comment) => comment.find("-->").map(|n| n + 7),
        None => text.find('>').map(|n| n + 1),
    };
    end.unwrap_or(text.len())
}

/// The length of a tag: to the first `>` that is not in a quoted value.
fn tag_len(text: &str) -> usize {
    let mut quote = None;
    let mut value = false;
    for (n, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(q), b) => {
                if q == b {
                    quote = None;
                }
            }
            (None, b'>') => return n + 1,
            (None, b'"' | b'\'') if value => quote = Some(byte),
            (None, _) => {}
        }
        value = byte == b'=' || (value && byte.is_ascii_whitespace());
    }
    text.len()
}

/// The length of what stands before the end tag of an element whose content is no markup.
fn raw_len(text: &str, name: &str) -> usize {
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find("</")) {
        let at = from + found;
        let after = text.get(at + 2..).unwrap_or_default();
        let named = after
            .get(..name.len())
            .is_some_and(|n| n.eq_ignore_ascii_case(name));
        let ends = after.as_bytes().get(name.len());
        if named && ends.is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>')) {
            return at;
        }
        from = at + 2;
    }
    text.len()
}

impl<'a> Tag<'a> {
    /// The value of an attribute as it is written, without its quotes.
    pub(super) fn attribute(self, name: &str) -> Option<&'a str> {
        let head = self.whole.find(self.name)? + self.name.len();
        let mut rest = self.whole.get(head..)?.trim_end_matches('>');
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            let len = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '/'));
            let (found, after) = rest.split_at_checked(len.unwrap_or(rest.len()))?;
            let after = after.trim_start();
            let (value, after) = match after.strip_prefix('=') {
                Some(value) => value_of(value.trim_start()),
                None => ("", after),
            };
            if found.eq_ignore_ascii_case(name) {
                return Some(value);
            }
            if after.len() >= rest.len() {
                return None;
            }
            rest = after;
        }
    }
}

/// An attribute's value and what follows it.
fn value_of(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(value) = text.strip_prefix(quote) {
            return value.split_once(quote).unwrap_or((value, ""));
        }
    }
    let len = text.find(|c: char| c.is_ascii_whitespace());
    text.split_at_checked(len.unwrap_or(text.len()))
        .unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::{Piece, Pieces};

    fn shown(html: &str) -> Vec<String> {
        let show = |piece| match piece {
            Piece::Text(text) => format!("t:{text}"),
            Piece::Start(tag) => format!("s:{}", tag.name),
            Piece::End(tag) => format!("e:{}", tag.name),
            Piece::Unseen(text) => format!("u:{text}"),
        };
        Pieces::new(html).map(show).collect()
    }

    #[test]
    fn pieces_of_real_and_of_broken_html() {
        for (html, expected) in [
            ("a<b x='>' y=\"'>\">c</B >", "t:a s:b t:c e:B"),
            (
                "1 < 2</ x><!-- <b> --><!doctype>",
                "t:1  t:< t: 2 u:</ x> u:<!-- <b> --> u:<!doctype>",
            ),
            (
                "<style>a</styles></STYLE\n>x",
                "s:style u:a</styles> e:STYLE t:x",
            ),
            ("<script></script>x<b", "s:script e:script t:x s:b"),
            ("<title>x", "s:title u:x"),
            ("a<", "t:a t:<"),
            ("a</", "t:a t:< t:/"),
            ("<!-->x<!--", "u:<!--> t:x u:<!--"),
            ("<a it's=1>x'>", "s:a t:x'>"),
        ] {
            assert_eq!(shown(html).join(" "), expected, "{html}");
        }
    }

    #[test]
    fn attributes_as_they_are_written() {
        for (html, expected) in [
            ("<a href='x y' z>", Some("x y")),
            ("<a z HREF = x>", Some("x")),
            ("<a x=\"href=1\" href=\"\">", Some("")),
            ("<a hrefs=1>", None),
            ("<a = = href", Some("")),
            ("<a href=\"x", Some("x")),
        ] {
            let Some(Piece::Start(tag)) = Pieces::new(html).next() else {
                panic!("no tag: {html}");
            };
            assert_eq!(tag.attribute("href"), expected, "{html}");
        }
    }
}
