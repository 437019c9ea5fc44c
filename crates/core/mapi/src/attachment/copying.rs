//! CopyTo and CopyProps between attachments, of one message or two, of one store or two.
//! Reference: "IMAPIProp::CopyTo", "IMAPIProp::CopyProps"

use std::sync::Arc;

use mapi_kit::reference;
use mapi_props::{Bag, Code, PropTag, StoredAttachment, StoredMessage, tags};
use mapi_spi::{Error, Result};

use super::Attachment;
use crate::prop::{Interface, Object as PropObject, Which, convert_props};
use crate::{CopyPropFlags, PropProblem};

/// PR_ATTACH_DATA_BIN and PR_ATTACH_DATA_OBJ.
const DATA: u16 = tags::ATTACH_DATA_BIN.id();

impl Attachment {
    /// Copies everything but `exclude` to another attachment: properties, and its data or the message embedded in it
    /// unless PR_ATTACH_DATA_OBJ is excluded. Names stay, identifiers follow the destination's store. The destination is
    /// not saved. Properties that stores make themselves are among the problems (`index` counts the source's own
    /// properties).
    ///
    /// ```
    /// # fn show(file: &mapi::Attachment, forward: &mapi::Message) -> mapi::Result<()> {
    /// use mapi::{CopyPropFlags, MapiProp, SaveFlags};
    ///
    /// let copy = forward.create_attachment()?;
    /// file.copy_to(&copy, None, CopyPropFlags::NONE)?;
    /// copy.save_changes(SaveFlags::NONE)?;
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
        self.copy_to_without(to, exclude, &[], flags)
    }

    /// The same without some interfaces: excluding IID_IAttachment leaves the properties, data in bytes among them.
    ///
    /// # Errors
    /// As [`Self::copy_to`]; `MAPI_E_INTERFACE_NOT_SUPPORTED` without IID_IMAPIProp.
    pub fn copy_to_without(
        &self,
        to: &Self,
        exclude: Option<&[PropTag]>,
        interfaces: &[Interface],
        flags: CopyPropFlags,
    ) -> Result<Vec<PropProblem>> {
        let which = Which::all_but(exclude, Interface::Attachment, interfaces);
        let copied = which.and_then(|which| self.transfer(to, which, flags));
        self.inner.errors.track(copied)
    }

    /// Copies these properties, the embedded message among them if PR_ATTACH_DATA_OBJ is asked for.
    ///
    /// # Errors
    /// As [`Self::copy_to`]; `MAPI_E_INVALID_PARAMETER` for an empty list and for PR_NULL in it.
    pub fn copy_props(
        &self,
        to: &Self,
        include: &[PropTag],
        flags: CopyPropFlags,
    ) -> Result<Vec<PropProblem>> {
        let which = Which::only(include);
        let copied = which.and_then(|which| self.transfer(to, which, flags));
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
                "an attachment is not copied onto itself",
            ));
        }
        let moves = flags.contains(CopyPropFlags::MOVE);
        if !to.is_writable() || (moves && !self.is_writable()) {
            return Err(Error::new(
                Code::NO_ACCESS,
                "the attachment is open read-only",
            ));
        }
        let (picked, problems) = self.pick(to, which);
        let ids: Vec<u16> = picked.props.iter().map(|(id, _)| *id).collect();
        let converted = self.convert_for(to, picked)?;
        to.take_over(converted, &ids, flags);
        if moves {
            self.forget(which, &ids);
        }
        Ok(problems)
    }

    /// What is copied, and what the destination refuses.
    fn pick(&self, to: &Self, which: Which<'_>) -> (StoredAttachment, Vec<PropProblem>) {
        let mut copy = self.inner.state().working.copy.clone();
        reference::forget(&mut copy.props);
        let ids: Vec<(u16, PropTag)> = copy
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
                copy.props.remove(&id);
            }
        }
        if !which.takes_object(DATA) {
            copy.embedded = None;
        }
        (copy, problems)
    }

    /// Under the destination's identifiers.
    fn convert_for(&self, to: &Self, picked: StoredAttachment) -> Result<StoredAttachment> {
        let message = self.inner.message();
        let held = message.held();
        let from = (self.context(), message.host_item(), held.as_slice());
        let body = StoredMessage {
            props: Bag::new(),
            recipients: Vec::new(),
            attachments: vec![picked],
        };
        let (mut body, staged) = convert_props(from, to.context(), &body)?;
        to.inner.message().hold(staged);
        Ok(body.attachments.pop().unwrap_or_default())
    }

    /// Takes over what came, but for what attachments get by themselves (`ids`: what was copied).
    fn take_over(&self, from: StoredAttachment, ids: &[u16], flags: CopyPropFlags) {
        let keep = flags.contains(CopyPropFlags::NOREPLACE);
        let mut state = self.inner.state();
        let copy = &mut state.working.copy;
        let has_data = copy.embedded.is_some() || copy.props.contains(&DATA);
        for (id, slot) in from.props {
            // Names may have other identifiers here; none of them is made up.
            let came = id >= 0x8000 || ids.contains(&id);
            let stays = if id == DATA {
                has_data
            } else {
                copy.props.contains(&id)
            };
            if !came || (keep && stays) {
                continue;
            }
            if id == DATA {
                copy.embedded = None;
            }
            copy.props.insert(id, slot);
        }
        if let Some(message) = from.embedded
            && !(keep && has_data)
        {
            copy.props.remove(&DATA);
            copy.embedded = Some(message);
        }
    }

    /// MAPI_MOVE: what was copied goes from the source, in its handle.
    fn forget(&self, which: Which<'_>, ids: &[u16]) {
        let mut state = self.inner.state();
        let copy = &mut state.working.copy;
        for id in ids {
            copy.props.remove(id);
        }
        if which.takes_object(DATA) {
            copy.embedded = None;
        }
    }
}
