//! What the holder of a lease says of itself, kept in the store with its epoch.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A process that holds leases, or asks for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Its process id, on its machine.
    pub pid: u32,
    /// What it runs as: `malle daemon`.
    pub program: String,
    /// Where it can be asked; none if it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
}

impl Card {
    /// This process, which answers at `socket`.
    #[must_use]
    pub fn of_this_process(program: &str, socket: Option<&Path>) -> Self {
        Self {
            pid: std::process::id(),
            program: program.to_owned(),
            socket: socket.map(Path::to_owned),
        }
    }

    pub(super) fn to_text(&self) -> String {
        // A path that is no Unicode has no place in JSON: whoever asks is told that nobody answers.
        serde_json::to_string(self)
            .unwrap_or_else(|_| format!(r#"{{"pid":{},"program":""}}"#, self.pid))
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}
