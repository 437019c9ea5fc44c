//! Restricted tables of folders that are large enough for a store to keep indexes for them.

use mapi::{
    BitOp, DeleteFlags, EntryId, FileTime, Folder, FuzzyLevel, ImportItem, ImportOptions,
    MatchKind, MessageTree, PropValue, ReadFlags, RelOp, Restriction, Result, SortColumn,
    SubObject, columns, message_flags, recipient_type, tags,
};
use mapi_props::{AnsiString, PropTag, TreeProps};

use crate::{Case, Fixture, case};

/// More than the rows from which a store may index.
const MESSAGES: u32 = 1_300;

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "restricted tables of a large folder show the rows that match, in both directions",
        |f| {
            let folder = filled(f)?;
            check_all(&folder, &all())?;
            Ok(())
        }
    ),
    case!(
        needs(),
        "restricted tables of a large folder follow marks, changes, moves and deletions",
        |f| {
            let folder = filled(f)?;
            let mut model = all();
            check_all(&folder, &model)?;
            // Some are read, some are not any more.
            let picked = ids(&folder, |n| n % 50 == 3)?;
            folder
                .set_read_flags(Some(&picked), ReadFlags::CLEAR_READ_FLAG)?
                .ignore_warning();
            let read = ids(&folder, |n| n % 70 == 7)?;
            folder
                .set_read_flags(Some(&read), ReadFlags::NONE)?
                .ignore_warning();
            for made in &mut model {
                made.unread = made.number % 70 != 7 && (made.unread || made.number % 50 == 3);
            }
            check_all(&folder, &model)?;
            let elsewhere = f.folder("Elsewhere")?;
            let moved = ids(&folder, |n| n % 90 == 11)?;
            folder
                .copy_messages(&moved, &elsewhere, mapi::CopyFlags::MOVE)?
                .ignore_warning();
            let gone = ids(&folder, |n| n % 90 == 12)?;
            folder
                .delete_messages(&gone, DeleteFlags::NONE)?
                .ignore_warning();
            let (there, here): (Vec<_>, Vec<_>) = model
                .into_iter()
                .filter(|m| m.number % 90 != 12)
                .partition(|m| m.number % 90 == 11);
            check_all(&folder, &here)?;
            check_all(&elsewhere, &there)?;
            Ok(())
        }
    ),
    case!(
        needs(),
        "restrictions see texts whole that tables show cut",
        |f| {
            let folder = filled(f)?;
            let long = format!("{}needle", "hay ".repeat(9_000));
            let mut tree = MessageTree::default();
            tree.props.set(tags::SUBJECT, long.as_str());
            tree.props.set(tags::SENDER_NAME, long.as_str());
            let item = ImportItem {
                tree,
                flags: message_flags::READ,
                source: None,
            };
            folder.import(vec![item], ImportOptions::default())?;
            for restriction in [
                containing("NEEDLE"),
                Restriction::property(tags::SENDER_NAME, RelOp::Eq, long.as_str()),
                Restriction::content(tags::SENDER_NAME, MatchKind::FullString, long.as_str()),
            ] {
                let rows = table(&folder, restriction.clone(), true)?.query_rows(10)?;
                assert_eq!(rows.len(), 1, "{restriction:?}");
            }
            let few = table(&folder, sender("Rarely"), true)?.row_count()?;
            assert_eq!(few, 1, "the others are found as before");
            Ok(())
        }
    ),
];

/// What a message of the folder is like.
#[derive(Debug, Clone)]
struct Made {
    number: u32,
    subject: String,
    sender: &'static str,
    class: &'static str,
    rating: i32,
    unread: bool,
}

const RATING: PropTag = PropTag::new(0x6801, mapi::PropType::LONG);

fn all() -> Vec<Made> {
    let words = ["Plan", "Résumé", "ENDE", "plan", "Straße"];
    let senders = ["Ada", "Grace", "Émilie", "Kurt"];
    (0..MESSAGES)
        .map(|number| {
            let at = usize::try_from(number).unwrap();
            Made {
                number,
                subject: format!("{} {number}", words[at % words.len()]),
                sender: if number == 5 {
                    "Rarely"
                } else {
                    senders[at / 3 % senders.len()]
                },
                class: if number % 11 == 0 {
                    "IPM.Post"
                } else {
                    "IPM.Note"
                },
                rating: i32::try_from(number * 7919 % MESSAGES).unwrap(),
                unread: number % 10 == 0,
            }
        })
        .collect()
}

fn filled(f: &Fixture) -> Result<Folder> {
    let folder = f.folder("Large")?;
    let items = all().into_iter().map(|made| {
        let mut tree = MessageTree::default();
        let props = &mut tree.props;
        if made.number % 3 == 0 && made.subject.is_ascii() {
            props.set(tags::SUBJECT, ansi(&made.subject));
        } else {
            props.set(tags::SUBJECT, made.subject.as_str());
        }
        props.set(tags::SENDER_NAME, made.sender);
        props.set(tags::MESSAGE_CLASS, made.class);
        props.set(RATING, made.rating);
        let time = FileTime::from_unix(1_700_000_000 + i64::from(made.number) * 60);
        props.set(tags::MESSAGE_DELIVERY_TIME, time);
        let mut recipient = TreeProps::new();
        recipient.set(tags::RECIPIENT_TYPE, recipient_type::TO);
        recipient.set(tags::DISPLAY_NAME, made.sender);
        tree.recipients.push(recipient);
        ImportItem {
            tree,
            flags: if made.unread { 0 } else { message_flags::READ },
            source: None,
        }
    });
    folder.import(items.collect(), ImportOptions::default())?;
    Ok(folder)
}

fn ansi(text: &str) -> PropValue {
    PropValue::String8(AnsiString {
        code_page: 1252,
        bytes: text.as_bytes().to_vec(),
    })
}

fn sender(name: &str) -> Restriction {
    Restriction::property(tags::SENDER_NAME, RelOp::Eq, name)
}

fn containing(text: &str) -> Restriction {
    Restriction::Content {
        kind: MatchKind::Substring,
        fuzzy: FuzzyLevel {
            ignore_case: true,
            ignore_nonspace: true,
            loose: false,
        },
        tag: tags::SUBJECT.raw(),
        value_tag: tags::SUBJECT.raw(),
        value: text.into(),
    }
}

fn unread() -> Restriction {
    Restriction::Bitmask {
        op: BitOp::Zero,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask: message_flags::READ,
    }
}

fn table(folder: &Folder, restriction: Restriction, newest_first: bool) -> Result<mapi::Table> {
    let sort = if newest_first {
        SortColumn::descending(tags::MESSAGE_DELIVERY_TIME)
    } else {
        SortColumn::ascending(tags::MESSAGE_DELIVERY_TIME)
    };
    let shown = columns![RATING, tags::ENTRYID, tags::MESSAGE_DELIVERY_TIME];
    let table = folder.contents().columns(shown);
    table.restrict(restriction).sort([sort]).open()
}

/// The numbers of messages that a test picks, as entry ids.
fn ids(folder: &Folder, pick: impl Fn(u32) -> bool) -> Result<Vec<EntryId>> {
    let mut ids = Vec::new();
    for row in
        table(folder, Restriction::And(Vec::new()), false)?.query_rows(i64::from(MESSAGES))?
    {
        let time = row.get(tags::MESSAGE_DELIVERY_TIME).unwrap();
        let number = (time.unix_seconds() - 1_700_000_000) / 60;
        if pick(u32::try_from(number).unwrap()) {
            ids.push(EntryId::from(row.get(tags::ENTRYID).unwrap()));
        }
    }
    Ok(ids)
}

type Test = fn(&Made) -> bool;

/// Every shape, with what it means.
fn shapes() -> Vec<(Restriction, Test)> {
    let class = Restriction::property(tags::MESSAGE_CLASS, RelOp::Eq, "ipm.POST");
    let wide = Restriction::Property {
        op: RelOp::Eq,
        tag: tags::SENDER_NAME.raw(),
        value_tag: PropTag::new(tags::SENDER_NAME.id(), mapi::PropType::STRING8),
        value: ansi("Grace"),
    };
    let rated = |n: i32| Restriction::property(RATING, RelOp::Ge, n);
    let recipient = Restriction::Sub {
        object: SubObject::Recipients,
        child: Box::new(Restriction::property(tags::DISPLAY_NAME, RelOp::Eq, "Kurt")),
    };
    let larger = |n: i32| Restriction::property(tags::MESSAGE_SIZE, RelOp::Gt, n);
    vec![
        (unread(), |m| m.unread),
        (unread().negate(), |m| !m.unread),
        (sender("Émilie"), |m| m.sender == "Émilie"),
        (sender("Rarely"), |m| m.sender == "Rarely"),
        (sender("rarely"), |_| false),
        (wide, |m| m.sender == "Grace"),
        (class, |m| m.class == "IPM.Post"),
        (larger(1), |_| true),
        (larger(1 << 20), |_| false),
        (containing("resume 1"), |m| {
            m.subject.starts_with("Résumé 1")
        }),
        (containing("PLAN"), |m| {
            m.subject.to_lowercase().contains("plan")
        }),
        (containing("strasse 4"), |m| {
            m.subject.starts_with("Straße 4")
        }),
        (containing("nowhere"), |_| false),
        (rated(1_290), |m| m.rating >= 1_290),
        (rated(0), |_| true),
        (recipient, |m| m.sender == "Kurt"),
        (
            Restriction::And(vec![unread(), sender("Ada"), containing("e")]),
            |m| m.unread && m.sender == "Ada" && fits_e(m),
        ),
        (Restriction::Or(vec![sender("Rarely"), rated(1_299)]), |m| {
            m.sender == "Rarely" || m.rating >= 1_299
        }),
    ]
}

fn fits_e(made: &Made) -> bool {
    ["Résumé", "ENDE", "Straße"]
        .iter()
        .any(|word| made.subject.starts_with(word))
}

fn check_all(folder: &Folder, model: &[Made]) -> Result<()> {
    for (restriction, test) in shapes() {
        let mut expected: Vec<i32> = model.iter().filter(|m| test(m)).map(|m| m.rating).collect();
        for newest_first in [false, true] {
            check(folder, &restriction, &expected, newest_first)?;
            expected.reverse();
        }
    }
    Ok(())
}

/// Rows from both ends, from the middle, and how many there are.
fn check(folder: &Folder, restriction: &Restriction, expected: &[i32], newest: bool) -> Result<()> {
    let table = table(folder, restriction.clone(), newest)?;
    let ratings = |rows: Vec<mapi::TableRow>| -> Vec<i32> {
        let rating = |row: &mapi::TableRow| row.value(RATING).and_then(PropValue::as_long);
        rows.iter().filter_map(rating).collect()
    };
    let count = u64::try_from(expected.len()).unwrap();
    assert_eq!(table.row_count()?, count, "{restriction:?}");
    let middle = expected.len() / 2;
    let from = u64::try_from(middle).unwrap();
    for (first, size) in [(0, 20), (from, 5), (count.saturating_sub(3), 9)] {
        let at = usize::try_from(first).unwrap();
        let some: Vec<i32> = expected.iter().skip(at).take(size).copied().collect();
        let end = first + u64::try_from(size).unwrap();
        assert_eq!(
            ratings(table.rows(first..end)?),
            some,
            "{restriction:?} {first}"
        );
    }
    table.seek_row(mapi::Bookmark::End, 0)?.ignore_warning();
    let last: Vec<i32> = expected.iter().rev().take(4).rev().copied().collect();
    let backward = ratings(table.query_rows(-4)?);
    assert_eq!(backward, last, "{restriction:?} backward");
    Ok(())
}
