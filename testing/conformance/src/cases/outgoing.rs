//! OUT-02, OUT-03, OUT-06, OUT-07, M-IMessage.*: messages written here.

use crate::Case;

pub(super) const CASES: &[Case] = &[];
