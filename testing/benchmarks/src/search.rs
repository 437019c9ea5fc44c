//! Searching a big store with bodies: how long the newest 50 take, and whether the index finds what a pass over all
//! messages finds.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use mapi::{FileTime, MatchKind, MsgStore, RelOp, Restriction, SortColumn, message_flags, tags};
use mapi_query::fields::{self, Field};
use serde_json::{Map, Value, json};
use testkit::Chance;

use crate::{Big, MadeMail, Shape, median_of};

const RUNS: usize = 20;
const PAGE: i64 = 50;
/// Questions whose answers are compared.
const QUESTIONS: usize = 500;
/// Messages from which phrases are taken.
const SAMPLE: usize = 2000;

/// One search, and what it may take.
struct Case {
    name: &'static str,
    restriction: Restriction,
    sort: Option<SortColumn>,
    /// Milliseconds for the first page.
    limit: Option<u64>,
}

/// Measures searches on a store that `bigstore --bodies` made. What takes longer than it may is an error.
///
/// # Errors
/// When a search fails, is not answered from the index, or is too slow.
pub fn measure(home: &Path, report: &mut Map<String, Value>) -> Result<()> {
    let big = Big::open(home)?;
    let store = big.store()?;
    let mail = Sample::new();
    let mut figures = Map::new();
    let mut slow = Vec::new();
    for case in cases(&mail)? {
        let mut rows = 0;
        let figure = median_of(RUNS, || {
            rows = first_page(&store, &case)?;
            Ok(())
        })?;
        ensure!(
            rows > 0,
            "{} finds nothing: has the store bodies?",
            case.name
        );
        let mut shown = figure.as_json();
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("rows".into(), rows.into());
            fields.insert("limit_ms".into(), case.limit.into());
        }
        note(&format!("{:44} {shown}", case.name));
        figures.insert(case.name.into(), shown);
        let over = (case.limit).is_some_and(|limit| figure.median.as_millis() > u128::from(limit));
        slow.extend(over.then_some(case.name));
    }
    for (name, word) in [
        ("count of a common word", mail.commonest()?),
        ("count of a rare word", MadeMail::RARE_WORD),
    ] {
        let mut found = 0;
        let search = store.search(anywhere(MatchKind::Phrase, word));
        let figure = median_of(3, || {
            found = search.count()?;
            Ok(())
        })?;
        let mut shown = figure.as_json();
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("found".into(), found.into());
        }
        note(&format!("{name:44} {shown}"));
        figures.insert(name.into(), shown);
    }
    report.insert("search".into(), Value::Object(figures));
    ensure!(slow.is_empty(), "slower than they may be: {slow:?}");
    Ok(())
}

/// Asks random questions twice, of the index and of every message.
///
/// # Errors
/// When an answer differs, or a search fails.
pub fn compare(home: &Path, report: &mut Map<String, Value>) -> Result<()> {
    let big = Big::open(home)?;
    let store = big.store()?;
    let mail = Sample::new();
    let mut chance = Chance::from_environment(500);
    let (mut hits, mut some) = (0, 0);
    for n in 0..QUESTIONS {
        let question = mail.question(&mut chance, 2);
        let found = all_of(&store, &question, true)?;
        let expected = all_of(&store, &question, false)?;
        if found != expected {
            let (index, pass) = (found.len(), expected.len());
            bail!("the index finds {index}, a pass {pass}: {question:?}");
        }
        hits += found.len();
        some += usize::from(!found.is_empty());
        if (n + 1) % 100 == 0 {
            note(&format!("{} questions, {hits} hits, all alike", n + 1));
        }
    }
    let messages = store.search(None).count()?;
    report.insert(
        "search_equals_a_pass".into(),
        json!({ "questions": QUESTIONS, "messages": messages, "hits": hits, "with_hits": some }),
    );
    Ok(())
}

fn cases(mail: &Sample) -> Result<Vec<Case>> {
    let [common, other, third] = [mail.commonest()?, mail.word(12)?, mail.word(40)?];
    let often = format!("{} {}", mail.word(1)?, mail.word(2)?);
    let word = |word: &str| anywhere(MatchKind::Phrase, word);
    let case = |name, restriction, limit| Case {
        name,
        restriction,
        sort: None,
        limit,
    };
    let unread = Restriction::Bitmask {
        op: mapi::BitOp::Zero,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask: message_flags::READ,
    };
    let since = Restriction::property(
        tags::MESSAGE_DELIVERY_TIME,
        RelOp::Ge,
        FileTime::from_unix(1_400_300_000),
    );
    Ok(vec![
        case("common word", word(common), Some(30)),
        case("rare word", word(MadeMail::RARE_WORD), Some(10)),
        case(
            "two words",
            Restriction::And(vec![word(other), word(third)]),
            Some(100),
        ),
        case("phrase", word(mail.phrase()?), Some(200)),
        case("phrase of common words", word(&often), Some(200)),
        case(
            "common word in subjects",
            Field::Subject.restriction(MatchKind::Phrase, common),
            None,
        ),
        case(
            "sender",
            Field::Sender.restriction(MatchKind::Phrase, "user3"),
            None,
        ),
        case(
            "beginning of a word",
            anywhere(MatchKind::WordPrefix, "xylo"),
            None,
        ),
        case(
            "common word and unread",
            Restriction::And(vec![word(common), unread.clone()]),
            None,
        ),
        case(
            "common word since a day",
            Restriction::And(vec![word(common), since]),
            None,
        ),
        case(
            "rare word or a common one",
            Restriction::Or(vec![word(MadeMail::RARE_WORD), word(common)]),
            None,
        ),
        case(
            "a word without another",
            Restriction::And(vec![word(other), word(third).negate()]),
            None,
        ),
        case("unread, no word", unread, None),
        Case {
            sort: Some(SortColumn::ascending(tags::SUBJECT)),
            ..case("rare word, by subject", word(MadeMail::RARE_WORD), None)
        },
    ])
}

fn anywhere(kind: MatchKind, pattern: &str) -> Restriction {
    fields::anywhere(kind, pattern)
}

fn first_page(store: &MsgStore, case: &Case) -> Result<usize> {
    let columns = [
        tags::ENTRYID.raw(),
        tags::SUBJECT.raw(),
        tags::SENDER_NAME.raw(),
        tags::MESSAGE_DELIVERY_TIME.raw(),
    ];
    let search = store.search(case.restriction.clone()).columns(columns);
    Ok(search.sort(case.sort).open()?.query_rows(PAGE)?.len())
}

/// The entry ids of all that is found, sorted: by the index, or by a pass over all messages.
fn all_of(store: &MsgStore, question: &Restriction, indexed: bool) -> Result<Vec<Vec<u8>>> {
    // The index cannot tell of a rating, so it cannot tell of either.
    let never = Restriction::property(MadeMail::RATING, RelOp::Lt, -1);
    let restriction = if indexed {
        question.clone()
    } else {
        Restriction::Or(vec![question.clone(), never])
    };
    let search = store.search(restriction).columns([tags::ENTRYID.raw()]);
    let plan = search.explain()?;
    ensure!(
        plan.expression.is_some() == indexed,
        "asked otherwise than meant: {plan:?}"
    );
    let mut ids = Vec::new();
    for row in search.open()?.query_rows(i64::MAX)? {
        let id = row
            .get(tags::ENTRYID)
            .context("every row has an entry id")?;
        ids.push(id.to_vec());
    }
    ids.sort_unstable();
    Ok(ids)
}

/// Words and phrases of the made mail.
struct Sample {
    words: Vec<String>,
    bodies: Vec<String>,
    senders: Vec<String>,
}

impl Sample {
    fn new() -> Self {
        let mut mail = MadeMail::new(Shape::Bodies);
        let words = mail.words().to_vec();
        let (mut bodies, mut senders) = (Vec::new(), Vec::new());
        for (tree, _) in mail.by_ref().take(SAMPLE) {
            bodies.extend(tree.props.text(tags::BODY).map(str::to_owned));
            senders.extend(tree.props.text(tags::SENDER_NAME).map(str::to_owned));
        }
        Self {
            words,
            bodies,
            senders,
        }
    }

    fn word(&self, rank: usize) -> Result<&str> {
        let word = self.words.get(rank).context("a word of this rank")?;
        Ok(word)
    }

    fn commonest(&self) -> Result<&str> {
        self.word(0)
    }

    /// Three words that follow each other somewhere.
    fn phrase(&self) -> Result<&str> {
        let body = self.bodies.last().context("a body")?;
        let end = body.match_indices(' ').nth(2).context("four words")?.0;
        body.get(..end).context("its beginning")
    }

    /// Words that stand in some message, or not together.
    fn pattern(&self, chance: &mut Chance) -> (MatchKind, String) {
        let rank = chance.in_range(1..self.words.len());
        let rank = chance.in_range(0..rank);
        let word = self.words.get(rank).cloned().unwrap_or_default();
        match chance.below(10) {
            0..4 => (MatchKind::Phrase, word),
            4 => (MatchKind::WordPrefix, word.chars().take(4).collect()),
            5 => (MatchKind::Phrase, chance.pick(&self.senders).clone()),
            6..9 => {
                let words: Vec<&str> = chance.pick(&self.bodies).split(' ').collect();
                let from = chance.in_range(0..words.len() - 4);
                let length = chance.in_range(2..4);
                let some: Vec<&str> = words.into_iter().skip(from).take(length).collect();
                (MatchKind::Phrase, some.join(" "))
            }
            _ => (
                MatchKind::Phrase,
                format!("{word} {}", chance.pick(&self.words)),
            ),
        }
    }

    fn question(&self, chance: &mut Chance, depth: usize) -> Restriction {
        let (kind, words) = self.pattern(chance);
        let two = |chance: &mut Chance| {
            let one = self.question(chance, depth - 1);
            vec![one, self.question(chance, depth - 1)]
        };
        match chance.below(if depth == 0 { 5 } else { 9 }) {
            0..3 => anywhere(kind, &words),
            3 => chance.pick(&Field::ALL).restriction(kind, &words),
            4 => fields::anyone(kind, &words),
            5 | 6 => Restriction::And(two(chance)),
            7 => Restriction::Or(two(chance)),
            _ => {
                let other = self.question(chance, 0);
                let other = other.negate();
                Restriction::And(vec![anywhere(kind, &words), other])
            }
        }
    }
}

#[expect(clippy::print_stderr, reason = "the program's progress")]
fn note(line: &str) {
    eprintln!("{line}");
}
