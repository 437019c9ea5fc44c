//! What happens to a message when it is saved.
//! Reference: "Saving a Message", "PR_MESSAGE_FLAGS" (requirements OUT-03, OUT-07, 8.2)

use mapi_props::{
    Bag, FileTime, Guid, PropName, PropType, PropValue, Slot, StoredAttachment, StoredMessage,
    attach_method, message_flags, recipient_type, tags,
};
use mapi_spi::{Expect, FlagPatch, MessageSave, MessageTarget, NewValue, PropPatch};

use crate::content::is_content;
use crate::conversation;
use crate::import::{AS_WRITTEN, ORIGINAL_VERSION};
use crate::lift::Lifter;
use crate::recipients::display_list;
use crate::subject::split;
use crate::working::WorkingMessage;

/// Circumstances of a save.
#[derive(Debug, Clone, Copy)]
pub struct SaveContext {
    /// The time.
    pub now: FileTime,
    /// The store's limit for values in the bag.
    pub inline_bytes: u32,
    /// Which conversation a message begins that belongs to none.
    pub thread: Guid,
}

/// A save ready to be committed.
#[derive(Debug)]
pub struct SavePlan {
    /// The operation.
    pub save: MessageSave,
    /// Its large values.
    pub values: Vec<NewValue>,
}

/// Turns a working copy into one operation: display lists, subject parts, class, times and flags are brought up to date
/// first. `name_of` gives the name of an identifier of 0x8000 or above.
#[must_use]
pub fn plan(
    working: &WorkingMessage,
    target: MessageTarget,
    expect: Expect,
    context: SaveContext,
    name_of: &dyn Fn(u16) -> Option<PropName>,
) -> SavePlan {
    let first = matches!(target, MessageTarget::New { .. });
    let base = &working.saved_body().props;
    let mut props = working.props.clone();
    let attachments = || working.attachments().iter().map(|(_, a)| a);
    let recipients = || working.recipients().iter().map(|r| &r.props);
    refresh(&mut props, base, recipients, context.now, first);
    if working.flags & message_flags::ASSOCIATED == 0 {
        conversation::fill(&mut props, base, first, context.now, context.thread);
    }
    let mut lifter = Lifter::new(context.inline_bytes);
    let mut patch = patch_between(base, &props, &mut lifter);
    let content_changed = first
        || working.recipients_changed
        || working.attachments_changed
        || patch
            .set
            .iter()
            .map(|(id, _)| id)
            .chain(&patch.delete)
            .any(|id| is_content(*id, name_of(*id).as_ref()));
    if leaves_as_written(working)
        && let Some(meta) = working.meta()
    {
        // What submitting adds is for its own copy: the bytes say what they said.
        let version = meta.content_version + u64::from(content_changed);
        let version = PropValue::I8(version.cast_signed());
        patch.set.retain(|(id, _)| *id != ORIGINAL_VERSION.id());
        patch.set.push((ORIGINAL_VERSION.id(), version.into()));
    }
    let save = MessageSave {
        target,
        expect,
        patch,
        recipients: working
            .recipients_changed
            .then(|| recipients().cloned().collect()),
        attachments: working.attachments_changed.then(|| {
            attachments()
                .map(|a| lift_attachment(a.clone(), &mut lifter))
                .collect()
        }),
        flags: flag_patch(working, attachments().next().is_some(), first),
        content_changed,
        source: None,
    };
    SavePlan {
        save,
        values: lifter.finish(),
    }
}

/// Whether the message goes into the queue, or is in it, to leave as its original bytes.
fn leaves_as_written(working: &WorkingMessage) -> bool {
    let said = working.props.value(AS_WRITTEN).and_then(PropValue::as_bool);
    working.flags & message_flags::SUBMIT != 0 && said == Some(true)
}

/// The same rules for an embedded message: what its attachment then holds. Nothing is moved out yet.
#[must_use]
pub fn embedded(working: &WorkingMessage, context: SaveContext) -> StoredMessage {
    let first = working.saved_body().props.is_empty();
    let mut props = working.props.clone();
    let recipients = || working.recipients().iter().map(|r| &r.props);
    refresh(
        &mut props,
        &working.saved_body().props,
        recipients,
        context.now,
        first,
    );
    // A new one has the flags that were set, not those that it began with.
    let before = if first { 0 } else { working.saved_flags() };
    let flags = flag_patch(working, !working.attachments().is_empty(), first).apply(before);
    props.set(tags::MESSAGE_FLAGS, flags.cast_signed());
    StoredMessage {
        props,
        recipients: recipients().cloned().collect(),
        attachments: working
            .attachments()
            .iter()
            .map(|(_, a)| a.clone())
            .collect(),
    }
}

/// Brings the properties that every save refreshes up to date (OUT-07).
pub fn refresh<'a, I: Iterator<Item = &'a Bag>>(
    props: &mut Bag,
    base: &Bag,
    recipients: impl Fn() -> I,
    now: FileTime,
    first: bool,
) {
    for (tag, kind) in [
        (tags::DISPLAY_TO, recipient_type::TO),
        (tags::DISPLAY_CC, recipient_type::CC),
        (tags::DISPLAY_BCC, recipient_type::BCC),
    ] {
        props.set(tag, display_list(recipients(), kind));
    }
    refresh_subject(props, base);
    if !first {
        refresh_bodies(props, base);
    }
    let class = props.get(&tags::MESSAGE_CLASS.id());
    if class.is_none() || class == Some(&Slot::from("")) {
        props.set(tags::MESSAGE_CLASS, "IPM");
    }
    if first {
        if !props.contains(&tags::CREATION_TIME.id()) {
            props.set(tags::CREATION_TIME, now);
        }
        if !props.contains(&tags::LAST_MODIFICATION_TIME.id()) {
            props.set(tags::LAST_MODIFICATION_TIME, now);
        }
    } else {
        props.set(tags::LAST_MODIFICATION_TIME, now);
    }
}

/// PR_SUBJECT_PREFIX and PR_NORMALIZED_SUBJECT (OUT-03). A subject that lies large in the store and did not change
/// keeps the parts it has.
fn refresh_subject(props: &mut Bag, base: &Bag) {
    let id = tags::SUBJECT.id();
    let subject = match props.get(&id) {
        Some(Slot::Large(_)) => return,
        Some(Slot::Value(PropValue::Unicode(s))) => s.clone(),
        Some(Slot::Value(PropValue::String8(s))) => mapi_query::decode_ansi(s).into_owned(),
        _ => {
            props.remove(&tags::NORMALIZED_SUBJECT.id());
            if base.contains(&id) {
                props.remove(&tags::SUBJECT_PREFIX.id());
            }
            return;
        }
    };
    let parts = split(&subject, props.text(tags::SUBJECT_PREFIX));
    let prefix = parts.prefix.map(str::to_owned);
    props.set(tags::NORMALIZED_SUBJECT, parts.normalized);
    match prefix {
        Some(prefix) => props.set(tags::SUBJECT_PREFIX, prefix),
        None => {
            props.remove(&tags::SUBJECT_PREFIX.id());
        }
    }
}

/// PR_NATIVE_BODY_INFO names the body that was written last, where text and HTML are stored and nothing else says which is
/// better ([MS-OXBBODY] 2.1.3.1 reads it first). RTF needs no such word: what is older than it is not stored, unless the RTF
/// is damaged or says the same.
fn refresh_bodies(props: &mut Bag, base: &Bag) {
    const FORMS: [(u16, Option<i32>); 3] = [
        (tags::BODY.id(), Some(1)),
        (tags::RTF_COMPRESSED.id(), None),
        (tags::HTML.id(), Some(3)),
    ];
    let native = tags::NATIVE_BODY_INFO.id();
    let changed = |props: &Bag, id| props.get(&id) != base.get(&id);
    let written: Vec<_> = FORMS.iter().filter(|(id, _)| changed(props, *id)).collect();
    if written.is_empty() || changed(props, native) {
        return;
    }
    props.remove(&native);
    let rich = props.contains(&tags::RTF_COMPRESSED.id());
    let agree = rich && props.value(tags::RTF_IN_SYNC) == Some(&PropValue::Bool(true));
    if let [(id, Some(form))] = written.as_slice()
        && props.contains(id)
        && !agree
    {
        props.set(tags::NATIVE_BODY_INFO, *form);
    }
}

fn patch_between(base: &Bag, props: &Bag, lifter: &mut Lifter) -> PropPatch {
    let mut patch = PropPatch::default();
    for (id, slot) in props.iter() {
        if base.get(id) != Some(slot) {
            patch.set.push((*id, lifter.slot(slot.clone())));
        }
    }
    patch.delete = base
        .iter()
        .map(|(id, _)| *id)
        .filter(|id| !props.contains(id))
        .collect();
    patch
}

/// Flags of a save: all of a new message's; later the working copy's changes, HASATTACH from saved attachments, and no
/// more UNMODIFIED.
fn flag_patch(working: &WorkingMessage, has_attachments: bool, first: bool) -> FlagPatch {
    let mut flags = working.flags & !message_flags::HASATTACH;
    if has_attachments {
        flags |= message_flags::HASATTACH;
    }
    if first {
        return FlagPatch {
            set: flags,
            clear: 0,
        };
    }
    flags &= !message_flags::UNMODIFIED;
    let before = working.saved_flags();
    let mut patch = FlagPatch {
        set: flags & !before,
        clear: before & !flags,
    };
    // Said even when our snapshot agrees, as another handle may have saved in between.
    patch.clear |= message_flags::UNMODIFIED;
    patch
}

/// How a structured storage begins ([MS-CFB] 2.2).
pub const COMPOUND_FILE: [u8; 4] = [0xD0, 0xCF, 0x11, 0xE0];

/// An attachment with its large values moved out, embedded messages included. The data of a storage is an object even
/// when small.
#[must_use]
pub fn lift_attachment(attachment: StoredAttachment, lifter: &mut Lifter) -> StoredAttachment {
    let StoredAttachment {
        mut props,
        embedded,
    } = attachment;
    let id = tags::ATTACH_DATA_BIN.id();
    let ole = props
        .value(tags::ATTACH_METHOD)
        .and_then(PropValue::as_long)
        == Some(attach_method::OLE);
    match props.remove(&id) {
        Some(Slot::Value(PropValue::Binary(b))) if ole && b.starts_with(&COMPOUND_FILE) => {
            props.insert(id, lifter.bytes(PropType::OBJECT, b));
        }
        Some(slot) => {
            props.insert(id, slot);
        }
        None => {}
    }
    StoredAttachment {
        props: lifter.bag(props),
        embedded: embedded.map(|m| Box::new(lift_message(*m, lifter))),
    }
}

/// A message tree with its large values moved out.
#[must_use]
pub fn lift_message(message: StoredMessage, lifter: &mut Lifter) -> StoredMessage {
    StoredMessage {
        props: lifter.bag(message.props),
        recipients: message
            .recipients
            .into_iter()
            .map(|r| lifter.bag(r))
            .collect(),
        attachments: message
            .attachments
            .into_iter()
            .map(|a| lift_attachment(a, lifter))
            .collect(),
    }
}
