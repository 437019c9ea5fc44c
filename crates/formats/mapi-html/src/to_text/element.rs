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

/// What the element of this name (in lower case) does.
pub(super) fn kind(name: &str) -> Kind {
    match name {
        "script" | "style" | "title" | "noscript" | "template" | "iframe" | "noembed"
        | "noframes" | "object" | "svg" | "math" | "xml" => Kind::Silent,
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
    ) || (kind == Kind::Block && !matches!(name, "option" | "body" | "html" | "legend"))
        || name == "hr"
}
