//! From start tags, end tags and text to lines: which elements are open, and what closing one does.

use std::borrow::Cow;

use super::attributes::Attributes;
use super::element::{Kind, ends_paragraph, is_one_of, kind};
use super::flow::Flow;
use super::table::Table;
use crate::Limits;
use crate::tokens::Tag;

/// Tables inside one another that are laid out; deeper ones are text.
const TABLES: usize = 16;
/// An open element.
#[derive(Debug)]
struct Open<'a> {
    name: &'a str,
    kind: Kind,
    /// It and all in it is hidden.
    hidden: bool,
    /// Line ends around it.
    lines: usize,
    /// Bytes of text before it.
    from: usize,
    /// Of a link: where it leads, and how many tables it is in.
    link: Option<(String, usize)>,
    /// Of a list: the number of its next item.
    number: i64,
}

#[derive(Debug)]
pub(super) struct Renderer<'a> {
    flow: Flow,
    tables: Vec<Table>,
    open: Vec<Open<'a>>,
    hidden: usize,
    preformatted: usize,
    /// Where the last link leads that was told.
    last_link: String,
    /// The line end that follows a `<pre>` at once is no text.
    fresh_pre: bool,
    cut: bool,
    limits: Limits,
}

impl<'a> Renderer<'a> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            flow: Flow::new(limits.output),
            tables: Vec::new(),
            open: Vec::new(),
            hidden: 0,
            preformatted: 0,
            last_link: String::new(),
            fresh_pre: false,
            cut: false,
            limits,
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.hidden > 0 {
            return;
        }
        let fresh = std::mem::take(&mut self.fresh_pre);
        if self.preformatted == 0 {
            self.flow.text(text);
            return;
        }
        let first = fresh.then(|| {
            text.strip_prefix("\r\n")
                .or_else(|| text.strip_prefix('\n'))
        });
        self.flow.preformatted(first.flatten().unwrap_or(text));
    }

    pub(super) fn start(&mut self, tag: Tag<'a>) {
        self.fresh_pre = false;
        let name = tag.name;
        let kind = kind(name);
        self.close_implied(kind, name);
        let attributes = &Attributes::of(tag);
        let hides = kind == Kind::Silent || attributes.hides();
        if kind == Kind::Void {
            if self.hidden == 0 && !hides {
                self.void(name, attributes);
            }
            return;
        }
        let quiet = kind == Kind::Other && !hides;
        if quiet || self.open.len() >= self.limits.depth {
            return;
        }
        let mut element = Open {
            name,
            kind,
            hidden: hides,
            lines: 0,
            from: self.flow.len(),
            link: None,
            number: number(attributes.start()).unwrap_or(1),
        };
        if hides {
            self.hidden += 1;
        } else if self.hidden == 0 {
            self.enter(&mut element, attributes);
        }
        self.open.push(element);
    }

    fn enter(&mut self, element: &mut Open<'a>, attributes: &Attributes<'a>) {
        element.lines = match element.kind {
            Kind::Block | Kind::Item => 1,
            Kind::Paragraph if attributes.is_tight() => 1,
            Kind::Bullets | Kind::Numbers if self.in_list() => 1,
            Kind::Paragraph | Kind::Preformatted | Kind::Quote | Kind::Bullets | Kind::Numbers => 2,
            _ => 0,
        };
        if element.lines > 0 {
            self.flow.block(element.lines);
        }
        match element.kind {
            Kind::Preformatted => {
                self.preformatted += 1;
                self.fresh_pre = true;
            }
            Kind::Quote => self.flow.open_quote(),
            Kind::Item => {
                let mark = self.mark(attributes);
                self.flow.open_item(mark);
            }
            Kind::Table if self.tables.len() < TABLES => {
                let inside = Flow::new(self.limits.output);
                let outside = std::mem::replace(&mut self.flow, inside);
                self.tables.push(Table::new(outside));
            }
            // Deeper tables are blocks.
            Kind::Table => {
                element.kind = Kind::Block;
                element.lines = 1;
                self.flow.block(1);
            }
            Kind::Row => {
                self.stray();
                if let Some(table) = self.tables.last_mut() {
                    table.row();
                }
            }
            Kind::Cell => self.stray(),
            Kind::Link => {
                let leads = attributes.href();
                element.link = leads.map(|to| (to.trim().to_owned(), self.tables.len()));
                self.flow.open_link();
            }
            Kind::Quoted => self.flow.text("“"),
            _ => {}
        }
    }

    /// An element without content.
    fn void(&mut self, name: &str, attributes: &Attributes<'a>) {
        if is_one_of(name, &["br"]) {
            self.flow.line_end();
        } else if is_one_of(name, &["hr"]) {
            self.flow.block(1);
            self.flow.attach("----");
            self.flow.block(1);
        } else if is_one_of(name, &["img"]) {
            let alt = attributes.alt().unwrap_or_default();
            let alt = alt.trim();
            if !alt.is_empty() {
                self.flow.text(&format!("[{alt}]"));
            }
        }
    }

    pub(super) fn end(&mut self, name: &str) {
        self.fresh_pre = false;
        let kind = kind(name);
        if is_one_of(name, &["br"]) {
            // `</br>` is `<br>` (WHATWG HTML 13.2.6.4.7).
            self.void("br", &Attributes::default());
            return;
        }
        if let Some(at) = self.find(name, kind) {
            self.close_to(at);
        }
    }

    /// The innermost open element of this name. The search for one that is no part of a table ends at its cell.
    fn find(&self, name: &str, kind: Kind) -> Option<usize> {
        let of_table = matches!(kind, Kind::Table | Kind::Row | Kind::Cell | Kind::RowGroup);
        for (at, element) in self.open.iter().enumerate().rev() {
            if element.name.eq_ignore_ascii_case(name) {
                return Some(at);
            }
            let wall = if of_table {
                element.kind == Kind::Table
            } else {
                matches!(element.kind, Kind::Cell | Kind::Table)
            };
            if wall {
                return None;
            }
        }
        None
    }

    /// Ends what a start tag ends without saying so (WHATWG HTML 13.2.6.4.7 to 13.2.6.4.15).
    fn close_implied(&mut self, kind: Kind, name: &str) {
        if ends_paragraph(kind, name) {
            // A link inside goes on in what follows, as browsers have it; so its paragraph stays open here.
            self.close_open(|e| is_one_of(e.name, &["p"]), |_| true);
        }
        let list = |e: &Open<'a>| {
            matches!(
                e.kind,
                Kind::Bullets | Kind::Numbers | Kind::Cell | Kind::Table
            )
        };
        match kind {
            Kind::Item => self.close_open(|e| e.kind == Kind::Item, list),
            Kind::Block if is_one_of(name, &["dt", "dd"]) => {
                self.close_open(
                    |e| is_one_of(e.name, &["dt", "dd"]),
                    |e| is_one_of(e.name, &["dl"]) || list(e),
                );
            }
            Kind::Block if is_one_of(name, &["option"]) => {
                self.close_open(|e| is_one_of(e.name, &["option"]), |_| true);
            }
            Kind::Link => {
                self.close_open(
                    |e| e.kind == Kind::Link,
                    |e| matches!(e.kind, Kind::Cell | Kind::Table),
                );
            }
            Kind::Cell => {
                self.close_open(
                    |e| e.kind == Kind::Cell,
                    |e| matches!(e.kind, Kind::Table | Kind::Row),
                );
            }
            Kind::Row => self.close_open(|e| e.kind == Kind::Row, |e| e.kind == Kind::Table),
            Kind::RowGroup => {
                self.close_open(|e| e.kind == Kind::RowGroup, |e| e.kind == Kind::Table);
            }
            _ => {}
        }
    }

    /// Closes the innermost element that fits, unless a wall comes first.
    fn close_open(&mut self, fits: impl Fn(&Open<'a>) -> bool, wall: impl Fn(&Open<'a>) -> bool) {
        for at in (0..self.open.len()).rev() {
            let Some(element) = self.open.get(at) else {
                return;
            };
            if fits(element) {
                return self.close_to(at);
            }
            if wall(element) {
                return;
            }
        }
    }

    fn close_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some(element) = self.open.pop() {
                self.leave(element);
            }
        }
    }

    fn leave(&mut self, element: Open<'a>) {
        if element.hidden {
            self.hidden = self.hidden.saturating_sub(1);
            return;
        }
        if self.hidden > 0 {
            return;
        }
        if element.kind == Kind::Paragraph && element.lines > 1 {
            self.flow.forget_blanks(element.from);
        }
        if element.lines > 0 {
            self.flow.block(element.lines);
        }
        match element.kind {
            Kind::Preformatted => self.preformatted = self.preformatted.saturating_sub(1),
            Kind::Quote | Kind::Item => self.flow.close_margin(),
            Kind::Cell => self.end_cell(),
            Kind::Table => self.end_table(),
            Kind::Quoted => self.flow.attach_to_line("”"),
            Kind::Link => self.end_link(element.link),
            _ => {}
        }
    }

    /// What was written since the last cell is one.
    fn end_cell(&mut self) {
        if let Some(table) = self.tables.last_mut() {
            let done = std::mem::replace(&mut self.flow, Flow::new(self.limits.output));
            self.cut |= done.is_full();
            table.cell(done.finish());
        }
    }

    /// Text that stands in a table but in none of its cells.
    fn stray(&mut self) {
        if self.flow.len() > 0 {
            self.end_cell();
        }
    }

    fn end_table(&mut self) {
        self.stray();
        let Some(table) = self.tables.pop() else {
            return;
        };
        let (outside, shown) = table.finish();
        self.flow = outside;
        let lines = if shown.columns { 2 } else { 1 };
        self.flow.block(lines);
        if !shown.text.is_empty() {
            self.flow.preformatted(&shown.text);
        }
        self.flow.block(lines);
    }

    /// Says where a link leads, unless its text says so already.
    fn end_link(&mut self, link: Option<(String, usize)>) {
        let Some((href, tables)) = link else {
            return;
        };
        let shown = if tables == self.tables.len() {
            self.flow.link_text()
        } else {
            ""
        };
        let bare = |s: &str| s.trim_end_matches('/').to_ascii_lowercase();
        let known = ["http://", "https://", "mailto:"];
        let lower = href.to_ascii_lowercase();
        let leads_out = known.iter().any(|scheme| lower.starts_with(scheme));
        let address = shown.contains(['.', '@']);
        let (to, text) = (bare(&href), bare(shown));
        let same = to == text || (address && to.ends_with(&text));
        // A picture and the words beside it often lead to the same place: it is told once.
        let told = self.last_link == href;
        let strange = |c: char| c.is_whitespace() || c.is_control();
        if leads_out && !same && !told && !href.chars().any(strange) {
            if shown.is_empty() {
                self.flow.attach(&format!("<{href}>"));
            } else {
                self.flow.attach_to_line(&format!(" <{href}>"));
            }
            self.last_link = href;
        }
    }

    fn in_list(&self) -> bool {
        self.open.iter().any(|e| e.kind == Kind::Item)
    }

    /// The mark of the next item of the innermost list.
    fn mark(&mut self, attributes: &Attributes<'a>) -> String {
        let list = |e: &&mut Open<'a>| matches!(e.kind, Kind::Bullets | Kind::Numbers);
        match self.open.iter_mut().rev().find(list) {
            Some(list) if list.kind == Kind::Numbers => {
                let number = number(attributes.value()).unwrap_or(list.number);
                list.number = number.saturating_add(1);
                format!("{number}. ")
            }
            _ => "- ".to_owned(),
        }
    }

    /// The text, and whether something was left out.
    pub(super) fn finish(mut self) -> (String, bool) {
        self.close_to(0);
        let cut = self.cut || self.flow.is_full();
        (self.flow.finish(), cut)
    }
}

fn number(text: Option<Cow<'_, str>>) -> Option<i64> {
    text?.trim().parse::<i32>().ok().map(i64::from)
}
