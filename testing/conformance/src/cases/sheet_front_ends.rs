//! DT-02.T4: the same table at a terminal and in a browser, filled in by the same script.

use std::sync::Arc;

use mapi::display_table::{Area, Control, ControlId, ControlKind, DisplayTable, control_flags};
use mapi::{
    Call, Code, Guid, MapiProp, Message, PropTag, PropType, PropValue, Result, SheetControl,
    SheetObject, TableData, UiHost, build_display_table, columns, tags,
};

use crate::fixture::{Fixture, code, draft};
use crate::front_ends::{Answer, Browser, Person, Script, terminal};
use crate::{Case, case};

const EDITABLE: u32 = control_flags::EDITABLE;

const fn text(id: u16) -> PropTag {
    PropTag::new(id, PropType::UNICODE)
}

const NAME: PropTag = text(0x6600);
const ALIAS: PropTag = text(0x6601);
const PASS: PropTag = text(0x6602);
const OLD_PASS: PropTag = text(0x6603);
const NOTE: PropTag = text(0x6604);
const FIXED: PropTag = text(0x6605);
const COLOUR: PropTag = text(0x6606);
const CACHED: PropTag = PropTag::new(0x6607, PropType::BOOLEAN);
const SIGNED: PropTag = PropTag::new(0x6608, PropType::BOOLEAN);
const SHY: PropTag = PropTag::new(0x6609, PropType::BOOLEAN);
const TOUCHED: PropTag = PropTag::new(0x660A, PropType::BOOLEAN);
const PRIORITY: PropTag = PropTag::new(0x660B, PropType::LONG);
const PLACE: PropTag = PropTag::new(0x660C, PropType::LONG);
const CITY: PropTag = PropTag::new(0x660D, PropType::LONG);
const WORDS: PropTag = PropTag::new(0x660E, PropType::MV_UNICODE);
const PRESSED: PropTag = text(0x660F);
const PLACES: PropTag = PropTag::new(0x6610, PropType::OBJECT);
const CITIES: PropTag = PropTag::new(0x6611, PropType::OBJECT);
const GUESTS: PropTag = PropTag::new(0x6612, PropType::OBJECT);
const COLOURS: PropTag = PropTag::new(0x6613, PropType::OBJECT);
const PRESS: PropTag = PropTag::new(0x6614, PropType::OBJECT);

/// Everything that can be set, and what was only shown.
const ALL: [PropTag; 16] = [
    NAME, ALIAS, PASS, OLD_PASS, NOTE, FIXED, COLOUR, CACHED, SIGNED, SHY, TOUCHED, PRIORITY,
    PLACE, CITY, WORDS, PRESSED,
];

fn edit(filter: &str, max: u32, prop: PropTag) -> ControlKind {
    ControlKind::Edit {
        filter: filter.parse().unwrap(),
        max,
        prop,
    }
}

fn labelled(text: &str, flags: u32, kind: ControlKind) -> Vec<(u32, ControlKind)> {
    let text = text.to_owned();
    vec![(0, ControlKind::Label { text }), (flags, kind)]
}

fn tick(label: &str, prop: PropTag) -> Vec<(u32, ControlKind)> {
    let label = label.to_owned();
    vec![(EDITABLE, ControlKind::CheckBox { label, prop })]
}

fn page(label: &str) -> Vec<(u32, ControlKind)> {
    let page = ControlKind::Page {
        label: label.to_owned(),
        component: String::new(),
        context: 0,
    };
    vec![(0, page)]
}

fn radio(label: &str, value: i32) -> Vec<(u32, ControlKind)> {
    let button = ControlKind::RadioButton {
        label: label.to_owned(),
        count: 3,
        prop: PRIORITY,
        value,
    };
    vec![(0, button)]
}

fn texts() -> Vec<(u32, ControlKind)> {
    let (hidden, lines) = (control_flags::PASSWORD_EDIT, control_flags::MULTILINE);
    let (must, at_once) = (control_flags::REQUIRED, control_flags::SET_IMMEDIATE);
    [
        page("&Texts"),
        labelled("&Name", EDITABLE | must, edit("[~0-9]", 8, NAME)),
        labelled("Alias", EDITABLE | at_once, edit("*", 0, ALIAS)),
        labelled("Pass", EDITABLE | hidden, edit("*", 0, PASS)),
        labelled("Old pass", EDITABLE | hidden, edit("*", 0, OLD_PASS)),
        labelled("Note", EDITABLE | lines, edit("*", 40, NOTE)),
        labelled("Fixed", 0, edit("*", 0, FIXED)),
        tick("&Cached", CACHED),
        tick("Signed", SIGNED),
        tick("Shy", SHY),
        tick("Touched", TOUCHED),
    ]
    .concat()
}

fn lists() -> Vec<(u32, ControlKind)> {
    let list = |set, table| ControlKind::ListBox {
        bars: 0,
        set,
        table,
    };
    let place = ControlKind::DropDown {
        display: tags::DISPLAY_NAME.raw(),
        set: PLACE,
        table: PLACES,
    };
    let colour = ControlKind::ComboBox {
        filter: "[a-z]".parse().unwrap(),
        max: 6,
        prop: COLOUR,
        table: COLOURS,
    };
    let button = ControlKind::Button {
        label: "Do it".to_owned(),
        control: PRESS,
    };
    [
        page("Lists"),
        labelled("Priority", 0, radio("Low", -1).remove(0).1),
        radio("Normal", 0),
        radio("High", 1),
        labelled("Place", EDITABLE, place),
        labelled("City", 0, list(CITY, CITIES)),
        labelled("Guests", 0, list(PropTag::NULL, GUESTS)),
        labelled("Colour", EDITABLE, colour),
        labelled("Words", 0, ControlKind::MvListBox { prop: WORDS }),
        labelled("Folded words", 0, ControlKind::MvDropDown { prop: WORDS }),
        vec![(0, button)],
    ]
    .concat()
}

fn described() -> DisplayTable {
    let kinds = [texts(), lists()].concat();
    let control = |(number, (flags, kind))| Control {
        id: ControlId::new(Guid([0x5B; 16]), number),
        area: Area::default(),
        flags,
        kind,
    };
    DisplayTable {
        controls: (0..).zip(kinds).map(control).collect(),
    }
}

/// What the sheet is over: an object, and the tables that its lists show.
struct Ground {
    object: Arc<Message>,
    display: TableData,
    tables: Vec<(PropTag, TableData)>,
}

fn rows(f: &Fixture, set: PropTag, names: &[&str]) -> Result<TableData> {
    let table = f
        .program()
        .create_table(set, columns![tags::DISPLAY_NAME, set])?;
    for (number, name) in (7..).zip(names) {
        table.insert_row(
            usize::MAX,
            &[
                (tags::DISPLAY_NAME.raw(), PropValue::from(*name)),
                (set, PropValue::from(number)),
            ],
        )?;
    }
    Ok(table)
}

impl Ground {
    fn new(f: &Fixture) -> Result<Self> {
        let object = draft(&f.inbox()?, &[])?;
        let words = vec!["one".to_owned(), "two".to_owned()];
        object.set_props(&[
            (OLD_PASS, PropValue::from("before")),
            (FIXED, PropValue::from("fixed")),
            (SIGNED, PropValue::from(true)),
            (WORDS, PropValue::MvUnicode(words)),
            (NOTE, PropValue::from("one\r\ntwo")),
        ])?;
        let colours = f
            .program()
            .create_table(tags::DISPLAY_NAME, columns![tags::DISPLAY_NAME])?;
        for colour in ["red", "green"] {
            colours.modify_row(&[(tags::DISPLAY_NAME.raw(), PropValue::from(colour))])?;
        }
        Ok(Self {
            object: Arc::new(object),
            display: build_display_table(&f.program(), &described())?,
            tables: vec![
                (PLACES, rows(f, PLACE, &["here", "there"])?),
                (
                    CITIES,
                    rows(f, CITY, &["Bern", "Ulm", "Łódź & <Umgebung>"])?,
                ),
                (GUESTS, rows(f, PLACE, &["Ann", "Bob", "Cid"])?),
                (COLOURS, colours),
            ],
        })
    }

    fn show(&self, ui: &dyn UiHost) -> Result<()> {
        let press = Arc::new(Pressed(Arc::clone(&self.object)));
        let mut shown = SheetObject::new(&*self.object).control(PRESS, press);
        for (tag, table) in &self.tables {
            shown = shown.table(*tag, table.view().open()?);
        }
        let view = self.display.view().open()?;
        let defects = shown.show(ui, "Both", &view, &Call::default())?;
        assert_eq!(defects, []);
        Ok(())
    }

    /// What is there of everything that can be set; `None` where there is nothing.
    fn values(&self) -> Result<Vec<(PropTag, Option<PropValue>)>> {
        let props = self.object.get_props(&ALL)?.ignore_warning();
        let value = |prop: mapi::Prop| match prop.value {
            PropValue::Error(_) => None,
            value => Some(value),
        };
        Ok(ALL.into_iter().zip(props.into_iter().map(value)).collect())
    }
}

/// A button that leaves a mark.
struct Pressed(Arc<Message>);

impl SheetControl for Pressed {
    fn enabled(&self) -> Result<bool> {
        Ok(true)
    }

    fn activate(&self, _: &dyn UiHost, _: &Call) -> Result<()> {
        let before = self.0.find(tags::COMMENT)?.unwrap_or_default();
        self.0.set(tags::COMMENT, format!("{before}!"))?;
        let problems = self
            .0
            .set_props(&[(PRESSED, PropValue::from(format!("{before}!")))])?;
        assert_eq!(problems, []);
        Ok(())
    }
}

/// Values, what was refused, and how it ended, after a person with this script did what it says.
type Outcome = (Vec<(PropTag, Option<PropValue>)>, Vec<String>, Option<Code>);

fn outcome(
    f: &Fixture,
    script: Script,
    ui: &dyn Fn(&Person) -> Box<dyn UiHost>,
) -> Result<Outcome> {
    let (ground, person) = (Ground::new(f)?, Person::new(script));
    let ended = match ground.show(&*ui(&person)) {
        Ok(()) => None,
        failed => Some(code(failed)),
    };
    Ok((ground.values()?, person.refusals(), ended))
}

/// The outcome of a script, which is that of both front ends.
fn of_both(f: &Fixture, script: Script, keep: bool) -> Result<Outcome> {
    let at_terminal = outcome(f, script, &|person| Box::new(terminal(person, keep)))?;
    let in_browser = outcome(f, script, &|person| Box::new(Browser::new(person, keep)))?;
    assert_eq!(at_terminal, in_browser);
    Ok(at_terminal)
}

use Answer::{Clear, Keep, No, Pick, Text, Yes};

pub(super) const CASES: &[Case] = &[
    case!(
        "DT-02.T4",
        needs(),
        "the same script leaves the same values at a terminal and in a browser, with every kind of control",
        |f| {
            let (values, refused, ended) = of_both(
                f,
                &[
                    ("Name", &[Text("Zoë <&\">")]),
                    ("Alias", &[Text("Al")]),
                    ("Pass", &[Text("s e+c%r&t")]),
                    ("Old pass", &[Clear]),
                    ("Note", &[Text("three = drei")]),
                    ("Cached", &[Yes]),
                    ("Signed", &[No]),
                    ("Shy", &[No]),
                    ("Priority", &[Pick(&["High"])]),
                    ("Place", &[Pick(&["there"])]),
                    ("City", &[Pick(&["Łódź & <Umgebung>"])]),
                    ("Guests", &[Pick(&["Ann", "Cid"])]),
                    ("Colour", &[Text("green")]),
                    ("Do it", &[Yes]),
                ],
                true,
            )?;
            assert_eq!((refused, ended), (vec![], None));
            let words = PropValue::MvUnicode(vec!["one".to_owned(), "two".to_owned()]);
            let expected: [(PropTag, Option<PropValue>); 16] = [
                (NAME, Some("Zoë <&\">".into())),
                (ALIAS, Some("Al".into())),
                (PASS, Some("s e+c%r&t".into())),
                (OLD_PASS, Some("".into())),
                (NOTE, Some("three = drei".into())),
                (FIXED, Some("fixed".into())),
                (COLOUR, Some("green".into())),
                (CACHED, Some(true.into())),
                (SIGNED, Some(false.into())),
                (SHY, None),
                (TOUCHED, None),
                (PRIORITY, Some(1.into())),
                (PLACE, Some(8.into())),
                (CITY, Some(9.into())),
                (WORDS, Some(words)),
                (PRESSED, Some("!".into())),
            ];
            assert_eq!(values, expected);
            Ok(())
        }
    ),
    case!(
        needs(),
        "what is wrong is refused alike at a terminal and in a browser, and what is mended is taken",
        |f| {
            let (values, refused, ended) = of_both(
                f,
                &[
                    ("Name", &[Text("room 7"), Text("far too long"), Text("Zoë")]),
                    (
                        "Note",
                        &[
                            Text("0123456789012345678901234567890123456789x"),
                            Text("short"),
                        ],
                    ),
                    ("Priority", &[Pick(&["Urgent"]), Pick(&["Normal"])]),
                    ("Place", &[Pick(&["nowhere"]), Pick(&["here"])]),
                    ("City", &[Pick(&["Rom"]), Pick(&["Bern"])]),
                    ("Guests", &[Pick(&["Dan"]), Pick(&["Bob"])]),
                    ("Colour", &[Text("Red"), Text("magenta"), Text("red")]),
                ],
                true,
            )?;
            assert_eq!(ended, None);
            assert_eq!(
                refused,
                [
                    "City: no such choice",
                    "Colour: 'R' cannot be typed there, only [a-z]",
                    "Colour: at most 6 characters",
                    "Guests: no such choice",
                    "Name: '7' cannot be typed there, only [~0-9]",
                    "Name: at most 8 characters",
                    "Note: at most 40 characters",
                    "Place: no such choice",
                    "Priority: no such choice",
                ]
            );
            let set = |tag| values.iter().find(|(t, _)| *t == tag).unwrap().1.clone();
            assert_eq!(set(NAME), Some("Zoë".into()));
            assert_eq!(set(NOTE), Some("short".into()));
            assert_eq!(set(COLOUR), Some("red".into()));
            assert_eq!(
                (set(PRIORITY), set(PLACE), set(CITY)),
                (Some(0.into()), Some(7.into()), Some(7.into()))
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "what must be filled in is asked for again, at a terminal as in a browser",
        |f| {
            let script: Script = &[("Name", &[Keep, Text("Zoë")]), ("Alias", &[Text("Al")])];
            let (values, refused, ended) = of_both(f, script, true)?;
            assert_eq!(refused, ["Name must be filled in"]);
            assert_eq!((ended, values[0].1.clone()), (None, Some("Zoë".into())));
            Ok(())
        }
    ),
    case!(
        needs(),
        "giving up leaves what was set at once and nothing else, at a terminal as in a browser",
        |f| {
            let script: Script = &[
                ("Name", &[Text("Zoë")]),
                ("Alias", &[Text("Al")]),
                ("Old pass", &[Clear]),
                ("Cached", &[Yes]),
                ("City", &[Pick(&["Ulm"])]),
            ];
            let (values, refused, ended) = of_both(f, script, false)?;
            assert_eq!((refused, ended), (vec![], Some(Code::USER_CANCEL)));
            let set = |tag| values.iter().find(|(t, _)| *t == tag).unwrap().1.clone();
            assert_eq!(set(ALIAS), Some("Al".into()));
            assert_eq!(set(OLD_PASS), Some("before".into()));
            assert_eq!((set(NAME), set(CACHED), set(CITY)), (None, None, None));
            Ok(())
        }
    ),
];
