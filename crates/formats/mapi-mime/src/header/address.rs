//! Address lists: mailboxes and groups, read leniently.
//! RFC 5322 §3.4, §4.4

use super::words;

/// One address as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Mailbox {
    /// The display name, or empty.
    pub(crate) name: String,
    /// `local@domain`; empty where there was only a name.
    pub(crate) address: String,
    /// The name of the group it stood in.
    pub(crate) group: Option<String>,
}

/// What an address field held.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct AddressList {
    pub(crate) mailboxes: Vec<Mailbox>,
    /// Groups without members, `undisclosed-recipients:;`.
    pub(crate) empty_groups: Vec<String>,
    /// More than the limit were there.
    pub(crate) cut: bool,
}

/// Reads an address list from an unfolded value; at most `max` mailboxes.
pub(crate) fn parse(value: &str, max: usize) -> AddressList {
    let mut parser = Parser {
        list: AddressList::default(),
        entry: Entry::default(),
        group: None,
        members: 0,
        max,
        open: Open::default(),
    };
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        if parser.list.cut {
            break;
        }
        rest = parser.step(first, rest);
    }
    parser.end_entry();
    parser.end_group();
    parser.list
}

struct Parser {
    list: AddressList,
    entry: Entry,
    group: Option<String>,
    members: usize,
    max: usize,
    open: Open,
}

/// What never ends from some place of the value on, and so from no later one: nobody has to look again.
#[derive(Default)]
struct Open {
    /// A quoted string.
    quote: bool,
    /// An angle bracket that minds quotes; later ones may end, but such a value is not worth the time.
    angle: bool,
    /// An angle bracket that minds nothing.
    bracket: bool,
}

/// What was read since the last comma.
#[derive(Default)]
struct Entry {
    words: Vec<Piece>,
    angle: Option<String>,
    comment: String,
    space: bool,
}

struct Piece {
    text: String,
    quoted: bool,
    /// White space stood before it.
    spaced: bool,
}

impl Parser {
    /// Reads one token and gives what follows it.
    fn step<'a>(&mut self, first: char, rest: &'a str) -> &'a str {
        let tail = rest.get(first.len_utf8()..).unwrap_or_default();
        match first {
            '"' => {
                if !self.open.quote {
                    if let Some((text, after)) = quoted(tail) {
                        self.entry.push(text, true);
                        return after;
                    }
                    self.open.quote = true;
                }
                self.entry.push(String::new(), false);
                tail
            }
            '(' => {
                let (text, after) = comment(tail);
                if !self.entry.comment.is_empty() {
                    self.entry.comment.push(' ');
                }
                self.entry.comment.push_str(text.trim());
                self.entry.space = true;
                after
            }
            '<' => {
                let (address, after) = angle(tail, &mut self.open);
                match address.strip_suffix(';').and_then(|a| a.split_once(':')) {
                    // `<undisclosed-recipients:;>`
                    Some((group, _)) => self.empty_group(group.to_owned()),
                    None => _ = self.entry.angle.get_or_insert(address),
                }
                after
            }
            '[' => {
                let end = tail.find([']', ',']).map_or(tail.len(), |n| n + 1);
                let (literal, after) = tail.split_at(end);
                self.entry.push(format!("[{literal}"), false);
                after
            }
            ',' => {
                self.end_entry();
                tail
            }
            ';' => {
                self.end_entry();
                self.end_group();
                tail
            }
            ':' if self.group.is_none()
                && self.entry.angle.is_none()
                && !self.entry.words.is_empty() =>
            {
                let name = std::mem::take(&mut self.entry).phrase();
                self.group = Some(words::decode(&name));
                self.members = 0;
                tail
            }
            c if c.is_whitespace() => {
                self.entry.space = true;
                tail
            }
            _ => {
                let len = atom_len(rest);
                let (atom, after) = rest.split_at(len);
                self.entry.push(atom.to_owned(), false);
                after
            }
        }
    }

    fn end_entry(&mut self) {
        let Some(mut mailbox) = std::mem::take(&mut self.entry).finish() else {
            return;
        };
        if self.list.mailboxes.len() >= self.max {
            self.list.cut = true;
            return;
        }
        mailbox.group.clone_from(&self.group);
        self.members += 1;
        self.list.mailboxes.push(mailbox);
    }

    fn end_group(&mut self) {
        if let Some(name) = self.group.take().filter(|_| self.members == 0) {
            self.empty_group(name);
        }
    }

    fn empty_group(&mut self, name: String) {
        if self.list.empty_groups.len() < self.max {
            self.list.empty_groups.push(name);
        }
    }
}

/// Longest encoded word that is taken for one; the rule is 75, writers differ.
const ENCODED_WORD_MAX: usize = 1000;

/// The atom at the start of `text`; an encoded word is one atom, whatever it holds.
fn atom_len(text: &str) -> usize {
    if text.starts_with("=?") {
        let head = text
            .as_bytes()
            .get(..ENCODED_WORD_MAX)
            .unwrap_or(text.as_bytes());
        let third = head
            .iter()
            .enumerate()
            .filter(|(_, b)| **b == b'?')
            .map(|(at, _)| at)
            .nth(2);
        let end = third.and_then(|at| {
            let data = head.get(at + 1..)?;
            memchr::memmem::find(data, b"?=").map(|n| at + 1 + n + 2)
        });
        if let Some(end) = end.filter(|end| text.is_char_boundary(*end)) {
            return end;
        }
    }
    let special =
        |c: char| c.is_whitespace() || matches!(c, '"' | '(' | '<' | ',' | ';' | ':' | '[');
    let first = text.chars().next().map_or(0, char::len_utf8);
    let after = text.get(first..).unwrap_or_default();
    first + after.find(special).unwrap_or(after.len())
}

/// The text of a quoted string up to its end, and what follows; `None` if it never ends.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, text.get(at + 1..).unwrap_or_default())),
            '\\' => out.extend(chars.next().map(|(_, c)| c)),
            _ => out.push(c),
        }
    }
    None
}

/// The text of a comment up to its end, nested ones included, and what follows.
fn comment(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut depth = 1usize;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return (out, text.get(at + 1..).unwrap_or_default());
                }
                out.push(c);
            }
            '(' => {
                depth += 1;
                out.push(c);
            }
            '\\' => out.extend(chars.next().map(|(_, c)| c)),
            _ => out.push(c),
        }
    }
    (out, "")
}

/// The address of `<…>` without its route, and what follows.
fn angle<'a>(text: &'a str, open: &mut Open) -> (String, &'a str) {
    let mut end = None;
    if !open.angle {
        end = unquoted_end(text);
        open.angle = end.is_none();
    }
    if end.is_none() && !open.bracket {
        end = text.find('>');
        open.bracket = end.is_none();
    }
    let end = end.or_else(|| text.find(',')).unwrap_or(text.len());
    let (inner, after) = text.split_at(end);
    let after = after.strip_prefix('>').unwrap_or(after);
    let inner = inner.trim().trim_start_matches('<');
    let inner = match inner.split_once(':') {
        Some((route, address))
            if route.starts_with('@') || route.eq_ignore_ascii_case("mailto") =>
        {
            address
        }
        _ => inner,
    };
    (address_text(inner), after)
}

/// Where the first `>` outside of quotes stands.
fn unquoted_end(text: &str) -> Option<usize> {
    let mut in_quotes = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' => in_quotes = !in_quotes,
            '>' if !in_quotes => return Some(at),
            _ => {}
        }
    }
    None
}

/// The address between angle brackets without comments, and without blanks outside quotes.
fn address_text(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            '(' => comment(tail).1,
            '"' => match quoted(tail) {
                Some((_, after)) => {
                    let len = rest.len() - after.len();
                    out.push_str(rest.get(..len).unwrap_or_default());
                    after
                }
                None => tail,
            },
            _ if c.is_whitespace() => tail,
            _ => {
                out.push(c);
                tail
            }
        };
    }
    out
}

/// The name and the address in a text that is an address as a whole.
fn whole(text: &str) -> Option<(&str, &str)> {
    let (name, address) = match text.strip_suffix('>') {
        Some(inner) => inner.rsplit_once('<')?,
        None => ("", text),
    };
    let (local, domain) = address.rsplit_once('@')?;
    let odd = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"');
    let fine = !local.is_empty() && !domain.is_empty() && !address.contains(odd);
    fine.then_some((name, address))
}

impl Entry {
    fn push(&mut self, text: String, quoted: bool) {
        let spaced = std::mem::take(&mut self.space) || self.words.is_empty();
        self.words.push(Piece {
            text,
            quoted,
            spaced,
        });
    }

    /// The words as they stood, quotes taken off.
    fn phrase(&self) -> String {
        let mut out = String::new();
        for piece in self.words.iter().filter(|p| !p.text.is_empty()) {
            if piece.spaced && !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&piece.text);
        }
        out
    }

    fn finish(mut self) -> Option<Mailbox> {
        if self.angle.is_none() {
            self.angle = self.take_bare_address();
        }
        let mut name = words::decode(&self.phrase());
        if name.is_empty() {
            name = words::decode(&self.comment);
        }
        let mut name = name.trim().to_owned();
        let mut address = self.angle.unwrap_or_default();
        // Against RFC 2047 §5, some encode the whole of `Ann <ann@example.org>`.
        if address.is_empty()
            && let Some((inner, found)) = whole(&name)
        {
            (address, name) = (found.to_owned(), inner.trim().to_owned());
        }
        (!name.is_empty() || !address.is_empty()).then_some(Mailbox {
            name,
            address,
            group: None,
        })
    }

    /// Takes an address that stands without angle brackets out of the words.
    fn take_bare_address(&mut self) -> Option<String> {
        let Some(at) = self
            .words
            .iter()
            .position(|p| !p.quoted && p.text.contains('@'))
        else {
            // One atom alone is a local user, `root`; more are a name, and so is an encoded word.
            let alone = self.words.len() == 1 && self.comment.is_empty();
            let word = self
                .words
                .first()
                .filter(|p| alone && !p.quoted && !p.text.starts_with("=?"))?
                .text
                .clone();
            self.words.clear();
            return Some(word);
        };
        let mut from = at;
        let mut to = at + 1;
        let starts = |p: &Piece| p.text.starts_with('@');
        if self.words.get(at).is_some_and(starts) && at > 0 {
            from = at - 1;
        }
        if self.words.get(at).is_some_and(|p| p.text.ends_with('@')) && to < self.words.len() {
            to += 1;
        }
        // `local.part` before and `[literal]` after it, without space between.
        while from > 0 && self.words.get(from).is_some_and(|p| !p.spaced) {
            from -= 1;
        }
        while self.words.get(to).is_some_and(|p| !p.spaced) {
            to += 1;
        }
        // `john . doe @ example . org`, as old mail spaces it.
        let dot = |words: &[Piece], at: usize, end: fn(&str) -> bool| {
            words.get(at).is_some_and(|p| !p.quoted && end(&p.text))
        };
        while from > 0
            && (dot(&self.words, from, |t| t.starts_with('.'))
                || dot(&self.words, from - 1, |t| t.ends_with('.'))
                    && self.words.get(from - 1).is_some_and(|p| p.text == "."))
        {
            from -= 1;
        }
        while to < self.words.len()
            && (dot(&self.words, to, |t| t.starts_with('.'))
                || dot(&self.words, to - 1, |t| t.ends_with('.')))
        {
            to += 1;
        }
        let taken: Vec<Piece> = self.words.drain(from..to).collect();
        let join = |p: Piece| {
            if p.quoted {
                format!("\"{}\"", p.text.replace('\\', "\\\\").replace('"', "\\\""))
            } else {
                p.text
            }
        };
        let address: String = taken.into_iter().map(join).collect();
        Some(
            address
                .strip_prefix("mailto:")
                .unwrap_or(&address)
                .trim_matches(['<', '>'])
                .to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expect: &[(&str, &str)]) {
        let list = parse(value, 100);
        let found: Vec<_> = list
            .mailboxes
            .iter()
            .map(|m| (m.name.as_str(), m.address.as_str()))
            .collect();
        assert_eq!(found, expect, "{value}");
    }

    #[test]
    fn mailboxes() {
        check("a@b.c", &[("", "a@b.c")]);
        check(
            "Ann <a@b.c>, bob@d.e (Bob)",
            &[("Ann", "a@b.c"), ("Bob", "bob@d.e")],
        );
        check("\"Doe, Jane\" <j@d.e>", &[("Doe, Jane", "j@d.e")]);
        check("=?utf-8?q?Ren=C3=A9=2C_x?= <r@x>", &[("René, x", "r@x")]);
        check("\"=?utf-8?q?Ren=C3=A9?=\" <r@x>", &[("René", "r@x")]);
        check("=?iso-8859-1?q?a,b?= <r@x>", &[("a,b", "r@x")]);
        check("John Q. Public <j.q@x.y>", &[("John Q. Public", "j.q@x.y")]);
        check("\"john doe\"@x.y", &[("", "\"john doe\"@x.y")]);
        check("<@r1,@r2:a@b>", &[("", "a@b")]);
        check("a @ b.c", &[("", "a@b.c")]);
        check("root", &[("", "root")]);
        check("x@[127.0.0.1]", &[("", "x@[127.0.0.1]")]);
        check("a@b, , c@d,", &[("", "a@b"), ("", "c@d")]);
        check("Foo <a@b", &[("Foo", "a@b")]);
        check("\"unclosed <a@b>", &[("unclosed", "a@b")]);
        check("Ann (work) <a@b>", &[("Ann", "a@b")]);
        check("'a@b' <a@b>", &[("'a@b'", "a@b")]);
        check("a@b <c@d>", &[("a@b", "c@d")]);
        check("Плохой <п@д.рф>", &[("Плохой", "п@д.рф")]);
        check("<c@(my host)b.c>", &[("", "c@b.c")]);
        check("jdoe@test  . example", &[("", "jdoe@test.example")]);
        check("=?utf-8?q?Ren=C3=A9_=3Cr=40x.y=3E?=", &[("René", "r@x.y")]);
        check("=?utf-8?q?r=40x.y?=", &[("", "r@x.y")]);
        check("\"r@x.y\"", &[("", "r@x.y")]);
        check("=?utf-8?q?a=40b_c?=", &[("a@b c", "")]);
        check("", &[]);
    }

    #[test]
    fn groups() {
        let list = parse("Team: a@b, Bob <c@d>;, e@f, undisclosed-recipients:;", 100);
        let groups: Vec<_> = list.mailboxes.iter().map(|m| m.group.as_deref()).collect();
        assert_eq!(groups, [Some("Team"), Some("Team"), None]);
        assert_eq!(list.empty_groups, ["undisclosed-recipients"]);
        let list = parse("<Undisclosed-Recipient:@host;>, a@b", 100);
        assert_eq!(list.mailboxes.len(), 1);
        assert_eq!(list.empty_groups, ["Undisclosed-Recipient"]);
    }

    #[test]
    fn hostile_text_is_linear() {
        let start = std::time::Instant::now();
        for piece in [
            "\"", "(", "<", "=?a?q?", "[", "a@", ":", ";", "\\", ",", "a ",
        ] {
            parse(&piece.repeat(1_000_000 / piece.len()), 20_000);
        }
        assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
    }
}
