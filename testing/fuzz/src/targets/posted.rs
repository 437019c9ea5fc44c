//! Posted forms of sheets: whatever a browser sends, only what a control may hold is set, and what was typed comes back as text.

use std::collections::BTreeMap;

use malle_views::{Asked, FormEnd, FormPlace, FormTurn, FormWords, fill_by_forms, posted_pairs};
use mapi::display_table::{Area, Control, ControlId, ControlKind, DisplayTable, control_flags};
use mapi::{
    Call, Guid, Headless, PropTag, PropType, PropValue, Result, SheetData, SheetRequest, SheetRow,
    cancelled, tags,
};

use crate::seen::Seen;
use crate::target::Target;

/// Each line is a body; they are posted one after the other.
pub(super) static TARGET: Target = Target {
    name: "posted",
    about: "any posted forms are taken or refused field by field, and nothing is set that its control does not allow",
    longest: 4 * 1024,
    seeds: || {
        vec![
            b"c1=Ann+Lee&c3=hunter2&c5=a%0D%0Ab&c6=1&c8=1&do=accept".to_vec(),
            b"c1=007&do=accept\nc1=Bob&c3-empty=1&do=press9\ndo=cancel".to_vec(),
            b"c1=%3Cx%3E&c11=0&c12=&c99=1&do=back".to_vec(),
        ]
    },
    takes_mail: false,
    tokens: &[
        b"&",
        b"=",
        b"\n",
        b"%",
        b"%0D%0A",
        b"%3Cx%3E",
        b"%00",
        b"+",
        b"c1=",
        b"c3=",
        b"c3-empty=1",
        b"c5=",
        b"c6=1",
        b"c8=0",
        b"c8=1",
        b"c9=",
        b"c18446744073709551616=",
        b"do=accept",
        b"do=back",
        b"do=cancel",
        b"do=press9",
        b"do=press",
    ],
    run,
};

const NAME: PropTag = PropTag::new(0x6600, PropType::UNICODE);
const WORD: PropTag = PropTag::new(0x6601, PropType::UNICODE);
const NOTE: PropTag = PropTag::new(0x6602, PropType::UNICODE);
const CACHED: PropTag = PropTag::new(0x6603, PropType::BOOLEAN);
const PLACE: PropTag = PropTag::new(0x6604, PropType::LONG);
const PLACES: PropTag = PropTag::new(0x6605, PropType::OBJECT);
const PRESS: PropTag = PropTag::new(0x6606, PropType::OBJECT);

/// What is in the hidden field.
const SECRET: &str = "unlikely";
/// How many characters a name may have.
const NAME_MAX: u32 = 6;
/// The values of the rows to pick from.
const ROWS: [(i32, &str); 2] = [(7, "here"), (9, "there")];
/// How many forms somebody fills in before they give up.
const PATIENCE: usize = 16;

fn run(input: &[u8], seen: &mut Seen) {
    let text = String::from_utf8_lossy(input);
    for end in [
        FormEnd::Sheet,
        FormEnd::Wizard {
            last: false,
            back: true,
        },
        FormEnd::Shown,
    ] {
        fill(&text, end, seen);
    }
}

fn fill(text: &str, end: FormEnd, seen: &mut Seen) {
    let (table, mut data) = (table(), Data::default());
    data.values.insert(WORD, SECRET.into());
    let request = SheetRequest {
        title: "A sheet",
        table: &table,
        read_only: end == FormEnd::Shown,
        first_page: 0,
    };
    let mut bodies = text.lines().take(PATIENCE);
    let mut asked = Asked {
        post: &mut |form| {
            let html = form.html(&FormWords::default(), &FormPlace::default());
            assert!(!html.contains("<x>"), "what was typed is markup: {html}");
            // Whoever types it where it is no secret sees it.
            let shown = html.contains(SECRET) && !text.contains(SECRET);
            assert!(!shown, "a secret is shown");
            seen.count("problems", form.problems.len());
            let body = bodies.next().ok_or_else(cancelled)?;
            let pairs = posted_pairs(body);
            seen.mark("coded", pairs.is_ok());
            Ok(pairs.unwrap_or_default())
        },
        say: &ToString::to_string,
        ui: &Headless,
        call: &Call::default(),
    };
    let done = fill_by_forms(&request, end, &mut data, &mut asked);
    match done {
        Ok(turn) => {
            let back = matches!(end, FormEnd::Wizard { back: true, .. });
            let out = turn == FormTurn::Accept || turn == FormTurn::Back && back;
            assert!(out, "{turn:?} is no way out of {end:?}");
        }
        Err(error) => seen.mark("error", error.code()),
    }
    assert!(
        end != FormEnd::Shown || data.set.is_empty(),
        "what is only shown was set"
    );
    seen.count("set", data.set.len());
}

/// The properties behind the sheet, which hold whoever sets them to what the controls say.
#[derive(Default)]
struct Data {
    values: BTreeMap<PropTag, PropValue>,
    set: Vec<PropTag>,
}

impl SheetData for Data {
    fn get(&mut self, tags: &[PropTag]) -> Result<Vec<Option<PropValue>>> {
        let values = tags.iter().map(|tag| self.values.get(tag).cloned());
        Ok(values.collect())
    }

    fn set(&mut self, values: &[(PropTag, PropValue)]) -> Result<()> {
        for (tag, value) in values {
            check(*tag, value);
            self.set.push(*tag);
            self.values.insert(*tag, value.clone());
        }
        Ok(())
    }

    fn rows(&mut self, _: PropTag) -> Result<Vec<SheetRow>> {
        let row = |(value, name): (i32, &str)| {
            vec![
                (PLACE, PropValue::from(value)),
                (tags::DISPLAY_NAME.raw(), PropValue::from(name)),
            ]
        };
        Ok(ROWS.map(row).to_vec())
    }
}

fn check(tag: PropTag, value: &PropValue) {
    let fits = match (tag, value) {
        (NAME, PropValue::Unicode(name)) => {
            let short = name.chars().count() <= NAME_MAX as usize;
            short && !name.contains(|c: char| c.is_ascii_digit() || c == '\n' || c == '\r')
        }
        (WORD | NOTE, PropValue::Unicode(_)) | (CACHED, PropValue::Bool(_)) => true,
        (PLACE, PropValue::Long(row)) => ROWS.iter().any(|(value, _)| value == row),
        _ => false,
    };
    assert!(fits, "{tag:?} may not be {value:?}");
}

fn table() -> DisplayTable {
    let edit = |max, prop, filter: &str| ControlKind::Edit {
        filter: filter.parse().expect("a filter"),
        max,
        prop,
    };
    let label = |text: &str| ControlKind::Label {
        text: text.to_owned(),
    };
    let text = |text: &str| text.to_owned();
    let editable = control_flags::EDITABLE;
    let hidden = editable | control_flags::PASSWORD_EDIT;
    let kinds = [
        (0, label("&Name")),
        (
            editable | control_flags::REQUIRED,
            edit(NAME_MAX, NAME, "[~0-9]"),
        ),
        (0, label("Word")),
        (hidden, edit(0, WORD, "*")),
        (0, label("Note")),
        (editable | control_flags::MULTILINE, edit(0, NOTE, "*")),
        (
            editable,
            ControlKind::CheckBox {
                label: text("Cached"),
                prop: CACHED,
            },
        ),
        (0, label("Place")),
        (
            editable,
            ControlKind::DropDown {
                display: tags::DISPLAY_NAME.raw(),
                set: PLACE,
                table: PLACES,
            },
        ),
        (
            editable,
            ControlKind::Button {
                label: text("Press"),
                control: PRESS,
            },
        ),
    ];
    let control = |(number, (flags, kind))| Control {
        id: ControlId::new(Guid::NIL, number),
        area: Area::default(),
        flags,
        kind,
    };
    DisplayTable {
        controls: (0..).zip(kinds).map(control).collect(),
    }
}
