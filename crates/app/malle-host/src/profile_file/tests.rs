//! What a file holds, what is refused, what older files mean.

use mapi::{Identity, Profile, ProfileProvider, ProfileService, ProviderKind};
use mapi_props::{Bag, Guid, PropTag, PropType, PropValue, tags};
use mapi_spi::ServiceConfig;

use super::*;

fn uid(n: u8) -> Guid {
    Guid([n; 16])
}

fn everything() -> ProfileFile {
    let mut section = Bag::new();
    section.set(tags::DISPLAY_NAME, "two\nlines, \"quoted\" and ü");
    section.set(tags::ENTRYID, &[0_u8, 255][..]);
    section.set(
        PropTag::new(0x6800, PropType::DOUBLE),
        PropValue::Double(0.1),
    );
    section.set(
        PropTag::new(0x6801, PropType::MV_UNICODE),
        PropValue::MvUnicode(vec!["a,b".into(), String::new()]),
    );
    let values = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
    let store = ProfileProvider {
        uid: uid(3),
        name: "S Store".to_owned(),
        display_name: "My mail".to_owned(),
        kind: ProviderKind::Store,
        letter: "b".to_owned(),
        flags: 0x2 | 0x1000 | 0x4 | 0x4000,
        values: values("own", "1"),
        deleted: true,
    };
    let transport = ProfileProvider {
        uid: uid(4),
        kind: ProviderKind::Transport,
        ..ProfileProvider::default()
    };
    let service = ProfileService {
        uid: uid(2),
        service: "S".to_owned(),
        display_name: "It's \"mine\"".to_owned(),
        flags: 0x3 | 0x100,
        identity: Some(Identity {
            name: "Ann".to_owned(),
            address_type: "SMTP".to_owned(),
            address: "ann@example.com".to_owned(),
        }),
        config: ServiceConfig {
            values: [
                ("path".to_owned(), "C:\\mail\\x".to_owned()),
                ("with blanks = and ]".to_owned(), "\u{1}\t".to_owned()),
            ]
            .into(),
            ..ServiceConfig::default()
        },
        providers: vec![store, transport],
        extra_sections: vec![uid(7), uid(8)],
    };
    let place = |uid, setting, key: &str| SealedPlace {
        uid,
        setting,
        key: key.to_owned(),
    };
    let sealed = |text: &str| text.to_owned();
    ProfileFile {
        data: "folder".to_owned(),
        sealed: [
            (place(uid(2), true, "password"), sealed("hex:01")),
            (place(uid(4), true, "token"), sealed("hex:02")),
            (place(uid(7), false, "0x67F0001F"), sealed("hex:03")),
        ]
        .into(),
        profile: Profile {
            instance: uid(1),
            next_letter: "c".to_owned(),
            services: vec![
                service,
                ProfileService {
                    uid: uid(9),
                    ..ProfileService::default()
                },
            ],
            transport_order: vec![uid(4), uid(5)],
            sections: [(uid(7), section), (uid(6), Bag::new())].into(),
            deleted: true,
            renamed_to: Some("Größe 1".to_owned()),
            app: true,
            ..Profile::default()
        },
    }
}

#[test]
fn everything_reads_as_it_was_written() {
    let file = everything();
    let text = file.write();
    assert_eq!(ProfileFile::read("x", &text).unwrap(), file, "{text}");
    let empty = ProfileFile {
        profile: Profile {
            instance: uid(1),
            next_letter: "a".to_owned(),
            ..Profile::default()
        },
        ..ProfileFile::default()
    };
    assert_eq!(ProfileFile::read("x", &empty.write()).unwrap(), empty);
}

#[test]
fn what_is_wrong_is_named_with_line_key_and_what_is_allowed() {
    let good = everything().write();
    let check = |from: &str, to: &str, said: &[&str]| {
        assert!(good.contains(from), "{from}\n{good}");
        let bad = good.replacen(from, to, 1);
        let line = bad.lines().position(|line| line.contains(to)).unwrap() + 1;
        let error = ProfileFile::read("x", &bad).unwrap_err().to_string();
        for part in said {
            assert!(error.contains(part), "{part} of {error}");
        }
        assert!(
            error.contains(&format!("line {line},")),
            "line {line} of {error}"
        );
    };
    check(
        "version = 2",
        "version = 3",
        &["version 3 is unknown", "version 2"],
    );
    check(
        "app = true",
        "ap = true",
        &["`ap`", "expected one of", "`app`"],
    );
    check(
        "next_letter = \"c\"",
        "next_letter = \"C\"",
        &["\"C\"", "letters a to z"],
    );
    check(
        "letter = \"b\"",
        "letter = \"b1\"",
        &["\"b1\"", "letters a to z"],
    );
    check(
        "kind = \"store\"",
        "kind = \"shop\"",
        &["`shop`", "`address-book`"],
    );
    check(
        "\"single-copy\"",
        "\"single\"",
        &["`single`", "`single-copy`"],
    );
    check(
        "renamed_to = \"Größe 1\"",
        "renamed_to = \"../x\"",
        &["../x", "letters"],
    );
    check("data = \"folder\"", "data = \"/etc\"", &["/etc", "letters"]);
    check(
        "uid = \"02020202-",
        "uid = \"0202-",
        &["32 hexadecimal digits"],
    );
    let text = "version = 2\nnext_letter = \"a\"\n[section.07070707-0707-0707-0707-070707070707]\n";
    for (line, said) in [
        ("0x00370003 = \"no number\"", "0x00370003"),
        ("PR_NONE = \"x\"", "eight hexadecimal digits"),
    ] {
        let error = ProfileFile::read("x", &format!("{text}{line}\n")).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert!(error.to_string().contains("line "), "{error}");
    }
}

#[test]
fn a_file_from_before_versions_is_what_it_means_today() {
    let text = "# A profile of malle: `malle profile list` shows all of them.\n\nnext_letter = \"c\"\n\n[[service]]\n\
         name = \"MALLE_LOCAL\"\nletter = \"b\"\ndefault = true\nroles = [\"simple-store\"]\n\n[service.identity]\n\
         name = \"Ann\"\naddress = \"ann@example.com\"\n\n[service.config]\npath = \"mail.malle\"\n\n\
         [section.07070707-0707-0707-0707-070707070707]\n0x3004001F = \"two\\nlines\"\n";
    let file = ProfileFile::read("x", text).unwrap();
    let [service] = &file.profile.services[..] else {
        panic!("{file:?}")
    };
    let store = &service.providers[0];
    assert_eq!((store.letter.as_str(), store.flags), ("b", 0x2 | 0x8));
    assert_eq!(service.config.values["path"], "mail.malle");
    assert_eq!(service.identity.as_ref().unwrap().address_type, "SMTP");
    assert_eq!(
        file.profile.sections[&uid(7)].text(tags::COMMENT),
        Some("two\nlines")
    );
    assert_ne!((service.uid, store.uid), (Guid::NIL, Guid::NIL));

    // UIDs and instance are the same at the next reading, and stay when the file is written as it is written today.
    assert_eq!(ProfileFile::read("x", text).unwrap(), file);
    assert_eq!(ProfileFile::read("y", &file.write()).unwrap(), file);
    assert_ne!(
        ProfileFile::read("y", text).unwrap().profile.instance,
        file.profile.instance
    );

    let error =
        ProfileFile::read("x", &text.replace("letter = \"b\"", "leter = \"b\"")).unwrap_err();
    assert!(error.to_string().contains("`leter`"), "{error}");
}
