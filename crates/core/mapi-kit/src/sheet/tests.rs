//! Sheets filled in, checked and cancelled.

use std::collections::BTreeMap;

use mapi_props::display_table::{
    Area, Control, ControlId, ControlKind, DisplayTable, control_flags,
};
use mapi_props::{Code, Guid, PropTag, PropType, PropValue};
use mapi_spi::{
    Call, Error, Headless, Result, Setting, SettingKind, SettingsData, SheetData, SheetRequest,
    SheetRow, settings_table,
};

use super::{Refused, Sheet};

const NAME: PropTag = PropTag::new(0x6600, PropType::UNICODE);
const PICK: PropTag = PropTag::new(0x6601, PropType::LONG);
const LIST: PropTag = PropTag::new(0x6602, PropType::OBJECT);
const RADIO: PropTag = PropTag::new(0x6603, PropType::LONG);
const MANY: PropTag = PropTag::new(0x6604, PropType::MV_UNICODE);
const PRESS: PropTag = PropTag::new(0x6605, PropType::OBJECT);

/// Properties that remember each call.
#[derive(Default)]
struct Props {
    values: BTreeMap<PropTag, PropValue>,
    sets: Vec<Vec<(PropTag, PropValue)>>,
    changed: Vec<ControlId>,
    pressed: u32,
}

impl SheetData for Props {
    fn get(&mut self, tags: &[PropTag]) -> Result<Vec<Option<PropValue>>> {
        Ok(tags
            .iter()
            .map(|tag| self.values.get(tag).cloned())
            .collect())
    }

    fn set(&mut self, values: &[(PropTag, PropValue)]) -> Result<()> {
        if values.iter().any(|(_, v)| *v == PropValue::from("refused")) {
            return Err(Error::new(Code::INVALID_PARAMETER, "not that"));
        }
        self.values.extend(values.iter().cloned());
        self.sets.push(values.to_vec());
        Ok(())
    }

    fn rows(&mut self, _: PropTag) -> Result<Vec<SheetRow>> {
        let row = |(n, name): (i32, &str)| {
            let display = mapi_props::tags::DISPLAY_NAME.raw();
            vec![(display, PropValue::from(name)), (PICK, PropValue::from(n))]
        };
        Ok([(10, "ten"), (20, "twenty")].map(row).to_vec())
    }

    fn enabled(&mut self, _: PropTag) -> Result<bool> {
        Ok(self.pressed == 0)
    }

    fn activate(&mut self, _: PropTag, _: &dyn mapi_spi::UiHost, _: &Call) -> Result<()> {
        self.pressed += 1;
        self.values.insert(NAME, PropValue::from("pressed"));
        self.changed.push(ControlId::new(Guid::NIL, 1));
        Err(Error::new(Code::USER_CANCEL, "not to be told"))
    }

    fn changed(&mut self) -> Vec<ControlId> {
        std::mem::take(&mut self.changed)
    }
}

fn table(kinds: Vec<(u32, ControlKind)>) -> DisplayTable {
    let control = |(number, (flags, kind)): (i32, (u32, ControlKind))| Control {
        id: ControlId::new(Guid::NIL, number),
        area: Area::default(),
        flags,
        kind,
    };
    let controls = (0..).zip(kinds).map(control).collect();
    DisplayTable { controls }
}

fn every_input() -> DisplayTable {
    use control_flags::{EDITABLE, REQUIRED};
    let radio = |value| ControlKind::RadioButton {
        label: format!("&{value}"),
        count: 2,
        prop: RADIO,
        value,
    };
    table(vec![
        (
            0,
            ControlKind::Label {
                text: "&Name".into(),
            },
        ),
        (
            EDITABLE | REQUIRED,
            ControlKind::Edit {
                filter: "[~0-9]".parse().unwrap(),
                max: 8,
                prop: NAME,
            },
        ),
        (
            EDITABLE,
            ControlKind::DropDown {
                display: mapi_props::tags::DISPLAY_NAME.raw(),
                set: PICK,
                table: LIST,
            },
        ),
        (0, radio(1)),
        (0, radio(2)),
        (0, ControlKind::MvListBox { prop: MANY }),
        (
            0,
            ControlKind::ListBox {
                bars: 0,
                set: PropTag::NULL,
                table: LIST,
            },
        ),
        (
            0,
            ControlKind::Button {
                label: "Do".into(),
                control: PRESS,
            },
        ),
    ])
}

fn request(table: &DisplayTable) -> SheetRequest<'_> {
    SheetRequest {
        title: "Test",
        table,
        read_only: false,
        first_page: 0,
    }
}

#[test]
fn what_was_changed_is_set_at_once_and_nothing_else_is() {
    let (table, mut data) = (every_input(), Props::default());
    data.values.insert(PICK, PropValue::from(10));
    data.values
        .insert(MANY, PropValue::MvUnicode(vec!["a".into(), "b".into()]));
    let mut sheet = Sheet::open(&request(&table), &mut data).unwrap();
    assert!(
        matches!(sheet.accept(), Err(Refused::Missing { number: 1, label }) if label == "Name")
    );
    assert!(matches!(
        sheet.type_text(1, "a1"),
        Err(Refused::Character { character: '1', .. })
    ));
    assert!(matches!(
        sheet.type_text(1, "abcdefghi"),
        Err(Refused::TooLong { max: 8, .. })
    ));
    sheet.type_text(1, "Ann").unwrap();
    let shown: Vec<_> = sheet
        .choices(2)
        .unwrap()
        .into_iter()
        .map(|c| (c.text, c.chosen))
        .collect();
    assert_eq!(
        shown,
        [("ten".to_owned(), true), ("twenty".to_owned(), false)]
    );
    sheet.pick(2, 1).unwrap();
    assert!(matches!(
        sheet.pick(2, 2),
        Err(Refused::NoRow { row: 2, .. })
    ));
    sheet.tick(4, true).unwrap();
    assert!(sheet.field(4).unwrap().ticked && !sheet.field(3).unwrap().ticked);
    sheet.pick_rows(6, &[0, 1]).unwrap();
    assert_eq!(sheet.picked(6), [0, 1]);
    assert!(matches!(
        sheet.pick_rows(2, &[0, 1]),
        Err(Refused::OtherKind { .. })
    ));
    assert!(matches!(
        sheet.type_text(5, "x"),
        Err(Refused::ReadOnly { .. })
    ));
    assert_eq!(sheet.choices(5).unwrap().len(), 2);
    sheet.accept().unwrap();
    sheet.accept().unwrap();
    assert_eq!(
        data.sets,
        [vec![
            (NAME, PropValue::from("Ann")),
            (PICK, PropValue::from(20)),
            (RADIO, PropValue::from(2))
        ]]
    );
}

#[test]
fn a_value_put_back_is_no_change_and_a_refused_one_stays_to_be_mended() {
    let (table, mut data) = (every_input(), Props::default());
    data.values.insert(NAME, PropValue::from("Ann"));
    let mut sheet = Sheet::open(&request(&table), &mut data).unwrap();
    sheet.type_text(1, "Bob").unwrap();
    sheet.type_text(1, "Ann").unwrap();
    assert_eq!(sheet.accept().unwrap(), []);
    sheet.type_text(1, "refused").unwrap();
    assert!(matches!(sheet.accept(), Err(Refused::Data(_))));
    assert_eq!(sheet.field(1).unwrap().text, "refused");
    sheet.type_text(1, "Eve").unwrap();
    assert_eq!(sheet.accept().unwrap(), [NAME]);
}

#[test]
fn a_button_is_pressed_while_it_can_be_and_what_it_changes_is_read() {
    let (table, mut data) = (every_input(), Props::default());
    let mut sheet = Sheet::open(&request(&table), &mut data).unwrap();
    assert!(sheet.field(7).unwrap().enabled);
    sheet.press(7, &Headless, &Call::default()).unwrap();
    assert_eq!(sheet.field(1).unwrap().text, "pressed");
    let again = sheet.press(7, &Headless, &Call::default());
    assert!(matches!(again, Err(Refused::ReadOnly { .. })));
    assert_eq!(
        sheet.accept().unwrap(),
        [],
        "what the button set is not set again"
    );
}

#[test]
fn a_sheet_that_only_shows_takes_nothing() {
    let (table, mut data) = (every_input(), Props::default());
    let read_only = SheetRequest {
        read_only: true,
        ..request(&table)
    };
    let mut sheet = Sheet::open(&read_only, &mut data).unwrap();
    for number in 0..8 {
        assert!(!sheet.field(number).unwrap().enabled);
    }
    assert!(matches!(sheet.tick(3, true), Err(Refused::ReadOnly { .. })));
    assert_eq!(sheet.accept().unwrap(), []);
}

#[test]
fn settings_are_a_sheet_like_any_other() {
    let setting =
        |key: &str, id, kind| Setting::new(key, PropTag::new(id, PropType::UNICODE), kind);
    let settings = [
        setting("name", 0x6600, SettingKind::Text).required(),
        setting("port", 0x6601, SettingKind::Number { min: 1, max: 65535 }).default("25"),
        setting(
            "tls",
            0x6602,
            SettingKind::Choice(vec!["none".into(), "start".into()]),
        ),
        setting("cached", 0x6603, SettingKind::Switch),
        setting("password", 0x6604, SettingKind::Secret),
    ];
    let table = settings_table(Guid::NIL, "Server", &settings);
    assert_eq!(
        DisplayTable::read(&table.rows()),
        (table.clone(), Vec::new())
    );
    let mut data = SettingsData::new(Guid::NIL, &settings, BTreeMap::new());
    let mut sheet = Sheet::open(&request(&table), &mut data).unwrap();
    assert_eq!(sheet.pages().len(), 1);
    let of = |key: u16| ControlId::new(Guid::NIL, i32::from(key));
    let at = |sheet: &Sheet<'_>, key| sheet.number_of(&of(key)).unwrap();
    assert_eq!(sheet.field(at(&sheet, 0x6601)).unwrap().text, "25");
    let (name, port) = (at(&sheet, 0x6600), at(&sheet, 0x6601));
    sheet.type_text(name, "example").unwrap();
    sheet.type_text(port, "0").unwrap();
    let refused = Error::from(sheet.accept().unwrap_err());
    assert!(
        refused.detail().contains("port") && refused.detail().contains("1 to 65535"),
        "{refused}"
    );
    sheet.type_text(port, "143").unwrap();
    let (tls, cached) = (at(&sheet, 0x6602), at(&sheet, 0x6603));
    sheet.pick(tls, 1).unwrap();
    sheet.tick(cached, true).unwrap();
    let secret = at(&sheet, 0x6604);
    assert!(sheet.type_text(secret, "my pass!").is_err());
    sheet.accept().unwrap();
    let values = data.into_values();
    let shown: Vec<_> = values.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(
        shown,
        ["cached=yes", "name=example", "port=143", "tls=start"]
    );
}
