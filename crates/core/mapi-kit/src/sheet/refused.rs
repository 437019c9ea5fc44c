//! Why something that was entered into a sheet is not taken.

use mapi_props::Code;
use mapi_spi::Error;

/// What a sheet takes, or why it does not.
pub type Taken<T> = Result<T, Refused>;

/// Something that a sheet does not take.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A character that may not be typed there.
    #[error("{label}: {character:?} cannot be typed there, only {filter}")]
    Character {
        /// Of which control.
        label: String,
        /// Which.
        character: char,
        /// What may be typed.
        filter: String,
    },
    /// A text longer than its control takes.
    #[error("{label}: at most {max} characters")]
    TooLong {
        /// Of which control.
        label: String,
        /// The most it takes.
        max: u32,
    },
    /// A control that cannot be changed or pressed.
    #[error("{label} cannot be changed")]
    ReadOnly {
        /// Which.
        label: String,
    },
    /// A control that is not filled in like that.
    #[error("{label} cannot be filled in like that")]
    OtherKind {
        /// Which.
        label: String,
    },
    /// There is no such control.
    #[error("there is no such control")]
    NoControl,
    /// There is no such row to choose.
    #[error("{label}: there is no row {row}")]
    NoRow {
        /// Of which control.
        label: String,
        /// Which.
        row: usize,
    },
    /// A control that must be filled in is empty.
    #[error("{label} must be filled in")]
    Missing {
        /// Number of the control.
        number: usize,
        /// Which.
        label: String,
    },
    /// What the properties behind the sheet say.
    #[error(transparent)]
    Data(Error),
}

impl From<Refused> for Error {
    /// `MAPI_E_UNCONFIGURED` for what is missing, `MAPI_E_NO_ACCESS` for what cannot be changed, `MAPI_E_NOT_FOUND` for what there
    /// is not, else `MAPI_E_INVALID_PARAMETER`.
    fn from(refused: Refused) -> Self {
        let code = match refused {
            Refused::Data(error) => return error,
            Refused::Missing { .. } => Code::UNCONFIGURED,
            Refused::ReadOnly { .. } => Code::NO_ACCESS,
            Refused::NoControl | Refused::NoRow { .. } => Code::NOT_FOUND,
            Refused::Character { .. } | Refused::TooLong { .. } | Refused::OtherKind { .. } => {
                Code::INVALID_PARAMETER
            }
        };
        Self::new(code, refused.to_string())
    }
}
