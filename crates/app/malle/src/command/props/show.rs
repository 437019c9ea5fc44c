//! Properties on the screen and as JSON.

use std::io;

use malle_views::{StoreNames, describe, property_name};
use mapi::{NameKind, Prop, PropName, PropValue};
use mapi_props::names::{NameMap, guid_name};
use mapi_props::{PropType, json, text as values};
use serde::Serialize;

use crate::app::App;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::{self, Column, Table};

/// One property: `{"tag","name","named","type","value"}`.
#[derive(Serialize)]
pub(super) struct PropView {
    tag: String,
    name: Option<String>,
    named: Option<NamedView>,
    #[serde(rename = "type")]
    ty: String,
    value: serde_json::Value,
    #[serde(skip)]
    shown: String,
}

/// `{"guid","lid"}` or `{"guid","name"}`.
#[derive(Serialize)]
struct NamedView {
    guid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lid: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip)]
    set: Option<&'static str>,
}

/// `{"object","properties":[…]}`.
#[derive(Serialize)]
struct PropsView {
    object: String,
    properties: Vec<PropView>,
}

pub(super) fn one(
    app: &App,
    object: &str,
    props: &[Prop],
    names: &StoreNames<'_>,
) -> Outcome<Exit> {
    names
        .learn(props.iter().map(|p| p.tag))
        .map_err(|e| app.failure(&e))?;
    let views = props.iter().map(|prop| view(app, prop, names));
    app.output.show(&PropsView {
        object: object.to_owned(),
        properties: views.collect(),
    })?;
    Ok(Exit::Ok)
}

fn view(app: &App, prop: &Prop, names: &StoreNames<'_>) -> PropView {
    let named = prop
        .tag
        .is_named()
        .then(|| names.name_of(prop.tag.id()))
        .flatten();
    PropView {
        tag: prop.tag.to_string(),
        name: property_name(prop.tag, named.as_ref()),
        named: named.as_ref().map(named_view),
        ty: prop.tag.ty().to_string(),
        value: json::value(&prop.value),
        shown: shown(app, prop),
    }
}

fn named_view(name: &PropName) -> NamedView {
    let (lid, text) = match &name.kind {
        NameKind::Id(id) => (Some(*id), None),
        NameKind::Text(text) => (None, Some(text.clone())),
    };
    NamedView {
        guid: name.guid.to_string(),
        lid,
        name: text,
        set: guid_name(name.guid),
    }
}

/// The value as text, and what it means beside it.
fn shown(app: &App, prop: &Prop) -> String {
    let raw = match &prop.value {
        PropValue::Long(n) if *n > 9 => format!("{n} (0x{n:X})"),
        PropValue::SysTime(time) => {
            let local = text::local_time(*time, app.output.zone());
            format!("{} ({local})", values::value(&prop.value))
        }
        PropValue::Object => String::from("(object)"),
        value => values::value(value),
    };
    match describe(prop.tag, &prop.value, app.letters()) {
        // What bytes mean comes first, so that a narrow terminal cuts the bytes.
        Some(meaning) if raw.starts_with("hex:") => format!("{meaning} [{raw}]"),
        Some(meaning) => format!("{raw} = {meaning}"),
        None => raw,
    }
}

fn table(to: &Printer<'_>) -> Table {
    Table::new([
        Column::left(to.word(Msg::ColTag)),
        Column::left(to.word(Msg::ColName)),
        Column::left(to.word(Msg::ColType)),
        Column::left(to.word(Msg::ColValue)).elastic(),
    ])
}

fn name_cell(view: &PropView) -> String {
    let named = view.named.as_ref().map(|named| {
        let set = named
            .set
            .map_or_else(|| format!("{{{}}}", named.guid), str::to_owned);
        match (&named.name, named.lid) {
            (Some(name), _) => format!("{set}:{name}"),
            (None, lid) => format!("{set}:0x{:04X}", lid.unwrap_or_default()),
        }
    });
    let name = view
        .name
        .clone()
        .or(named)
        .unwrap_or_else(|| "-".to_owned());
    text::clean(&name).into_owned()
}

impl Shown for PropsView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let mut table = table(to);
        for view in &self.properties {
            let value = text::clean(&view.shown).into_owned();
            table.row([view.tag.clone(), name_cell(view), view.ty.clone(), value]);
        }
        let width = to.width();
        table.write(to, width)
    }
}

/// `{"object","other","differences":[{…,"value","other"}]}`; a side without the property has null in `type` terms of
/// the other and `null` as its value.
#[derive(Serialize)]
struct DiffView {
    object: String,
    other: String,
    differences: Vec<DifferenceView>,
}

#[derive(Serialize)]
struct DifferenceView {
    #[serde(flatten)]
    left: PropView,
    other: serde_json::Value,
    #[serde(skip)]
    signs: (bool, bool),
    #[serde(skip)]
    other_shown: String,
}

type Side<'a, 'b> = (&'a str, &'a [Prop], &'a StoreNames<'b>);

pub(super) fn difference(app: &App, left: Side<'_, '_>, right: Side<'_, '_>) -> Outcome<Exit> {
    for (_, props, names) in [left, right] {
        names
            .learn(props.iter().map(|p| p.tag))
            .map_err(|e| app.failure(&e))?;
    }
    let mut differences = Vec::new();
    for ours in left.1 {
        match twin(ours, left.2, right) {
            Some(theirs) if theirs.value == ours.value => {}
            theirs => differences.push(DifferenceView {
                left: view(app, ours, left.2),
                other: theirs.map_or(serde_json::Value::Null, |p| json::value(&p.value)),
                signs: (true, theirs.is_some()),
                other_shown: theirs.map(|p| shown(app, p)).unwrap_or_default(),
            }),
        }
    }
    for theirs in right.1 {
        if twin(theirs, right.2, left).is_none() {
            let view = view(app, theirs, right.2);
            differences.push(DifferenceView {
                other: view.value.clone(),
                other_shown: view.shown.clone(),
                left: PropView {
                    value: serde_json::Value::Null,
                    ..view
                },
                signs: (false, true),
            });
        }
    }
    app.output.show(&DiffView {
        object: left.0.to_owned(),
        other: right.0.to_owned(),
        differences,
    })?;
    Ok(Exit::Ok)
}

/// The same property of the other object: by identifier, a named one by its name.
fn twin<'a>(prop: &Prop, names: &StoreNames<'_>, other: Side<'a, '_>) -> Option<&'a Prop> {
    let id = if prop.tag.is_named() {
        other.2.id_of(&names.name_of(prop.tag.id())?)?
    } else {
        prop.tag.id()
    };
    other
        .1
        .iter()
        .find(|p| p.tag.id() == id && p.tag.ty() != PropType::ERROR)
}

impl Shown for DiffView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.differences.is_empty() {
            return to.say(Msg::Same, &[]);
        }
        for difference in &self.differences {
            let (ours, theirs) = difference.signs;
            let name = name_cell(&difference.left);
            to.line(format_args!("{} {name}", difference.left.tag))?;
            if ours {
                to.line(format_args!("  - {}", text::clean(&difference.left.shown)))?;
            }
            if theirs {
                to.line(format_args!("  + {}", text::clean(&difference.other_shown)))?;
            }
        }
        Ok(())
    }
}
