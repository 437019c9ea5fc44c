//! RTF made to say what a text says, with the formatting of what did not change. Requirements TXT-02, TXT-04
//!
//! The text of the RTF and the new one are compared word by word; the source of what is no longer said is taken out, what
//! is said now is written in its place, and every other byte stays. What came out is read again: if it does not say what
//! it should, plain RTF takes its place.

mod diff;
mod edit;
mod spots;
mod words;

use crate::write::from_text_with;
use crate::{Native, native, sync, to_text};

/// The RTF with its text made equal to `text`, or `None` if they differ in white space and transport noise only
/// ([`sync::same`]), so that the RTF may stay as it is.
///
/// Formatting, placeholders of attachments and the cells of tables stay. RTF that carried HTML is RTF of its own from then
/// on: the HTML within it would say something else.
#[must_use]
pub fn follow_text(rtf: &[u8], text: &str) -> Option<Vec<u8>> {
    let old = to_text(rtf);
    if sync::same(&old.text, text) {
        return None;
    }
    let own = match native(rtf) {
        Native::Html => edit::without_html(rtf),
        Native::Rtf | Native::Text => rtf.to_vec(),
    };
    let edited = edit::edited(&own, text);
    let stands = |rtf: &Vec<u8>| sync::same(&to_text(rtf).text, text);
    Some(
        edited
            .filter(stands)
            .unwrap_or_else(|| from_text_with(text, &old.attachments)),
    )
}

#[cfg(test)]
mod tests;
