//! A text or binary property as a stream. Reference: "IMAPIProp::OpenProperty" (requirement 7.7)

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use mapi_kit::large::{ValueReader, io_error};
use mapi_props::{AnsiString, Code, PropTag, PropType, PropValue, Slot};
use mapi_query::{decode_ansi, encode_ansi};
use mapi_spi::{Error, Result};

use crate::PropertyFlags;
use crate::prop::{Object, StreamHome};

/// An open property: `Read`, `Seek`, and `Write` if opened with MODIFY.
///
/// PT_BINARY is its bytes, PT_UNICODE UTF-16LE without terminator, PT_STRING8 bytes of its code page. The first write
/// brings the value into memory. Writes reach the object's pending state at [`Self::commit`] or when the stream is
/// dropped, and others only when the object is saved. A property that is open already, in this handle of the object, gives
/// the same stream once more: what is written through one is read through the other, and the place moves for both.
///
/// ```
/// # fn show(message: &mapi::Message) -> Result<(), Box<dyn std::error::Error>> {
/// use std::io::Write;
/// use mapi::{MapiProp, PropertyFlags, tags};
///
/// let flags = PropertyFlags::MODIFY | PropertyFlags::CREATE;
/// let mut html = message.open_property(tags::HTML.raw(), flags)?;
/// html.write_all(b"<p>Agreed.</p>")?;
/// html.commit()?;
/// # Ok(()) }
/// ```
pub struct PropStream {
    shared: Arc<Mutex<Shared>>,
    home: Option<Box<dyn StreamHome>>,
}

/// What all openings of one stream share.
struct Shared {
    tag: PropTag,
    code_page: u16,
    data: Data,
    dirty: bool,
}

/// The streams that are open on an object, by property identifier.
#[derive(Default)]
pub(crate) struct Streams(Mutex<HashMap<u16, Weak<Mutex<Shared>>>>);

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streams")
    }
}

enum Data {
    Memory(io::Cursor<Vec<u8>>),
    Stored(ValueReader),
}

impl PropStream {
    pub(crate) fn open(object: &impl Object, tag: PropTag, flags: PropertyFlags) -> Result<Self> {
        let (modify, create) = (
            flags.contains(PropertyFlags::MODIFY),
            flags.contains(PropertyFlags::CREATE),
        );
        check(object, tag, modify, create)?;
        let home = modify.then(|| object.stream_home());
        let streams = object.streams();
        let mut open = streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, stream| stream.strong_count() > 0);
        let shared = match open.get(&tag.id()).and_then(Weak::upgrade) {
            Some(shared) => shared,
            None => Arc::new(Mutex::new(Shared::load(object, tag, create)?)),
        };
        let stream = Self { shared, home };
        if stream.lock().tag != tag {
            let detail = format!("{tag} is open as a stream of another type");
            return Err(Error::new(Code::BUSY, detail));
        }
        if create {
            stream.lock().data = Data::Memory(io::Cursor::default());
            stream.write_back(&mut stream.lock())?;
        }
        open.insert(tag.id(), Arc::downgrade(&stream.shared));
        drop(open);
        Ok(stream)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes in all.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &self.lock().data {
            Data::Memory(c) => u64::try_from(c.get_ref().len()).unwrap_or(u64::MAX),
            Data::Stored(r) => r.size(),
        }
    }

    /// Cuts the value off, or fills it up with zeros.
    ///
    /// # Errors
    /// `PermissionDenied` without MODIFY.
    pub fn set_size(&mut self, size: u64) -> io::Result<()> {
        let size = usize::try_from(size).map_err(io::Error::other)?;
        self.writable()?;
        let mut shared = self.lock();
        shared.memory()?.get_mut().resize(size, 0);
        shared.dirty = true;
        Ok(())
    }

    /// Puts what was written into the object's pending state.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_DATA` when a PT_UNICODE stream is not UTF-16; `MAPI_E_END_OF_SESSION`; those of SetProps.
    pub fn commit(&mut self) -> Result<()> {
        let mut shared = self.lock();
        if shared.dirty {
            self.write_back(&mut shared)?;
        }
        Ok(())
    }

    /// Copies everything from here to the end to `to` (IStream::CopyTo); returns the number of bytes.
    ///
    /// # Errors
    /// Those of reading and writing.
    pub fn copy_to(&mut self, to: &mut impl Write) -> io::Result<u64> {
        io::copy(self, to)
    }

    fn write_back(&self, shared: &mut Shared) -> Result<()> {
        let (Some(home), Data::Memory(cursor)) = (&self.home, &shared.data) else {
            return Ok(());
        };
        let value = encode(shared.tag.ty(), cursor.get_ref(), shared.code_page)?;
        let tag = value.tag(shared.tag.id());
        home.put(tag, value)?;
        shared.dirty = false;
        Ok(())
    }

    fn writable(&self) -> io::Result<()> {
        match self.home {
            Some(_) => Ok(()),
            None => Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the stream is open read-only",
            )),
        }
    }
}

impl Shared {
    /// The value as it stands; with `create` nothing of it.
    fn load(object: &impl Object, tag: PropTag, create: bool) -> Result<Self> {
        let (slot, mut code_page, is_object) = object.with_source(&mut |source| {
            let is_object = source.objects().iter().any(|o| o.id() == tag.id());
            Ok((source.slot(tag.id()), source.code_page(), is_object))
        })?;
        let data = match slot {
            _ if create => Data::Memory(io::Cursor::default()),
            None if is_object => {
                let detail = format!("{tag} is a table or a message, not bytes");
                return Err(Error::new(Code::INTERFACE_NOT_SUPPORTED, detail));
            }
            None => {
                return Err(Error::new(Code::NOT_FOUND, format!("{tag} is not there")));
            }
            Some(slot) => load(object, tag, slot, &mut code_page)?,
        };
        Ok(Self {
            tag,
            code_page,
            data,
            dirty: false,
        })
    }

    /// The bytes in memory, for writing.
    fn memory(&mut self) -> io::Result<&mut io::Cursor<Vec<u8>>> {
        if let Data::Stored(reader) = &mut self.data {
            let at = reader.stream_position()?;
            let mut bytes = Vec::new();
            reader.rewind()?;
            reader.read_to_end(&mut bytes)?;
            let mut cursor = io::Cursor::new(bytes);
            cursor.set_position(at);
            self.data = Data::Memory(cursor);
        }
        match &mut self.data {
            Data::Memory(cursor) => Ok(cursor),
            Data::Stored(_) => Err(io::Error::other("the value is not in memory")),
        }
    }
}

fn check(object: &impl Object, tag: PropTag, modify: bool, create: bool) -> Result<()> {
    object.context().spi()?;
    let fail = |code, why: &str| Err(Error::new(code, format!("{tag}: {why}")));
    match tag.ty() {
        PropType::UNSPECIFIED => {
            return fail(Code::INVALID_PARAMETER, "a stream needs a typed tag");
        }
        PropType::UNICODE | PropType::STRING8 | PropType::BINARY | PropType::OBJECT => {}
        _ => {
            return fail(
                Code::INTERFACE_NOT_SUPPORTED,
                "only text and bytes are streams",
            );
        }
    }
    if create && !modify {
        return fail(Code::INVALID_PARAMETER, "CREATE needs MODIFY");
    }
    if !modify {
        return Ok(());
    }
    if !object.can_modify() {
        return fail(Code::NO_ACCESS, "the object is open read-only");
    }
    match object.refuses(tag, Some(&PropValue::Object)) {
        Some(code) => fail(code, "it cannot be written"),
        None => Ok(()),
    }
}

fn load(object: &impl Object, tag: PropTag, slot: Slot, code_page: &mut u16) -> Result<Data> {
    let wrong = || Error::new(Code::NOT_FOUND, format!("{tag} is there with another type"));
    let text = |text: String, code_page: u16| match tag.ty() {
        PropType::UNICODE => Some(utf16(&text)),
        PropType::STRING8 => Some(encode_ansi(&text, code_page).bytes),
        _ => None,
    };
    let bytes = match slot {
        Slot::Large(l) if l.ty == PropType::UNICODE => {
            let bytes = object.open_large(&l)?.read_all()?;
            text(String::from_utf8_lossy(&bytes).into_owned(), *code_page).ok_or_else(wrong)?
        }
        Slot::Large(l) if matches!(tag.ty(), PropType::BINARY | PropType::OBJECT) => {
            return object.open_large(&l).map(Data::Stored);
        }
        Slot::Value(PropValue::Unicode(s)) => text(s, *code_page).ok_or_else(wrong)?,
        Slot::Value(PropValue::String8(s)) if tag.ty() == PropType::STRING8 => {
            *code_page = s.code_page;
            s.bytes
        }
        Slot::Value(PropValue::String8(s)) => {
            text(decode_ansi(&s).into_owned(), *code_page).ok_or_else(wrong)?
        }
        Slot::Value(PropValue::Binary(b))
            if matches!(tag.ty(), PropType::BINARY | PropType::OBJECT) =>
        {
            b
        }
        _ => return Err(wrong()),
    };
    Ok(Data::Memory(io::Cursor::new(bytes)))
}

fn encode(ty: PropType, bytes: &[u8], code_page: u16) -> Result<PropValue> {
    match ty {
        PropType::STRING8 => Ok(PropValue::String8(AnsiString {
            code_page,
            bytes: bytes.to_vec(),
        })),
        PropType::UNICODE => {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let units = pairs.iter().map(|p| u16::from_le_bytes(*p));
            let text: std::result::Result<String, _> = char::decode_utf16(units).collect();
            match text {
                Ok(text) if rest.is_empty() => Ok(PropValue::Unicode(text)),
                _ => Err(Error::new(
                    Code::CORRUPT_DATA,
                    "what was written is not UTF-16LE",
                )),
            }
        }
        _ => Ok(PropValue::Binary(bytes.to_vec())),
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

impl Read for PropStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.lock().data {
            Data::Memory(c) => c.read(buf),
            Data::Stored(r) => r.read(buf),
        }
    }
}

impl Seek for PropStream {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        match &mut self.lock().data {
            Data::Memory(c) => c.seek(pos),
            Data::Stored(r) => r.seek(pos),
        }
    }
}

impl Write for PropStream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.writable()?;
        let mut shared = self.lock();
        let written = shared.memory()?.write(buf)?;
        shared.dirty = true;
        Ok(written)
    }

    /// The same as [`PropStream::commit`].
    fn flush(&mut self) -> io::Result<()> {
        self.commit().map_err(io_error)
    }
}

impl Drop for PropStream {
    fn drop(&mut self) {
        // Release commits (7.7). An error here has nobody left to tell; `commit` tells it.
        let _ = self.commit();
    }
}

impl fmt::Debug for PropStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PropStream")
            .field("tag", &self.lock().tag)
            .field("size", &self.size())
            .finish()
    }
}
