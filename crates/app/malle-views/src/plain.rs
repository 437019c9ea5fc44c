//! The text of an HTML body, for readers without HTML. Links show where they lead; nothing is fetched or run.

mod entity;

use std::collections::HashMap;

/// Elements whose content is no text.
const SILENT: [&str; 6] = ["script", "style", "head", "title", "noscript", "template"];
/// Elements that stand on lines of their own.
const BLOCKS: [&str; 22] = [
    "div",
    "p",
    "table",
    "tr",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "pre",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "section",
    "article",
    "center",
];
/// Elements with an empty line around them.
const PARAGRAPHS: [&str; 11] = [
    "p",
    "ul",
    "ol",
    "dl",
    "table",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "pre",
];

/// The longest tag with quotes, in characters.
const TAG_MAX: usize = 16 * 1024;

/// The text that `html` shows, in lines. Never fails: what is no markup is text.
#[must_use]
pub fn html_to_text(html: &str) -> String {
    let mut writer = Writer::default();
    let mut ends = Ends {
        quoted: true,
        more: true,
    };
    let mut rest = html;
    while let Some((text, markup)) = rest.split_once('<') {
        writer.text(text);
        rest = match Tag::read(markup, &mut ends) {
            Some((tag, after)) => writer.tag(&tag, after),
            None if markup.starts_with("!--") => after(markup, "-->"),
            None if markup.starts_with(['!', '?', '/']) => after(markup, ">"),
            None => {
                writer.text("<");
                markup
            }
        };
    }
    writer.text(rest);
    writer.finish()
}

fn after<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

/// One tag: its lower-case name, whether it closes, its attributes.
struct Tag {
    name: String,
    closes: bool,
    attributes: HashMap<String, String>,
}

impl Tag {
    /// Reads what follows a `<`, up to and with its `>`.
    fn read<'a>(markup: &'a str, ends: &mut Ends) -> Option<(Self, &'a str)> {
        let (closes, body) = match markup.strip_prefix('/') {
            Some(body) => (true, body),
            None => (false, markup),
        };
        if !body.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return None;
        }
        let end = ends.find(body)?;
        let (inside, rest) = body.split_at_checked(end)?;
        let name_end = inside
            .find(|c: char| c.is_whitespace() || c == '/')
            .unwrap_or(inside.len());
        let (name, attributes) = inside.split_at_checked(name_end)?;
        let tag = Self {
            name: name.to_ascii_lowercase(),
            closes,
            attributes: attributes_of(attributes),
        };
        Some((tag, rest.strip_prefix('>').unwrap_or_default()))
    }
}

/// How the tags of a document end. What failed once is not tried again, so that reading stays linear.
struct Ends {
    /// Quotes are closed: a `>` inside them does not count.
    quoted: bool,
    /// There is a `>` to come.
    more: bool,
}

impl Ends {
    /// Where the `>` of a tag stands.
    fn find(&mut self, body: &str) -> Option<usize> {
        if !self.more {
            return None;
        }
        if self.quoted {
            let mut quote = None;
            for (at, c) in body.char_indices().take(TAG_MAX) {
                match (quote, c) {
                    (None, '>') => return Some(at),
                    (None, '"' | '\'') => quote = Some(c),
                    (Some(q), c) if c == q => quote = None,
                    _ => {}
                }
            }
            self.quoted = false;
        }
        let end = body.find('>');
        self.more = end.is_some();
        end
    }
}

fn attributes_of(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut rest = text;
    while let Some((name, value)) = rest.split_once('=') {
        let name = name
            .rsplit(|c: char| c.is_whitespace() || c == '/')
            .find(|n| !n.is_empty());
        let value = value.trim_start();
        let (value, next) = match value.strip_prefix(['"', '\'']) {
            Some(quoted) => {
                let quote = if value.starts_with('"') { '"' } else { '\'' };
                quoted.split_once(quote).unwrap_or((quoted, ""))
            }
            None => value.split_once(char::is_whitespace).unwrap_or((value, "")),
        };
        if let Some(name) = name {
            found
                .entry(name.to_ascii_lowercase())
                .or_insert_with(|| entity::decode(value));
        }
        rest = next;
    }
    found
}

#[derive(Default)]
struct Writer {
    out: String,
    /// Line ends owed before the next text.
    breaks: usize,
    /// A space is owed before the next text of this line.
    space: bool,
    /// Depth of `<pre>`.
    pre: usize,
    /// Where the open link leads, and where its text began.
    link: Option<(String, usize)>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        let text = entity::decode(text);
        if self.pre > 0 {
            if !text.is_empty() {
                self.settle();
                self.out.push_str(&text.replace("\r\n", "\n"));
            }
            return;
        }
        for (n, word) in text.split([' ', '\t', '\n', '\r', '\u{C}']).enumerate() {
            self.space |= n > 0;
            if !word.is_empty() {
                self.settle();
                self.out.push_str(&word.replace('\u{A0}', " "));
            }
        }
    }

    /// Writes the line ends or the space that are owed.
    fn settle(&mut self) {
        if self.out.is_empty() {
            self.breaks = 0;
        }
        let owed = std::mem::take(&mut self.breaks);
        if owed > 0 {
            self.out.truncate(self.out.trim_end_matches(' ').len());
            let there = self.out.len() - self.out.trim_end_matches('\n').len();
            self.out
                .extend(std::iter::repeat_n('\n', owed.saturating_sub(there)));
        } else if self.space && !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
            self.out.push(' ');
        }
        self.space = false;
    }

    /// Takes a tag and gives what is still to be read after it.
    fn tag<'a>(&mut self, tag: &Tag, rest: &'a str) -> &'a str {
        let name = tag.name.as_str();
        if SILENT.contains(&name) && !tag.closes {
            return after_closing(rest, name);
        }
        if BLOCKS.contains(&name) {
            let wanted = if PARAGRAPHS.contains(&name) { 2 } else { 1 };
            self.breaks = self.breaks.max(wanted);
        }
        match (name, tag.closes) {
            ("br", _) => {
                self.settle();
                self.breaks = 1;
                if self.out.ends_with('\n') {
                    self.out.push('\n');
                }
            }
            ("li", false) => {
                self.settle();
                self.out.push_str("- ");
            }
            ("hr", false) => {
                self.settle();
                self.out.push_str("----");
                self.breaks = 1;
            }
            ("td" | "th", true) => self.space = true,
            ("pre", false) => self.pre += 1,
            ("pre", true) => self.pre = self.pre.saturating_sub(1),
            ("img", false) => {
                if let Some(alt) = tag
                    .attributes
                    .get("alt")
                    .filter(|alt| !alt.trim().is_empty())
                {
                    self.text(&format!("[{}]", alt.trim()));
                }
            }
            ("a", false) => {
                let leads = tag.attributes.get("href").cloned();
                self.link = leads.map(|href| (href.trim().to_owned(), self.out.len()));
            }
            ("a", true) => self.end_link(),
            _ => {}
        }
        rest
    }

    /// Says where a link leads, unless its text says so already.
    fn end_link(&mut self) {
        let Some((href, from)) = self.link.take() else {
            return;
        };
        let shown = self.out.get(from..).unwrap_or_default().trim();
        let bare = |s: &str| s.trim_end_matches('/').to_ascii_lowercase();
        let known = ["http://", "https://", "mailto:"];
        let leads_out = known
            .iter()
            .any(|scheme| href.to_ascii_lowercase().starts_with(scheme));
        let same =
            bare(&href).ends_with(&bare(shown)) && !shown.is_empty() && shown.contains(['.', '@']);
        if leads_out && !same && !href.chars().any(char::is_whitespace) {
            self.out.push_str(&format!(" <{href}>"));
        }
    }

    fn finish(self) -> String {
        let lines: Vec<_> = self.out.lines().map(str::trim_end).collect();
        let text = lines.join("\n");
        text.trim_matches('\n').to_owned()
    }
}

/// What follows the closing tag of an element, whatever its case; nothing if it never closes.
fn after_closing<'a>(rest: &'a str, name: &str) -> &'a str {
    let mut at = rest;
    while let Some((_, markup)) = at.split_once("</") {
        let closes = markup
            .get(..name.len())
            .is_some_and(|n| n.eq_ignore_ascii_case(name));
        if closes {
            return after(markup, ">");
        }
        at = markup;
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::html_to_text;

    fn check(html: &str, text: &str) {
        assert_eq!(html_to_text(html), text, "{html}");
    }

    #[test]
    fn paragraphs_lists_and_tables() {
        check(
            "<p>One\n two</p><p>Three<br>four</p>",
            "One two\n\nThree\nfour",
        );
        check("<ul><li>a</li><li>b</li></ul>c", "- a\n- b\n\nc");
        check(
            "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>",
            "a b\nc",
        );
        check("a<br><br>b", "a\n\nb");
        check("<pre>x\n  y</pre>z", "x\n  y\n\nz");
        check("<div>a</div><div>b</div>", "a\nb");
    }

    #[test]
    fn what_is_no_text_is_left_out() {
        check(
            "<head><title>t</title></head><style>p{}</style>a<SCRIPT>x<y</Script>b<!-- c > d -->e",
            "abe",
        );
        check("<script>never closed", "");
        check("a < b & c <3", "a < b & c <3");
        check("<a href=\"x>y\">z</a>", "z");
    }

    #[test]
    fn links_show_where_they_lead() {
        check(
            "<a href='https://evil.example/x'>Your bank</a>",
            "Your bank <https://evil.example/x>",
        );
        check(
            "<a href=\"https://example.org/\">example.org</a>",
            "example.org",
        );
        check("<a href=\"mailto:a@b.c\">a@b.c</a>", "a@b.c");
        check("<img src=x alt='A picture'>", "[A picture]");
    }

    #[test]
    fn entities() {
        check(
            "&lt;caf&eacute;&gt; &#8364;&#x20ac; &amp;amp; &nbsp;x &unknown; &",
            "<café> €€ &amp;  x &unknown; &",
        );
    }

    #[test]
    fn any_bytes_end() {
        for html in [
            "<",
            "</",
            "<a",
            "<a href",
            "<a href=",
            "<a href='",
            "&#",
            "&#x110000;",
            "<!",
            "<p/",
            "<<<<",
        ] {
            assert!(html_to_text(html).len() <= html.len());
            assert!(html_to_text(&html.repeat(50)).len() <= html.len() * 50);
        }
    }

    #[test]
    fn time_grows_with_length_only() {
        for hostile in [
            "<a '",
            "&",
            "&#",
            "<script>",
            "</",
            "<!--",
            "<p x=\"",
            "<a href=x>",
        ] {
            let started = std::time::Instant::now();
            let text = html_to_text(&hostile.repeat(100_000));
            assert!(text.len() <= hostile.len() * 200_000);
            assert!(started.elapsed().as_secs() < 30, "{hostile}");
        }
    }
}
