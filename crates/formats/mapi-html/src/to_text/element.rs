//! What elements mean for lines of text. WHATWG HTML 15.3 (rendering of flow content).

/// What an element does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Its content is no text.
    Silent,
    /// It stands on lines of its own.
    Block,
    /// A block with empty lines around it.
    Paragraph,
    /// A paragraph that lets its line ends and spaces be.
    Preformatted,
    /// A quotation.
    Quote,
    /// A list whose items have marks.
    Bullets,
    /// A list whose items have numbers.
    Numbers,
    /// An item of a list.
    Item,
    /// A table.
    Table,
    /// A row of a table.
    Row,
    /// A cell of a table, or its caption.
    Cell,
    /// Part of a table that holds rows.
    RowGroup,
    /// A link.
    Link,
    /// Text in quotation marks.
    Quoted,
    /// Has no content and no end.
    Void,
    /// Means nothing here.
    Other,
}

/// The longest name that means something here.
const NAME_MAX: usize = 10;

/// What the element of this name does.
pub(super) fn kind(name: &str) -> Kind {
    let mut small = [0; NAME_MAX];
    let Some(small) = small.get_mut(..name.len()) else {
        return Kind::Other;
    };
    small.copy_from_slice(name.as_bytes());
    small.make_ascii_lowercase();
    std::str::from_utf8(small).map_or(Kind::Other, kind_of_small)
}

fn kind_of_small(name: &str) -> Kind {
    match name {
        "script" | "style" | "title" | "template" | "iframe" | "noembed" | "noframes"
        | "object" | "svg" | "math" | "xml" => Kind::Silent,
        "div" | "address" | "article" | "aside" | "center" | "dd" | "details" | "dialog" | "dt"
        | "fieldset" | "figcaption" | "figure" | "footer" | "form" | "header" | "hgroup"
        | "legend" | "main" | "nav" | "option" | "search" | "section" | "summary" | "body"
        | "html" => Kind::Block,
        "p" | "dl" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Kind::Paragraph,
        "pre" | "listing" | "xmp" | "plaintext" | "textarea" => Kind::Preformatted,
        "blockquote" => Kind::Quote,
        "ul" | "menu" | "dir" => Kind::Bullets,
        "ol" => Kind::Numbers,
        "li" => Kind::Item,
        "table" => Kind::Table,
        "tr" => Kind::Row,
        "td" | "th" | "caption" => Kind::Cell,
        "thead" | "tbody" | "tfoot" => Kind::RowGroup,
        "a" => Kind::Link,
        "q" => Kind::Quoted,
        "area" | "base" | "br" | "col" | "embed" | "hr" | "img" | "input" | "link" | "meta"
        | "param" | "source" | "track" | "wbr" | "basefont" | "bgsound" | "frame" | "keygen" => {
            Kind::Void
        }
        _ => Kind::Other,
    }
}

/// Elements of these names end an open `<p>` (WHATWG HTML 13.2.6.4.7).
pub(super) fn ends_paragraph(kind: Kind, name: &str) -> bool {
    matches!(
        kind,
        Kind::Paragraph
            | Kind::Preformatted
            | Kind::Quote
            | Kind::Bullets
            | Kind::Numbers
            | Kind::Item
            | Kind::Table
    ) || (kind == Kind::Block && !is_one_of(name, &["option", "body", "html", "legend"]))
        || is_one_of(name, &["hr"])
}

/// Whether a name is one of these, whatever its case.
pub(super) fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|n| n.eq_ignore_ascii_case(name))
}
