//! Settings as a sheet: its controls, and the values behind them.
//! Requirements DT-01, MS-02: one schema for the command line, for questions and for property sheets

use std::collections::BTreeMap;

use mapi_props::display_table::{
    Area, CharFilter, Control, ControlId, ControlKind, DisplayTable, control_flags,
};
use mapi_props::{Code, Guid, PropTag, PropType, PropValue};

use super::{LONGEST_TEXT, Setting, SettingKind};
use crate::ui::{SheetData, SheetRow};
use crate::{Error, Result};

/// Heights and widths in dialog units.
const LINE: i32 = 16;
const LABEL: i32 = 64;
const FIELD: i32 = 120;

/// The controls for settings, on one page.
#[must_use]
pub fn settings_table(owner: Guid, title: &str, settings: &[Setting]) -> DisplayTable {
    let page = ControlKind::Page {
        label: title.to_owned(),
        component: String::new(),
        context: 0,
    };
    let mut controls = vec![control(ControlId::new(owner, 0), 0, 0, 0, page)];
    for (line, setting) in (0..).zip(settings) {
        controls.extend(label(owner, setting, line));
        let (flags, kind) = field(setting);
        controls.push(control(id_of(owner, setting), line, 1, flags, kind));
    }
    DisplayTable { controls }
}

/// The control of a setting has the number of its property, its label one that no property has.
fn id_of(owner: Guid, setting: &Setting) -> ControlId {
    ControlId::new(owner, i32::from(setting.tag.id()))
}

fn label(owner: Guid, setting: &Setting, line: i32) -> Option<Control> {
    if setting.kind == SettingKind::Switch {
        return None;
    }
    let id = ControlId::new(owner, 0x1_0000 | i32::from(setting.tag.id()));
    let text = setting.label.clone();
    Some(control(id, line, 0, 0, ControlKind::Label { text }))
}

fn control(id: ControlId, line: i32, column: i32, flags: u32, kind: ControlKind) -> Control {
    let area = Area {
        x: 8 + column * LABEL,
        y: 8 + line * LINE,
        width: if column == 0 { LABEL } else { FIELD },
        height: LINE,
    };
    Control {
        id,
        area,
        flags,
        kind,
    }
}

fn field(setting: &Setting) -> (u32, ControlKind) {
    let required = if setting.required {
        control_flags::REQUIRED
    } else {
        0
    };
    let edit = |filter: &str, max| ControlKind::Edit {
        filter: filter.parse().unwrap_or_else(|_| CharFilter::any()),
        max,
        prop: setting.tag.with_type(PropType::UNICODE),
    };
    let editable = control_flags::EDITABLE;
    match &setting.kind {
        SettingKind::Text | SettingKind::Path => (
            editable | required,
            edit("*", u32::try_from(LONGEST_TEXT).unwrap_or(0)),
        ),
        SettingKind::Secret => (editable | required, edit("[a-zA-Z0-9_./@+\\-]", 64)),
        SettingKind::Number { .. } => (editable | required, edit("[0-9\\-]", 20)),
        SettingKind::Switch => (
            editable,
            ControlKind::CheckBox {
                label: setting.label.clone(),
                prop: setting.tag.with_type(PropType::BOOLEAN),
            },
        ),
        SettingKind::Choice(_) => (
            editable | required,
            ControlKind::DropDown {
                display: setting.tag.with_type(PropType::UNICODE),
                set: setting.tag.with_type(PropType::UNICODE),
                table: setting.tag.with_type(PropType::OBJECT),
            },
        ),
    }
}

/// Values of settings as what a sheet shows and sets. What a sheet sets is checked; an empty text takes a setting away.
#[derive(Debug, Clone)]
pub struct SettingsData<'a> {
    owner: Guid,
    settings: &'a [Setting],
    values: BTreeMap<String, String>,
}

impl<'a> SettingsData<'a> {
    /// Over these values. What is not set shows its default.
    #[must_use]
    pub fn new(owner: Guid, settings: &'a [Setting], values: BTreeMap<String, String>) -> Self {
        Self {
            owner,
            settings,
            values,
        }
    }

    /// The values as they are now.
    #[must_use]
    pub fn into_values(self) -> BTreeMap<String, String> {
        self.values
    }

    fn setting(&self, tag: PropTag) -> Result<&'a Setting> {
        let unknown = || Error::new(Code::NOT_FOUND, format!("{tag} is no setting"));
        let found = self.settings.iter().find(|s| s.tag.id() == tag.id());
        found.ok_or_else(unknown)
    }

    fn shown(&self, tag: PropTag) -> Result<Option<PropValue>> {
        let setting = self.setting(tag)?;
        let text = self.values.get(&setting.key).or(setting.default.as_ref());
        let Some(text) = text else { return Ok(None) };
        Ok(match tag.ty() {
            // A value that cannot be is shown as it stands, so that it can be mended.
            PropType::UNICODE => Some(PropValue::from(text.as_str())),
            _ => setting.value(text).ok(),
        })
    }
}

impl SheetData for SettingsData<'_> {
    fn get(&mut self, tags: &[PropTag]) -> Result<Vec<Option<PropValue>>> {
        tags.iter().map(|tag| self.shown(*tag)).collect()
    }

    fn set(&mut self, values: &[(PropTag, PropValue)]) -> Result<()> {
        let mut changed = self.values.clone();
        for (tag, value) in values {
            let setting = self.setting(*tag)?;
            match value {
                PropValue::Unicode(text) if text.is_empty() => changed.remove(&setting.key),
                PropValue::Unicode(text) => {
                    setting.check(text)?;
                    changed.insert(setting.key.clone(), text.clone())
                }
                other => changed.insert(setting.key.clone(), setting.text(other)?),
            };
        }
        self.values = changed;
        Ok(())
    }

    fn rows(&mut self, table: PropTag) -> Result<Vec<SheetRow>> {
        let setting = self.setting(table)?;
        let SettingKind::Choice(words) = &setting.kind else {
            let detail = format!("the setting `{}` has no choices", setting.key);
            return Err(Error::new(Code::NO_SUPPORT, detail));
        };
        let text = setting.tag.with_type(PropType::UNICODE);
        let row = |word: &String| vec![(text, PropValue::from(word.as_str()))];
        Ok(words.iter().map(row).collect())
    }

    fn help(&self, control: &ControlId) -> Option<String> {
        let of = |s: &&Setting| id_of(self.owner, s) == *control;
        let setting = self.settings.iter().find(of)?;
        Some(setting.explanation())
    }
}
