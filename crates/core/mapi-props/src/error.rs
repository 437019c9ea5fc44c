//! MAPI's result codes and the closed kinds that retry and user interface switch on.

use std::fmt;

/// A result code: `S_OK`, `MAPI_W_…` (a warning: success, high bit clear) or `MAPI_E_…`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u32);

impl Code {
    /// Whether this is a failure (high bit set).
    #[must_use]
    pub const fn is_error(self) -> bool {
        self.0 & 0x8000_0000 != 0
    }

    /// Whether this is a success that says more than S_OK.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        self.0 != 0 && !self.is_error()
    }

    /// What a caller can do about it.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Self::NOT_FOUND | Self::OBJECT_DELETED | Self::UNKNOWN_ENTRYID => Kind::NotFound,
            Self::OBJECT_CHANGED => Kind::Conflict,
            Self::NO_ACCESS | Self::COMPUTED | Self::SUBMITTED => Kind::Denied,
            Self::LOGON_FAILED => Kind::Logon,
            Self::NETWORK_ERROR => Kind::Network,
            Self::BUSY | Self::TIMEOUT => Kind::Busy,
            Self::USER_CANCEL => Kind::Cancelled,
            Self::NO_SUPPORT
            | Self::TOO_COMPLEX
            | Self::INTERFACE_NOT_SUPPORTED
            | Self::BAD_CHARWIDTH
            | Self::VERSION => Kind::Unsupported,
            Self::NOT_ENOUGH_MEMORY
            | Self::NOT_ENOUGH_DISK
            | Self::NOT_ENOUGH_RESOURCES
            | Self::TOO_BIG
            | Self::TABLE_TOO_BIG => Kind::Limit,
            Self::CORRUPT_DATA | Self::CORRUPT_STORE => Kind::Corrupt,
            Self::DISK_ERROR => Kind::Disk,
            Self::COLLISION | Self::HAS_FOLDERS | Self::HAS_MESSAGES | Self::FOLDER_CYCLE => {
                Kind::Refused
            }
            Self::INVALID_PARAMETER
            | Self::UNKNOWN_FLAGS
            | Self::INVALID_ENTRYID
            | Self::INVALID_OBJECT
            | Self::INVALID_TYPE
            | Self::UNEXPECTED_TYPE
            | Self::UNEXPECTED_ID
            | Self::INVALID_BOOKMARK
            | Self::STRING_TOO_LONG
            | Self::BAD_VALUE
            | Self::NOT_INITIALIZED => Kind::Usage,
            _ => Kind::Other,
        }
    }
}

/// What a caller can do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// It is not there (any more).
    NotFound,
    /// Somebody else changed it; open it again.
    Conflict,
    /// Not allowed.
    Denied,
    /// Logon did not work.
    Logon,
    /// The network or a server; try later.
    Network,
    /// The value is on a server and this call may not wait for it.
    NotDownloaded,
    /// In use; try again.
    Busy,
    /// The user stopped it.
    Cancelled,
    /// This provider cannot do it.
    Unsupported,
    /// Too much.
    Limit,
    /// Data cannot be understood.
    Corrupt,
    /// The disk failed or is full.
    Disk,
    /// The state of the object forbids it.
    Refused,
    /// The call was wrong.
    Usage,
    /// Anything else.
    Other,
}

macro_rules! codes {
    ($($konst:ident = $value:literal, $name:literal;)*) => {
        impl Code {
            $(
                #[doc = concat!("`", $name, "`.")]
                pub const $konst: Self = Self($value);
            )*

            /// The code's MAPI name (`MAPI_E_NOT_FOUND`), if it has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 { $($value => Some($name),)* _ => None }
            }

            /// The code called `name`.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$konst),)* _ => None }
            }
        }
    };
}

include!("generated/codes.rs");

impl fmt::Display for Code {
    /// The name, or `0x8004010F` where there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(n) => f.write_str(n),
            None => write!(f, "0x{:08X}", self.0),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
