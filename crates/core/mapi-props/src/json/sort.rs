//! Sort orders.

use serde_json::{Value, json};

use super::JsonError;
use crate::names::{NameMap, parse_local_tag, tag_text};
use crate::{SortColumn, SortOrder, SortOrderSet};

const ORDERS: [(SortOrder, &str); 5] = [
    (SortOrder::Ascend, "ascend"),
    (SortOrder::Descend, "descend"),
    (SortOrder::Combine, "combine"),
    (SortOrder::CategMax, "categ_max"),
    (SortOrder::CategMin, "categ_min"),
];

/// The JSON of a sort order:
/// `{"columns":[{"tag":"PidTagSubject","order":"ascend"}],"categories":0,"expanded":0}`;
/// order ascend, descend, combine, categ_max or categ_min.
#[must_use]
pub fn sort_order(set: &SortOrderSet, names: &dyn NameMap) -> Value {
    let name = |order| {
        ORDERS
            .iter()
            .find(|(o, _)| *o == order)
            .map_or("ascend", |(_, n)| *n)
    };
    let column = |c: &SortColumn| json!({ "tag": tag_text(c.tag, names), "order": name(c.order) });
    let columns: Value = set.columns.iter().map(column).collect();
    json!({ "columns": columns, "categories": set.categories, "expanded": set.expanded })
}

/// Reads what [`sort_order`] writes; `order`, `categories` and `expanded` may be left out.
///
/// # Errors
/// [`JsonError`] with the place of what is wrong.
pub fn parse_sort_order(json: &Value, names: &dyn NameMap) -> Result<SortOrderSet, JsonError> {
    let shape = |at: String, expected| JsonError::Shape { at, expected };
    let known = ["columns", "categories", "expanded"];
    let map = json
        .as_object()
        .filter(|m| m.keys().all(|k| known.contains(&k.as_str())));
    let map = map.ok_or_else(|| shape("sort".into(), "columns, categories and expanded"))?;
    let list = map.get("columns").and_then(Value::as_array);
    let list = list.ok_or_else(|| shape("columns".into(), "an array"))?;
    let mut columns = Vec::with_capacity(list.len());
    for (index, column) in list.iter().enumerate() {
        let at = format!("columns[{index}]");
        let tag = column.get("tag").and_then(Value::as_str);
        let tag = tag.ok_or_else(|| shape(at.clone(), "a property"))?;
        let tag = parse_local_tag(tag, names).map_err(|source| JsonError::Name {
            at: at.clone(),
            source,
        })?;
        let order = match column.get("order") {
            None => Some(SortOrder::Ascend),
            Some(order) => ORDERS
                .iter()
                .find(|(_, n)| Some(*n) == order.as_str())
                .map(|(o, _)| *o),
        };
        let order = order.ok_or_else(|| {
            shape(
                at,
                "ascend, descend, combine, categ_max or categ_min in `order`",
            )
        })?;
        columns.push(SortColumn { tag, order });
    }
    let number = |field: &str| match map.get(field) {
        None => Ok(0),
        Some(n) => n
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .ok_or_else(|| shape(field.to_owned(), "a number of 32 bits")),
    };
    Ok(SortOrderSet {
        columns,
        categories: number("categories")?,
        expanded: number("expanded")?,
    })
}
