//! HTML bodies: any HTML becomes text of bounded length, any text becomes HTML that says the same.

use mapi_html::{
    Charset, Limits, fragment, html_to_text, html_to_text_within, quote_text, text_lines,
    text_to_html,
};

use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "html",
    about: "any HTML becomes text within its limits; text made HTML is the same text again",
    longest: 16 * 1024,
    seeds,
    takes_mail: false,
    tokens: TOKENS,
    run,
};

fn run(input: &[u8], seen: &mut Seen) {
    let html = String::from_utf8_lossy(input);
    let whole = html_to_text_within(&html, Limits::default());
    assert!(!whole.cut, "a short body was cut");
    assert!(
        whole.text.len() <= 64 * html.len() + 1024,
        "{} bytes became {}",
        html.len(),
        whole.text.len()
    );
    assert!(!whole.text.contains('\0'), "a zero in the text");
    let tight = Limits {
        input: 300,
        output: 100,
        depth: 5,
    };
    let cut = html_to_text_within(&html, tight);
    assert!(
        cut.text.len() <= tight.output,
        "{} bytes of text",
        cut.text.len()
    );
    mark(&whole.text, seen);
    quote(&html, seen);
    seen.mark("cut", cut.cut);

    // What HTML said as text, HTML can say again.
    let again = html_to_text(&text_to_html(&whole.text, Charset::Utf8));
    let ascii = text_to_html(&whole.text, Charset::Ascii("windows-1252"));
    assert!(ascii.is_ascii());
    assert_eq!(html_to_text(&ascii), again);
    let twice = html_to_text(&text_to_html(&again, Charset::Utf8));
    assert_eq!(twice, again, "from {:?}", whole.text);
}

/// A body cut out of its document is no longer than it may be and shows nothing that it did not; any text can be quoted.
fn quote(html: &str, seen: &mut Seen) {
    let once = fragment(html);
    assert!(
        once.html.len() <= 8 * html.len() + 4096,
        "{}",
        once.html.len()
    );
    let again = fragment(&once.html);
    assert!(
        again.refers.is_subset(&once.refers),
        "cut twice, it shows more"
    );
    // What shows nothing, at the beginning of a block, may keep a blank behind it: words are compared.
    let lines = html_to_text(&format!("<div>{}</div>", text_lines(html)));
    let document = html_to_text(&text_to_html(html, Charset::Utf8));
    assert!(lines.split_whitespace().eq(document.split_whitespace()));
    let quoted = quote_text(html);
    assert!(
        quoted.lines().all(|line| line.starts_with('>')),
        "{quoted:?}"
    );
    seen.count("quoted", once.html.len());
    seen.count("refers", once.refers.len());
}

fn mark(text: &str, seen: &mut Seen) {
    seen.count("text", text.len());
    seen.count("lines", text.lines().count());
    for (what, sign) in [
        ("quote", "> "),
        ("list", "- "),
        ("number", "1. "),
        ("link", "<http"),
        ("picture", "["),
        ("columns", "   "),
        ("rule", "---"),
    ] {
        seen.mark(what, text.matches(sign).count().min(4));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    [
        "<html><body><p>One<br>two <b>bold</b></p><blockquote><p>q</p></blockquote><ul><li>a<li>b<ol><li>c</ol></ul></body></html>",
        "<table border=1><tr><th>A<th>B</tr><tr><td colspan=2>c<tr><td rowspan=2>d<td>e</table>",
        "<a href=\"http://a/b\">link</a> <img alt=pic src=x> <pre> a\n  b</pre> &eacute;&#x4f1a;&#0;&amp &lt;",
        "<style>p{}</style><script>x</script><!-- c --><![CDATA[x]]><p style='display:none'>hidden</p><textarea><b></textarea>",
        "<svg><title>t</title></svg><math><mi>x</mi></math><template>t</template><noscript>n</noscript><select><option>o</select>",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

const TOKENS: &[&[u8]] = &[
    b"<p>",
    b"</p>",
    b"<br>",
    b"<div>",
    b"</div>",
    b"<table>",
    b"</table>",
    b"<tr>",
    b"<td>",
    b"<td colspan=9999>",
    b"<td rowspan=9999>",
    b"<th>",
    b"<ul>",
    b"<ol start=-2147483648>",
    b"<ol start=2147483647>",
    b"<li>",
    b"<li value=99>",
    b"</ul>",
    b"<blockquote>",
    b"</blockquote>",
    b"<blockquote type=cite>",
    b"<pre>",
    b"</pre>",
    b"<a href=\"http://x\">",
    b"<a href=\"mailto:a@b\">",
    b"</a>",
    b"<img alt=\"x\">",
    b"<hr>",
    b"<h1>",
    b"<script>",
    b"</script>",
    b"<style>",
    b"<title>",
    b"</title>",
    b"<textarea>",
    b"<plaintext>",
    b"<xmp>",
    b"<!--",
    b"-->",
    b"<!",
    b"<?",
    b"</",
    b"<",
    b">",
    b"&",
    b"&nbsp;",
    b"&#x10FFFF;",
    b"&#xD800;",
    b"&#0;",
    b"&zwj;",
    b"&amp;lt;",
    b" style=\"display:none\"",
    b" hidden",
    b" dir=rtl",
    b"\xC2\xA0",
    b"\xE4\xBC\x9A",
    b"\xCC\x81",
    b"\xE2\x80\x8B",
    b"\xF0\x9F\x98\x80",
    b"\t",
    b"\n",
    b"\r\n",
    b"\0",
    b"\x0C",
    b"http://a.b/c?d=e",
    b"> ",
    b"-- \n",
    b"<details>",
    b"<summary>",
    b"<dl><dt>",
    b"<dd>",
    b"<caption>",
    b"<center>",
    b"<svg>",
    b"</body></html>",
];
