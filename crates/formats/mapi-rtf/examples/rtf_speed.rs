//! How fast RTF is read and packed: `cargo run --release -p mapi-rtf --example rtf_speed [FILE...]`
//!
//! Without files: 50 MB of RTF of each kind that is hard in its own way.
#![expect(clippy::print_stdout, reason = "an example says what it measured")]

use std::hint::black_box;
use std::io::Read;
use std::time::Instant;

use mapi_rtf::compressed::{Decompressor, compress, decompress};
use mapi_rtf::{to_html, to_text};

const SIZE: usize = 50_000_000;

fn main() -> std::io::Result<()> {
    let mut inputs = Vec::new();
    for path in std::env::args().skip(1) {
        inputs.push((path.clone(), std::fs::read(&path)?));
    }
    if inputs.is_empty() {
        inputs = made();
    }
    for (name, rtf) in inputs {
        println!("{name}: {} bytes", rtf.len());
        measure("to_text", rtf.len(), || to_text(&rtf).text.len());
        measure("to_html", rtf.len(), || to_html(&rtf).html.len());
        let packed = compress(&rtf);
        measure("compress", rtf.len(), || compress(&rtf).len());
        measure("decompress", rtf.len(), || {
            decompress(&packed, rtf.len()).map_or(0, |rtf| rtf.len())
        });
        measure("as a stream", rtf.len(), || {
            let mut sum = 0;
            let mut piece = [0; 8192];
            let mut stream = Decompressor::new(&packed[..]).expect("the header is ours");
            while let Ok(count @ 1..) = stream.read(&mut piece) {
                sum += count;
            }
            sum
        });
    }
    Ok(())
}

fn measure(what: &str, len: usize, run: impl Fn() -> usize) {
    let start = Instant::now();
    let out = black_box(run());
    let speed = len as f64 / 1e6 / start.elapsed().as_secs_f64();
    println!("  {what:12} {speed:8.1} MB/s, {out} bytes");
}

fn made() -> Vec<(String, Vec<u8>)> {
    let letter = r"\pard\plain\f0\fs20 Dear {\b Ann},\par thank you for the \i report\i0  of \'e9t\'e9, which I read with care.\par
";
    let head = r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset128 Mincho;}{\f2\fcharset2 Symbol;}}";
    let kinds = [
        ("letters", letter),
        ("open groups", "{"),
        ("open bold groups", "{\\b "),
        ("groups", "{\\b}"),
        ("Japanese", "\\f1\\'93\\'fa\\'96\\'7b"),
        ("\\u", "\\u1078?"),
        ("fonts", "\\f0 a\\f2 b"),
        ("rows", "\\trowd\\cellx9\\cell\\row"),
        (
            "fields",
            "{\\field{\\*\\fldinst HYPERLINK \"a\"}{\\fldrslt b}}",
        ),
        ("lists", "{\\listtext 1.}a\\par"),
        (
            "nested tables",
            "\\itap9 a\\nestcell\\nestrow\\itap1\\cell\\row",
        ),
        ("unknown words", "\\abcdefghi1"),
        ("braces too many", "} "),
        ("pictures", "{\\pict 0123456789abcdef0123456789abcdef}"),
        ("fonts defined", "{\\fonttbl\\f1\\cpg437 x;}"),
    ];
    let make = |(name, piece): &(&str, &str)| {
        let mut rtf = head.as_bytes().to_vec();
        rtf.extend(piece.as_bytes().iter().cycle().take(SIZE));
        ((*name).to_owned(), rtf)
    };
    kinds.iter().map(make).collect()
}
