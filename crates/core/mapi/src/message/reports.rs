//! Reports about a message, out of what became of it for its recipients.
//! Reference: "IMAPISupport::StatusRecips" (requirements RP-01, MSG-04)

use mapi_kit::report::{Delivery, Reporter, StatusReport, status_reports};
use mapi_props::Code;
use mapi_spi::{Error, Result};

use super::Message;

impl Message {
    /// The delivery and nondelivery reports that are due for what became of these recipients, by PR_ROWID: at most one of
    /// each. They are made, not sent: whoever sends the message delivers them to [`StatusReport::to`].
    ///
    /// A failure is reported unless PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED is FALSE, a delivery if
    /// PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED is TRUE, and nothing about a message that is itself a report. The message is
    /// attached to a nondelivery report as it was last saved; one in the outgoing queue is as it was submitted.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for a row that the message does not have, or a message that was never saved.
    pub fn status_reports(
        &self,
        outcomes: &[(i32, Delivery)],
        reporter: &Reporter,
    ) -> Result<Vec<StatusReport>> {
        let reports = self.reports(outcomes, reporter);
        self.inner.errors.track(reports)
    }

    fn reports(
        &self,
        outcomes: &[(i32, Delivery)],
        reporter: &Reporter,
    ) -> Result<Vec<StatusReport>> {
        let original = self.to_tree()?;
        let state = self.inner.state();
        let rows = state.working.recipients();
        let of = |(row_id, outcome): &(i32, Delivery)| {
            let place = rows.iter().position(|row| row.row_id == *row_id);
            let row = place.and_then(|n| original.recipients.get(n));
            let row = row.ok_or_else(|| {
                let detail = format!("no recipient has PR_ROWID {row_id}");
                Error::new(Code::NOT_FOUND, detail)
            })?;
            Ok((row.clone(), outcome.clone()))
        };
        let outcomes = outcomes.iter().map(of).collect::<Result<Vec<_>>>()?;
        let now = self.inner.context.now();
        Ok(status_reports(&original, &outcomes, reporter, now))
    }
}
