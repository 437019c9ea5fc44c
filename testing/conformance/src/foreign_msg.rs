//! A `.msg` file as another producer makes it: laid out here from the rules of [MS-OXMSG], with a library by others.

use std::io::{Cursor, Read, Write};

/// Property set of the file's named property; number and text of its two names.
pub(crate) const SET: mapi::Guid = mapi::Guid([7; 16]);
pub(crate) const LID: u32 = 0x8233;
pub(crate) const TEXT: &str = "Colour";

/// What its attachment has, and the object that another program put into it.
pub(crate) const DATA: [u8; 5000] = [9; 5000];
pub(crate) const OBJECT: &[u8] = b"of another program";

type File = cfb::CompoundFile<Cursor<Vec<u8>>>;

/// A reader by others over a written file. Fails unless the file keeps every rule of its format.
pub(crate) struct Reader(File);

impl Reader {
    pub(crate) fn open(bytes: Vec<u8>) -> std::io::Result<Self> {
        File::open_strict(Cursor::new(bytes)).map(Self)
    }

    pub(crate) fn stream(&mut self, path: &str) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.open_stream(path)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn text(&mut self, path: &str) -> std::io::Result<String> {
        let bytes = self.stream(path)?;
        let (units, _) = bytes.as_chunks::<2>();
        let units: Vec<u16> = units.iter().map(|u| u16::from_le_bytes(*u)).collect();
        Ok(String::from_utf16_lossy(&units))
    }

    /// The value of a property of the root that lies in the property stream.
    pub(crate) fn long(&mut self, tag: u32) -> std::io::Result<Option<u32>> {
        let bytes = self.stream("/__properties_version1.0")?;
        let (entries, _) = bytes.get(32..).unwrap_or_default().as_chunks::<16>();
        let found = entries.iter().find(|e| e.starts_with(&tag.to_le_bytes()));
        Ok(found.map(|&[_, _, _, _, _, _, _, _, a, b, c, d, ..]| u32::from_le_bytes([a, b, c, d])))
    }

    /// Names of everything that properties are made of.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0
            .walk()
            .skip(1)
            .map(|e| e.path().display().to_string())
            .collect()
    }
}

/// An ANSI message in Japanese with two recipients, a file, an embedded message, an object and two named properties.
pub(crate) fn message() -> std::io::Result<Vec<u8>> {
    let mut file = File::create(Cursor::new(Vec::new()))?;
    names(&mut file)?;
    let properties = [
        (0x0037_001E, 7),
        (0x3FFD_0003, 932),
        (0x001A_001E, 9),
        (0x8000_0003, 42),
        (0x8001_001E, 5),
        (0x0E07_0003, 1),
    ];
    put_properties(&mut file, "", 32, &properties)?;
    put(
        &mut file,
        "/__substg1.0_0037001E",
        &[0x93, 0xFA, 0x96, 0x7B, 0x8C, 0xEA],
    )?;
    put(&mut file, "/__substg1.0_001A001E", b"IPM.Note")?;
    put(&mut file, "/__substg1.0_8001001E", b"blue")?;
    for (number, kind, name) in [(0, 1, "Ann"), (1, 2, "Bob")] {
        let at = format!("/__recip_version1.0_#{number:08X}");
        file.create_storage(&at)?;
        let row = [(0x3000_0003, number), (0x0C15_0003, kind), (0x3001_001E, 4)];
        put_properties(&mut file, &at, 8, &row)?;
        put(
            &mut file,
            &format!("{at}/__substg1.0_3001001E"),
            name.as_bytes(),
        )?;
    }
    let at = |number: u32| format!("/__attach_version1.0_#{number:08X}");
    (0..3).try_for_each(|number| file.create_storage(at(number)))?;
    put_properties(
        &mut file,
        &at(0),
        8,
        &[(0x3705_0003, 1), (0x3707_001E, 6), (0x3701_0102, 5000)],
    )?;
    put(
        &mut file,
        &format!("{}/__substg1.0_3707001E", at(0)),
        b"a.bin",
    )?;
    put(&mut file, &format!("{}/__substg1.0_37010102", at(0)), &DATA)?;
    put_properties(
        &mut file,
        &at(1),
        8,
        &[(0x3705_0003, 5), (0x3701_000D, 0x1_FFFF_FFFF)],
    )?;
    let inner = format!("{}/__substg1.0_3701000D", at(1));
    file.create_storage(&inner)?;
    put_properties(
        &mut file,
        &inner,
        24,
        &[(0x0037_001E, 6), (0x8000_0003, 43)],
    )?;
    put(
        &mut file,
        &format!("{inner}/__substg1.0_0037001E"),
        b"inner",
    )?;
    put_properties(
        &mut file,
        &at(2),
        8,
        &[(0x3705_0003, 6), (0x3701_000D, 0x4_FFFF_FFFF)],
    )?;
    let object = format!("{}/__substg1.0_3701000D", at(2));
    file.create_storage(&object)?;
    put(&mut file, &format!("{object}/Contents"), OBJECT)?;
    Ok(file.into_inner().into_inner())
}

fn put(file: &mut File, path: &str, bytes: &[u8]) -> std::io::Result<()> {
    file.create_stream(path)?.write_all(bytes)
}

/// A property stream: `header` bytes, then tag, flags and value of each property (2.4).
fn put_properties(
    file: &mut File,
    storage: &str,
    header: usize,
    entries: &[(u32, u64)],
) -> std::io::Result<()> {
    let mut bytes = vec![0; header];
    for (tag, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(6_u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    put(file, &format!("{storage}/__properties_version1.0"), &bytes)
}

/// 0x8000 is a number of a set of its own, 0x8001 a text of PS_PUBLIC_STRINGS (2.2.3).
fn names(file: &mut File) -> std::io::Result<()> {
    file.create_storage("/__nameid_version1.0")?;
    let text: Vec<u8> = TEXT.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u32::try_from(text.len()).unwrap_or(0);
    let texts = [length.to_le_bytes().to_vec(), text].concat();
    let mut entries = LID.to_le_bytes().to_vec();
    entries.extend([6, 0, 0, 0]);
    entries.extend([0, 0, 0, 0, 5, 0, 1, 0]);
    for (id, bytes) in [(2, SET.0.to_vec()), (3, entries), (4, texts)] {
        put(
            file,
            &format!("/__nameid_version1.0/__substg1.0_000{id}0102"),
            &bytes,
        )?;
    }
    Ok(())
}
