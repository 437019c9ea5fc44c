//! A file made by hand from the rules of [MS-OXMSG], not by this crate's writer.

use std::io::{Cursor, Write};

use mapi_props::{Guid, PropKey, PropName, PropTag, PropType, PropValue, TreeContent, guids, tags};

use crate::shown::{bytes_of, lines, read, written};

pub(crate) type File = cfb::CompoundFile<Cursor<Vec<u8>>>;

fn stream(file: &mut File, path: &str, bytes: &[u8]) {
    file.create_stream(path).unwrap().write_all(bytes).unwrap();
}

/// A property stream: a header of zeros, and entries of tag and value.
fn properties(file: &mut File, storage: &str, header: usize, entries: &[(u32, u64)]) {
    let mut bytes = vec![0; header];
    for (tag, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(6_u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    stream(file, &format!("{storage}/__properties_version1.0"), &bytes);
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

const SET: [u8; 16] = [7; 16];

fn names(file: &mut File) {
    file.create_storage("/__nameid_version1.0").unwrap();
    let text = wide("Colour");
    let mut texts = u32::try_from(text.len()).unwrap().to_le_bytes().to_vec();
    texts.extend(text);
    // Number 0x8233 of a set of its own, then a text of PS_PUBLIC_STRINGS.
    let mut entries = 0x8233_u32.to_le_bytes().to_vec();
    entries.extend([6, 0, 0, 0]);
    entries.extend([0, 0, 0, 0, 5, 0, 1, 0]);
    for (name, bytes) in [("2", SET.to_vec()), ("3", entries), ("4", texts)] {
        stream(
            file,
            &format!("/__nameid_version1.0/__substg1.0_000{name}0102"),
            &bytes,
        );
    }
}

/// A message in code page 932 with everything that a message can have.
pub(crate) fn made() -> Vec<u8> {
    let mut file = File::create(Cursor::new(Vec::new())).unwrap();
    names(&mut file);
    properties(
        &mut file,
        "",
        32,
        &[
            (0x0037_001E, 7),
            (0x3FFD_0003, 932),
            (0x0E06_0040, 0x01D5_0000_0000_0000),
            (0x001A_001E, 9),
            (0x8000_0003, 42),
            (0x8001_101E, 8),
            (0x6801_1003, 8),
            (0x6802_0102, 3),
            (0x6803_00FF, 4),
            (0x6804_000B, 1),
            // STORE_UNICODE_OK is not among them.
            (0x340D_0003, 0x79),
        ],
    );
    stream(
        &mut file,
        "/__substg1.0_0037001E",
        &[0x93, 0xFA, 0x96, 0x7B, 0x8C, 0xEA],
    );
    stream(&mut file, "/__substg1.0_001A001E", b"IPM.Note");
    stream(
        &mut file,
        "/__substg1.0_8001101E",
        &[4, 0, 0, 0, 5, 0, 0, 0],
    );
    stream(&mut file, "/__substg1.0_8001101E-00000000", b"red");
    stream(&mut file, "/__substg1.0_8001101E-00000001", b"blue");
    stream(
        &mut file,
        "/__substg1.0_68011003",
        &[1, 0, 0, 0, 2, 0, 0, 0],
    );
    stream(&mut file, "/__substg1.0_68020102", &[1, 2, 3]);
    stream(&mut file, "/__substg1.0_680300FF", b"what");
    stream(&mut file, "/MsoStuff", b"nobody's");
    // Not in the order of their numbers.
    for (number, name) in [(1_u64, "Bob"), (0, "Ann")] {
        let storage = format!("/__recip_version1.0_#{number:08X}");
        file.create_storage(&storage).unwrap();
        let entries = [
            (0x3000_0003, number),
            (0x0C15_0003, number + 1),
            (0x3001_001E, 4),
        ];
        properties(&mut file, &storage, 8, &entries);
        stream(
            &mut file,
            &format!("{storage}/__substg1.0_3001001E"),
            name.as_bytes(),
        );
    }
    attachments(&mut file);
    file.into_inner().into_inner()
}

fn attachments(file: &mut File) {
    let at = |n: u32| format!("/__attach_version1.0_#{n:08X}");
    (0..3).for_each(|n| file.create_storage(at(n)).unwrap());
    properties(
        file,
        &at(0),
        8,
        &[(0x3705_0003, 1), (0x3707_001E, 6), (0x3701_0102, 5000)],
    );
    stream(file, &format!("{}/__substg1.0_3707001E", at(0)), b"a.bin");
    stream(file, &format!("{}/__substg1.0_37010102", at(0)), &[9; 5000]);
    let inner = format!("{}/__substg1.0_3701000D", at(1));
    properties(
        file,
        &at(1),
        8,
        &[(0x3705_0003, 5), (0x3701_000D, 0x1_FFFF_FFFF)],
    );
    file.create_storage(&inner).unwrap();
    properties(file, &inner, 24, &[(0x0037_001E, 6), (0x8000_0003, 43)]);
    stream(file, &format!("{inner}/__substg1.0_0037001E"), b"inner");
    let object = format!("{}/__substg1.0_3701000D", at(2));
    properties(
        file,
        &at(2),
        8,
        &[(0x3705_0003, 6), (0x3701_000D, 0x4_FFFF_FFFF)],
    );
    file.create_storage_all(format!("{object}/Deep")).unwrap();
    stream(file, &format!("{object}/Contents"), b"of another program");
    stream(file, &format!("{object}/Deep/\u{1}Ole"), &[5; 6000]);
}

#[test]
fn everything_of_a_file_by_another_producer_is_read() {
    let tree = read(&made());
    assert_eq!(tree.defects, []);
    assert_eq!(tree.props.text(tags::SUBJECT), Some("日本語"));
    assert_eq!(tree.props.text(tags::MESSAGE_CLASS), Some("IPM.Note"));
    let number = PropKey::Named(PropName::id(Guid(SET), 0x8233));
    assert_eq!(
        tree.props.get(&number).unwrap().value(),
        Some(&PropValue::Long(42))
    );
    let colour = PropKey::Named(PropName::text(guids::PS_PUBLIC_STRINGS, "Colour"));
    let colours = PropValue::MvUnicode(vec!["red".into(), "blue".into()]);
    assert_eq!(tree.props.get(&colour).unwrap().value(), Some(&colours));
    let many = tree.props.value(PropTag::new(0x6801, PropType::MV_LONG));
    assert_eq!(many, Some(&PropValue::MvLong(vec![1, 2])));
    let name = |n: usize| tree.recipients[n].text(tags::DISPLAY_NAME);
    assert_eq!((name(0), name(1)), (Some("Ann"), Some("Bob")));
    let content = |n: usize| &tree.attachments[n].content;
    let TreeContent::Data(data) = content(0) else {
        panic!("{:?}", content(0))
    };
    assert_eq!(bytes_of(data), [9; 5000]);
    let TreeContent::Message(inner) = content(1) else {
        panic!("{:?}", content(1))
    };
    assert_eq!(inner.props.text(tags::SUBJECT), Some("inner"));
    assert_eq!(
        inner.props.get(&number).unwrap().value(),
        Some(&PropValue::Long(43))
    );
    let TreeContent::Storage(object) = content(2) else {
        panic!("{:?}", content(2))
    };
    let mut object = cfb::CompoundFile::open_strict(Cursor::new(bytes_of(object))).unwrap();
    let mut deep = Vec::new();
    let mut stream = object.open_stream("/Deep/\u{1}Ole").unwrap();
    std::io::Read::read_to_end(&mut stream, &mut deep).unwrap();
    assert_eq!(deep, [5; 6000]);
}

#[test]
fn it_is_written_whole_and_another_library_finds_everything() {
    let tree = read(&made());
    let file = written(&tree);
    assert_eq!(lines(&read(&file)), lines(&tree));
    let mut other = cfb::CompoundFile::open_strict(Cursor::new(file)).unwrap();
    let mut get = |path: &str| {
        let mut bytes = Vec::new();
        let mut stream = other
            .open_stream(path)
            .unwrap_or_else(|e| panic!("{path}: {e}"));
        std::io::Read::read_to_end(&mut stream, &mut bytes).unwrap();
        bytes
    };
    assert_eq!(get("/__substg1.0_0037001F"), wide("日本語"));
    // Of a type nobody knows, and of no property at all.
    assert_eq!(get("/__substg1.0_680300FF"), b"what");
    assert_eq!(get("/MsoStuff"), b"nobody's");
    assert_eq!(
        get("/__attach_version1.0_#00000002/__substg1.0_3701000D/Contents"),
        b"of another program"
    );
    // By which Outlook finds a name: (0x8233 xor 6) mod 31 is 8 ([MS-OXMSG] 2.2.3.2).
    let bucket = get("/__nameid_version1.0/__substg1.0_10080102");
    assert_eq!(bucket, [0x33, 0x82, 0, 0, 6, 0, 0, 0]);
    let root = get("/__properties_version1.0");
    assert_eq!(
        root[8..24],
        [2, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]
    );
    let unicode = root[32..]
        .chunks(16)
        .find(|e| e[..4] == [3, 0, 0x0D, 0x34])
        .unwrap();
    assert_eq!(unicode[10] & 4, 4, "STORE_UNICODE_OK");
    let class = other.root_entry().clsid().to_string();
    assert_eq!(class, "00020d0b-0000-0000-c000-000000000046");
}

#[test]
fn the_code_page_is_found_from_what_the_file_says() {
    // Tags of a code page, a language or a charset, what they say, and bytes that mean 語 then.
    type Form<'a> = (&'a [(u32, u64)], &'a [u8]);
    let forms: [Form<'_>; 5] = [
        (&[(0x3FFD_0003, 932)], &[0x8C, 0xEA]),
        (
            &[(0x3FF1_0003, 0x0411), (0x3FDE_0003, 50220)],
            &[0x8C, 0xEA],
        ),
        (&[(0x3FDE_0003, 50220)], &[0x8C, 0xEA]),
        (&[(0x3FF1_0003, 0x0404)], &[0xBB, 0x79]),
        // A page in which they mean nothing gives way.
        (
            &[(0x3FFD_0003, 65001), (0x3FF1_0003, 0x0411)],
            &[0x8C, 0xEA],
        ),
    ];
    for (said, bytes) in forms {
        let mut file = File::create(Cursor::new(Vec::new())).unwrap();
        let entries = [&[(0x0037_001E, 3)], said].concat();
        properties(&mut file, "", 32, &entries);
        stream(&mut file, "/__substg1.0_0037001E", bytes);
        let tree = read(&file.into_inner().into_inner());
        assert_eq!(tree.props.text(tags::SUBJECT), Some("語"), "{said:?}");
    }
}

#[test]
fn of_a_property_in_two_types_the_same_one_counts_whenever_it_is_read() {
    let mut file = File::create(Cursor::new(Vec::new())).unwrap();
    let entries = [
        (0x0037_001E, 5),
        (0x0037_001F, 10),
        (0x1013_001F, 4),
        (0x1013_0102, 3),
    ];
    properties(&mut file, "", 32, &entries);
    stream(&mut file, "/__substg1.0_0037001E", b"pl?n");
    stream(&mut file, "/__substg1.0_0037001F", &wide("plän"));
    stream(&mut file, "/__substg1.0_1013001F", &wide("x"));
    stream(&mut file, "/__substg1.0_10130102", b"<p>");
    let tree = read(&file.into_inner().into_inner());
    assert_eq!(tree.props.text(tags::SUBJECT), Some("plän"));
    let html = tree.props.value(tags::HTML);
    assert_eq!(html, Some(&PropValue::Binary(b"<p>".to_vec())));
    assert_eq!(lines(&read(&written(&tree))), lines(&tree));
}
