//! What numbers and bytes mean, in a few words beside the raw value.

use mapi_props::entry_id::{OneOff, OneOffStrings, provider_uid, split_record_key, unwrap_store};
use mapi_props::names::guid_name;
use mapi_props::{EntryId, EntryKind, FileTime, Guid, PropTag, PropValue, tags};

mod numbers;

/// The letters that a profile gives to stores, by the stores' UIDs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letters(Vec<(Guid, String)>);

impl Letters {
    /// Of these stores.
    #[must_use]
    pub fn of(stores: impl IntoIterator<Item = (Guid, String)>) -> Self {
        Self(stores.into_iter().collect())
    }

    fn store(&self, uid: Guid) -> String {
        let known = self.0.iter().find(|(store, _)| *store == uid);
        known.map_or_else(
            || format!("store {{{uid}}}"),
            |(_, letter)| format!("store {letter}"),
        )
    }

    fn item(&self, uid: Guid, item: u64) -> String {
        match self.0.iter().find(|(store, _)| *store == uid) {
            Some((_, letter)) => format!("{letter}{item}"),
            None => format!("{item} of store {{{uid}}}"),
        }
    }
}

/// What a value says, when the raw form hides it: flags by name, entry ids, keys, conversation indexes, GUIDs.
#[must_use]
pub fn describe(tag: PropTag, value: &PropValue, letters: &Letters) -> Option<String> {
    match value {
        PropValue::Long(number) => numbers::describe(tag.id(), *number),
        PropValue::Binary(bytes) | PropValue::SvrEid(bytes) => binary(tag.id(), bytes, letters),
        PropValue::MvBinary(many) => {
            let told = many
                .iter()
                .filter_map(|bytes| binary(tag.id(), bytes, letters));
            let told: Vec<_> = told.collect();
            (!told.is_empty()).then(|| told.join(", "))
        }
        PropValue::ClsId(guid) => guid_name(*guid).map(str::to_owned),
        _ => None,
    }
}

fn binary(id: u16, bytes: &[u8], letters: &Letters) -> Option<String> {
    if id == tags::CONVERSATION_INDEX.id() {
        return conversation(bytes);
    }
    if let Ok(id) = EntryId::decode(bytes) {
        return Some(match id.kind {
            EntryKind::Store => letters.store(id.store),
            EntryKind::Folder => format!("folder {}", letters.item(id.store, id.item)),
            EntryKind::Message => format!("message {}", letters.item(id.store, id.item)),
        });
    }
    if let Ok(wrapped) = unwrap_store(bytes) {
        let inner = binary(id, wrapped.entry_id, letters).unwrap_or_default();
        return Some(format!("{inner} wrapped for {}", wrapped.dll));
    }
    if let Ok(one_off) = OneOff::decode(bytes) {
        return Some(one_off_text(&one_off));
    }
    if id == tags::RECORD_KEY.id() && bytes.len() == 24 {
        let (store, item) = split_record_key(bytes)?;
        return Some(format!("item {}", letters.item(store, item)));
    }
    if is_search_key(id)
        && let Some(text) = address_key(bytes)
    {
        return Some(text);
    }
    if let Ok(guid) = <[u8; 16]>::try_from(bytes) {
        return Some(guid_text(Guid(guid)));
    }
    let named = provider_uid(bytes).and_then(guid_name);
    named.map(|provider| format!("entry id of {provider}"))
}

fn guid_text(guid: Guid) -> String {
    match guid_name(guid) {
        Some(name) => format!("{{{guid}}} {name}"),
        None => format!("{{{guid}}}"),
    }
}

fn one_off_text(one_off: &OneOff) -> String {
    match &one_off.strings {
        OneOffStrings::Unicode {
            name,
            address_type,
            address,
        } => format!("one-off {name:?} {address_type}:{address}"),
        _ => "one-off recipient in a code page".to_owned(),
    }
}

/// The search keys of people: `SMTP:ANN@EXAMPLE.ORG` and a zero byte.
fn is_search_key(id: u16) -> bool {
    let keys = [
        tags::SEARCH_KEY,
        tags::SENDER_SEARCH_KEY,
        tags::SENT_REPRESENTING_SEARCH_KEY,
        tags::RECEIVED_BY_SEARCH_KEY,
        tags::RCVD_REPRESENTING_SEARCH_KEY,
    ];
    keys.iter().any(|tag| tag.id() == id)
}

fn address_key(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes.strip_suffix(&[0])?).ok()?;
    let shown = text.contains(':') && !text.chars().any(char::is_control);
    shown.then(|| text.to_owned())
}

/// The header of 22 bytes and how many answers follow. [MS-OXOMSG] 2.2.1.3
fn conversation(bytes: &[u8]) -> Option<String> {
    let (head, rest) = bytes.split_first_chunk::<22>()?;
    let [_, t1, t2, t3, t4, t5, guid @ ..] = head;
    // Five bytes of a FILETIME below its top byte, which is 1 until the year 2057.
    let high = [1, *t1, *t2, *t3, *t4, *t5, 0, 0];
    let started = FileTime(u64::from_be_bytes(high));
    let answers = rest.len() / 5;
    let guid = Guid(*guid);
    Some(format!(
        "begun {started}, thread {{{guid}}}, {answers} answers deep"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(tag: impl Into<PropTag>, value: impl Into<PropValue>) -> Option<String> {
        describe(
            tag.into(),
            &value.into(),
            &Letters::of([(Guid([7; 16]), "a".to_owned())]),
        )
    }

    #[test]
    fn entry_ids_keys_and_guids() {
        let id = |store| EntryId::of_message(Guid(store), 1234).to_bytes().to_vec();
        let ours = id([7; 16]);
        assert_eq!(told(tags::ENTRYID, ours).unwrap(), "message a1234");
        let other = told(tags::ENTRYID, id([8; 16])).unwrap();
        assert!(other.starts_with("message 1234 of store {0808"), "{other}");
        let key = b"SMTP:ANN@EXAMPLE.ORG\0".as_slice();
        let key = told(tags::SENDER_SEARCH_KEY, key).unwrap();
        assert_eq!(key, "SMTP:ANN@EXAMPLE.ORG");
        assert_eq!(told(tags::BODY, vec![1_u8, 2, 3]), None);
    }

    #[test]
    fn flags_by_name() {
        let flags = told(tags::MESSAGE_FLAGS, 0x11).unwrap();
        assert_eq!(flags, "MSGFLAG_READ | MSGFLAG_HASATTACH");
        assert_eq!(told(tags::IMPORTANCE, 2).unwrap(), "high");
        assert_eq!(told(tags::IMPORTANCE, 77), None);
    }

    #[test]
    fn a_conversation_index() {
        let mut index = vec![1, 0xD0, 0, 0, 0, 0];
        index.extend([9; 16]);
        index.extend([0; 10]);
        let text = told(tags::CONVERSATION_INDEX, index).unwrap();
        assert!(text.contains("2 answers deep"), "{text}");
    }
}
