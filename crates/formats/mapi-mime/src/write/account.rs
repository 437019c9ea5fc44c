//! The loss report: every property that travels with a message and that MIME has no place for.
//! [MS-OXCMAIL] 2.1, requirement PRP-03

use std::collections::BTreeSet;

use mapi_props::{
    AttachmentTree, MessageTree, NameKind, PropKey, PropTag, PropType, PropValue, TreeContent,
    TreeValue, guids, tags,
};

use super::{Writer, headers, part, rare, report, text_of};

/// Losses named at most; the rest are counted.
pub(super) const LOSSES_MAX: usize = 1000;

/// Names what of a message's own properties, of its recipients and of `attachments` is not written.
pub(super) fn losses(writer: &mut Writer<'_>, tree: &MessageTree, attachments: &[AttachmentTree]) {
    class(writer, tree);
    for (key, value) in tree.props.iter() {
        let written = match key {
            PropKey::Id(id) => is_of(MESSAGE, *id) && is_readable(*id, value),
            PropKey::Named(_) => is_written_name(key, value),
        };
        let written = written || rare::is_written(key) || is_report_only(tree, key);
        note(writer, "message", key, written);
    }
    let mut told = BTreeSet::new();
    for row in &tree.recipients {
        for (key, _) in row.iter() {
            let written =
                matches!(key, PropKey::Id(id) if is_of(RECIPIENT, *id) || is_of(REPORTED, *id));
            if !written && told.insert(key) {
                note(writer, "recipients", key, false);
            }
        }
    }
    for attachment in attachments {
        of_attachment(writer, attachment);
    }
}

/// A class of somebody's own has no field.
fn class(writer: &mut Writer<'_>, tree: &MessageTree) {
    let class = text_of(&tree.props, tags::MESSAGE_CLASS).to_ascii_lowercase();
    let implied = matches!(
        class.as_str(),
        "" | "ipm" | "ipm.note" | "ipm.note.smime" | "ipm.note.smime.multipartsigned"
    ) || (report::kind(&class).is_some() && class.starts_with("report.ipm.note."));
    if !implied {
        writer.loss("message-class", class);
    }
}

fn of_attachment(writer: &mut Writer<'_>, attachment: &AttachmentTree) {
    let props = &attachment.props;
    let name = text_of(props, tags::DISPLAY_NAME).to_owned();
    if let TreeContent::Storage(_) = attachment.content {
        writer.loss("ole-object", name.clone());
    }
    let position = props
        .value(tags::RENDERING_POSITION)
        .and_then(PropValue::as_long);
    if position.is_some_and(|p| p != -1) {
        writer.loss("rendering-position", name);
    }
    for (key, value) in props.iter() {
        let written = match key {
            PropKey::Id(id) => is_of(ATTACHMENT, *id),
            PropKey::Named(_) => is_written_name(key, value),
        };
        note(writer, "attachment", key, written);
    }
}

/// Notes a property that is not written, if it would travel.
fn note(writer: &mut Writer<'_>, of: &str, key: &PropKey, written: bool) {
    let travels = match key {
        PropKey::Id(id) => PropTag::new(*id, PropType::UNSPECIFIED).is_transmittable(),
        PropKey::Named(_) => true,
    };
    if travels && !written {
        writer.loss("property-not-written", format!("{of}: {}", shown(key)));
    }
}

fn shown(key: &PropKey) -> String {
    match key {
        PropKey::Id(id) => {
            let tag = PropTag::new(*id, PropType::UNSPECIFIED);
            let name = mapi_props::names::pr_name(tag);
            name.map_or_else(|| format!("0x{id:04X}"), str::to_owned)
        }
        PropKey::Named(name) => match &name.kind {
            NameKind::Text(text) => text.chars().take(200).collect(),
            NameKind::Id(id) => format!("{}/0x{id:04X}", name.guid),
        },
    }
}

fn is_of(list: &[PropTag], id: u16) -> bool {
    list.iter().any(|tag| tag.id() == id)
}

/// Whether a value is of the type that its field is made from; an 8-bit string is not.
fn is_readable(id: u16, value: &TreeValue) -> bool {
    let text = MESSAGE
        .iter()
        .any(|t| t.id() == id && t.ty() == PropType::UNICODE);
    !(text && matches!(value, TreeValue::Value(PropValue::String8(_))))
}

fn is_written_name(key: &PropKey, value: &TreeValue) -> bool {
    let PropKey::Named(name) = key else {
        return false;
    };
    if *name == headers::keywords_name() {
        return matches!(value, TreeValue::Value(PropValue::MvUnicode(_)));
    }
    let own = matches!(&name.kind, NameKind::Text(text)
        if name.guid == guids::PS_INTERNET_HEADERS && headers::is_own(text));
    let mac = ["AttachmentMacInfo", "AttachmentMacContentType"];
    own || mac.iter().any(|n| *name == part::mac_name(n))
        || headers::field_name(key, value).is_some()
}

/// Of a report: what its machine-readable part says, and what is read from the original that it returns.
fn is_report_only(tree: &MessageTree, key: &PropKey) -> bool {
    let PropKey::Id(id) = key else { return false };
    is_of(REPORT, *id) && report::kind(text_of(&tree.props, tags::MESSAGE_CLASS)).is_some()
}

/// What is written of a message, and what stores and readers make of what is written.
const MESSAGE: &[PropTag] = &[
    tags::MESSAGE_CLASS.raw(),
    tags::SUBJECT.raw(),
    tags::SUBJECT_PREFIX.raw(),
    tags::NORMALIZED_SUBJECT.raw(),
    tags::BODY.raw(),
    tags::HTML.raw(),
    // Their loss has a name of its own.
    tags::RTF_COMPRESSED.raw(),
    tags::RTF_IN_SYNC.raw(),
    tags::RTF_SYNC_BODY_COUNT.raw(),
    tags::RTF_SYNC_BODY_CRC.raw(),
    tags::RTF_SYNC_BODY_TAG.raw(),
    tags::RTF_SYNC_PREFIX_COUNT.raw(),
    tags::RTF_SYNC_TRAILING_COUNT.raw(),
    tags::NATIVE_BODY_INFO.raw(),
    tags::INTERNET_CPID.raw(),
    tags::MESSAGE_CODEPAGE.raw(),
    tags::CLIENT_SUBMIT_TIME.raw(),
    tags::MESSAGE_DELIVERY_TIME.raw(),
    tags::CREATION_TIME.raw(),
    tags::LAST_MODIFICATION_TIME.raw(),
    tags::SEARCH_KEY.raw(),
    tags::TRANSPORT_MESSAGE_HEADERS.raw(),
    tags::INTERNET_RETURN_PATH.raw(),
    // What its owner did with it; folders of mail have flags for that.
    tags::ICON_INDEX.raw(),
    tags::LAST_VERB_EXECUTED.raw(),
    tags::LAST_VERB_EXECUTION_TIME.raw(),
    tags::FOLLOWUP_ICON.raw(),
    tags::SENT_REPRESENTING_NAME.raw(),
    tags::SENT_REPRESENTING_ADDRTYPE.raw(),
    tags::SENT_REPRESENTING_EMAIL_ADDRESS.raw(),
    tags::SENT_REPRESENTING_SMTP_ADDRESS.raw(),
    tags::SENT_REPRESENTING_SEARCH_KEY.raw(),
    tags::SENT_REPRESENTING_ENTRYID.raw(),
    tags::SENDER_NAME.raw(),
    tags::SENDER_ADDRTYPE.raw(),
    tags::SENDER_EMAIL_ADDRESS.raw(),
    tags::SENDER_SMTP_ADDRESS.raw(),
    tags::SENDER_SEARCH_KEY.raw(),
    tags::SENDER_ENTRYID.raw(),
    tags::REPLY_RECIPIENT_ENTRIES.raw(),
    tags::REPLY_RECIPIENT_NAMES.raw(),
    tags::INTERNET_MESSAGE_ID.raw(),
    tags::IN_REPLY_TO_ID.raw(),
    tags::INTERNET_REFERENCES.raw(),
    tags::CONVERSATION_TOPIC.raw(),
    tags::CONVERSATION_INDEX.raw(),
    tags::IMPORTANCE.raw(),
    tags::PRIORITY.raw(),
    tags::SENSITIVITY.raw(),
    tags::AUTO_FORWARDED.raw(),
    tags::READ_RECEIPT_REQUESTED.raw(),
    tags::READ_RECEIPT_ENTRYID.raw(),
    tags::READ_RECEIPT_SEARCH_KEY.raw(),
    tags::READ_RECEIPT_NAME.raw(),
    tags::READ_RECEIPT_ADDRESS_TYPE.raw(),
    tags::READ_RECEIPT_EMAIL_ADDRESS.raw(),
    tags::READ_RECEIPT_SMTP_ADDRESS.raw(),
    tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED.raw(),
    tags::EXPIRY_TIME.raw(),
    tags::REPLY_TIME.raw(),
    tags::DEFERRED_DELIVERY_TIME.raw(),
    tags::LIST_HELP.raw(),
    tags::LIST_SUBSCRIBE.raw(),
    tags::LIST_UNSUBSCRIBE.raw(),
    tags::RECEIVED_BY_NAME.raw(),
    tags::RECEIVED_BY_ENTRYID.raw(),
    tags::RECEIVED_BY_SEARCH_KEY.raw(),
    tags::RECEIVED_BY_ADDRTYPE.raw(),
    tags::RECEIVED_BY_EMAIL_ADDRESS.raw(),
    tags::RCVD_REPRESENTING_NAME.raw(),
    tags::RCVD_REPRESENTING_ENTRYID.raw(),
    tags::RCVD_REPRESENTING_SEARCH_KEY.raw(),
    tags::RCVD_REPRESENTING_ADDRTYPE.raw(),
    tags::RCVD_REPRESENTING_EMAIL_ADDRESS.raw(),
];

/// The same of a recipient.
const RECIPIENT: &[PropTag] = &[
    tags::DISPLAY_NAME.raw(),
    tags::TRANSMITABLE_DISPLAY_NAME.raw(),
    tags::ADDRTYPE.raw(),
    tags::EMAIL_ADDRESS.raw(),
    tags::SMTP_ADDRESS.raw(),
    tags::RECIPIENT_TYPE.raw(),
    tags::ENTRYID.raw(),
    tags::SEARCH_KEY.raw(),
    tags::RECORD_KEY.raw(),
    tags::OBJECT_TYPE.raw(),
    tags::DISPLAY_TYPE.raw(),
    tags::ROWID.raw(),
];

/// The same of a recipient of whom a report tells.
const REPORTED: &[PropTag] = &[
    tags::REPORT_TEXT.raw(),
    tags::REPORT_TIME.raw(),
    tags::DELIVER_TIME.raw(),
    tags::NDR_STATUS_CODE.raw(),
    tags::NDR_DIAG_CODE.raw(),
    tags::NDR_REASON_CODE.raw(),
    tags::SUPPLEMENTARY_INFO.raw(),
    tags::DSN_REMOTE_MTA.raw(),
    tags::ORIGINAL_DISPLAY_NAME.raw(),
    tags::ORIGINAL_ENTRYID.raw(),
    tags::ORIGINAL_SEARCH_KEY.raw(),
];

/// The same of a report.
const REPORT: &[PropTag] = &[
    tags::REPORT_TEXT.raw(),
    tags::REPORT_TIME.raw(),
    tags::REPORT_NAME.raw(),
    tags::REPORT_TAG.raw(),
    tags::REPORT_DISPOSITION.raw(),
    tags::REPORT_DISPOSITION_MODE.raw(),
    tags::REPORTING_MESSAGE_TRANSFER_AGENT.raw(),
    tags::RECEIPT_TIME.raw(),
    tags::NON_RECEIPT_REASON.raw(),
    tags::ORIG_MESSAGE_CLASS.raw(),
    tags::ORIGINAL_SUBJECT.raw(),
    tags::ORIGINAL_SUBMIT_TIME.raw(),
    tags::ORIGINAL_DELIVERY_TIME.raw(),
    tags::ORIGINAL_DISPLAY_TO.raw(),
    tags::ORIGINAL_DISPLAY_CC.raw(),
    tags::ORIGINAL_DISPLAY_BCC.raw(),
    tags::ORIGINAL_SENDER_NAME.raw(),
    tags::ORIGINAL_SENDER_ADDRTYPE.raw(),
    tags::ORIGINAL_SENDER_EMAIL_ADDRESS.raw(),
    tags::ORIGINAL_SENDER_SEARCH_KEY.raw(),
    tags::ORIGINAL_SENDER_ENTRYID.raw(),
    tags::ORIGINAL_SENT_REPRESENTING_NAME.raw(),
    tags::ORIGINAL_SENT_REPRESENTING_ADDRTYPE.raw(),
    tags::ORIGINAL_SENT_REPRESENTING_EMAIL_ADDRESS.raw(),
    tags::ORIGINAL_SENT_REPRESENTING_SEARCH_KEY.raw(),
    tags::ORIGINAL_SENT_REPRESENTING_ENTRYID.raw(),
];

/// The same of an attachment.
const ATTACHMENT: &[PropTag] = &[
    tags::ATTACH_LONG_FILENAME.raw(),
    tags::ATTACH_FILENAME.raw(),
    tags::ATTACH_EXTENSION.raw(),
    tags::DISPLAY_NAME.raw(),
    tags::ATTACH_MIME_TAG.raw(),
    tags::ATTACH_METHOD.raw(),
    tags::ATTACH_TAG.raw(),
    // A reference that is not written is a loss with a name of its own.
    tags::ATTACH_PATHNAME.raw(),
    tags::ATTACH_LONG_PATHNAME.raw(),
    tags::ATTACH_SIZE.raw(),
    tags::ATTACH_NUM.raw(),
    tags::ATTACH_FLAGS.raw(),
    tags::ATTACHMENT_HIDDEN.raw(),
    tags::ATTACH_CONTENT_ID.raw(),
    tags::ATTACH_CONTENT_LOCATION.raw(),
    tags::ATTACH_CONTENT_BASE.raw(),
    tags::TEXT_ATTACHMENT_CHARSET.raw(),
    tags::RENDERING_POSITION.raw(),
    tags::CREATION_TIME.raw(),
    tags::LAST_MODIFICATION_TIME.raw(),
    tags::RECORD_KEY.raw(),
    tags::ATTACH_DATA_BIN.raw(),
    tags::ATTACH_DATA_OBJ,
    // Outlook's place for the time of an occurrence, which every attachment has.
    tags::EXCEPTION_STARTTIME.raw(),
    tags::EXCEPTION_ENDTIME.raw(),
    tags::ATTACHMENT_LINKID.raw(),
    tags::ATTACHMENT_FLAGS.raw(),
];
