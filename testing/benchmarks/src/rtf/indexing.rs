//! Messages of which RTF is the only body, filed and indexed beside the same ones with their text.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use mapi::{ImportItem, ImportOptions, MatchKind, tags};
use mapi_props::MessageTree;
use mapi_query::fields;
use mapi_rtf::compressed::compress;
use mapi_rtf::to_text;
use serde_json::{Value, json};

use super::letters::{HEAD, Letters};
use crate::measured::tidy;
use crate::{Big, MadeMail, Shape};

const MESSAGES: usize = 2_000;
/// Bytes of RTF of each.
const SIZE: usize = 20_000;
/// Messages filed at once.
const BLOCK: usize = 500;
const ROUNDS: usize = 3;
/// Word that is in one body of a hundred.
const WORD: &str = "zyzzyva";

/// Seconds to file and index them, and what a search then takes.
pub(super) fn measure(place: &Path) -> Result<Value> {
    let bodies = bodies();
    let (mut as_text, mut as_rtf) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        as_text.push(file(
            &place.join(format!("text{round}")),
            &bodies,
            Form::Text,
        )?);
        as_rtf.push(file(
            &place.join(format!("rtf{round}")),
            &bodies,
            Form::Rtf,
        )?);
    }
    let (text, rtf) = (median(as_text), median(as_rtf));
    Ok(json!({
        "messages": MESSAGES,
        "rtf_bytes_each": SIZE,
        "text_seconds": tidy(text.as_secs_f64()),
        "rtf_seconds": tidy(rtf.as_secs_f64()),
        "more_per_message_ms": tidy(
            (rtf.as_secs_f64() - text.as_secs_f64()) * 1000.0 / MESSAGES as f64
        ),
    }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Rtf,
}

/// A packed body, and its text.
type Body = (Vec<u8>, String);

fn bodies() -> Vec<Body> {
    let mut letters = Letters::new();
    let body = |n: usize| {
        let mut rtf = HEAD.to_owned();
        while rtf.len() < SIZE {
            rtf.push_str(&letters.rtf());
        }
        if n.is_multiple_of(100) {
            rtf.push_str(WORD);
        }
        rtf.push('}');
        let rtf = rtf.as_bytes();
        (compress(rtf), to_text(rtf).text)
    };
    (0..MESSAGES).map(body).collect()
}

/// Files all in a store that keeps an index, and finds the word.
fn file(home: &Path, bodies: &[Body], form: Form) -> Result<Duration> {
    let big = Big::create(home)?;
    let (inbox, store) = (big.inbox()?, big.store()?);
    let search = || {
        store
            .search(fields::anywhere(MatchKind::Phrase, WORD))
            .count()
    };
    // The first search of a store makes its index.
    ensure!(search()? == 0, "the store is new");
    let mut items: Vec<ImportItem> = MadeMail::new(Shape::Plain)
        .zip(bodies)
        .map(|((mut tree, flags), body)| {
            set(&mut tree, body, form);
            ImportItem {
                tree,
                flags,
                source: None,
            }
        })
        .collect();
    let start = Instant::now();
    while !items.is_empty() {
        let rest = items.split_off(items.len().min(BLOCK));
        inbox.import(items, ImportOptions::default())?;
        items = rest;
    }
    let took = start.elapsed();
    let found = search()?;
    ensure!(found == 20, "{found} messages have the word");
    big.logoff();
    Ok(took)
}

fn set(tree: &mut MessageTree, (packed, text): &Body, form: Form) {
    match form {
        Form::Text => tree.props.set(tags::BODY, text.clone()),
        Form::Rtf => tree.props.set(tags::RTF_COMPRESSED, packed.clone()),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(ROUNDS / 2).copied().unwrap_or_default()
}
