//! What every provider and the client API would otherwise write twice.
//!
//! For providers:
//! * [`computed`] – properties that nobody stores: entry ids, keys, counters, access.
//! * [`engine`] – what a view shows, worked out from a scan.
//! * [`bodies`] – the text of a message's body, in whatever form it is stored.
//! * [`storable`] – what a store refuses to hold; [`receipt`] – what it refuses to forget; [`default_view`] – which view the copy
//!   of a folder opens with.
//! * [`outgoing`] – which messages wait to be sent, in which order.
//! * [`held`] – large values that stay in files of their own; [`special`] – how a store names its Inbox.
//! * [`trace`], [`read_only`] – decorators over any store.
//!
//! For the client API:
//! * [`working`] – what an open message or attachment holds until it is saved; [`save`] – what saving does to it;
//!   [`recipients`], [`subject`], [`content`], [`conversation`] – the rules for its parts; [`lift`] – large values on their way out.
//! * [`import`], [`export`] – message trees into a store and out of it; [`large`] – stored values as readers.
//! * [`names`] – named properties, remembered; [`entry_ids`] – what an entry id names.
//! * [`sheet`] – a property sheet while somebody fills it in, whatever draws it.
//! * [`report`] – messages about messages: delivered, not delivered, read, deleted unread.
//!
//! Deliberately absent: any provider, files and sockets, handles with locks (they are `mapi`'s).

pub mod bodies;
pub mod computed;
pub mod content;
pub mod conversation;
pub mod default_view;
pub mod engine;
pub mod entry_ids;
pub mod export;
pub mod held;
pub mod import;
pub mod large;
pub mod lift;
pub mod names;
pub mod outgoing;
pub mod read_only;
pub mod receipt;
pub mod recipients;
pub mod reference;
pub mod report;
pub mod save;
pub mod sheet;
pub mod special;
pub mod storable;
pub mod subject;
pub mod trace;
pub mod tracking;
pub mod working;
