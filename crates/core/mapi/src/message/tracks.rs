//! What is known of the recipients of a message that was sent. Requirement RP-01

use mapi_kit::tracking::{Track, track_of};
use mapi_props::{FileTime, PropValue, recipient_type, tags};
use mapi_spi::Result;

use super::Message;
use crate::prop::Object as _;

/// What is known of one recipient: PR_RECIPIENT_TRACKSTATUS and PR_RECIPIENT_TRACKSTATUS_TIME of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientTrack {
    /// PR_ROWID.
    pub row_id: i32,
    /// PR_RECIPIENT_TYPE: MAPI_TO and its like.
    pub kind: i32,
    /// PR_DISPLAY_NAME.
    pub name: String,
    /// PR_EMAIL_ADDRESS.
    pub address: String,
    /// What reports have told.
    pub track: Track,
    /// Since when.
    pub since: Option<FileTime>,
}

impl Message {
    /// What is known of each recipient, in the order of the recipient table. Reports that arrive in the store of the message
    /// say it, in whatever folder of that store the message is.
    ///
    /// # Errors
    /// `MAPI_E_END_OF_SESSION`.
    pub fn recipient_tracks(&self) -> Result<Vec<RecipientTrack>> {
        let tracks = self.inner.context.spi().map(|_| self.tracks());
        self.errors().track(tracks)
    }

    fn tracks(&self) -> Vec<RecipientTrack> {
        let state = self.inner.state();
        let rows = state.working.recipients().iter();
        rows.map(|row| {
            let kind = row.props.value(tags::RECIPIENT_TYPE);
            let text = |tag| row.props.text(tag).unwrap_or_default().to_owned();
            let (track, since) = track_of(&row.props);
            RecipientTrack {
                row_id: row.row_id,
                kind: kind
                    .and_then(PropValue::as_long)
                    .unwrap_or(recipient_type::TO),
                name: text(tags::DISPLAY_NAME),
                address: text(tags::EMAIL_ADDRESS),
                track,
                since,
            }
        })
        .collect()
    }
}
