//! Bodies of all kinds, cut out of their documents.

use super::fragment;

fn check(html: &str, expected: &str) {
    assert_eq!(fragment(html).html, expected, "{html}");
}

#[test]
fn the_document_goes_and_the_body_stays_as_written() {
    check(
        "<!DOCTYPE html><html><head><meta charset=x><title>a<b></title><base href=//x>\
         <style type='text/css'>p{margin:0}</style></head><BODY><P Class=a>One &amp; two</P></BODY></html>",
        "<style type='text/css'>p{margin:0}</style><P Class=a>One &amp; two</p>",
    );
    check("plain < text", "plain &lt; text");
    check("", "");
    check("<p>a<!-- <b> -->b", "<p>ab");
    check("<![if mso]>x<![endif]>", "x");
}

#[test]
fn what_runs_or_embeds_goes() {
    check("a<script>alert('</b>')</script>b", "ab");
    check("<script>never closed", "");
    check("<iframe src=//x>inner</iframe>y", "y");
    check("<object data=//x>instead</object>", "instead");
    check("<noscript>shown</noscript>", "shown");
    check(
        "<img src=a ONERROR='x(\"1\")' alt='say \"hi\"'>",
        "<img src=\"a\" alt=\"say &quot;hi&quot;\">",
    );
    check("<a href=' java&#115;cript:x()'>t</a>", "<a>t</a>");
    check("<a href='java\nscript:x()'>t</a>", "<a>t</a>");
    check(
        "<a href=\"https://x/?a=javascript:\">t</a>",
        "<a href=\"https://x/?a=javascript:\">t</a>",
    );
    // Nothing becomes a tag because something before it went.
    check(
        "<<script></script>img src=x onerror=x()>",
        "&lt;img src=x onerror=x()>",
    );
    check("<<!-- -->b>", "&lt;b>");
    check(
        "<svg><style><img src=x onerror=x()></style></svg>",
        "<svg><style>img src=x onerror=x()></style></svg>",
    );
    check("<style><!-- p{} --></style>", "<style> p{} </style>");
    check("<meta http-equiv=refresh content='0;//x'>t", "t");
}

#[test]
fn a_quotation_ends_where_it_ends() {
    check("a</div></blockquote></body>b", "ab");
    check(
        "<div><blockquote>a",
        "<div><blockquote>a</blockquote></div>",
    );
    check("<ul><li>a<li>b", "<ul><li>a<li>b</ul>");
    check("<style>p{", "<style>p{</style>");
    check("<plaintext></div><b>", "<pre>&lt;/div>&lt;b></pre>");
    check("<textarea><b></textarea>c", "<pre>&lt;b></pre>c");
    check("<table><tr><td>x", "<table><tr><td>x</table>");
    check("<b><i>x</b></i>", "<b><i>x</b></i>");
    let deep = fragment(&"<div>".repeat(10_000)).html;
    assert!(deep.ends_with("</div>") && deep.len() < 60_000);
}

#[test]
fn the_looks_of_the_body_stay_with_it() {
    check(
        "<body text=#333 style='margin:0;font-family:\"A\"' onload=x() dir=rtl>x",
        "<div dir=\"rtl\" style=\"color:#333;margin:0;font-family:&quot;A&quot;\">x</div>",
    );
    check("<body bgcolor='red\"><script>'>x", "x");
}

#[test]
fn what_is_shown_from_elsewhere_is_known() {
    let html = "<style>a{background:URL( 'cid:bg' )}</style><body background=b.png>\
        <img src=cid:one%40x><img srcset='two.png 1x, three.png 2x'><div style=\"background:url(&quot;four&quot;)\">\
        <td background=five><v:fill src=CID:six><a href=cid:seven><a href=https://no><img src=data:x,y>";
    let refers: Vec<String> = fragment(html).refers.into_iter().collect();
    let expected = [
        "cid:bg",
        "cid:one@x",
        "cid:seven",
        "cid:six",
        "five",
        "four",
        "three.png",
        "two.png",
    ];
    assert_eq!(refers, expected);
}

#[test]
fn time_grows_with_length_only() {
    for piece in [
        "<a",
        "<a x=",
        "</b>",
        "<b>",
        "url(",
        "<style>",
        "<!--",
        "&#1",
        "<p on=1 style='url(",
    ] {
        let html = piece.repeat(200_000 / piece.len());
        let cut = fragment(&html).html;
        assert!(cut.len() <= 3 * html.len() + 4096, "{piece}");
    }
}
