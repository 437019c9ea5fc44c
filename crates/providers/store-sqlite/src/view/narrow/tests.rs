//! What narrows a restriction, and how far.
use mapi_props::{FileTime, SubObject};

use super::*;

fn after(op: RelOp, seconds: i64) -> Restriction {
    Restriction::property(
        tags::MESSAGE_DELIVERY_TIME,
        op,
        FileTime::from_unix(seconds),
    )
}

fn key(seconds: i64) -> Vec<u8> {
    let order = order::by_id(DATE).unwrap();
    key_of(order, Some(&FileTime::from_unix(seconds).into()))
}

fn unread() -> Restriction {
    Restriction::Bitmask {
        op: BitOp::Zero,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask: message_flags::READ,
    }
}

fn containing(tag: PropTag, text: &str) -> Restriction {
    Restriction::Content {
        kind: MatchKind::Substring,
        fuzzy: FuzzyLevel::default(),
        tag,
        value_tag: tag,
        value: text.into(),
    }
}

/// The numbers of the indexes that serve, and whether one says it all.
fn served(restriction: &Restriction) -> (Vec<u8>, bool) {
    let narrow = Narrow::of(Some(restriction));
    (
        narrow.facets.iter().map(|f| f.order.id).collect(),
        narrow.whole,
    )
}

#[test]
fn bounds_keep_what_matches() {
    // 0x..00 bytes in a time are escaped in its key.
    let times = [
        0,
        1,
        255,
        256,
        65_536,
        1_000_000_000,
        1_000_000_001,
        1_700_000_000,
    ];
    for pivot in times {
        for (op, matches) in [
            (RelOp::Lt, (|a, b| a < b) as fn(i64, i64) -> bool),
            (RelOp::Le, |a, b| a <= b),
            (RelOp::Gt, |a, b| a > b),
            (RelOp::Ge, |a, b| a >= b),
            (RelOp::Eq, |a, b| a == b),
        ] {
            let both = Restriction::And(vec![unread(), after(op, pivot)]);
            for restriction in [after(op, pivot), both] {
                let narrow = Narrow::of(Some(&restriction));
                assert!(narrow.whole, "{restriction:?}");
                let [facet] = narrow.facets.as_slice() else {
                    panic!("{narrow:?}")
                };
                for time in times {
                    let inside = facet.low < key(time) && key(time) < facet.high;
                    assert_eq!(inside, matches(time, pivot), "{time} {op:?} {pivot}");
                }
                assert!(facet.high <= MISSING_KEY.to_vec());
            }
        }
    }
}

#[test]
fn only_what_must_hold_narrows() {
    let either = Restriction::Or(vec![after(RelOp::Lt, 5), unread()]);
    assert_eq!(served(&either), (vec![], false));
    assert_eq!(served(&after(RelOp::Lt, 5).negate()), (vec![], false));
    assert_eq!(served(&unread().negate()), (vec![], false));
    let both = Restriction::And(vec![either, after(RelOp::Ge, 7)]);
    assert_eq!(served(&both), (vec![DATE], false));
    let counted = Restriction::Count {
        count: 3,
        child: Box::new(unread()),
    };
    assert_eq!(served(&counted), (vec![UNREAD], false));
    let inside = Restriction::Sub {
        object: SubObject::Recipients,
        child: Box::new(unread()),
    };
    assert_eq!(served(&inside), (vec![], false));
}

#[test]
fn each_shape_finds_its_index() {
    let subject = tags::SUBJECT.raw();
    let many = PropTag::new(subject.id(), PropType::MV_UNICODE);
    let sender = Restriction::property(tags::SENDER_NAME, RelOp::Eq, "Ada");
    let with_mask = Restriction::Bitmask {
        op: BitOp::NonZero,
        tag: tags::MESSAGE_FLAGS.raw(),
        mask: message_flags::READ,
    };
    let large = Restriction::property(tags::MESSAGE_SIZE, RelOp::Gt, 1 << 20);
    let long = "x".repeat(LOOKED_UP_BYTES + 1);
    for (restriction, expected) in [
        (unread(), (vec![UNREAD], true)),
        (with_mask.negate(), (vec![UNREAD], true)),
        (sender.clone(), (vec![14], false)),
        (
            Restriction::property(tags::SENDER_NAME, RelOp::Eq, long.as_str()),
            (vec![], false),
        ),
        (
            Restriction::property(tags::SENDER_NAME, RelOp::Ne, "Ada"),
            (vec![], false),
        ),
        (large, (vec![5], true)),
        (containing(subject, "xylo"), (vec![21], false)),
        (containing(many, "xylo"), (vec![], false)),
        (
            Restriction::property(subject, RelOp::Ge, "m"),
            (vec![1], false),
        ),
        // A large text may be less.
        (
            Restriction::property(subject, RelOp::Lt, "m"),
            (vec![], false),
        ),
        // Nothing is left to look for.
        (containing(subject, ""), (vec![], false)),
        (containing(subject, "\u{301}"), (vec![], false)),
        (containing(tags::BODY.raw(), "xylo"), (vec![], false)),
        (
            Restriction::And(vec![unread(), sender, after(RelOp::Gt, 3)]),
            (vec![UNREAD, 14], false),
        ),
    ] {
        assert_eq!(served(&restriction), expected, "{restriction:?}");
    }
}

#[test]
fn common_numbers() {
    assert_eq!(in_both(&[1, 3, 5, 9], &[2, 3, 4, 9, 11]), [3, 9]);
    assert_eq!(in_both(&[], &[2]), [0_u64; 0]);
    assert_eq!(in_both(&[7], &[]), [0_u64; 0]);
}
