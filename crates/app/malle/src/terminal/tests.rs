//! Questions asked and answered on a terminal that is scripted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use malle_views::{LineUi, Lines};
use mapi::display_table::DisplayTable;
use mapi::{
    Call, Code, Guid, ProfileAnswer, ProfileChoice, PropTag, PropType, Result, Setting,
    SettingKind, SettingsData, SheetRequest, UiHost, WizardMove, WizardPage, settings_table,
};

use crate::messages::Lang;

/// Answers that somebody would type, and what was said and asked.
#[derive(Default, Clone)]
struct Script {
    answers: Arc<Mutex<VecDeque<&'static str>>>,
    said: Arc<Mutex<String>>,
}

impl Lines for Script {
    fn say(&mut self, text: &str) {
        *self.said.lock().unwrap() += &format!("{text}\n");
    }

    fn ask(&mut self, prompt: &str, hidden: bool, _: &Call) -> Result<Option<String>> {
        let answer = self.answers.lock().unwrap().pop_front();
        let shown = if hidden {
            "•"
        } else {
            answer.unwrap_or("^D")
        };
        self.say(&format!("{prompt}{shown}"));
        Ok(answer.map(str::to_owned))
    }
}

fn terminal(answers: &[&'static str]) -> (LineUi, Script) {
    let script = Script::default();
    script.answers.lock().unwrap().extend(answers);
    (
        LineUi::new(Box::new(Lang::English), Box::new(script.clone())),
        script,
    )
}

fn settings() -> Vec<Setting> {
    let setting = |key: &str, id, kind| {
        let label = key.to_uppercase();
        Setting::new(key, PropTag::new(id, PropType::UNICODE), kind).explained(&label, "Help.")
    };
    vec![
        setting("name", 0x6600, SettingKind::Text).required(),
        setting("port", 0x6601, SettingKind::Number { min: 1, max: 99 }).default("25"),
        setting(
            "tls",
            0x6602,
            SettingKind::Choice(vec!["none".into(), "start".into()]),
        ),
        setting("cached", 0x6603, SettingKind::Switch),
    ]
}

fn shown(answers: &[&'static str]) -> (Result<()>, String, String) {
    let (settings, (terminal, script)) = (settings(), terminal(answers));
    let mut data = SettingsData::new(Guid::NIL, &settings, BTreeMap::new());
    let request = SheetRequest {
        title: "Server",
        table: &settings_table(Guid::NIL, "Server", &settings),
        read_only: false,
        first_page: 0,
    };
    let done = terminal.sheet(&request, &mut data, &Call::default());
    let values = data.into_values();
    let values: Vec<_> = values.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let said = script.said.lock().unwrap().clone();
    (done, values.join(" "), said)
}

#[test]
fn a_sheet_is_asked_line_by_line() {
    let (done, values, said) = shown(&["example", "", "2", "y", ""]);
    done.unwrap();
    assert_eq!(values, "cached=yes name=example tls=start");
    assert!(said.contains("NAME*: example"), "{said}");
    assert!(said.contains("PORT [25]: "), "{said}");
    assert!(said.contains("   2  start"), "{said}");
}

#[test]
fn what_is_wrong_is_said_and_asked_again() {
    let (done, values, said) = shown(&[
        "?", "x", "a", "33", "<", "100", "nope", "none", "<", "start", "maybe", "n", "y", "", "7",
        "", "", "",
    ]);
    done.unwrap();
    assert_eq!(values, "name=x port=7 tls=start", "{said}");
    assert!(said.contains("Help."), "{said}");
    assert!(
        said.contains("PORT: “a” cannot be typed there, only [0-9\\-]"),
        "{said}"
    );
    assert!(said.contains("“nope” is none of these"), "{said}");
    assert!(
        said.contains("setting “port”: “100” is not a number from 1 to 99"),
        "{said}"
    );
}

#[test]
fn giving_up_leaves_everything_as_it_was() {
    for answers in [
        &[] as &[&'static str],
        &["x"],
        &["x", "", "", ""],
        &["x", "", "", "", "n"],
    ] {
        let (done, values, _) = shown(answers);
        assert_eq!(done.unwrap_err().code(), Code::USER_CANCEL);
        assert_eq!(values, "");
    }
    let (done, values, said) = shown(&["", "", "", "", "y", "late", "", "", "", ""]);
    done.unwrap();
    assert!(said.contains("NAME must be filled in"), "{said}");
    assert_eq!(values, "name=late");
}

#[test]
fn profiles_are_chosen_by_name_or_number() {
    let profiles = ["home".to_owned(), "work".to_owned()];
    let choice = ProfileChoice {
        profiles: &profiles,
        default: Some("work"),
        may_create: true,
    };
    let chosen = |answers: &[&'static str]| {
        terminal(answers)
            .0
            .choose_profile(&choice, &Call::default())
    };
    let named = |name: &str| ProfileAnswer::Use(name.to_owned());
    assert_eq!(chosen(&[""]).unwrap(), named("work"));
    assert_eq!(chosen(&["1"]).unwrap(), named("home"));
    assert_eq!(chosen(&["3", "0", "hom", "home"]).unwrap(), named("home"));
    assert_eq!(chosen(&["+"]).unwrap(), ProfileAnswer::Create);
    assert_eq!(chosen(&[]).unwrap_err().code(), Code::USER_CANCEL);
}

#[test]
fn a_page_of_a_wizard_goes_on_and_back() {
    let settings = settings();
    let table = settings_table(Guid::NIL, "Server", &settings);
    let go = |answers: &[&'static str]| {
        let mut data = SettingsData::new(Guid::NIL, &settings, BTreeMap::new());
        let sheet = SheetRequest {
            title: "Server",
            table: &table,
            read_only: false,
            first_page: 0,
        };
        let page = WizardPage {
            sheet,
            number: 2,
            has_back: true,
            is_last: false,
        };
        let (terminal, _) = terminal(answers);
        let gone = terminal.wizard_page(&page, &mut data, &Call::default());
        (gone.map_err(|e| e.code()), data.into_values().len())
    };
    assert_eq!(go(&["x", "", "", "", ""]), (Ok(WizardMove::Next), 1));
    assert_eq!(
        go(&["", "", "", "y", "<"]),
        (Ok(WizardMove::Back), 1),
        "what is required can wait"
    );
    assert_eq!(go(&["x", "", ""]), (Err(Code::USER_CANCEL), 0));
}

#[test]
fn a_question_is_yes_or_no() {
    let asked = |answers: &[&'static str]| terminal(answers).0.confirm("Really?", &Call::default());
    asked(&["perhaps", "y"]).unwrap();
    for no in [&["n"] as &[&'static str], &[""], &[]] {
        assert_eq!(asked(no).unwrap_err().code(), Code::USER_CANCEL);
    }
    assert!(DisplayTable::default().controls.is_empty());
}
