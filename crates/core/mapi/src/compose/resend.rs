//! A message that could not be delivered, once more: to those alone who did not get it.
//! Reference: "Resending an Undelivered Message" (requirement OUT-11)

use std::collections::BTreeSet;

use mapi_props::person::{PersonTags, RECEIVED_BY, RECEIVED_FOR, REPRESENTING, SENDER};
use mapi_props::{
    Code, MessageTree, PropTag, PropValue, TreeProps, attach_method, message_flags, recipient_type,
    tags,
};
use mapi_spi::{Error, Result};

use super::people::{kept, keys_of};
use super::{Compose, sender};
use crate::prop::Object as _;
use crate::{
    CopyPropFlags, MapiProp, Message, ModifyMode, OpenFlags, PropertyFlags, SortColumn, columns,
};

/// Its people, whom the new message does not take from the original.
const PEOPLE: [PersonTags; 4] = [SENDER, REPRESENTING, RECEIVED_BY, RECEIVED_FOR];

/// What else it does not take: the recipients, and what became of it on its way.
const LEFT: [PropTag; 10] = [
    tags::MESSAGE_RECIPIENTS,
    tags::TRANSPORT_MESSAGE_HEADERS.raw(),
    tags::CLIENT_SUBMIT_TIME.raw(),
    tags::PROVIDER_SUBMIT_TIME.raw(),
    tags::MESSAGE_DELIVERY_TIME.raw(),
    tags::MESSAGE_DOWNLOAD_TIME.raw(),
    tags::SENTMAIL_ENTRYID.raw(),
    tags::DELETE_AFTER_SUBMIT.raw(),
    tags::SUBMIT_FLAGS.raw(),
    tags::CREATION_TIME.raw(),
];

impl Message {
    /// The message that this nondelivery report is about, to be sent again to those who did not get it. It has to be saved.
    ///
    /// It is the original as it was, with MSGFLAG_RESEND, a new sender, and this list of recipients: who got it has
    /// MAPI_SUBMITTED in PR_RECIPIENT_TYPE, who did not is there as before and a second time as MAPI_P1. One whom the report
    /// names and the original does not was in its Bcc.
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` for a message that is no nondelivery report; `MAPI_E_NOT_FOUND` for a report that does not
    /// hold the original, or names nobody who did not get it; those of [`Self::reply`].
    pub fn resend(&self, compose: &Compose) -> Result<Self> {
        self.errors().track(self.resend_now(compose))
    }

    fn resend_now(&self, compose: &Compose) -> Result<Self> {
        let report = self.to_tree()?;
        let class = original_class(&report.props)?;
        let original = self.returned()?;
        let tree = original.to_tree()?;
        let rows = recipients(&report, &tree)?;
        let again = self.outgoing(compose)?.create_message()?;
        let people = PEOPLE.iter().flat_map(PersonTags::all);
        let left: Vec<PropTag> = LEFT.into_iter().chain(people).collect();
        original.copy_to(&again, Some(&left), CopyPropFlags::NONE)?;
        again.set(tags::MESSAGE_CLASS, class)?;
        let flags = message_flags::READ | message_flags::UNSENT | message_flags::RESEND;
        again.set(tags::MESSAGE_FLAGS, flags.cast_signed())?;
        let id = original.find(tags::ENTRYID)?;
        if let Some(id) = id.or(self.find(tags::ORIGINAL_ENTRYID)?) {
            again.set(tags::ORIGINAL_ENTRYID, id)?;
        }
        let identities = sender::identities(&self.inner.context, compose);
        let writer = sender::writer(&identities, compose, Some(&report));
        sender::sign(&again, writer, None)?;
        again.modify_recipients(ModifyMode::Replace, &rows)?;
        Ok(again)
    }

    /// The message that a report returned.
    fn returned(&self) -> Result<Self> {
        let wanted = columns![tags::ATTACH_NUM, tags::ATTACH_METHOD];
        let table = self.attachments().columns(wanted);
        let table = table
            .sort([SortColumn::ascending(tags::ATTACH_NUM)])
            .open()?;
        for row in table.query_all_rows(0)? {
            let embedded = row.get(tags::ATTACH_METHOD) == Some(attach_method::EMBEDDED_MSG);
            if let (true, Some(number)) = (embedded, row.get(tags::ATTACH_NUM)) {
                let attachment = self.open_attachment(number, OpenFlags::NONE)?;
                return attachment.open_embedded(PropertyFlags::NONE);
            }
        }
        let detail = "the report does not hold the message that it is about";
        Err(Error::new(Code::NOT_FOUND, detail))
    }
}

/// The class of the message that a report is about: PR_ORIG_MESSAGE_CLASS, else what the report's own says.
fn original_class(report: &TreeProps) -> Result<String> {
    let class = report.text(tags::MESSAGE_CLASS).unwrap_or_default();
    let inner = class
        .split_at_checked("REPORT.".len())
        .filter(|(start, _)| start.eq_ignore_ascii_case("REPORT."))
        .and_then(|(_, rest)| rest.split_at_checked(rest.len().checked_sub(".NDR".len())?))
        .filter(|(inner, end)| end.eq_ignore_ascii_case(".NDR") && !inner.is_empty())
        .map(|(inner, _)| inner);
    let inner = inner.ok_or_else(|| {
        let detail = "only the message of a nondelivery report can be sent again";
        Error::new(Code::INVALID_PARAMETER, detail)
    })?;
    let told = report.text(tags::ORIG_MESSAGE_CLASS);
    Ok(told.filter(|c| !c.is_empty()).unwrap_or(inner).to_owned())
}

type Row = Vec<(PropTag, PropValue)>;

/// The recipients of the new message.
fn recipients(report: &MessageTree, original: &MessageTree) -> Result<Vec<Row>> {
    let told = report.recipients.iter().filter(|row| tells_of_failure(row));
    let failed: Vec<Row> = told
        .filter_map(|row| kept(row, recipient_type::BCC))
        .collect();
    if failed.is_empty() {
        let detail = "the report names nobody who did not get the message";
        return Err(Error::new(Code::NOT_FOUND, detail));
    }
    let mut missing: BTreeSet<Vec<u8>> = failed.iter().flat_map(keys_of).collect();
    let mut again = BTreeSet::new();
    let (mut rows, mut addressed) = (Vec::new(), Vec::new());
    for row in &original.recipients {
        let kind = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
        let kind = kind.unwrap_or(recipient_type::TO) & 0xF;
        let Some(plain) = kept(row, kind) else {
            continue;
        };
        let keys = keys_of(&plain);
        let failed = keys
            .iter()
            .any(|k| missing.contains(k) || again.contains(k));
        if !failed {
            rows.push(with_kind(plain, kind | recipient_type::SUBMITTED));
            continue;
        }
        // Whoever stands there twice is written to once.
        if !keys.iter().any(|k| again.contains(k)) {
            addressed.push(with_kind(plain.clone(), recipient_type::P1));
        }
        for key in keys {
            missing.remove(&key);
            again.insert(key);
        }
        rows.push(plain);
    }
    for row in failed {
        let keys = keys_of(&row);
        if keys.iter().any(|k| again.contains(k)) {
            continue;
        }
        again.extend(keys);
        addressed.push(with_kind(row.clone(), recipient_type::P1));
        rows.push(row);
    }
    rows.append(&mut addressed);
    Ok(rows)
}

/// Whether a row of a report says that somebody did not get the message.
fn tells_of_failure(row: &TreeProps) -> bool {
    let says = |tag: PropTag| row.value(tag).is_some();
    says(tags::NDR_REASON_CODE.raw())
        || says(tags::NDR_DIAG_CODE.raw())
        || says(tags::NDR_STATUS_CODE.raw())
        || (says(tags::REPORT_TIME.raw()) && !says(tags::DELIVER_TIME.raw()))
}

fn with_kind(mut row: Row, kind: i32) -> Row {
    row.retain(|(tag, _)| tag.id() != tags::RECIPIENT_TYPE.id());
    row.push((tags::RECIPIENT_TYPE.raw(), kind.into()));
    row
}

#[cfg(test)]
mod tests {
    use super::original_class;
    use mapi_props::{TreeProps, tags};

    #[test]
    fn the_class_of_a_report_says_that_of_its_message() {
        for (class, inner) in [
            ("REPORT.IPM.Note.NDR", Some("IPM.Note")),
            ("report.ipm.note.ndr", Some("ipm.note")),
            ("REPORT.IPM.Note.DR", None),
            ("REPORT.NDR", None),
            ("REPORT..NDR", None),
            ("IPM.Note", None),
            ("", None),
        ] {
            let mut props = TreeProps::default();
            props.set(tags::MESSAGE_CLASS, class);
            assert_eq!(original_class(&props).ok().as_deref(), inner, "{class}");
        }
    }
}
