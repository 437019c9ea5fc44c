//! `malle schema`: the shapes of what every command prints under `--json`.

use std::io::Write;

use serde_json::{Value, json};

use crate::app::App;
use crate::exit::{Exit, Failure, Outcome};

/// JSON Schema, draft 2020-12. The tests hold every output to it.
const SCHEMA: &str = include_str!("../../schema.json");

pub(super) fn run(app: &App, of: &[String]) -> Outcome<Exit> {
    if of.is_empty() {
        app.output.write(|to| to.write_all(SCHEMA.as_bytes()))?;
        return Ok(Exit::Ok);
    }
    let name = of.join(" ");
    let broken = |e: serde_json::Error| Failure::new(Exit::Failure, "schema", e.to_string());
    let whole: Value = serde_json::from_str(SCHEMA).map_err(broken)?;
    let shapes = whole.get("$defs").cloned().unwrap_or_default();
    if shapes.get(&name).is_none() {
        return Err(Failure::usage(format!(
            "there is no shape {name:?}; malle schema shows all"
        )));
    }
    let one = json!({
        "$schema": whole.get("$schema"),
        "$ref": format!("#/$defs/{name}"),
        "$defs": shapes,
    });
    app.output.write(|to| to.json(&one))?;
    Ok(Exit::Ok)
}
