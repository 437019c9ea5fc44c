//! What a mail holds, in the terms that two readers can be compared in.

use serde::Deserialize;

/// A message as one side read it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Reading {
    /// The subject, decoded, without white space around it.
    pub subject: String,
    /// The addresses in To, `local@domain`, in order.
    pub to: Vec<String>,
    /// The addresses in Cc.
    pub cc: Vec<String>,
    /// What is not the body, in order.
    pub attachments: Vec<Attached>,
    /// The plain and the HTML body with white space folded; empty where there is none.
    pub text: [String; 2],
}

/// An attachment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Attached {
    /// The SHA-256 of its bytes in hexadecimal.
    Bytes(String),
    /// A message.
    Message(Box<Reading>),
}

impl Reading {
    /// The attachments that are bytes by their hash, an embedded message by its place alone.
    #[must_use]
    pub fn hashes(&self) -> Vec<Option<&str>> {
        let hashes = self.attachments.iter().map(|a| match a {
            Attached::Bytes(hash) => Some(hash.as_str()),
            Attached::Message(_) => None,
        });
        hashes.collect()
    }

    /// The embedded messages.
    #[must_use]
    pub fn embedded(&self) -> Vec<&Self> {
        let messages = self.attachments.iter().filter_map(|a| match a {
            Attached::Message(message) => Some(message.as_ref()),
            Attached::Bytes(_) => None,
        });
        messages.collect()
    }
}
