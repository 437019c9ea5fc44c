//! Which properties belong to what a message says, so that changing them outdates its original bytes.

use mapi_props::{Guid, NameKind, PropName, PropTag, PropType, guids, tags};

/// Whether a change of this property changes what the message says, so that its content version grows.
///
/// Not those that never travel, nor read state, icons, follow-up flags, reminders, categories and times of the copy.
/// `name` is the property's name when its identifier is 0x8000 or above; an unknown name counts as content.
#[must_use]
pub fn is_content(id: u16, name: Option<&PropName>) -> bool {
    let tag = PropTag::new(id, PropType::UNSPECIFIED);
    if tag.is_named() {
        return name.is_none_or(|n| !is_state_name(n));
    }
    tag.is_transmittable() && !STATE.contains(&id)
}

/// Fixed properties in transmittable ranges that are state of this copy.
const STATE: [u16; 14] = [
    tags::CREATION_TIME.id(),
    tags::LAST_MODIFICATION_TIME.id(),
    tags::SEARCH_KEY.id(),
    tags::ICON_INDEX.id(),
    tags::LAST_VERB_EXECUTED.id(),
    tags::LAST_VERB_EXECUTION_TIME.id(),
    tags::FLAG_STATUS.id(),
    tags::FLAG_COMPLETE_TIME.id(),
    tags::FOLLOWUP_ICON.id(),
    tags::ITEM_TMPFLAGS.id(),
    tags::REPLY_TIME.id(),
    tags::BLOCK_STATUS.id(),
    tags::LAST_MODIFIER_NAME.id(),
    tags::CREATOR_NAME.id(),
];

/// PSETID_Common: flag request, reminders, to-do order and title, valid flag proof.
const STATE_COMMON: [u32; 14] = [
    0x8501, 0x8502, 0x8503, 0x8505, 0x8506, 0x8516, 0x8517, 0x8530, 0x8560, 0x8580, 0x85A0, 0x85A1,
    0x85A4, 0x85BF,
];

/// PSETID_Task: status, percent, start, due, reset, done date, complete.
const STATE_TASK: [u32; 7] = [0x8101, 0x8102, 0x8104, 0x8105, 0x8107, 0x810F, 0x811C];

fn is_state_name(name: &PropName) -> bool {
    let in_set = |set: Guid, ids: &[u32]| {
        name.guid == set && matches!(&name.kind, NameKind::Id(id) if ids.contains(id))
    };
    in_set(guids::PSETID_COMMON, &STATE_COMMON)
        || in_set(guids::PSETID_TASK, &STATE_TASK)
        || (name.guid == guids::PS_PUBLIC_STRINGS
            && matches!(&name.kind, NameKind::Text(t) if t.eq_ignore_ascii_case("keywords")))
}

#[cfg(test)]
mod tests {
    use super::is_content;
    use mapi_props::{PropName, guids, tags};

    #[test]
    fn flags_and_categories_are_no_content() {
        assert!(is_content(tags::SUBJECT.id(), None));
        assert!(is_content(tags::BODY.id(), None));
        assert!(!is_content(tags::FLAG_STATUS.id(), None));
        assert!(!is_content(tags::MESSAGE_FLAGS.id(), None));
        let keywords = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
        assert!(!is_content(0x8001, Some(&keywords)));
        let other = PropName::text(guids::PS_PUBLIC_STRINGS, "Other");
        assert!(is_content(0x8002, Some(&other)));
    }
}
