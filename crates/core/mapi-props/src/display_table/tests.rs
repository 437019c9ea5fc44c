//! Display tables written as rows and read back.

use proptest::prelude::*;

use super::*;
use crate::{PropType, tags};

const LOOK: PropTag = PropTag::new(0x6601, PropType::OBJECT);

fn every_kind() -> Vec<ControlKind> {
    let text = PropTag::new(0x6600, PropType::UNICODE);
    let many = PropTag::new(0x6602, PropType::MV_UNICODE);
    let long = PropTag::new(0x6603, PropType::LONG);
    let filter: CharFilter = "[~0-9]".parse().unwrap();
    let (label, component) = ("&Größe 😀".to_owned(), "help".to_owned());
    let radio = |value| ControlKind::RadioButton {
        label: label.clone(),
        count: 2,
        prop: long,
        value,
    };
    vec![
        ControlKind::Page {
            label: label.clone(),
            component,
            context: 7,
        },
        ControlKind::Label {
            text: label.clone(),
        },
        ControlKind::Edit {
            filter: filter.clone(),
            max: 80,
            prop: text,
        },
        ControlKind::ListBox {
            bars: list_flags::NO_HBAR,
            set: PropTag::NULL,
            table: LOOK,
        },
        ControlKind::ComboBox {
            filter,
            max: 3,
            prop: text,
            table: LOOK,
        },
        ControlKind::DropDown {
            display: text,
            set: long,
            table: LOOK,
        },
        ControlKind::CheckBox {
            label: label.clone(),
            prop: tags::SEND_RICH_INFO.raw(),
        },
        ControlKind::GroupBox {
            label: label.clone(),
        },
        ControlKind::Button {
            label: label.clone(),
            control: LOOK,
        },
        radio(-1),
        radio(2),
        ControlKind::MvListBox { prop: many },
        ControlKind::MvDropDown { prop: many },
    ]
}

fn table() -> DisplayTable {
    let control = |(n, kind): (i32, ControlKind)| Control {
        id: ControlId::new(Guid::NIL, n),
        area: Area {
            x: n,
            y: 2,
            width: 3,
            height: 4,
        },
        flags: kind.possible_flags(),
        kind,
    };
    let controls = (1..).zip(every_kind()).map(control).collect();
    DisplayTable { controls }
}

fn problems(rows: &[ControlRow]) -> Vec<ControlProblem> {
    let defects = DisplayTable::read(rows).1;
    defects.into_iter().map(|defect| defect.problem).collect()
}

#[test]
fn every_control_comes_back() {
    let (read, defects) = DisplayTable::read(&table().rows());
    assert_eq!(read, table());
    assert_eq!(defects, []);
}

#[test]
fn structures_are_as_the_header_says() {
    let structure = |kind: ControlKind| {
        let control = Control {
            id: ControlId::default(),
            area: Area::default(),
            flags: 0,
            kind,
        };
        let row = rows::row(&control);
        let at = row
            .iter()
            .find(|(tag, _)| *tag == tags::CONTROL_STRUCTURE.raw());
        at.and_then(|(_, value)| value.as_bytes().map(<[u8]>::to_vec))
            .unwrap()
    };
    let edit = ControlKind::Edit {
        filter: "*".parse().unwrap(),
        max: 80,
        prop: tags::DISPLAY_NAME.raw(),
    };
    let numbers = [16, 0x8000_0000, 80, 0x3001_001F_u32];
    let mut expected: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    expected.extend([b'*', 0, 0, 0]);
    assert_eq!(structure(edit), expected);
    let page = ControlKind::Page {
        label: "A".into(),
        component: "B".into(),
        context: 9,
    };
    let numbers = [16, 0x8000_0000, 20, 9_u32];
    let mut expected: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    expected.extend([b'A', 0, 0, 0, b'B', 0, 0, 0]);
    assert_eq!(structure(page), expected);
    assert_eq!(
        ControlId::new(Guid([7; 16]), 1).0,
        [[7; 16].as_slice(), &[1, 0, 0, 0]].concat()
    );
}

#[test]
fn eight_bit_texts_are_read() {
    let mut bytes = vec![8, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend(b"Gr\xF6\xDFe \x80\0");
    let mut row = table().rows().remove(1);
    row.retain(|(tag, _)| tag.id() != tags::CONTROL_STRUCTURE.id());
    row.push((tags::CONTROL_STRUCTURE.raw(), PropValue::Binary(bytes)));
    let (read, defects) = DisplayTable::read(&[row]);
    assert_eq!(
        read.controls[0].kind,
        ControlKind::Label {
            text: "Größe €".into()
        }
    );
    assert_eq!(defects, []);
}

#[test]
fn what_is_wrong_is_named_with_its_row() {
    let with = |row: usize, tag: PropTag, value: PropValue| {
        let mut rows = table().rows();
        rows[row].retain(|(t, _)| t.id() != tag.id());
        rows[row].push((tag, value));
        rows
    };
    let long = |tag: crate::Tag<i32>, value| (tag.raw(), PropValue::Long(value));
    let (tag, value) = long(tags::CONTROL_TYPE, 0xA);
    assert_eq!(problems(&with(1, tag, value)), [ControlProblem::Kind(0xA)]);
    let (tag, value) = long(tags::CONTROL_FLAGS, 0x82);
    assert_eq!(
        problems(&with(1, tag, value)),
        [ControlProblem::Flags(0x82)]
    );
    let id = ControlId::new(Guid::NIL, 1).0;
    let same = with(1, tags::CONTROL_ID.raw(), PropValue::Binary(id));
    assert_eq!(problems(&same), [ControlProblem::SameId]);
    let gone = with(1, tags::CONTROL_STRUCTURE.raw(), PropValue::Null);
    assert_eq!(
        problems(&gone),
        [ControlProblem::Column(tags::CONTROL_STRUCTURE.raw())]
    );
    let mut rows = table().rows();
    rows.remove(10);
    let (read, defects) = DisplayTable::read(&rows);
    assert_eq!(read.controls.len(), 12);
    assert_eq!(
        defects,
        [ControlDefect {
            row: 9,
            problem: ControlProblem::Group(2)
        }]
    );
    let mut wrong = table();
    wrong.controls[5].kind = ControlKind::DropDown {
        display: LOOK,
        set: PropTag::NULL,
        table: LOOK,
    };
    assert_eq!(
        problems(&wrong.rows()),
        [ControlProblem::Property(PropTag::NULL)]
    );
}

#[test]
fn filters_allow_and_refuse_single_characters() {
    let check = |filter: &str, good: &str, bad: &str| {
        let filter: CharFilter = filter.parse().unwrap();
        assert_eq!(filter.refused(good), None, "{filter}");
        bad.chars()
            .for_each(|c| assert!(!filter.allows(c), "{filter} {c}"));
    };
    check("*", "aÄ0😀", "");
    check("", "aÄ0😀", "");
    check("[0123456789]", "0123456789", "aÄ-");
    check("[a-z]", "az", "AÄ-0");
    check("[~0-9]", "aÄ-~", "0123456789");
    check("[a-z~x-z]", "abw", "xyzA");
    check("[\\-\\\\\\[\\]]", "-\\[]", "a~*");
    check("[a-]", "a-", "b");
    check("[a-zA-Z]_[0-9]", "aZ_5", "-é");
    for (text, error) in [
        ("[a", FilterError::OpenSet),
        ("[a-", FilterError::OpenSet),
        ("[z-a]", FilterError::Backwards),
        ("\\", FilterError::LoneQuote),
        ("[\\", FilterError::LoneQuote),
    ] {
        assert_eq!(text.parse::<CharFilter>(), Err(error), "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_table_or_named(kind in -1..14_i32, bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let row = vec![
            (tags::CONTROL_TYPE.raw(), PropValue::Long(kind)),
            (tags::CONTROL_STRUCTURE.raw(), PropValue::Binary(bytes)),
        ];
        let (read, defects) = DisplayTable::read(std::slice::from_ref(&row));
        prop_assert!(!defects.is_empty());
        // What was read can be written, and reads the same.
        let again = DisplayTable::read(&read.rows()).0;
        prop_assert_eq!(again, read);
    }

    #[test]
    fn a_cut_table_is_read(row in 0..13_usize, at in 0..60_usize) {
        let mut rows = table().rows();
        for (tag, value) in &mut rows[row] {
            if let (true, PropValue::Binary(bytes)) = (*tag == tags::CONTROL_STRUCTURE.raw(), value) {
                bytes.truncate(at);
            }
        }
        let (read, _) = DisplayTable::read(&rows);
        prop_assert!(read.controls.len() >= 12);
    }

    #[test]
    fn any_text_is_a_filter_or_none(text in "\\PC{0,24}") {
        if let Ok(filter) = text.parse::<CharFilter>() {
            let _allowed = filter.allows('x');
            prop_assert_eq!(filter.as_str(), text);
        }
    }
}
