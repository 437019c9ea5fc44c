//! HTML that RTF carries, taken out of it.
//! [MS-OXRTFEX] 2.1.3, 2.2.3.2

use std::ops::Range;

use super::charset::declare_utf8;
use crate::reader::{Header, Mark, Page, Run, State, read};

/// The HTML in `rtf`.
pub(super) fn html(rtf: &[u8]) -> String {
    let mut page = CarriedPage {
        html: String::with_capacity(rtf.len() / 2),
    };
    read(rtf, &mut page);
    declare_utf8(page.html)
}

/// Text between the pieces is HTML as much as they are: its writers put references in it.
struct CarriedPage {
    html: String,
}

impl Page for CarriedPage {
    const HTML: bool = true;

    fn text(&mut self, run: Run<'_>, state: &State, _: &Header) {
        if !state.html_rtf {
            self.html.push_str(run.text);
        }
    }

    fn mark(&mut self, mark: Mark, _: Range<usize>, state: &State) {
        if state.html_rtf {
            return;
        }
        match mark {
            Mark::Paragraph | Mark::Line => self.html.push_str("\r\n"),
            Mark::Tab => self.html.push('\t'),
            Mark::FixedBlank => self.html.push_str("&nbsp;"),
            Mark::FixedHyphen | Mark::SoftHyphen => self.html.push_str("&shy;"),
            // Tables and objects stand in the HTML itself.
            _ => {}
        }
    }
}
