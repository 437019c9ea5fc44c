//! Clock and chance of one message: the same at every look, so that what an import would make up once is stable here too.

use std::sync::atomic::{AtomicU64, Ordering};

use mapi_props::{FileTime, Guid};
use mapi_spi::Support;

/// The host's side as a message sees it.
#[derive(Debug)]
pub(super) struct Seeded {
    seed: [u8; 32],
    now: FileTime,
    asked: AtomicU64,
}

impl Seeded {
    /// For message number `id` of this store.
    pub(super) fn new(uid: Guid, id: u64, now: FileTime) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(uid.as_bytes()).update(&id.to_le_bytes());
        Self {
            seed: *hasher.finalize().as_bytes(),
            now,
            asked: AtomicU64::new(0),
        }
    }

    /// What makes the keys of its large values others than those of any other content.
    pub(super) fn salt(&self, version: u64) -> [u8; 16] {
        let mut salt = [0; 16];
        let mut hasher = blake3::Hasher::new_keyed(&self.seed);
        hasher.update(b"values").update(&version.to_le_bytes());
        hasher.finalize_xof().fill(&mut salt);
        salt
    }
}

impl Support for Seeded {
    fn now(&self) -> FileTime {
        self.now
    }

    fn random(&self, bytes: &mut [u8]) {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let mut hasher = blake3::Hasher::new_keyed(&self.seed);
        hasher.update(&asked.to_le_bytes());
        hasher.finalize_xof().fill(bytes);
    }
}
