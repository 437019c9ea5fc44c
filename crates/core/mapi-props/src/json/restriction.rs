//! Restrictions.

use serde_json::{Map, Value, json};

use super::value::{guess, parse_value, value};
use super::{JsonError, ValueError};
use crate::codec::MAX_DEPTH;
use crate::names::{NameMap, parse_local_tag, parse_type, tag_text};
use crate::{
    BitOp, FuzzyLevel, MatchKind, PropTag, PropType, PropValue, RelOp, Restriction, SubObject, tags,
};

/// The JSON of a restriction, one object with one field:
///
/// * `{"and":[…]}`, `{"or":[…]}`, `{"not":…}`
/// * `{"content":{"tag":"PidTagSubject","match":"SUBSTRING","ignore_case":true,"value":"x"}}`: match FULLSTRING,
///   SUBSTRING, PREFIX, WORD_PREFIX (FL_PREFIX_ON_ANY_WORD) or PHRASE (FL_PHRASE_MATCH); `ignore_case`, `ignore_nonspace`, `loose` where true
/// * `{"property":{"tag":"PidTagImportance","op":"GE","value":2}}`: op LT, LE, GT, GE, EQ, NE or RE
/// * `{"compare":{"left":…,"op":"NE","right":…}}`
/// * `{"bitmask":{"tag":"PidTagMessageFlags","op":"NEZ","mask":1}}`: op EQZ or NEZ
/// * `{"size":{"tag":"PidTagBody","op":"GE","size":1000}}`
/// * `{"exist":"PidTagComment"}`
/// * `{"sub":{"object":"PR_MESSAGE_RECIPIENTS","restriction":…}}`
/// * `{"comment":{"props":[{"tag":…,"value":…}],"restriction":…}}`, the last one if there is one
/// * `{"count":{"count":2,"restriction":…}}`
///
/// A constant has the type of its tag; of a multi-valued tag the type of one element, unless it is an array. Where
/// it has another, `"value_type":"PT_LONG"` says so, and `"value_tag"` where the constant's tag is not the
/// property's with that type.
#[must_use]
pub fn restriction(restriction: &Restriction, names: &dyn NameMap) -> Value {
    let text = |tag: &PropTag| tag_text(*tag, names);
    let child = |r: &Restriction| self::restriction(r, names);
    match restriction {
        Restriction::And(all) => json!({ "and": all.iter().map(child).collect::<Value>() }),
        Restriction::Or(any) => json!({ "or": any.iter().map(child).collect::<Value>() }),
        Restriction::Not(r) => json!({ "not": child(r) }),
        Restriction::Content {
            kind,
            fuzzy,
            tag,
            value_tag,
            value,
        } => {
            let mut map = Map::new();
            map.insert("tag".into(), json!(text(tag)));
            map.insert("match".into(), json!(match_name(*kind)));
            put_fuzzy(&mut map, *fuzzy);
            put_constant(&mut map, *tag, *value_tag, value, names);
            json!({ "content": map })
        }
        Restriction::Property {
            op,
            tag,
            value_tag,
            value,
        } => {
            let mut map = Map::new();
            map.insert("tag".into(), json!(text(tag)));
            map.insert("op".into(), json!(relop_name(*op)));
            put_constant(&mut map, *tag, *value_tag, value, names);
            json!({ "property": map })
        }
        Restriction::CompareProps { op, left, right } => {
            json!({ "compare": { "left": text(left), "op": relop_name(*op), "right": text(right) } })
        }
        Restriction::Bitmask { op, tag, mask } => {
            let op = if *op == BitOp::Zero { "EQZ" } else { "NEZ" };
            json!({ "bitmask": { "tag": text(tag), "op": op, "mask": mask } })
        }
        Restriction::Size { op, tag, size } => {
            json!({ "size": { "tag": text(tag), "op": relop_name(*op), "size": size } })
        }
        Restriction::Exist { tag } => json!({ "exist": text(tag) }),
        Restriction::Sub { object, child: r } => {
            json!({ "sub": { "object": object_text(*object, names), "restriction": child(r) } })
        }
        Restriction::Comment { props, child: r } => {
            let props = props
                .iter()
                .map(|(tag, value)| annotation(*tag, value, names));
            let mut map = Map::new();
            map.insert("props".into(), props.collect());
            if let Some(r) = r {
                map.insert("restriction".into(), child(r));
            }
            json!({ "comment": map })
        }
        Restriction::Count { count, child: r } => {
            json!({ "count": { "count": count, "restriction": child(r) } })
        }
    }
}

fn annotation(tag: PropTag, value: &PropValue, names: &dyn NameMap) -> Value {
    let json = super::value(value);
    let mut map = Map::new();
    map.insert("tag".into(), json!(tag_text(tag, names)));
    if constant_type(tag, &json) != Some(value.ty()) {
        map.insert("value_type".into(), json!(value.ty().to_string()));
    }
    map.insert("value".into(), json);
    Value::Object(map)
}

fn put_fuzzy(map: &mut Map<String, Value>, fuzzy: FuzzyLevel) {
    let flags = [
        ("ignore_case", fuzzy.ignore_case),
        ("ignore_nonspace", fuzzy.ignore_nonspace),
        ("loose", fuzzy.loose),
    ];
    for (name, _) in flags.into_iter().filter(|(_, set)| *set) {
        map.insert(name.into(), json!(true));
    }
}

fn put_constant(
    map: &mut Map<String, Value>,
    tag: PropTag,
    value_tag: PropTag,
    constant: &PropValue,
    names: &dyn NameMap,
) {
    let json = value(constant);
    if constant_type(tag, &json) != Some(constant.ty()) {
        map.insert("value_type".into(), json!(constant.ty().to_string()));
    }
    if value_tag != constant.tag(tag.id()) {
        map.insert("value_tag".into(), json!(tag_text(value_tag, names)));
    }
    map.insert("value".into(), json);
}

/// The type of a constant that is compared with `tag`, when nothing else is said.
pub(crate) fn constant_type(tag: PropTag, json: &Value) -> Option<PropType> {
    match tag.ty().without_instance() {
        PropType::UNSPECIFIED => guess(json),
        ty if ty.is_multi() && !json.is_array() => Some(ty.single()),
        ty => Some(ty),
    }
}

fn object_text(object: SubObject, names: &dyn NameMap) -> String {
    match object {
        SubObject::Recipients => "PR_MESSAGE_RECIPIENTS".to_owned(),
        SubObject::Attachments => "PR_MESSAGE_ATTACHMENTS".to_owned(),
        SubObject::Other(tag) => tag_text(tag, names),
    }
}

/// The sub-object that a tag stands for.
pub(crate) fn object_of(tag: PropTag) -> SubObject {
    if tag == tags::MESSAGE_RECIPIENTS {
        SubObject::Recipients
    } else if tag == tags::MESSAGE_ATTACHMENTS {
        SubObject::Attachments
    } else {
        SubObject::Other(tag)
    }
}

const fn relop_name(op: RelOp) -> &'static str {
    match op {
        RelOp::Lt => "LT",
        RelOp::Le => "LE",
        RelOp::Gt => "GT",
        RelOp::Ge => "GE",
        RelOp::Eq => "EQ",
        RelOp::Ne => "NE",
        RelOp::Re => "RE",
    }
}

const fn match_name(kind: MatchKind) -> &'static str {
    match kind {
        MatchKind::FullString => "FULLSTRING",
        MatchKind::Substring => "SUBSTRING",
        MatchKind::Prefix => "PREFIX",
        MatchKind::WordPrefix => "WORD_PREFIX",
        MatchKind::Phrase => "PHRASE",
    }
}

/// Reads what [`restriction`] writes. Fields may stand in any order; unknown ones are refused.
///
/// # Errors
/// [`JsonError`] with the place of what is wrong.
pub fn parse_restriction(json: &Value, names: &dyn NameMap) -> Result<Restriction, JsonError> {
    Parser {
        names,
        path: Vec::new(),
    }
    .node(json)
}

struct Parser<'a> {
    names: &'a dyn NameMap,
    /// Where we are: field names and `[index]`es.
    path: Vec<String>,
}

impl Parser<'_> {
    fn node(&mut self, json: &Value) -> Result<Restriction, JsonError> {
        // Two steps of the path to a level, as in `and[0]`.
        if self.path.len() >= 2 * MAX_DEPTH {
            return Err(JsonError::TooDeep { at: self.at() });
        }
        let map = json.as_object().filter(|m| m.len() == 1);
        let Some((kind, body)) = map.and_then(|m| m.iter().next()) else {
            return Err(self.shape("an object with one field"));
        };
        self.path.push(kind.clone());
        let node = match kind.as_str() {
            "and" => Restriction::And(self.children(body)?),
            "or" => Restriction::Or(self.children(body)?),
            "not" => {
                self.path.push(String::new());
                let child = self.node(body)?;
                self.path.pop();
                Restriction::Not(Box::new(child))
            }
            "exist" => Restriction::Exist {
                tag: self.exist(body)?,
            },
            _ => self.leaf(kind, body)?,
        };
        self.path.pop();
        Ok(node)
    }

    fn children(&mut self, body: &Value) -> Result<Vec<Restriction>, JsonError> {
        let list = body.as_array().ok_or_else(|| self.shape("an array"))?;
        let mut out = Vec::with_capacity(list.len());
        for (index, child) in list.iter().enumerate() {
            self.path.push(format!("[{index}]"));
            out.push(self.node(child)?);
            self.path.pop();
        }
        Ok(out)
    }

    fn exist(&mut self, body: &Value) -> Result<PropTag, JsonError> {
        match body {
            Value::Object(map) => {
                self.only(map, &["tag"])?;
                self.tag(map, "tag")
            }
            Value::String(text) => self.parse_tag(text),
            _ => Err(self.shape("a property")),
        }
    }

    fn leaf(&mut self, kind: &str, body: &Value) -> Result<Restriction, JsonError> {
        let map = body.as_object().ok_or_else(|| self.shape("an object"))?;
        match kind {
            "content" => {
                let flags = ["ignore_case", "ignore_nonspace", "loose"];
                self.only(map, &[&["tag", "match", "value", "value_type", "value_tag"][..], &flags].concat())?;
                let [ignore_case, ignore_nonspace, loose] = flags.map(|f| self.flag(map, f));
                let fuzzy = FuzzyLevel {
                    ignore_case: ignore_case?,
                    ignore_nonspace: ignore_nonspace?,
                    loose: loose?,
                };
                let kinds = [
                    MatchKind::FullString,
                    MatchKind::Substring,
                    MatchKind::Prefix,
                    MatchKind::WordPrefix,
                    MatchKind::Phrase,
                ];
                let kind = self.one_of(map, "match", &kinds.map(|k| (match_name(k), k)))?;
                let (tag, value_tag, value) = self.constant(map)?;
                Ok(Restriction::Content { kind, fuzzy, tag, value_tag, value })
            }
            "property" => {
                self.only(map, &["tag", "op", "value", "value_type", "value_tag"])?;
                let op = self.relop(map)?;
                let (tag, value_tag, value) = self.constant(map)?;
                Ok(Restriction::Property { op, tag, value_tag, value })
            }
            "compare" => {
                self.only(map, &["left", "op", "right"])?;
                let op = self.relop(map)?;
                let (left, right) = (self.tag(map, "left")?, self.tag(map, "right")?);
                Ok(Restriction::CompareProps { op, left, right })
            }
            "bitmask" => {
                self.only(map, &["tag", "op", "mask"])?;
                let ops = [("EQZ", BitOp::Zero), ("NEZ", BitOp::NonZero)];
                let op = self.one_of(map, "op", &ops)?;
                let (tag, mask) = (self.tag(map, "tag")?, self.number(map, "mask")?);
                Ok(Restriction::Bitmask { op, tag, mask })
            }
            "size" => {
                self.only(map, &["tag", "op", "size"])?;
                let op = self.relop(map)?;
                let (tag, size) = (self.tag(map, "tag")?, self.number(map, "size")?);
                Ok(Restriction::Size { op, tag, size })
            }
            "sub" => {
                self.only(map, &["object", "restriction"])?;
                let object = object_of(self.tag(map, "object")?);
                let child = self.child(map)?.ok_or_else(|| self.shape("a field `restriction`"))?;
                Ok(Restriction::Sub { object, child })
            }
            "comment" => {
                self.only(map, &["props", "restriction"])?;
                let (props, child) = (self.props(map)?, self.child(map)?);
                Ok(Restriction::Comment { props, child })
            }
            "count" => {
                self.only(map, &["count", "restriction"])?;
                let count = self.number(map, "count")?;
                let child = self.child(map)?.ok_or_else(|| self.shape("a field `restriction`"))?;
                Ok(Restriction::Count { count, child })
            }
            _ => Err(self.shape("and, or, not, content, property, compare, bitmask, size, exist, sub, comment or count")),
        }
    }

    fn child(&mut self, map: &Map<String, Value>) -> Result<Option<Box<Restriction>>, JsonError> {
        let Some(json) = map.get("restriction") else {
            return Ok(None);
        };
        self.path.push("restriction".into());
        let child = self.node(json)?;
        self.path.pop();
        Ok(Some(Box::new(child)))
    }

    fn props(&mut self, map: &Map<String, Value>) -> Result<Vec<(PropTag, PropValue)>, JsonError> {
        let list = map.get("props").and_then(Value::as_array);
        let list = list.ok_or_else(|| self.shape("an array `props`"))?;
        let mut out = Vec::with_capacity(list.len());
        for (index, json) in list.iter().enumerate() {
            self.path.push(format!("props[{index}]"));
            let map = json.as_object().ok_or_else(|| self.shape("an object"))?;
            self.only(map, &["tag", "value", "value_type"])?;
            let (tag, _, value) = self.constant(map)?;
            out.push((tag, value));
            self.path.pop();
        }
        Ok(out)
    }

    /// The property, the constant's tag and the constant.
    fn constant(
        &self,
        map: &Map<String, Value>,
    ) -> Result<(PropTag, PropTag, PropValue), JsonError> {
        let tag = self.tag(map, "tag")?;
        let json = map
            .get("value")
            .ok_or_else(|| self.shape("a field `value`"))?;
        let ty = match map.get("value_type") {
            Some(ty) => {
                let ty = ty.as_str().and_then(parse_type);
                ty.ok_or_else(|| self.shape("a property type in `value_type`"))?
            }
            None => constant_type(tag, json).unwrap_or_default(),
        };
        let value = parse_value(ty, json);
        let value = value.map_err(|source: ValueError| JsonError::Value {
            at: self.at(),
            source,
        })?;
        let value_tag = match map.get("value_tag") {
            Some(_) => self.tag(map, "value_tag")?,
            None => value.tag(tag.id()),
        };
        Ok((tag, value_tag, value))
    }

    fn relop(&self, map: &Map<String, Value>) -> Result<RelOp, JsonError> {
        let ops = [
            RelOp::Lt,
            RelOp::Le,
            RelOp::Gt,
            RelOp::Ge,
            RelOp::Eq,
            RelOp::Ne,
            RelOp::Re,
        ];
        self.one_of(map, "op", &ops.map(|op| (relop_name(op), op)))
    }

    fn one_of<T: Copy>(
        &self,
        map: &Map<String, Value>,
        field: &'static str,
        choices: &[(&str, T)],
    ) -> Result<T, JsonError> {
        let text = map.get(field).and_then(Value::as_str);
        let found = choices.iter().find(|(name, _)| Some(*name) == text);
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            self.shape(if field == "match" {
                "FULLSTRING, SUBSTRING, PREFIX, WORD_PREFIX or PHRASE in `match`"
            } else if choices.len() == 2 {
                "EQZ or NEZ in `op`"
            } else {
                "LT, LE, GT, GE, EQ, NE or RE in `op`"
            })
        })
    }

    fn flag(&self, map: &Map<String, Value>, field: &str) -> Result<bool, JsonError> {
        match map.get(field) {
            None => Ok(false),
            Some(Value::Bool(b)) => Ok(*b),
            Some(_) => Err(self.shape("true or false")),
        }
    }

    fn number(&self, map: &Map<String, Value>, field: &str) -> Result<u32, JsonError> {
        let number = map
            .get(field)
            .and_then(Value::as_u64)
            .and_then(|n| u32::try_from(n).ok());
        number.ok_or_else(|| self.shape("a number of 32 bits"))
    }

    fn tag(&self, map: &Map<String, Value>, field: &str) -> Result<PropTag, JsonError> {
        match map.get(field) {
            Some(Value::String(text)) => self.parse_tag(text),
            _ => Err(self.shape("a property")),
        }
    }

    fn parse_tag(&self, text: &str) -> Result<PropTag, JsonError> {
        let tag = parse_local_tag(text, self.names);
        tag.map_err(|source| JsonError::Name {
            at: self.at(),
            source,
        })
    }

    fn only(&self, map: &Map<String, Value>, known: &[&str]) -> Result<(), JsonError> {
        if map.keys().all(|key| known.contains(&key.as_str())) {
            Ok(())
        } else {
            Err(self.shape("no unknown field"))
        }
    }

    fn shape(&self, expected: &'static str) -> JsonError {
        JsonError::Shape {
            at: self.at(),
            expected,
        }
    }

    fn at(&self) -> String {
        let mut out = String::new();
        for step in self.path.iter().filter(|s| !s.is_empty()) {
            if !out.is_empty() && !step.starts_with('[') {
                out.push('.');
            }
            out.push_str(step);
        }
        if out.is_empty() {
            "restriction".to_owned()
        } else {
            out
        }
    }
}
