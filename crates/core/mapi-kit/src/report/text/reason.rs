//! Why a message was not delivered, as far as codes say it. RFC 3463 §3, MAPI_DIAG_… (requirement RP-01)

/// MAPI_DIAG_NO_DIAGNOSTIC.
pub(super) const NO_DIAGNOSTIC: i32 = -1;

/// Why, in kinds that a person can do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::report) enum Reason {
    /// Nobody has this address there.
    UnknownAddress,
    /// Nobody takes mail for this domain.
    UnknownDomain,
    /// It is no address.
    BadAddress,
    /// The mailbox takes no mail at the moment.
    Disabled,
    /// The mailbox is full.
    Full,
    /// The message is too large.
    TooLarge,
    /// The other side could not be reached, or took too long.
    Unreachable,
    /// It was tried for too long.
    Expired,
    /// It went round in circles.
    Loop,
    /// The other side does not understand the content.
    Content,
    /// The other side does not want it.
    NotAllowed,
    /// Nothing is known but that it failed for now.
    Temporary,
    /// Nothing is known but that it failed.
    Other,
}

impl Reason {
    /// What PR_NDR_STATUS_CODE says, else PR_NDR_DIAG_CODE.
    pub(super) const fn of(status: i32, diagnostic: i32) -> Self {
        match Self::of_status(status) {
            Some(reason) => reason,
            None => Self::of_diagnostic(diagnostic, status),
        }
    }

    const fn of_status(status: i32) -> Option<Self> {
        if status < 400 || status > 599 {
            return None;
        }
        Some(match status % 100 {
            10 | 11 | 16 => Self::UnknownAddress,
            12 | 18 => Self::UnknownDomain,
            13 | 14 | 15 | 17 => Self::BadAddress,
            20 | 21 => Self::Disabled,
            22 | 31 => Self::Full,
            23 | 34 => Self::TooLarge,
            40..=45 => Self::Unreachable,
            46 => Self::Loop,
            47 => Self::Expired,
            60..=69 => Self::Content,
            70..=79 => Self::NotAllowed,
            _ => return None,
        })
    }

    const fn of_diagnostic(diagnostic: i32, status: i32) -> Self {
        match diagnostic {
            // MAPI_DIAG_OR_NAME_UNRECOGNIZED, MAPI_DIAG_MAIL_RECIPIENT_UNKNOWN.
            0 | 35 => Self::UnknownAddress,
            3 => Self::Loop,
            4 => Self::Disabled,
            5 => Self::Expired,
            7 | 13 => Self::TooLarge,
            8 | 9 | 12 | 15 => Self::Content,
            _ if status >= 400 && status < 500 => Self::Temporary,
            _ => Self::Other,
        }
    }
}

/// The code as RFC 3463 writes it: `5.1.1` for 511; none where there is none.
pub(super) fn enhanced(status: i32) -> Option<String> {
    let there = (200..600).contains(&status);
    there.then(|| format!("{}.{}.{}", status / 100, status / 10 % 10, status % 10))
}
