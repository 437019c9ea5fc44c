//! What bodies look like as text, and what hostile ones cost.

use super::{html_to_text, html_to_text_within};
use crate::Limits;

#[track_caller]
fn check(html: &str, text: &str) {
    assert_eq!(html_to_text(html), text, "{html}");
}

#[test]
fn paragraphs_and_line_ends() {
    check(
        "<p>One\n two</p><p>Three<br>four</p>",
        "One two\n\nThree\nfour",
    );
    check("a<br><br>b", "a\n\nb");
    check("<div>a</div><div>b</div>", "a\nb");
    check("<div>a</div><div><br></div><div>b</div>", "a\n\nb");
    check("<div>a<br></div><div>b</div>", "a\nb");
    check("<pre>\nx\n  y\n</pre>z", "x\n  y\n\nz");
    check("<h1>T</h1>text<hr>more", "T\n\ntext\n----\nmore");
    check("<p>a<p>b<div>c", "a\n\nb\n\nc");
    check(
        "<p>a</p><p>&nbsp;</p><p> </p><p>&nbsp;</p><p>b</p>",
        "a\n\nb",
    );
    check(
        "<p>&nbsp;</p><p>b</p><blockquote><p>c</p><p>&nbsp;</p><p>d",
        "b\n\n> c\n>\n> d",
    );
    check(
        "<p class=MsoNormal>a<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>b</p>",
        "a\n\nb",
    );
    check("a <b>bold</b>, <i>x</i>y", "a bold, xy");
    check("", "");
}

#[test]
fn lists() {
    check("<ul><li>a</li><li>b</li></ul>c", "- a\n- b\n\nc");
    check(
        "<ol start=9><li>a<li>b<li value=20>c<li>d</ol>",
        "9. a\n10. b\n20. c\n21. d",
    );
    check(
        "<ul><li>a<ul><li>b<br>c</li></ul></li><li>d</li></ul>",
        "- a\n  - b\n    c\n- d",
    );
    check("<dl><dt>t</dt><dd>d</dd></dl>", "t\nd");
}

#[test]
fn quotes_keep_their_depth() {
    check(
        "Yes.<blockquote><p>one</p><p>two<blockquote>three</blockquote></blockquote>end",
        "Yes.\n\n> one\n>\n> two\n>\n> > three\n\nend",
    );
    check("He said <q>no</q>.", "He said “no”.");
}

#[test]
fn tables_in_columns_and_tables_that_only_lay_out() {
    check(
        "<table><tr><th>Item</th><th>Price</th></tr><tr><td>Apples</td><td>1.20</td></tr><tr><td colspan=2>Thanks</td></tr></table>",
        "Item    Price\nApples  1.20\nThanks",
    );
    check(
        "<table><tr><td>名前</td><td>a</td></tr><tr><td>x</td><td>b</td></tr></table>",
        "名前  a\nx     b",
    );
    check(
        "<table><tr><td><p>left</p><p>side</p></td><td>right</td></tr></table>after",
        "left\n\nside\nright\nafter",
    );
    check(
        "<table><tr><td><table><tr><td>deep</td></tr></table></td></tr></table>",
        "deep",
    );
    check("a<table><tr><td>b</table>c", "a\nb\nc");
    check("<table><tr><td>a<td>b<tr><td>c<td>d</table>", "a  b\nc  d");
    check(
        "<table><caption>T</caption><tr><td>a</td></tr></table>",
        "T\na",
    );
}

#[test]
fn what_is_no_text_is_left_out() {
    check(
        "<head><title>t</title></head><style>p{}</style>a<SCRIPT>x<y</Script>b<!-- c > d -->e",
        "abe",
    );
    check("<script>never closed", "");
    check("a < b & c <3", "a < b & c <3");
    check("<a href=\"x>y\">z</a>", "z");
    check(
        "<div style='DISPLAY : none'>pre<p>header</p></div>seen",
        "seen",
    );
    check("<p hidden>no<p>yes", "yes");
    check(
        "<!--[if mso]><p>no</p><![endif]-->a<![if !mso]>b<![endif]>",
        "ab",
    );
    check("<span style='mso-hide:all'>x</span>y", "y");
    check(
        "<div style='max-height:0px; overflow : hidden'>x</div>y",
        "y",
    );
    check(
        "<div style='overflow:hidden;max-height:10px'>x</div>y",
        "x\ny",
    );
    check(
        "<i style='visibility:hidden'>x</i><i style='opacity:0'>z</i>y",
        "y",
    );
    check("<i style='opacity:0.5;x:display:none'>x</i>", "x");
    check(
        "<noscript>Pictures are off.</noscript>",
        "Pictures are off.",
    );
    check(
        "in&shy;ter&#8203;net\u{34F}\u{AD} <pre>a\0b</pre>",
        "internet\n\nab",
    );
}

#[test]
fn links_show_where_they_lead() {
    check(
        "<a href='https://evil.example/x'>Your bank</a>",
        "Your bank <https://evil.example/x>",
    );
    check(
        "<a href=\"https://example.org/\">example.org</a>",
        "example.org",
    );
    check("<a href=\"mailto:a@b.c\">a@b.c</a>", "a@b.c");
    check("<img src=x alt='A picture'>", "[A picture]");
    check(
        "<a href='https://x.example/'><img alt='Go'></a>!",
        "[Go] <https://x.example/>!",
    );
    check("<a href='#top'>up</a>", "up");
    check(
        "<ul><li><a href='http://a.example'>http://a.example</a></ul>",
        "- http://a.example",
    );
    check(
        "<blockquote><a href='http://a.example'>a.example</a></blockquote>",
        "> a.example",
    );
    check("<a href='http://a.example'></a> x", "<http://a.example> x");
    check(
        "<a href='http://a.example'><img src=x></a><br><a href='http://a.example'>Go</a>, <a href='http://b.example'>No</a>",
        "<http://a.example>\nGo, No <http://b.example>",
    );
    check(
        "<a href='http://x.example'>See<br></a>more",
        "See <http://x.example>\nmore",
    );
    check(
        "<p><a href='http://x.example'><p>See</p></a></p>more",
        "See <http://x.example>\n\nmore",
    );
}

#[test]
fn entities_and_scripts_without_spaces() {
    check(
        "&lt;caf&eacute;&gt; &#8364;&#x20ac; &amp;amp; &nbsp;x &unknown; &",
        "<café> €€ &amp;  x &unknown; &",
    );
    check("<p>今日は\n晴れ です</p>", "今日は晴れ です");
    check("<p>한국어\n문장</p>", "한국어 문장");
    check("\u{FEFF}a <q>b\n</q>", "a “b”");
    check("&notit; &#0; &#x110000;", "¬it; \u{FFFD} \u{FFFD}");
}

#[test]
fn limits_cut_and_say_so() {
    let small = Limits {
        input: 8,
        output: 4,
        depth: 2,
    };
    let text = html_to_text_within("abéd", small);
    assert_eq!((text.text.as_str(), text.cut), ("", true));
    let text = html_to_text_within("<p>a</p>b", small);
    assert_eq!((text.text.as_str(), text.cut), ("a", true));
    assert!(!html_to_text_within("<p>a</p>", small).cut);
}

#[test]
fn any_end_is_an_end() {
    for html in [
        "<",
        "</",
        "<a",
        "<a href",
        "<a href=",
        "<a href='",
        "&#",
        "<!",
        "<p/",
        "<<<<",
        "<table><tr><td>",
    ] {
        assert!(html_to_text(html).len() <= html.len());
        assert!(html_to_text(&html.repeat(50)).len() <= html.len() * 50);
    }
}

#[test]
fn time_and_size_grow_with_length_only() {
    for hostile in [
        "<a '",
        "&",
        "<script>",
        "</",
        "<!--",
        "<p x=\"",
        "<a href=x>",
        "<blockquote>x<br>",
        "<ul><li>x<br>",
        "<table><tr><td>x",
        "<div style='display:none'>",
        "</table></div>",
        "<p>",
        "<b><i>x</b></i>",
        "<td>",
    ] {
        let input = hostile.repeat(50_000);
        let started = std::time::Instant::now();
        let text = html_to_text(&input);
        assert!(text.len() <= input.len() * 40, "{hostile}");
        assert!(started.elapsed().as_secs() < 30, "{hostile}");
    }
}

#[test]
fn a_link_that_no_text_can_hold_is_not_shown() {
    assert_eq!(html_to_text("<a href='http://x/\0'>go</a>"), "go");
}
