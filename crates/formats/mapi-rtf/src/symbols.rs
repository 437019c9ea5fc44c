//! Fonts whose bytes are pictures: the characters of Unicode that look the same.
//! Adobe's mapping of Symbol; Unicode 7.0's of Wingdings

/// A font of symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Symbols {
    /// Symbol: Greek and mathematics.
    Symbol,
    /// Wingdings.
    Wingdings,
    /// One of which nothing is known here.
    Other,
}

impl Symbols {
    /// The font called `name`, whose charset is that of symbols.
    pub(crate) fn called(name: &str) -> Self {
        match name.trim() {
            name if name.eq_ignore_ascii_case("Symbol") => Self::Symbol,
            name if name.eq_ignore_ascii_case("Wingdings") => Self::Wingdings,
            _ => Self::Other,
        }
    }

    /// What `byte` looks like, if that is known and not what it looks like elsewhere.
    pub(crate) fn char(self, byte: u8) -> Option<char> {
        match self {
            Self::Symbol => symbol(byte),
            Self::Wingdings => wingdings(byte),
            Self::Other => None,
        }
    }
}

const LOWER: &str = " !∀#∃%&∋()∗+,−./0123456789:;<=>?\
≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_\
‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼";

const UPPER: &str = "ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵\
ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓\
◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪\u{fffd}〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭";

fn symbol(byte: u8) -> Option<char> {
    match byte {
        0x20..=0x7E => LOWER.chars().nth(usize::from(byte - 0x20)),
        // Word's bullet, as Windows has it in all its fonts.
        0x95 => Some('•'),
        // The euro there is late; what Word writes is the blank behind a bullet.
        0xA0 => Some('\u{A0}'),
        0xA1..=0xFE => UPPER.chars().nth(usize::from(byte - 0xA1)),
        _ => None,
    }
}

/// Those that people write and bullets are made of.
fn wingdings(byte: u8) -> Option<char> {
    Some(match byte {
        0x22 => '✂',
        0x28 => '☎',
        0x29 => '✆',
        0x2A => '🖂',
        0x36 => '⌛',
        0x37 => '⌨',
        0x41 => '✌',
        0x43 => '👍',
        0x44 => '👎',
        0x45 => '☜',
        0x46 => '☞',
        0x4A => '☺',
        0x4B => '😐',
        0x4C => '☹',
        0x6C => '●',
        0x6D => '❍',
        0x6E => '■',
        0x6F => '□',
        0x71 => '❑',
        0x72 => '❒',
        0x73 => '⬧',
        0x74 => '⧫',
        0x75 => '◆',
        0x76 => '❖',
        0x77 => '⬥',
        0x9E => '·',
        0x9F => '•',
        0xA1 => '○',
        0xA7 => '▪',
        0xA8 => '◻',
        0xAB => '★',
        0xD8 => '➢',
        0xDF => '←',
        0xE0 => '→',
        0xE1 => '↑',
        0xE2 => '↓',
        0xE7 => '🡄',
        0xE8 => '➔',
        0xF0 => '⇨',
        0xFB => '✗',
        0xFC => '✓',
        0xFD => '☒',
        0xFE => '☑',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_symbol_has_its_place() {
        assert_eq!((LOWER.chars().count(), UPPER.chars().count()), (95, 94));
        let check = |byte, expect| assert_eq!(Symbols::Symbol.char(byte), expect, "{byte:#x}");
        check(b'a', Some('α'));
        check(b'W', Some('Ω'));
        check(b'~', Some('∼'));
        check(0xA0, Some('\u{A0}'));
        check(0xB7, Some('•'));
        check(0xE5, Some('∑'));
        check(0xF2, Some('∫'));
        check(0xFE, Some('⎭'));
        check(0x80, None);
        assert_eq!(Symbols::called(" wingdings").char(b'J'), Some('☺'));
    }
}
