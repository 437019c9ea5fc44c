//! How often a message that arrived could not be kept, and when that is enough.
//!
//! It is kept in rows of the spooler, so that a message which ends the process counts too often rather than never.

use std::collections::BTreeMap;
use std::time::Duration;

use mapi_props::{Code, FileTime, Guid, Kind};
use mapi_spi::{Error, Origin, SyncRow};

/// What keys begin with; the transport's UID follows, and the token.
const PREFIX: &[u8] = b"refused";

/// So often is a message tried whose failure is its own, whatever the time.
const OWN_FAULT: u32 = 3;
/// So often is any message tried at least, over this time at least.
const OFTEN: u32 = 5;
const LONG: Duration = Duration::from_hours(1);
/// So often whatever the time: the clock may be wrong.
const ENOUGH: u32 = 100;

/// What could not be kept, by its token.
#[derive(Debug)]
pub(super) struct Tries {
    prefix: Vec<u8>,
    known: BTreeMap<Vec<u8>, Tried>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tried {
    times: u32,
    /// When it was tried first.
    first: FileTime,
    /// What the store said last.
    code: Code,
    why: String,
}

impl Tries {
    pub(super) fn of(transport: Guid) -> Self {
        Self {
            prefix: [PREFIX, transport.as_bytes().as_slice()].concat(),
            known: BTreeMap::new(),
        }
    }

    /// Takes what there is among the spooler's rows.
    pub(super) fn read(&mut self, rows: &[(Vec<u8>, Vec<u8>)]) {
        let of = |(key, value): &(Vec<u8>, Vec<u8>)| {
            let token = key.strip_prefix(self.prefix.as_slice())?;
            Some((token.to_vec(), Tried::read(value)?))
        };
        self.known = rows.iter().filter_map(of).collect();
    }

    /// Notes that a message could not be kept. The row that says so.
    pub(super) fn note(&mut self, token: &[u8], error: &Error, now: FileTime) -> SyncRow {
        let tried = self.known.entry(token.to_vec()).or_insert(Tried {
            times: 0,
            first: now,
            code: error.code(),
            why: String::new(),
        });
        tried.times = tried.times.saturating_add(1);
        tried.code = error.code();
        tried.why = error.detail().to_owned();
        let value = tried.write();
        self.row(token, Some(value))
    }

    fn row(&self, token: &[u8], value: Option<Vec<u8>>) -> SyncRow {
        SyncRow {
            origin: Origin::SPOOLER,
            object: None,
            key: [self.prefix.as_slice(), token].concat(),
            value,
        }
    }

    /// Why a message is not tried any more, `MAPI_E_CANCEL`; `None`: it may be.
    pub(super) fn verdict(&self, token: &[u8], now: FileTime) -> Option<Error> {
        let tried = self.known.get(token)?;
        let over = FileTime(tried.first.0.saturating_add(steps(LONG))) <= now;
        let enough = match tried.times {
            0..OWN_FAULT => false,
            OWN_FAULT..OFTEN => is_own_fault(tried.code),
            OFTEN..ENOUGH => over || is_own_fault(tried.code),
            _ => true,
        };
        enough.then(|| {
            let detail = format!(
                "given up after {} tries: {} ({})",
                tried.times, tried.why, tried.code
            );
            Error::new(Code::CANCEL, detail)
        })
    }

    /// Forgets a message. What takes its row away, if there is one.
    pub(super) fn forget(&mut self, token: &[u8]) -> Option<SyncRow> {
        self.known.remove(token)?;
        Some(self.row(token, None))
    }
}

impl Tried {
    fn write(&self) -> Vec<u8> {
        let mut out = self.times.to_le_bytes().to_vec();
        out.extend(self.first.0.to_le_bytes());
        out.extend(self.code.0.to_le_bytes());
        out.extend(self.why.bytes());
        out
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (times, rest) = bytes.split_first_chunk()?;
        let (first, rest) = rest.split_first_chunk()?;
        let (code, why) = rest.split_first_chunk()?;
        Some(Self {
            times: u32::from_le_bytes(*times),
            first: FileTime(u64::from_le_bytes(*first)),
            code: Code(u32::from_le_bytes(*code)),
            why: String::from_utf8_lossy(why).into_owned(),
        })
    }
}

/// Whether it is the message that cannot be kept, and not that the store cannot keep it now.
fn is_own_fault(code: Code) -> bool {
    code.kind() == Kind::Corrupt
        || matches!(
            code,
            Code::TOO_BIG
                | Code::TOO_COMPLEX
                | Code::INVALID_PARAMETER
                | Code::NO_SUPPORT
                | Code::UNEXPECTED_TYPE
                | Code::BAD_VALUE
                | Code::TYPE_NO_SUPPORT
        )
}

fn steps(time: Duration) -> u64 {
    u64::try_from(time.as_nanos() / 100).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use mapi_props::{Code, FileTime, Guid};
    use mapi_spi::Error;

    use super::Tries;

    const HOUR: u64 = 36_000_000_000;

    #[test]
    fn a_message_is_set_aside_for_its_own_fault_soon_and_for_others_late() {
        let mut tries = Tries::of(Guid([1; 16]));
        let mut rows = std::collections::BTreeMap::new();
        let mut tried = |code: Code, at: u64| {
            let error = Error::new(code, "no");
            let row = tries.note(b"t", &error, FileTime(at));
            rows.insert(row.key, row.value.unwrap());
            // As after the end of the process.
            let mut again = Tries::of(Guid([1; 16]));
            again.read(&rows.clone().into_iter().collect::<Vec<_>>());
            assert_eq!(again.known, tries.known);
            again.verdict(b"t", FileTime(at)).is_some()
        };
        let busy = Code::CALL_FAILED;
        let fates = [busy, busy, busy, busy, busy].map(|code| tried(code, 5));
        assert_eq!(fates, [false; 5], "all in one moment");
        assert!(tried(busy, 6 + HOUR));
        assert!(!tried(busy, 3), "the clock was set back");
        assert!(tried(Code::TOO_BIG, 3));
        assert!(tries.verdict(b"other", FileTime(0)).is_none());
        assert!(tries.forget(b"t").is_some());
        assert!(tries.forget(b"t").is_none());
        let why = Error::new(Code::CORRUPT_DATA, "no");
        for expected in [false, false, true] {
            tries.note(b"u", &why, FileTime(0));
            let said = tries.verdict(b"u", FileTime(0));
            assert_eq!(said.is_some(), expected);
            assert!(said.is_none_or(|e| e.code() == Code::CANCEL && e.detail().contains("no")));
        }
    }
}
