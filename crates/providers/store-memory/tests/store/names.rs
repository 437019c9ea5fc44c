//! Named properties.

use mapi_props::{Code, Guid, PropName};
use mapi_spi::{NameCreation, Store};
use store_memory::Options;

use super::host::Bench;

const SET: Guid = Guid([5; 16]);

#[test]
fn names_keep_their_identifiers() {
    let bench = Bench::new();
    let names = [PropName::id(SET, 5), PropName::text(SET, "5")];
    let ids = |create| {
        bench
            .store
            .ids_from_names(&names, create, &bench.call)
            .unwrap()
    };
    assert_eq!(ids(NameCreation::No), [None, None]);
    let made = ids(NameCreation::Explicit);
    assert_eq!(made, [Some(0x8000), Some(0x8001)]);
    assert_eq!(ids(NameCreation::No), made);
    let back = bench
        .store
        .names_from_ids(&[0x8001, 0x9000, 0x8000], &bench.call)
        .unwrap();
    assert_eq!(back, [Some(names[1].clone()), None, Some(names[0].clone())]);
    let all = bench.store.all_names(&bench.call).unwrap();
    assert_eq!(
        all,
        [(0x8000, names[0].clone()), (0x8001, names[1].clone())]
    );
}

#[test]
fn mail_takes_only_so_many_and_explicit_names_all() {
    let mut options = Options::default();
    options.limits.mail_names = 3;
    let bench = Bench::with(options);
    let name = |n: u32| PropName::id(SET, n);
    let make = |names: &[PropName], create| bench.store.ids_from_names(names, create, &bench.call);
    let mail: Vec<_> = (0..5).map(name).collect();
    let made = make(&mail, NameCreation::FromMail).unwrap();
    assert_eq!(made.iter().flatten().count(), 3);
    let all: Vec<_> = (0..0x7FFF).map(name).collect();
    let ids = make(&all, NameCreation::Explicit).unwrap();
    let mut ids: Vec<u16> = ids.into_iter().flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(
        (ids.len(), ids[0], ids[ids.len() - 1]),
        (0x7FFF, 0x8000, 0xFFFE)
    );
    let full = make(&[name(0), name(1_000_000)], NameCreation::Explicit).unwrap_err();
    assert_eq!(full.code(), Code::NOT_ENOUGH_RESOURCES);
    assert_eq!(make(&[name(0)], NameCreation::Explicit).unwrap(), [made[0]]);
    assert_eq!(
        make(&[name(1_000_000)], NameCreation::FromMail).unwrap(),
        [None]
    );
}
