//! What the elements of HTML mean for what is shown, and the numbers that [MS-OXRTFEX] gives their tags.

/// What an element does to its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Style(Style),
    /// Begins and ends lines.
    Block,
    /// Begins and ends lines, with an empty line before and after.
    Paragraph,
    /// A heading: a paragraph in bold.
    Heading,
    Quote,
    Preformatted,
    /// A list, and whether its items are numbered.
    List {
        numbered: bool,
    },
    Item,
    Cell {
        head: bool,
    },
    Break,
    Rule,
    Link,
    /// Nothing that is shown.
    Plain,
}

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Bold,
    Italic,
    Underline,
    Strike,
    Sub,
    Super,
    Mono,
}

impl Style {
    pub(super) const ALL: [Self; 7] = [
        Self::Bold,
        Self::Italic,
        Self::Underline,
        Self::Strike,
        Self::Sub,
        Self::Super,
        Self::Mono,
    ];

    /// The words that begin and end it.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Bold => ("\\b", "\\b0"),
            Self::Italic => ("\\i", "\\i0"),
            Self::Underline => ("\\ul", "\\ulnone"),
            Self::Strike => ("\\strike", "\\strike0"),
            Self::Sub => ("\\sub", "\\nosupersub"),
            Self::Super => ("\\super", "\\nosupersub"),
            Self::Mono => ("\\f1", "\\f0"),
        }
    }
}

/// The meaning of an element, its name in lower case.
pub(crate) fn meaning(name: &str) -> Meaning {
    match name {
        "b" | "strong" => Meaning::Style(Style::Bold),
        "i" | "em" | "cite" | "var" | "dfn" => Meaning::Style(Style::Italic),
        "u" | "ins" => Meaning::Style(Style::Underline),
        "s" | "strike" | "del" => Meaning::Style(Style::Strike),
        "sub" => Meaning::Style(Style::Sub),
        "sup" => Meaning::Style(Style::Super),
        "tt" | "code" | "kbd" | "samp" => Meaning::Style(Style::Mono),
        "p" | "dl" | "fieldset" => Meaning::Paragraph,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Meaning::Heading,
        "blockquote" => Meaning::Quote,
        "pre" | "listing" => Meaning::Preformatted,
        "ul" | "menu" | "dir" => Meaning::List { numbered: false },
        "ol" => Meaning::List { numbered: true },
        "li" => Meaning::Item,
        "td" => Meaning::Cell { head: false },
        "th" => Meaning::Cell { head: true },
        "br" => Meaning::Break,
        "hr" => Meaning::Rule,
        "a" => Meaning::Link,
        "body" | "div" | "center" | "table" | "caption" | "tr" | "dt" | "dd" | "form"
        | "address" | "section" | "article" | "header" | "footer" | "main" | "nav" | "aside"
        | "figure" | "figcaption" | "details" | "summary" => Meaning::Block,
        _ => Meaning::Plain,
    }
}

/// The parameter of an HTMLTAG group: where it stands (2 bits), whether it is inline (4) and ends something (8), and what
/// kind it is. [MS-OXRTFEX] 2.1.3.1.4; readers do not need it.
pub(super) fn parameter(name: &str, ends: bool) -> u8 {
    let start: u8 = match name {
        "html" => 19,
        "head" => return if ends { 41 } else { 34 },
        "body" => 50,
        "p" => 64,
        "br" => 116,
        "div" | "center" => 96,
        "meta" | "link" | "base" => 161,
        "title" => 177,
        "style" | "script" => 241,
        "table" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th" => 128,
        "ul" | "ol" | "li" | "dl" | "dt" | "dd" | "pre" | "blockquote" | "hr" => 240,
        "b" | "i" | "u" | "strong" | "em" | "font" | "a" => 84,
        _ => 148,
    };
    if ends { start + 8 } else { start }
}
