//! What the sender wrote, out of the RTF that carries it. Reference: "WrapCompressedRTFStreamEx", [MS-OXRTFEX]

use std::io::Read;

use mapi_props::Code;
use mapi_query::{encode_ansi, is_supported_code_page};
use mapi_rtf::compressed::Decompressor;
use mapi_rtf::{Native, native, to_html, to_text};
use mapi_spi::{Error, Result};

use super::stream::{RtfStream, unpacking};
use super::{LONGEST, told};
use crate::{PropStream, RtfFlags};

/// What a stream is to give (RTF_WCSINFO).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RtfInfo {
    /// How it is opened.
    pub flags: RtfFlags,
    /// The code page of the message, PR_INTERNET_CPID (`ulInCodePage`). RTF says its own code pages, so that it decides
    /// nothing here.
    pub in_code_page: u32,
    /// The code page of HTML or text that the stream gives (`ulOutCodePage`); 0 is UTF-8. What a page lacks becomes a
    /// reference in HTML and a question mark in text.
    pub out_code_page: u32,
}

/// In which form the sender wrote (MAPI_NATIVE_BODY_TYPE_…).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum NativeBody {
    /// As RTF.
    Rtf = 1,
    /// As HTML, which the RTF encapsulates.
    Html = 2,
    /// As plain text, which the RTF encapsulates.
    Text = 4,
}

impl NativeBody {
    /// `ulStreamFlags` of RTF_WCSRETINFO: 1, 2 or 4.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self as u32
    }
}

/// As much of the RTF as says what it carries: the mark stands within its first tokens ([MS-OXRTFEX] 2.2.3.1).
const LOOK: u64 = 64 * 1024;

pub(super) fn wrapped(stream: PropStream, info: RtfInfo) -> Result<(RtfStream, NativeBody)> {
    if info.flags.contains(RtfFlags::MODIFY) {
        let detail = "MAPI_NATIVE_BODY is only read";
        return Err(Error::new(Code::INVALID_PARAMETER, detail));
    }
    let page = page_of(info.out_code_page)?;
    let mut rest = unpacking(stream)?;
    let mut rtf = Vec::new();
    (&mut rest).take(LOOK).read_to_end(&mut rtf).map_err(told)?;
    Ok(match native(&rtf) {
        Native::Rtf => (RtfStream::looked(rtf, rest), NativeBody::Rtf),
        Native::Html => {
            let html = to_html(&all(rtf, rest)?).html;
            (
                RtfStream::whole(in_page(&html, page, true)),
                NativeBody::Html,
            )
        }
        Native::Text => {
            let text = to_text(&all(rtf, rest)?).text;
            (
                RtfStream::whole(in_page(&text, page, false)),
                NativeBody::Text,
            )
        }
    })
}

/// The RTF whose beginning was read.
fn all(mut rtf: Vec<u8>, rest: Decompressor<PropStream>) -> Result<Vec<u8>> {
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
    rest.take(most).read_to_end(&mut rtf).map_err(told)?;
    if rtf.len() > LONGEST {
        return Err(Error::new(Code::TOO_BIG, "the RTF is longer than 256 MiB"));
    }
    Ok(rtf)
}

const UTF_8: u16 = 65001;
const UTF_16: u16 = 1200;

fn page_of(code_page: u32) -> Result<u16> {
    let known = |page: &u16| matches!(*page, UTF_8 | UTF_16) || is_supported_code_page(*page);
    match code_page {
        0 => Ok(UTF_8),
        page => u16::try_from(page).ok().filter(known).ok_or_else(|| {
            let detail = format!("code page {page} is not supported");
            Error::new(Code::INVALID_PARAMETER, detail)
        }),
    }
}

fn in_page(text: &str, page: u16, html: bool) -> Vec<u8> {
    match page {
        UTF_8 => text.as_bytes().to_vec(),
        UTF_16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ if html => ascii_html(text),
        page => encode_ansi(text, page).bytes,
    }
}

/// HTML in characters that every code page has: references to all others.
pub(crate) fn ascii_html(html: &str) -> Vec<u8> {
    let mut ascii = String::with_capacity(html.len());
    for c in html.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            ascii.push_str(&format!("&#{};", u32::from(c)));
        }
    }
    ascii.into_bytes()
}
