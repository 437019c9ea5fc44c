//! Character sets: any bytes in any charset become text of bounded length, and text goes to a code page and back.

use mapi_mime::{code_page_of, decode_code_page, label_of};
use mapi_props::{AnsiString, tags};
use mapi_query::{decode_ansi, encode_ansi, is_supported_code_page};

use super::mail;
use crate::choices::Choices;
use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "charset",
    about: "any bytes of any charset become bounded text; what a code page can say comes back from it",
    longest: 8 * 1024,
    seeds,
    takes_mail: false,
    tokens: TOKENS,
    run,
};

const LABELS: &[&str] = &[
    "utf-8",
    "us-ascii",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-8-i",
    "windows-1252",
    "windows-1255",
    "koi8-r",
    "ibm850",
    "macintosh",
    "shift_jis",
    "euc-jp",
    "iso-2022-jp",
    "iso-2022-jp-2",
    "iso-2022-kr",
    "iso-2022-cn",
    "gb2312",
    "gb18030",
    "hz-gb-2312",
    "big5",
    "big5-hkscs",
    "euc-kr",
    "ks_c_5601-1987",
    "utf-7",
    "utf-16",
    "utf-16be",
    "utf-32",
    "unicode-1-1-utf-7",
    "x-user-defined",
    "x-unknown",
    "tis-620",
    "viscii",
    "replacement",
    "cp437",
    "ansi_x3.110-1983",
    "",
    " UTF8;",
    "\"latin1\"",
    "'windows-1251'",
    "utf-8\n",
];

/// A byte may become three of UTF-8 (U+FFFD and most of Asia), pairs of bytes two characters.
const GROWTH: usize = 6;

fn run(input: &[u8], seen: &mut Seen) {
    let mut choices = Choices::new(input);
    let known = choices.pick(LABELS);
    let own = if choices.below(8) == 0 {
        choices.text()
    } else {
        String::new()
    };
    let label = if own.is_empty() { known } else { &own };
    let bytes = choices.rest();
    if let Some(page) = code_page_of(label) {
        seen.mark("page", page);
        assert!(
            label_of(page).is_some(),
            "page {page} of {label} has no label"
        );
        let text = decode_code_page(bytes, page);
        assert!(
            text.len() <= GROWTH * bytes.len() + 16,
            "{} bytes became {}",
            bytes.len(),
            text.len()
        );
        seen.mark(
            "replaced",
            (page, text.contains('\u{FFFD}'), text.is_ascii()),
        );
        if let Ok(page) = u16::try_from(page) {
            there_and_back(&text, page, seen);
        }
    }
    if bytes.is_ascii() && !bytes.contains(&b'\n') {
        in_a_word(label, bytes, seen);
    }
    in_a_body(label, bytes, seen);
}

/// What a code page made of a text is that page's text for ever.
fn there_and_back(text: &str, page: u16, seen: &mut Seen) {
    let once = encode_ansi(text, page);
    let back = decode_ansi(&once).into_owned();
    seen.mark("back", (once.code_page, back == text));
    let twice = encode_ansi(&back, page);
    assert_eq!(decode_ansi(&twice), back, "code page {page}");
    let foreign = AnsiString {
        code_page: page,
        bytes: text.as_bytes().to_vec(),
    };
    assert!(decode_ansi(&foreign).len() <= GROWTH * text.len() + 16);
    seen.mark("supported", (page, is_supported_code_page(page)));
}

fn in_a_body(label: &str, bytes: &[u8], seen: &mut Seen) {
    let label: String = label.chars().filter(|c| !c.is_control()).collect();
    let mut mail = format!("Content-Type: text/plain; charset=\"{label}\"\n\n").into_bytes();
    mail.extend_from_slice(bytes);
    if let Some(tree) = mail::read(&mail, &mail::context(), seen) {
        let body = tree.props.text(tags::BODY).unwrap_or_default();
        assert!(
            body.len() <= GROWTH * bytes.len() + 16,
            "{} bytes became {}",
            bytes.len(),
            body.len()
        );
    }
}

fn in_a_word(label: &str, bytes: &[u8], seen: &mut Seen) {
    let label: String = label.chars().filter(|c| c.is_ascii_graphic()).collect();
    let mut mail = format!("Subject: =?{label}?q?").into_bytes();
    mail.extend_from_slice(bytes);
    mail.extend_from_slice(b"?=\n\n");
    mail::read(&mail, &mail::context(), seen);
}

fn seeds() -> Vec<Vec<u8>> {
    let texts: &[&[u8]] = &[
        b"abc",
        b"\xE4\xBC\x9A\xE8\xAD\xB0 caf\xC3\xA9",
        b"\x1b$B2q5D\x1b(B \x1b$(D0\"\x1b(J\\~\x1b(I1",
        b"\x1b$)C\x0E0!\x0F",
        b"~{<:Ky2;S{#,~}",
        b"+ZeVnLIqe- +AGE +//8-",
        b"\xFF\xFEa\0\x3D\xD8\0\xDE",
        b"\x81\x30\x81\x30 \xFE\xFE \xA1\xA1",
        b"\x82\xA0\x83\x41 \xB1",
    ];
    let all = (0..u8::try_from(LABELS.len()).unwrap_or(u8::MAX))
        .flat_map(|label| texts.iter().map(move |text| [&[label, 1], *text].concat()));
    all.collect()
}

const TOKENS: &[&[u8]] = &[
    b"\x1b$B",
    b"\x1b(B",
    b"\x1b(J",
    b"\x1b(I",
    b"\x1b$@",
    b"\x1b$(D",
    b"\x1b$)C",
    b"\x0E",
    b"\x0F",
    b"\x1b$A",
    b"\x1b.A\x1bN",
    b"~{",
    b"~}",
    b"~~",
    b"~\n",
    b"+",
    b"-",
    b"+-",
    b"+AGE-",
    b"+2D3eAA-",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\xFE\xFF",
    b"\0",
    b"\xC3\xA9",
    b"\xED\xA0\x80",
    b"\xF4\x90\x80\x80",
    b"\xC0\x80",
    b"\xE4\xBC",
    b"\x8F\xA1",
    b"\x8E\xB1",
    b"\x81\x30\x81\x30",
    b"\x84\x31\xA4\x37",
    b"\x88\x62",
    b"\xA1",
    b"\x80",
    b"=E9",
    b"_",
    b"?=",
];
