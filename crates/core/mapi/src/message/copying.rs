//! CopyTo and CopyProps between messages, of one store or two.
//! Reference: "IMAPIProp::CopyTo", "IMAPIProp::CopyProps", "Copying MAPI Properties"

use std::sync::Arc;

use mapi_kit::export::{ExportFrom, export};
use mapi_kit::import::{ImportTo, convert};
use mapi_props::{Code, PropTag, StoredMessage, tags};
use mapi_spi::{Error, ItemId, Result};

use super::{Message, source};
use crate::prop::Object as PropObject;
use crate::{CopyPropFlags, PropProblem};

/// Which properties are copied.
#[derive(Debug, Clone, Copy)]
enum Which<'a> {
    AllBut(&'a [PropTag]),
    Only(&'a [PropTag]),
}

impl Which<'_> {
    /// Types do not matter.
    fn takes(self, id: u16) -> bool {
        let named = |tags: &[PropTag]| tags.iter().any(|t| t.id() == id);
        match self {
            Self::AllBut(tags) => !named(tags),
            Self::Only(tags) => named(tags),
        }
    }
}

impl Message {
    /// Copies everything but `exclude` to another message: properties, and the recipients and attachments unless
    /// PR_MESSAGE_RECIPIENTS or PR_MESSAGE_ATTACHMENTS is excluded. Names stay, identifiers follow the destination's
    /// store. The destination is not saved. Properties that stores make themselves are among the problems (`index` counts
    /// the source's own properties).
    ///
    /// ```
    /// # fn show(from: &mapi::Message, to: &mapi::Message) -> mapi::Result<()> {
    /// use mapi::{CopyPropFlags, columns, tags};
    ///
    /// let without = columns![tags::MESSAGE_ATTACHMENTS, tags::MESSAGE_RECIPIENTS];
    /// from.copy_to(to, Some(&without), CopyPropFlags::NONE)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` to itself or to a read-only handle; `MAPI_E_INVALID_PARAMETER` for an exclude list without
    /// tags. Nothing changes then.
    pub fn copy_to(
        &self,
        to: &Self,
        exclude: Option<&[PropTag]>,
        flags: CopyPropFlags,
    ) -> Result<Vec<PropProblem>> {
        let copied = match exclude {
            Some([]) => Err(Error::new(
                Code::INVALID_PARAMETER,
                "the list of exclusions is empty",
            )),
            exclude => self.transfer(to, Which::AllBut(exclude.unwrap_or_default()), flags),
        };
        self.inner.errors.track(copied)
    }

    /// Copies these properties, PR_MESSAGE_RECIPIENTS and PR_MESSAGE_ATTACHMENTS among them if asked, to another message.
    ///
    /// # Errors
    /// As [`Self::copy_to`]; `MAPI_E_INVALID_PARAMETER` for an empty list and for PR_NULL in it.
    pub fn copy_props(
        &self,
        to: &Self,
        include: &[PropTag],
        flags: CopyPropFlags,
    ) -> Result<Vec<PropProblem>> {
        let copied = if include.is_empty() || include.contains(&PropTag::NULL) {
            Err(Error::new(
                Code::INVALID_PARAMETER,
                "the list of properties is empty or has PR_NULL",
            ))
        } else {
            self.transfer(to, Which::Only(include), flags)
        };
        self.inner.errors.track(copied)
    }

    fn transfer(
        &self,
        to: &Self,
        which: Which<'_>,
        flags: CopyPropFlags,
    ) -> Result<Vec<PropProblem>> {
        if Arc::ptr_eq(&self.inner, &to.inner) {
            return Err(Error::new(
                Code::NO_ACCESS,
                "a message is not copied onto itself",
            ));
        }
        to.inner.writable()?;
        if flags.contains(CopyPropFlags::MOVE) {
            self.inner.writable()?;
        }
        let (picked, problems) = self.pick(to, which);
        let converted = self.convert_for(to, &picked)?;
        to.take_over(converted, which, flags);
        if flags.contains(CopyPropFlags::MOVE) {
            self.forget(which);
        }
        Ok(problems)
    }

    /// What is copied, and what the destination refuses.
    fn pick(&self, to: &Self, which: Which<'_>) -> (StoredMessage, Vec<PropProblem>) {
        let mut body = self.inner.state().working.current_body();
        let ids: Vec<(u16, PropTag)> = body
            .props
            .iter()
            .map(|(id, slot)| (*id, PropTag::new(*id, slot.ty())))
            .collect();
        let mut problems = Vec::new();
        for (index, (id, tag)) in ids.into_iter().enumerate() {
            let refused = to.refuses(tag, None);
            if let (true, Some(code)) = (which.takes(id), refused) {
                problems.push(PropProblem { index, tag, code });
            }
            if !which.takes(id) || refused.is_some() {
                body.props.remove(&id);
            }
        }
        if !which.takes(tags::MESSAGE_RECIPIENTS.id()) {
            body.recipients.clear();
        }
        if !which.takes(tags::MESSAGE_ATTACHMENTS.id()) {
            body.attachments.clear();
        }
        (body, problems)
    }

    /// Under the destination's identifiers; values lie inline or are staged in its store.
    fn convert_for(&self, to: &Self, body: &StoredMessage) -> Result<StoredMessage> {
        let context = &self.inner.context;
        context.spi()?;
        let opened = &context.opened;
        let from = ExportFrom {
            store: &opened.store,
            names: &opened.names,
            item: self.inner.host_item(),
            staged: &self.inner.held(),
            call: &context.call,
        };
        let tree = export(from, body)?;
        let target = &to.inner.context;
        let import = ImportTo {
            store: target.spi()?,
            names: &target.opened.names,
            support: target.opened.place.support.as_ref(),
            folder: ItemId(0),
            associated: false,
        };
        let (body, staged) = convert(import, tree, &target.call)?;
        to.inner.hold(staged);
        Ok(body)
    }

    fn take_over(&self, body: StoredMessage, which: Which<'_>, flags: CopyPropFlags) {
        let keep = flags.contains(CopyPropFlags::NOREPLACE);
        let mut state = self.inner.state();
        let working = &mut state.working;
        for (id, slot) in body.props {
            if !keep || !working.props.contains(&id) {
                working.props.insert(id, slot);
            }
        }
        let recipients = which.takes(tags::MESSAGE_RECIPIENTS.id());
        if recipients && (!keep || working.recipients().is_empty()) {
            working.replace_recipients(body.recipients);
        }
        let attachments = which.takes(tags::MESSAGE_ATTACHMENTS.id());
        if attachments && (!keep || working.attachments().is_empty()) {
            for attachment in body.attachments {
                let number = working.next_attachment_number();
                working.put_attachment(number, attachment);
            }
        }
    }

    /// MAPI_MOVE: what was copied goes from the source, in its handle.
    fn forget(&self, which: Which<'_>) {
        let mut state = self.inner.state();
        let ids: Vec<u16> = state.working.props.iter().map(|(id, _)| *id).collect();
        let embedded = self.inner.depth() > 0;
        for id in ids.into_iter().filter(|id| which.takes(*id)) {
            if source::refuses(&state.working, embedded, id, None).is_none() {
                state.working.props.remove(&id);
            }
        }
        if which.takes(tags::MESSAGE_RECIPIENTS.id()) {
            state.working.replace_recipients(Vec::new());
        }
        if which.takes(tags::MESSAGE_ATTACHMENTS.id()) {
            let numbers: Vec<i32> = state
                .working
                .attachments()
                .iter()
                .map(|(n, _)| *n)
                .collect();
            for number in numbers {
                // Every one of them is there.
                let _ = state.working.delete_attachment(number);
            }
        }
    }
}
