//! What a store refuses to hold, before anything is written: one rule for all stores.
//! Reference: IMAPIProp::SetProps (requirements M-IMAPIProp.SetProps, PRP-10)

use mapi_props::{Bag, Code, PropValue, Slot};
use mapi_spi::{Error, PropPatch, Result};

use crate::computed::{Owner, is_computed};

/// Refuses what can never be stored in such an object.
///
/// # Errors
/// `MAPI_E_COMPUTED` for a property that is made from others, `MAPI_E_INVALID_PARAMETER` for a value that is none
/// (PT_NULL, PT_ERROR, a multi-value without elements) or an identifier that is none (0, 0xFFFF).
pub fn check_patch(owner: Owner, patch: &PropPatch) -> Result<()> {
    let mut ids = patch.set.iter().map(|(id, _)| id).chain(&patch.delete);
    if let Some(id) = ids.find(|id| is_computed(owner, **id)) {
        return Err(Error::new(
            Code::COMPUTED,
            format!("property 0x{id:04X} is computed"),
        ));
    }
    patch
        .set
        .iter()
        .try_for_each(|(id, slot)| check_slot(*id, slot))
}

/// Refuses what can never be stored in a recipient, an attachment or an embedded message.
///
/// # Errors
/// `MAPI_E_INVALID_PARAMETER`, as [`check_patch`].
pub fn check_bag(bag: &Bag) -> Result<()> {
    bag.iter().try_for_each(|(id, slot)| check_slot(*id, slot))
}

fn check_slot(id: u16, slot: &Slot) -> Result<()> {
    let Slot::Value(value) = slot else {
        return Ok(());
    };
    let storable = !matches!(value, PropValue::Null | PropValue::Error(_))
        && value.multi_len() != Some(0)
        && !matches!(id, 0 | 0xFFFF);
    if storable {
        return Ok(());
    }
    let detail = format!("property 0x{id:04X} cannot hold {:?}", value.ty());
    Err(Error::new(Code::INVALID_PARAMETER, detail))
}
