//! What a PR_REPORT_TAG says of the message that a report is about. Reference: [MS-OXOMSG] 2.2.2.22

/// What one begins with that is made so; others mean something to nobody but their sender.
const COOKIE: &[u8] = b"PCDFEB09\0";
/// Bytes of the version behind it.
const VERSION: usize = 4;

/// PR_ENTRYID of the message that was sent, where its sender's tag names it.
pub(super) fn named_message(tag: &[u8]) -> Option<&[u8]> {
    let rest = tag.strip_prefix(COOKIE)?.get(VERSION..)?;
    let (_store, rest) = field(rest)?;
    let (_folder, rest) = field(rest)?;
    let (message, _) = field(rest)?;
    (!message.is_empty()).then_some(message)
}

/// A field with its size before it, and what is behind.
fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*size)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_named_by_its_third_field() {
        let whole = b"PCDFEB09\0\x01\0\x01\0\x02\0\0\0ST\0\0\0\0\x03\0\0\0MSG\0\0\0\0";
        assert_eq!(named_message(whole), Some(&b"MSG"[..]));
        let named = whole.len() - 4;
        for len in 0..whole.len() {
            let found = named_message(&whole[..len]);
            assert_eq!(found.is_some(), len >= named, "{len}");
        }
        assert_eq!(
            named_message(b"PCDFEB10\0\x01\0\x01\0\0\0\0\0\0\0\0\0\x01\0\0\0M"),
            None
        );
        assert_eq!(
            named_message(b"PCDFEB09\0\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            None
        );
        let too_long = b"PCDFEB09\0\x01\0\x01\0\xFF\xFF\xFF\xFF\0\0\0\0\x03\0\0\0MSG";
        assert_eq!(named_message(too_long), None);
    }
}
