//! A text or binary property as a stream. Reference: "IMAPIProp::OpenProperty" (requirement 7.7)

mod body;
mod draft;
mod layers;
mod text;

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use mapi_kit::large::io_error;
use mapi_props::{AnsiString, Code, LargeRef, PropTag, PropType, PropValue, Slot, tags};
use mapi_query::{decode_ansi, encode_ansi};
use mapi_spi::{Call, Error, Result, Staged};

use crate::PropertyFlags;
use crate::context::Context;
use crate::prop::{Object, StreamHome};
use body::{Body, Desk, SMALL};
pub(crate) use draft::Draft;
use layers::Layers;
use text::Utf16;

/// An open property: `Read`, `Seek`, and `Write` if opened with MODIFY.
///
/// PT_BINARY is its bytes, PT_UNICODE UTF-16LE without terminator, PT_STRING8 bytes of its code page. Values of any size take
/// little memory: beyond 1 MiB they are staged in the store as they are written, and what is written over a large value
/// is kept beside it until it is put together at the commit. Only a large text as PT_STRING8 is held as a whole.
///
/// Writes reach the object's pending state at [`Self::commit`] or when the stream is dropped, and others only when the object
/// is saved. A write that fails (`StorageFull`) has written nothing; the stream goes on from there. A property that is open
/// already, in this handle of the object, gives the same stream once more: what is written through one is read through the
/// other, and the place moves for both.
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
    body: Body,
    at: u64,
    call: Call,
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

/// Properties that a save reads to make others, so that they go by value whatever their size.
const BY_VALUE: [u16; 3] = [
    tags::SUBJECT.id(),
    tags::SUBJECT_PREFIX.id(),
    tags::DISPLAY_NAME.id(),
];

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
            let mut shared = stream.lock();
            shared.body = Body::empty();
            shared.at = 0;
            stream.write_back(&mut shared)?;
        }
        open.insert(tag.id(), Arc::downgrade(&stream.shared));
        drop(open);
        Ok(stream)
    }

    /// Whether it was opened with MODIFY.
    pub(crate) const fn is_writable(&self) -> bool {
        self.home.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes in all.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.lock().body.size()
    }

    /// Cuts the value off, or fills it up with zeros.
    ///
    /// # Errors
    /// `PermissionDenied` without MODIFY; those of the store.
    pub fn set_size(&mut self, size: u64) -> io::Result<()> {
        self.home()?;
        let mut shared = self.lock();
        let Shared { body, call, .. } = &mut *shared;
        body.set_size(size, call).map_err(io_error)?;
        shared.dirty = true;
        Ok(())
    }

    /// Puts what was written into the object's pending state. A large value that was written over, or went on after an
    /// earlier commit, is put together anew, which takes as long as copying it.
    ///
    /// # Errors
    /// `MAPI_E_CORRUPT_DATA` when a PT_UNICODE stream is not UTF-16; `MAPI_E_NOT_ENOUGH_DISK` (nothing is lost, it can be
    /// tried again); `MAPI_E_END_OF_SESSION`; those of SetProps.
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
        let Some(home) = &self.home else {
            return Ok(());
        };
        let (slot, staged) = shared.value(home.host())?;
        home.put(shared.tag.id(), slot, staged)?;
        shared.dirty = false;
        Ok(())
    }

    fn home(&self) -> io::Result<&dyn StreamHome> {
        let denied = || {
            let kind = io::ErrorKind::PermissionDenied;
            io::Error::new(kind, "the stream is open read-only")
        };
        self.home.as_deref().ok_or_else(denied)
    }
}

impl Shared {
    /// The value as it stands; with `create` nothing of it.
    fn load(object: &impl Object, tag: PropTag, create: bool) -> Result<Self> {
        let (slot, mut code_page, is_object) = object.with_source(&mut |source| {
            let is_object = source.objects().iter().any(|o| o.id() == tag.id());
            let slot = match source.derived(tag) {
                Some(made) if !create => Some(Slot::Value(made?)),
                _ => source.slot(tag.id()),
            };
            Ok((slot, source.code_page(), is_object))
        })?;
        let body = match slot {
            _ if create => Body::empty(),
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
            body,
            at: 0,
            call: object.context().call.clone(),
            dirty: false,
        })
    }

    /// The value as the object takes it: inline while it is small, else staged.
    fn value(&mut self, host: &Context) -> Result<(Slot, Option<Staged>)> {
        let ty = self.tag.ty();
        let small = self.body.size() <= body::len_of(SMALL);
        if small || ty == PropType::STRING8 || BY_VALUE.contains(&self.tag.id()) {
            let bytes = self.body.in_memory(&self.call)?;
            return Ok((Slot::Value(encode(ty, bytes, self.code_page)?), None));
        }
        let (store, call) = (host.spi()?, &self.call);
        let mut staged = self.body.staged(Desk { store, call })?;
        let mut stored = PropType::BINARY;
        if ty == PropType::UNICODE {
            let mut stage = store.stage(call)?;
            text::to_utf8(staged.open(call)?.as_mut(), stage.as_mut(), call)?;
            staged = stage.finish(call)?;
            stored = PropType::UNICODE;
        }
        let large = LargeRef {
            ty: stored,
            size: staged.size(),
            place: staged.place(),
        };
        Ok((Slot::Large(large), Some(staged)))
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

fn load(object: &impl Object, tag: PropTag, slot: Slot, code_page: &mut u16) -> Result<Body> {
    let wrong = || Error::new(Code::NOT_FOUND, format!("{tag} is there with another type"));
    let text = |text: String, code_page: u16| match tag.ty() {
        PropType::UNICODE => Some(utf16(&text)),
        PropType::STRING8 => Some(encode_ansi(&text, code_page).bytes),
        _ => None,
    };
    let is_bytes = matches!(tag.ty(), PropType::BINARY | PropType::OBJECT);
    let bytes = match slot {
        Slot::Large(l) if l.ty == PropType::UNICODE => {
            let value = object.open_large(&l)?;
            if tag.ty() == PropType::UNICODE && l.size > body::len_of(SMALL) {
                let wide = Utf16::open(value.into_inner(), &object.context().call)?;
                return Ok(Body::Layered(Layers::over_stored(Box::new(wide))));
            }
            let bytes = value.read_all()?;
            text(String::from_utf8_lossy(&bytes).into_owned(), *code_page).ok_or_else(wrong)?
        }
        Slot::Large(l) if is_bytes => {
            let value = object.open_large(&l)?.into_inner();
            return Ok(Body::Layered(Layers::over_stored(value)));
        }
        Slot::Value(PropValue::Unicode(s)) => text(s, *code_page).ok_or_else(wrong)?,
        Slot::Value(PropValue::String8(s)) if tag.ty() == PropType::STRING8 => {
            *code_page = s.code_page;
            s.bytes
        }
        Slot::Value(PropValue::String8(s)) => {
            text(decode_ansi(&s).into_owned(), *code_page).ok_or_else(wrong)?
        }
        Slot::Value(PropValue::Binary(b)) if is_bytes => b,
        _ => return Err(wrong()),
    };
    Ok(Body::Small(bytes))
}

fn encode(ty: PropType, bytes: &[u8], code_page: u16) -> Result<PropValue> {
    match ty {
        PropType::STRING8 => Ok(PropValue::String8(AnsiString {
            code_page,
            bytes: bytes.to_vec(),
        })),
        PropType::UNICODE => text::decode(bytes).map(PropValue::Unicode),
        _ => Ok(PropValue::Binary(bytes.to_vec())),
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

impl Read for PropStream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut shared = self.lock();
        let Shared { body, at, call, .. } = &mut *shared;
        let n = body.read_at(*at, buf, call).map_err(io_error)?;
        *at += body::len_of(n);
        Ok(n)
    }
}

impl Seek for PropStream {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        let mut shared = self.lock();
        let at = match pos {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(d) => shared.body.size().checked_add_signed(d),
            SeekFrom::Current(d) => shared.at.checked_add_signed(d),
        };
        shared.at = at.ok_or_else(|| {
            let kind = io::ErrorKind::InvalidInput;
            io::Error::new(kind, "seek before the start of a value")
        })?;
        Ok(shared.at)
    }
}

impl Write for PropStream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let store = self.home()?.host().spi().map_err(io_error)?;
        let mut shared = self.lock();
        let Shared { body, at, call, .. } = &mut *shared;
        let desk = Desk { store, call };
        let n = body.write_at(*at, buf, desk).map_err(io_error)?;
        *at += body::len_of(n);
        shared.dirty = true;
        Ok(n)
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
        let shared = self.lock();
        f.debug_struct("PropStream")
            .field("tag", &shared.tag)
            .field("size", &shared.body.size())
            .finish()
    }
}
