//! Routes, as a table.

use mapi_props::{Bag, Guid, tags};
use mapi_spi::Reach;

use super::{Reached, next};

const A: Guid = Guid([0xA; 16]);
const B: Guid = Guid([0xB; 16]);
const C: Guid = Guid([0xC; 16]);
const BOOK: Guid = Guid([7; 16]);

fn recipient(kind: Option<&str>, book: Option<Guid>) -> Bag {
    let mut row = Bag::new();
    if let Some(kind) = kind {
        row.set(tags::ADDRTYPE, kind);
    }
    if let Some(book) = book {
        let mut id = vec![0; 4];
        id.extend(book.0);
        id.extend(b"/o=x");
        row.set(tags::ENTRYID, id);
    }
    row
}

fn transport(uid: Guid, types: Option<&[&str]>, uids: &[Guid]) -> Reached {
    let address_types = types.map(|t| t.iter().map(|t| (*t).to_owned()).collect());
    let uids = uids.to_vec();
    Reached {
        uid,
        reach: Reach {
            address_types,
            uids,
        },
    }
}

fn check(all: &[Reached], row: &Bag, declined: &[Guid], expect: Option<Guid>) {
    assert_eq!(next(all, row, |uid| declined.contains(&uid)), expect);
}

#[test]
fn uids_come_before_types_and_each_in_transport_order() {
    let all = [
        transport(A, Some(&["SMTP"]), &[]),
        transport(B, Some(&["SMTP", "X400"]), &[]),
        transport(C, Some(&[]), &[BOOK]),
    ];
    let smtp = recipient(Some("SMTP"), None);
    check(&all, &smtp, &[], Some(A));
    check(&all, &smtp, &[A], Some(B));
    check(&all, &smtp, &[A, B], None);
    let known = recipient(Some("SMTP"), Some(BOOK));
    check(&all, &known, &[], Some(C));
    check(&all, &known, &[C], Some(A));
    check(&all, &recipient(Some("SMTP"), Some(A)), &[], Some(A));
    check(&all, &recipient(Some("X400"), None), &[], Some(B));
}

#[test]
fn types_are_compared_exactly_and_an_empty_one_is_none() {
    let all = [
        transport(A, Some(&[""]), &[]),
        transport(B, Some(&["SMTP"]), &[]),
    ];
    check(&all, &recipient(Some("smtp"), None), &[], None);
    check(&all, &recipient(Some(""), None), &[], None);
    check(&all, &recipient(None, None), &[], Some(B));
    let any = [transport(C, None, &[])];
    check(&any, &recipient(Some("smtp"), None), &[], Some(C));
    check(&any, &recipient(Some(""), None), &[C], None);
}
