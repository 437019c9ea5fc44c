//! Forms of sheets: what is drawn, and what is taken of what was posted.

use std::collections::BTreeMap;

use mapi::display_table::{Area, Control, ControlId, ControlKind, DisplayTable, control_flags};
use mapi::{
    Call, Code, Error, Guid, Headless, PropTag, PropType, PropValue, Result, SheetData,
    SheetRequest, SheetRow,
};
use mapi_props::tags;

use super::{
    Asked, BadPost, Form, FormEnd, FormPlace, FormTurn, FormWords, fill_by_forms, posted_pairs,
};

const NAME: PropTag = PropTag::new(0x6600, PropType::UNICODE);
const WORD: PropTag = PropTag::new(0x6601, PropType::UNICODE);
const NOTE: PropTag = PropTag::new(0x6602, PropType::UNICODE);
const CACHED: PropTag = PropTag::new(0x6603, PropType::BOOLEAN);
const PLACE: PropTag = PropTag::new(0x6604, PropType::LONG);
const PLACES: PropTag = PropTag::new(0x6605, PropType::OBJECT);

/// Properties and the rows of one table.
#[derive(Default)]
struct Bag {
    values: BTreeMap<PropTag, PropValue>,
    places: Vec<(i32, &'static str)>,
    sets: Vec<Vec<PropTag>>,
}

impl SheetData for Bag {
    fn get(&mut self, tags: &[PropTag]) -> Result<Vec<Option<PropValue>>> {
        Ok(tags
            .iter()
            .map(|tag| self.values.get(tag).cloned())
            .collect())
    }

    fn set(&mut self, values: &[(PropTag, PropValue)]) -> Result<()> {
        if values.contains(&(NAME, PropValue::from("nobody"))) {
            return Err(Error::new(Code::INVALID_PARAMETER, "nobody is nobody"));
        }
        self.sets.push(values.iter().map(|(tag, _)| *tag).collect());
        self.values.extend(values.iter().cloned());
        Ok(())
    }

    fn rows(&mut self, _: PropTag) -> Result<Vec<SheetRow>> {
        let row = |(value, name): &(i32, &str)| {
            vec![
                (PLACE, PropValue::from(*value)),
                (tags::DISPLAY_NAME.raw(), PropValue::from(*name)),
            ]
        };
        Ok(self.places.iter().map(row).collect())
    }

    fn help(&self, id: &ControlId) -> Option<String> {
        (*id == ControlId::new(Guid::NIL, 1)).then(|| "Your <name>.".to_owned())
    }
}

fn table() -> DisplayTable {
    let edit = |max, prop| ControlKind::Edit {
        filter: "[~0-9]".parse().unwrap(),
        max,
        prop,
    };
    let label = |text: &str| ControlKind::Label {
        text: text.to_owned(),
    };
    let editable = control_flags::EDITABLE;
    let kinds = [
        (0, label("&Name")),
        (editable | control_flags::REQUIRED, edit(6, NAME)),
        (0, label("Pass<word>")),
        (editable | control_flags::PASSWORD_EDIT, edit(0, WORD)),
        (0, label("Note")),
        (editable | control_flags::MULTILINE, edit(0, NOTE)),
        (
            editable,
            ControlKind::CheckBox {
                label: "Cached".to_owned(),
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

fn bag() -> Bag {
    Bag {
        places: vec![(7, "here"), (9, "there")],
        ..Bag::default()
    }
}

/// Posts these bodies one after the other. Returns how it ended, and every form that was shown.
fn fill(bag: &mut Bag, end: FormEnd, bodies: &[&str]) -> (Result<FormTurn>, Vec<Form>) {
    let (table, mut shown, mut bodies) = (table(), Vec::new(), bodies.iter());
    let request = SheetRequest {
        title: "Server & <Co>",
        table: &table,
        read_only: end == FormEnd::Shown,
        first_page: 0,
    };
    let mut asked = Asked {
        post: &mut |form| {
            shown.push(form.clone());
            let body = bodies.next().ok_or_else(mapi::cancelled)?;
            Ok(posted_pairs(body).unwrap())
        },
        say: &ToString::to_string,
        ui: &Headless,
        call: &Call::default(),
    };
    let done = fill_by_forms(&request, end, bag, &mut asked);
    (done, shown)
}

fn html(form: &Form) -> String {
    form.html(&FormWords::default(), &FormPlace::default())
}

#[test]
fn every_text_is_escaped_and_every_field_has_its_label() {
    let mut bag = bag();
    bag.places.push((1, "\"><script>"));
    bag.values.insert(NAME, "\"><b>'&amp;\r\n".into());
    bag.values.insert(NOTE, "</textarea><img>".into());
    bag.values.insert(WORD, "hunter2".into());
    let (_, shown) = fill(&mut bag, FormEnd::Sheet, &[]);
    let place = FormPlace {
        action: "/sheet?a=1&b=\"",
        hidden: &[("token", "<t>")],
    };
    let html = shown[0].html(&FormWords::default(), &place);
    for bad in [
        "<b>",
        "<script>",
        "</textarea><",
        "hunter2",
        "Pass<word>",
        "<Co>",
        "<name>",
        "<t>",
    ] {
        assert!(!html.contains(bad), "{bad}: {html}");
    }
    assert!(
        html.contains("action=\"/sheet?a=1&amp;b=&quot;\""),
        "{html}"
    );
    assert!(
        html.contains("value=\"&quot;&gt;&lt;b&gt;&#39;&amp;amp;\""),
        "{html}"
    );
    assert!(html.contains("<h1 id=\"sheet-title\" dir=\"auto\">Server &amp; &lt;Co&gt;</h1>"));
    for field in shown[0].fields() {
        let label = format!("<label for=\"c{}\"", field.number);
        let id = format!(" id=\"c{}\" name=\"c{}\"", field.number, field.number);
        assert!(html.contains(&label) && html.contains(&id), "{html}");
    }
    let json = serde_json::to_string(&shown[0]).unwrap();
    assert!(!json.contains("hunter2"), "secrets are in no form: {json}");
}

#[test]
fn what_nobody_touched_is_set_by_nobody() {
    // Texts that their own filters refuse, with ends of lines that no browser keeps.
    let mut bag = bag();
    bag.values.insert(NAME, "007\r\n and more than six".into());
    bag.values.insert(NOTE, "one\rtwo\0three\r\n4".into());
    bag.values.insert(WORD, "hunter2".into());
    let before = bag.values.clone();
    let body = "c1=007+and+more+than+six&c3=&c5=one%0D%0Atwo%EF%BF%BDthree%0D%0A4&c8=&do=accept";
    let (done, _) = fill(&mut bag, FormEnd::Sheet, &[body]);
    assert_eq!(done.unwrap(), FormTurn::Accept);
    assert_eq!((bag.values, bag.sets), (before, vec![]));
}

#[test]
fn what_was_changed_is_set_by_one_call() {
    let mut bag = bag();
    bag.values.insert(CACHED, true.into());
    let body = "c1=Ann&c3=s+ecret&c5=a%0D%0Ab&c8=1&token=x&do=accept";
    let (done, _) = fill(&mut bag, FormEnd::Sheet, &[body]);
    done.unwrap();
    assert_eq!(bag.sets, [vec![NAME, WORD, NOTE, CACHED, PLACE]]);
    let set = |tag| bag.values[&tag].clone();
    assert_eq!(set(NAME), "Ann".into());
    assert_eq!(set(WORD), "s ecret".into());
    assert_eq!(set(NOTE), "a\r\nb".into());
    assert_eq!((set(CACHED), set(PLACE)), (false.into(), 9.into()));
    // A secret is emptied by its box only.
    let (done, shown) = fill(&mut bag, FormEnd::Sheet, &["c3=&c3-empty=on&do=accept"]);
    done.unwrap();
    assert!(html(&shown[0]).contains("name=\"c3-empty\""));
    assert_eq!(bag.values[&WORD], "".into());
    assert_eq!(bag.values[&CACHED], false.into());
}

#[test]
fn what_is_wrong_stands_beside_its_field_and_is_asked_again() {
    let mut bag = bag();
    let wrong = [
        "c1=abcdefg&do=accept",
        "c1=A9&do=accept",
        "c1=&do=accept",
        "c1=Ann&c8=17&do=accept",
        "c1=Ann&c0=x&c44=y&do=accept",
        "c1=nobody&do=accept",
        "c1=Ann",
        "c1=Ann&do=accept",
    ];
    let (done, shown) = fill(&mut bag, FormEnd::Sheet, &wrong);
    done.unwrap();
    let said: Vec<_> = shown
        .iter()
        .map(|form| {
            let beside = form.fields().filter_map(|field| field.problem.clone());
            beside
                .chain(form.problems.clone())
                .collect::<Vec<_>>()
                .join("; ")
        })
        .collect();
    assert_eq!(
        said,
        [
            "",
            "Name: at most 6 characters",
            "Name: '9' cannot be typed there, only [~0-9]",
            "Name must be filled in",
            "Place cannot be filled in like that",
            "Name cannot be changed; there is no such control",
            "nobody is nobody (MAPI_E_INVALID_PARAMETER)",
            "",
        ]
    );
    let again = html(&shown[1]);
    assert!(
        again.contains("value=\"abcdefg\""),
        "what was typed is mended, not typed anew"
    );
    assert!(
        again.contains("aria-describedby=\"c1-help c1-problem\" aria-invalid=\"true\""),
        "{again}"
    );
    assert!(
        again.contains("role=\"alert\"") && again.contains("href=\"#c1\""),
        "{again}"
    );
    assert_eq!(bag.sets, [[NAME]]);
}

#[test]
fn a_row_that_is_another_one_by_now_is_refused() {
    let (table, mut bag) = (table(), bag());
    let request = SheetRequest {
        title: "",
        table: &table,
        read_only: false,
        first_page: 0,
    };
    let form = Form::of(
        &mut mapi::Sheet::open(&request, &mut bag).unwrap(),
        FormEnd::Sheet,
    )
    .unwrap();
    bag.places.remove(0);
    let mut sheet = mapi::Sheet::open(&request, &mut bag).unwrap();
    for (body, refused) in [("c8=0", true), ("c8=1", true), ("c8=", false)] {
        let problems = form.read(&posted_pairs(body).unwrap()).enter(&mut sheet);
        assert_eq!(!problems.is_empty(), refused, "{body}");
    }
}

#[test]
fn giving_up_sets_nothing_and_going_back_insists_on_nothing() {
    let mut bag = bag();
    let (done, _) = fill(&mut bag, FormEnd::Sheet, &["c1=Ann&do=cancel"]);
    assert_eq!(done.unwrap_err().code(), Code::USER_CANCEL);
    let (done, _) = fill(&mut bag, FormEnd::Sheet, &["c5=x&do=back"]);
    assert_eq!(
        done.unwrap_err().code(),
        Code::USER_CANCEL,
        "there is no back"
    );
    assert!(bag.sets.is_empty());
    let wizard = FormEnd::Wizard {
        last: true,
        back: true,
    };
    let (done, shown) = fill(&mut bag, wizard, &["c5=x&do=back"]);
    assert_eq!((done.unwrap(), bag.sets.len()), (FormTurn::Back, 1));
    assert!(html(&shown[0]).contains(" formnovalidate>Back</button>"));
    assert!(html(&shown[0]).contains(">Finish</button>"));
}

#[test]
fn a_sheet_that_only_shows_takes_nothing() {
    let mut bag = bag();
    let (done, shown) = fill(
        &mut bag,
        FormEnd::Shown,
        &["c1=Ann&c6=on&do=accept", "c1=&do=accept"],
    );
    assert_eq!(done.unwrap(), FormTurn::Accept);
    assert_eq!(
        shown[1]
            .fields()
            .filter(|field| field.problem.is_some())
            .count(),
        2
    );
    assert!(bag.sets.is_empty());
    let html = html(&shown[0]);
    assert!(
        html.contains(" readonly") && html.contains(">Close</button>") && !html.contains("cancel")
    );
}

#[test]
fn bodies_are_decoded_or_refused() {
    let pairs = posted_pairs("a=1&&b&c=%C3%A9+%2B=x").unwrap();
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    assert_eq!(pairs, [("a", "1"), ("b", ""), ("c", "é +=x")]);
    for bad in ["a=%", "a=%4", "a=%FF", "%zz=1"] {
        assert_eq!(posted_pairs(bad), Err(BadPost), "{bad}");
    }
}
