//! Values that settings may have, and what is said of others.

use std::collections::BTreeMap;

use mapi_props::{Code, PropTag, PropType, PropValue};

use super::{Setting, SettingKind, SettingProblem};

fn setting(kind: SettingKind) -> Setting {
    Setting::new("key", PropTag::new(0x6600, PropType::UNICODE), kind)
}

/// Each kind with values that can be, and some that cannot.
fn kinds() -> Vec<(SettingKind, Vec<&'static str>, Vec<String>)> {
    let texts = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let long = "x".repeat(4097);
    vec![
        (
            SettingKind::Text,
            vec!["", "Größe", "two\nlines\tof it"],
            vec!["a\u{7}b".to_owned(), "a\0".to_owned(), long.clone()],
        ),
        (
            SettingKind::Path,
            vec!["mail.malle", "/srv/mail", "C:\\mail"],
            vec![String::new(), "a\0b".to_owned(), long],
        ),
        (
            SettingKind::Number {
                min: -5,
                max: 70_000,
            },
            vec!["-5", "70000", " 7 "],
            texts(&[
                "-6",
                "70001",
                "",
                "seven",
                "7.5",
                "0x7",
                "99999999999999999999",
            ]),
        ),
        (
            SettingKind::Choice(texts(&["none", "start"])),
            vec!["none", "start"],
            texts(&["", "None", "tls", "none "]),
        ),
        (
            SettingKind::Switch,
            vec!["yes", "no", "true", "false", "on", "off"],
            texts(&["", "1", "maybe", "YES"]),
        ),
        (
            SettingKind::Secret,
            vec!["work/imap", "a_b.c@d+e-f"],
            vec![
                String::new(),
                "my pass!".to_owned(),
                "pässword".to_owned(),
                "x".repeat(65),
            ],
        ),
    ]
}

#[test]
fn every_kind_takes_what_it_allows_and_names_what_it_does_not() {
    for (kind, good, bad) in kinds() {
        let setting = setting(kind.clone());
        for value in good {
            assert!(setting.check(value).is_ok(), "{kind:?} {value:?}");
            assert_eq!(setting.wrong(value), None);
        }
        for value in bad {
            let error = setting.check(&value).unwrap_err();
            assert_eq!(error.code(), Code::INVALID_PARAMETER, "{kind:?} {value:?}");
            let said = error.detail();
            assert!(
                said.contains("`key`") && said.contains(&kind.allowed()),
                "{said}"
            );
            let hidden = kind == SettingKind::Secret;
            let told = said.contains(&format!("`{value}`"));
            assert_eq!(told, !hidden, "{said}");
            let source = std::error::Error::source(&error);
            let problem = source.and_then(|s| s.downcast_ref::<SettingProblem>());
            assert_eq!(problem, setting.wrong(&value).as_ref());
        }
    }
}

#[test]
fn what_a_property_holds_is_the_text_of_the_profile() {
    let number = setting(SettingKind::Number {
        min: 0,
        max: i64::MAX,
    });
    for (kind, text, value) in [
        (number.kind.clone(), "7", PropValue::Long(7)),
        (
            number.kind.clone(),
            "5000000000",
            PropValue::I8(5_000_000_000),
        ),
        (SettingKind::Switch, "yes", PropValue::Bool(true)),
        (SettingKind::Path, "mail", PropValue::from("mail")),
    ] {
        let setting = setting(kind);
        assert_eq!(setting.value(text).unwrap(), value);
        assert_eq!(setting.text(&value).unwrap(), text);
    }
    let wrong = number.text(&PropValue::Binary(vec![1])).unwrap_err();
    assert_eq!(wrong.code(), Code::INVALID_TYPE);
    assert_eq!(
        number.text(&PropValue::Long(-1)).unwrap_err().code(),
        Code::INVALID_PARAMETER
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let named = |key: &str, kind| Setting::new(key, PropTag::new(0x6600, PropType::UNICODE), kind);
    let settings = [
        named("path", SettingKind::Path).required(),
        named("port", SettingKind::Number { min: 1, max: 9 }),
        named("name", SettingKind::Text).required().default("x"),
    ];
    let values = [("port", "10"), ("prot", "5")];
    let values: BTreeMap<String, String> = values.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    let problems = Setting::problems(&settings, &values);
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "there is no setting `prot`; did you mean `port`?",
            "the setting `path` is missing: a path",
            "setting `port`: `10` is not a number from 1 to 9",
        ]
    );
    let codes: Vec<Code> = problems
        .into_iter()
        .map(|p| crate::Error::from(p).code())
        .collect();
    let (invalid, missing) = (Code::INVALID_PARAMETER, Code::UNCONFIGURED);
    assert_eq!(codes, [invalid, missing, invalid]);
}
