//! The RTF of a message that has no better body. [MS-OXBBODY] 2.1.3.1; requirement TXT-04

use std::io::Read;
use std::ops::Range;

use mapi_props::{PropKey, PropTag, PropValue, TreeProps, TreeValue, tags};

use crate::compressed::{Damage, decompress};
use crate::reader::{Header, Mark, Page, Run, State, read};

/// Bytes of RTF that are read, packed and unpacked.
const LONGEST: usize = 256 << 20;

/// PR_NATIVE_BODY_INFO's values. [MS-OXBBODY] 2.1.3.1
const PLAIN: i32 = 1;
const RICH: i32 = 2;
const MARKUP: i32 = 3;

/// The RTF of a message, unpacked, if that is its best body: PR_NATIVE_BODY_INFO or PR_RTF_IN_SYNC says so, or there is
/// neither text nor HTML.
///
/// `None`: there is no RTF, or a better body. An error: it is damaged, or cannot be read.
#[must_use]
pub fn best_body(props: &TreeProps) -> Option<Result<Vec<u8>, Damage>> {
    let rich = props.get(&PropKey::from(tags::RTF_COMPRESSED.raw()))?;
    if !is_best(props) {
        return None;
    }
    match rich {
        TreeValue::Value(PropValue::Binary(bytes)) => Some(decompress(bytes, LONGEST)),
        TreeValue::Large(_, source) => {
            let mut bytes = Vec::new();
            let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
            let source = source.open();
            let read = source.and_then(|source| source.take(most).read_to_end(&mut bytes));
            // Of a source that fails there is less than its header says.
            drop(read);
            Some(decompress(&bytes, LONGEST))
        }
        TreeValue::Value(_) => None,
    }
}

fn is_best(props: &TreeProps) -> bool {
    let has = |tag: PropTag| props.contains(&PropKey::from(tag));
    let (text, html) = (has(tags::BODY.raw()), has(tags::HTML.raw()));
    let native = props.value(tags::NATIVE_BODY_INFO);
    match native.and_then(PropValue::as_long) {
        Some(RICH) => true,
        Some(PLAIN) if text => false,
        Some(MARKUP) if html => false,
        _ => {
            let in_sync = props.value(tags::RTF_IN_SYNC) == Some(&PropValue::Bool(true));
            in_sync || !(text || html)
        }
    }
}

/// How many pictures stand in RTF, which neither its text nor its HTML have.
#[must_use]
pub fn pictures(rtf: &[u8]) -> usize {
    let mut count = Pictures(0);
    read(rtf, &mut count);
    count.0
}

struct Pictures(usize);

impl Page for Pictures {
    fn text(&mut self, _: Run<'_>, _: &State, _: &Header) {}

    fn mark(&mut self, mark: Mark, _: Range<usize>, _: &State) {
        self.0 += usize::from(mark == Mark::Picture);
    }
}

#[cfg(test)]
mod tests {
    use super::{best_body, pictures};
    use crate::compressed::compress;
    use mapi_props::{TreeProps, tags};

    #[test]
    fn rtf_is_the_best_body_where_nothing_else_is_said_to_be() {
        let rtf = b"{\\rtf1 x}".as_slice();
        let of = |text: bool, html: bool, native: i32, in_sync: bool| {
            let mut props = TreeProps::default();
            props.set(tags::RTF_COMPRESSED, compress(rtf));
            if text {
                props.set(tags::BODY, "x");
            }
            if html {
                props.set(tags::HTML, b"x".as_slice());
            }
            if native > 0 {
                props.set(tags::NATIVE_BODY_INFO, native);
            }
            props.set(tags::RTF_IN_SYNC, in_sync);
            best_body(&props).is_some_and(|found| found.as_deref() == Ok(rtf))
        };
        for (text, html, native, in_sync, best) in [
            (false, false, 0, false, true),
            (true, false, 0, false, false),
            (false, true, 0, false, false),
            (true, true, 0, true, true),
            (true, true, 2, false, true),
            (true, false, 1, true, false),
            (false, true, 3, true, false),
            (false, false, 1, false, true),
        ] {
            assert_eq!(
                of(text, html, native, in_sync),
                best,
                "{text} {html} {native} {in_sync}"
            );
        }
        assert_eq!(best_body(&TreeProps::default()), None);
        let mut damaged = TreeProps::default();
        damaged.set(tags::RTF_COMPRESSED, b"LZFu".as_slice());
        assert!(best_body(&damaged).is_some_and(|found| found.is_err()));
    }

    #[test]
    fn pictures_are_counted_once() {
        let rtf =
            b"{\\rtf1 a{\\*\\shppict{\\pict ff}}{\\nonshppict{\\pict ff}}{\\pict\\wmetafile8 00}}";
        assert_eq!(pictures(rtf), 2);
    }
}
