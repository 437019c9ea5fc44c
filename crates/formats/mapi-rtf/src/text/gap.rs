//! Line ends that only the HTML has which the RTF carries: some writers leave them out of the RTF, and words would be glued.
//! [MS-OXRTFEX] 2.1.3.1

use crate::write::{Meaning, meaning};

/// What stands between two words.
#[derive(Debug, Default)]
pub(super) struct Gap {
    /// What the tags mean that stand there.
    html: Option<&'static str>,
    /// The RTF parts the words too, as Outlook's always does.
    parted: bool,
}

/// The longest name of a tag that means something.
const NAME: usize = 10;

impl Gap {
    /// A piece of HTML stands here.
    pub(super) fn html(&mut self, rtf: &[u8]) {
        for tag in rtf.split(|byte| *byte == b'<').skip(1) {
            let tag = tag.strip_prefix(b"/").unwrap_or(tag);
            let len = tag.iter().take_while(|byte| byte.is_ascii_alphanumeric());
            let name = tag.get(..len.take(NAME + 1).count()).unwrap_or_default();
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            match meaning(&name) {
                Meaning::Style(_) | Meaning::Link | Meaning::Plain => {}
                Meaning::Cell { .. } => self.html = self.html.or(Some("\t")),
                _ => self.html = Some("\r\n"),
            }
        }
    }

    /// The RTF ends a line or cell here.
    pub(super) const fn mark(&mut self) {
        self.parted = true;
    }

    /// The next word begins; what is missing before it.
    pub(super) fn end(&mut self) -> Option<&'static str> {
        let gap = std::mem::take(self);
        gap.html.filter(|_| !gap.parted)
    }
}
