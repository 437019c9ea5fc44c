//! The text of RTF, as Outlook has it.

use proptest::prelude::*;

use super::*;
use crate::{native, to_html};

fn check(rtf: &str, expect: &str) {
    assert_eq!(to_text(rtf.as_bytes()).text, expect, "{rtf}");
}

#[test]
fn paragraphs_lines_and_symbols() {
    check(
        "{\\rtf1 a\\par b\\line c\\tab d\\\r\ne\r\nf}",
        "a\r\nb\r\nc\td\r\nef",
    );
    check(
        "{\\rtf1 \\{\\}\\\\\\~\\_\\emdash\\bullet x}",
        "{}\\ \u{2011}\u{2014}\u{2022}x",
    );
    check("{\\rtf1 1\\cell 2\\cell\\row}", "1\t2\t\r\n");
}

#[test]
fn what_is_no_text_is_passed_over() {
    check(
        "{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\colortbl;\\red1;}{\\info{\\title t}}{\\*\\x y}a{\\v h}b{\\pict 00}c}",
        "abc",
    );
    check(
        "{\\rtf1{\\footnote n}{\\header h}{\\*\\htmltag84 <p>}x}",
        "x",
    );
}

#[test]
fn characters_of_all_kinds() {
    check(
        "{\\rtf1\\ansi\\ansicpg1251 \\'c6\\u1078?\\u-4051\\'3f}",
        "Жж\u{f02d}",
    );
    check("{\\rtf1\\u-10179?\\u-8704?!}", "\u{1F600}!");
    check(
        "{\\rtf1\\uc2\\u8364 ab{\\uc0\\u8364 x}\\u8364\\b\\'80c}",
        "€€x€c",
    );
    check(
        "{\\rtf1{\\fonttbl{\\f1\\fcharset128 x;}}\\f1\\'93\\'fa\\'96{\\b}y\\'83A}",
        "日–yア",
    );
    check("{\\rtf1\\ansicpg936\\'f2\\'10x}", "òx");
    check(
        "{\\rtf1\\ansicpg65001 \\'e2\\'82\\'ac \\'96\\'e2\\'82}",
        "€ –\u{fffd}",
    );
    check("{\\rtf1{\\upr{a}{\\*\\ud{\\u8364?}}}}", "€");
}

#[test]
fn words_that_only_html_parts_are_parted() {
    check(
        "{\\rtf1\\fromhtml1 a{\\*\\htmltag </b><BR>}b{\\*\\htmltag </td>}{\\*\\htmltag <td>}c{\\*\\htmltag <i>}d}",
        "a\r\nb\tcd",
    );
    check(
        "{\\rtf1\\fromhtml1 {\\*\\htmltag <p>}a{\\*\\htmltag <br>}\\htmlrtf\\line\\htmlrtf0 b\\htmlrtf\\par\\htmlrtf0{\\*\\htmltag </p>}{\\*\\htmltag <p>} c}",
        "a\r\nb\r\n c",
    );
    let (_, pieces) = to_text_in_pieces(b"{\\rtf1\\fromhtml1 a{\\*\\htmltag <br>}b}");
    let added: Vec<_> = pieces
        .iter()
        .filter(|piece| piece.kind == PieceKind::Added)
        .collect();
    assert_eq!(added.len(), 1);
    assert!(added[0].source.is_empty());
}

#[test]
fn broken_input_is_read() {
    check("garbage{\\rtf1 a}b", "a");
    check("{\\rtf1 {{{a", "a");
    check("text", "text");
    check("", "");
    check("{\\rtf1 a}}}b", "a");
    check("{\\rtf1\\bin99999999 a}", "a");
    check("{\\rtf1 a\\'", "a");
}

#[test]
fn places_of_attachments_count_utf_16() {
    let text = to_text("{\\rtf1 \\u-10179?\\u-8704?\\objattph x\\objattph }".as_bytes());
    assert_eq!(text.text, "\u{1F600} x ");
    assert_eq!(text.attachments, [2, 4]);
}

#[test]
fn pieces_cover_the_text_and_point_to_the_source() {
    let rtf = b"{\\rtf1\\ansi ab\r\nc{\\b d}\\'e9\\u8364?\\par x}";
    let (text, pieces) = to_text_in_pieces(rtf);
    assert_eq!(text.text, "abcdé€\r\nx");
    let mut end = 0;
    for piece in &pieces {
        assert_eq!(piece.text.start, end);
        end = piece.text.end;
        if piece.kind == PieceKind::Verbatim {
            let source = &rtf[piece.source.clone()];
            let shown = text.text.get(piece.text.clone()).unwrap();
            assert_eq!(shown.as_bytes(), source);
        }
    }
    assert_eq!(end, text.text.len());
    let source = |place: usize| &rtf[pieces[place].source.clone()];
    assert_eq!(source(3), b"\\'e9");
    assert_eq!(source(4), b"\\u8364?");
    assert_eq!(source(5), b"\\par ");
}

#[test]
fn fonts_of_symbols_and_old_code_pages() {
    let fonts = "{\\fonttbl{\\f0 Arial;}{\\f1\\fcharset2 Symbol;}{\\f2\\fcharset2 Wingdings;}{\\f3\\fcharset254 x;}}";
    let check = |rtf: &str, expect: &str| check(&format!("{{\\rtf1{fonts}{rtf}}}"), expect);
    check("{\\f1 a b\\'b7}{\\f2 J\\'e9}\\f0 a", "α β•☺éa");
    check("{\\f1\\u-3983?\\u-3913?}", "θ•");
    check(
        "{\\listtext\\f2\\'a7\\tab}a{\\pntext\\f1\\'b7\\tab}b",
        "*\ta*\tb",
    );
    check("{\\f3\\'82}", "é");
    super::tests::check("{\\rtf1\\pca\\'82\\'d5}", "éı");
    super::tests::check("{\\rtf1\\mac\\'8e}{\\pc}", "é");
    super::tests::check("{\\rtf1\\ansicpg10029\\'88}", "ą");
}

#[test]
fn a_million_groups_are_read_and_what_they_changed_ends_with_them() {
    let deep = |group: &str, count: usize| {
        let close = "}".repeat(count);
        let rtf = format!("{{\\rtf1 a{}b{close}\\'e9}}", group.repeat(count));
        to_text(rtf.as_bytes()).text
    };
    assert_eq!(deep("{", 1_000_000), "abé");
    // Deeper than what is kept.
    assert_eq!(deep("{\\b ", 100_000), "abé");
    assert_eq!(deep("{\\*\\x ", 100_000), "aé");
    let open = "{\\rtf1 ".to_owned() + &"{\\field{\\*\\fldinst x}{\\fldrslt ".repeat(50_000) + "a";
    assert!(to_text(open.as_bytes()).text.len() <= 1);
    assert!(to_html(open.as_bytes()).html.len() < 500);
}

proptest! {
    #[test]
    fn any_bytes_are_read(
        parts in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "\\par ", "\\b", "\\u8364?", "\\u-10179", "\\u-8704", "\\uc2", "\\'93", "\\'", "\\f1", "\\f2",
            "{\\fonttbl{\\f1\\fcharset128 x;}{\\f2\\fcharset2 Symbol;}}", "{\\field", "{\\*\\fldinst HYPERLINK a}",
            "{\\fldrslt", "\\cell", "\\row", "\\intbl", "\\itap2", "\\nestcell", "\\trowd", "\\cellx9", "{\\listtext 1.}",
            "\\objattph ", "{\\pict", "\\bin3 ", "{\\upr", "{\\*\\ud", "\\htmlrtf", "{\\*\\htmltag", "\\fromhtml1", "text", " ",
        ]), 0..80),
        tail in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let rtf = ["{\\rtf1", &parts.concat()].concat();
        let rtf = [rtf.as_bytes(), &tail].concat();
        let (text, pieces) = to_text_in_pieces(&rtf);
        prop_assert_eq!(&text, &to_text(&rtf));
        let mut end = 0;
        for piece in &pieces {
            prop_assert_eq!(piece.text.start, end);
            prop_assert!(piece.source.start <= piece.source.end && piece.source.end <= rtf.len());
            end = piece.text.end;
        }
        prop_assert_eq!(end, text.text.len());
        prop_assert_eq!(to_html(&rtf).encapsulated, native(&rtf) == crate::Native::Html);
    }
}
