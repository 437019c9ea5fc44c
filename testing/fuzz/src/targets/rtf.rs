//! RTF: any bytes unpack or are refused, any become text and HTML of bounded length, and what is written reads as what it was.

use std::io::Read;

use mapi_rtf::compressed::{Decompressor, Header, compress, decompress, store};
use mapi_rtf::{Native, follow_text, from_html, from_text, native, sync, to_html, to_text};

use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "rtf",
    about: "any RTF becomes text and HTML of bounded length; what is packed, written or followed reads as what it was",
    longest: 16 * 1024,
    seeds,
    takes_mail: false,
    tokens: TOKENS,
    run,
};

fn run(input: &[u8], seen: &mut Seen) {
    unpack(input, seen);
    pack(input);
    let text = to_text(input);
    assert!(
        text.text.len() <= 8 * input.len(),
        "{} bytes of text",
        text.text.len()
    );
    let units = text.text.encode_utf16().count();
    assert!(text.attachments.is_sorted(), "places go back");
    assert!(
        text.attachments.iter().all(|place| *place < units),
        "a place beyond the text"
    );
    let page = to_html(input);
    assert_eq!(page.encapsulated, native(input) == Native::Html);
    assert!(
        page.html.len() <= 40 * input.len() + (1 << 17),
        "{} bytes became {}",
        input.len(),
        page.html.len()
    );
    seen.count("text", text.text.len());
    seen.count("attachments", text.attachments.len());
    mark(&page.html, seen);
    write(&text.text, input, seen);
}

/// What is packed is unpacked alike, whole and as a stream.
fn unpack(packed: &[u8], seen: &mut Seen) {
    const MOST: usize = 1 << 20;
    let whole = decompress(packed, MOST);
    if let Err(damage) = &whole {
        seen.mark("damage", std::mem::discriminant(damage));
    }
    let mut rtf = Vec::new();
    let streamed = Decompressor::new(packed)
        .and_then(|stream| stream.take(MOST as u64 + 1).read_to_end(&mut rtf));
    match whole {
        Ok(whole) => {
            assert!(Header::of(packed).is_ok());
            assert!(
                streamed.is_ok() && whole == rtf,
                "a stream gives something else"
            );
        }
        Err(_) => assert!(streamed.is_err() || rtf.len() > MOST, "a stream gives more"),
    }
}

fn pack(rtf: &[u8]) {
    let packed = compress(rtf);
    assert!(
        packed.len() <= rtf.len() / 8 * 9 + 32,
        "{} bytes",
        packed.len()
    );
    assert_eq!(decompress(&packed, rtf.len()).as_deref(), Ok(rtf));
    assert_eq!(decompress(&store(rtf), rtf.len()).as_deref(), Ok(rtf));
}

/// RTF made of any text says the text, and RTF that follows a text says it.
fn write(text: &str, rtf: &[u8], seen: &mut Seen) {
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let written = to_text(&from_text(text));
    assert_eq!(words(&written.text), words(text));
    let html = format!("<html><body>{text}</body></html>");
    assert_eq!(native(&from_html(&html)), Native::Html);
    let half = text.chars().count() / 2;
    let changed: String = text.chars().take(half).chain("changed".chars()).collect();
    if let Some(followed) = follow_text(rtf, &changed) {
        seen.count("followed", followed.len());
        let says = to_text(&followed).text;
        assert!(sync::same(&says, &changed), "{says:?}");
    }
}

fn mark(html: &str, seen: &mut Seen) {
    for (what, sign) in [
        ("cell", "<td"),
        ("span", "span=\""),
        ("item", "<li"),
        ("link", "<a href"),
        ("look", "<span style"),
        ("bold", "<b>"),
        ("attachment", "class=\"attachment\""),
        ("picture", "class=\"picture\""),
        ("blank", "&nbsp;"),
    ] {
        seen.mark(what, html.matches(sign).count().min(4));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let plain = [
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset128 x;}{\f2\fcharset2 Symbol;}}{\colortbl;\red1\green2\blue3;}{\b b\i\cf1\fs30 \'e9}\par\f1\'93\'fa\f2 a\u8364?\u-10179?\u-8704?}",
        r"{\rtf1\trowd\clvmgf\cellx9\clmgf\cellx20\clmrg\cellx30\intbl a\cell b\cell c\cell\row\trowd\clvmrg\cellx9\cellx30\intbl\cell{\itap2 n\nestcell{\*\nesttableprops\trowd\cellx5\nestrow}}\cell\row\pard x}",
        r#"{\rtf1{\field{\*\fldinst HYPERLINK "http://a/b" \l "c"}{\fldrslt\ul link}}{\listtext 1.\tab}a\par{\listtext i.\tab}\ilvl1 b\par{\pntext\'b7\tab}c\objattph  {\pict\bin3 {\}}{\upr{a}{\*\ud b}}}"#,
        r#"{\rtf1\ansi\fromhtml1 {\*\htmltag64}{\*\htmltag <meta charset="x">}\htmlrtf {\b \htmlrtf0 b\htmlrtf }\htmlrtf0{\*\mhtmltag8 x}\par\~}"#,
        r"{\rtf1\mac\fromtext\uc2 a\~\-\_\line\tab\emdash{\v h}{\footnote n}{\*\x y}\\\{\}}",
    ];
    let mut seeds: Vec<Vec<u8>> = plain.map(|rtf| rtf.as_bytes().to_vec()).into();
    seeds.extend(plain.map(|rtf| compress(rtf.as_bytes())));
    seeds.push(store(b"{\\rtf1 a}"));
    seeds
}

const TOKENS: &[&[u8]] = &[
    b"{",
    b"}",
    b"{\\rtf1",
    b"\\par ",
    b"\\line",
    b"\\tab",
    b"\\~",
    b"\\-",
    b"\\_",
    b"\\*",
    b"\\'",
    b"\\'e9",
    b"\\'81",
    b"\\u8364?",
    b"\\u-10179",
    b"\\u-8704",
    b"\\uc0",
    b"\\uc9",
    b"\\bin5 ",
    b"\\bin999999999 ",
    b"\\f0",
    b"\\f1",
    b"\\f2",
    b"\\fcharset2",
    b"\\fcharset128",
    b"\\fcharset134",
    b"\\cpg65001",
    b"\\cpg437",
    b"\\ansicpg54936",
    b"\\ansicpg950",
    b"{\\fonttbl",
    b"{\\colortbl",
    b"\\plain",
    b"\\pard",
    b"\\b",
    b"\\b0",
    b"\\v",
    b"\\cf1",
    b"\\highlight1",
    b"\\fs99999",
    b"\\li-2147483648",
    b"\\fi2147483647",
    b"\\trowd",
    b"\\cellx2147483647",
    b"\\cellx-9",
    b"\\clmrg",
    b"\\clmgf",
    b"\\clvmrg",
    b"\\clvmgf",
    b"\\intbl",
    b"\\itap3",
    b"\\itap99",
    b"\\cell",
    b"\\row",
    b"\\nestcell",
    b"\\nestrow",
    b"{\\*\\nesttableprops",
    b"{\\field",
    b"{\\*\\fldinst HYPERLINK \"",
    b"{\\fldrslt",
    b"\\l \"",
    b"{\\listtext",
    b"\\ilvl9",
    b"{\\pntext",
    b"{\\upr",
    b"{\\*\\ud",
    b"{\\pict",
    b"{\\object",
    b"\\objattph ",
    b"\\fromhtml1",
    b"\\fromtext",
    b"{\\*\\htmltag64",
    b"\\htmlrtf",
    b"\\htmlrtf0",
    b"{\\*\\mhtmltag",
    b"\\dbch\\af1",
    b"\\deff1",
    b"\\0",
    b"LZFu",
    b"MELA",
];
