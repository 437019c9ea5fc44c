//! Lists of entry identifiers in one value: FLATENTRYLIST.
//! [MS-OXCDATA] 2.3.3; reference: "PR_REPLY_RECIPIENT_ENTRIES"

/// Bytes before the entries: their number, and how many bytes follow.
const HEADER: usize = 8;

/// The value that holds these entry identifiers in order, each with its length and padded to four bytes.
///
/// ```
/// use mapi_props::entry_id::{flat_entries, flat_entry_list};
///
/// let list = flat_entry_list(&[vec![1, 2, 3], vec![4]]);
/// assert_eq!(list[..8], [2, 0, 0, 0, 16, 0, 0, 0]);
/// assert_eq!(flat_entries(&list), [&[1, 2, 3][..], &[4]]);
/// ```
#[must_use]
pub fn flat_entry_list(entries: &[Vec<u8>]) -> Vec<u8> {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    let mut list = Vec::new();
    for entry in entries {
        list.extend(number(entry.len()));
        list.extend_from_slice(entry);
        list.resize(list.len().next_multiple_of(4), 0);
    }
    let mut out = Vec::with_capacity(list.len() + HEADER);
    out.extend(number(entries.len()));
    out.extend(number(list.len()));
    out.append(&mut list);
    out
}

/// The entry identifiers of such a value, as far as it is whole.
#[must_use]
pub fn flat_entries(list: &[u8]) -> Vec<&[u8]> {
    let mut rest = list.get(HEADER..).unwrap_or_default();
    let mut entries = Vec::new();
    while let Some((len, tail)) = rest.split_first_chunk::<4>() {
        let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
        let Some(entry) = tail.get(..len) else { break };
        entries.push(entry);
        rest = tail.get(len.next_multiple_of(4)..).unwrap_or_default();
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::{flat_entries, flat_entry_list};

    #[test]
    fn damaged_lists_give_what_they_have() {
        let list = flat_entry_list(&[vec![1; 5], vec![2; 6]]);
        for len in 0..list.len() {
            let found = flat_entries(&list[..len]);
            assert!(found.len() <= 2, "{len}");
            assert!(found.iter().all(|e| matches!(e.len(), 5 | 6)), "{len}");
        }
        assert_eq!(flat_entries(&[0xFF; 20]), Vec::<&[u8]>::new());
        assert_eq!(flat_entries(&[]), Vec::<&[u8]>::new());
    }
}
