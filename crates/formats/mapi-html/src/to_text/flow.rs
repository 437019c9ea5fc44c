//! Lines in the making: spaces collapse, line ends are owed until there is text, quotes and lists have their margins.

/// Quotes and items that get a margin; deeper ones stand under the last of these.
const MARGINS: usize = 16;

/// What stands at the start of each line inside an element.
#[derive(Debug, Clone)]
enum Margin {
    /// `> `.
    Quote,
    /// The mark of an item on its first line, spaces of the same width on the others.
    Item { mark: String, pending: bool },
}

/// Text in lines.
#[derive(Debug, Default)]
pub(super) struct Flow {
    out: String,
    /// Line ends owed before the next text.
    owed: usize,
    /// The fewest quotes around since the first line end was owed: an empty line belongs to what it separates.
    quotes_between: usize,
    space: Space,
    margins: Vec<Margin>,
    /// How deep margins are nested, those without a margin of their own included.
    depth: usize,
    /// Where the text of the open link begins; it is to come while this is `None`.
    link: Option<usize>,
    limit: usize,
    full: bool,
}

/// What stands between the last text of a line and the next.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Space {
    #[default]
    None,
    Blank,
    /// With a line end in it, which disappears between ideographs (CSS Text 3, 4.1.3).
    LineEnd,
}

impl Flow {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Bytes written so far.
    pub(super) const fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether something was left out because there was too much.
    pub(super) const fn is_full(&self) -> bool {
        self.full
    }

    /// The text to come is that of a link.
    pub(super) const fn open_link(&mut self) {
        self.link = None;
    }

    /// The text of the link so far.
    pub(super) fn link_text(&self) -> &str {
        let text = self.link.and_then(|from| self.out.get(from..));
        text.unwrap_or_default().trim()
    }

    /// Text whose spaces and line ends are one space each.
    pub(super) fn text(&mut self, text: &str) {
        let mut rest = text;
        loop {
            let gap = rest.bytes().take_while(|b| is_blank(*b)).count();
            let (space, word) = rest.split_at_checked(gap).unwrap_or_default();
            if gap > 0 {
                let line_end = self.space != Space::Blank && space.contains(['\n', '\r']);
                self.space = if line_end {
                    Space::LineEnd
                } else {
                    Space::Blank
                };
            }
            if word.is_empty() {
                return;
            }
            let end = word.bytes().position(is_blank).unwrap_or(word.len());
            let (now, after) = word.split_at_checked(end).unwrap_or((word, ""));
            self.word(now);
            rest = after;
        }
    }

    /// A word, without what is not to be seen of it.
    fn word(&mut self, word: &str) {
        if word.bytes().all(|b| b.is_ascii() && b != 0) {
            self.settle(word.bytes().next().map(char::from));
            return self.push(word);
        }
        let shown: String = word
            .chars()
            .filter(|c| !is_unseen(*c))
            .map(|c| if c == '\u{A0}' { ' ' } else { c })
            .collect();
        if !shown.is_empty() {
            self.settle(shown.chars().next());
            self.push(&shown);
        }
    }

    /// Text as it is, line by line.
    pub(super) fn preformatted(&mut self, text: &str) {
        for (n, line) in text.split('\n').enumerate() {
            if n > 0 {
                self.line_end();
            }
            let line = line.trim_end_matches('\r').replace('\0', "");
            let line = line.as_str();
            if !line.is_empty() {
                self.space = Space::None;
                self.settle(None);
                self.push(line);
            }
        }
    }

    /// A word that follows the text before it at once, as a piece of markup made here does.
    pub(super) fn attach(&mut self, text: &str) {
        self.settle(None);
        self.push(text);
    }

    /// The same on the line of the text before, even if that was to end.
    pub(super) fn attach_to_line(&mut self, text: &str) {
        if self.out.is_empty() {
            return self.attach(text);
        }
        self.trim_line();
        self.push(text);
    }

    /// Takes back what was written from byte `from` on if it is only space, as in the empty paragraphs that some
    /// programs put between others.
    pub(super) fn forget_blanks(&mut self, from: usize) {
        let blank = |c: char| matches!(c, ' ' | '\n' | '>');
        let written = self.out.get(from..).filter(|t| !t.is_empty());
        if from > 0 && written.is_some_and(|text| text.chars().all(blank)) {
            self.out.truncate(from);
            self.owe(2);
        }
    }

    /// The next text stands after at least `count` line ends.
    pub(super) fn block(&mut self, count: usize) {
        self.owe(self.owed.max(count));
    }

    /// `<br>`: ends the line, or makes an empty one.
    pub(super) fn line_end(&mut self) {
        self.owe(self.owed + 1);
    }

    fn owe(&mut self, count: usize) {
        if self.owed == 0 {
            self.quotes_between = self.quotes();
        }
        self.owed = count;
        self.space = Space::None;
    }

    pub(super) fn open_quote(&mut self) {
        self.open(Margin::Quote);
    }

    pub(super) fn open_item(&mut self, mark: String) {
        self.open(Margin::Item {
            mark,
            pending: true,
        });
    }

    fn open(&mut self, margin: Margin) {
        self.depth += 1;
        if self.depth <= MARGINS {
            self.margins.push(margin);
        }
    }

    /// Ends the innermost quote or item.
    pub(super) fn close_margin(&mut self) {
        if self.depth <= MARGINS {
            self.margins.pop();
        }
        self.depth = self.depth.saturating_sub(1);
        if self.owed > 0 {
            self.quotes_between = self.quotes_between.min(self.quotes());
        }
    }

    fn quotes(&self) -> usize {
        let quote = |m: &&Margin| matches!(m, Margin::Quote);
        self.margins.iter().filter(quote).count()
    }

    /// Writes what is owed before a text that begins with `next`.
    fn settle(&mut self, next: Option<char>) {
        self.settle_owed(next);
        self.link.get_or_insert(self.out.len());
    }

    /// Line ends, margins or the space.
    fn settle_owed(&mut self, next: Option<char>) {
        if self.out.is_empty() {
            self.owed = 0;
            self.space = Space::None;
            self.margin();
            return;
        }
        let owed = std::mem::take(&mut self.owed);
        let space = std::mem::take(&mut self.space);
        if owed > 0 {
            self.trim_line();
            for n in 0..owed {
                self.push("\n");
                if n + 1 < owed && self.quotes_between > 0 {
                    let quotes = vec![">"; self.quotes_between.min(self.quotes())];
                    self.push(&quotes.join(" "));
                }
            }
            self.margin();
            return;
        }
        let before = self.out.chars().next_back();
        let joins = |c: Option<char>| c.is_some_and(is_ideograph);
        let swallowed = space == Space::LineEnd && joins(before) && joins(next);
        if space != Space::None && !swallowed && !self.out.ends_with([' ', '\n']) {
            self.push(" ");
        }
    }

    fn margin(&mut self) {
        let mut line = String::new();
        for margin in &mut self.margins {
            match margin {
                Margin::Quote => line.push_str("> "),
                Margin::Item { mark, pending } if *pending => {
                    *pending = false;
                    line.push_str(mark);
                }
                Margin::Item { mark, .. } => line.extend(std::iter::repeat_n(' ', mark.len())),
            }
        }
        self.push(&line);
    }

    fn trim_line(&mut self) {
        let kept = self.out.trim_end_matches(' ').len();
        self.out.truncate(kept);
    }

    fn push(&mut self, text: &str) {
        if self.out.len() + text.len() > self.limit {
            self.full = true;
        } else if !self.full {
            self.out.push_str(text);
        }
    }

    /// The lines, without empty ones around them and spaces at their ends.
    pub(super) fn finish(mut self) -> String {
        self.trim_line();
        let text = self.out.trim_matches('\n');
        if !text.contains(" \n") {
            return text.to_owned();
        }
        let lines: Vec<&str> = text.split('\n').map(|l| l.trim_end_matches(' ')).collect();
        lines.join("\n").trim_matches('\n').to_owned()
    }
}

const fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
}

/// Characters that only say where a line may end, fill up a preview, or are no text of HTML: zero (13.2.6.4.7), soft
/// hyphen, combining grapheme joiner, zero width space, word joiner, a byte order mark that lost its place.
const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\0' | '\u{AD}' | '\u{34F}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}'
    )
}

/// Characters of scripts that are written without spaces: Chinese and Japanese, with their punctuation.
fn is_ideograph(c: char) -> bool {
    matches!(
        u32::from(c),
        0x2E80..=0x312F | 0x31A0..=0x9FFF | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFF65 | 0x2_0000..=0x3_FFFF
    )
}
