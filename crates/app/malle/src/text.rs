//! Text for people: cleaned of control characters, aligned, with sizes, times and durations that read well.

mod clean;
mod moment;
mod table;
mod units;
mod zone;

pub(crate) use clean::{clean, clean_block};
pub(crate) use moment::{after, moment};
pub(crate) use table::{Column, Table, columns, cut};
pub(crate) use units::{duration, local_clock, local_time, size, soon};
pub(crate) use zone::{local as local_zone, start_of, today};
