//! The stream of RTF over one that holds it packed: sequential, one way.
//! Reference: "WrapCompressedRTFStream" (requirements INC-02, TXT-07, 7.7)

use std::fmt;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use mapi_kit::large::io_error;
use mapi_props::Code;
use mapi_rtf::compressed::{Decompressor, Packing};
use mapi_spi::{Error, Result};

use super::told;
use super::writing::Writing;
use crate::PropStream;

/// RTF, or what it carries, read from a packed stream or written to one.
///
/// It goes from the beginning to the end: `Read` if it was opened for reading, `Write` if for writing. What IStream has
/// beside that is refused with `MAPI_E_NO_SUPPORT`, and the stream goes on from where it was. What is written is packed as
/// it comes, in the same memory for any length (staged in the store beyond 1 MiB), and put into the packed stream by
/// [`Self::commit`], or when the stream is dropped. RTF of more than 3 GiB is refused (`MAPI_E_TOO_BIG`).
pub struct RtfStream(Way);

enum Way {
    /// RTF out of the packed stream.
    Unpacking(Box<Decompressor<PropStream>>),
    /// The beginning of the RTF, which was looked at, then its rest.
    Looked(Cursor<Vec<u8>>, Box<Decompressor<PropStream>>),
    /// What the RTF carries.
    Whole(Cursor<Vec<u8>>),
    Writing(Box<Writing>),
}

impl RtfStream {
    pub(super) fn reading(stream: PropStream) -> Result<Self> {
        Ok(Self(Way::Unpacking(Box::new(unpacking(stream)?))))
    }

    /// Read on after `begin`.
    pub(super) fn looked(begin: Vec<u8>, rest: Decompressor<PropStream>) -> Self {
        Self(Way::Looked(Cursor::new(begin), Box::new(rest)))
    }

    pub(super) fn whole(bytes: Vec<u8>) -> Self {
        Self(Way::Whole(Cursor::new(bytes)))
    }

    pub(super) fn writing(stream: PropStream, packing: Packing) -> Result<Self> {
        Ok(Self(Way::Writing(Box::new(Writing::over(
            stream, packing,
        )?))))
    }

    /// Packs all that was written so far, puts it into the packed stream in place of what was there, and commits that
    /// (IStream::Commit). More may be written afterwards. Of a stream that is read it does nothing.
    ///
    /// # Errors
    /// Those of the packed stream; what was written is kept, and it may be tried again.
    pub fn commit(&mut self) -> Result<()> {
        match &mut self.0 {
            Way::Writing(writing) => writing.commit().map_err(told),
            _ => Ok(()),
        }
    }

    /// IStream::Stat: how long the RTF is cannot be known before its end.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT`.
    pub fn stat(&self) -> Result<u64> {
        Err(sequential("Stat"))
    }

    /// IStream::SetSize.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT`.
    pub fn set_size(&mut self, _size: u64) -> Result<()> {
        Err(sequential("SetSize"))
    }

    /// IStream::Revert.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT`.
    pub fn revert(&mut self) -> Result<()> {
        Err(sequential("Revert"))
    }

    /// IStream::Clone.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT`.
    pub fn try_clone(&self) -> Result<Self> {
        Err(sequential("Clone"))
    }

    /// IStream::LockRegion.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT`.
    pub fn lock_region(&mut self, _at: u64, _bytes: u64) -> Result<()> {
        Err(sequential("LockRegion"))
    }

    /// IStream::UnlockRegion.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT`.
    pub fn unlock_region(&mut self, _at: u64, _bytes: u64) -> Result<()> {
        Err(sequential("UnlockRegion"))
    }
}

/// What unpacks a stream from its start.
pub(super) fn unpacking(mut stream: PropStream) -> Result<Decompressor<PropStream>> {
    stream.seek(SeekFrom::Start(0)).map_err(told)?;
    Decompressor::new(stream).map_err(told)
}

impl Read for RtfStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Way::Unpacking(rtf) => rtf.read(buffer),
            Way::Looked(begin, rest) => match begin.read(buffer)? {
                0 => rest.read(buffer),
                count => Ok(count),
            },
            Way::Whole(bytes) => bytes.read(buffer),
            Way::Writing(_) => Err(one_way(
                "opened with MAPI_MODIFY, the stream is only written",
            )),
        }
    }
}

impl Write for RtfStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Way::Writing(writing) => writing.write(bytes),
            _ => Err(one_way(
                "opened without MAPI_MODIFY, the stream is only read",
            )),
        }
    }

    /// The same as [`RtfStream::commit`].
    fn flush(&mut self) -> io::Result<()> {
        self.commit().map_err(io_error)
    }
}

/// IStream::Seek, which this stream refuses.
impl Seek for RtfStream {
    fn seek(&mut self, _to: SeekFrom) -> io::Result<u64> {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            sequential("Seek"),
        ))
    }
}

impl fmt::Debug for RtfStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Way::Writing(_) => "RtfStream(written)",
            _ => "RtfStream(read)",
        })
    }
}

fn sequential(what: &str) -> Error {
    let detail =
        format!("{what}: a stream of unpacked RTF only goes from its beginning to its end");
    Error::new(Code::NO_SUPPORT, detail)
}

fn one_way(detail: &str) -> io::Error {
    let error = Error::new(Code::NO_ACCESS, detail);
    io::Error::new(io::ErrorKind::PermissionDenied, error)
}
