//! RTF of its own made HTML that looks the same.
//! RTF 1.9.1; WHATWG HTML 4

mod list;
mod look;
mod table;

use std::fmt::Write as _;
use std::ops::Range;

use crate::link::{target, worth_showing};
use crate::reader::state::{Align, Look, Para};
use crate::reader::{Destination, Header, Mark, Page, Run, State, read, words};
use list::{Lists, Marker};
use look::Base;
use table::{RowShape, Table};

/// The page of `rtf`.
pub(super) fn html(rtf: &[u8]) -> String {
    let mut page = FormattedPage::new(rtf.len());
    read(rtf, &mut page);
    page.finish()
}

/// How many tables within tables are kept apart.
const DEEPEST: usize = 16;

/// Makes the page, as its parts come.
#[derive(Debug, Default)]
struct FormattedPage {
    /// What is outside of all tables.
    body: String,
    /// The tables in which the text is, outermost first.
    tables: Vec<Table>,
    /// The row that is described.
    row: RowShape,
    lists: Lists,
    /// The list's number or bullet of the paragraph that is to come.
    marker: String,
    paragraph: Paragraph,
    /// How the text looks to which the others are compared, once there is one.
    base: Option<Base>,
    /// How the open elements around the text make it look.
    look: Option<Look>,
    /// What closes them.
    close: String,
    /// Where the fields lead in which the text is.
    links: Vec<Option<String>>,
    link_open: bool,
    /// The last character is a blank, or the line is empty: another blank would not be seen.
    blank: bool,
    attachments: usize,
    /// How much HTML there may be before looks are given up.
    most: usize,
    written: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Paragraph {
    #[default]
    Closed,
    /// An element of its own.
    Block,
    /// An item of a list.
    Item,
}

impl Page for FormattedPage {
    fn text(&mut self, run: Run<'_>, state: &State, header: &Header) {
        if state.destination == Destination::ListText {
            return self.marker.push_str(run.text);
        }
        self.begin(state);
        self.dress(&state.look, header);
        self.escaped(run.text);
    }

    fn mark(&mut self, mark: Mark, _: Range<usize>, state: &State) {
        if state.destination == Destination::ListText {
            return;
        }
        match mark {
            Mark::Paragraph | Mark::Page => {
                self.begin(state);
                self.end_paragraph();
            }
            Mark::Cell | Mark::NestedCell => self.end_cell(mark, state),
            Mark::Row | Mark::NestedRow => self.end_row(mark),
            _ => {
                self.begin(state);
                self.inline(mark);
            }
        }
    }

    fn field(&mut self, instruction: &str) {
        self.links
            .push(target(instruction).filter(|target| worth_showing(target)));
    }

    fn field_end(&mut self, _: Range<usize>, _: &State) {
        self.end_link();
        self.links.pop();
    }

    fn table(&mut self, word: words::Table, value: Option<i32>) {
        self.row.set(word, value);
    }
}

impl FormattedPage {
    fn new(len: usize) -> Self {
        Self {
            most: len.saturating_mul(16).saturating_add(1 << 16),
            ..Self::default()
        }
    }

    /// Where text goes.
    fn out(&mut self) -> &mut String {
        self.tables.last_mut().map_or(&mut self.body, Table::cell)
    }

    fn put(&mut self, html: &str) {
        self.written += html.len();
        self.out().push_str(html);
    }

    /// Begins a paragraph, if none is open.
    fn begin(&mut self, state: &State) {
        if self.paragraph != Paragraph::Closed {
            return;
        }
        self.tables_around(state.para.tables.into());
        self.blank = true;
        let marker = std::mem::take(&mut self.marker);
        let style = style_of(&state.para);
        let level = state.para.level;
        if let Some(item) = Marker::of(&marker, self.lists.open(level)) {
            let tags = self.lists.item(item, level);
            self.paragraph = Paragraph::Item;
            return self.put(&tags);
        }
        self.end_lists();
        self.paragraph = Paragraph::Block;
        let direction = if state.para.right_to_left {
            " dir=\"rtl\""
        } else {
            ""
        };
        let style = if style.is_empty() {
            style
        } else {
            format!(" style=\"{style}\"")
        };
        self.put(&format!("<div{direction}{style}>"));
        if !marker.is_empty() {
            self.escaped(marker.trim_end());
            self.put("&nbsp; ");
        }
    }

    fn end_paragraph(&mut self) {
        self.end_link();
        let empty = self.out().ends_with('>') && self.blank;
        let ended = std::mem::take(&mut self.paragraph);
        if ended == Paragraph::Block {
            self.put(if empty { "<br></div>\n" } else { "</div>\n" });
        }
    }

    fn end_lists(&mut self) {
        let tags = self.lists.end();
        self.put(&tags);
    }

    /// Ends what a cell or the body has open.
    fn end_content(&mut self) {
        if self.paragraph != Paragraph::Closed {
            self.end_paragraph();
        }
        self.end_lists();
    }

    /// Makes the text be in as many tables.
    fn tables_around(&mut self, count: usize) {
        let count = count.min(DEEPEST);
        if count == self.tables.len() {
            return;
        }
        self.end_content();
        while self.tables.len() > count {
            self.end_table();
        }
        while self.tables.len() < count {
            self.tables.push(Table::new(self.row.clone()));
        }
    }

    fn end_table(&mut self) {
        if let Some(mut table) = self.tables.pop() {
            table.end_row(&self.row);
            let html = table.html(self.written < self.most);
            self.put(&html);
        }
    }

    fn end_cell(&mut self, mark: Mark, state: &State) {
        let depth = usize::from(state.para.tables).max(1 + usize::from(mark == Mark::NestedCell));
        self.tables_around(depth);
        self.end_content();
        if let Some(table) = self.tables.last_mut() {
            table.end_cell();
        }
    }

    fn end_row(&mut self, mark: Mark) {
        let depth = if mark == Mark::Row {
            1
        } else {
            self.tables.len().max(1)
        };
        if self.tables.len() < depth {
            return;
        }
        self.tables_around(depth);
        self.end_content();
        if let Some(table) = self.tables.last_mut() {
            table.end_row(&self.row);
            if mark == Mark::NestedRow {
                self.row = table.around.clone();
            }
        }
    }

    fn inline(&mut self, mark: Mark) {
        match mark {
            Mark::Line => {
                self.put("<br>\n");
                self.blank = true;
                return;
            }
            Mark::Tab => self.put("&nbsp;&nbsp;&nbsp; "),
            Mark::FixedBlank => self.put("&nbsp;"),
            Mark::FixedHyphen => self.put("\u{2011}"),
            Mark::SoftHyphen => self.put("&shy;"),
            Mark::Picture => self.put("<span class=\"picture\">\u{1F5BC}</span>"),
            Mark::Attachment => {
                self.attachments += 1;
                let number = self.attachments;
                self.put(&format!(
                    "<span class=\"attachment\" data-number=\"{number}\">\u{1F4CE}</span>"
                ));
            }
            _ => return,
        }
        self.blank = mark == Mark::Tab;
    }

    /// Opens and closes elements so that text looks as it should.
    fn dress(&mut self, look: &Look, header: &Header) {
        let to = self.links.iter().flatten().next();
        let link = if self.link_open { None } else { to.cloned() };
        if self.look == Some(*look) && link.is_none() {
            return;
        }
        self.undress();
        if let Some(link) = link {
            let mut tag = String::from("<a href=\"");
            escape(&link, &mut tag);
            tag.push_str("\">");
            self.put(&tag);
            self.link_open = true;
        }
        let base = self.base.get_or_insert_with(|| Base::of(look, header));
        if self.written < self.most {
            let (open, close) = base.tags(look, header, self.link_open);
            self.put(&open);
            self.close = close;
            self.look = Some(*look);
        }
    }

    fn undress(&mut self) {
        self.look = None;
        let close = std::mem::take(&mut self.close);
        self.put(&close);
    }

    fn end_link(&mut self) {
        self.undress();
        if std::mem::take(&mut self.link_open) {
            self.put("</a>");
        }
    }

    fn escaped(&mut self, text: &str) {
        let mut blank = self.blank;
        let out = self.out();
        let before = out.len();
        for char in text.chars() {
            match char {
                ' ' if blank => out.push_str("&nbsp;"),
                _ => escape_char(char, out),
            }
            blank = char == ' ';
        }
        self.written += self.out().len() - before;
        self.blank = blank;
    }

    fn finish(mut self) -> String {
        self.end_content();
        self.tables_around(0);
        let style = self.base.as_ref().map(Base::attribute).unwrap_or_default();
        let mut page = String::with_capacity(self.body.len() + 200);
        page.push_str("<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head>\n");
        let _ = write!(page, "<body{style}>\n{}</body></html>\n", self.body);
        page
    }
}

/// The style of a paragraph.
fn style_of(para: &Para) -> String {
    let mut style = String::new();
    let align = match para.align {
        Align::Left => "",
        Align::Right => "text-align:right;",
        Align::Centre => "text-align:center;",
        Align::Justify => "text-align:justify;",
    };
    style.push_str(align);
    for (name, twips) in [
        ("margin-left", para.left),
        ("margin-right", para.right),
        ("margin-top", para.before),
        ("margin-bottom", para.after),
        // Nothing hangs out of the page.
        ("text-indent", para.first.max(-para.left.max(0))),
    ] {
        // Nobody sees more than a page of it.
        let twips = twips.clamp(-10_000, 10_000);
        if twips != 0 {
            let _ = write!(style, "{name}:{}pt;", f64::from(twips) / 20.0);
        }
    }
    style.pop();
    style
}

/// `text` with what means something in HTML written as references.
fn escape(text: &str, out: &mut String) {
    text.chars().for_each(|char| escape_char(char, out));
}

fn escape_char(char: char, out: &mut String) {
    match char {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\u{a0}' => out.push_str("&nbsp;"),
        '\u{80}'..='\u{9f}' => out.push(char::REPLACEMENT_CHARACTER),
        _ => out.push(char),
    }
}
