//! The order in which transport providers are asked.
//! Reference: "IMsgServiceAdmin::MsgServiceTransportOrder" (requirements TX-03, D9)

use mapi_props::{Code, Guid};
use mapi_spi::{Error, Result};

use crate::host::Profile;

/// Makes this the order; it must name every transport provider once.
///
/// # Errors
/// `MAPI_E_BUSY` if the number is another one; `MAPI_E_NOT_FOUND` for a UID that is no transport's;
/// `MAPI_E_INVALID_PARAMETER` for one that is named twice.
pub(super) fn set(profile: &mut Profile, order: &[Guid]) -> Result<()> {
    let known: Vec<Guid> = profile.transports().iter().map(|(_, p)| p.uid).collect();
    if order.len() != known.len() {
        let detail = format!(
            "{} transports were named, and the profile has {}",
            order.len(),
            known.len()
        );
        return Err(Error::new(Code::BUSY, detail));
    }
    for (at, uid) in order.iter().enumerate() {
        if !known.contains(uid) {
            let detail = format!("{uid} is no transport provider of the profile");
            return Err(Error::new(Code::NOT_FOUND, detail));
        }
        if order.iter().skip(at + 1).any(|other| other == uid) {
            let detail = format!("{uid} is named twice");
            return Err(Error::new(Code::INVALID_PARAMETER, detail));
        }
    }
    profile.transport_order = order.to_vec();
    Ok(())
}
