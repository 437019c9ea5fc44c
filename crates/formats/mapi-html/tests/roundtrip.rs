//! Text that goes to HTML and back says the same.

use mapi_html::{Charset, html_to_text, text_to_html};
use proptest::prelude::{any, proptest};

/// A text as HTML can keep it: without tabs, control characters, spaces at line ends and empty lines around it.
fn kept(text: &str) -> String {
    let mut column = 0;
    let mut out = String::new();
    for c in text.replace("\r\n", "\n").replace('\r', "\n").chars() {
        match c {
            '\n' => {
                column = 0;
                out.push('\n');
                continue;
            }
            '\t' => {
                let missing = 8 - column % 8;
                out.extend(std::iter::repeat_n(' ', missing));
                column += missing;
                continue;
            }
            '\u{A0}' => out.push(' '),
            c if c.is_control() => {}
            c => out.push(c),
        }
        column += 1;
    }
    let lines: Vec<&str> = out.split('\n').map(|l| l.trim_end_matches(' ')).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

proptest! {
    #[test]
    fn lines_come_back(text in "([a-z<>&\"'. \t\n\r]|https?://[a-z.]{0,9}|[äß€会議\u{A0}한]){0,60}") {
        for charset in [Charset::Utf8, Charset::Ascii("windows-1252")] {
            let html = text_to_html(&text, charset);
            assert_eq!(html_to_text(&html), kept(&text), "{html}");
            assert!(charset == Charset::Utf8 || html.is_ascii());
        }
    }

    #[test]
    fn any_text_is_shown_and_any_html_read(text in any::<String>()) {
        let html = text_to_html(&text, Charset::Utf8);
        assert!(html_to_text(&html).len() <= html.len() * 40);
        assert!(html_to_text(&text).len() <= text.len() * 40);
    }
}

#[test]
fn what_looks_like_an_address_becomes_a_link() {
    let html = text_to_html(
        "See (https://example.org/a?b=1&c), xhttp://no.",
        Charset::Utf8,
    );
    assert!(html.contains(
        "(<a href=\"https://example.org/a?b=1&amp;c\">https://example.org/a?b=1&amp;c</a>), xhttp"
    ));
    let html = text_to_html("http:// alone", Charset::Utf8);
    assert!(!html.contains("<a "), "{html}");
}
