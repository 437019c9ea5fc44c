//! The default set: the classes that every client knows, with a name, an icon and the icon's name.

use std::sync::{Arc, LazyLock};

use crate::drawing::{self, Drawing};
use crate::{Form, class};

/// The icon name of classes that nothing is known of.
pub const UNKNOWN_ICON: &str = "unknown";

/// Class, display name, icon name and icon. Icon names are those of freedesktop.org's icon themes where it has one; a
/// front end that has no icon of a name takes the one of the name without its last `-word`.
const SET: [(&str, &str, &str, Drawing); 30] = [
    ("IPM", "Item", "mail-message", Drawing::Envelope),
    ("IPM.Note", "Message", "mail-message", Drawing::Envelope),
    (
        "IPM.Note.SMIME",
        "Encrypted Message",
        "mail-message-encrypted",
        Drawing::Lock,
    ),
    (
        "IPM.Note.SMIME.MultipartSigned",
        "Signed Message",
        "mail-message-signed",
        Drawing::Lock,
    ),
    (
        "IPM.Note.Secure",
        "Encrypted Message",
        "mail-message-encrypted",
        Drawing::Lock,
    ),
    (
        "IPM.Note.Secure.Sign",
        "Signed Message",
        "mail-message-signed",
        Drawing::Lock,
    ),
    (
        "IPM.Recall.Report",
        "Recall Report",
        "mail-message-report",
        Drawing::Report,
    ),
    (
        "IPM.Outlook.Recall",
        "Recall",
        "mail-message-recall",
        Drawing::Report,
    ),
    ("IPM.Post", "Post", "mail-message-post", Drawing::Page),
    (
        "IPM.Document",
        "Document",
        "x-office-document",
        Drawing::Page,
    ),
    (
        "IPM.Contact",
        "Contact",
        "x-office-contact",
        Drawing::Person,
    ),
    (
        "IPM.DistList",
        "Distribution List",
        "x-office-address-book",
        Drawing::People,
    ),
    (
        "IPM.Appointment",
        "Appointment",
        "x-office-calendar",
        Drawing::Calendar,
    ),
    (
        "IPM.Schedule.Meeting",
        "Meeting",
        "x-office-calendar-meeting",
        Drawing::Calendar,
    ),
    (
        "IPM.Schedule.Meeting.Request",
        "Meeting Request",
        "x-office-calendar-meeting-request",
        Drawing::Calendar,
    ),
    (
        "IPM.Schedule.Meeting.Canceled",
        "Meeting Cancellation",
        "x-office-calendar-meeting-canceled",
        Drawing::Calendar,
    ),
    (
        "IPM.Schedule.Meeting.Resp.Pos",
        "Meeting Accepted",
        "x-office-calendar-meeting-accepted",
        Drawing::Calendar,
    ),
    (
        "IPM.Schedule.Meeting.Resp.Neg",
        "Meeting Declined",
        "x-office-calendar-meeting-declined",
        Drawing::Calendar,
    ),
    (
        "IPM.Schedule.Meeting.Resp.Tent",
        "Meeting Tentatively Accepted",
        "x-office-calendar-meeting-tentative",
        Drawing::Calendar,
    ),
    ("IPM.Task", "Task", "task-due", Drawing::Task),
    (
        "IPM.TaskRequest",
        "Task Request",
        "task-due-request",
        Drawing::Task,
    ),
    (
        "IPM.TaskRequest.Accept",
        "Task Accepted",
        "task-due-accepted",
        Drawing::Task,
    ),
    (
        "IPM.TaskRequest.Decline",
        "Task Declined",
        "task-due-declined",
        Drawing::Task,
    ),
    (
        "IPM.StickyNote",
        "Note",
        "text-x-generic-note",
        Drawing::Note,
    ),
    (
        "IPM.Activity",
        "Journal Entry",
        "x-office-calendar-journal",
        Drawing::Book,
    ),
    ("REPORT", "Report", "mail-message-report", Drawing::Report),
    (
        "REPORT.IPM.Note.NDR",
        "Undeliverable Report",
        "mail-message-report-undelivered",
        Drawing::Report,
    ),
    (
        "REPORT.IPM.Note.DR",
        "Delivery Report",
        "mail-message-report-delivered",
        Drawing::Envelope,
    ),
    (
        "REPORT.IPM.Note.IPNRN",
        "Read Receipt",
        "mail-message-report-read",
        Drawing::Envelope,
    ),
    (
        "REPORT.IPM.Note.IPNNRN",
        "Nonread Receipt",
        "mail-message-report-unread",
        Drawing::Report,
    ),
];

static FORMS: LazyLock<Vec<Arc<Form>>> =
    LazyLock::new(|| SET.iter().map(made).map(Arc::new).collect());

/// The forms of the set, `IPM` first.
#[must_use]
pub fn forms() -> &'static [Arc<Form>] {
    &FORMS
}

fn made((class, name, _, drawing): &(&str, &str, &str, Drawing)) -> Form {
    let icons = (drawing::large(*drawing), drawing::mini(*drawing));
    Form::standard(class, name, icons)
}

/// The name of the icon of a class: that of the nearest class of the set, [`UNKNOWN_ICON`] if there is none.
///
/// ```
/// assert_eq!(mapi_forms::icon_name("ipm.contact.customer"), "x-office-contact");
/// assert_eq!(mapi_forms::icon_name("IPC.Probe"), "unknown");
/// ```
#[must_use]
pub fn icon_name(class: &str) -> &'static str {
    let known = |class: &str| SET.iter().find(|(of, ..)| of.eq_ignore_ascii_case(class));
    class::line(class)
        .find_map(known)
        .map_or(UNKNOWN_ICON, |(_, _, icon, _)| icon)
}

/// The nearest form of the set to a class; `None` if it has no relative there.
#[must_use]
pub fn nearest(class: &str) -> Option<&'static Arc<Form>> {
    class::line(class).find_map(|class| forms().iter().find(|form| form.is_of(class)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_the_icon_of_their_nearest_relative() {
        for (class, icon) in [
            ("IPM", "mail-message"),
            ("IPM.Note.Rules.OofTemplate.Microsoft", "mail-message"),
            ("IPM.Note.SMIME.MultipartSigned", "mail-message-signed"),
            (
                "IPM.Schedule.Meeting.Resp.Tent",
                "x-office-calendar-meeting-tentative",
            ),
            ("REPORT.IPM.Note.NDR", "mail-message-report-undelivered"),
            ("Report.IPM.Post.DR", "mail-message-report"),
            ("IPM.Foo.Bar", "mail-message"),
            ("REPORTER", UNKNOWN_ICON),
            ("", UNKNOWN_ICON),
        ] {
            assert_eq!(icon_name(class), icon, "{class}");
        }
    }

    #[test]
    fn every_class_of_the_set_is_a_form_with_icons() {
        assert_eq!(forms().len(), SET.len());
        for (form, (class, name, ..)) in forms().iter().zip(SET) {
            let description = form.description();
            assert_eq!(description.message_class, class);
            assert_eq!(description.display_name, name);
            assert!(form.icon().is_some() && form.mini_icon().is_some());
        }
    }
}
