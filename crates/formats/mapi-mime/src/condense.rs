//! Mails that are too large for memory: long runs of base64 stay in the file.
//! RFC 2045 §6.8
//!
//! Nothing but the body of a part can be megabytes of base64 after a blank line: delimiters have dashes, fields have
//! colons. So the middle of such a run tells nothing about the mail's structure, and the rest can be read as any mail.

use std::io;
use std::sync::Arc;

use mapi_props::ReadAt;

use crate::source::{Cut, Cuts, SharedBytes};

/// Bytes of a run that are kept at its start, where its header ends, and at its end.
const KEPT: usize = 64 << 10;
/// Bytes that are worth being left out.
const WORTH_IT: usize = 1 << 20;
/// Bytes read at once.
const STEP: usize = 256 << 10;

/// A mail of which only a part is in memory.
#[derive(Debug)]
pub struct Condensed {
    /// To be given to [`parse`](crate::parse()).
    pub bytes: SharedBytes,
    /// The mail's own size.
    pub size: u64,
}

/// Reads a mail from its start to its end and keeps what its structure is in; the middle of long runs of base64 stays
/// in `backing`, and is read again when an attachment is. `seen` is shown all bytes, in order.
///
/// ```
/// use mapi_mime::{ImportContext, ReadAt, condense, parse};
/// use mapi_props::FileTime;
/// use std::{io, io::Read, sync::Arc};
///
/// struct Memory(Vec<u8>);
/// impl ReadAt for Memory {
///     fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
///         let mut rest = usize::try_from(at).ok().and_then(|at| self.0.get(at..)).unwrap_or_default();
///         rest.read(buffer)
///     }
/// }
/// let mail = Memory(b"Subject: small\r\n\r\nHello.\r\n".to_vec());
/// let condensed = condense(Arc::new(mail), &mut |_| ())?;
/// assert_eq!(condensed.size, 26);
/// let tree = parse(condensed.bytes, &ImportContext::new(FileTime::from_unix(0)))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of the backing.
pub fn condense(backing: Arc<dyn ReadAt>, seen: &mut dyn FnMut(&[u8])) -> io::Result<Condensed> {
    let mut condenser = Condenser::default();
    let mut buffer = vec![0; STEP];
    let mut at = 0;
    loop {
        let n = match backing.read_at(at, &mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        let bytes = buffer.get(..n).unwrap_or_default();
        seen(bytes);
        condenser.feed(bytes);
        at += u64::try_from(n).unwrap_or(u64::MAX);
    }
    condenser.end_run();
    let Condenser { mut kept, cuts, .. } = condenser;
    kept.shrink_to_fit();
    let cuts = Cuts {
        backing,
        list: cuts,
    };
    Ok(Condensed {
        bytes: SharedBytes::with_cuts(kept, cuts),
        size: at,
    })
}

/// Whether a byte can stand in base64 or between its lines.
static IN_RUN: [bool; 256] = in_run();

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "constant evaluation over a fixed table: a slip does not compile"
)]
const fn in_run() -> [bool; 256] {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 256 {
        let byte = i as u8;
        table[i] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n');
        i += 1;
    }
    table
}

fn is_in_run(byte: u8) -> bool {
    IN_RUN.get(usize::from(byte)).copied().unwrap_or(false)
}

#[derive(Default)]
struct Condenser {
    kept: Vec<u8>,
    cuts: Vec<Cut>,
    /// Bytes left out so far.
    left_out: u64,
    /// Where the run that goes on began in `kept`.
    run: usize,
    /// Its cut, the last of `cuts`, is open.
    open: bool,
}

impl Condenser {
    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let len = bytes.iter().position(|b| !is_in_run(*b));
            let (run, rest) = bytes.split_at(len.unwrap_or(bytes.len()));
            self.kept.extend_from_slice(run);
            self.shorten();
            // What follows stands outside of any run.
            let others = rest
                .iter()
                .position(|b| is_in_run(*b))
                .unwrap_or(rest.len());
            let (others, rest) = rest.split_at(others);
            if !others.is_empty() {
                self.end_run();
                self.kept.extend_from_slice(others);
                self.run = self.kept.len();
            }
            bytes = rest;
        }
    }

    fn end_run(&mut self) {
        self.open = false;
    }

    /// Leaves the middle of the run out once it is long enough.
    fn shorten(&mut self) {
        let from = self.run + KEPT;
        let to = self.kept.len().saturating_sub(KEPT);
        let worth_it = to > from && to - from >= WORTH_IT;
        if !worth_it || !(self.open || self.is_in_a_body(from)) {
            return;
        }
        let len = u64::try_from(to - from).unwrap_or(u64::MAX);
        match self.cuts.last_mut().filter(|_| self.open) {
            Some(cut) => cut.len += len,
            None => self.cuts.push(Cut {
                at: from,
                from: u64::try_from(from).unwrap_or(u64::MAX) + self.left_out,
                len,
            }),
        }
        self.open = true;
        self.left_out += len;
        self.kept.drain(from..to);
    }

    /// Whether there is a blank line in the start of the run: what follows belongs to no header.
    fn is_in_a_body(&self, until: usize) -> bool {
        let start = self.kept.get(self.run..until).unwrap_or_default();
        let blank = |line_end: &[u8]| memchr::memmem::find(start, line_end).is_some();
        blank(b"\n\n") || blank(b"\n\r\n")
    }
}
