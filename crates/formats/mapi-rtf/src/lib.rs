//! RTF bodies of messages: their packed form, their text, their HTML. Pure functions over bytes.
//!
//! ```
//! let packed = mapi_rtf::compressed::compress(br"{\rtf1\ansi Dear {\b Ann},\par hello\par}");
//! let rtf = mapi_rtf::compressed::decompress(&packed, 1 << 20).unwrap();
//! assert_eq!(mapi_rtf::to_text(&rtf).text, "Dear Ann,\r\nhello\r\n");
//! ```
//!
//! Reading makes no tree: tokens pass, groups are counted, and only what a group changed is kept until it ends. Any bytes
//! are RTF of some kind; time and memory grow with their length, whatever is in them.
//!
//! * [`compressed`]: what PR_RTF_COMPRESSED holds. [MS-OXRTFCP]
//! * [`native`]: what the sender wrote, RTF or something that RTF only carries. [MS-OXRTFEX] 2.2.3.1
//! * [`to_text`], [`to_html`]: the body as PR_BODY has it, and as PR_HTML has it.
//! * [`from_text`], [`from_html`]: RTF that says what a text or HTML says, and gives it back. [MS-OXRTFEX]
//! * [`best_body`]: the RTF of a message that has no better body.
//! * [`follow_text`] and [`sync`]: RTF that says what a text says that was changed.
//!
//! Deliberately absent here: pictures and other data of objects, layout of pages, and safe showing of foreign HTML.

mod best;
mod code_page;
pub mod compressed;
mod follow;
mod html;
mod link;
mod native;
mod reader;
mod symbols;
pub mod sync;
mod text;
mod tokens;
mod write;

pub use best::{best_body, pictures};
pub use follow::follow_text;
pub use html::{Html, to_html};
pub use native::{Native, native};
pub use text::{Text, to_text};
pub use write::{from_html, from_text, from_text_with};
