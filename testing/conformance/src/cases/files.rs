//! HLP-02: files as streams.

use std::io::{Read, Seek, SeekFrom, Write};

use malle_host::FileStreamOptions;
use mapi::{Code, MapiProp, PropertyFlags, SaveFlags, tags};
use testkit::TempHome;

use crate::fixture::{attach, code, draft};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[case!(
    "HLP-02",
    needs(),
    "a file is a stream, and goes with it if asked",
    |f| {
        let home = TempHome::new()?;
        let there = |name: &str| home.path().join(name);
        let (read, write) = (FileStreamOptions::read(), FileStreamOptions::read_write());
        assert_eq!(code(read.open(&there("none"))), Code::NOT_FOUND);
        assert_eq!(code(write.open(&there("none"))), Code::NOT_FOUND);
        let nowhere = home.path().join("no/where");
        assert_eq!(code(write.create().open(&nowhere)), Code::NOT_FOUND);
        let made_to_read = read.create().open(&there("new"));
        assert_eq!(code(made_to_read), Code::INVALID_PARAMETER);
        assert!(!there("new").exists());
        assert_eq!(code(write.create().open(home.path())), Code::NO_ACCESS);
        // What is in an attachment goes out to a file, and from there into another.
        let bytes: Vec<u8> = (0..20_000_u32).flat_map(u32::to_le_bytes).collect();
        let message = draft(&f.folder("Mail")?, &[])?;
        let number = attach(&message, "data.bin", &bytes)?;
        let open = |number, flags| -> mapi::Result<mapi::PropStream> {
            let attachment = message.open_attachment(number, mapi::OpenFlags::MODIFY)?;
            attachment.open_property(tags::ATTACH_DATA_BIN.raw(), flags)
        };
        let mut out = write.create().open(&there("data.bin"))?;
        std::io::copy(&mut open(number, PropertyFlags::NONE)?, &mut out)?;
        out.seek(SeekFrom::Start(4))?;
        let mut word = [0; 4];
        out.read_exact(&mut word)?;
        assert_eq!(word, 1_u32.to_le_bytes());
        drop(out);
        assert_eq!(std::fs::read(there("data.bin"))?, bytes, "it stays");
        let mut reading = read.open(&there("data.bin"))?;
        assert!(reading.write(b"x").is_err(), "open for reading");
        let mut back = Vec::new();
        reading.read_to_end(&mut back)?;
        assert_eq!(back, bytes);
        // A file that is made anew is empty; temporary names are as the reference says.
        drop(write.create().open(&there("data.bin"))?);
        assert_eq!(std::fs::read(there("data.bin"))?, b"");
        let temporary = write.delete_on_release();
        let mut streams = Vec::new();
        for _ in 0..20 {
            let mut stream = temporary.open_unique(home.path(), "malle")?;
            let name = stream
                .path()
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let digits = name
                .strip_prefix("mal")
                .and_then(|n| n.strip_suffix(".TMP"));
            let hexadecimal = |d: &str| d.len() == 4 && d.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(digits.is_some_and(hexadecimal), "{name}");
            stream.write_all(name.as_bytes())?;
            streams.push(stream);
        }
        assert_eq!(
            std::fs::read_dir(home.path())?.count(),
            21,
            "each a file of its own"
        );
        let path = streams[7].path().to_owned();
        assert_eq!(
            std::fs::read(&path)?,
            path.file_name().unwrap().as_encoded_bytes()
        );
        drop(streams);
        assert!(!path.exists());
        assert_eq!(std::fs::read_dir(home.path())?.count(), 1);
        assert_eq!(
            code(temporary.open_unique(home.path(), "a/b")),
            Code::INVALID_PARAMETER
        );
        drop(temporary.open(&there("data.bin"))?);
        assert!(!there("data.bin").exists(), "gone after the drop");
        message.save_changes(SaveFlags::NONE)?;
        Ok(())
    }
)];
