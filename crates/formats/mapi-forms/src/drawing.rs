//! The icons of the default set, drawn as text and made into `.ico` files.

use crate::Icon;

/// Pixels of a drawing's side.
const SIDE: usize = 16;
/// Pixels of an icon's side.
const ICON: usize = 32;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Drawing {
    Envelope,
    Lock,
    Report,
    Page,
    Person,
    People,
    Calendar,
    Task,
    Note,
    Book,
}

/// 32 × 32 pixels: each of the drawing is four.
pub(crate) fn large(drawing: Drawing) -> Icon {
    icon(|row, column| pixel(drawing, row / 2, column / 2))
}

/// 32 × 32 pixels: the drawing in the upper left quarter, nothing in the others.
pub(crate) fn mini(drawing: Drawing) -> Icon {
    icon(|row, column| pixel(drawing, row, column))
}

/// One image of 32 bits a pixel, from the lowest row up, and a mask of nothing after it (its own alpha counts).
fn icon(pixel: impl Fn(usize, usize) -> [u8; 4]) -> Icon {
    const MASK: usize = ICON * ICON / 8;
    const IMAGE: usize = 40 + ICON * ICON * 4 + MASK;
    let [a, b, c, d] = word_bytes(IMAGE);
    let mut bytes = vec![0, 0, 1, 0, 1, 0];
    bytes.extend([32, 32, 0, 0, 1, 0, 32, 0, a, b, c, d, 22, 0, 0, 0]);
    // BITMAPINFOHEADER: its height counts the mask too.
    for field in [40, ICON, 2 * ICON, 1 | 32 << 16, 0, IMAGE - 40, 0, 0, 0, 0] {
        bytes.extend(word_bytes(field));
    }
    for row in (0..ICON).rev() {
        bytes.extend((0..ICON).flat_map(|column| pixel(row, column)));
    }
    bytes.extend([0; MASK]);
    Icon::drawn(bytes)
}

fn word_bytes(n: usize) -> [u8; 4] {
    u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes()
}

/// Blue, green, red and how opaque.
fn pixel(drawing: Drawing, row: usize, column: usize) -> [u8; 4] {
    let rows = rows(drawing);
    let drawn = rows.get(row).and_then(|r| r.as_bytes().get(column));
    match drawn {
        Some(b'#') => [0x52, 0x42, 0x3B, 0xFF],
        Some(b'w') => [0xFF, 0xFF, 0xFF, 0xFF],
        Some(b'b') => [0xD9, 0x90, 0x4A, 0xFF],
        Some(b'y') => [0x4D, 0xD8, 0xF6, 0xFF],
        Some(b'r') => [0x28, 0x1C, 0xC0, 0xFF],
        Some(b'g') => [0x57, 0xA0, 0x2E, 0xFF],
        _ => [0; 4],
    }
}

const fn rows(drawing: Drawing) -> &'static [&'static str; SIDE] {
    match drawing {
        Drawing::Envelope => &ENVELOPE,
        Drawing::Lock => &LOCK,
        Drawing::Report => &REPORT,
        Drawing::Page => &PAGE,
        Drawing::Person => &PERSON,
        Drawing::People => &PEOPLE,
        Drawing::Calendar => &CALENDAR,
        Drawing::Task => &TASK,
        Drawing::Note => &NOTE,
        Drawing::Book => &BOOK,
    }
}

const ENVELOPE: [&str; SIDE] = [
    "................",
    "................",
    "................",
    "################",
    "##wwwwwwwwwwww##",
    "#w#wwwwwwwwww#w#",
    "#ww#wwwwwwww#ww#",
    "#www#wwwwww#www#",
    "#wwww#wwww#wwww#",
    "#www#w#ww#w#www#",
    "#ww#www##www#ww#",
    "#w#wwwwwwwwww#w#",
    "################",
    "................",
    "................",
    "................",
];

const LOCK: [&str; SIDE] = [
    "................",
    "................",
    "################",
    "##wwwwwwwwwwww##",
    "#w#wwwwwwwwww#w#",
    "#ww#wwwwwwww#ww#",
    "#www#wwwwww#www#",
    "#wwww#ww######w#",
    "#www#w##wwwwww##",
    "#ww#www#w.##.w##",
    "#w#wwww###yy####",
    "########yyyyyy##",
    ".......#yy##yy#.",
    ".......#yy##yy#.",
    ".......#yyyyyy#.",
    ".......########.",
];

const REPORT: [&str; SIDE] = [
    "................",
    "################",
    "##wwwwwwwwwwww##",
    "#w#wwwwwwwwww#w#",
    "#ww#wwwwwwww#ww#",
    "#www#wwwwww#www#",
    "#wwww#wwww#wwww#",
    "#www#w#ww#rrrrr#",
    "#ww#www##rrwwwrr",
    "#w#wwwwwwrrwwwrr",
    "#########rrwwwrr",
    ".........rrwwwrr",
    ".........rrrwrrr",
    ".........rrrrrrr",
    ".........rrrwrrr",
    "..........rrrrr.",
];

const PAGE: [&str; SIDE] = [
    "..##########....",
    "..#wwwwwwww##...",
    "..#wwwwwwww#w#..",
    "..#wwwwwwww####.",
    "..#wwwwwwwwwww#.",
    "..#wbbbbbbbbbw#.",
    "..#wwwwwwwwwww#.",
    "..#wbbbbbbbbbw#.",
    "..#wwwwwwwwwww#.",
    "..#wbbbbbbbbbw#.",
    "..#wwwwwwwwwww#.",
    "..#wbbbbbbwwww#.",
    "..#wwwwwwwwwww#.",
    "..#wwwwwwwwwww#.",
    "..#############.",
    "................",
];

const PERSON: [&str; SIDE] = [
    "................",
    "......####......",
    ".....#wwww#.....",
    "....#wwwwww#....",
    "....#wwwwww#....",
    "....#wwwwww#....",
    ".....#wwww#.....",
    "......####......",
    "....########....",
    "...#bbbbbbbb#...",
    "..#bbbbbbbbbb#..",
    "..#bbbbbbbbbb#..",
    "..#bbbbbbbbbb#..",
    "..#bbbbbbbbbb#..",
    "..############..",
    "................",
];

const PEOPLE: [&str; SIDE] = [
    "................",
    "...###....###...",
    "..#www#..#www#..",
    "..#www#..#www#..",
    "..#www#..#www#..",
    "...###....###...",
    ".#####....#####.",
    "#ggggg####ggggg#",
    "#gggg#wwww#gggg#",
    "#gggg#wwww#gggg#",
    "#######ww#######",
    "....########....",
    "...#bbbbbbbb#...",
    "...#bbbbbbbb#...",
    "...##########...",
    "................",
];

const CALENDAR: [&str; SIDE] = [
    "...##......##...",
    "################",
    "#bbbbbbbbbbbbbb#",
    "#bbbbbbbbbbbbbb#",
    "################",
    "#wwwwwwwwwwwwww#",
    "#w##w##w##w##ww#",
    "#w##w##w##w##ww#",
    "#wwwwwwwwwwwwww#",
    "#w##w##wrrw##ww#",
    "#w##w##wrrw##ww#",
    "#wwwwwwwwwwwwww#",
    "#w##w##w##wwwww#",
    "#w##w##w##wwwww#",
    "#wwwwwwwwwwwwww#",
    "################",
];

const TASK: [&str; SIDE] = [
    "......####......",
    "..####yyyy####..",
    "..#ww######ww#..",
    "..#wwwwwwwwww#..",
    "..#wwwwwwwwgg#..",
    "..#wwwwwwwggw#..",
    "..#wggwwwggww#..",
    "..#wwggwggwww#..",
    "..#wwwgggwwww#..",
    "..#wwwwgwwwww#..",
    "..#wwwwwwwwww#..",
    "..#wbbbbbbbbw#..",
    "..#wwwwwwwwww#..",
    "..#wbbbbbbwww#..",
    "..#wwwwwwwwww#..",
    "..############..",
];

const NOTE: [&str; SIDE] = [
    "................",
    ".##############.",
    ".#yyyyyyyyyyyy#.",
    ".#yyyyyyyyyyyy#.",
    ".#y##########y#.",
    ".#yyyyyyyyyyyy#.",
    ".#y##########y#.",
    ".#yyyyyyyyyyyy#.",
    ".#y#######yyyy#.",
    ".#yyyyyyyyyyyy#.",
    ".#yyyyyyyy#####.",
    ".#yyyyyyyy#ww#..",
    ".#yyyyyyyy#w#...",
    ".#yyyyyyyy##....",
    ".##########.....",
    "................",
];

const BOOK: [&str; SIDE] = [
    "................",
    "..############..",
    ".#bbbbbbbbbbb##.",
    ".#bbbbbbbbbbb##.",
    ".#bbwwwwwwwbb##.",
    ".#bbw#####wbb##.",
    ".#bbwwwwwwwbb##.",
    ".#bbw###wwwbb##.",
    ".#bbwwwwwwwbb##.",
    ".#bbbbbbbbbbb##.",
    ".#bbbbbbbbbbb##.",
    ".#bbbbbbbbbbb##.",
    ".##############.",
    ".#wwwwwwwwwwww#.",
    "..#############.",
    "................",
];

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Drawing; 10] = [
        Drawing::Envelope,
        Drawing::Lock,
        Drawing::Report,
        Drawing::Page,
        Drawing::Person,
        Drawing::People,
        Drawing::Calendar,
        Drawing::Task,
        Drawing::Note,
        Drawing::Book,
    ];

    #[test]
    fn every_drawing_is_an_icon_of_32_pixels() {
        for drawing in ALL {
            for row in rows(drawing) {
                assert_eq!(row.len(), SIDE, "{drawing:?}: {row}");
            }
            for icon in [large(drawing), mini(drawing)] {
                let icon = Icon::new(icon.as_bytes().to_vec()).unwrap();
                assert_eq!(icon.sizes().collect::<Vec<_>>(), [(32, 32)]);
            }
        }
    }

    #[test]
    fn a_mini_icon_leaves_three_quarters_empty() {
        let icon = mini(Drawing::Envelope);
        let row = |n: usize| &icon.as_bytes()[22 + 40 + (ICON - 1 - n) * ICON * 4..][..ICON * 4];
        assert_eq!(row(3)[..4], [0x52, 0x42, 0x3B, 0xFF], "the outline");
        assert!(row(3)[SIDE * 4..].iter().all(|b| *b == 0));
        assert!((SIDE..ICON).all(|n| row(n).iter().all(|b| *b == 0)));
    }
}
