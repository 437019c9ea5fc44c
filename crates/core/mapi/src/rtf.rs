//! RTF bodies: the streams that pack and unpack them, and their agreement with the plain text.
//! Reference: "WrapCompressedRTFStream", "WrapCompressedRTFStreamEx", "RTFSync" (requirements TXT-02, TXT-06, TXT-07)
//!
//! Every store is RTF-aware (STORE_RTF_OK): whoever writes RTF need not write PR_BODY, and whoever changes PR_BODY need
//! not know of the RTF. [`rtf_sync`] does at once what [`crate::Message::save_changes`] does anyway.
//!
//! ```
//! # fn show(message: &mapi::Message) -> Result<(), Box<dyn std::error::Error>> {
//! use std::io::Write;
//! use mapi::{MapiProp, PropertyFlags, RtfFlags, SaveFlags, rtf, tags};
//!
//! let flags = PropertyFlags::MODIFY | PropertyFlags::CREATE;
//! let packed = message.open_property(tags::RTF_COMPRESSED.raw(), flags)?;
//! let mut stream = rtf::wrap_compressed_rtf_stream(packed, RtfFlags::MODIFY)?;
//! stream.write_all(br"{\rtf1\ansi Agreed, with {\b one} change.\par}")?;
//! stream.commit()?;
//! message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
//! assert_eq!(message.get(tags::BODY)?.trim_end(), "Agreed, with one change.");
//! # Ok(()) }
//! ```

mod native;
mod stream;
mod writing;

use std::io::{self, Read};

use mapi_props::Code;
use mapi_rtf::compressed::{Damage, Decompressor, Packing};
use mapi_spi::{Error, Result};

use crate::{Message, PropStream, RtfFlags, RtfSyncFlags};

pub(crate) use native::ascii_html;
pub use native::{NativeBody, RtfInfo};
pub use stream::RtfStream;

/// The RTF of a stream that is open on PR_RTF_COMPRESSED, which is wound back to its start first.
///
/// Without MODIFY the RTF is read, once and from its beginning to its end; memory is the same for any length, and the
/// checksum is known at the end: what was read until then may still turn out to be damaged (an `InvalidData`).
/// With MODIFY the whole RTF is written anew, as nothing can be appended to what is packed: see [`RtfStream::commit`].
///
/// # Errors
/// `MAPI_E_CORRUPT_DATA` to read what is no packed RTF; `MAPI_E_NO_ACCESS` for MODIFY over a stream opened without it;
/// `MAPI_E_UNKNOWN_FLAGS` for NATIVE_BODY; those of reading.
pub fn wrap_compressed_rtf_stream(stream: PropStream, flags: RtfFlags) -> Result<RtfStream> {
    if flags.contains(RtfFlags::NATIVE_BODY) {
        let detail = "only WrapCompressedRTFStreamEx knows MAPI_NATIVE_BODY";
        return Err(Error::new(Code::UNKNOWN_FLAGS, detail));
    }
    if flags.contains(RtfFlags::MODIFY) {
        let packing = if flags.contains(RtfFlags::UNCOMPRESSED) {
            Packing::Stored
        } else {
            Packing::Compressed
        };
        RtfStream::writing(stream, packing)
    } else {
        RtfStream::reading(stream)
    }
}

/// The same; with NATIVE_BODY the stream gives what the sender wrote, and the answer says what that is. RTF that
/// merely carries HTML or text ([MS-OXRTFEX]) is held in memory as a whole then.
///
/// # Errors
/// Those of [`wrap_compressed_rtf_stream`]; `MAPI_E_INVALID_PARAMETER` for NATIVE_BODY with MODIFY, and for a code page
/// that is not supported.
pub fn wrap_compressed_rtf_stream_ex(
    stream: PropStream,
    info: RtfInfo,
) -> Result<(RtfStream, Option<NativeBody>)> {
    if !info.flags.contains(RtfFlags::NATIVE_BODY) {
        return Ok((wrap_compressed_rtf_stream(stream, info.flags)?, None));
    }
    let (stream, body) = native::wrapped(stream, info)?;
    Ok((stream, Some(body)))
}

/// The text of RTF that is packed in `stream`, from its current place on (HrTextFromCompressedRTFStream).
///
/// # Errors
/// `MAPI_E_CORRUPT_DATA` if it is no packed RTF or damaged; `MAPI_E_TOO_BIG` beyond 256 MiB of RTF; those of reading.
pub fn text_from_compressed_rtf_stream(stream: &mut impl Read) -> Result<String> {
    Ok(mapi_rtf::to_text(&unpacked(stream)?).text)
}

/// Makes PR_RTF_COMPRESSED and PR_BODY say the same, in the handle, and says whether that changed anything: then the
/// message is to be saved.
///
/// RTF_CHANGED: the text follows the RTF, by no longer being stored. BODY_CHANGED: the RTF follows the text and keeps the
/// formatting of all that did not change; RTF that is damaged is made anew. Both: the RTF follows, as a gateway has it
/// that had to change the text. White space and what transports do to text are no difference, and leave both as they are.
/// PR_RTF_IN_SYNC is TRUE then, and the PR_RTF_SYNC_ properties describe the text.
/// Where only one of the two is stored there is nothing to do, as the other one is made from it.
///
/// # Errors
/// `MAPI_E_NO_ACCESS` if a body would have to be changed through a read-only handle; `MAPI_E_TOO_BIG` beyond 256 MiB of
/// RTF; those of reading.
pub fn rtf_sync(message: &Message, flags: RtfSyncFlags) -> Result<bool> {
    message.sync_rtf(flags)
}

/// The longest RTF that is held in memory.
const LONGEST: usize = 256 << 20;

/// All RTF that is packed in a stream.
pub(crate) fn unpacked(stream: &mut dyn Read) -> Result<Vec<u8>> {
    let decompressor = Decompressor::new(stream).map_err(told)?;
    let mut rtf = Vec::new();
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    let mut within = decompressor.take(most.saturating_add(1));
    within.read_to_end(&mut rtf).map_err(told)?;
    if rtf.len() > LONGEST {
        return Err(Error::new(Code::TOO_BIG, "the RTF is longer than 256 MiB"));
    }
    Ok(rtf)
}

/// Whether an error says that packed RTF is damaged, and not that it could not be read.
pub(crate) fn is_damage(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Damage>())
}

/// An error of a stream as MAPI's.
pub(crate) fn told(error: io::Error) -> Error {
    if is_damage(&error) {
        return Error::caused(Code::CORRUPT_DATA, "PR_RTF_COMPRESSED is damaged", error);
    }
    match error.downcast::<Error>() {
        Ok(own) => own,
        Err(other) => Error::caused(Code::CALL_FAILED, "the stream failed", other),
    }
}
