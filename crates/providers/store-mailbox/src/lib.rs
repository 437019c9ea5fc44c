//! A message store over mail where it lies: a Maildir, an mbox file, or a directory tree of them. Read only.
//! <https://cr.yp.to/proto/maildir.html>, Maildir++, RFC 4155
//!
//! Nothing is ever written beside the mail, and no file of it is renamed. What the store must remember (numbers of
//! messages, and enough of each to show a table) lies in an index of its own, in the profile's data directory.
//! `docs/design/mailbox.md` says how; read the rooms in this order: [`walk`] (which folders there are), `index` (what is
//! remembered), `look` (what has changed since), `mail` (one message out of its file), `store`.

mod failure;
mod index;
mod look;
mod mail;
mod place;
mod rows;
mod service;
mod store;
pub mod walk;

pub use service::{MailboxService, NAME};
pub use store::MailboxStore;
