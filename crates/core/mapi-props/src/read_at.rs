//! Bytes that can be read at any place, again and again.

use std::io;
use std::sync::Arc;

/// What a large source lies in: a file, memory, a value of a store.
pub trait ReadAt: Send + Sync {
    /// Reads bytes from `at` on into `buffer` and says how many; 0 at the end.
    ///
    /// # Errors
    /// Those of the file.
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

impl ReadAt for [u8] {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(at).ok().and_then(|at| self.get(at..));
        let mut rest = rest.unwrap_or_default();
        io::Read::read(&mut rest, buffer)
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.as_slice().read_at(at, buffer)
    }
}

impl ReadAt for Arc<[u8]> {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.as_ref().read_at(at, buffer)
    }
}
