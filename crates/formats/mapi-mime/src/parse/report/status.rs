//! Status codes, and MAPI's codes for them.
//! [MS-OXCMAIL] 2.2.3.7.1.3, RFC 3463

/// `class.subject.detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) kind: u16,
    pub(super) subject: u16,
    pub(super) detail: u16,
}

/// MAPI_DIAG_NO_DIAGNOSTIC.
const NO_DIAGNOSTIC: i32 = -1;

impl Status {
    /// Reads the code with which `text` starts; comments may follow.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim_start().splitn(3, '.');
        let kind = parts.next()?;
        let subject = parts.next()?;
        let detail = parts.next()?;
        let digits = detail.bytes().take_while(u8::is_ascii_digit).count();
        let number = |s: &str| {
            let fine = (1..=3).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
            fine.then(|| s.parse().ok()).flatten()
        };
        Some(Self {
            kind: number(kind).filter(|k| matches!(k, 2 | 4 | 5))?,
            subject: number(subject)?,
            detail: number(detail.get(..digits)?)?,
        })
    }

    /// The first code in a diagnostic text, `smtp; 550 5.1.1 User unknown`.
    pub(super) fn in_text(text: &str) -> Option<Self> {
        text.split([' ', '\t', '-', '#', '<', '(', ';'])
            .find_map(Self::parse)
    }

    /// As RFC 3463 writes it.
    pub(super) fn text(self) -> String {
        format!("{}.{}.{}", self.kind, self.subject, self.detail)
    }

    /// Subject and detail as the tables have them: what has two digits counts as 0.
    fn digits(self) -> (u16, u16) {
        let digit = |n: u16| if n > 9 { 0 } else { n };
        (digit(self.subject), digit(self.detail))
    }

    /// PR_NDR_STATUS_CODE.
    pub(super) fn code(self) -> i32 {
        let (subject, detail) = self.digits();
        i32::from(self.kind * 100 + subject * 10 + detail)
    }

    /// PR_NDR_DIAG_CODE and PR_NDR_REASON_CODE.
    pub(super) fn diagnostic_and_reason(self) -> (i32, i32) {
        let (subject, detail) = self.digits();
        let of = |row: &&(u16, Option<u16>, i32, i32)| {
            row.0 == subject && row.1.is_none_or(|d| d == detail)
        };
        CODES
            .iter()
            .find(of)
            .map_or((NO_DIAGNOSTIC, 0), |(_, _, diagnostic, reason)| {
                (*diagnostic, *reason)
            })
    }
}

/// Subject, detail (`None`: any other), MAPI_DIAG_* and MAPI_REASON_*; the first row that fits counts.
const CODES: &[(u16, Option<u16>, i32, i32)] = &[
    (1, Some(1), 35, 1),
    (1, Some(2), 48, 0),
    (1, Some(3), 32, 0),
    (1, Some(4), 1, 0),
    (1, Some(6), 40, 0),
    (1, None, 0, 0),
    (2, Some(2), 13, 0),
    (2, Some(3), 13, 0),
    (2, Some(4), 30, 0),
    (2, None, 38, 0),
    (3, Some(2), NO_DIAGNOSTIC, 0),
    (3, Some(3), 18, 0),
    (3, Some(4), 13, 0),
    (3, Some(5), 18, 0),
    (3, None, 38, 0),
    (4, Some(0), NO_DIAGNOSTIC, 0),
    (4, Some(3), NO_DIAGNOSTIC, 6),
    (4, Some(4), NO_DIAGNOSTIC, 0),
    (4, Some(6), 3, 0),
    (4, Some(7), 5, 0),
    (4, Some(8), 3, 0),
    (4, None, 2, 0),
    (5, Some(3), 16, 0),
    (5, Some(4), 11, 0),
    (5, None, 17, 0),
    (6, Some(2), 9, 0),
    (6, Some(3), 8, 0),
    (6, Some(4), 25, 0),
    (6, Some(5), NO_DIAGNOSTIC, 2),
    (6, None, 15, 0),
    (7, Some(1), 29, 0),
    (7, Some(2), 28, 0),
    (7, Some(3), 26, 0),
    (7, None, 46, 0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_a_status() {
        for (text, code, diagnostic, reason) in [
            ("5.1.1", 511, 35, 1),
            ("5.1.1 (unknown user)", 511, 35, 1),
            ("4.4.7", 447, 5, 0),
            ("5.7.1", 571, 29, 0),
            ("5.7.26", 570, 46, 0),
            ("2.0.0", 200, -1, 0),
            ("5.4.3", 543, -1, 6),
            ("5.6.5", 565, -1, 2),
            ("5.2.1", 521, 38, 0),
            ("5.9.9", 599, -1, 0),
        ] {
            let status = Status::parse(text).unwrap();
            let (d, r) = status.diagnostic_and_reason();
            assert_eq!((status.code(), d, r), (code, diagnostic, reason), "{text}");
        }
        for text in ["", "5", "5.1", "3.1.1", "a.b.c", "5.1.", "5.1111.1"] {
            assert_eq!(Status::parse(text), None, "{text}");
        }
        let found = Status::in_text("smtp; 550-5.7.26 This mail");
        assert_eq!(found.map(Status::text).as_deref(), Some("5.7.26"));
        assert_eq!(Status::in_text("smtp; 550 no such user at 10.0.0.1"), None);
    }
}
