//! The sample of the reference, what people write wrong, and any text at all.

use mapi_props::{PropTag, PropValue, tags};
use mapi_svc::{Inf, InfError, LARGEST, LONGEST_LINE, MOST_ENTRIES, dll_base};
use proptest::prelude::*;

/// The reference's fictional services, with what its pages leave out.
const SAMPLE: &str = include_str!("sample.inf");

fn notes_of(text: &str) -> Vec<String> {
    let (_, notes) = Inf::read(text.as_bytes()).expect("a file within the limits");
    notes.iter().map(ToString::to_string).collect()
}

/// A service `X` with these lines in its provider's section.
fn provider(lines: &str) -> String {
    format!(
        "[Services]\nX=X\n[X]\nProviders=P\n[P]\nPR_DISPLAY_NAME=a\nPR_PROVIDER_DISPLAY=b\n\
         PR_PROVIDER_DLL_NAME=c.dll\nPR_RESOURCE_TYPE=MAPI_STORE_PROVIDER\n{lines}"
    )
}

#[test]
fn the_documented_sample_is_read() {
    let (inf, notes) = Inf::read(SAMPLE.as_bytes()).unwrap();
    let names: Vec<_> = inf.services.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["AB", "MsgService", "MS"]);
    assert!(inf.services.iter().all(|s| s.defects.is_empty()));
    assert_eq!(inf.default_services, ["AB", "MsgService"]);
    assert_eq!(inf.help_files.len(), 1);

    let service = inf.service("msgservice").unwrap();
    assert_eq!(service.display_name(), "My Own Service");
    assert_eq!(service.entry_name(), Some("MyServiceEntry"));
    assert_eq!(
        service.support_files(),
        ["MYSERV.DLL", "MYXXX.DLL", "MYZZZ.DLL"]
    );
    assert_eq!(service.flags(), 2, "SERVICE_SINGLE_COPY");
    let kinds: Vec<_> = service
        .providers
        .iter()
        .map(|p| p.resource_type())
        .collect();
    assert_eq!(kinds, [Some(35), Some(33), Some(36)]);
    let store = &service.providers[1];
    assert_eq!(store.flags(), 0x40, "STATUS_NO_DEFAULT_STORE");
    assert_eq!(store.properties.long(PropTag(0x6609_0003)), Some(6));
    let uid = store.properties.value(tags::MDB_PROVIDER).unwrap();
    assert_eq!(uid.as_bytes().unwrap()[..4], [0x78, 0xb2, 0xfa, 0x70]);

    let [first, second] = &service.extra_sections[..] else {
        panic!("{:?}", service.extra_sections)
    };
    assert_eq!(first.uid, None, "31 digits are no UID (D25)");
    assert_eq!(first.properties.long(PropTag(0x6600_0003)), Some(1024));
    assert_eq!(second.properties.long(PropTag(0x6600_0003)), Some(1024));
    assert_eq!(second.uid.unwrap().as_bytes()[..2], [0x13, 0xdb]);
    let notes: Vec<_> = notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "line 47: [First_Special_Section] UID=13DB0C8AA05101A9BB000AA002FC45A: 32 hexadecimal digits are allowed, \
             there are 31 characters: passed over",
            "line 46: [First_Special_Section] without UID= the section has no place in a profile",
        ]
    );
}

#[test]
fn a_service_that_cannot_be_made_says_why() {
    let check = |text: &str, expect: &[&str]| {
        let (inf, _) = Inf::read(text.as_bytes()).unwrap();
        let defects = &inf.services[0].defects;
        let said: Vec<_> = defects.iter().map(ToString::to_string).collect();
        assert_eq!(said, expect, "{text}");
    };
    check(
        "[Services]\nX=My X",
        &["line 2: [Services] X=My X: there is no section [X]"],
    );
    check(
        "[Services]\nX=X\n[X]\nproviders=A",
        &["line 4: [X] providers=A: there is no section [A] that describes the provider"],
    );
    check(
        "[Services]\nX=X\n[X]\nProviders=A\n[A]\nPR_DISPLAY_NAME=a\nPR_PROVIDER_DISPLAY=b\nPR_RESOURCE_TYPE=26000000",
        &[
            "line 5: [A] a provider must have PR_PROVIDER_DLL_NAME",
            "line 5: [A] PR_RESOURCE_TYPE is 38: MAPI_STORE_PROVIDER (33), MAPI_AB_PROVIDER (35) and \
             MAPI_TRANSPORT_PROVIDER (36) are allowed",
        ],
    );
    check(&provider(""), &[]);
}

#[test]
fn a_wrong_value_is_named_with_what_is_allowed() {
    let check = |line: &str, expect: &str| {
        let notes = notes_of(&provider(line));
        assert_eq!(notes, [format!("line 10: [P] {expect}")], "{line}");
    };
    check(
        "PR_RESOURCE_FLAGS=STATUS_NO",
        "PR_RESOURCE_FLAGS=STATUS_NO: the value is not allowed: STATUS_DEFAULT_OUTBOUND, STATUS_DEFAULT_STORE, \
         STATUS_PRIMARY_IDENTITY, STATUS_SIMPLE_STORE, STATUS_XP_PREFER_LAST, STATUS_NO_PRIMARY_IDENTITY, \
         STATUS_NO_DEFAULT_STORE, STATUS_TEMP_SECTION, STATUS_OWN_STORE, STATUS_NEED_IPM_TREE, STATUS_PRIMARY_STORE, \
         STATUS_SECONDARY_STORE, several joined by |, or eight hexadecimal digits in memory order (01000000 is 1); \
         passed over",
    );
    check(
        "66000003=12",
        "66000003=12: the value is not allowed: eight hexadecimal digits in memory order (01000000 is 1); passed over",
    );
    check(
        "66000102=abc",
        "66000102=abc: the value is not allowed: hexadecimal digits, two for each byte; passed over",
    );
    check(
        "PR_DISPALY_NAME=x",
        "PR_DISPALY_NAME=x: `PR_DISPALY_NAME` is no known property; did you mean PR_DISPLAY_NAME?: kept as it stands",
    );
    check(
        "my key=x",
        "my key=x: no property of MAPI, and not eight hexadecimal digits: kept as it stands",
    );
    check(
        "67F0001E=secret",
        "67F0001E=secret: secrets have no place in this file: passed over",
    );
    check(
        "8001001E=x",
        "8001001E=x: a profile section has properties 0x0001 to 0x7FFF only: passed over",
    );
    check(
        "3001001e=again",
        "3001001e=again: the property stands twice in its section: the first one counts",
    );
}

#[test]
fn values_of_every_type_are_read() {
    let (inf, notes) = Inf::read(
        provider(
            "6600001E= \" in quotes \" \n66010003=00040000\n66020102=00ff\n6603000B=0100\n6604000b=00000000\n66050002=FFFF\n\
             66060014=0100000000000000\n66070048=78b2fa70aff711cd9bc800aa002fc45a\n6608101E= a , b,,c\n66091003=01000000,02000000\n\
             pr_resource_flags=status_own_store | STATUS_NO_DEFAULT_STORE",
        )
        .as_bytes(),
    )
    .unwrap();
    assert_eq!(notes, []);
    let p = &inf.services[0].providers[0].properties;
    let value = |tag: u32| p.value(PropTag(tag)).unwrap().clone();
    assert_eq!(p.text(PropTag(0x6600_001F)), Some(" in quotes "));
    assert_eq!(value(0x6601_0003), PropValue::Long(1024));
    assert_eq!(value(0x6602_0102), PropValue::Binary(vec![0, 255]));
    assert_eq!(value(0x6603_000B), PropValue::Bool(true));
    assert_eq!(value(0x6604_000B), PropValue::Bool(false));
    assert_eq!(value(0x6605_0002), PropValue::I2(-1));
    assert_eq!(value(0x6606_0014), PropValue::I8(1));
    assert!(matches!(value(0x6607_0048), PropValue::ClsId(_)));
    assert_eq!(value(0x6609_1003), PropValue::MvLong(vec![1, 2]));
    assert!(matches!(value(0x6608_101F), PropValue::MvUnicode(all) if all == ["a", "b", "c"]));
    assert_eq!(inf.services[0].providers[0].flags(), 0x140);
}

#[test]
fn every_encoding_gives_the_same_text() {
    let text = provider("6600001E=Größe\u{20ac}");
    let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(order).collect()
    };
    let windows = text
        .replace("öß", "\u{1}")
        .replace('€', "\u{2}")
        .bytes()
        .flat_map(|b| match b {
            1 => vec![0xF6, 0xDF],
            2 => vec![0x80],
            b => vec![b],
        })
        .collect();
    let with_mark = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    for bytes in [
        text.clone().into_bytes(),
        with_mark,
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        windows,
    ] {
        let (inf, notes) = Inf::read(&bytes).unwrap();
        assert_eq!(notes, []);
        let p = &inf.services[0].providers[0].properties;
        assert_eq!(p.text(PropTag(0x6600_001F)), Some("Größe€"));
    }
}

#[test]
fn limits_are_told_with_their_line() {
    let error = |bytes: Vec<u8>| match Inf::read(&bytes) {
        Err(InfError::TooLarge { line, of, .. }) => (line, of),
        other => panic!("{other:?}"),
    };
    assert_eq!(error(vec![b'\n'; LARGEST + 1]), (0, "bytes"));
    let long = vec![b'x'; LONGEST_LINE + 1];
    assert_eq!(error(long), (1, "bytes in a line"));
    let many: String = (0..=MOST_ENTRIES).map(|n| format!("k{n}=\n")).collect();
    assert_eq!(
        error(format!("[a]\n{many}").into_bytes()),
        (4098, "entries")
    );
    let names: Vec<_> = (0..100).map(|n| n.to_string()).collect();
    let text = format!("[Services]\nX=\n[X]\nProviders={}", names.join(","));
    assert_eq!(error(text.into_bytes()), (4, "providers of a service"));
}

#[test]
fn sections_that_many_services_share_cost_no_more_than_the_limit() {
    let properties: String = (0..1000)
        .map(|n| format!("{:08X}=00\n", 0x1000_0102 + (n << 16)))
        .collect();
    let services: String = (0..500).map(|n| format!("S{n}=\n")).collect();
    let sections: String = (0..500).map(|n| format!("[S{n}]\nProviders=P\n")).collect();
    let text = format!("[Services]\n{services}{sections}[P]\n{properties}");
    let error = Inf::read(text.as_bytes()).unwrap_err();
    assert!(
        matches!(
            error,
            InfError::TooLarge {
                of: "properties",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn libraries_are_compared_without_what_mapi_adds() {
    for name in ["MYSERV.DLL", "myserv32.dll", "C:\\x\\MyServ32", "myserv"] {
        assert_eq!(dll_base(name), "myserv");
    }
    assert_eq!(dll_base("32.dll"), "32");
    let notes = notes_of(&provider("").replace("c.dll", "c32.dll"));
    assert_eq!(
        notes,
        [
            "line 8: [P] PR_PROVIDER_DLL_NAME=c32.dll: MAPI adds the 32 itself, it must not be written: read without it"
        ]
    );
}

#[test]
fn what_is_written_reads_as_the_same_service() {
    let (inf, _) = Inf::read(SAMPLE.as_bytes()).unwrap();
    let (again, _) = Inf::read(inf.to_string().as_bytes()).unwrap();
    assert_eq!(again.to_string(), inf.to_string());
    for (old, new) in inf.services.iter().zip(&again.services) {
        assert_eq!(old.display_name(), new.display_name());
        let values = |s: &mapi_svc::Service| -> Vec<_> {
            let sections = s.providers.iter().map(|p| &p.properties);
            let all = sections.flat_map(|p| &p.known);
            all.map(|p| (p.tag, p.value.clone())).collect()
        };
        assert_eq!(values(old), values(new));
    }
}

proptest! {
    #[test]
    fn any_text_is_read_and_written_as_the_same(
        text in "(\\[(Services|Default Services|A|B|C)\\]\n|(A|B|C|Providers|Sections|UID|PR_DISPLAY_NAME|PR_RESOURCE_FLAGS|6600001E|66000003)=[AB,C |'\"0-9é]{0,8}\n|\\PC{0,8}\n){0,24}"
    ) {
        let (inf, _) = Inf::read(text.as_bytes()).unwrap();
        let written = inf.to_string();
        let (again, _) = Inf::read(written.as_bytes()).unwrap();
        let second = again.to_string();
        let (third, _) = Inf::read(second.as_bytes()).unwrap();
        prop_assert_eq!(third.to_string(), second);
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        drop(Inf::read(&bytes));
    }
}
