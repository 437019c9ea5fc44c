//! Settings as they are given on the command line and in files, checked before anything is done.

use std::collections::BTreeMap;
use std::fs;

use mapi::{Setting, SettingProblem};
use serde_json::Value;

use crate::app::App;
use crate::args::SettingArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::settings::say_problem;

/// Settings by their keys.
pub(crate) type Given = BTreeMap<String, String>;

/// What was given, if every key is a setting and every value can be.
pub(crate) fn checked(app: &App, settings: &[Setting], args: &SettingArgs) -> Outcome<Given> {
    let given = given(app, args)?;
    let problems = Setting::problems(settings, &given).into_iter();
    // What is missing may be there already, or be asked for.
    let wrong = problems.filter(|p| !matches!(p, SettingProblem::Missing { .. }));
    refuse(app, &wrong.collect::<Vec<_>>())?;
    Ok(given)
}

/// Fails with all of these problems at once.
pub(super) fn refuse(app: &App, problems: &[SettingProblem]) -> Outcome<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let lines = problems.iter().map(|p| say_problem(app.output.lang, p));
    let lines: Vec<String> = lines.collect();
    Err(Failure::new(Exit::Usage, "bad-setting", lines.join("\n")))
}

fn given(app: &App, args: &SettingArgs) -> Outcome<Given> {
    let mut all = Given::new();
    if let Some(path) = &args.from {
        let read = fs::read_to_string(path).map_err(|e| {
            let exit = match e.kind() {
                std::io::ErrorKind::NotFound => Exit::NotFound,
                _ => Exit::Failure,
            };
            Failure::new(exit, "settings-file", format!("{}: {e}", path.display()))
        })?;
        let text = read.trim_start_matches('\u{feff}');
        let place = path.display().to_string();
        all = match text.trim_start().starts_with('{') {
            true => from_json(app, &place, text)?,
            false => from_lines(app, &place, text)?,
        };
    }
    for pair in &args.set {
        let bad = || app.fail(Exit::Usage, "bad-setting", Msg::SettingNoEquals, &[pair]);
        let (key, value) = pair.split_once('=').ok_or_else(bad)?;
        all.insert(key.trim().to_owned(), value.to_owned());
    }
    Ok(all)
}

fn from_json(app: &App, place: &str, text: &str) -> Outcome<Given> {
    let bad = |why: &dyn std::fmt::Display| {
        app.fail(
            Exit::Usage,
            "bad-setting",
            Msg::SettingFileBad,
            &[&place, why],
        )
    };
    let value: Value = serde_json::from_str(text).map_err(|e| bad(&e))?;
    let object = value.as_object().ok_or_else(|| bad(&"{…}"))?;
    let pair = |(key, value): (&String, &Value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(on) => (if *on { "yes" } else { "no" }).to_owned(),
            _ => return Err(bad(key)),
        };
        Ok((key.clone(), text))
    };
    object.iter().map(pair).collect()
}

/// `key = value` on each line; blank lines and those that begin with `#` count nothing, and quotes around a value are
/// not part of it.
fn from_lines(app: &App, place: &str, text: &str) -> Outcome<Given> {
    let mut given = Given::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            let place = format!("{place}:{number}");
            let parts: [&dyn std::fmt::Display; 2] = [&place, &line];
            return Err(app.fail(Exit::Usage, "bad-setting", Msg::SettingFileBad, &parts));
        };
        let value = value.trim();
        let quoted = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        given.insert(key.trim().to_owned(), quoted.unwrap_or(value).to_owned());
    }
    Ok(given)
}
