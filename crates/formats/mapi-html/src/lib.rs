//! HTML bodies to text that reads well, text to HTML, and bodies as parts of others. Pure functions over strings.
//!
//! ```
//! let html = "<p>Dear <b>Ann</b>,</p><ul><li>one</li><li><a href='https://example.org/x'>two</a></li></ul>";
//! let text = "Dear Ann,\n\n- one\n- two <https://example.org/x>";
//! assert_eq!(mapi_html::html_to_text(html), text);
//! ```
//!
//! Reading is a tokenizer's (WHATWG HTML 13.2.5), the lines are made while its tokens pass: no tree is built, so time and
//! memory grow with the length of the input, whatever is in it. Nothing is fetched or run.
//!
//! Deliberately absent here: code pages (a body arrives as text), RTF, and making foreign HTML safe to show.

mod fragment;
mod limits;
mod quote;
mod to_html;
mod to_text;
mod tokens;

pub use fragment::{Fragment, fragment};
pub use limits::Limits;
pub use quote::{indent_text, quote_text};
pub use to_html::{Charset, text_lines, text_to_html};
pub use to_text::{Text, html_to_text, html_to_text_within};
