//! The table engine: what a view shows, worked out from rows that a store merely scans.
//!
//! Reference: checks TAB-01 to TAB-25. A [`Plan`] is a checked view; [`page`], [`count`],
//! [`position`] and [`find`] run it over a [`RowSource`] in two phases: first one pass that keeps a sort key, a number
//! and an instance per matching row (only the best ones when a page is asked for), then the rows of
//! the page alone are fetched by number and get their cells. So memory is bounded by keys.
//!
//! A store with indexes uses the parts: [`Plan::matches`] for what its index leaves open,
//! [`Plan::row`] for the rows it found, [`Plan::key`] for their order.
//!
//! What is decided here:
//! * Order: the view's columns, missing values last, then item number, then instance.
//! * Default order: delivery time, newest first; folders by name, whole trees by depth, then name.
//! * A cell whose column has another type than the property reads as missing (text changes width).
//! * Small values stand in cells whole. A large text is cut to [`PREVIEW_CHARS`] characters, any
//!   other large value is the error MAPI_E_NOT_ENOUGH_MEMORY: open it on the object (TAB-01, TAB-21).
//! * RES_COUNT cuts a view to its first rows in order; in a search it only says whether there may
//!   be a hit at all.
//! * Restrictions see large values whole, sorting counts them as missing.
//! * Categories are made above the boundary, in the client API, from [`each_key`] and [`rows_at`]; here they are
//!   MAPI_E_NO_SUPPORT.

mod cell;
mod criteria;
mod expand;
mod plan;
mod row;
mod run;
mod scanned;
#[cfg(test)]
mod tests;
mod window;

pub use cell::{PREVIEW_CHARS, cell};
pub use criteria::Criteria;
pub use expand::Expansion;
pub use plan::{Plan, default_sort};
pub use row::{ItemRow, SubRow};
pub use run::{RowSource, count, each_key, find, is_unread, page, position, rows_at};
pub use scanned::{FolderRow, MessageRow, OpenLarge};
