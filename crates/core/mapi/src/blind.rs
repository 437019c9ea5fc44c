//! Blind recipients: nobody learns of them who did not name them. RFC 5322 §3.6.3 (requirements OUT-12, XP-01)

use std::io::Read as _;

use mapi_props::{
    MessageTree, PropKey, PropTag, PropValue, TreeContent, TreeProps, TreeValue, recipient_type,
    tags,
};

/// Bytes of a header that are looked through; of a longer one nothing is kept.
const HEADER: u64 = 16 << 20;

/// What names blind recipients beside rows and headers.
const NAMES: [PropTag; 3] = [
    tags::DISPLAY_BCC.raw(),
    tags::ORIGINAL_DISPLAY_BCC.raw(),
    tags::SEARCH_RECIP_EMAIL_BCC.raw(),
];

/// Takes them out of the messages that a message holds, at any depth: out of rows, lists of names and headers.
pub(crate) fn leave_attached(message: &mut MessageTree) {
    for attachment in &mut message.attachments {
        if let TreeContent::Message(inner) = &mut attachment.content {
            leave(inner);
            leave_attached(inner);
        }
    }
}

fn leave(message: &mut MessageTree) {
    message.recipients.retain(|row| !is_blind(row));
    // These bytes have a header too.
    message.original = None;
    for tag in NAMES {
        message.props.remove(&tag.into());
    }
    let key = PropKey::from(PropTag::from(tags::TRANSPORT_MESSAGE_HEADERS));
    match headers(&message.props) {
        Some(text) => {
            if let Some(kept) = without_bcc(&text) {
                message.props.set(tags::TRANSPORT_MESSAGE_HEADERS, kept);
            }
        }
        None => drop(message.props.remove(&key)),
    }
}

fn is_blind(row: &TreeProps) -> bool {
    let kind = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
    // MAPI_SUBMITTED and MAPI_P1 are bits above the kind.
    kind.is_some_and(|kind| kind & 0xF == recipient_type::BCC)
}

/// PR_TRANSPORT_MESSAGE_HEADERS, however long; `None` where there is none that can be read.
pub(crate) fn headers(props: &TreeProps) -> Option<String> {
    let key = PropKey::from(PropTag::from(tags::TRANSPORT_MESSAGE_HEADERS));
    match props.get(&key)? {
        TreeValue::Value(value) => value.as_str().map(str::to_owned),
        TreeValue::Large(_, source) if source.size() <= HEADER => {
            let mut text = String::new();
            let mut reader = source.open().ok()?.take(HEADER);
            reader.read_to_string(&mut text).ok()?;
            Some(text)
        }
        TreeValue::Large(..) => None,
    }
}

/// Fields without Bcc and Resent-Bcc; `None` if there are none of them.
pub(crate) fn without_bcc(headers: &str) -> Option<String> {
    let mut kept = String::with_capacity(headers.len());
    let mut hidden = false;
    for line in headers.split_inclusive('\n') {
        if !line.starts_with([' ', '\t']) {
            let name = line.split(':').next().unwrap_or_default().trim_end();
            hidden = ["bcc", "resent-bcc"]
                .iter()
                .any(|secret| name.eq_ignore_ascii_case(secret));
        }
        if !hidden {
            kept.push_str(line);
        }
    }
    (kept.len() != headers.len()).then_some(kept)
}

#[cfg(test)]
mod tests {
    use mapi_props::{AttachmentTree, MessageTree, TreeContent, TreeProps, tags};

    use super::{is_blind, leave_attached, without_bcc};

    #[test]
    fn they_leave_the_header() {
        let headers = "To: a\r\nBCC: b,\r\n c\r\nResent-Bcc:d\r\nSubject: Bcc: x\r\n";
        let kept = without_bcc(headers);
        assert_eq!(kept.as_deref(), Some("To: a\r\nSubject: Bcc: x\r\n"));
        assert_eq!(without_bcc("To: a\r\n"), None);
    }

    #[test]
    fn they_leave_attached_messages_at_any_depth_and_long_headers() {
        let message = |inner: Option<MessageTree>| {
            let mut message = MessageTree::default();
            for (kind, address) in [(1, "ann@x.example"), (3, "secret@x.example")] {
                let mut row = TreeProps::default();
                row.set(tags::RECIPIENT_TYPE, kind);
                row.set(tags::EMAIL_ADDRESS, address);
                message.recipients.push(row);
            }
            message.props.set(tags::DISPLAY_BCC, "secret");
            let long = format!("X-Long: {}\r\nBcc: secret\r\n", "x".repeat(100_000));
            let long = mapi_props::TreeValue::Large(
                mapi_props::PropType::UNICODE,
                long.into_bytes().into(),
            );
            let key = mapi_props::PropTag::from(tags::TRANSPORT_MESSAGE_HEADERS);
            message.props.insert(key.into(), long);
            message
                .attachments
                .extend(inner.map(|inner| AttachmentTree {
                    props: TreeProps::default(),
                    content: TreeContent::Message(Box::new(inner)),
                }));
            message
        };
        let mut outer = message(Some(message(Some(message(None)))));
        leave_attached(&mut outer);
        assert_eq!(outer.recipients.len(), 2, "its own are its transport's");
        let mut at = &outer;
        for _ in 0..2 {
            let TreeContent::Message(inner) = &at.attachments[0].content else {
                panic!("it is gone");
            };
            assert_eq!(inner.recipients.len(), 1);
            assert!(!is_blind(&inner.recipients[0]));
            assert_eq!(inner.props.value(tags::DISPLAY_BCC), None);
            let headers = inner.props.text(tags::TRANSPORT_MESSAGE_HEADERS).unwrap();
            assert!(headers.starts_with("X-Long") && !headers.contains("secret"));
            at = inner;
        }
    }
}
