//! RES-01 … RES-11: what each kind of restriction matches.

use mapi::{
    BitOp, Bookmark, Code, Direction, FuzzyLevel, MapiProp, MatchKind, PropTag, PropType,
    PropValue, RelOp, Restriction, Result, SaveFlags, SubObject, message_flags, recipient_type,
    tags,
};
use mapi_props::AnsiString;

use crate::fixture::{
    add, add_subject, address, by_subject, code, draft, edit, matching, prop, subjects,
};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "RES-01",
        needs(),
        "a nested restriction picks exactly the matching messages",
        |f| {
            let folder = f.folder("Mail")?;
            for (subject, sender, to) in [
                ("volleyball tonight", "Sam", "Sue"),
                ("volleyball tomorrow", "Sam", "Sally"),
                ("volleyball", "Tom", "Sue"),
                ("football", "Sam", "Sue"),
            ] {
                let props = [
                    prop(tags::SUBJECT, subject),
                    prop(tags::SENDER_NAME, sender),
                ];
                let message = draft(&folder, &props)?;
                address(&message, &[(recipient_type::TO, to)])?;
                message.save_changes(SaveFlags::NONE)?;
            }
            let silent = draft(&folder, &[prop(tags::SENDER_NAME, "Sam")])?;
            address(&silent, &[(recipient_type::TO, "Sue")])?;
            silent.save_changes(SaveFlags::NONE)?;
            let about = Restriction::And(vec![
                Restriction::exist(tags::SUBJECT),
                contains(tags::SUBJECT, "volleyball"),
            ]);
            let nested = Restriction::And(vec![
                to(contains(tags::DISPLAY_NAME, "Sue")),
                contains(tags::SENDER_NAME, "Sam"),
                about,
            ]);
            assert_eq!(matching(&folder, nested.clone())?, ["volleyball tonight"]);
            // The same filter once, for FindRow.
            let row =
                by_subject(&folder)?.find_row(&nested, Bookmark::Beginning, Direction::Forward)?;
            assert_eq!(
                row.value.get(tags::SUBJECT).as_deref(),
                Some("volleyball tonight")
            );
            Ok(())
        }
    ),
    case!(
        "RES-02",
        needs(),
        "AND, OR and NOT, over nothing and over a missing property",
        |f| {
            let folder = f.folder("Mail")?;
            add(
                &folder,
                &[prop(tags::SUBJECT, "with"), prop(tags::PRIORITY, 1)],
            )?;
            add(
                &folder,
                &[prop(tags::SUBJECT, "other"), prop(tags::PRIORITY, 0)],
            )?;
            add_subject(&folder, "without")?;
            let is = |n: i32| Restriction::property(tags::PRIORITY, RelOp::Eq, n);
            assert_eq!(matching(&folder, is(1).negate())?, ["other", "without"]);
            assert_eq!(matching(&folder, is(1).negate().negate())?, ["with"]);
            assert_eq!(matching(&folder, Restriction::And(vec![]))?.len(), 3);
            assert_eq!(matching(&folder, Restriction::Or(vec![]))?.len(), 0);
            assert_eq!(
                matching(&folder, Restriction::Or(vec![is(0), is(1)]))?,
                ["other", "with"]
            );
            assert_eq!(
                matching(&folder, Restriction::And(vec![is(0), is(1)]))?.len(),
                0
            );
            Ok(())
        }
    ),
    case!(
        "RES-03",
        needs(),
        "text matches whole, in part, at the start, and folded",
        |f| {
            let folder = f.folder("Mail")?;
            add(
                &folder,
                &[
                    prop(tags::SUBJECT, "Café au lait"),
                    prop(tags::SENDER_SEARCH_KEY, &[1_u8, 2, 3][..]),
                ],
            )?;
            let hits = |kind, fuzzy, text: &str| -> Result<bool> {
                Ok(
                    !matching(&folder, content(tags::SUBJECT, kind, fuzzy, text.into()))?
                        .is_empty(),
                )
            };
            let plain = FuzzyLevel::default();
            let case_blind = FuzzyLevel {
                ignore_case: true,
                ..plain
            };
            let no_marks = FuzzyLevel {
                ignore_nonspace: true,
                ..plain
            };
            let loose = FuzzyLevel {
                loose: true,
                ..plain
            };
            assert!(!hits(MatchKind::FullString, plain, "Café")?);
            assert!(hits(MatchKind::FullString, plain, "Café au lait")?);
            assert!(!hits(MatchKind::FullString, plain, "café au lait")?);
            assert!(hits(MatchKind::FullString, case_blind, "CAFÉ AU LAIT")?);
            assert!(hits(MatchKind::Prefix, case_blind, "caf")?);
            assert!(!hits(MatchKind::Prefix, plain, "caf")?);
            assert!(!hits(MatchKind::Prefix, case_blind, "au")?);
            assert!(hits(MatchKind::Substring, loose, "cafe")?);
            assert!(!hits(MatchKind::Substring, plain, "cafe")?);
            assert!(hits(MatchKind::Substring, no_marks, "Cafe")?);
            assert!(!hits(MatchKind::Substring, no_marks, "cafe")?);
            let bytes = |kind, value: &[u8]| {
                matching(
                    &folder,
                    content(tags::SENDER_SEARCH_KEY, kind, plain, value.into()),
                )
            };
            assert_eq!(bytes(MatchKind::Substring, &[2, 3])?.len(), 1);
            assert_eq!(bytes(MatchKind::Prefix, &[2, 3])?.len(), 0);
            let mut mixed = content(tags::SUBJECT, MatchKind::Substring, plain, "a".into());
            if let Restriction::Content {
                value_tag, value, ..
            } = &mut mixed
            {
                (*value_tag, *value) = (tags::SENDER_SEARCH_KEY.into(), PropValue::Binary(vec![1]));
            }
            assert_eq!(
                code(by_subject(&folder)?.restrict(mixed)),
                Code::TOO_COMPLEX
            );
            Ok(())
        }
    ),
    case!(
        "RES-04",
        needs(),
        "properties compare signed, by element and without coercion",
        |f| {
            let folder = f.folder("Mail")?;
            for n in [-1, 0, 1] {
                add(
                    &folder,
                    &[prop(tags::SUBJECT, n.to_string()), prop(tags::PRIORITY, n)],
                )?;
            }
            add_subject(&folder, "none")?;
            let with = |op, n: i32| matching(&folder, Restriction::property(tags::PRIORITY, op, n));
            assert_eq!(with(RelOp::Gt, 0)?, ["1"]);
            assert_eq!(with(RelOp::Lt, 0)?, ["-1"]);
            assert_eq!(with(RelOp::Ge, 0)?, ["0", "1"]);
            assert_eq!(with(RelOp::Le, -1)?, ["-1"]);
            assert_eq!(with(RelOp::Eq, -1)?, ["-1"]);
            assert_eq!(with(RelOp::Ne, 0)?, ["-1", "1"]);
            assert_eq!(code(with(RelOp::Re, 0)), Code::TOO_COMPLEX);
            let words = f.store()?.named_tag(&keywords(), PropType::MV_UNICODE)?;
            let many = vec!["a".to_owned(), "b".to_owned()];
            add(
                &folder,
                &[prop(tags::SUBJECT, "many"), (words, many.clone().into())],
            )?;
            let has = |value: PropValue| Restriction::property(words, RelOp::Eq, value);
            assert_eq!(matching(&folder, has("b".into()))?, ["many"]);
            assert_eq!(matching(&folder, has("c".into()))?.len(), 0);
            let refused = |value: PropValue| code(matching(&folder, has(value)));
            assert_eq!(refused(many.into()), Code::TOO_COMPLEX);
            assert_eq!(refused(PropValue::Long(1)), Code::TOO_COMPLEX);
            let class = Restriction::property(tags::MESSAGE_CLASS, RelOp::Eq, "ipm");
            assert_eq!(matching(&folder, class)?.len(), 5);
            let narrow = AnsiString {
                code_page: 1252,
                bytes: b"many".to_vec(),
            };
            let by_narrow = Restriction::Property {
                op: RelOp::Eq,
                tag: PropTag::new(tags::SUBJECT.id(), PropType::STRING8),
                value_tag: PropTag::new(tags::SUBJECT.id(), PropType::STRING8),
                value: PropValue::String8(narrow),
            };
            assert_eq!(matching(&folder, by_narrow)?, ["many"]);
            Ok(())
        }
    ),
    case!(
        "RES-05",
        needs(),
        "read and unread are the two halves of a bit mask",
        |f| {
            let folder = f.folder("Mail")?;
            for subject in ["a", "b", "c"] {
                add_subject(&folder, subject)?;
            }
            let rows = by_subject(&folder)?.query_all_rows(0)?;
            let unread = [rows[1].entry_id().clone()];
            folder
                .set_read_flags(Some(&unread), mapi::ReadFlags::CLEAR_READ_FLAG)?
                .ignore_warning();
            let by = |op| Restriction::Bitmask {
                op,
                tag: tags::MESSAGE_FLAGS.into(),
                mask: message_flags::READ,
            };
            assert_eq!(matching(&folder, by(BitOp::Zero))?, ["b"]);
            assert_eq!(matching(&folder, by(BitOp::NonZero))?, ["a", "c"]);
            Ok(())
        }
    ),
    case!(
        "RES-06",
        needs(),
        "two properties of one object compare",
        |f| {
            let folder = f.folder("Mail")?;
            let kept = draft(&folder, &[prop(tags::SUBJECT, "kept")])?;
            let time = mapi::FileTime::from_unix(1_700_000_000);
            kept.set(tags::CREATION_TIME, time)?;
            kept.set(tags::LAST_MODIFICATION_TIME, time)?;
            kept.save_changes(SaveFlags::NONE)?;
            let id = add_subject(&folder, "modified")?;
            let message = edit(&folder, &id)?;
            message.set(tags::BODY, "more")?;
            message.save_changes(SaveFlags::NONE)?;
            let differ =
                |left: PropTag, right: PropTag, op| Restriction::CompareProps { op, left, right };
            let (made, changed) = (
                tags::CREATION_TIME.raw(),
                tags::LAST_MODIFICATION_TIME.raw(),
            );
            assert_eq!(
                matching(&folder, differ(made, changed, RelOp::Ne))?,
                ["modified"]
            );
            assert_eq!(
                matching(&folder, differ(made, changed, RelOp::Eq))?,
                ["kept"]
            );
            assert_eq!(
                matching(&folder, differ(made, changed, RelOp::Lt))?,
                ["modified"]
            );
            let types = differ(made, tags::SUBJECT.raw(), RelOp::Ne);
            assert_eq!(code(matching(&folder, types)), Code::TOO_COMPLEX);
            Ok(())
        }
    ),
    case!(
        "RES-07",
        needs(),
        "the size of a value compares, large ones too",
        |f| {
            let folder = f.folder("Mail")?;
            for (subject, length) in [("short", 10), ("long", 600), ("huge", 100_000)] {
                let body = "x".repeat(length);
                add(
                    &folder,
                    &[prop(tags::SUBJECT, subject), prop(tags::BODY, body)],
                )?;
            }
            add_subject(&folder, "none")?;
            let size =
                |tag: PropTag, op, size| matching(&folder, Restriction::Size { op, tag, size });
            let body = tags::BODY.raw();
            assert_eq!(size(body, RelOp::Ge, 1000)?, ["huge", "long"]);
            assert_eq!(size(body, RelOp::Lt, 1000)?, ["short"]);
            // Of 600 characters: 1,202 bytes wide with their terminator, 601 narrow ones.
            assert_eq!(size(body, RelOp::Eq, 1202)?, ["long"]);
            assert_eq!(
                size(body.with_type(PropType::STRING8), RelOp::Eq, 601)?,
                ["long"]
            );
            Ok(())
        }
    ),
    case!(
        "RES-08",
        needs(),
        "existence picks exactly the messages with the property",
        |f| {
            let folder = f.folder("Mail")?;
            for n in 0..6 {
                let mut props = vec![prop(tags::SUBJECT, format!("{n}"))];
                if n % 2 == 0 {
                    props.push(prop(tags::COMMENT, "x"));
                }
                add(&folder, &props)?;
            }
            assert_eq!(
                matching(&folder, Restriction::exist(tags::COMMENT))?,
                ["0", "2", "4"]
            );
            let any_type = PropTag::new(tags::COMMENT.id(), PropType::UNSPECIFIED);
            assert_eq!(
                matching(&folder, Restriction::exist(any_type))?,
                ["0", "2", "4"]
            );
            let absent = Restriction::exist(tags::COMMENT).negate();
            assert_eq!(matching(&folder, absent)?, ["1", "3", "5"]);
            let table = Restriction::exist(tags::MESSAGE_RECIPIENTS);
            assert_eq!(matching(&folder, table)?.len(), 0);
            Ok(())
        }
    ),
    case!(
        "RES-09",
        needs(),
        "one recipient row must satisfy the whole sub-restriction",
        |f| {
            let folder = f.folder("Mail")?;
            let message = draft(&folder, &[prop(tags::SUBJECT, "apart")])?;
            address(
                &message,
                &[(recipient_type::TO, "X"), (recipient_type::CC, "Y")],
            )?;
            message.save_changes(SaveFlags::NONE)?;
            let both = draft(&folder, &[prop(tags::SUBJECT, "together")])?;
            address(&both, &[(recipient_type::CC, "X")])?;
            crate::fixture::attach(&both, "x.txt", b"1")?;
            both.save_changes(SaveFlags::NONE)?;
            let named = Restriction::property(tags::DISPLAY_NAME, RelOp::Eq, "X");
            let cc = Restriction::property(tags::RECIPIENT_TYPE, RelOp::Eq, recipient_type::CC);
            let one_row = to(Restriction::And(vec![named.clone(), cc.clone()]));
            assert_eq!(matching(&folder, one_row)?, ["together"]);
            let two_rows = Restriction::And(vec![to(named), to(cc)]);
            assert_eq!(matching(&folder, two_rows)?, ["apart", "together"]);
            let file = Restriction::Sub {
                object: SubObject::Attachments,
                child: Box::new(Restriction::property(
                    tags::ATTACH_LONG_FILENAME,
                    RelOp::Eq,
                    "x.txt",
                )),
            };
            assert_eq!(matching(&folder, file.clone())?, ["together"]);
            let folders = f.inbox()?.hierarchy(mapi::Depth::Children).open()?;
            assert_eq!(code(folders.restrict(file)), Code::TOO_COMPLEX);
            Ok(())
        }
    ),
    // Search folders come later; a restriction is kept as a property (PT_SRESTRICT) meanwhile, which asks the same of the
    // tree: that it comes back as it was.
    case!(
        "RES-10",
        needs(),
        "a comment filters nothing and survives being stored",
        |f| {
            let folder = f.folder("Mail")?;
            add_subject(&folder, "yes")?;
            add_subject(&folder, "no")?;
            let child = Restriction::property(tags::SUBJECT, RelOp::Eq, "yes");
            let note = vec![prop(tags::DISPLAY_NAME, "shown as"), prop(tags::ROWID, -7)];
            let wrapped = Restriction::Comment {
                props: note.clone(),
                child: Some(Box::new(child.clone())),
            };
            assert_eq!(matching(&folder, wrapped.clone())?, ["yes"]);
            assert_eq!(matching(&folder, wrapped.clone().negate())?, ["no"]);
            let bare = Restriction::Comment {
                props: note,
                child: None,
            };
            assert_eq!(matching(&folder, bare.clone())?, ["no", "yes"]);
            let both = Restriction::Or(vec![wrapped, bare.negate()]);
            let tag = PropTag::new(0x6801, PropType::SRESTRICT);
            let value = PropValue::SRestriction(Box::new(both));
            let id = add(&folder, &[(tag, value.clone())])?;
            f.restart()?;
            let kept = f.store()?.open_message(&id, mapi::OpenFlags::NONE)?;
            assert_eq!(kept.get_props(&[tag])?.value[0].value, value);
            Ok(())
        }
    ),
    case!(
        "RES-11",
        needs(),
        "COUNT lets so many rows through and no more",
        |f| {
            let folder = f.folder("Mail")?;
            for subject in ["a", "b", "c", "d"] {
                add_subject(&folder, subject)?;
            }
            let all = Box::new(Restriction::And(vec![]));
            let table = by_subject(&folder)?;
            table.restrict(Restriction::Count {
                count: 2,
                child: all,
            })?;
            assert_eq!(subjects(&table)?, ["a", "b"]);
            assert_eq!(table.row_count()?, 2);
            let gone = Box::new(Restriction::exist(tags::COMMENT));
            table.restrict(Restriction::Count {
                count: 2,
                child: gone,
            })?;
            assert_eq!(subjects(&table)?, [""; 0]);
            Ok(())
        }
    ),
    case!(
        "TAB-21",
        needs(),
        "restrictions see all of a long value",
        |f| {
            let folder = f.folder("Mail")?;
            let long = format!("{}needle{}", "x".repeat(3000), "y".repeat(994));
            let id = add_subject(&folder, &long)?;
            add_subject(&folder, &"x".repeat(4000))?;
            let found = matching(&folder, contains(tags::SUBJECT, "needle"))?;
            assert_eq!(found.len(), 1);
            assert!(
                found[0].len() >= 255 && long.starts_with(&found[0]),
                "a prefix of at least 255"
            );
            assert_eq!(folder.open_message(&id)?.get(tags::SUBJECT)?, long);
            let body = format!("{}needle", "z".repeat(200_000));
            let id = add(
                &folder,
                &[prop(tags::SUBJECT, "body"), prop(tags::BODY, body.clone())],
            )?;
            assert_eq!(matching(&folder, contains(tags::BODY, "needle"))?, ["body"]);
            assert_eq!(folder.open_message(&id)?.get(tags::BODY)?, body);
            Ok(())
        }
    ),
];

fn keywords() -> mapi::PropName {
    mapi::PropName::text(mapi::guids::PS_PUBLIC_STRINGS, "Keywords")
}

fn contains(tag: impl Into<PropTag>, text: &str) -> Restriction {
    Restriction::content(tag, MatchKind::Substring, text)
}

fn content(
    tag: impl Into<PropTag>,
    kind: MatchKind,
    fuzzy: FuzzyLevel,
    value: PropValue,
) -> Restriction {
    let tag = tag.into();
    Restriction::Content {
        kind,
        fuzzy,
        tag,
        value_tag: value.tag(tag.id()),
        value,
    }
}

fn to(child: Restriction) -> Restriction {
    Restriction::Sub {
        object: SubObject::Recipients,
        child: Box::new(child),
    }
}
