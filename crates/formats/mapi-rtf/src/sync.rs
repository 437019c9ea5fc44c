//! What two texts have in common that say the same: the marks that tell whether RTF and plain text belong together.
//! PidTagRtfSyncBodyCrc, PidTagRtfSyncBodyCount, PidTagRtfSyncBodyTag, PidTagRtfSyncPrefixCount and
//! PidTagRtfSyncTrailingCount; requirement TXT-02
//!
//! The reference says that only significant characters count and leaves open which they are. Here white space is not
//! significant, nor is what no reader sees and transports add or lose: controls, soft hyphens, joiners of no width, byte
//! order marks.

use crate::compressed::crc::update;

/// The RTF auxiliary properties of a message's text.
///
/// Characters are counted as Unicode scalar values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// PR_RTF_SYNC_BODY_CRC: the CRC-32 of the significant characters in UTF-8, computed as that of compressed RTF is.
    pub crc: i32,
    /// PR_RTF_SYNC_BODY_COUNT: how many significant characters there are.
    pub count: i32,
    /// PR_RTF_SYNC_BODY_TAG: the first significant characters, by which the beginning of the text is found again.
    pub tag: String,
    /// PR_RTF_SYNC_PREFIX_COUNT: ignorable characters before the first significant one, white space not counted.
    pub prefix: i32,
    /// PR_RTF_SYNC_TRAILING_COUNT: ignorable characters after the last significant one.
    pub trailing: i32,
}

/// Characters of [`Marks::tag`].
const TAG_LEN: usize = 32;

impl Marks {
    /// The marks of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut crc = 0;
        let mut utf8 = [0; 4];
        let mut count = 0_usize;
        for c in significant(text) {
            crc = update(crc, c.encode_utf8(&mut utf8).as_bytes());
            count += 1;
        }
        let ignorable = |c: &char| !is_significant(*c);
        let prefix = text.chars().take_while(ignorable);
        Self {
            crc: crc.cast_signed(),
            count: number(count),
            tag: significant(text).take(TAG_LEN).collect(),
            prefix: number(prefix.filter(|c| !c.is_whitespace()).count()),
            trailing: number(text.chars().rev().take_while(ignorable).count()),
        }
    }
}

/// Whether two texts say the same: they differ in white space and in what transports add or lose, if at all.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    significant(a).eq(significant(b))
}

/// The characters of a text that say something.
pub(crate) fn significant(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| is_significant(*c))
}

/// Whether a character says something.
pub(crate) fn is_significant(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_graphic();
    }
    let unseen = matches!(
        c,
        '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}'
    );
    !c.is_whitespace() && !c.is_control() && !unseen
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Marks, same};

    #[test]
    fn white_space_and_noise_say_nothing() {
        assert!(same("Dear Ann,\r\n\r\nyes.", "Dear  Ann,\nyes.\r\n"));
        assert!(same("\u{FEFF}co\u{AD}operate\u{A0}", "cooperate"));
        assert!(!same("Dear Ann", "Dear Anne"));
        assert!(!same("a", "A"));
    }

    #[test]
    fn marks_count_what_they_say() {
        let marks = Marks::of(" \u{1}\u{FEFF}\tDear Ann \r\n\u{1}");
        let expected = ("DearAnn", 7, 2, 4);
        assert_eq!(
            (
                marks.tag.as_str(),
                marks.count,
                marks.prefix,
                marks.trailing
            ),
            expected
        );
        assert_eq!(marks.crc, Marks::of("DearAnn").crc);
        assert_ne!(marks.crc, Marks::of("DearAmn").crc);
        assert_eq!(Marks::of(&"x".repeat(99)).tag.len(), 32);
        assert_eq!(Marks::of(""), Marks::default());
    }
}
