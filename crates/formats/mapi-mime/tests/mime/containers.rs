//! mbox files and the sample Maildir.

use std::fs;
use std::io::BufReader;
use std::path::Path;

use mapi_mime::maildir;
use mapi_mime::mbox::{MboxError, MboxMessage, MboxReader, Variant, write_mboxrd};
use mapi_props::FileTime;
use proptest::prelude::*;

fn split(file: &[u8], variant: Variant) -> Vec<MboxMessage> {
    MboxReader::new(BufReader::new(file), variant)
        .map(Result::unwrap)
        .collect()
}

fn texts(file: &[u8], variant: Variant) -> Vec<String> {
    split(file, variant)
        .into_iter()
        .map(|m| String::from_utf8(m.bytes).unwrap())
        .collect()
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../samples/mail")
            .join(name),
    )
    .unwrap()
}

#[test]
fn the_sample_of_mboxrd() {
    let file = sample("archive-mboxrd.mbox");
    let messages = split(&file, Variant::Auto);
    assert_eq!(messages.len(), 3);
    assert_eq!(messages[0].separator.sender, "ann.baker@example.com");
    assert_eq!(
        messages[0].separator.date,
        Some(FileTime::from_unix(1_793_607_312))
    );
    let text = String::from_utf8_lossy(&messages[0].bytes);
    assert!(
        text.ends_with("\n\nHello,\nFrom here on the text was quoted.\n>From two marks here.\n"),
        "{text}"
    );
    assert!(
        messages[1]
            .bytes
            .ends_with(b"From the start of this line nobody should split.\n")
    );
    let at = usize::try_from(messages[2].offset).unwrap();
    assert!(file[at..].starts_with(b"From MAILER-DAEMON"));
}

#[test]
fn the_sample_of_mboxcl2() {
    for variant in [Variant::Auto, Variant::Cl2] {
        let messages = split(&sample("archive-mboxcl2.mbox"), variant);
        assert_eq!(messages.len(), 2, "{variant:?}");
        assert!(messages[0].bytes.ends_with(b"is not a separator either.\n"));
        assert!(messages[0].defects.is_empty());
        assert_eq!(messages[1].defects[0].code, "wrong-content-length");
    }
    assert_eq!(split(&sample("archive-mboxcl2.mbox"), Variant::Rd).len(), 3);
}

#[test]
fn variants_differ_in_quoting() {
    let file = b"From a@b Thu Jan  1 00:00:00 1970\nSubject: x\n\n>From a\n>>From b\n\n";
    for (variant, body) in [
        (Variant::O, "From a\n>>From b\n"),
        (Variant::Rd, "From a\n>From b\n"),
        (Variant::Auto, "From a\n>From b\n"),
        (Variant::Cl, "From a\n>>From b\n"),
        (Variant::Cl2, ">From a\n>>From b\n"),
    ] {
        assert_eq!(
            texts(file, variant),
            [format!("Subject: x\n\n{body}")],
            "{variant:?}"
        );
    }
}

#[test]
fn odd_files() {
    let check = |file: &str, expect: &[&str]| {
        assert_eq!(texts(file.as_bytes(), Variant::Auto), expect, "{file:?}")
    };
    let sep = "From a@b Thu Jan  1 00:00:00 1970";
    check("", &[]);
    check("\n\n", &[]);
    check(&format!("{sep}\n"), &[""]);
    check(&format!("{sep}\nA: 1\n\nx"), &["A: 1\n\nx"]);
    check(
        &format!("{sep}\nA: 1\n\nx\n{sep}\nB: 2\n\ny\n"),
        &["A: 1\n\nx\n", "B: 2\n\ny\n"],
    );
    check(
        &format!("{sep}\r\nA: 1\r\n\r\nx\r\n\r\n{sep}\r\nB: 2\r\n\r\ny\r\n\r\n"),
        &["A: 1\r\n\r\nx\r\n", "B: 2\r\n\r\ny\r\n"],
    );
    check(
        &format!("{sep}\nA: 1\n\nFrom now on.\n\nFrom there.\nx\n\n"),
        &["A: 1\n\nFrom now on.\n\nFrom there.\nx\n"],
    );
    check(
        "From nobody\nA: 1\n\nx\n\nFrom somebody\nB: 2\n\ny\n\n",
        &["A: 1\n\nx\n", "B: 2\n\ny\n"],
    );
    check(
        "From - \nA: 1\n\nx\nFrom - \nB: 2\n\n",
        &["A: 1\n\nx\n", "B: 2\n"],
    );
    check(
        "From \"a b\"@c Thu Jan  1 00:00:00 1970\nA: 1\n\n\n",
        &["A: 1\n\n"],
    );
}

#[test]
fn garbage_is_named_and_passed_over() {
    let file = b"\ngarbage\nmore\n\nFrom a@b Thu Jan  1 00:00:00 1970\nA: 1\n\nx\n";
    let mut reader = MboxReader::new(BufReader::new(&file[..]), Variant::Auto);
    assert!(matches!(
        reader.next(),
        Some(Err(MboxError::Garbage { offset: 1, len: 14 }))
    ));
    assert_eq!(reader.next().unwrap().unwrap().offset, 15);
    assert!(reader.next().is_none());
    let only = MboxReader::new(BufReader::new(&b"no mbox"[..]), Variant::Auto).collect::<Vec<_>>();
    assert!(matches!(
        only.as_slice(),
        [Err(MboxError::Garbage { offset: 0, len: 7 })]
    ));
}

#[test]
fn a_message_over_the_limit_is_passed_over() {
    let sep = "From a@b Thu Jan  1 00:00:00 1970\n";
    let file = format!(
        "{sep}A: 1\n\n{}\n\n{sep}B: 2\n\ny\n\n",
        "x".repeat(1_000_000)
    );
    let mut reader =
        MboxReader::new(BufReader::new(file.as_bytes()), Variant::Auto).with_limit(1000);
    assert!(matches!(
        reader.next(),
        Some(Err(MboxError::TooLarge {
            offset: 0,
            size: 1_000_007..
        }))
    ));
    assert_eq!(reader.next().unwrap().unwrap().bytes, b"B: 2\n\ny\n");
}

#[test]
fn wrong_lengths_cost_little() {
    let sep = "From a@b Thu Jan  1 00:00:00 1970\nContent-Length: 400000\n\nx\n\n";
    let file = sep.repeat(20_000);
    let start = std::time::Instant::now();
    assert_eq!(split(file.as_bytes(), Variant::Auto).len(), 20_000);
    assert!(start.elapsed().as_secs() < 60);
}

#[test]
fn the_sample_maildir() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../samples/mail/maildir");
    let mut found = Vec::new();
    for folder in fs::read_dir(&root).unwrap().map(|e| e.unwrap()) {
        let name = folder.file_name().into_string().unwrap();
        let Some(path) = maildir::parse_folder(&name) else {
            continue;
        };
        for sub in ["cur", "new"] {
            for file in fs::read_dir(folder.path().join(sub))
                .unwrap()
                .map(|e| e.unwrap())
            {
                let name = file.file_name().into_string().unwrap();
                if !name.starts_with('.') {
                    let (unique, flags) = maildir::parse_name(&name);
                    assert!(maildir::delivered(unique).is_some());
                    found.push(format!("{} {}", path.join("/"), flags.letters()));
                }
            }
        }
    }
    found.sort();
    assert_eq!(found, ["Entwürfe D", "Projects S", "Projects/Malle "]);
}

/// A message in lines, each with its end, as mboxrd can carry it.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        proptest::collection::vec(
            any::<u8>().prop_filter("no line end", |b| *b != b'\n'),
            0..40
        ),
        proptest::string::string_regex(">{0,3}From [a-z ]{0,9}")
            .unwrap()
            .prop_map(String::into_bytes),
        Just(b"From a@b Thu Jan  1 00:00:00 1970".to_vec()),
        Just(b"Content-Length: 3".to_vec()),
        Just(Vec::new()),
    ];
    proptest::collection::vec(line, 1..12).prop_map(|lines| {
        lines
            .iter()
            .flat_map(|l| l.iter().copied().chain([b'\n']))
            .collect()
    })
}

proptest! {
    #[test]
    fn mboxrd_comes_back(messages in proptest::collection::vec(message(), 1..6)) {
        let mut file = Vec::new();
        for message in &messages {
            write_mboxrd(&mut file, "a@b", FileTime::from_unix(0), &mut &message[..]).unwrap();
        }
        let found: Vec<Vec<u8>> = split(&file, Variant::Rd).into_iter().map(|m| m.bytes).collect();
        prop_assert_eq!(found, messages);
    }

    #[test]
    fn any_file_is_split(file in proptest::collection::vec(any::<u8>(), 0..500)) {
        for variant in [Variant::Auto, Variant::O, Variant::Rd, Variant::Cl, Variant::Cl2] {
            MboxReader::new(BufReader::new(&file[..]), variant).for_each(drop);
        }
    }

    #[test]
    fn folder_names_come_back(path in proptest::collection::vec("[^\0]{1,12}", 1..4)) {
        prop_assert_eq!(maildir::parse_folder(&maildir::format_folder(&path)), Some(path));
    }
}
