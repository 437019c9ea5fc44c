//! From a query to the text that reads as the same.

use std::fmt;

use super::scan::{Scanner, is_quote};
use super::term::{Field, Node, Relation, Term, TextField, TextTerm};

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::And(nodes) => join(f, nodes, " "),
            Self::Or(nodes) => join(f, nodes, " OR "),
            Self::Not(node) => {
                let operand = operand(node);
                let minus = format!("-{operand}");
                if Scanner::new(&minus).eat_minus() {
                    f.write_str(&minus)
                } else {
                    write!(f, "NOT {operand}")
                }
            }
            Self::Term(term) => write!(f, "{term}"),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, nodes: &[Node], between: &str) -> fmt::Result {
    for (n, node) in nodes.iter().enumerate() {
        if n > 0 {
            f.write_str(between)?;
        }
        f.write_str(&operand(node))?;
    }
    Ok(())
}

fn operand(node: &Node) -> String {
    match node {
        Node::And(_) | Node::Or(_) => format!("({node})"),
        one => one.to_string(),
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(term) => write!(f, "{term}"),
            Self::State(state) => {
                let (field, value) = state.written();
                write!(f, "{field}:{value}")
            }
            Self::In(path) => write!(f, "in:{}", value(path)),
            Self::Time { relation, span } => {
                let field = match relation {
                    Relation::Before => "before",
                    Relation::After => "after",
                    Relation::On => "on",
                };
                write!(f, "{field}:{span}")
            }
            Self::Larger(bytes) => write!(f, "larger:{}", size(*bytes)),
            Self::Smaller(bytes) => write!(f, "smaller:{}", size(*bytes)),
            Self::Class { name, prefix } => write!(f, "class:{}{}", value(name), star(*prefix)),
            Self::Id(id) => write!(f, "id:{}", value(id)),
        }
    }
}

impl fmt::Display for TextTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field != TextField::Any {
            let name = Field::Text(self.field).name().unwrap_or_default();
            write!(f, "{name}:")?;
        }
        write!(f, "{}{}", value(&self.text), star(self.prefix))
    }
}

const fn star(prefix: bool) -> &'static str {
    if prefix { "*" } else { "" }
}

/// A word as it is, or in quotes where it would read as something else.
fn value(text: &str) -> String {
    let mut scan = Scanner::new(text);
    let special = text.contains('*')
        || ["AND", "OR", "NOT"].contains(&text)
        || scan.clone().eat_minus()
        || scan.clone().eat_field().is_some();
    let plain =
        !special && !text.starts_with(is_quote) && scan.value().is_ok_and(|v| v.text == text);
    if plain && !text.is_empty() {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if c == '\\' || is_quote(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

fn size(bytes: u64) -> String {
    let units = [(1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")];
    let whole = |(unit, _): &&(u64, &str)| bytes > 0 && bytes.is_multiple_of(*unit);
    match units.iter().find(whole) {
        Some((unit, letter)) => format!("{}{letter}", bytes / unit),
        None => bytes.to_string(),
    }
}
