//! Inverse patches as bytes: identifiers that were absent, then a bag of those that were there.

use mapi_props::{Bag, StoredMessage};
use mapi_spi::{Inverse, Result};

use super::{damaged, id_of};
use crate::bag;

/// Count of absent identifiers (16 bits), these, then the encoded bag.
pub(super) fn encode(inverse: &Inverse) -> Result<Vec<u8>> {
    let absent: Vec<u16> = inverse
        .props
        .iter()
        .filter(|(_, slot)| slot.is_none())
        .map(|(id, _)| *id)
        .collect();
    let present: Bag = inverse
        .props
        .iter()
        .filter_map(|(id, slot)| slot.clone().map(|slot| (*id, slot)))
        .collect();
    let mut out = Vec::with_capacity(64);
    out.extend_from_slice(
        &u16::try_from(absent.len())
            .unwrap_or(u16::MAX)
            .to_le_bytes(),
    );
    for id in &absent {
        out.extend_from_slice(&id.to_le_bytes());
    }
    let body = StoredMessage {
        props: present,
        ..StoredMessage::default()
    };
    bag::encode_into(&body, &mut out)?;
    Ok(out)
}

pub(super) fn decode(bytes: &[u8]) -> Result<Inverse> {
    let (count, rest) = bytes.split_at_checked(2).ok_or_else(damaged)?;
    let (ids, body) = rest
        .split_at_checked(2 * usize::from(id_of(count)))
        .ok_or_else(damaged)?;
    let present = bag::decode(body)?.props;
    let mut props: Vec<_> = ids.chunks_exact(2).map(|id| (id_of(id), None)).collect();
    props.extend(present.into_iter().map(|(id, slot)| (id, Some(slot))));
    props.sort_by_key(|(id, _)| *id);
    Ok(Inverse { props })
}
