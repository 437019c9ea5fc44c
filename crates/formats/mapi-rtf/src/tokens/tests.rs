//! Words, symbols and groups as they are cut.

use super::*;

fn all(source: &[u8]) -> Vec<(Token<'_>, Range<usize>)> {
    let mut tokens = Tokens::new(source, 0);
    std::iter::from_fn(|| tokens.next()).collect()
}

fn check(source: &[u8], expect: &[Token<'_>]) {
    let found: Vec<_> = all(source).into_iter().map(|(token, _)| token).collect();
    assert_eq!(found, expect, "{}", String::from_utf8_lossy(source));
}

#[test]
fn each_kind_of_token() {
    use Token::{Close, Hex, Open, Symbol, Text, Word};
    check(b"{\\b a}", &[Open, Word(b"b", None), Text(b"a"), Close]);
    check(b"\\fs-20x", &[Word(b"fs", Some(-20)), Text(b"x")]);
    check(
        b"\\b  x\\b-",
        &[Word(b"b", None), Text(b" x"), Word(b"b", None), Text(b"-")],
    );
    check(b"\\'e9\\'4", &[Hex(0xe9), Hex(4)]);
    check(b"\\'zz", &[Symbol(b'\''), Text(b"zz")]);
    check(
        b"a\r\nb\\\r\nc\\\nd",
        &[
            Text(b"a"),
            Text(b"b"),
            Word(b"par", None),
            Text(b"c"),
            Word(b"par", None),
            Text(b"d"),
        ],
    );
    check(b"\\*\\~\\{", &[Symbol(b'*'), Symbol(b'~'), Symbol(b'{')]);
    check(b"\\u99999999999 \\", &[Word(b"u", Some(i32::MAX))]);
    check(b"\\bin3 {\\}x", &[Word(b"bin", Some(3)), Text(b"x")]);
    check(b"\\bin9 ab", &[Word(b"bin", Some(9)), Text(b"ab")]);
}

#[test]
fn places_are_those_of_the_source() {
    let places: Vec<_> = all(b"{\\b0 a\r\n\\'e9}")
        .into_iter()
        .map(|(_, place)| place)
        .collect();
    assert_eq!(places, [0..1, 1..5, 5..6, 8..12, 12..13]);
}

#[test]
fn a_group_is_passed_over_whole() {
    let mut tokens = Tokens::new(b"a{\\}{}}\\bin2 }}b}c", 0);
    tokens.skip_group();
    assert_eq!(tokens.next(), Some((Token::Text(b"c"), 17..18)));
}
