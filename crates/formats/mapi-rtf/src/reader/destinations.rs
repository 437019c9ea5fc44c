//! What the text of a group is, from the word that says it to the end of the group.
//! RTF 1.9.1, "Destination Control Words"

use std::ops::Range;

use super::{Destination, FIELDS, Mark, OPENING, Page, Reader};

impl<P: Page> Reader<'_, P> {
    /// The group becomes `destination`, if it stands where that means something.
    pub(super) fn enter(&mut self, destination: Destination, source: Range<usize>) {
        use Destination as D;
        // The outermost group is the document, whatever is said of it.
        if destination == D::Same || self.groups.depth() < 2 {
            return;
        }
        let here = self.state.destination;
        let text = matches!(here, D::Body | D::ListText | D::Result);
        let into = match destination {
            D::Picture => {
                self.mark(Mark::Picture, source);
                return self.skip_group();
            }
            D::ListText if P::HTML => return self.skip_group(),
            D::ListText | D::Field if text => destination,
            D::Instruction | D::Result if here == D::Field => destination,
            D::Fonts | D::Colours if here == D::Body => destination,
            D::HtmlTag if P::HTML && text => destination,
            D::HtmlTag if text => return self.html(),
            // A result without a field is the text that it is.
            D::Result if text => return,
            D::Upr => destination,
            D::Ud if here == D::Upr => self.state.around,
            _ => return self.skip_group(),
        };
        if !self.groups.keep(&self.state) || self.fields.len() >= FIELDS {
            return self.skip_group();
        }
        match into {
            D::Upr => self.state.around = here,
            D::Field => self.fields.push(String::new()),
            D::Result => self
                .page
                .field(self.fields.last().map_or("", String::as_str)),
            _ => {}
        }
        self.state.destination = into;
    }

    /// Passes over a piece of HTML of which the page only learns.
    fn html(&mut self) {
        let (rest, start) = (self.tokens.rest(), self.tokens.place());
        self.tokens.skip_group();
        let len = self.tokens.place() - start;
        self.page.html(rest.get(..len).unwrap_or_default());
        self.close(0..0);
    }

    /// The group that was `destination` has ended.
    fn leave(&mut self, destination: Destination, source: Range<usize>) {
        match destination {
            Destination::Field => {
                self.fields.pop();
            }
            Destination::Result => self.page.field_end(source, &self.state),
            Destination::Fonts => {
                let font = self.header.default_font;
                self.change().look.font = font;
                self.state.code_page = self.header.code_page(&self.state);
            }
            _ => {}
        }
    }

    pub(super) fn close(&mut self, source: Range<usize>) {
        // A brace too many does not end a document that goes on to another one.
        if self.groups.depth() == 1
            && source.end <= self.last_brace
            && !self.tokens.rest().trim_ascii_start().starts_with(OPENING)
        {
            return;
        }
        let ended = self.state.destination;
        if let Some(before) = self.groups.close() {
            self.state = before;
            if self.state.destination != ended {
                self.leave(ended, source);
            }
        }
    }

    /// Passes over the rest of the group, whose end is told of as any other.
    pub(super) fn skip_group(&mut self) {
        if self.groups.depth() < 2 {
            return;
        }
        self.tokens.skip_group();
        self.close(0..0);
    }
}
