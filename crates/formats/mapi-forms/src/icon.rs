//! Icons of forms: the bytes of an `.ico` file, kept as given.
//! Reference: "PidTagIcon", "PidTagMiniIcon" (requirement FM-08)

use std::fmt;

/// Most images that an icon holds.
const MOST_IMAGES: u16 = 64;
/// Bytes of an entry in the directory of images.
const ENTRY: usize = 16;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// biSize of a BITMAPINFOHEADER, and its size.
const BITMAP: &[u8] = &40_u32.to_le_bytes();

/// An icon that was looked at: it has images, and they lie in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Icon(Vec<u8>);

/// Why bytes are no icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IconError {
    /// Over 256 KiB.
    #[error("an icon has at most 262144 bytes, this one {0}")]
    TooLarge(usize),
    /// It does not begin as an `.ico` file does.
    #[error("that is no .ico file")]
    NoIcon,
    /// The directory names no image, or more than 64.
    #[error("the icon names {0} images, not 1 to 64")]
    Images(u16),
    /// An image lies outside the file, or is neither a bitmap nor PNG.
    #[error("image {0} of the icon is damaged")]
    BadImage(u16),
}

impl Icon {
    /// Most bytes of an icon.
    pub const LARGEST: usize = 256 << 10;

    /// Checks the directory of an `.ico` file and the beginning of each image.
    ///
    /// # Errors
    /// [`IconError`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, IconError> {
        if bytes.len() > Self::LARGEST {
            return Err(IconError::TooLarge(bytes.len()));
        }
        let (kind, count) = match bytes.get(..6) {
            Some(&[0, 0, a, b, c, d]) => (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])),
            _ => return Err(IconError::NoIcon),
        };
        if kind != 1 {
            return Err(IconError::NoIcon);
        }
        if !(1..=MOST_IMAGES).contains(&count) {
            return Err(IconError::Images(count));
        }
        for index in 0..count {
            image(&bytes, count, index).ok_or(IconError::BadImage(index))?;
        }
        Ok(Self(bytes))
    }

    /// An icon made here.
    pub(crate) const fn drawn(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes of the `.ico` file.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Width and height of each image, in pixels.
    pub fn sizes(&self) -> impl Iterator<Item = (u16, u16)> + '_ {
        let entries = self.0.get(6..).unwrap_or_default();
        let count = self.0.get(4..6).map_or(0, |c| usize::from(word(c)));
        // 0 stands for 256.
        let side = |n: Option<&u8>| n.map_or(0, |n| if *n == 0 { 256 } else { u16::from(*n) });
        let size = move |e: &[u8]| (side(e.first()), side(e.get(1)));
        entries.chunks_exact(ENTRY).take(count).map(size)
    }
}

impl fmt::Debug for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Icon({} bytes)", self.0.len())
    }
}

/// The image that an entry of the directory names, if it is one.
fn image(bytes: &[u8], count: u16, index: u16) -> Option<&[u8]> {
    let entry = bytes.get(6 + ENTRY * usize::from(index)..)?.get(..ENTRY)?;
    let size = usize::try_from(long(entry.get(8..12)?)).ok()?;
    let offset = usize::try_from(long(entry.get(12..16)?)).ok()?;
    if offset < 6 + ENTRY * usize::from(count) {
        return None;
    }
    let image = bytes.get(offset..offset.checked_add(size)?)?;
    let known = image.starts_with(PNG) || (image.starts_with(BITMAP) && image.len() > 40);
    known.then_some(image)
}

fn word(bytes: &[u8]) -> u16 {
    bytes.iter().rev().fold(0, |n, b| n << 8 | u16::from(*b))
}

fn long(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |n, b| n << 8 | u32::from(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rubbish_is_refused_and_says_why() {
        let good = crate::standard::forms()[0]
            .icon()
            .unwrap()
            .as_bytes()
            .to_vec();
        let check = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = good.clone();
            change(&mut bytes);
            Icon::new(bytes).map(drop)
        };
        assert_eq!(check(&|_| {}), Ok(()));
        assert_eq!(check(&|b| b.truncate(5)), Err(IconError::NoIcon));
        assert_eq!(check(&|b| b[2] = 2), Err(IconError::NoIcon), "a cursor");
        assert_eq!(check(&|b| b[4] = 0), Err(IconError::Images(0)));
        assert_eq!(check(&|b| b[5] = 1), Err(IconError::Images(257)));
        assert_eq!(check(&|b| b.truncate(100)), Err(IconError::BadImage(0)));
        assert_eq!(
            check(&|b| b[18] = 21),
            Err(IconError::BadImage(0)),
            "in the directory"
        );
        assert_eq!(
            check(&|b| b[22] = 0),
            Err(IconError::BadImage(0)),
            "no bitmap"
        );
        assert_eq!(
            check(&|b| b.resize(Icon::LARGEST + 1, 0)),
            Err(IconError::TooLarge(Icon::LARGEST + 1))
        );
    }
}
