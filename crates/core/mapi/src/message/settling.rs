//! Text, RTF and HTML of one message made to say the same: at every save, and by RTFSync before.
//! Reference: "Synchronizing Text and Formatting", "RTFSync" (requirements OUT-04, TXT-02, TXT-04, TXT-06)
//!
//! The body that was written last is what the message says. RTF that is older than the text follows it, word by word, and
//! keeps its formatting; any other older body is no longer stored, and made from the newest when somebody asks. Nothing is
//! given up for RTF that is damaged.

use mapi_kit::working::WorkingMessage;
use mapi_props::{Bag, Code, PropValue, tags};
use mapi_rtf::compressed::compress;
use mapi_rtf::sync::{Marks, same};
use mapi_rtf::{follow_text, from_text_with, to_text};
use mapi_spi::{Error, Result};

use super::bodies::{BODY, HTML, IN_SYNC, RTF, Stored};
use super::edits::Edits;
use super::{Message, MessageInner, State};
use crate::RtfSyncFlags;

/// PR_RTF_IN_SYNC, and what describes the text that the RTF agreed with.
const MARKS: [u16; 6] = [
    IN_SYNC,
    tags::RTF_SYNC_BODY_CRC.id(),
    tags::RTF_SYNC_BODY_COUNT.id(),
    tags::RTF_SYNC_BODY_TAG.id(),
    tags::RTF_SYNC_PREFIX_COUNT.id(),
    tags::RTF_SYNC_TRAILING_COUNT.id(),
];

/// The message with bodies that agree; `None` if it is so already.
pub(super) fn settled(inner: &MessageInner, state: &State) -> Result<Option<WorkingMessage>> {
    let props = &state.working.props;
    let saved = &state.working.saved_body().props;
    if !state.edits.any() || !(props.contains(&RTF) || saved.contains(&RTF)) {
        return Ok(None);
    }
    let mut changed = props.clone();
    settle(inner, state, &mut changed)?;
    if changed == *props {
        return Ok(None);
    }
    let mut working = state.working.clone();
    working.props = changed;
    Ok(Some(working))
}

/// Which body says what the message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    /// The RTF follows the text.
    Text,
    /// The text is made from the RTF.
    Rtf,
    /// The RTF is out of date.
    Html,
    /// They are as they shall be.
    None,
}

fn leads(edits: Edits, props: &Bag) -> Leads {
    let (text, rtf) = (edits.text, edits.rtf);
    if props.contains(&HTML) && edits.html > rtf {
        return Leads::Html;
    }
    let together = edits.together > 0 && text == rtf && edits.together == text;
    let said = edits.in_sync > 0 && edits.in_sync >= text.max(rtf);
    let in_sync = props.value(tags::RTF_IN_SYNC);
    if together || (said && in_sync == Some(&PropValue::Bool(true))) {
        return Leads::None;
    }
    // A client that says FALSE wants them to agree.
    let asked = said && in_sync == Some(&PropValue::Bool(false));
    let written = text > 0 || rtf > 0;
    match props.contains(&BODY) {
        true if text >= rtf && (written || asked) => Leads::Text,
        _ if written => Leads::Rtf,
        _ => Leads::None,
    }
}

fn settle(inner: &MessageInner, state: &State, props: &mut Bag) -> Result<()> {
    let edits = state.edits;
    if !props.contains(&RTF) {
        forget_sync(props);
        return Ok(());
    }
    let leads = leads(edits, props);
    let sound = match leads {
        Leads::Text | Leads::Rtf => {
            inner.with_bodies(state, |bodies, stored| bodies.is_sound(stored))?
        }
        Leads::Html => true,
        Leads::None => return Ok(()),
    };
    if leads == Leads::Text && sound {
        inner.with_bodies(state, |_, stored| follow(stored, props))?;
    } else {
        forget_sync(props);
    }
    let older: &[(u16, bool)] = match leads {
        // Nothing goes for RTF that says nothing.
        _ if !sound => &[],
        Leads::Text => &[(HTML, edits.text > edits.html)],
        Leads::Rtf => &[(BODY, true), (HTML, edits.rtf > edits.html)],
        Leads::Html => &[(RTF, true)],
        Leads::None => &[],
    };
    for (id, _) in older.iter().filter(|(_, older)| *older) {
        props.remove(id);
    }
    Ok(())
}

/// Makes the RTF say what the text says; `props` are the message's, to be changed.
fn follow(stored: &Stored<'_>, props: &mut Bag) -> Result<()> {
    let (Some(rtf), Some(text)) = (stored.props.get(&RTF), stored.props.get(&BODY)) else {
        return Ok(());
    };
    let text = stored.text(text)?;
    if let Some(new) = follow_text(&stored.unpacked(rtf)?, &text) {
        props.set(tags::RTF_COMPRESSED, stored.packed_like(rtf, &new)?);
    }
    agree(props, &text);
    Ok(())
}

/// PR_RTF_IN_SYNC, and what describes the text (PR_RTF_SYNC_…).
fn agree(props: &mut Bag, text: &str) {
    let marks = Marks::of(text);
    props.set(tags::RTF_IN_SYNC, true);
    props.set(tags::RTF_SYNC_BODY_CRC, marks.crc);
    props.set(tags::RTF_SYNC_BODY_COUNT, marks.count);
    props.set(tags::RTF_SYNC_BODY_TAG, marks.tag);
    props.set(tags::RTF_SYNC_PREFIX_COUNT, marks.prefix);
    props.set(tags::RTF_SYNC_TRAILING_COUNT, marks.trailing);
}

/// Where only one of the two is stored, or they have nothing to do with each other.
pub(super) fn forget_sync(props: &mut Bag) {
    for id in MARKS {
        props.remove(&id);
    }
}

impl Message {
    /// See [`crate::rtf::rtf_sync`].
    pub(crate) fn sync_rtf(&self, flags: RtfSyncFlags) -> Result<bool> {
        self.inner.errors.track(sync(&self.inner, flags))
    }
}

fn sync(inner: &MessageInner, flags: RtfSyncFlags) -> Result<bool> {
    inner.context.spi()?;
    let mut state = inner.state();
    let props = &state.working.props;
    let both = props.contains(&BODY) && props.contains(&RTF);
    if !both || flags == RtfSyncFlags::NONE {
        return Ok(false);
    }
    let mut changed = props.clone();
    inner.with_bodies(&state, |bodies, stored| {
        match (bodies.is_sound(stored)?, flags) {
            (true, RtfSyncFlags::RTF_CHANGED) => lead(stored, &mut changed),
            (true, _) => follow(stored, &mut changed),
            // What cannot be read has no text that PR_BODY could follow.
            (false, RtfSyncFlags::RTF_CHANGED) => Ok(()),
            (false, _) => renew(stored, &mut changed),
        }
    })?;
    if changed == state.working.props {
        return Ok(false);
    }
    let same = |id| changed.get(&id) == state.working.props.get(&id);
    match (state.modify, same(RTF) && same(BODY)) {
        (true, _) => {}
        // That they agree is not worth a failure.
        (false, true) => return Ok(false),
        (false, false) => return Err(Error::new(Code::NO_ACCESS, "the message is open read-only")),
    }
    state.working.props = changed;
    if state.working.props.contains(&BODY) {
        state.edits.agreed();
    } else {
        state.edits.note([RTF].into_iter());
    }
    Ok(true)
}

/// Makes the text that of the RTF.
fn lead(stored: &Stored<'_>, props: &mut Bag) -> Result<()> {
    let (Some(rtf), Some(text)) = (stored.props.get(&RTF), stored.props.get(&BODY)) else {
        return Ok(());
    };
    let text = stored.text(text)?;
    if same(&to_text(&stored.unpacked(rtf)?).text, &text) {
        agree(props, &text);
    } else {
        props.remove(&BODY);
        forget_sync(props);
    }
    Ok(())
}

/// Makes RTF from the text, where there was some that could not be read.
fn renew(stored: &Stored<'_>, props: &mut Bag) -> Result<()> {
    let Some(text) = stored.props.get(&BODY) else {
        return Ok(());
    };
    let text = stored.text(text)?;
    let rtf = from_text_with(&text, &(stored.places)());
    props.set(tags::RTF_COMPRESSED, compress(&rtf));
    agree(props, &text);
    Ok(())
}
