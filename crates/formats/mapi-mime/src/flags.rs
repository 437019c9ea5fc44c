//! What containers say about a message beside its bytes, as MAPI says it, and back.
//!
//! Maildir flags; `Status` and `X-Status` of mbox. [MS-OXCMSG] 2.2.1.6, [MS-OXOFLAG] 2.2.1.1, [MS-OXOMSG] 2.2.1.13

use mapi_props::{PropValue, TreeProps, message_flags, tags};

use crate::maildir;

/// PR_FLAG_STATUS of a message that is flagged for follow-up.
pub const FLAGGED: i32 = 2;
/// PR_FOLLOWUP_ICON: the red flag.
pub const RED_FLAG: i32 = 6;
/// PR_LAST_VERB_EXECUTED after a reply to the sender.
const VERB_REPLY: i32 = 102;
/// PR_LAST_VERB_EXECUTED after a reply to all.
const VERB_REPLY_ALL: i32 = 103;
/// PR_LAST_VERB_EXECUTED after forwarding.
const VERB_FORWARD: i32 = 104;
/// MSGSTATUS_DELMARKED: marked to be deleted.
const DELMARKED: u32 = 8;
/// MSGSTATUS_ANSWERED.
const ANSWERED: u32 = 0x200;
/// PR_ICON_INDEX of a message that was replied to, and of one that was forwarded.
const ICON_REPLIED: i32 = 0x105;
const ICON_FORWARDED: i32 = 0x106;

/// The state of a message beside its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "six independent letters of the Maildir rules"
)]
pub struct MailFlags {
    /// It was read.
    pub seen: bool,
    /// It was replied to.
    pub replied: bool,
    /// It was forwarded.
    pub passed: bool,
    /// It is flagged.
    pub flagged: bool,
    /// It is a draft.
    pub draft: bool,
    /// It is marked to be deleted.
    pub trashed: bool,
}

impl MailFlags {
    /// From the flags in a Maildir name.
    #[must_use]
    pub fn of_maildir(flags: &maildir::Flags) -> Self {
        Self {
            seen: flags.seen(),
            replied: flags.replied(),
            passed: flags.passed(),
            flagged: flags.flagged(),
            draft: flags.draft(),
            trashed: flags.trashed(),
        }
    }

    /// As flags of a Maildir name.
    #[must_use]
    pub fn to_maildir(self) -> maildir::Flags {
        maildir::Flags::default()
            .with_seen(self.seen)
            .with_replied(self.replied)
            .with_passed(self.passed)
            .with_flagged(self.flagged)
            .with_draft(self.draft)
            .with_trashed(self.trashed)
    }

    /// From the `Status` and `X-Status` header fields that mail programs write into mbox files.
    #[must_use]
    pub fn of_mbox(message: &[u8]) -> Self {
        let mut found = Self::default();
        for line in message.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let Some(colon) = line.iter().position(|byte| *byte == b':') else {
                if line.is_empty() {
                    break; // the header ends here
                }
                continue;
            };
            let (name, value) = line.split_at(colon);
            if name.eq_ignore_ascii_case(b"status") {
                found.seen |= value.contains(&b'R');
            } else if name.eq_ignore_ascii_case(b"x-status") {
                found.replied |= value.contains(&b'A');
                found.flagged |= value.contains(&b'F');
                found.draft |= value.contains(&b'T');
                found.trashed |= value.contains(&b'D');
            }
        }
        found
    }

    /// As `Status` and, if there is more to say, `X-Status` header fields. Forwarding has no letter there.
    #[must_use]
    pub fn to_mbox(self) -> Vec<String> {
        let letters = [
            (self.replied, 'A'),
            (self.flagged, 'F'),
            (self.draft, 'T'),
            (self.trashed, 'D'),
        ];
        let more: String = letters
            .iter()
            .filter(|(set, _)| *set)
            .map(|(_, letter)| letter)
            .collect();
        // O: no longer new to whoever reads the file.
        let status = if self.seen { "Status: RO" } else { "Status: O" };
        let mut lines = vec![status.to_owned()];
        if !more.is_empty() {
            lines.push(format!("X-Status: {more}"));
        }
        lines
    }

    /// PR_MESSAGE_FLAGS of a new message in this state: unmodified since it arrived.
    #[must_use]
    pub const fn message_flags(self) -> u32 {
        let read = if self.seen { message_flags::READ } else { 0 };
        let unsent = if self.draft { message_flags::UNSENT } else { 0 };
        read | unsent | message_flags::UNMODIFIED
    }

    /// PR_MSG_STATUS of a new message in this state.
    #[must_use]
    pub const fn status(self) -> u32 {
        let marked = if self.trashed { DELMARKED } else { 0 };
        let answered = if self.replied { ANSWERED } else { 0 };
        marked | answered
    }

    /// Puts the rest of this state into a new message's properties.
    pub fn put(self, props: &mut TreeProps) {
        if self.flagged {
            props.set(tags::FLAG_STATUS, FLAGGED);
            props.set(tags::FOLLOWUP_ICON, RED_FLAG);
        }
        let verb = match (self.replied, self.passed) {
            (true, _) => Some((VERB_REPLY, ICON_REPLIED)),
            (false, true) => Some((VERB_FORWARD, ICON_FORWARDED)),
            (false, false) => None,
        };
        if let Some((verb, icon)) = verb {
            props.set(tags::LAST_VERB_EXECUTED, verb);
            props.set(tags::ICON_INDEX, icon);
        }
    }

    /// The state of a stored message, from these four properties.
    #[must_use]
    pub fn of_message(
        flags: u32,
        status: u32,
        flag_status: Option<&PropValue>,
        last_verb: Option<&PropValue>,
    ) -> Self {
        let verb = last_verb.and_then(PropValue::as_long);
        Self {
            seen: flags & message_flags::READ != 0,
            draft: flags & message_flags::UNSENT != 0,
            trashed: status & DELMARKED != 0,
            replied: status & ANSWERED != 0 || matches!(verb, Some(VERB_REPLY | VERB_REPLY_ALL)),
            passed: verb == Some(VERB_FORWARD),
            flagged: flag_status.and_then(PropValue::as_long) == Some(FLAGGED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maildir_letters_come_back() {
        for letters in ["", "S", "FS", "DT", "RS", "PS", "DFRST"] {
            let name = format!("1.x:2,{letters}");
            let (_, flags) = maildir::parse_name(&name);
            let state = MailFlags::of_maildir(&flags);
            let mut props = TreeProps::new();
            state.put(&mut props);
            let again = MailFlags::of_message(
                state.message_flags(),
                state.status(),
                props.value(tags::FLAG_STATUS),
                props.value(tags::LAST_VERB_EXECUTED),
            );
            assert_eq!(again.to_maildir().letters(), letters);
        }
    }

    #[test]
    fn status_lines_of_mbox() {
        let mail = b"Subject: x\r\nStatus: RO\r\nX-Status: AF\r\n\r\nStatus: D\r\nX-Status: D\r\n";
        let flags = MailFlags::of_mbox(mail);
        assert_eq!(flags.to_maildir().letters(), "FRS");
    }
}
