//! Sending: many messages from three processes through the queue and local delivery into another profile, and very large ones.
//! Requirements SP-01, XP-01, OUT-08.
//!
//! The workload: three processes submit `MESSAGES` in all, each message a transaction of its own that is durable when the call
//! returns, into one store; a process is the spooler of that store, another one that of the receiver's. What is measured ends when the
//! last message is in the receiver's Inbox. There it must be once, in the order in which its process submitted it. Wall time: read
//! it on a quiet machine. Memory is each process's own high-water mark.

mod large;
mod many;
mod scene;
mod worker;

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};

pub use worker::serve;

/// Messages, and processes that submit them.
const MESSAGES: usize = 20_000;
const PROCESSES: usize = 3;
/// Recipients of the message that has many.
const RECIPIENTS: usize = 50_000;
/// Bytes of the attachment.
const ATTACHMENT: u64 = 1 << 30;

/// Measures it in homes of their own at `place`, which is made anew.
///
/// # Errors
/// When the home cannot be used, or something does not arrive once and in order.
pub fn measure(
    place: &Path,
    messages: Option<usize>,
    report: &mut Map<String, Value>,
) -> Result<()> {
    if place.exists() {
        std::fs::remove_dir_all(place)?;
    }
    let messages = messages.unwrap_or(MESSAGES);
    let parted = many::one_after_the_other(&place.join("parted"), messages)?;
    let together = many::together(&place.join("together"), messages)?;
    let recipients = large::recipients(&place.join("recipients"), RECIPIENTS)?;
    let attachment = large::attachment(&place.join("attachment"), ATTACHMENT)?;
    report.insert(
        "sending".to_owned(),
        json!({
            "messages": messages,
            "submitting_processes": PROCESSES,
            "one_after_the_other": parted,
            "together": together,
            "together_target_messages_per_second": 1000,
            "together_must_messages_per_second": 500,
            "many_recipients": recipients,
            "large_attachment": attachment,
            "must_peak_mb": 300,
        }),
    );
    // Several gigabytes.
    std::fs::remove_dir_all(place)?;
    Ok(())
}
