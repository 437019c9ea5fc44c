//! Where attachments stand in the text. Reference: "Rendering an Attachment in Plain Text", "Adding Rendering Information to
//! Formatted Text" (requirements OUT-05, INC-03, INC-04)
//!
//! PR_RENDERING_POSITION of a message in RTF is a rank: the n-th placeholder is that of the n-th attachment in its order.
//! Once the text of the RTF was read, it is the offset of that placeholder in this text, in UTF-16 units.

use mapi_kit::large::ValueReader;
use mapi_props::{LargeRef, PropValue, StoredAttachment, tags};
use mapi_spi::Result;

use super::bodies::{Bodies, Stored};
use super::{MessageInner, State};

/// Not in the text.
pub(crate) const NOWHERE: i32 = -1;

/// PR_RENDERING_POSITION as it is stored.
pub(crate) fn stored_position(attachment: &StoredAttachment) -> i32 {
    let position = attachment.props.value(tags::RENDERING_POSITION);
    position.and_then(PropValue::as_long).unwrap_or(NOWHERE)
}

impl MessageInner {
    /// Shows the bodies of a message whose state is at hand.
    pub(super) fn with_bodies<T>(
        &self,
        state: &State,
        f: impl FnOnce(&Bodies, &Stored<'_>) -> T,
    ) -> T {
        let open = |large: &LargeRef| -> Result<ValueReader> {
            self.open_value_of(self.host_item_with(state), large)
        };
        let places = || offsets(state);
        let stored = Stored {
            props: &state.working.props,
            open: &open,
            places: &places,
        };
        f(&self.bodies, &stored)
    }

    /// PR_RENDERING_POSITION of the saved attachments by number, where the text says it; `None` where what is stored counts.
    ///
    /// An attachment for which the text has no placeholder left stands nowhere.
    pub(super) fn shown_positions(&self, state: &State) -> Option<Vec<(i32, i32)>> {
        let places = self.bodies.placeholders(&state.working.props)?;
        let saved = state.working.attachments().iter();
        let mut ranked: Vec<(i32, i32)> = saved
            .map(|(number, attachment)| (stored_position(attachment), *number))
            .filter(|(rank, _)| *rank != NOWHERE)
            .collect();
        ranked.sort_unstable();
        let offset = |place: &usize| i32::try_from(*place).unwrap_or(i32::MAX);
        let places = places.iter().map(offset);
        let places = places.chain(std::iter::repeat(NOWHERE));
        Some(ranked.into_iter().map(|(_, n)| n).zip(places).collect())
    }

    /// The shown position of one saved attachment, whose stored one is `stored`; `None` where that counts.
    pub(crate) fn shown_position(&self, number: i32, stored: i32) -> Option<i32> {
        let state = self.state();
        let saved = state.working.attachment(number)?;
        if stored_position(saved) != stored {
            // Set, and not saved into the message yet.
            return None;
        }
        let shown = self.shown_positions(&state)?;
        shown
            .into_iter()
            .find(|(n, _)| *n == number)
            .map(|(_, at)| at)
    }

    /// A position is about to be set where positions are shown as offsets: the others become what they are shown as, so that
    /// they compare.
    pub(crate) fn settle_positions(&self, state: &mut State) {
        for (number, at) in self.shown_positions(state).unwrap_or_default() {
            let Some(saved) = state.working.attachment(number) else {
                continue;
            };
            if stored_position(saved) != at {
                let mut settled = saved.clone();
                settled.props.set(tags::RENDERING_POSITION, at);
                state.working.put_attachment(number, settled);
            }
        }
    }
}

/// Where attachments stand in the stored text, in order.
fn offsets(state: &State) -> Vec<usize> {
    let saved = state.working.attachments().iter();
    let positions = saved.map(|(_, attachment)| stored_position(attachment));
    let mut offsets: Vec<usize> = positions
        .filter_map(|at| usize::try_from(at).ok())
        .collect();
    offsets.sort_unstable();
    offsets
}
