//! What is written is read back.

use proptest::prelude::*;

use super::{from_html, from_text, from_text_with};
use crate::{Native, native, to_html, to_text};

/// With one kind of line ends, and none behind the text.
fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.replace('\n', "\r\n")
}

#[test]
fn text_comes_back() {
    for text in [
        "",
        "a",
        "Dear Ann,\r\n\r\n{yes}\\no\t\u{e9}\u{1F600}\u{FB01} \u{A0}x\r\n",
        " a  b ",
    ] {
        let rtf = from_text(text);
        assert!(rtf.is_ascii());
        assert_eq!(native(&rtf), Native::Text);
        assert_eq!(
            to_text(&rtf).text,
            text,
            "{}",
            String::from_utf8_lossy(&rtf)
        );
    }
}

#[test]
fn attachments_stand_where_they_should() {
    let check = |text: &str, places: &[usize], expected: &str, found: &[usize]| {
        let back = to_text(&from_text_with(text, places));
        assert_eq!(
            (back.text.as_str(), back.attachments.as_slice()),
            (expected, found)
        );
    };
    check("0123456789 rest", &[10], "0123456789 rest", &[10]);
    check("see: x", &[5], "see:  x", &[5]);
    check("\u{1F600} a", &[2], "\u{1F600} a", &[2]);
    check("ab", &[99, 0], " ab ", &[0, 3]);
    check("a b", &[1, 1], "a  b", &[1, 2]);
}

#[test]
fn readers_of_rtf_see_what_browsers_show() {
    for (html, expected) in [
        (
            "<p>Dear <b>Ann</b>,</p>\n<p>yes&nbsp;&amp; no</p>",
            "Dear Ann,\n\nyes\u{A0}& no",
        ),
        (
            "<html><head><title>t</title><style>p{}</style></head><body>x</body></html>",
            "x",
        ),
        ("<div>a<br></div><div><br></div><div>b</div>", "a\n\nb"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        (
            "<ul><li>one<li>two<ol><li>x</li></ol></ul>z",
            "\u{2022}\tone\n\u{2022}\ttwo\n1.\tx\n\nz",
        ),
        (
            "<table><tr><td>a</td>\n<td>b</td></tr><tr><th>c</th></tr></table>",
            "a\tb\nc",
        ),
        ("a\n  b", "a b"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("1 < 2 &copy 3 &nosuch; 4", "1 < 2 \u{A9} 3 &nosuch; 4"),
        ("a<!-- no -->b<script>x()</script>", "ab"),
    ] {
        let text = to_text(&from_html(html)).text.replace("\r\n", "\n");
        assert_eq!(text.trim_end(), expected, "{html}");
    }
}

#[test]
fn links_are_fields() {
    let rtf = from_html("<a href=\"https://example.org/?a=1&amp;b=2\">here <b>it</a> is</b>");
    let rtf = String::from_utf8(rtf).unwrap();
    assert!(
        rtf.contains("{\\field{\\*\\fldinst HYPERLINK \"https://example.org/?a=1&b=2\"}"),
        "{rtf}"
    );
    assert_eq!(rtf.matches('{').count(), rtf.matches('}').count(), "{rtf}");
}

fn html() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zé {}\\\\\r\n\t]{1,8}",
        "[<>&;\"'/=a-z0-9# -]{1,6}",
        "</?(b|i|p|div|a|ul|ol|li|td|tr|pre|h1|blockquote|script|style|x)( [a-z]+=\"[a-z<>&]*\")? ?>",
        Just("<br>".to_owned()),
        Just("<hr>".to_owned()),
        Just("&nbsp;".to_owned()),
        Just("&lt;".to_owned()),
        Just("<!-- c -->".to_owned()),
        Just("<a href='http://x/'>".to_owned()),
        Just("\u{1F600}\u{A0}".to_owned()),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_comes_back(text in "[^\\p{Cc}]*|([a-z ]|\r\n|\t|é)*") {
        prop_assert_eq!(to_text(&from_text(&text)).text, text);
    }

    #[test]
    fn any_html_comes_back(html in html()) {
        let rtf = from_html(&html);
        prop_assert_eq!(native(&rtf), Native::Html);
        let back = to_html(&rtf);
        prop_assert!(back.encapsulated);
        prop_assert_eq!(back.html, lines(&html), "{}", String::from_utf8_lossy(&rtf));
    }
}
