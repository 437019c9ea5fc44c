//! Delivery status notifications.
//! [MS-OXCMAIL] 2.2.3.7.1, RFC 3464

use mapi_props::{MessageTree, TreeProps, tags};

use super::group::Group;
use super::people::Person;
use super::status::Status;
use super::{Reader, Report};

/// What became of a recipient, from good to bad. [MS-OXCMAIL] 2.2.3.7.1.1
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Delivered,
    Expanded,
    Relayed,
    Delayed,
    Failed,
}

impl Action {
    /// What a group says, else what its status code stands for.
    fn of(group: &Group, status: Option<Status>) -> Option<Self> {
        let word = group.get("action").unwrap_or_default();
        let word: String = word
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect::<String>()
            .to_ascii_lowercase();
        match word.as_str() {
            "delivered" => Some(Self::Delivered),
            "expanded" => Some(Self::Expanded),
            "relayed" => Some(Self::Relayed),
            "delayed" => Some(Self::Delayed),
            "failed" => Some(Self::Failed),
            _ => match status?.kind {
                2 => Some(Self::Delivered),
                4 => Some(Self::Delayed),
                _ => Some(Self::Failed),
            },
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Delivered => "REPORT.IPM.Note.DR",
            Self::Expanded => "REPORT.IPM.Note.Expanded.DR",
            Self::Relayed => "REPORT.IPM.Note.Relayed.DR",
            Self::Delayed => "REPORT.IPM.Note.Delayed.DR",
            Self::Failed => "REPORT.IPM.Note.NDR",
        }
    }

    /// The class of codes that fits where a report gives none.
    fn status(self) -> Status {
        let kind = match self {
            Self::Delivered | Self::Expanded | Self::Relayed => 2,
            Self::Delayed => 4,
            Self::Failed => 5,
        };
        Status {
            kind,
            subject: 0,
            detail: 0,
        }
    }
}

/// One recipient's part of the report.
struct Outcome<'a> {
    group: &'a Group,
    action: Action,
    status: Status,
}

/// Adds the recipients of the worst outcome, and gives the class that it stands for; `None` if there are none.
///
/// Recipients of a better outcome stay in the report's own part, as [MS-OXCMAIL] 2.2.3.7.1 recommends: the table of
/// an NDR lists who did not get the message.
pub(super) fn read(
    reader: &mut Reader<'_>,
    tree: &mut MessageTree,
    report: &Report,
) -> Option<&'static str> {
    let outcomes: Vec<Outcome<'_>> = report.groups.iter().filter_map(outcome).collect();
    let worst = outcomes.iter().map(|o| o.action).max()?;
    for outcome in outcomes.iter().filter(|o| o.action == worst) {
        if reader.recipients == 0 {
            let detail = format!("{} recipients are reported", outcomes.len());
            reader.defect("too-many-recipients", detail);
            break;
        }
        if let Some(row) = row(outcome, report) {
            tree.recipients.push(row);
            reader.recipients -= 1;
        }
    }
    Some(worst.class())
}

fn outcome(group: &Group) -> Option<Outcome<'_>> {
    group
        .get("final-recipient")
        .or_else(|| group.get("original-recipient"))?;
    let declared = group.get("status").and_then(Status::parse);
    let status = declared.or_else(|| Status::in_text(group.get("diagnostic-code")?));
    let action = Action::of(group, status)?;
    let status = status.unwrap_or_else(|| action.status());
    Some(Outcome {
        group,
        action,
        status,
    })
}

/// The recipient's row; `None` without an address.
fn row(outcome: &Outcome<'_>, report: &Report) -> Option<TreeProps> {
    let group = outcome.group;
    let original = group.get("original-recipient").and_then(Person::parse);
    let reached = group.get("final-recipient").and_then(Person::parse);
    let mut person = reached.or_else(|| original.clone())?;
    if let Some(name) = group.get("x-display-name") {
        name.clone_into(&mut person.name);
    }
    let mut row = TreeProps::default();
    person.put(&mut row);
    if let Some(original) = original {
        original.put_original(&mut row);
    }
    let remote = group.get("remote-mta").map(name_of_mta).unwrap_or_default();
    if !remote.is_empty() {
        row.set(tags::DSN_REMOTE_MTA, remote);
    }
    let diagnostic = group.get("diagnostic-code");
    if let Some(text) = diagnostic {
        row.set(tags::REPORT_TEXT, text);
    }
    let told = group.get("x-supplementary-info").map(str::to_owned);
    let made = || supplementary(remote, outcome.status, diagnostic);
    row.set(tags::SUPPLEMENTARY_INFO, told.unwrap_or_else(made));
    row.set(tags::REPORT_TIME, report.sent);
    row.set(tags::NDR_STATUS_CODE, outcome.status.code());
    if outcome.action != Action::Failed {
        row.set(tags::DELIVER_TIME, report.sent);
    }
    if outcome.action >= Action::Delayed {
        let (diagnostic, reason) = outcome.status.diagnostic_and_reason();
        row.set(tags::NDR_DIAG_CODE, diagnostic);
        row.set(tags::NDR_REASON_CODE, reason);
    }
    Some(row)
}

/// The name in `dns; mx.example.com`.
fn name_of_mta(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, name)| name).trim()
}

/// `<mta #status diagnostic>`. [MS-OXCMAIL] 2.2.3.7.1.2
fn supplementary(remote: &str, status: Status, diagnostic: Option<&str>) -> String {
    let mut text = format!("<{remote} #{}", status.text());
    if let Some(diagnostic) = diagnostic {
        text.push(' ');
        text.push_str(diagnostic);
    }
    text + ">"
}
