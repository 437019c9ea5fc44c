//! Reports of a store about its own messages: to the sender's Inbox, or to whom the sender wanted them sent instead.
//! Reference: "IMAPISupport::StatusRecips", "Centralizing the Receipt of NDRs" (requirements RP-01, MSG-04, AD-07)

use mapi_kit::report::{Delivery, OwnReport, Reporter, own_reports};
use mapi_props::{MessageTree, Tag, TreeProps, tags};
use mapi_spi::Result;

use super::Spool;
use crate::placing::{Placed, addressed_to};

/// The name that reports of this house come under.
const REPORTER: &str = "System Administrator";

impl Spool {
    /// The reports that are due now that this became of these recipients of a message, by their places in the recipient table:
    /// at most one nondelivery and one delivery report. None about a report, and none that its sender does not want.
    ///
    /// `original` is the message in the queue. What a nondelivery report brings of it is what was submitted.
    #[must_use]
    pub fn reports(
        &self,
        original: &MessageTree,
        outcomes: &[(usize, Delivery)],
    ) -> Vec<OwnReport> {
        let of = |(place, outcome): &(usize, Delivery)| {
            let row = original.recipients.get(*place)?;
            Some((row.clone(), outcome.clone()))
        };
        let outcomes: Vec<_> = outcomes.iter().filter_map(of).collect();
        if outcomes.is_empty() {
            return Vec::new();
        }
        let mut reports = own_reports(original, &outcomes, &self.reporter(original), self.now());
        for report in &mut reports {
            let to_me = report.redirected.as_ref().is_some_and(|to| self.is_me(to));
            if to_me {
                report.redirected = None;
            }
        }
        reports
    }

    /// Reports as messages in their places. A redirected one is sent to whom it is for, and is not kept.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) fn placed(&self, reports: Vec<OwnReport>) -> Result<Vec<Placed>> {
        let store = self.store()?;
        let place = |report: OwnReport| {
            let OwnReport {
                redirected,
                mut message,
            } = report;
            if let Some(to) = redirected {
                addressed_to(&mut message, to);
                return Ok(Placed::Submitted(message));
            }
            store.arriving(message)
        };
        reports.into_iter().map(place).collect()
    }

    /// Who signs reports: nobody who reads mail, at the domain that the message is from.
    fn reporter(&self, original: &MessageTree) -> Reporter {
        let me = self.context.opened.place.identity.as_ref();
        let text = |tag: Tag<str>| original.props.text(tag);
        let domain = [
            text(tags::SENT_REPRESENTING_EMAIL_ADDRESS),
            text(tags::SENDER_EMAIL_ADDRESS),
            me.map(|me| me.address.as_str()),
        ]
        .into_iter()
        .flatten()
        .find_map(|address| Some(address.rsplit_once('@')?.1));
        Reporter {
            name: REPORTER.to_owned(),
            address: format!("postmaster@{}", domain.unwrap_or("localhost")),
            language: self.language,
        }
    }

    fn is_me(&self, to: &TreeProps) -> bool {
        let me = self.context.opened.place.identity.as_ref();
        me.is_some_and(|me| {
            let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
            let text = |tag: Tag<str>| to.text(tag).unwrap_or_default();
            same(text(tags::ADDRTYPE), &me.address_type)
                && same(text(tags::EMAIL_ADDRESS), &me.address)
        })
    }
}
