//! STO-*, FLD-*, M-IMAPIFolder.*, RFL.*, MASK.*: stores, folders and bulk calls.

use crate::Case;

pub(super) const CASES: &[Case] = &[];
