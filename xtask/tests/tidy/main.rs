//! The habits of the project that a machine can hold.
//!
//! Each rule is a function from plain facts to the list of what is wrong, so that a small test
//! beside it shows that it can fail; another test applies it to the workspace as it is.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot read the project has failed"
)]

mod coverage_page;
mod files;
mod layers;
mod licences;
mod papers;
mod secrets;
mod tracked;

/// Fails with one line for each thing that is wrong.
#[track_caller]
fn expect_none(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{} places:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
