//! CopyTo and CopyProps between messages, of one store or two.
//! Reference: "IMAPIProp::CopyTo", "IMAPIProp::CopyProps", "Copying MAPI Properties"

use std::sync::Arc;

use mapi_props::{Bag, Code, PropTag, PropValue, StoredMessage, tags};
use mapi_spi::{Error, Result};

use super::bodies::{BODY, HTML, NATIVE, RTF, form_of};
use super::settling::forget_sync;
use super::{Message, State, source};
use crate::prop::{Interface, Object as PropObject, Which, convert_props};
use crate::{CopyPropFlags, PropProblem};

/// Bodies of a message, the one first that every reader can show.
const BODIES: [PropTag; 3] = [
    tags::BODY.raw(),
    tags::HTML.raw(),
    tags::RTF_COMPRESSED.raw(),
];

impl Message {
    /// Copies everything but `exclude` to another message: properties, and the recipients and attachments unless
    /// PR_MESSAGE_RECIPIENTS or PR_MESSAGE_ATTACHMENTS is excluded. A body that is made from another one goes along where that
    /// is excluded, and PR_BODY wherever the text would else be damaged RTF alone. They take the place of the destination's; with NOREPLACE
    /// its properties stay, and recipients and attachments come in addition. Names stay, identifiers follow the
    /// destination's store. The destination is not saved. Properties that stores make themselves are among the problems
    /// (`index` counts the source's own properties).
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
        self.copy_to_without(to, exclude, &[], flags)
    }

    /// The same without some interfaces: excluding IID_IMessage leaves the properties.
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
        let which = Which::all_but(exclude, Interface::Message, interfaces);
        let copied = which.and_then(|which| self.transfer(to, which, flags));
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
                "a message is not copied onto itself",
            ));
        }
        to.inner.writable()?;
        if flags.contains(CopyPropFlags::MOVE) {
            self.inner.writable()?;
        }
        let (mut picked, problems) = self.pick(to, which);
        self.pick_bodies(&mut picked.props, which)?;
        let held = self.inner.held();
        let from = (&self.inner.context, self.inner.host_item(), held.as_slice());
        let (converted, staged) = convert_props(from, &to.inner.context, &picked)?;
        to.inner.hold(staged);
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
        if !which.takes_object(tags::MESSAGE_RECIPIENTS.id()) {
            body.recipients.clear();
        }
        if !which.takes_object(tags::MESSAGE_ATTACHMENTS.id()) {
            body.attachments.clear();
        }
        (body, problems)
    }

    /// Bodies that the destination could not make: the text of what is not copied, or of RTF that is damaged. What is said of
    /// RTF that is not copied goes.
    fn pick_bodies(&self, picked: &mut Bag, which: Which<'_>) -> Result<()> {
        let state = self.inner.state();
        let props = &state.working.props;
        let lists = matches!(which, Which::Only(_));
        let asked = BODIES.iter().take(if lists { BODIES.len() } else { 1 });
        let asked: Vec<PropTag> = asked.copied().collect();
        let takes = |id| which.takes(id);
        let (made, sound) = self.inner.with_bodies(&state, |bodies, stored| {
            let made = bodies.made_for_copy(stored, &asked, &takes)?;
            Ok::<_, Error>((made, bodies.is_sound(stored)?))
        })?;
        for (id, slot) in made {
            picked.insert(id, slot);
        }
        if lists {
            return Ok(());
        }
        let native = picked
            .value(tags::NATIVE_BODY_INFO)
            .and_then(PropValue::as_long);
        if native
            .and_then(form_of)
            .is_some_and(|form| !picked.contains(&form))
        {
            picked.remove(&NATIVE);
        }
        if !picked.contains(&RTF) {
            forget_sync(picked);
        } else if let (false, false, Some(text)) = (sound, picked.contains(&HTML), props.get(&BODY))
        {
            picked.insert(BODY, text.clone());
        }
        Ok(())
    }

    fn take_over(&self, body: StoredMessage, which: Which<'_>, flags: CopyPropFlags) {
        let keep = flags.contains(CopyPropFlags::NOREPLACE);
        let mut state = self.inner.state();
        let State { working, edits, .. } = &mut *state;
        let mut taken = Vec::new();
        for (id, slot) in body.props {
            if !keep || !working.props.contains(&id) {
                working.props.insert(id, slot);
                taken.push(id);
            }
        }
        edits.note_copied(taken.into_iter());
        if which.takes_object(tags::MESSAGE_RECIPIENTS.id()) {
            let there = working.recipients().iter().filter(|_| keep);
            let mut rows: Vec<_> = there.map(|r| r.props.clone()).collect();
            rows.extend(body.recipients);
            working.replace_recipients(rows);
        }
        if which.takes_object(tags::MESSAGE_ATTACHMENTS.id()) {
            if !keep {
                working.delete_attachments();
            }
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
        if which.takes_object(tags::MESSAGE_RECIPIENTS.id()) {
            state.working.replace_recipients(Vec::new());
        }
        if which.takes_object(tags::MESSAGE_ATTACHMENTS.id()) {
            state.working.delete_attachments();
        }
    }
}
