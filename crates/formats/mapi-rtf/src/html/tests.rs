//! RTF as HTML, carried and converted.

use super::*;

fn body(rtf: &str) -> String {
    let page = to_html(rtf.as_bytes());
    assert!(!page.encapsulated);
    let body = page
        .html
        .split_once("<body")
        .unwrap()
        .1
        .split_once('\n')
        .unwrap()
        .1;
    body.strip_suffix("</body></html>\n").unwrap().to_owned()
}

fn check(rtf: &str, expect: &str) {
    assert_eq!(body(rtf), expect, "{rtf}");
}

fn carried(rtf: &str, expect: &str) {
    let page = to_html(format!("{{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 {rtf}}}").as_bytes());
    assert!(page.encapsulated);
    assert_eq!(page.html, expect, "{rtf}");
}

#[test]
fn carried_html_comes_out() {
    carried(
        "{\\*\\htmltag19 <html>}\r\n{\\*\\htmltag64}a{\\*\\htmltag84 &lt;}\\htmlrtf <\\htmlrtf0 b",
        "<html>a&lt;b",
    );
    carried("\\htmlrtf {\\b \\htmlrtf0 x\\htmlrtf }\\htmlrtf0 y", "xy");
    carried(
        "{\\*\\htmltag4 \\par }{\\*\\htmltag <p a='\\'e9\\u8364?\\tab\\{'>}{\\*\\mhtmltag84 <q>}z",
        "\r\n<p a='é€\t{'>z",
    );
    carried(
        "a\\par b\\line c\\~\\_\\emdash{\\v d}",
        "a\r\nb\r\nc&nbsp;&shy;\u{2014}d",
    );
    carried(
        "{\\*\\htmltag241 <!--\\'0d\\'0a-->}{\\pntext x}{\\*\\y z}{\\field{\\*\\fldinst x}{\\fldrslt r}}",
        "<!--\r\n-->r",
    );
}

#[test]
fn the_charset_becomes_utf_8() {
    let meta = |charset: &str| {
        format!(
            "{{\\*\\htmltag <META http-equiv=\"Content-Type\" content=\"text/html; {charset}>}} charset=x"
        )
    };
    let expect = |charset: &str| {
        format!("<META http-equiv=\"Content-Type\" content=\"text/html; {charset}> charset=x")
    };
    carried(
        &meta("CharSet = iso-8859-1\""),
        &expect("CharSet = utf-8\""),
    );
    carried(
        "{\\*\\htmltag <meta charset='koi8-r'/><meta charset=x>}",
        "<meta charset='utf-8'/><meta charset=utf-8>",
    );
    carried("{\\*\\htmltag <meta name=charset>}", "<meta name=charset>");
}

#[test]
fn characters_keep_their_look() {
    check(
        "{\\rtf1 a{\\b b\\i c}d<&>}",
        "<div>a<b>b</b><b><i>c</i></b>d&lt;&amp;&gt;</div>\n",
    );
    check(
        "{\\rtf1{\\ul u}{\\strike s}{\\super x}{\\sub y}{\\v h}",
        "<div><u>u</u><s>s</s><sup>x</sup><sub>y</sub></div>\n",
    );
    check(
        "{\\rtf1{\\fonttbl{\\f0\\fswiss Arial;}{\\f1\\froman A'\"B;}}{\\colortbl;\\red255\\green0\\blue1;}a{\\f1\\fs30\\cf1\\highlight1 b}",
        "<div>a<span style=\"font-family:'AB',serif;font-size:15pt;color:#ff0001;background-color:#ff0001\">b</span></div>\n",
    );
    let page = to_html(b"{\\rtf1{\\fonttbl{\\f0\\fswiss Arial;}}\\fs21 a}").html;
    assert!(
        page.contains("<body style=\"font-family:'Arial',sans-serif;font-size:10.5pt\">"),
        "{page}"
    );
}

#[test]
fn paragraphs_blanks_and_links() {
    check(
        "{\\rtf1\\qc\\li720 a\\par\\pard\\par  b  c\\line d}",
        "<div style=\"text-align:center;margin-left:36pt\">a</div>\n<div><br></div>\n<div>&nbsp;b &nbsp;c<br>\nd</div>\n",
    );
    check(
        "{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"http://a?b&c\"}{\\fldrslt\\cf1\\ul x}}.}",
        "<div><a href=\"http://a?b&amp;c\">x</a>.</div>\n",
    );
    check(
        "{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"javascript:x\"}{\\fldrslt x}}}",
        "<div>x</div>\n",
    );
    check(
        "{\\rtf1\\objattph  x{\\pict 00}}",
        "<div><span class=\"attachment\" data-number=\"1\">\u{1F4CE}</span>x<span class=\"picture\">\u{1F5BC}</span></div>\n",
    );
}

#[test]
fn lists_are_lists() {
    check(
        "{\\rtf1{\\listtext\\'b7\\tab}a\\par{\\listtext o\\tab}\\ilvl1 b\\par\\ilvl0{\\listtext 1.\\tab}c\\par{\\listtext 5.\\tab}d\\par\\pard e}",
        "<ul>\n<li>a<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>\n<ol>\n<li>c</li>\n<li value=\"5\">d</li>\n</ol>\n<div>e</div>\n",
    );
    check(
        "{\\rtf1{\\listtext i.\\tab}a\\par{\\listtext ii.\\tab}b\\par{\\listtext v.\\tab}c}",
        "<ol type=\"i\">\n<li>a</li>\n<li>b</li>\n<li value=\"5\">c</li>\n</ol>\n",
    );
    check("{\\rtf1{\\pntext 1)\\tab}a}", "<div>1)&nbsp; a</div>\n");
}

#[test]
fn tables_are_tables() {
    check(
        "{\\rtf1\\trowd\\clbrdrt\\brdrs\\cellx100\\cellx200\\intbl a\\cell b\\cell\\row\\trowd\\cellx200\\intbl c\\cell\\row\\pard d}",
        "<table border=\"1\" style=\"border-collapse:collapse\">\n<tr><td>a</td><td>b</td></tr>\n<tr><td colspan=\"2\">c</td></tr>\n</table>\n<div>d</div>\n",
    );
    check(
        "{\\rtf1\\trowd\\clvmgf\\cellx100\\cellx200\\intbl a\\cell b\\cell\\row\\trowd\\clvmrg\\cellx100\\cellx200\\intbl\\cell c\\cell\\row}",
        "<table>\n<tr><td rowspan=\"2\">a</td><td>b</td></tr>\n<tr><td>c</td></tr>\n</table>\n",
    );
    check(
        "{\\rtf1\\trowd\\cellx100\\intbl a\\par{\\itap2 x\\nestcell{\\*\\nesttableprops\\trowd\\cellx50\\nestrow}}\\cell\\row}",
        "<table>\n<tr><td><div>a</div>\n<table>\n<tr><td>x</td></tr>\n</table>\n</td></tr>\n</table>\n",
    );
    check(
        "{\\rtf1\\trowd\\trleft-2147483648\\cellx99\\cellx2147483647\\intbl a\\cell b\\cell\\row}",
        "<table>\n<tr><td>a</td><td>b</td></tr>\n</table>\n",
    );
}
