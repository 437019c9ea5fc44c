//! What was odd about a mail, in bounded number.

use mapi_props::Defect;

/// Defects noted of one mail; hostile mail could have one for every few bytes.
const MAX: usize = 1000;

/// Notes a defect. The last one that fits says that there are more.
pub(crate) fn note(defects: &mut Vec<Defect>, code: &'static str, detail: impl Into<String>) {
    if defects.len() + 1 < MAX {
        let detail = detail.into();
        defects.push(Defect { code, detail });
    } else if defects.len() < MAX {
        let detail = format!("only the first {} are listed", defects.len());
        defects.push(Defect {
            code: "more-defects",
            detail,
        });
    }
}

/// Notes all of `more`.
pub(crate) fn append(defects: &mut Vec<Defect>, more: Vec<Defect>) {
    for defect in more {
        note(defects, defect.code, defect.detail);
    }
}
