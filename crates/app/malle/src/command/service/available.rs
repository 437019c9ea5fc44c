//! The services that a profile can have: their providers, and their settings as help and as JSON.

use std::io;

use mapi::{Host, ProviderDescription, ServiceDescription, Setting, SettingKind, service_flags};
use serde::Serialize;

use super::shown::kind_word;
use crate::app::App;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::settings::say_allowed;

#[derive(Serialize)]
#[serde(transparent)]
struct Available(Vec<AvailableService>);

/// `{"service","name","single","wizard","providers","settings"}`.
#[derive(Serialize)]
struct AvailableService {
    service: String,
    name: String,
    /// Whether a profile has it once at most.
    single: bool,
    /// Whether the profile wizard offers it.
    wizard: bool,
    providers: Vec<AvailableProvider>,
    settings: Vec<SettingView>,
}

#[derive(Serialize)]
struct AvailableProvider {
    name: String,
    display_name: String,
    kind: &'static str,
    /// Whether it is there only when it is added.
    on_demand: bool,
    settings: Vec<SettingView>,
}

/// A setting: `{"key","tag","kind","required","default","label","help", "min","max","choices"}`.
#[derive(Serialize)]
struct SettingView {
    key: String,
    tag: String,
    kind: &'static str,
    required: bool,
    default: Option<String>,
    label: String,
    help: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<Vec<String>>,
    #[serde(skip)]
    kind_of: SettingKind,
}

impl AvailableService {
    fn of(description: ServiceDescription) -> Self {
        let single = description.flags & service_flags::SINGLE_COPY != 0;
        Self {
            single,
            wizard: description.wizard,
            providers: description
                .providers
                .into_iter()
                .map(AvailableProvider::of)
                .collect(),
            settings: description
                .settings
                .into_iter()
                .map(SettingView::of)
                .collect(),
            service: description.name,
            name: description.display_name,
        }
    }
}

impl AvailableProvider {
    fn of(description: ProviderDescription) -> Self {
        Self {
            kind: kind_word(description.kind),
            on_demand: description.on_demand,
            settings: description
                .settings
                .into_iter()
                .map(SettingView::of)
                .collect(),
            name: description.name,
            display_name: description.display_name,
        }
    }
}

impl SettingView {
    fn of(setting: Setting) -> Self {
        let (min, max) = match setting.kind {
            SettingKind::Number { min, max } => (Some(min), Some(max)),
            _ => (None, None),
        };
        let choices = match &setting.kind {
            SettingKind::Choice(words) => Some(words.clone()),
            _ => None,
        };
        Self {
            tag: setting.tag.to_string(),
            kind: setting.kind.word(),
            required: setting.required,
            default: setting.default,
            label: setting.label,
            help: setting.help,
            key: setting.key,
            min,
            max,
            choices,
            kind_of: setting.kind,
        }
    }

    /// `  path (required)  a path. The file …`
    fn line(&self, to: &Printer<'_>) -> String {
        let lang = to.output.lang;
        let mut notes = Vec::new();
        if self.required && self.default.is_none() {
            notes.push(lang.text(Msg::SettingRequired).to_owned());
        }
        if let Some(default) = &self.default {
            notes.push(lang.say(Msg::SettingDefault, &[default]));
        }
        let notes = match notes.as_slice() {
            [] => String::new(),
            notes => format!(" ({})", notes.join(", ")),
        };
        let allowed = say_allowed(lang, &self.kind_of);
        let text = format!("{}{notes}: {allowed}. {}", self.key, self.help);
        text.trim_end().to_owned()
    }
}

impl Shown for Available {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        for service in &self.0 {
            let head = to.strong(&service.service);
            to.line(format!("{head}  {}", service.name))?;
            for setting in &service.settings {
                let line = setting.line(to);
                to.line(format!("  {line}"))?;
            }
            for provider in &service.providers {
                let more = if provider.on_demand { " +" } else { "" };
                to.line(format!("  {}{more}  {}", provider.kind, provider.name))?;
                for setting in &provider.settings {
                    let line = setting.line(to);
                    to.line(format!("    {line}"))?;
                }
            }
        }
        Ok(())
    }
}

pub(super) fn run(app: &App, name: Option<&str>) -> Outcome<Exit> {
    let host = app.host()?;
    let services = match name {
        None => host.services(),
        Some(name) => vec![app.known_service(name)?],
    };
    let all = services
        .iter()
        .map(|s| AvailableService::of(s.description()));
    app.output.show(&Available(all.collect()))?;
    for note in host.profiles().catalogue().notes() {
        app.output.note(Msg::Verbatim, &[note]);
    }
    Ok(Exit::Ok)
}
