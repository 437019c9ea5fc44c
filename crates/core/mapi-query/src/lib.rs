//! What a restriction matches, and how values and text compare and sort: one definition for all stores.
//!
//! Pure functions over the values of `mapi-props`, no I/O. The parts:
//!
//! * **Order** – [`compare_text`] and [`text_key`] (ICU root collation, ties by code point), [`compare_values`] and
//!   [`value_key`] for every sortable type, [`compare_rows`] and [`row_key`] for whole sort orders with missing
//!   values last.
//! * **Folding** – [`fold`] for the FL_ flags of content restrictions, [`search_fold`] for full text, [`SearchNeedle`]
//!   to look for it there.
//! * **Words** – [`words`] cuts texts and patterns alike for full-text search, [`fields`] says where it looks.
//! * **Code pages** – [`decode_ansi`], [`encode_ansi`] and [`convert`] between the two widths of text.
//! * **Matching** – [`Matcher`] validates a [`Restriction`](mapi_props::Restriction) once and then answers for any
//!   [`Row`].
//!
//! Deliberately absent: tables (`mapi-kit`), cursors and categories (`mapi`), and any knowledge of where rows come from.

mod ansi;
mod convert;
pub mod fields;
mod fold;
pub mod language;
mod matching;
mod order;
mod row;
mod row_order;
mod search;
mod value_order;
pub mod words;

pub use ansi::{decode_ansi, encode_ansi, is_supported_code_page};
pub use convert::{convert, convert_in};
pub use fold::{fold, search_covers, search_fold};
pub use matching::{MAX_DEPTH, Matcher};
pub use order::{COLLATION_VERSION, SortKey, compare_text, text_key, text_key_into};
pub use row::{BagRow, Instance, Large, Row};
pub use row_order::{
    cell_key_into, compare_rows, is_missing_key, reverse_cell_key, row_key, row_key_into,
    sort_value,
};
pub use search::SearchNeedle;
pub use value_order::{column_key, compare_column, compare_values, is_sortable, value_key};
