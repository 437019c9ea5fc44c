//! INC-02, TXT-07: the stream of RTF over the packed one.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};

use mapi::{Code, MapiProp, PropertyFlags, RtfFlags, SaveFlags, rtf, tags};

use super::rtf_bodies::{LETTER, WRITE, native, packed_of, read_rtf, reopened, write_rtf};
use crate::fixture::{code, draft, prop};
use crate::{Case, case};

/// HTML as a sender's client packs it into RTF ([MS-OXRTFEX] 3).
const CARRIES_HTML: &[u8] = br#"{\rtf1\ANSI\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}
{\*\htmltag1 <html><body>}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Dear {\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0 Ann\htmlrtf }\htmlrtf0
{\*\htmltag92 </b>}, caf\'e9 {\*\htmltag72 </p>}\htmlrtf\par}\htmlrtf0 {\*\htmltag27 </body></html>}}"#;

pub(super) const CASES: &[Case] = &[
    case!(
        "INC-02.3" + "TXT-03",
        needs(),
        "a stream of RTF only goes on: all else is refused, and it goes on from where it was",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            write_rtf(&message, LETTER, RtfFlags::MODIFY)?;
            message.save_changes(SaveFlags::NONE)?;
            let message = reopened(f, &message)?;
            let packed = message.open_property(tags::RTF_COMPRESSED.raw(), PropertyFlags::NONE)?;
            let mut stream = rtf::wrap_compressed_rtf_stream(packed, RtfFlags::NONE)?;
            let mut begin = [0; 10];
            stream.read_exact(&mut begin)?;
            for to in [SeekFrom::Start(0), SeekFrom::End(0), SeekFrom::Current(0)] {
                let refused = stream.seek(to).unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::Unsupported);
            }
            assert_eq!(code(stream.stat()), Code::NO_SUPPORT);
            assert_eq!(code(stream.set_size(0)), Code::NO_SUPPORT);
            assert_eq!(code(stream.revert()), Code::NO_SUPPORT);
            assert_eq!(code(stream.try_clone()), Code::NO_SUPPORT);
            assert_eq!(code(stream.lock_region(0, 1)), Code::NO_SUPPORT);
            assert_eq!(code(stream.unlock_region(0, 1)), Code::NO_SUPPORT);
            let written = stream.write(b"x").unwrap_err();
            assert_eq!(written.kind(), ErrorKind::PermissionDenied);
            stream.commit()?;
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest)?;
            assert_eq!([begin.as_slice(), &rest].concat(), LETTER);
            Ok(())
        }
    ),
    case!(
        "TXT-07",
        needs(),
        "a megabyte of RTF is packed and unpacked, and whoever writes writes all of it",
        |f| {
            let folder = f.folder("Mail")?;
            let rtf = megabyte();
            let message = folder.create_message()?;
            let packed = message.open_property(tags::RTF_COMPRESSED.raw(), WRITE)?;
            let mut stream = rtf::wrap_compressed_rtf_stream(packed, RtfFlags::MODIFY)?;
            for piece in rtf.chunks(10_007) {
                stream.write_all(piece)?;
            }
            assert_eq!(message.get(tags::RTF_COMPRESSED)?, b"", "not committed yet");
            stream.commit()?;
            let packed = message.get(tags::RTF_COMPRESSED)?;
            assert_eq!(&packed[8..12], b"LZFu");
            let declared = u32::from_le_bytes(packed[..4].try_into()?);
            assert_eq!(usize::try_from(declared)? + 4, packed.len());
            let raw = u32::from_le_bytes(packed[4..8].try_into()?);
            assert_eq!(usize::try_from(raw)?, rtf.len());
            drop(stream);
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert!(read_rtf(&reopened(f, &message)?)? == rtf);
            // What is there is not appended to, nor does a longer text shine through a shorter one.
            let message = f
                .inbox()?
                .open_message_with(&message.entry_id().unwrap(), mapi::OpenFlags::MODIFY)?;
            let modify = PropertyFlags::MODIFY;
            let packed = message.open_property(tags::RTF_COMPRESSED.raw(), modify)?;
            let mut stream = rtf::wrap_compressed_rtf_stream(packed, RtfFlags::MODIFY)?;
            let unread = stream.read(&mut [0; 8]).unwrap_err();
            assert_eq!(unread.kind(), ErrorKind::PermissionDenied);
            stream.write_all(br"{\rtf1 sho")?;
            stream.commit()?;
            assert_eq!(read_rtf(&message)?, br"{\rtf1 sho");
            // A release commits too.
            stream.write_all(b"rt}")?;
            drop(stream);
            assert_eq!(read_rtf(&message)?, br"{\rtf1 short}");
            let packed = message.get(tags::RTF_COMPRESSED)?;
            assert!(
                packed.len() < 64,
                "nothing of the longer text is left behind it"
            );
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(read_rtf(&reopened(f, &message)?)?, br"{\rtf1 short}");
            Ok(())
        }
    ),
    case!(
        "TXT-07",
        needs(),
        "RTF that is too long for memory is committed in the middle and gone on with",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            let (flags, rtf) = (RtfFlags::MODIFY | RtfFlags::UNCOMPRESSED, megabyte());
            let packed = message.open_property(tags::RTF_COMPRESSED.raw(), WRITE)?;
            let mut stream = rtf::wrap_compressed_rtf_stream(packed, flags)?;
            let mut expected = Vec::new();
            for piece in [&rtf[..], &rtf, b" and ", &rtf, b"}"] {
                stream.write_all(piece)?;
                expected.extend_from_slice(piece);
                if piece.len() < 10 {
                    stream.commit()?;
                    assert!(read_rtf(&message)? == expected, "what was committed");
                }
            }
            drop(stream);
            message.save_changes(SaveFlags::NONE)?;
            let message = reopened(f, &message)?;
            assert!(read_rtf(&message)? == expected);
            let mut packed =
                message.open_property(tags::RTF_COMPRESSED.raw(), PropertyFlags::NONE)?;
            let mut header = [0; 16];
            packed.read_exact(&mut header)?;
            assert_eq!(&header[8..12], b"MELA");
            assert_eq!(packed.size(), u64::try_from(expected.len())? + 16);
            Ok(())
        }
    ),
    case!(
        "TXT-07",
        needs(),
        "RTF gives back what it carries: HTML, text, or itself",
        |f| {
            let folder = f.folder("Mail")?;
            let scratch = folder.create_message()?;
            let of = |rtf: &[u8]| {
                let packed = prop(tags::RTF_COMPRESSED, packed_of(&scratch, rtf)?);
                draft(&folder, &[packed])
            };
            let message = of(CARRIES_HTML)?;
            let (html, kind) = native(&message, 0)?;
            assert_eq!(
                (kind, rtf::NativeBody::Html.bits()),
                (Some(rtf::NativeBody::Html), 2)
            );
            let html = String::from_utf8(html)?;
            let (_, said) = html.split_once("<p>").unwrap();
            assert_eq!(
                said.replace("\r\n", ""),
                "Dear <b>Ann</b>, café </p></body></html>"
            );
            let (ascii, _) = native(&message, 1252)?;
            assert!(String::from_utf8(ascii)?.contains("caf&#233;"));
            let plain = br"{\rtf1\ansi\ansicpg1252\fromtext \deff0{\fonttbl{\f0 Arial;}}one caf\'e9\par two}";
            let message = of(plain)?;
            let (text, kind) = native(&message, 0)?;
            assert_eq!(
                (kind, rtf::NativeBody::Text.bits()),
                (Some(rtf::NativeBody::Text), 4)
            );
            assert_eq!(String::from_utf8(text)?, "one café\r\ntwo");
            assert!(native(&message, 1252)?.0.starts_with(b"one caf\xE9"));
            assert!(native(&message, 1200)?.0.starts_with(b"o\0n\0e\0"));
            let message = of(&megabyte())?;
            let (rtf, kind) = native(&message, 0)?;
            assert_eq!(
                (kind, rtf::NativeBody::Rtf.bits()),
                (Some(rtf::NativeBody::Rtf), 1)
            );
            assert!(rtf == megabyte());
            Ok(())
        }
    ),
    case!(
        "TXT-07",
        needs(),
        "a stream of RTF says at once why it cannot be had",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            write_rtf(&message, LETTER, RtfFlags::MODIFY)?;
            let open = |flags| message.open_property(tags::RTF_COMPRESSED.raw(), flags);
            let both = rtf::RtfInfo {
                flags: RtfFlags::NATIVE_BODY | RtfFlags::MODIFY,
                ..rtf::RtfInfo::default()
            };
            let stream = open(PropertyFlags::MODIFY)?;
            let refused = rtf::wrap_compressed_rtf_stream_ex(stream, both);
            assert_eq!(code(refused), Code::INVALID_PARAMETER);
            let unknown = rtf::RtfInfo {
                flags: RtfFlags::NATIVE_BODY,
                out_code_page: 4711,
                ..rtf::RtfInfo::default()
            };
            let refused = rtf::wrap_compressed_rtf_stream_ex(open(PropertyFlags::NONE)?, unknown);
            assert_eq!(code(refused), Code::INVALID_PARAMETER);
            let stream = open(PropertyFlags::NONE)?;
            let refused = rtf::wrap_compressed_rtf_stream(stream, RtfFlags::NATIVE_BODY);
            assert_eq!(code(refused), Code::UNKNOWN_FLAGS);
            assert_eq!(code(RtfFlags::from_bits(0x10)), Code::UNKNOWN_FLAGS);
            let stream = open(PropertyFlags::NONE)?;
            let refused = rtf::wrap_compressed_rtf_stream(stream, RtfFlags::MODIFY);
            assert_eq!(code(refused), Code::NO_ACCESS);
            // Without NATIVE_BODY the Ex function is the other one.
            let info = rtf::RtfInfo::default();
            let (mut stream, kind) =
                rtf::wrap_compressed_rtf_stream_ex(open(PropertyFlags::NONE)?, info)?;
            let mut read = Vec::new();
            stream.read_to_end(&mut read)?;
            assert_eq!((read.as_slice(), kind), (LETTER, None));
            // A property that was created and never written is no RTF; one that was emptied on purpose is.
            drop(open(WRITE)?);
            let refused =
                rtf::wrap_compressed_rtf_stream(open(PropertyFlags::NONE)?, RtfFlags::NONE);
            assert_eq!(code(refused), Code::CORRUPT_DATA);
            assert_eq!(message.find(tags::BODY)?, None);
            rtf::wrap_compressed_rtf_stream(open(WRITE)?, RtfFlags::MODIFY)?.commit()?;
            assert_eq!(read_rtf(&message)?, b"");
            Ok(())
        }
    ),
];

/// RTF that does not repeat itself too much.
fn megabyte() -> Vec<u8> {
    let mut rtf = br"{\rtf1\ansi ".to_vec();
    let mut seed = 7_u32;
    while rtf.len() < 1 << 20 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        rtf.extend_from_slice(format!("word{} ", seed >> 12).as_bytes());
    }
    rtf.push(b'}');
    rtf
}
