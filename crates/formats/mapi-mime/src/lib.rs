//! Internet mail to MAPI messages and back, and the containers it lies in.
//! [MS-OXCMAIL], RFC 5322, RFC 2045–2049
//!
//! Bytes in, data out: nothing here opens a file. [`parse`] reads one mail into a
//! [`MessageTree`](mapi_props::MessageTree) whose `original` is a recipe for the very bytes it came from; [`rebuild`]
//! gives them back as a stream. [`write()`] makes new MIME of a tree. [`mbox`] and [`maildir`] know the containers,
//! [`flags`] what these say of a message.
//!
//! ```
//! use mapi_mime::{ImportContext, parse, rebuild};
//! use mapi_props::{FileTime, tags};
//! use std::io::Read;
//!
//! let mail = b"From: Ann <ann@example.org>\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\r\nHello.\r\n";
//! let tree = parse(mail, &ImportContext::new(FileTime::from_unix(1_795_357_205)))?;
//! assert_eq!(tree.props.text(tags::SUBJECT), Some("café"));
//!
//! let mut again = Vec::new();
//! let recipe = tree.original.as_ref().expect("a parsed message has its recipe");
//! rebuild(recipe, |path| mapi_mime::open_attachment(&tree, path)).read_to_end(&mut again)?;
//! assert_eq!(again, mail);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod charset;
mod condense;
mod defects;
pub mod flags;
mod header;
mod limits;
pub mod maildir;
pub mod mbox;
mod names;
mod parse;
mod recipe;
mod source;
mod structure;
mod transfer;
mod write;

pub use charset::{DEFAULT_CODE_PAGE, code_page_of, decode_code_page, label_of};
pub use condense::{Condensed, condense};
pub use flags::MailFlags;
pub use limits::Limits;
pub use mapi_props::ReadAt;
pub use parse::{ImportContext, NoMessage, parse};
pub use recipe::{Rebuilt, open_attachment, rebuild};
pub use source::SharedBytes;
pub use write::{WriteOptions, Written, write};
