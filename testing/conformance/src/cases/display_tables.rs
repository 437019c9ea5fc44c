//! DT-01, DT-02: display tables over the properties of objects, filled in by a script.

use std::sync::Arc;

use mapi::display_table::{
    Area, CharFilter, Control, ControlId, ControlKind, ControlProblem, DisplayTable, control_flags,
};
use mapi::{
    Call, Code, Error, Guid, Headless, MapiProp, Message, PropTag, PropType, PropValue, Refused,
    Result, SaveFlags, SheetControl, SheetObject, Table, TableData, UiHost, build_display_table,
    cancelled, columns, tags,
};

use crate::fixture::{Fixture, code, draft};
use crate::sheet_script::{ScriptedUi, accept};
use crate::{Case, case};

const EDITABLE: u32 = control_flags::EDITABLE;
const REQUIRED: u32 = control_flags::EDITABLE | control_flags::REQUIRED;
const AT_ONCE: u32 = control_flags::EDITABLE | control_flags::SET_IMMEDIATE;

/// A property with a table, and one with a control object.
const LOOK: PropTag = PropTag::new(0x6601, PropType::OBJECT);
const PRESS: PropTag = PropTag::new(0x6602, PropType::OBJECT);

fn edit(filter: &str, max: u32, prop: impl Into<PropTag>) -> ControlKind {
    ControlKind::Edit {
        filter: filter.parse::<CharFilter>().unwrap(),
        max,
        prop: prop.into(),
    }
}

fn label(text: &str) -> ControlKind {
    ControlKind::Label {
        text: text.to_owned(),
    }
}

fn id(number: i32) -> ControlId {
    ControlId::new(Guid([0x5A; 16]), number)
}

fn described(kinds: Vec<(u32, ControlKind)>) -> DisplayTable {
    let control = |(number, (flags, kind))| Control {
        id: id(number),
        area: Area {
            x: 8,
            y: 16 * number,
            width: 120,
            height: 12,
        },
        flags,
        kind,
    };
    let controls = (0..).zip(kinds).map(control).collect();
    DisplayTable { controls }
}

/// The dialog of a new recipient.
fn new_recipient() -> DisplayTable {
    let rich = ControlKind::CheckBox {
        label: "Always send &rich text".to_owned(),
        prop: tags::SEND_RICH_INFO.raw(),
    };
    described(vec![
        (0, label("&Display name:")),
        (REQUIRED, edit("*", 80, tags::DISPLAY_NAME)),
        (0, label("&E-mail address:")),
        (REQUIRED, edit("*", 80, tags::EMAIL_ADDRESS)),
        (EDITABLE, rich),
    ])
}

/// A table of these controls, a view of it, and an object for their properties.
fn place(f: &Fixture, table: &DisplayTable) -> Result<(TableData, Table, Arc<Message>)> {
    let data = build_display_table(&f.program(), table)?;
    let view = data.view().open()?;
    Ok((data, view, Arc::new(draft(&f.inbox()?, &[])?)))
}

fn show(ui: &ScriptedUi, view: &Table, object: &Message) -> Result<()> {
    let defects = SheetObject::new(object).show(ui, "Sheet", view, &Call::default())?;
    assert_eq!(defects, []);
    Ok(())
}

/// A button that can be pressed once.
struct Once(Arc<Message>);

impl SheetControl for Once {
    fn enabled(&self) -> Result<bool> {
        Ok(self.0.find(tags::COMMENT)?.is_none())
    }

    fn activate(&self, _: &dyn UiHost, _: &Call) -> Result<()> {
        self.0.set(tags::COMMENT, "pressed")
    }
}

pub(super) const CASES: &[Case] = &[
    case!(
        "DT-02.T1",
        needs(),
        "the dialog of a new recipient: two labels, two fields that must be filled in, and a tick",
        |f| {
            let (_data, view, object) = place(f, &new_recipient())?;
            let ui = ScriptedUi::default().sheet(|sheet| {
                let shown: Vec<_> = (0..5).map(|n| sheet.field(n).unwrap()).collect();
                let labels: Vec<_> = shown.iter().map(|f| f.label.as_str()).collect();
                assert_eq!(
                    labels,
                    [
                        "Display name:",
                        "Display name:",
                        "E-mail address:",
                        "E-mail address:",
                        "Always send rich text"
                    ]
                );
                let asked: Vec<_> = shown.iter().map(|f| (f.enabled, f.required)).collect();
                let (no, must, may) = ((false, false), (true, true), (true, false));
                assert_eq!(asked, [no, must, no, must, may]);
                assert_eq!(code(accept(sheet)), Code::UNCONFIGURED);
                sheet.type_text(1, "Ann").unwrap();
                let refused = sheet.accept().unwrap_err();
                assert!(matches!(refused, Refused::Missing { number: 3, .. }));
                sheet.type_text(3, "ann@example.com").unwrap();
                let long = sheet.type_text(3, &"x".repeat(81)).unwrap_err();
                assert!(matches!(long, Refused::TooLong { max: 80, .. }), "{long}");
                sheet.type_text(1, &"é".repeat(80)).unwrap();
                accept(sheet)
            });
            show(&ui, &view, &object)?;
            let both = vec![tags::DISPLAY_NAME.raw(), tags::EMAIL_ADDRESS.raw()];
            assert_eq!(
                ui.sets(),
                [both],
                "one call, without the tick that nobody touched"
            );
            assert_eq!(object.get(tags::DISPLAY_NAME)?, "é".repeat(80));
            assert_eq!(object.get(tags::EMAIL_ADDRESS)?, "ann@example.com");
            assert_eq!(object.find(tags::SEND_RICH_INFO)?, None);
            // Only what changes is set again; what is put back is no change.
            let ui = ScriptedUi::default().sheet(|sheet| {
                sheet.type_text(1, "Bob").unwrap();
                sheet.type_text(3, "bob@example.com").unwrap();
                sheet.type_text(3, "ann@example.com").unwrap();
                sheet.tick(4, true).unwrap();
                accept(sheet)
            });
            show(&ui, &view, &object)?;
            let two = vec![tags::DISPLAY_NAME.raw(), tags::SEND_RICH_INFO.raw()];
            assert_eq!(ui.sets(), [two]);
            Ok(())
        }
    ),
    case!(
        "DT-02.T2",
        needs(),
        "a filter is asked about every character, and a field takes no more than it says",
        |f| {
            let table = described(vec![
                (EDITABLE, edit("[~0-9]", 8, tags::DISPLAY_NAME)),
                (EDITABLE, edit("[0-9A-Fx\\-]", 0, tags::COMMENT)),
            ]);
            let (_data, view, object) = place(f, &table)?;
            let ui = ScriptedUi::default().sheet(|sheet| {
                for (text, wrong) in [("room 7", '7'), ("0", '0'), ("a9b", '9')] {
                    let refused = sheet.type_text(0, text).unwrap_err();
                    assert!(
                        matches!(&refused, Refused::Character { character, .. } if *character == wrong),
                        "{refused}"
                    );
                    assert_eq!(sheet.field(0).unwrap().text, "", "nothing of it is taken");
                }
                sheet.type_text(0, "zwölf/&é").unwrap();
                assert!(matches!(
                    sheet.type_text(0, "zwölf/&éx"),
                    Err(Refused::TooLong { max: 8, .. })
                ));
                assert!(sheet.type_text(1, "0x2G").is_err());
                sheet.type_text(1, &"0x2A-".repeat(1000)).unwrap();
                accept(sheet)
            });
            show(&ui, &view, &object)?;
            assert_eq!(object.get(tags::DISPLAY_NAME)?, "zwölf/&é");
            assert_eq!(object.get(tags::COMMENT)?.len(), 5000);
            Ok(())
        }
    ),
    case!(
        "DT-02.T3",
        needs(),
        "what is to be set at once is set when its control is left, and what the provider says has changed is read again",
        |f| {
            let table = described(vec![
                (AT_ONCE, edit("*", 0, tags::DISPLAY_NAME)),
                (EDITABLE, edit("*", 0, tags::SUBJECT)),
                (EDITABLE, edit("*", 0, tags::COMMENT)),
            ]);
            let (data, view, object) = place(f, &table)?;
            object.set(tags::SUBJECT, "before")?;
            let (provider, seen) = (Arc::clone(&object), ScriptedUi::default());
            let sets = seen.clone();
            let ui = seen.sheet(move |sheet| {
                sheet.type_text(0, "Ann").unwrap();
                assert_eq!(sets.sets(), [[]; 0], "not while it is being typed");
                sheet.type_text(2, "mine").unwrap();
                // The provider follows what is set, and says which control that concerns.
                sheet.leave(0)?;
                assert_eq!(sets.sets(), [vec![tags::DISPLAY_NAME.raw()]]);
                assert_eq!(provider.get(tags::DISPLAY_NAME)?, "Ann");
                provider.set(tags::SUBJECT, "Ann's")?;
                provider.set(tags::COMMENT, "theirs")?;
                assert_eq!(sheet.field(1).unwrap().text, "before");
                data.notify(&PropValue::Binary(id(1).0))?;
                sheet.refresh()?;
                assert_eq!(sheet.field(1).unwrap().text, "Ann's");
                assert_eq!(
                    sheet.field(2).unwrap().text,
                    "mine",
                    "nobody said so of this one"
                );
                Err(cancelled())
            });
            assert_eq!(code(show(&ui, &view, &object)), Code::USER_CANCEL);
            assert_eq!(
                ui.sets(),
                [vec![tags::DISPLAY_NAME.raw()]],
                "giving up sets nothing"
            );
            assert_eq!(
                object.get(tags::DISPLAY_NAME)?,
                "Ann",
                "and takes nothing back"
            );
            assert_eq!(object.get(tags::COMMENT)?, "theirs");
            Ok(())
        }
    ),
    case!(
        needs(),
        "lists, radio buttons and buttons do what their structures say",
        |f| {
            let value = PropTag::new(0x6603, PropType::LONG);
            let radio = |value| ControlKind::RadioButton {
                label: format!("{value}"),
                count: 2,
                prop: tags::PRIORITY.raw(),
                value,
            };
            let table = described(vec![
                (
                    EDITABLE,
                    ControlKind::DropDown {
                        display: tags::DISPLAY_NAME.raw(),
                        set: value,
                        table: LOOK,
                    },
                ),
                (0, radio(-1)),
                (0, radio(1)),
                (
                    0,
                    ControlKind::Button {
                        label: "Do it".to_owned(),
                        control: PRESS,
                    },
                ),
                (0, edit("*", 0, tags::SUBJECT)),
            ]);
            let (data, view, object) = place(f, &table)?;
            let choices = f
                .program()
                .create_table(value, columns![tags::DISPLAY_NAME, value])?;
            for (n, name) in [(7, "seven"), (9, "nine")] {
                choices.modify_row(&[
                    (value, PropValue::from(n)),
                    (tags::DISPLAY_NAME.raw(), PropValue::from(name)),
                ])?;
            }
            let ui = ScriptedUi::default().sheet(move |sheet| {
                let rows = sheet.choices(0)?;
                let names: Vec<_> = rows.iter().map(|row| row.text.as_str()).collect();
                assert_eq!(names, ["seven", "nine"]);
                sheet.pick(0, 1).unwrap();
                sheet.tick(1, true).unwrap();
                sheet.tick(2, true).unwrap();
                assert!(matches!(
                    sheet.type_text(4, "x"),
                    Err(Refused::ReadOnly { .. })
                ));
                assert!(sheet.field(3).unwrap().enabled);
                sheet.press(3, &Headless, &Call::default()).unwrap();
                data.notify(&PropValue::Binary(id(3).0))?;
                sheet.refresh()?;
                assert!(
                    !sheet.field(3).unwrap().enabled,
                    "its state is asked for again"
                );
                accept(sheet)
            });
            let shown = SheetObject::new(&*object)
                .table(LOOK, choices.view().open()?)
                .control(PRESS, Arc::new(Once(Arc::clone(&object))));
            assert_eq!(shown.show(&ui, "Sheet", &view, &Call::default())?, []);
            let set = object.get_props(&[value, tags::PRIORITY.raw()])?.value;
            let values: Vec<_> = set.into_iter().map(|p| p.value).collect();
            assert_eq!(values, [PropValue::from(9), PropValue::from(1)]);
            assert_eq!(object.get(tags::COMMENT)?, "pressed");
            object.save_changes(SaveFlags::NONE)?;
            Ok(())
        }
    ),
    case!(
        needs(),
        "a foreign display table is shown as far as it can be, and what is wrong with it is named",
        |f| {
            let (data, view, object) = place(f, &new_recipient())?;
            let (mut row, _) = data.query_row(&PropValue::Binary(id(1).0))?;
            for (tag, value) in &mut row {
                match value {
                    PropValue::Binary(bytes) if *tag == tags::CONTROL_STRUCTURE.raw() => {
                        bytes[0] = 0xFF;
                    }
                    PropValue::Long(flags) if *tag == tags::CONTROL_FLAGS.raw() => *flags |= 0x100,
                    _ => {}
                }
            }
            data.modify_row(&row)?;
            let (mut cut, _) = data.query_row(&PropValue::Binary(id(4).0))?;
            cut.retain(|(tag, _)| *tag != tags::CONTROL_STRUCTURE.raw());
            data.modify_row(&cut)?;
            let ui = ScriptedUi::default().sheet(|sheet| {
                assert_eq!(sheet.controls().len(), 4);
                sheet.type_text(1, "any").unwrap();
                sheet.type_text(3, "thing").unwrap();
                accept(sheet)
            });
            let object_of = || SheetObject::new(&*object);
            let defects = object_of().show(&ui, "Sheet", &view, &Call::default())?;
            let found: Vec<_> = defects.into_iter().map(|d| (d.row, d.problem)).collect();
            assert_eq!(
                found,
                [
                    (1, ControlProblem::Text),
                    (1, ControlProblem::Flags(0x100)),
                    (4, ControlProblem::Column(tags::CONTROL_STRUCTURE.raw())),
                ]
            );
            assert_eq!(object.get(tags::EMAIL_ADDRESS)?, "thing");
            let empty = f.program().create_table(tags::CONTROL_ID, columns![])?;
            let nothing = object_of().show(&ui, "Sheet", &empty.view().open()?, &Call::default());
            assert_eq!(code(nothing), Code::CORRUPT_DATA);
            Ok(())
        }
    ),
    case!(
        needs(),
        "without anybody to ask a sheet ends at once, and says what is missing",
        |f| {
            let (_data, view, object) = place(f, &new_recipient())?;
            let asked =
                || SheetObject::new(&*object).show(&Headless, "Recipient", &view, &Call::default());
            let error: Error = asked().unwrap_err();
            assert_eq!(error.code(), Code::UNCONFIGURED);
            assert!(error.detail().contains("Recipient"), "{error}");
            assert_eq!(object.find(tags::DISPLAY_NAME)?, None);
            let headless: &dyn UiHost = &Headless;
            assert!(!headless.is_there() && headless.progress("x").is_none());
            assert_eq!(
                code(headless.confirm("Really?", &Call::default())),
                Code::USER_CANCEL
            );
            Ok(())
        }
    ),
];
