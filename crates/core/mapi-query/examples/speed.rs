//! Measures sort keys and matching: `cargo run --release -p mapi-query --example speed`.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measuring tool prints and may stop on a mistake"
)]

use std::hint::black_box;
use std::time::Instant;

use mapi_props::{
    Bag, FileTime, FuzzyLevel, MatchKind, PropTag, PropType, PropValue, RelOp, Restriction,
};
use mapi_query::{BagRow, Matcher, compare_text, search_fold, text_key_into};

const SUBJECT: PropTag = PropTag::new(0x0037, PropType::UNICODE);
const FLAGS: PropTag = PropTag::new(0x0E07, PropType::LONG);
const TIME: PropTag = PropTag::new(0x0E06, PropType::SYSTIME);

/// Nanoseconds per item, the best of five rounds.
fn per_item(items: usize, mut round: impl FnMut()) -> f64 {
    let best = (0..5).map(|_| {
        let start = Instant::now();
        round();
        start.elapsed()
    });
    #[expect(clippy::cast_precision_loss, reason = "a few thousand items")]
    let items = items as f64;
    best.min().unwrap().as_secs_f64() * 1e9 / items
}

fn subjects(words: &[&str]) -> Vec<String> {
    let pick = |n: usize| words[n % words.len()];
    (0..20_000)
        .map(|i| {
            format!(
                "Re: {} {} {} {i}",
                pick(i),
                pick(i / 3 + 1),
                pick(i / 7 + 2)
            )
        })
        .collect()
}

fn main() {
    let ascii = subjects(&[
        "Budget",
        "meeting",
        "invoice 2024",
        "Quarterly report",
        "lunch?",
        "RFC draft",
    ]);
    let latin = subjects(&[
        "Réunion",
        "Grüße",
        "Łódź",
        "budget prévisionnel",
        "año nuevo",
        "Straße",
    ]);
    let wide = subjects(&[
        "会議の資料",
        "Привет",
        "회의록",
        "συνάντηση",
        "見積書",
        "отчёт",
    ]);
    for (name, texts) in [("ascii", &ascii), ("latin", &latin), ("wide", &wide)] {
        keys_and_folds(name, texts);
    }
    matching(&ascii);
}

fn keys_and_folds(name: &str, texts: &[String]) {
    let mut key = Vec::new();
    let mut bytes = 0;
    let make = per_item(texts.len(), || {
        bytes = 0;
        for text in texts {
            key.clear();
            text_key_into(text, &mut key);
            bytes += key.len();
        }
    });
    let compare = per_item(texts.len() - 1, || {
        for pair in texts.windows(2) {
            black_box(compare_text(&pair[0], &pair[1]));
        }
    });
    let fold = per_item(texts.len(), || {
        texts.iter().for_each(|t| drop(black_box(search_fold(t))))
    });
    let chars: usize = texts.iter().map(|t| t.chars().count()).sum();
    println!(
        "{name:6} {} chars: text_key {make:.0} ns ({} bytes), compare_text {compare:.0} ns, search_fold {fold:.0} ns",
        chars / texts.len(),
        bytes / texts.len()
    );
}

fn matching(subjects: &[String]) {
    let bags: Vec<Bag> = subjects
        .iter()
        .enumerate()
        .map(|(i, subject)| bag(i, subject))
        .collect();
    let content = |fuzzy| Restriction::Content {
        kind: MatchKind::Substring,
        fuzzy,
        tag: SUBJECT,
        value_tag: SUBJECT,
        value: "REPORT".into(),
    };
    let ignore_case = FuzzyLevel {
        ignore_case: true,
        ..FuzzyLevel::default()
    };
    let cases = [
        (
            "flags & 1",
            Restriction::Bitmask {
                op: mapi_props::BitOp::NonZero,
                tag: FLAGS,
                mask: 1,
            },
        ),
        (
            "time >= t",
            Restriction::property(TIME, RelOp::Ge, FileTime(10_000)),
        ),
        (
            "subject = s",
            Restriction::property(SUBJECT, RelOp::Eq, "Re: lunch?"),
        ),
        (
            "subject >= m",
            Restriction::property(SUBJECT, RelOp::Ge, "m"),
        ),
        ("subject contains", content(FuzzyLevel::default())),
        ("subject contains, any case", content(ignore_case)),
        (
            "subject contains, loose",
            content(FuzzyLevel {
                loose: true,
                ..FuzzyLevel::default()
            }),
        ),
    ];
    for (name, restriction) in cases {
        let matcher = Matcher::compile(&restriction).unwrap();
        let mut hits = 0;
        let ns = per_item(bags.len(), || {
            hits = bags.iter().filter(|b| matcher.matches(&BagRow(b))).count()
        });
        println!(
            "match  {name:28} {ns:5.0} ns a row ({hits} of {})",
            bags.len()
        );
    }
}

fn bag(i: usize, subject: &str) -> Bag {
    let mut bag = Bag::new();
    for id in 0x3001..0x3015 {
        bag.set(PropTag::new(id, PropType::LONG), PropValue::Long(7));
    }
    bag.set(SUBJECT, subject);
    bag.set(FLAGS, i32::try_from(i % 7).unwrap());
    bag.set(TIME, FileTime(u64::try_from(i).unwrap()));
    bag
}
