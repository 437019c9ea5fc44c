//! Reading, packing, making and changing RTF, in one thread and from memory.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use mapi_rtf::compressed::{compress, decompress};
use mapi_rtf::{follow_text, from_html, to_html, to_text};
use serde_json::{Map, Value, json};

use super::letters::{HEAD, Letters, html_of, rtf_of};
use crate::measured::tidy;

/// Bytes of the documents.
const SIZE: usize = 4_000_000;
const ROUNDS: usize = 5;

/// Megabytes a second of what goes in, unpacked.
pub(super) fn measure() -> Result<Value> {
    let (mut rtf, mut html) = (HEAD.to_owned(), "<html><body>".to_owned());
    let mut letters = Letters::new();
    while rtf.len() < SIZE {
        let words = letters.words();
        rtf.push_str(&rtf_of(&words));
        html.push_str(&html_of(&words));
    }
    rtf.push('}');
    html.push_str("</body></html>");
    let rtf = rtf.as_bytes();
    let (packed, carrier) = (compress(rtf), from_html(&html));
    ensure!(decompress(&packed, rtf.len())? == rtf, "other RTF came out");
    let text = to_text(rtf).text;
    let edited = edited(&text);
    let followed = follow_text(rtf, &edited).unwrap_or_default();
    ensure!(to_text(&followed).text == edited, "the RTF says otherwise");

    let mut figures = Map::new();
    let mut put = |name: &str, bytes: usize, run: &dyn Fn() -> usize| {
        figures.insert(name.to_owned(), speed(bytes, run));
    };
    put("compress", rtf.len(), &|| compress(rtf).len());
    put("decompress", rtf.len(), &|| {
        decompress(&packed, rtf.len()).map_or(0, |rtf| rtf.len())
    });
    put("to_text", rtf.len(), &|| to_text(rtf).text.len());
    put("to_html", rtf.len(), &|| to_html(rtf).html.len());
    put("to_text_of_carried_html", carrier.len(), &|| {
        to_text(&carrier).text.len()
    });
    put("to_html_of_carried_html", carrier.len(), &|| {
        to_html(&carrier).html.len()
    });
    put("from_html", html.len(), &|| from_html(&html).len());
    put("follow_text", rtf.len(), &|| {
        follow_text(rtf, &edited).map_or(0, |rtf| rtf.len())
    });
    figures.insert("packed_share".into(), share(packed.len(), rtf.len()));
    Ok(Value::Object(figures))
}

/// The text with a new word in place of every 200th.
fn edited(text: &str) -> String {
    let words = text.split(' ').enumerate();
    let words: Vec<&str> = words
        .map(|(n, word)| if n % 200 == 100 { "amended" } else { word })
        .collect();
    words.join(" ")
}

fn speed(bytes: usize, run: &dyn Fn() -> usize) -> Value {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
    json!(tidy(bytes as f64 / 1e6 / median.as_secs_f64()))
}

fn share(part: usize, whole: usize) -> Value {
    json!(tidy(part as f64 / whole as f64))
}
