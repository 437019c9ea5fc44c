//! Holds every JSON output to the schema that `malle schema` prints.

use serde_json::Value;

/// Panics where the output of a command does not have the shape that is documented.
pub(crate) fn check(args: &[&str], value: &Value) {
    let schema: Value = serde_json::from_str(include_str!("../../schema.json")).unwrap();
    let name = name_of(args, &schema);
    let shape = &schema["$defs"][name.as_str()];
    assert!(shape.is_object(), "{name:?} has no shape");
    hold(&schema, shape, value, &name);
}

fn name_of(args: &[&str], schema: &Value) -> String {
    let after_profile = |n: usize| n > 0 && args[n - 1] == "-p";
    let words = args.iter().enumerate();
    let mut words = words.filter(|(n, a)| !a.starts_with('-') && !after_profile(*n));
    let mut word = || words.next().map_or("", |(_, word)| word);
    let first = word().to_owned();
    let two = format!("{first} {}", word());
    let three = format!("{two} {}", word());
    let flags = [
        "--html",
        "--rtf",
        "--headers",
        "--diff",
        "--set",
        "--delete",
        "--count",
        "--explain",
    ];
    let known = |name: &String| schema["$defs"].get(name).is_some();
    let flagged = args
        .iter()
        .filter(|a| flags.contains(a))
        .map(|flag| match *flag {
            "--delete" => format!("{first} --set"),
            flag => format!("{first} {flag}"),
        });
    let names = flagged.chain([three, two, first.clone()]);
    names.into_iter().find(known).unwrap_or(first)
}

fn hold(schema: &Value, shape: &Value, value: &Value, at: &str) {
    if let Some(name) = shape["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return hold(schema, &schema["$defs"][name], value, at);
    }
    if let Some(choices) = shape["anyOf"].as_array() {
        let named = |one: &&Value| {
            let name = one["$ref"].as_str().unwrap();
            let name = name.strip_prefix("#/$defs/").unwrap();
            let needed = schema["$defs"][name]["required"].as_array().unwrap();
            needed
                .iter()
                .all(|key| value.get(key.as_str().unwrap()).is_some())
        };
        let one = choices.iter().find(named);
        let one = one.unwrap_or_else(|| panic!("{at}: {value} is none of {choices:?}"));
        return hold(schema, one, value, at);
    }
    if let Some(choices) = shape["enum"].as_array() {
        assert!(choices.contains(value), "{at}: {value}");
    }
    let kinds = match &shape["type"] {
        Value::Null => return,
        Value::Array(kinds) => kinds.clone(),
        one => vec![one.clone()],
    };
    assert!(
        kinds.iter().any(|k| is(k.as_str().unwrap(), value)),
        "{at}: {value} is no {kinds:?}"
    );
    if let Some(list) = value.as_array() {
        list.iter()
            .for_each(|one| hold(schema, &shape["items"], one, at));
    }
    let Some(map) = value.as_object() else { return };
    for needed in shape["required"].as_array().into_iter().flatten() {
        assert!(
            map.contains_key(needed.as_str().unwrap()),
            "{at}: {needed} is missing"
        );
    }
    for (key, one) in map {
        match shape["properties"].get(key) {
            Some(inner) => hold(schema, inner, one, &format!("{at}.{key}")),
            None => assert_eq!(
                shape["additionalProperties"], true,
                "{at}: {key} is not documented"
            ),
        }
    }
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the schema has a kind {other:?}"),
    }
}
