//! The tokenizer against the one of `html5gum`, which follows the standard state by state.

use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};
use proptest::prelude::*;

use super::{Token, Tokens, decode, decode_attribute};

/// Tokens in one form: tags with lower-case names and decoded attributes, text put together.
fn ours(html: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut text = String::new();
    for token in Tokens::new(html) {
        match token {
            Token::Text(t) => text.push_str(&decode(t)),
            Token::Raw(t) => text.push_str(t),
            Token::Start(tag) => {
                flush(&mut text, &mut out);
                let mut shown = format!("<{}", tag.name.to_ascii_lowercase());
                let mut seen = Vec::new();
                for (name, value) in tag.attributes() {
                    let name = name.to_ascii_lowercase();
                    if !seen.contains(&name) {
                        shown.push_str(&format!(" {name}={:?}", decode_attribute(value)));
                        seen.push(name);
                    }
                }
                out.push(shown);
            }
            Token::End(name) => {
                flush(&mut text, &mut out);
                out.push(format!("/{}", name.to_ascii_lowercase()));
            }
        }
    }
    flush(&mut text, &mut out);
    out
}

fn flush(text: &mut String, out: &mut Vec<String>) {
    if !text.is_empty() {
        out.push(std::mem::take(text));
    }
}

fn standard(html: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut text = String::new();
    let mut tag = String::new();
    let mut seen: Vec<String> = Vec::new();
    // Whether the value of the last attribute is to come: one of a repeated name is left out.
    let mut open = false;
    let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let callback = |event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                flush(&mut text, &mut out);
                tag = format!("<{}", string(name));
                seen.clear();
                open = false;
            }
            CallbackEvent::AttributeName { name } => {
                if std::mem::take(&mut open) {
                    tag.push_str("\"\"");
                }
                let name = string(name);
                if !seen.contains(&name) {
                    tag.push_str(&format!(" {name}="));
                    seen.push(name);
                    open = true;
                }
            }
            CallbackEvent::AttributeValue { value } if std::mem::take(&mut open) => {
                tag.push_str(&format!("{:?}", string(value)));
            }
            CallbackEvent::CloseStartTag { .. } => {
                if std::mem::take(&mut open) {
                    tag.push_str("\"\"");
                }
                out.push(std::mem::take(&mut tag));
            }
            CallbackEvent::EndTag { name } => {
                flush(&mut text, &mut out);
                out.push(format!("/{}", string(name)));
            }
            CallbackEvent::String { value } => text.push_str(&string(value)),
            _ => {}
        }
        None
    };
    let mut emitter = CallbackEmitter::new(callback);
    emitter.naively_switch_states(true);
    let Ok(()) = Tokenizer::new_with_emitter(html, emitter).finish();
    flush(&mut text, &mut out);
    out
}

#[track_caller]
fn check(html: &str) {
    assert_eq!(ours(html), standard(html), "{html:?}");
}

#[test]
fn what_the_standard_says_of_odd_markup() {
    for html in [
        "a<b>c</b>d",
        "<A HREF=x>",
        "<a href='x>y' b=\"&quot;\" c=d/e f>",
        "<a =x=y z = 1>",
        "<a/b/c=d/>",
        "<a x=1 X=2>",
        "<br/>",
        "<a x=>b",
        "<a x='",
        "<a",
        "a < b <3 </> </ x> <!x> <?x?> <!>z",
        "<!-->a<!--->b<!-- -- > --!>c<!-- --->d<!--x",
        "<!--a--b-->c",
        "<script>a<!--<script></script>--></script>b",
        "<script><!--<script>x</script>y</script>z",
        "<script><!--></script>a",
        "<script>if(a<b)</scriptx></script >c",
        "<style>a<b></style>c",
        "<title>a&amp;<b></title>c",
        "<textarea></textarea>&lt;",
        "<plaintext>a</plaintext>",
        "<xmp><b></xmp/>",
        "&notit; &notin; &amp &#x80; &#0; &#xD800; &#38 &#; &#x; &unknown; &; &",
        "<a href='?a=b&copy=1&not;&lt&amp;&#65&x'>",
        "<a href=&quot;x&quot;>",
        "</a href='>'>b",
        "<![CDATA[x]]>y",
        "é<é>ü</é>",
    ] {
        check(html);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn tokens_are_those_of_the_standard(
        html in "(<|</|<!--|-->|--|!|>|/|=|\"|'| |\n|a|b|Z|é|&amp;|&lt|&#65;|&copy|&#x80;|<script|</script>|<style>|</style>|<title>|</title>|<p class=x>|<br>|-){0,25}"
    ) {
        prop_assert_eq!(ours(&html), standard(&html));
    }
}
