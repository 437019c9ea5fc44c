//! Mails that are too large for memory are read as others are.

use std::io::{self, Read};
use std::sync::{Arc, Mutex};

use mapi_mime::{ImportContext, NoMessage, ReadAt, condense, open_attachment, parse, rebuild};
use mapi_props::{FileTime, MessageTree, TreeContent};

/// A file, of which the end may vanish.
struct Shrinking(Mutex<Vec<u8>>);

impl ReadAt for Shrinking {
    fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.0.lock().unwrap();
        // Files give less than they are asked for.
        let room = buffer.len().min(100_003);
        let mut rest = bytes
            .get(usize::try_from(at).unwrap()..)
            .unwrap_or_default();
        rest.read(&mut buffer[..room])
    }
}

fn context() -> ImportContext {
    ImportContext::new(FileTime::from_unix(1_795_357_205))
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes()[0]
    };
    (0..len).map(|_| next()).collect()
}

fn base64(data: &[u8], width: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut flat = String::new();
    for group in data.chunks(3) {
        let byte = |i| u32::from(group.get(i).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i)) as usize & 63] as char;
            flat.push(if i > group.len() { '=' } else { digit });
        }
    }
    let lines: Vec<&str> = flat
        .as_bytes()
        .chunks(width)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    lines.join("\r\n") + "\r\n"
}

fn part(fields: &str, body: &str) -> String {
    format!("--b\r\n{fields}\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}")
}

fn mixed(parts: &[String]) -> Vec<u8> {
    let parts = parts.concat();
    format!("Subject: big\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n").into_bytes()
}

fn original(tree: &MessageTree) -> Vec<u8> {
    let mut bytes = Vec::new();
    let recipe = tree.original.as_ref().unwrap();
    rebuild(recipe, |path| open_attachment(tree, path))
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn data(tree: &MessageTree) -> Vec<Vec<u8>> {
    let bytes = |content: &TreeContent| {
        let TreeContent::Data(source) = content else {
            panic!("no data")
        };
        let mut bytes = Vec::new();
        source.open().unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, source.size());
        bytes
    };
    tree.attachments.iter().map(|a| bytes(&a.content)).collect()
}

/// Reads a mail in both ways; gives the tree and the bytes that the condensed one kept.
fn both_ways(mail: &[u8]) -> (MessageTree, usize) {
    let whole = parse(mail.to_vec(), &context()).unwrap();
    let mut seen = Vec::new();
    let file = Arc::new(Shrinking(Mutex::new(mail.to_vec())));
    let condensed = condense(file, &mut |bytes| seen.extend_from_slice(bytes)).unwrap();
    assert_eq!(seen, mail);
    assert_eq!(condensed.size, mail.len() as u64);
    let kept = condensed.bytes.as_slice().len();
    let tree = parse(condensed.bytes, &context()).unwrap();
    assert_eq!(format!("{:?}", tree.props), format!("{:?}", whole.props));
    assert_eq!(data(&tree), data(&whole));
    assert!(original(&tree) == mail, "the original is another one");
    (tree, kept)
}

#[test]
fn large_attachments_stay_in_the_file() {
    let (one, two) = (noise(5_000_000), noise(2_500_001));
    let mail = mixed(&[
        "--b\r\nContent-Type: text/plain\r\n\r\nSee the files.\r\n".to_owned(),
        part("Content-Type: image/png; name=one.png", &base64(&one, 76)),
        part("Content-Type: image/png; name=two.png", &base64(&two, 60)),
    ]);
    let (tree, kept) = both_ways(&mail);
    assert_eq!(data(&tree), [one, two]);
    assert!(kept < 1_000_000, "{kept} bytes kept");
}

#[test]
fn what_is_no_regular_base64_comes_back_as_well() {
    let data = noise(4_000_000);
    let text = base64(&data, 76);
    let (head, tail) = text.split_at(78 * 20_000);
    let odd = format!("{head}AAAA\r\n{tail}");
    both_ways(&mixed(&[part("Content-Type: application/pdf", &odd)]));
    // Padding in the middle ends the data; what follows it is kept.
    let padded = format!("{}{}", base64(&data[..3_000_001], 76), text);
    both_ways(&mixed(&[part("Content-Type: application/pdf", &padded)]));
    both_ways(&mixed(&[part(
        "Content-Type: text/plain; charset=iso-8859-1",
        &text,
    )]));
}

#[test]
fn a_long_field_is_not_cut() {
    let mail = format!("Subject: {}\r\n\r\nText.\r\n", "x".repeat(3_000_000));
    let (_, kept) = both_ways(mail.as_bytes());
    assert_eq!(kept, mail.len());
}

#[test]
fn a_file_that_changes_meanwhile_is_refused() {
    let mail = mixed(&[part(
        "Content-Type: image/png",
        &base64(&noise(6_000_000), 76),
    )]);
    let file = Arc::new(Shrinking(Mutex::new(mail)));
    let backing: Arc<dyn ReadAt> = Arc::clone(&file) as Arc<dyn ReadAt>;
    let condensed = condense(backing, &mut |_| ()).unwrap();
    file.0.lock().unwrap().truncate(1_000_000);
    let read = parse(condensed.bytes, &context());
    assert!(matches!(read, Err(NoMessage::Unreadable(_))), "{read:?}");
}
