//! Text as people write it on a command line: values, assignments, columns, sort orders; and how text folds and sorts.

use mapi_props::names::NoNames;
use mapi_props::{PropType, json, text};
use mapi_query::{compare_text, search_fold, text_key};

use crate::choices::Choices;
use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "text",
    about: "values, assignments, columns and sort orders that are read are printed and read as the same; folding is stable",
    longest: 600,
    seeds,
    takes_mail: false,
    tokens: TOKENS,
    run,
};

const TYPES: &[PropType] = &[
    PropType::UNICODE,
    PropType::LONG,
    PropType::SYSTIME,
    PropType::BINARY,
    PropType::I2,
    PropType::I8,
    PropType::R4,
    PropType::DOUBLE,
    PropType::CURRENCY,
    PropType::APPTIME,
    PropType::ERROR,
    PropType::BOOLEAN,
    PropType::STRING8,
    PropType::CLSID,
    PropType::SRESTRICT,
    PropType::UNSPECIFIED,
    PropType::MV_UNICODE,
    PropType::MV_LONG,
    PropType::MV_BINARY,
    PropType::MV_DOUBLE,
    PropType::MV_SYSTIME,
];

fn run(input: &[u8], seen: &mut Seen) {
    let mut choices = Choices::new(input);
    let ty = choices.pick(TYPES);
    let input = String::from_utf8_lossy(choices.rest()).into_owned();
    value(ty, &input, seen);
    lists(&input, seen);
    order(&input);
}

fn value(ty: PropType, input: &str, seen: &mut Seen) {
    match text::parse_value(ty, input) {
        Ok(read) => {
            seen.mark("value", (ty, read.ty()));
            let printed = text::value(&read);
            assert_eq!(
                text::parse_value(read.ty(), &printed).as_ref(),
                Ok(&read),
                "{printed}"
            );
            let printed = json::value(&read);
            assert_eq!(
                json::parse_value(read.ty(), &printed).as_ref(),
                Ok(&read),
                "{printed}"
            );
        }
        Err(error) => seen.mark("no value", (ty, format!("{error:?}").len().min(60))),
    }
    if let Ok(read) = text::parse_assignment(input) {
        let printed = text::assignment(&read);
        assert_eq!(text::parse_assignment(&printed), Ok(read), "{printed}");
        seen.mark("assignment", 1);
    }
}

fn lists(input: &str, seen: &mut Seen) {
    if let Ok(read) = text::parse_columns(input, &NoNames) {
        let printed = text::columns(&read, &NoNames);
        assert_eq!(
            text::parse_columns(&printed, &NoNames),
            Ok(read),
            "{printed}"
        );
        seen.mark("columns", 1);
    }
    if let Ok(read) = text::parse_sort_order(input, &NoNames) {
        let printed = text::sort_order(&read, &NoNames);
        assert_eq!(
            text::parse_sort_order(&printed, &NoNames).as_ref(),
            Ok(&read),
            "{printed}"
        );
        let printed = json::sort_order(&read, &NoNames);
        assert_eq!(
            json::parse_sort_order(&printed, &NoNames),
            Ok(read),
            "{printed}"
        );
        seen.mark("sort order", 1);
    }
}

/// Keys sort as texts compare, and what was folded folds to itself.
fn order(input: &str) {
    let (a, b) = input.split_once('=').unwrap_or((input, ""));
    assert_eq!(
        compare_text(a, b),
        text_key(a).cmp(&text_key(b)),
        "{a:?} {b:?}"
    );
    assert_eq!(compare_text(a, b), compare_text(b, a).reverse());
    let folded = search_fold(input);
    assert_eq!(search_fold(&folded), folded, "{input:?}");
}

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "PR_SUBJECT=a b",
        "0x8001101F=[\"a\",\"b\"]",
        "2024-05-01T12:00:00.5+02:00",
        "PR_SUBJECT,-PR_MESSAGE_DELIVERY_TIME,&PR_SENDER_NAME,max(PR_SIZE);categories=1;expanded=0",
        "hex:00ff",
        "MAPI_E_NOT_FOUND",
        "-9223372036854775808",
        "1e308",
        "{00020329-0000-0000-C000-000000000046}:\"x y\":PT_UNICODE=z",
        "Straße=STRASSE ﬁ Łódź İ",
    ];
    let all = (0..u8::try_from(TYPES.len()).unwrap_or(u8::MAX)).flat_map(|ty| {
        texts
            .iter()
            .map(move |text| [&[ty], text.as_bytes()].concat())
    });
    all.collect()
}

const TOKENS: &[&[u8]] = &[
    b"PR_SUBJECT",
    b"PidTagBody",
    b"PR_HTML",
    b"0x8001001F",
    b"0x0037001F",
    b"=",
    b",",
    b"-",
    b"&",
    b"max(",
    b"min(",
    b")",
    b";categories=",
    b";expanded=",
    b"hex:",
    b"text:",
    b"[",
    b"]",
    b"\"",
    b"{",
    b"}",
    b"null",
    b"true",
    b"false",
    b"NaN",
    b"Infinity",
    b"-0.0",
    b"1e999",
    b"0x",
    b"Z",
    b"T",
    b"+14:00",
    b"-00:00",
    b"1601-01-01T00:00:00Z",
    b"60056-05-28T05:36:10.9551615Z",
    b"9999-12-31T23:59:60Z",
    b"1970-02-30",
    b"PS_PUBLIC_STRINGS:",
    b"PS_MAPI:",
    b":PT_MV_LONG",
    b"PidLidTaskStatus",
    b"MAPI_E_",
    b"PR_SUBJECT_A",
    b"_W",
    b"\\u0000",
    b"\xC3\x9F",
    b"\xC4\xB0",
    b"\xEF\xAC\x81",
    b"\xCC\x81",
    b"\xE1\xBE\x80",
    b"\xEA\xB0\x80",
    b"\xE3\x82\xAC",
];
