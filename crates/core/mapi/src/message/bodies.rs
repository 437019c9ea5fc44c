//! Bodies that are not stored, made from the one that is.
//! [MS-OXBBODY] 2.1.3.1; requirements TXT-04, TXT-08, OUT-04, INC-02
//!
//! A message has its text, its HTML and its RTF if it has one of the three, and HTML is read as bytes or as text. What was
//! made is kept in the handle until the body it was made from changes, and stored only if somebody sets it. RTF that is
//! damaged is as good as none.

mod made;
mod stored;

use std::io;
use std::sync::Mutex;

use mapi_html::{Charset, html_to_text, text_to_html};
use mapi_kit::large::ValueReader;
use mapi_props::{Bag, LargeRef, PropTag, PropType, PropValue, Slot, tags};
use mapi_rtf::compressed::{Decompressor, compress};
use mapi_rtf::{Text, from_html, from_text_with, to_html, to_text};
use mapi_spi::Result;

use crate::rtf::{ascii_html, is_damage, told};
use made::{Made, Origin, kept, locked};
use stored::{UTF_8, UTF_16};

pub(super) use stored::form_of;

/// PR_BODY.
pub(super) const BODY: u16 = tags::BODY.id();
/// PR_HTML and PR_BODY_HTML.
pub(super) const HTML: u16 = tags::HTML.id();
/// PR_RTF_COMPRESSED.
pub(super) const RTF: u16 = tags::RTF_COMPRESSED.id();
/// PR_RTF_IN_SYNC.
pub(super) const IN_SYNC: u16 = tags::RTF_IN_SYNC.id();
/// PR_NATIVE_BODY_INFO.
pub(super) const NATIVE: u16 = tags::NATIVE_BODY_INFO.id();

/// The bodies that a handle made, and what it knows of the RTF.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    text: Mutex<Option<Made<Text>>>,
    html: Mutex<Option<Made<String>>>,
    rtf: Mutex<Option<Made<Vec<u8>>>>,
    /// Whether this RTF can be unpacked.
    sound: Mutex<Option<(Slot, bool)>>,
}

/// The properties of a message as they stand.
pub(super) struct Stored<'a> {
    pub(super) props: &'a Bag,
    /// Opens a large value.
    pub(super) open: &'a dyn Fn(&LargeRef) -> Result<ValueReader>,
    /// Where attachments stand in its text.
    pub(super) places: &'a dyn Fn() -> Vec<usize>,
}

impl Bodies {
    /// The body under this tag if it is none of those that are stored as such; nor can it be made where all that is
    /// stored is damaged RTF.
    pub(super) fn get(&self, stored: &Stored<'_>, tag: PropTag) -> Option<Result<PropValue>> {
        let id = tag.id();
        if id == HTML
            && let Some(slot) = stored.props.get(&HTML)
        {
            return stored.other_form(slot, tag.ty());
        }
        if !matches!(id, BODY | HTML | RTF | NATIVE | IN_SYNC) || stored.props.contains(&id) {
            return None;
        }
        let best = match self.best(stored) {
            Ok(best) => best?,
            Err(error) => return Some(Err(error)),
        };
        let made = match (id, best) {
            (NATIVE, best) => Ok(PropValue::Long(native_of(best))),
            (IN_SYNC, RTF) if stored.is_only(RTF) => Ok(PropValue::Bool(true)),
            (BODY, from) => self.text(stored, from).map(|t| PropValue::Unicode(t.text)),
            (HTML, from) => self.html(stored, from, tag.ty()),
            (RTF, from) => self.rtf(stored, from).map(PropValue::Binary),
            _ => return None,
        };
        Some(made)
    }

    /// Tags of the bodies that [`Self::get`] makes.
    pub(super) fn tags(&self, stored: &Stored<'_>) -> Vec<PropTag> {
        // What cannot be looked at now is taken for what it says it is.
        let best = self.best(stored).unwrap_or(Some(RTF));
        let Some(best) = best else {
            return Vec::new();
        };
        let all = [
            tags::BODY.raw(),
            tags::HTML.raw(),
            tags::RTF_COMPRESSED.raw(),
            tags::NATIVE_BODY_INFO.raw(),
        ];
        let made = all.into_iter().filter(|t| !stored.props.contains(&t.id()));
        let in_sync = best == RTF && stored.is_only(RTF) && !stored.props.contains(&IN_SYNC);
        let in_sync = in_sync.then_some(tags::RTF_IN_SYNC.raw());
        made.chain(in_sync).collect()
    }

    /// The stored body that others are made from; `None` if there is none that can be read.
    fn best(&self, stored: &Stored<'_>) -> Result<Option<u16>> {
        let sound = stored.props.contains(&RTF) && self.is_sound(stored)?;
        Ok(stored::best(stored.props, sound))
    }

    /// Whether the stored RTF can be unpacked: its mark, its sizes, its checksum and what it refers to (TXT-04).
    ///
    /// # Errors
    /// Those of reading it.
    pub(super) fn is_sound(&self, stored: &Stored<'_>) -> Result<bool> {
        let Some(slot) = stored.props.get(&RTF) else {
            return Ok(false);
        };
        let mut known = locked(&self.sound);
        if let Some((of, sound)) = known.as_ref()
            && of == slot
        {
            return Ok(*sound);
        }
        let sound = is_sound(stored, slot)?;
        *known = Some((slot.clone(), sound));
        Ok(sound)
    }

    /// Those of the bodies `asked` for that are made from one that a copy does not take, so that the copy could not make them.
    pub(super) fn made_for_copy(
        &self,
        stored: &Stored<'_>,
        asked: &[PropTag],
        takes: &dyn Fn(u16) -> bool,
    ) -> Result<Vec<(u16, Slot)>> {
        let Some(best) = self.best(stored)?.filter(|best| !takes(*best)) else {
            return Ok(Vec::new());
        };
        let missing = |tag: &&PropTag| tag.id() != best && takes(tag.id());
        let made = |tag: &PropTag| Some((tag.id(), self.get(stored, *tag)?));
        let all = asked.iter().filter(missing).filter_map(made);
        all.filter(|(id, _)| !stored.props.contains(id))
            .map(|(id, made)| Ok((id, Slot::Value(made?))))
            .collect()
    }

    /// Offsets of the placeholders in the text that was made from the RTF as it stands, in UTF-16 units; `None` until
    /// somebody asked for that text, and where the text is stored.
    pub(super) fn placeholders(&self, props: &Bag) -> Option<Vec<usize>> {
        let slot = props.get(&RTF)?;
        let made = locked(&self.text);
        let made = made.as_ref().filter(|made| made.from.slot == *slot)?;
        (!props.contains(&BODY)).then(|| made.body.attachments.clone())
    }

    fn text(&self, stored: &Stored<'_>, from: u16) -> Result<Text> {
        let origin = Origin::of(stored, from)?;
        kept(&self.text, origin, |slot| match from {
            RTF => Ok(to_text(&stored.unpacked(slot)?)),
            _ => Ok(Text {
                text: html_to_text(&stored.text(slot)?),
                ..Text::default()
            }),
        })
    }

    /// HTML as bytes in the message's code page, or as text.
    fn html(&self, stored: &Stored<'_>, from: u16, ty: PropType) -> Result<PropValue> {
        let origin = Origin::of(stored, from)?;
        let html = kept(&self.html, origin, |slot| match from {
            RTF => Ok(to_html(&stored.unpacked(slot)?).html),
            _ => Ok(text_to_html(&stored.text(slot)?, Charset::Utf8)),
        })?;
        Ok(match (ty, stored.code_page()) {
            (PropType::UNICODE | PropType::STRING8, _) => PropValue::Unicode(html),
            (_, None | Some(UTF_8)) => PropValue::Binary(html.into_bytes()),
            (_, Some(UTF_16)) => {
                PropValue::Binary(html.encode_utf16().flat_map(u16::to_le_bytes).collect())
            }
            // References to characters mean the same in every code page that holds ASCII.
            (_, Some(_)) => PropValue::Binary(ascii_html(&html)),
        })
    }

    fn rtf(&self, stored: &Stored<'_>, from: u16) -> Result<Vec<u8>> {
        let mut origin = Origin::of(stored, from)?;
        if from == BODY {
            origin.places = (stored.places)();
        }
        let places = origin.places.clone();
        kept(&self.rtf, origin, |slot| {
            let text = stored.text(slot)?;
            Ok(compress(&match from {
                HTML => from_html(&text),
                _ => from_text_with(&text, &places),
            }))
        })
    }
}

const fn native_of(form: u16) -> i32 {
    match form {
        BODY => 1,
        RTF => 2,
        _ => 3,
    }
}

fn is_sound(stored: &Stored<'_>, slot: &Slot) -> Result<bool> {
    let unpacked = stored.packed(slot).and_then(|packed| {
        Decompressor::new(packed).and_then(|mut rtf| io::copy(&mut rtf, &mut io::sink()))
    });
    match unpacked {
        Ok(_) => Ok(true),
        Err(error) if is_damage(&error) => Ok(false),
        Err(error) => Err(told(error)),
    }
}
