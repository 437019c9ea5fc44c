//! View models as plain data, shared by the command line and the web client: the message list, the reader, the
//! composer, and values decoded for people.
//!
//! They serialise to the JSON shapes that others script against; nothing here shows anything.

mod composer;
mod decode;
mod left;
mod list;
mod names;
mod outbox;
mod percent;
mod reader;
mod snippet;
mod thread;
mod ui;

pub use composer::{BadLink, BadTemplate, DraftText, addresses, mailto, shown};
pub use decode::{Letters, describe};
pub use left::{Left, Refused, left};
pub use list::{LIST_COLUMNS, ListRow, STATUS_NAMES, list_row};
pub use mapi_html::html_to_text;
pub use names::{StoreNames, property_name};
pub use outbox::{
    PersonState, QueuedPerson, QueuedState, QueuedView, queued, queued_message, queued_people,
};
pub use reader::{
    AttachmentView, BodyKind, BodyView, DefectView, MessageView, Person, Reported, TrackWord,
    Tracked, message_view,
};
pub use snippet::{Snippet, SnippetField, SnippetPart, Snippets};
pub use thread::{ThreadRow, thread_row};
pub use ui::form::{
    Asked, BadPost, Form, FormEnd, FormField, FormKind, FormOption, FormPage, FormPairs, FormPart,
    FormPlace, FormTurn, FormWords, Posted, fill_by_forms, posted_pairs,
};
pub use ui::lines::{LineUi, Lines, Said, Words};
