//! What reports tell of the recipients of a message that was sent, kept in its own recipient rows.
//! Reference: [MS-OXOMSG] 2.2.2, `Recipient.TrackingStatus` (requirements RP-01, MSG-04)
//!
//! A report that arrives says what became of some recipients ([`told`]); the rows of the message that it is about then say so
//! too ([`apply`]): PR_RECIPIENT_TRACKSTATUS and PR_RECIPIENT_TRACKSTATUS_TIME. Reports come late, twice and in any order,
//! so a row only ever learns more: who read a message is not taken for one to whom it was just delivered.

mod report_tag;

use std::collections::BTreeSet;

use mapi_props::entry_id::recipient_search_key;
use mapi_props::{Bag, FileTime, MessageTree, PropValue, Tag, TreeProps, tags};

/// PR_RECIPIENT_TRACKSTATUS: what is known of one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Track {
    /// Nothing.
    #[default]
    None,
    /// It was delivered.
    Delivered,
    /// It was not delivered.
    NotDelivered,
    /// It was deleted unread.
    NotRead,
    /// It was to be called back, and was not.
    NotRecalled,
    /// It was called back.
    Recalled,
    /// It was read.
    Read,
    /// It was answered.
    Replied,
}

impl Track {
    /// The number that stands for it (OlTrackingStatus).
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::None => 0,
            Self::Delivered => 1,
            Self::NotDelivered => 2,
            Self::NotRead => 3,
            Self::NotRecalled => 4,
            Self::Recalled => 5,
            Self::Read => 6,
            Self::Replied => 7,
        }
    }

    /// What a number stands for; [`Self::None`] for one that means nothing.
    #[must_use]
    pub const fn of(code: i32) -> Self {
        match code {
            1 => Self::Delivered,
            2 => Self::NotDelivered,
            3 => Self::NotRead,
            4 => Self::NotRecalled,
            5 => Self::Recalled,
            6 => Self::Read,
            7 => Self::Replied,
            _ => Self::None,
        }
    }

    /// What counts more is not replaced by what counts less, whenever that comes.
    const fn weight(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Delivered | Self::NotDelivered => 1,
            Self::NotRead => 2,
            Self::Read => 3,
            Self::Replied => 4,
            Self::NotRecalled | Self::Recalled => 5,
        }
    }
}

/// What is known of a recipient, and since when.
#[must_use]
pub fn track_of(row: &Bag) -> (Track, Option<FileTime>) {
    let code = row.value(tags::RECIPIENT_TRACKSTATUS);
    let since = row.value(tags::RECIPIENT_TRACKSTATUS_TIME);
    (
        Track::of(code.and_then(PropValue::as_long).unwrap_or_default()),
        since.and_then(PropValue::as_time),
    )
}

/// Lets a recipient's row say so, unless it says more already. Whether it changed.
pub fn set(row: &mut Bag, track: Track, time: FileTime) -> bool {
    let (known, since) = track_of(row);
    let older = known.weight() == track.weight() && since.is_some_and(|since| since > time);
    if known.weight() > track.weight() || older || (known, since) == (track, Some(time)) {
        return false;
    }
    // A message may have tens of thousands of rows.
    let said = [
        tags::RECIPIENT_TRACKSTATUS.id(),
        tags::RECIPIENT_TRACKSTATUS_TIME.id(),
    ];
    row.reserve(said.iter().filter(|id| !row.contains(id)).count());
    row.set(tags::RECIPIENT_TRACKSTATUS, track.code());
    row.set(tags::RECIPIENT_TRACKSTATUS_TIME, time);
    true
}

/// What a report tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// PR_INTERNET_MESSAGE_ID of the message that it is about.
    pub message_id: Option<String>,
    /// PR_SEARCH_KEY of that message (PR_PARENT_KEY of the report).
    pub search_key: Option<Vec<u8>>,
    /// PR_REPORT_TAG, which that message has too.
    pub report_tag: Option<Vec<u8>>,
    /// What became of whom.
    pub of: Vec<TellsOf>,
}

impl Told {
    /// PR_ENTRYID of the message that it is about, where PR_REPORT_TAG names it ([MS-OXOMSG] 2.2.2.22): what a report says, which
    /// may be anything.
    #[must_use]
    pub fn named_message(&self) -> Option<&[u8]> {
        report_tag::named_message(self.report_tag.as_deref()?)
    }
}

/// What a report tells of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TellsOf {
    /// Search keys that the recipient goes by.
    keys: BTreeSet<Vec<u8>>,
    /// What became of the message.
    pub track: Track,
    /// When.
    pub time: FileTime,
}

/// What a report tells of the recipients of a message; `None` if the message is no report, or tells of nobody: one that says that
/// something is delayed, or went where nobody reports.
#[must_use]
pub fn told(report: &MessageTree) -> Option<Told> {
    let props = &report.props;
    let kind = Kind::of(props.text(tags::MESSAGE_CLASS)?)?;
    let of = match kind {
        Kind::Read | Kind::NotRead => reader(props, kind).into_iter().collect(),
        Kind::Delivered | Kind::Failed => {
            let rows = report.recipients.iter().filter(|row| is_told(row));
            rows.filter_map(|row| recipient(props, row, kind)).collect()
        }
    };
    let told = Told {
        message_id: message_id(props),
        search_key: bytes(props, tags::PARENT_KEY),
        report_tag: bytes(props, tags::REPORT_TAG),
        of,
    };
    let says = |told: &Told| {
        told.message_id.is_some() || told.search_key.is_some() || told.report_tag.is_some()
    };
    Some(told).filter(|told| !told.of.is_empty() && says(told))
}

/// Lets the recipients of a message say what is told of them. Whether any of them changed.
pub fn apply(recipients: &mut [Bag], told: &[TellsOf]) -> bool {
    let mut changed = false;
    for row in recipients {
        let keys = row_keys(
            row.text(tags::ADDRTYPE),
            [row.text(tags::EMAIL_ADDRESS), row.text(tags::SMTP_ADDRESS)],
            [row.value(tags::SEARCH_KEY)],
        );
        for one in told.iter().filter(|one| !one.keys.is_disjoint(&keys)) {
            changed |= set(row, one.track, one.time);
        }
    }
    changed
}

/// Kinds of reports that tell something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Delivered,
    Failed,
    Read,
    NotRead,
}

impl Kind {
    fn of(class: &str) -> Option<Self> {
        let class = class.to_ascii_lowercase();
        let rest = class.strip_prefix("report.")?;
        // Neither says that anybody got it. [MS-OXCMAIL] 2.2.3.7.1.1
        if rest.ends_with(".delayed.dr") || rest.ends_with(".relayed.dr") {
            return None;
        }
        match rest.rsplit_once('.')?.1 {
            "dr" => Some(Self::Delivered),
            "ndr" => Some(Self::Failed),
            "ipnrn" => Some(Self::Read),
            "ipnnrn" => Some(Self::NotRead),
            _ => None,
        }
    }

    const fn track(self) -> Track {
        match self {
            Self::Delivered => Track::Delivered,
            Self::Failed => Track::NotDelivered,
            Self::Read => Track::Read,
            Self::NotRead => Track::NotRead,
        }
    }
}

/// Whether a row of a report is of somebody of whom it tells, rather than of whoever the report goes to.
fn is_told(row: &TreeProps) -> bool {
    row.value(tags::REPORT_TIME).is_some() || row.value(tags::DELIVER_TIME).is_some()
}

fn recipient(report: &TreeProps, row: &TreeProps, kind: Kind) -> Option<TellsOf> {
    let keys = row_keys(
        row.text(tags::ADDRTYPE),
        [row.text(tags::EMAIL_ADDRESS), row.text(tags::SMTP_ADDRESS)],
        // Whom the sender named, where the mail went on to somebody else.
        [
            row.value(tags::SEARCH_KEY),
            row.value(tags::ORIGINAL_SEARCH_KEY),
        ],
    );
    let own = match kind {
        Kind::Delivered => time(row, tags::DELIVER_TIME),
        _ => None,
    };
    let time = own
        .or_else(|| time(row, tags::REPORT_TIME))
        .or_else(|| reported(report));
    tells_of(keys, kind, time)
}

/// Who made a read report: its sender, or the recipient that it says it is made for.
fn reader(report: &TreeProps, kind: Kind) -> Option<TellsOf> {
    let mut keys = row_keys(
        report.text(tags::SENDER_ADDRTYPE),
        [
            report.text(tags::SENDER_EMAIL_ADDRESS),
            report.text(tags::SENDER_SMTP_ADDRESS),
        ],
        [
            report.value(tags::SENDER_SEARCH_KEY),
            report.value(tags::SENT_REPRESENTING_SEARCH_KEY),
        ],
    );
    keys.extend(row_keys(
        report.text(tags::SENT_REPRESENTING_ADDRTYPE),
        [
            report.text(tags::SENT_REPRESENTING_EMAIL_ADDRESS),
            report.text(tags::SENT_REPRESENTING_SMTP_ADDRESS),
        ],
        [],
    ));
    // Mail brings the recipient whom the sender named here (RFC 8098 §3.2.3), a report made by MAPI all their names.
    let meant = report.text(tags::ORIGINAL_DISPLAY_TO).map(str::trim);
    let meant = meant.filter(|m| m.contains('@') && !m.contains([';', ' ']));
    keys.extend(meant.map(|address| recipient_search_key("SMTP", address)));
    let read = match kind {
        Kind::Read => time(report, tags::RECEIPT_TIME),
        _ => None,
    };
    tells_of(keys, kind, read.or_else(|| reported(report)))
}

fn tells_of(keys: BTreeSet<Vec<u8>>, kind: Kind, time: Option<FileTime>) -> Option<TellsOf> {
    let told = TellsOf {
        keys,
        track: kind.track(),
        time: time?,
    };
    Some(told).filter(|told| !told.keys.is_empty())
}

fn row_keys<const N: usize>(
    kind: Option<&str>,
    addresses: [Option<&str>; 2],
    stored: [Option<&PropValue>; N],
) -> BTreeSet<Vec<u8>> {
    let [address, smtp] = addresses;
    let typed = [(kind.unwrap_or("SMTP"), address), ("SMTP", smtp)];
    let made = typed.into_iter().filter_map(|(kind, address)| {
        let address = address?.trim();
        (!address.is_empty()).then(|| recipient_search_key(kind, address))
    });
    let stored = stored.into_iter().flatten().filter_map(PropValue::as_bytes);
    let stored = stored.filter(|key| !key.is_empty());
    made.chain(stored.map(<[u8]>::to_ascii_uppercase)).collect()
}

/// PidTagOriginalMessageId, which has the number of PR_INTERNET_RETURN_PATH in reports ([MS-OXOMSG] 2.2.1.85); else the last id of
/// those that the report names.
fn message_id(report: &TreeProps) -> Option<String> {
    let own = report.text(tags::INTERNET_RETURN_PATH).unwrap_or_default();
    let named = report.text(tags::INTERNET_REFERENCES).unwrap_or_default();
    let replied = report.text(tags::IN_REPLY_TO_ID).unwrap_or_default();
    let last = |text: &str| {
        let (_, id) = text.rsplit_once('<')?;
        let (id, _) = id.split_once('>')?;
        let id = id.trim();
        (!id.is_empty()).then(|| format!("<{id}>"))
    };
    last(own).or_else(|| last(named)).or_else(|| last(replied))
}

fn reported(report: &TreeProps) -> Option<FileTime> {
    time(report, tags::REPORT_TIME)
        .or_else(|| time(report, tags::CLIENT_SUBMIT_TIME))
        .or_else(|| time(report, tags::MESSAGE_DELIVERY_TIME))
}

fn time(props: &TreeProps, tag: Tag<FileTime>) -> Option<FileTime> {
    props.value(tag).and_then(PropValue::as_time)
}

fn bytes(props: &TreeProps, tag: Tag<[u8]>) -> Option<Vec<u8>> {
    let value = props.value(tag).and_then(PropValue::as_bytes);
    value.filter(|bytes| !bytes.is_empty()).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests;
