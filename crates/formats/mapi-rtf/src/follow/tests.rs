//! RTF follows texts, whatever both are.

use proptest::prelude::*;

use super::follow_text;
use crate::{Native, from_html, from_text, from_text_with, native, sync, to_html, to_text};

fn followed(rtf: &str, text: &str) -> Option<String> {
    let rtf = follow_text(rtf.as_bytes(), text)?;
    Some(String::from_utf8(rtf).unwrap())
}

#[test]
fn what_did_not_change_keeps_its_formatting() {
    for (rtf, text, expected) in [
        (
            r"{\rtf1 Dear {\b Ann},\par yes.\par}",
            "Dear Bob,\nyes.\n",
            r"{\rtf1 Dear {\b Bob},\par yes.\par}",
        ),
        (r"{\rtf1 a {\b b} c}", "a c", r"{\rtf1 a {\b }c}"),
        (
            r"{\rtf1 a\par\b c\par}",
            "a\nb c\n",
            r"{\rtf1 a\par b \b c\par}",
        ),
        (
            r"{\rtf1 {\b\'e9}t\'e9}",
            "été été",
            r"{\rtf1 {\b\'e9}t\'e9 \u233?t\u233?}",
        ),
        (r"{\rtf1\b\'e9x}", "x", r"{\rtf1\b x}"),
        (r"{\rtf1\b\'e9}", "a", r"{\rtf1\b a}"),
        (
            r"{\rtf1\uc0 a\u233 b c}",
            "aéb ü",
            r"{\rtf1\uc0 a\u233 b \uc1 \u252?\uc0 }",
        ),
        (r"{\rtf1 a \objattph  b}", "c", r"{\rtf1 c\objattph  }"),
        (
            r"{\rtf1 a\cell b\cell\row}",
            "a\tc\t\n",
            r"{\rtf1 a\cell c\cell\row}",
        ),
        (
            r"{\rtf1 one two}",
            "one {two} \\three\n\nfour",
            "{\\rtf1 one \\{two\\} \\\\three\\par\r\n\\par\r\nfour}",
        ),
    ] {
        assert_eq!(followed(rtf, text).as_deref(), Some(expected), "{rtf}");
    }
}

#[test]
fn white_space_and_noise_change_nothing() {
    let rtf = r"{\rtf1 Dear {\b Ann},\par\par yes. \'ad\par}";
    for text in [
        "Dear Ann,\n\nyes.",
        "Dear Ann,\r\nyes.\r\n\r\n",
        " Dear\u{A0}Ann, yes.\u{AD}",
    ] {
        assert_eq!(followed(rtf, text), None, "{text:?}");
    }
    assert_eq!(follow_text(b"", " \r\n"), None);
}

#[test]
fn what_has_no_place_is_made_anew() {
    assert_eq!(follow_text(b"{\\rtf1}", "new"), Some(from_text("new")));
    assert_eq!(follow_text(b"", "new"), Some(from_text("new")));
}

#[test]
fn html_that_would_say_something_else_goes() {
    let rtf = from_html("<p>caf&eacute; <b>now</b></p>");
    let new = follow_text(&rtf, "thé now").unwrap();
    assert_eq!(native(&new), Native::Rtf);
    assert!(sync::same(&to_text(&new).text, "thé now"));
    let html = to_html(&new).html;
    assert!(html.contains("th\u{e9}") && !html.contains("caf"), "{html}");
    assert!(
        html.contains("<b>now</b>") || html.contains("bold"),
        "{html}"
    );
}

#[test]
fn attachments_keep_their_places() {
    let rtf = from_text_with("see   here", &[4]);
    let new = follow_text(&rtf, "look   there").unwrap();
    assert_eq!(to_text(&new).attachments, [5]);
}

/// RTF of many kinds, some of it broken.
fn rtf() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        "[a-z ,.]{1,8}",
        Just("\\'e9".to_owned()),
        Just("\\u233?".to_owned()),
        Just("\\uc0\\u233 ".to_owned()),
        Just("\\uc2 ".to_owned()),
        Just("{\\b ".to_owned()),
        Just("}".to_owned()),
        Just("\\par\r\n".to_owned()),
        Just("\\par".to_owned()),
        Just("\\i".to_owned()),
        Just("\\cell\\row ".to_owned()),
        Just("\\objattph ".to_owned()),
        Just("{\\*\\htmltag64 x}".to_owned()),
        Just("\\htmlrtf ".to_owned()),
        Just("{\\v hidden}".to_owned()),
        Just("\\bin3 {{{".to_owned()),
        Just("{\\field{\\*\\fldinst HYPERLINK \"http://x/\"}{\\fldrslt y}}".to_owned()),
        Just("\\".to_owned()),
    ];
    let pieces = prop::collection::vec(piece, 0..24);
    (any::<bool>(), pieces).prop_map(|(html, pieces)| {
        let head = if html {
            "{\\rtf1\\ansi\\fromhtml1 "
        } else {
            "{\\rtf1\\ansi "
        };
        format!("{head}{}}}", pieces.concat()).into_bytes()
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zé ,.\r\n\t{}\\\\-]{0,40}",
        any::<String>(),
        prop::collection::vec("[a-z ,.]{1,8}", 0..20).prop_map(|words| words.concat()),
    ]
}

proptest! {
    #[test]
    fn the_rtf_says_what_the_text_says(rtf in rtf(), text in text()) {
        match follow_text(&rtf, &text) {
            Some(new) => prop_assert!(sync::same(&to_text(&new).text, &text)),
            None => prop_assert!(sync::same(&to_text(&rtf).text, &text)),
        }
    }

    #[test]
    fn of_any_bytes_too(rtf in any::<Vec<u8>>(), text in any::<String>()) {
        let new = follow_text(&rtf, &text).unwrap_or(rtf);
        prop_assert!(sync::same(&to_text(&new).text, &text));
    }

    /// Edit after edit the RTF grows with its text only.
    #[test]
    fn edits_leave_nothing_behind(texts in prop::collection::vec("[a-zé ]{1,20}", 1..30)) {
        let mut rtf = from_text("begin");
        for text in texts {
            if let Some(new) = follow_text(&rtf, &text) {
                prop_assert!(new.len() <= from_text(&text).len() + 64, "{}", String::from_utf8_lossy(&new));
                rtf = new;
            }
        }
    }
}

#[test]
fn time_grows_with_length_only() {
    let words =
        |n: usize, by: usize| -> String { (0..n).map(|i| format!("{} ", i * by % 7919)).collect() };
    let began = std::time::Instant::now();
    let (old, new) = (words(40_000, 3), words(40_000, 5));
    let rtf = from_text(&old);
    assert!(follow_text(&rtf, &new).is_some());
    assert!(follow_text(&rtf, &"x ".repeat(200_000)).is_some());
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
}
