//! The built command over temporary homes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

#[path = "cli/administering.rs"]
mod administering;
#[path = "cli/background.rs"]
mod background;
#[path = "cli/composing.rs"]
mod composing;
#[path = "cli/corpus.rs"]
mod corpus;
#[path = "cli/exporting.rs"]
mod exporting;
#[path = "cli/flows.rs"]
mod flows;
#[path = "cli/forms.rs"]
mod forms;
#[path = "cli/grouping.rs"]
mod grouping;
#[path = "cli/growth.rs"]
mod growth;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/mail_programs.rs"]
mod mail_programs;
#[path = "cli/mailbox.rs"]
mod mailbox;
#[path = "cli/manners.rs"]
mod manners;
#[path = "cli/message_files.rs"]
mod message_files;
#[path = "cli/outbox.rs"]
mod outbox;
#[cfg(target_os = "linux")]
#[path = "cli/people.rs"]
mod people;
#[path = "cli/place.rs"]
mod place;
#[cfg(unix)]
#[path = "cli/readme.rs"]
mod readme;
#[path = "cli/receiving.rs"]
mod receiving;
#[path = "cli/references.rs"]
mod references;
#[path = "cli/reports.rs"]
mod reports;
#[path = "cli/search_folders.rs"]
mod search_folders;
#[path = "cli/searching.rs"]
mod searching;
#[path = "cli/secrets.rs"]
mod secrets;
#[path = "cli/sending.rs"]
mod sending;
#[path = "cli/shape.rs"]
mod shape;
#[path = "cli/threads.rs"]
mod threads;
#[path = "cli/views.rs"]
mod views;
#[path = "cli/watching.rs"]
mod watching;
