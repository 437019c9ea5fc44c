//! RTF as HTML: what the sender wrote where the RTF carries it, else a page that looks the same.
//! [MS-OXRTFEX] 2.2.3

mod carried;
mod charset;
mod formatted;
#[cfg(test)]
mod tests;

use crate::native::{Native, native};

/// The HTML of an RTF body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Html {
    /// A document, to be written in UTF-8; a declaration of its charset says so.
    pub html: String,
    /// It is what the sender wrote, which the RTF only carried: foreign HTML, with whatever is in it. Else it was made here and
    /// is safe to show.
    pub encapsulated: bool,
}

/// The HTML of `rtf` (unpacked). [MS-OXRTFEX] 2.2.3
///
/// HTML that the RTF carries comes back as it was, but for white space that shows nothing, and for the charset it declares.
/// Other RTF becomes HTML that keeps what is seen of it: characters and how they look, paragraphs, lists, tables, links.
/// A picture is a `<span class="picture">`, the n-th place of an attachment a `<span class="attachment" data-number="n">`,
/// n from 1.
///
/// ```
/// let html = mapi_rtf::to_html(br"{\rtf1\ansi{\b Ann} & co}").html;
/// assert!(html.contains("<b>Ann</b> &amp; co"));
/// ```
#[must_use]
pub fn to_html(rtf: &[u8]) -> Html {
    match native(rtf) {
        Native::Html => Html {
            html: carried::html(rtf),
            encapsulated: true,
        },
        Native::Rtf | Native::Text => Html {
            html: formatted::html(rtf),
            encapsulated: false,
        },
    }
}
