//! The containers of mail: mbox files are split and joined, Maildir names and folders are read and written.

use mapi_mime::maildir::{
    decode_utf7, delivered, encode_utf7, format_folder, format_name, parse_folder, parse_name,
};
use mapi_mime::mbox::{MboxError, MboxReader, Variant, write_mboxrd};
use mapi_props::FileTime;

use crate::seen::Seen;
use crate::target::Target;

pub(super) static MBOX: Target = Target {
    name: "mbox",
    about: "any bytes are split into messages; joined as mboxrd and split again they are the same",
    longest: 32 * 1024,
    seeds: mbox_seeds,
    takes_mail: true,
    tokens: MBOX_TOKENS,
    run: run_mbox,
};

pub(super) static MAILDIR: Target = Target {
    name: "maildir",
    about: "names of files and folders that are written are read as what they were",
    longest: 512,
    seeds: maildir_seeds,
    takes_mail: false,
    tokens: MAILDIR_TOKENS,
    run: run_maildir,
};

const VARIANTS: [Variant; 5] = [
    Variant::Auto,
    Variant::O,
    Variant::Rd,
    Variant::Cl,
    Variant::Cl2,
];

/// Largest message, so that the limit is reached too.
const LIMIT: u64 = 8 * 1024;

fn run_mbox(input: &[u8], seen: &mut Seen) {
    for variant in VARIANTS {
        split(input, variant, seen);
    }
}

fn split(input: &[u8], variant: Variant, seen: &mut Seen) {
    let mut messages = Vec::new();
    let mut last = None;
    for message in MboxReader::new(input, variant).with_limit(LIMIT) {
        let offset = match &message {
            Ok(found) => found.offset,
            Err(MboxError::Garbage { offset, .. } | MboxError::TooLarge { offset, .. }) => *offset,
            Err(MboxError::Io(error)) => unreachable_io(error),
        };
        assert!(
            last.is_none_or(|last| last < offset),
            "offsets do not ascend"
        );
        assert!(
            usize::try_from(offset).is_ok_and(|at| at < input.len()),
            "an offset outside of the file"
        );
        last = Some(offset);
        match message {
            Ok(found) => {
                assert!(found.bytes.len() as u64 <= LIMIT);
                for defect in &found.defects {
                    seen.mark("defect", defect.code);
                }
                messages.push(found.bytes);
            }
            Err(error) => seen.mark("no message", std::mem::discriminant(&error)),
        }
    }
    seen.mark("variant", (format!("{variant:?}"), messages.len().min(6)));
    let total: usize = messages.iter().map(Vec::len).sum();
    assert!(
        total <= input.len(),
        "messages of {total} bytes in a file of {}",
        input.len()
    );
    joined(&messages);
}

fn unreachable_io(error: &std::io::Error) -> u64 {
    assert!(
        error.to_string().is_empty(),
        "memory cannot be read: {error}"
    );
    0
}

/// An mbox says of each message all but whether it had a line end at its end.
fn joined(messages: &[Vec<u8>]) {
    let mut file = Vec::new();
    for message in messages {
        write_mboxrd(&mut file, "a@b", FileTime(0), &mut message.as_slice())
            .expect("memory takes what is written");
    }
    let again: Vec<Vec<u8>> = MboxReader::new(file.as_slice(), Variant::Rd)
        .map(|message| message.expect("what was joined is split").bytes)
        .collect();
    let ended = |message: &Vec<u8>| {
        let mut message = message.clone();
        if !message.ends_with(b"\n") {
            message.push(b'\n');
        }
        message
    };
    let expected: Vec<_> = messages.iter().map(ended).collect();
    assert!(
        again.iter().map(ended).eq(expected),
        "{} messages became {}",
        messages.len(),
        again.len()
    );
}

fn run_maildir(input: &[u8], seen: &mut Seen) {
    let text = String::from_utf8_lossy(input);
    let (unique, flags) = parse_name(&text);
    let name = format_name(unique, &flags);
    let (again, same) = parse_name(&name);
    assert_eq!((again, &same), (unique, &flags), "{name}");
    seen.mark(
        "flags",
        (
            flags.seen(),
            flags.flagged(),
            flags.replied(),
            flags.trashed(),
            flags.draft(),
        ),
    );
    seen.mark("delivered", delivered(&text).is_some());

    let encoded = encode_utf7(&text);
    assert!(encoded.is_ascii(), "{encoded}");
    assert!(!encoded.contains(['.', '/']), "{encoded}");
    assert_eq!(decode_utf7(&encoded), text, "{encoded}");
    let decoded = decode_utf7(&text);
    assert_eq!(decode_utf7(&encode_utf7(&decoded)), decoded);

    match parse_folder(&text) {
        Some(path) => {
            seen.count("path", path.len());
            let name = format_folder(&path);
            assert_eq!(parse_folder(&name).as_ref(), Some(&path), "{name}");
        }
        None => seen.mark("path", "none"),
    }
}

fn mbox_seeds() -> Vec<Vec<u8>> {
    [
        "From a@b Thu Jan  1 00:00:00 1970\nSubject: x\n\nbody\n>From me\n>>From you\n\nFrom c@d Fri Jan  2 00:00:00 1970\nA: b\n\nc\n",
        "From - Thu Jan  1 00:00:00 1970\nContent-Length: 11\n\nFrom x\nabc\n\nFrom a\n\n",
        "garbage\n\nFrom a Thu Jan  1 00:00 1970 remote from x\nA: b\r\n\r\nx\r\n\r\nFrom b Thu Jan  1 00:00:00 +0100 1970\r\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

fn maildir_seeds() -> Vec<Vec<u8>> {
    [
        "1793520000.M1P1Q1.host:2,FRS",
        ".Lists.Rust",
        ".Entw&APw-rfe.&U,BTFw-",
        "x;2,S",
        "&-",
        "a&b/c.d:e",
        "会議 & co.",
        ".a..b",
        "!2,abZ:2,T",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

const MBOX_TOKENS: &[&[u8]] = &[
    b"\n",
    b"\n\n",
    b"\r\n",
    b"From ",
    b"From a@b Thu Jan  1 00:00:00 1970\n",
    b">From ",
    b">>From ",
    b"\nFrom - Thu Jan  1 00:00:00 1970\n",
    b"Content-Length: 5\n",
    b"Content-Length: 99999999999999999999\n",
    b"Content-Length:",
    b"Subject: x\n",
    b" remote from x",
    b" EST ",
    b" +0100",
    b"From \n",
];

const MAILDIR_TOKENS: &[&[u8]] = &[
    b":2,",
    b";2,",
    b"!2,",
    b",S=1,W=2",
    b"FRSTD",
    b"&",
    b"&-",
    b"-",
    b"&AGE-",
    b"&2D3eAA-",
    b"&2D0-",
    b".",
    b"..",
    b"/",
    b"\\057",
    b"\xC3\xA9",
    b"\xE4\xBC\x9A",
    b"\xF0\x9F\x98\x80",
    b"1793520000.",
    b"\0",
    b"~",
    b"+",
];
