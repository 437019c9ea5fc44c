//! Bodies as they are stored: which is the best, and what it says. [MS-OXBBODY] 2.1.3.1

use std::borrow::Cow;
use std::io::{self, Read};

use mapi_kit::bodies::decode_html;
use mapi_kit::large::io_error;
use mapi_props::{Bag, Code, PropType, PropValue, Slot, tags};
use mapi_query::{decode_ansi, encode_ansi};
use mapi_rtf::compressed::{Decompressor, Packing, compress, store};
use mapi_spi::{Error, Result};

use super::{BODY, HTML, RTF, Stored};
use crate::rtf::{told, unpacked};

pub(super) const UTF_8: u16 = 65001;
pub(super) const UTF_16: u16 = 1200;

/// The best of the bodies that are stored: what PR_NATIVE_BODY_INFO names, else by the table of [MS-OXBBODY] 2.1.3.1.
/// `sound`: the RTF is there and can be read.
pub(super) fn best(props: &Bag, sound: bool) -> Option<u16> {
    let (text, html) = (props.contains(&BODY), props.contains(&HTML));
    let said = props
        .value(tags::NATIVE_BODY_INFO)
        .and_then(PropValue::as_long);
    let said = said.and_then(form_of).filter(|form| match *form {
        RTF => sound,
        form => props.contains(&form),
    });
    let in_sync = props.value(tags::RTF_IN_SYNC) == Some(&PropValue::Bool(true));
    said.or(match (text, sound, html) {
        (false, false, false) => None,
        (_, true, _) if in_sync => Some(RTF),
        (_, _, true) => Some(HTML),
        (false, true, false) => Some(RTF),
        (true, _, false) => Some(BODY),
    })
}

/// The body that a value of PR_NATIVE_BODY_INFO names.
pub(in crate::message) const fn form_of(native: i32) -> Option<u16> {
    match native {
        1 => Some(BODY),
        2 => Some(RTF),
        3 => Some(HTML),
        _ => None,
    }
}

impl Stored<'_> {
    /// Whether this is the only body that is stored.
    pub(super) fn is_only(&self, form: u16) -> bool {
        let others = [BODY, HTML, RTF].into_iter().filter(|f| *f != form);
        self.props.contains(&form) && others.into_iter().all(|f| !self.props.contains(&f))
    }

    /// PR_INTERNET_CPID.
    pub(super) fn code_page(&self) -> Option<u16> {
        let value = self.props.value(tags::INTERNET_CPID)?;
        u16::try_from(value.as_long()?).ok()
    }

    /// Packed RTF as a stream.
    pub(super) fn packed<'b>(&self, slot: &'b Slot) -> io::Result<Box<dyn Read + 'b>> {
        match slot {
            Slot::Value(PropValue::Binary(bytes)) => Ok(Box::new(bytes.as_slice())),
            Slot::Large(large) => Ok(Box::new((self.open)(large).map_err(io_error)?)),
            // No packed RTF begins like nothing.
            Slot::Value(_) => Ok(Box::new(io::empty())),
        }
    }

    /// The RTF that is packed in a slot.
    pub(in crate::message) fn unpacked(&self, slot: &Slot) -> Result<Vec<u8>> {
        unpacked(&mut self.packed(slot).map_err(told)?)
    }

    /// This RTF packed as that in `slot` is.
    pub(in crate::message) fn packed_like(&self, slot: &Slot, rtf: &[u8]) -> Result<Vec<u8>> {
        let packed = self.packed(slot).and_then(Decompressor::new);
        let packing = packed.map_err(told)?.header().packing;
        Ok(match packing {
            Packing::Stored => store(rtf),
            Packing::Compressed => compress(rtf),
        })
    }

    /// The text of a text or HTML body, whatever its form.
    pub(in crate::message) fn text<'b>(&self, slot: &'b Slot) -> Result<Cow<'b, str>> {
        Ok(match slot {
            Slot::Value(PropValue::Unicode(text)) => Cow::Borrowed(text),
            Slot::Value(PropValue::String8(text)) => Cow::Owned(decode_ansi(text).into_owned()),
            Slot::Value(PropValue::Binary(bytes)) => {
                Cow::Owned(decode_html(bytes, self.code_page()))
            }
            Slot::Large(large) => {
                let bytes = (self.open)(large)?.read_all()?;
                Cow::Owned(match large.ty {
                    PropType::UNICODE => String::from_utf8_lossy(&bytes).into_owned(),
                    _ => decode_html(&bytes, self.code_page()),
                })
            }
            Slot::Value(other) => {
                let detail = format!("a body cannot be {:?}", other.ty());
                return Err(Error::new(Code::NOT_FOUND, detail));
            }
        })
    }

    /// PR_HTML of what was set as PR_BODY_HTML, or the other way round, by PR_INTERNET_CPID; `None` if it is stored as
    /// asked for.
    pub(super) fn other_form(&self, slot: &Slot, asked: PropType) -> Option<Result<PropValue>> {
        let text = |ty: PropType| matches!(ty, PropType::UNICODE | PropType::STRING8);
        match slot.ty() {
            PropType::BINARY if text(asked) => {
                let html = self.text(slot);
                Some(html.map(|html| PropValue::Unicode(html.into_owned())))
            }
            stored if text(stored) && asked == PropType::BINARY => {
                Some(self.text(slot).map(|html| self.in_page(&html)))
            }
            _ => None,
        }
    }

    /// HTML as bytes in the message's code page.
    fn in_page(&self, html: &str) -> PropValue {
        PropValue::Binary(match self.code_page().unwrap_or(UTF_8) {
            UTF_16 => html.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            page => encode_ansi(html, page).bytes,
        })
    }
}
