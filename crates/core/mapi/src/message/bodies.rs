//! Bodies that are not stored, made from the one that is. [MS-OXBBODY] 2.1.3.1; requirements TXT-08, OUT-04
//!
//! A message with HTML only has a text, one with text only has HTML, and HTML is read as bytes or as text. What was made
//! is kept in the handle until the body it was made from changes, and stored only if somebody sets it.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use mapi_html::{Charset, html_to_text, text_to_html};
use mapi_kit::bodies::decode_html;
use mapi_props::{Bag, Code, PropTag, PropType, PropValue, Slot, tags};
use mapi_query::{decode_ansi, encode_ansi};
use mapi_spi::{Error, Result};

const BODY: u16 = tags::BODY.id();
/// PR_HTML and PR_BODY_HTML.
const HTML: u16 = tags::HTML.id();
const RTF: u16 = tags::RTF_COMPRESSED.id();
const NATIVE: u16 = tags::NATIVE_BODY_INFO.id();

/// The bodies that a handle made.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    text: Mutex<Option<Made>>,
    html: Mutex<Option<Made>>,
}

/// A body, and what it was made from.
#[derive(Debug)]
struct Made {
    from: Slot,
    code_page: Option<u16>,
    body: String,
}

/// The properties of a message as they stand, and how its large values are read.
pub(super) struct Stored<'a> {
    pub(super) props: &'a Bag,
    pub(super) read: &'a dyn Fn(&mapi_props::LargeRef) -> Result<Vec<u8>>,
}

impl Bodies {
    /// The body under this tag if it is none of those that are stored as such.
    pub(super) fn get(&self, stored: &Stored<'_>, tag: PropTag) -> Option<Result<PropValue>> {
        let (text, html) = (stored.props.get(&BODY), stored.props.get(&HTML));
        match tag.id() {
            BODY if text.is_none() => {
                let made = self.text_of(stored, html?);
                Some(made.map(PropValue::Unicode))
            }
            HTML => match html {
                Some(slot) if is_another_form(slot.ty(), tag.ty()) => {
                    Some(other_form(stored, slot))
                }
                Some(_) => None,
                None => Some(self.html_of(stored, text?, tag.ty())),
            },
            NATIVE if !stored.props.contains(&NATIVE) => {
                native(stored.props).map(|n| Ok(PropValue::Long(n)))
            }
            _ => None,
        }
    }

    /// Tags of the bodies that [`Self::get`] makes.
    pub(super) fn tags(props: &Bag) -> Vec<PropTag> {
        let (text, html) = (props.contains(&BODY), props.contains(&HTML));
        let mut tags = Vec::new();
        if html && !text {
            tags.push(tags::BODY.raw());
        }
        if text && !html {
            tags.push(tags::HTML.raw());
        }
        if native(props).is_some() {
            tags.push(tags::NATIVE_BODY_INFO.raw());
        }
        tags
    }

    fn text_of(&self, stored: &Stored<'_>, html: &Slot) -> Result<String> {
        made(&self.text, html, stored, |markup| html_to_text(&markup))
    }

    /// HTML from text: as bytes in the message's code page, or as text.
    fn html_of(&self, stored: &Stored<'_>, text: &Slot, ty: PropType) -> Result<PropValue> {
        let wide = matches!(ty, PropType::UNICODE | PropType::STRING8);
        let ascii = !wide && stored.code_page().is_some_and(|page| page != UTF_8);
        if ascii {
            // References to characters mean the same in every code page that holds ASCII.
            let html = text_to_html(&stored.text(text)?, Charset::Ascii("us-ascii"));
            return Ok(PropValue::Binary(html.into_bytes()));
        }
        let html = made(&self.html, text, stored, |text| {
            text_to_html(&text, Charset::Utf8)
        })?;
        Ok(if wide {
            PropValue::Unicode(html)
        } else {
            PropValue::Binary(html.into_bytes())
        })
    }
}

/// What was made last, or made anew if the body it came from has changed.
fn made(
    kept: &Mutex<Option<Made>>,
    from: &Slot,
    stored: &Stored<'_>,
    make: impl FnOnce(Cow<'_, str>) -> String,
) -> Result<String> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let code_page = stored.code_page();
    if let Some(made) = kept.as_ref()
        && made.from == *from
        && made.code_page == code_page
    {
        return Ok(made.body.clone());
    }
    let body = make(stored.text(from)?);
    *kept = Some(Made {
        from: from.clone(),
        code_page,
        body: body.clone(),
    });
    Ok(body)
}

const UTF_8: u16 = 65001;
const UTF_16: u16 = 1200;

impl Stored<'_> {
    /// PR_INTERNET_CPID.
    fn code_page(&self) -> Option<u16> {
        let value = self.props.value(tags::INTERNET_CPID)?;
        u16::try_from(value.as_long()?).ok()
    }

    /// The text of a body, whatever its form.
    fn text<'b>(&self, slot: &'b Slot) -> Result<Cow<'b, str>> {
        Ok(match slot {
            Slot::Value(PropValue::Unicode(text)) => Cow::Borrowed(text),
            Slot::Value(PropValue::String8(text)) => Cow::Owned(decode_ansi(text).into_owned()),
            Slot::Value(PropValue::Binary(bytes)) => {
                Cow::Owned(decode_html(bytes, self.code_page()))
            }
            Slot::Large(large) => {
                let bytes = (self.read)(large)?;
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
}

/// Whether a property stored as one type is asked for as another that HTML also has.
fn is_another_form(stored: PropType, asked: PropType) -> bool {
    let text = |ty: PropType| matches!(ty, PropType::UNICODE | PropType::STRING8);
    (stored == PropType::BINARY && text(asked)) || (text(stored) && asked == PropType::BINARY)
}

/// PR_HTML of what was set as PR_BODY_HTML, or the other way round, by PR_INTERNET_CPID.
fn other_form(stored: &Stored<'_>, slot: &Slot) -> Result<PropValue> {
    let text = stored.text(slot)?;
    if slot.ty() == PropType::BINARY {
        return Ok(PropValue::Unicode(text.into_owned()));
    }
    let page = stored.code_page().unwrap_or(UTF_8);
    Ok(PropValue::Binary(match page {
        UTF_16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        page => encode_ansi(&text, page).bytes,
    }))
}

/// PR_NATIVE_BODY_INFO: the best of the bodies that are stored, by the table of [MS-OXBBODY] 2.1.3.1.
fn native(props: &Bag) -> Option<i32> {
    let (text, rtf, html) = (
        props.contains(&BODY),
        props.contains(&RTF),
        props.contains(&HTML),
    );
    let in_sync = props.value(tags::RTF_IN_SYNC) == Some(&PropValue::Bool(true));
    const TEXT: i32 = 1;
    const RICH: i32 = 2;
    const MARKUP: i32 = 3;
    match (text, rtf, html) {
        (false, false, false) => None,
        (_, true, _) if in_sync => Some(RICH),
        (_, _, true) => Some(MARKUP),
        (false, true, false) => Some(RICH),
        (true, _, false) => Some(TEXT),
    }
}
