//! The published example, whatever can be said, and any bytes.

use proptest::prelude::*;

use super::{ViewColumn, ViewDescriptor, ViewError, ViewProblem, ViewProperty, ViewSort};
use crate::{
    Guid, MatchKind, PropName, PropTag, PropType, PropValue, RelOp, Restriction, arbitrary, guids,
    tags,
};

/// [MS-OXOCFG] 4.2.1.
const BINARY: &str = "\
    0000000000000000 0800000002000000 000000000B000000 0800000000000000 \
    0000000000000000 0000000000000000 0000000000000000 0000000001000400 \
    0700000000000000 2800000000000000 0000000000000000 0000000004000000 \
    0300170012000000 000000004A2F0000 0000000000000000 0000000000000000 \
    170000000B000385 1200000000000000 403F000000000000 0000000034019A11 \
    0000000003850000 0820060000000000 C000000000000046 1E001A0012000000 \
    000000000A270000 0000000000000000 0000000000000000 1A00000003009010 \
    1200000000000000 4A2F000000000000 0000000000000000 0000000090100000 \
    0B001B0E12000000 000000004A2F0000 0000000000000000 0000000000000000 \
    1B0E00001E004200 0C00000000000000 002F000000000000 0000000000000000 \
    000000004200 00001E0037001100 0000000000000 02F000000000000000000000000 \
    00000000000037000000 4000060E 1000000000000000 402F000000000000 \
    0000000000000000 00000000060E0000 0300080E0C000000 0000000040270000 \
    0000000000000000 0000000000000000 080E00001E100000 1200000000000000 \
    207B000000000000 0000000034019A11 0100000064A72200 2903020000000000 \
    C000000000000046 120000004B006500 7900770 06F007200 64007300 0000";

/// [MS-OXOCFG] 4.2.2.
const STRINGS: &str = "\nImportance\nReminder\nIcon\nFlag Status\nAttachment\nFrom\nSubject\nReceived\nSize\nCategories\n";

fn published() -> Vec<u8> {
    let digits: Vec<u32> = BINARY.chars().filter_map(|c| c.to_digit(16)).collect();
    let pair = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).unwrap();
    digits.chunks(2).map(pair).collect()
}

#[test]
fn the_published_example_is_read_and_comes_back() {
    let binary = published();
    assert_eq!(binary.len(), 0x1FE);
    let view = ViewDescriptor::decode(&binary, STRINGS).unwrap();
    let titles: Vec<_> = view.shown_columns().map(|c| c.title.as_str()).collect();
    let all: Vec<_> = STRINGS.trim().split('\n').collect();
    assert_eq!(titles, all);
    assert_eq!((view.columns.len(), view.groups), (11, 0));
    assert_eq!(view.sort, ViewSort::Column(8));
    assert!(view.descending);
    let sorted = &view.sort_column().unwrap().property;
    assert_eq!(
        *sorted,
        ViewProperty::Tag(tags::MESSAGE_DELIVERY_TIME.raw())
    );
    let reminder = PropName::id(guids::PSETID_COMMON, 0x8503);
    assert_eq!(
        view.columns[2].property,
        ViewProperty::Named(reminder, PropType::BOOLEAN)
    );
    let keywords = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
    assert_eq!(
        view.columns[10].property,
        ViewProperty::Named(keywords, PropType::MV_STRING8)
    );
    assert_eq!((view.columns[7].width, view.columns[8].width), (17, 16));
    assert_eq!(view.filter(), None);
    assert_eq!(view.encode().unwrap(), (binary, STRINGS.to_owned()));
}

#[test]
fn every_truncation_says_where_it_ends() {
    let binary = published();
    for end in 0..binary.len() {
        match ViewDescriptor::decode(&binary[..end], STRINGS) {
            Err(ViewError { at, .. }) => assert!(at <= end, "{at} in {end}"),
            Ok(view) => panic!("{end} bytes: {view:?}"),
        }
    }
}

/// A descriptor all of whose ignored fields hold something.
fn peculiar() -> (Vec<u8>, String) {
    let mut view = ViewDescriptor::decode(&published(), STRINGS).unwrap();
    let filter = Restriction::property(tags::SUBJECT, RelOp::Eq, "x");
    view.set_filter(Some(&filter)).unwrap();
    let (mut binary, strings) = view.encode().unwrap();
    binary[..8].copy_from_slice(b"reserved");
    binary[16..20].copy_from_slice(b"pres");
    binary[36..60].copy_from_slice(b"reserved for other times");
    binary[68..72].copy_from_slice(b"colm");
    binary[76..88].copy_from_slice(b"column again");
    // The pointer of the filter's constant, and something behind the filter.
    let pointer = binary.len() - 16;
    binary[pointer..pointer + 4].copy_from_slice(b"lpPr");
    binary.extend_from_slice(b"behind it");
    (binary, format!("{strings}and a string\n"))
}

#[test]
fn an_edit_keeps_what_it_does_not_understand() {
    let (binary, strings) = peculiar();
    let mut view = ViewDescriptor::decode(&binary, &strings).unwrap();
    assert_eq!(view.encode().unwrap(), (binary.clone(), strings.clone()));
    view.columns[7].width = 300;
    view.columns[7].title = "Betreff".to_owned();
    view.descending = false;
    let (edited, texts) = view.encode().unwrap();
    assert_eq!(texts, strings.replace("Subject", "Betreff"));
    let differ = binary.iter().zip(&edited).filter(|(a, b)| a != b).count();
    assert_eq!((binary.len(), differ), (edited.len(), 3));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let with = |at: usize, bytes: &[u8]| {
        let mut binary = published();
        binary[at..at + bytes.len()].copy_from_slice(bytes);
        ViewDescriptor::decode(&binary, STRINGS).unwrap_err()
    };
    let error = |at, problem| ViewError { at, problem };
    assert_eq!(with(8, &[7]), error(8, ViewProblem::Version(7)));
    assert_eq!(
        with(20, &[0xFF; 3]).problem,
        ViewProblem::Count(0x00FF_FFFF)
    );
    assert_eq!(with(24, &[11]), error(20, ViewProblem::Count(11)));
    assert_eq!(with(28, &[12]), error(20, ViewProblem::Count(12)));
    assert_eq!(with(0x1D0, &[9]), error(0x1D0, ViewProblem::NameKind(9)));
    assert_eq!(
        with(0x1E8, &[0xFF; 4]),
        error(0x1EC, ViewProblem::Truncated)
    );
    assert_eq!(with(0x1ED, &[0xD8]), error(0x1EC, ViewProblem::NameText));
    // A filter that promises more than there is, has no text, or nests without end.
    let filter = |bytes: &[u8]| {
        let binary = [published().as_slice(), bytes].concat();
        ViewDescriptor::decode(&binary, STRINGS).unwrap_err()
    };
    let many = [[0; 4], [0xFF; 4], [0; 4], [0; 4]].concat();
    assert_eq!(filter(&many), error(0x202, ViewProblem::Count(0xFFFF_FFFF)));
    assert_eq!(filter(&[11; 4]).problem, ViewProblem::Mark(0x0B0B_0B0B));
    let not = [[2, 0, 0, 0], [0; 4], [0; 4], [0; 4]].concat();
    assert_eq!(filter(&not.repeat(100)).problem, ViewProblem::TooDeep);
    let (binary, _) = peculiar();
    let missing = ViewDescriptor::decode(&binary, STRINGS).unwrap_err();
    assert_eq!(missing.problem, ViewProblem::Text);
}

#[test]
fn what_a_view_cannot_say_is_refused() {
    let mut view = ViewDescriptor::default();
    let word = Restriction::content(tags::BODY, MatchKind::Phrase, "x");
    let guid = Restriction::property(
        PropTag::new(0x6701, PropType::CLSID),
        RelOp::Eq,
        PropValue::ClsId(Guid::default()),
    );
    let count = Restriction::Count {
        count: 1,
        child: Box::new(Restriction::exist(tags::SUBJECT)),
    };
    for bad in [word, guid, count] {
        let refused = view.set_filter(Some(&bad)).unwrap_err();
        assert!(matches!(refused.problem, ViewProblem::Unwritable(_)));
    }
    let lines = Restriction::property(tags::SUBJECT, RelOp::Eq, "a\nb");
    let refused = view.set_filter(Some(&lines)).unwrap_err();
    assert_eq!(refused.problem, ViewProblem::LineFeed);
    view.columns.push(ViewColumn::new(tags::SUBJECT, "a\nb"));
    assert_eq!(view.encode().unwrap_err().problem, ViewProblem::LineFeed);
    view.sort = ViewSort::Column(1);
    assert_eq!(view.encode().unwrap_err().problem, ViewProblem::Count(1));
}

/// An annotation without a child reads as one with a child that is always true; text is wide.
fn normal(restriction: Restriction) -> Restriction {
    let child = |child: Box<Restriction>| Box::new(normal(*child));
    match restriction {
        Restriction::And(all) => Restriction::And(all.into_iter().map(normal).collect()),
        Restriction::Or(all) => Restriction::Or(all.into_iter().map(normal).collect()),
        Restriction::Not(one) => Restriction::Not(child(one)),
        Restriction::Sub { object, child: one } => Restriction::Sub {
            object,
            child: child(one),
        },
        Restriction::Comment { props, child: one } => Restriction::Comment {
            props,
            child: Some(one.map_or_else(|| Box::new(Restriction::And(Vec::new())), child)),
        },
        other => other,
    }
}

proptest! {
    /// What can be written is read as the same, and written as the same again.
    #[test]
    fn filters_are_read_as_written(filter in arbitrary::restriction()) {
        let mut view = ViewDescriptor::default();
        if view.set_filter(Some(&filter)).is_ok() {
            let (binary, strings) = view.encode().unwrap();
            let read = ViewDescriptor::decode(&binary, &strings).unwrap();
            let (again, texts) = read.encode().unwrap();
            prop_assert_eq!((binary, strings), (again, texts));
            let read = read.filter().unwrap().clone();
            let written = format!("{:?}", normal(filter));
            if !written.contains("001E") && !written.contains("101E") && !written.contains("value_tag") {
                prop_assert_eq!(format!("{read:?}"), written);
            }
        }
    }

    /// Any bytes are a view that is written as the same bytes, or an error in them.
    #[test]
    fn any_bytes_come_back_or_are_refused(
        at in 0_usize..0x1FE,
        noise in proptest::collection::vec(any::<u8>(), 0..40),
        text in ".{0,20}",
    ) {
        let mut binary = published();
        let end = (at + noise.len()).min(binary.len());
        binary.splice(at..end, noise);
        let strings = format!("{STRINGS}{text}");
        match ViewDescriptor::decode(&binary, &strings) {
            Ok(view) => prop_assert_eq!(view.encode().unwrap().0, binary),
            Err(error) => prop_assert!(error.at <= binary.len()),
        }
    }
}
