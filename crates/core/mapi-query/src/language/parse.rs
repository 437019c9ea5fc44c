//! From text to a query, by recursive descent.

use super::date::Span;
use super::error::{Problem, QueryError};
use super::scan::{Scanner, Value};
use super::suggest::nearest;
use super::term::{
    FIELDS, FOREIGN, FOREIGN_STATES, Field, Node, POSSESSIONS, Relation, STATES, State, Term,
    TextField, TextTerm, look_up,
};
use super::{MAX_NESTING, MAX_TERMS};

type Parsed<T> = Result<T, QueryError>;

pub(super) fn parse(text: &str) -> Parsed<Node> {
    let mut parser = Parser {
        scan: Scanner::new(text),
        depth: 0,
        terms: 0,
        within: None,
    };
    let node = parser.any(Problem::Empty)?;
    if parser.scan.at_end() {
        return Ok(node);
    }
    Err(parser.scan.error_here(Problem::StrayParenthesis))
}

struct Parser<'a> {
    scan: Scanner<'a>,
    /// Parentheses and NOTs around this place.
    depth: usize,
    /// Words and values so far.
    terms: usize,
    /// The field whose values stand in these parentheses.
    within: Option<Field>,
}

impl Parser<'_> {
    /// `A OR B OR C`; `empty` is what is wrong if nothing stands here.
    fn any(&mut self, empty: Problem) -> Parsed<Node> {
        let mut nodes = vec![self.all(empty)?];
        while self.scan.eat_keyword("OR") {
            nodes.push(self.all(Problem::MissingOperand { operator: "OR" })?);
        }
        Ok(one_or(nodes, Node::Or))
    }

    /// `A B AND C`. Text without letters and digits says nothing here and is left out, as long as something is left.
    fn all(&mut self, empty: Problem) -> Parsed<Node> {
        let start = self.scan.place();
        let mut nodes = Vec::new();
        let mut wordless = None;
        // Whether an AND waits for what it joins.
        let mut owed = false;
        while !self.ends() {
            if self.scan.sees_keyword("AND") {
                if owed || (nodes.is_empty() && wordless.is_none()) {
                    break;
                }
                owed = self.scan.eat_keyword("AND");
                continue;
            }
            owed = false;
            match self.wordless() {
                Some(passed) => {
                    wordless.get_or_insert(passed);
                }
                None => nodes.push(self.part()?),
            }
        }
        if owed || self.scan.sees_keyword("AND") {
            return Err(self
                .scan
                .error_here(Problem::MissingOperand { operator: "AND" }));
        }
        if !nodes.is_empty() {
            return Ok(one_or(nodes, Node::And));
        }
        Err(match wordless {
            Some((place, problem)) => self.scan.error_at(place, problem),
            None => self.nothing(start, empty),
        })
    }

    /// Whether parts that AND joins cannot go on here.
    fn ends(&self) -> bool {
        self.scan.at_end() || self.scan.sees(')') || self.scan.sees_keyword("OR")
    }

    fn nothing(&self, start: usize, empty: Problem) -> QueryError {
        let problem = if self.scan.sees_keyword("OR") {
            Problem::MissingOperand { operator: "OR" }
        } else if self.scan.sees(')') && self.depth == 0 {
            Problem::StrayParenthesis
        } else {
            empty
        };
        self.scan.error_at(start, problem)
    }

    /// Passes text that has no letters or digits, and says where it is and what would be wrong with it alone.
    fn wordless(&mut self) -> Option<(usize, Problem)> {
        let mut ahead = self.scan.clone();
        let other = self.within.is_some()
            || ahead.sees('(')
            || ahead.eat_keyword("NOT")
            || ahead.eat_minus()
            || ahead.eat_field().is_some();
        if other {
            return None;
        }
        let place = ahead.place();
        let value = ahead.value().ok()?;
        let problem = text(TextField::Any, &value).err()?;
        let passed = matches!(problem, Problem::NoWords { .. }) && !value.is_star();
        passed.then(|| {
            self.scan = ahead;
            (place, problem)
        })
    }

    /// NOT, parentheses, or one thing that is asked.
    fn part(&mut self) -> Parsed<Node> {
        let place = self.scan.place();
        let operator = if self.scan.eat_keyword("NOT") {
            "NOT"
        } else if self.scan.eat_minus() {
            "-"
        } else {
            return self.unsigned();
        };
        self.enter(place)?;
        if self.ends() || self.scan.sees_keyword("AND") {
            return Err(self
                .scan
                .error_at(place, Problem::MissingOperand { operator }));
        }
        let node = self.part()?;
        self.depth -= 1;
        Ok(Node::Not(Box::new(node)))
    }

    fn unsigned(&mut self) -> Parsed<Node> {
        if self.scan.sees('(') {
            return self.group(self.within);
        }
        let place = self.scan.place();
        if let Some(name) = self.scan.eat_field() {
            let field = self.field(name, place)?;
            return self.value_of(field);
        }
        let field = self.within.unwrap_or(Field::Text(TextField::Any));
        self.single(field)
    }

    /// `( … )`, of values if a field stands before.
    fn group(&mut self, field: Option<Field>) -> Parsed<Node> {
        let place = self.scan.place();
        self.scan.eat('(');
        self.enter(place)?;
        let around = std::mem::replace(&mut self.within, field);
        let node = self.any(Problem::EmptyParentheses)?;
        if !self.scan.eat(')') {
            return Err(self.scan.error_at(place, Problem::OpenParenthesis));
        }
        self.within = around;
        self.depth -= 1;
        Ok(node)
    }

    /// The field of this name.
    fn field(&self, name: &str, place: usize) -> Parsed<Field> {
        let wrong = |problem| Err(self.scan.error_at(place, problem));
        let Some(field) = Field::named(name) else {
            let known: Vec<&'static str> = FIELDS.iter().map(|(name, _)| *name).collect();
            return wrong(Problem::UnknownField {
                name: name.to_owned(),
                suggestion: nearest(name, &known, &FOREIGN),
            });
        };
        match self.within.and_then(Field::name) {
            Some(outer) => wrong(Problem::FieldInField {
                outer,
                inner: name.to_owned(),
            }),
            None => Ok(field),
        }
    }

    /// What stands behind the colon of a field.
    fn value_of(&mut self, field: Field) -> Parsed<Node> {
        if self.scan.has_gap() || self.scan.sees(')') {
            let field = field.name().unwrap_or_default();
            return Err(self.scan.error_here(Problem::MissingValue { field }));
        }
        if self.scan.sees('(') {
            return self.group(Some(field));
        }
        self.single(field)
    }

    fn single(&mut self, field: Field) -> Parsed<Node> {
        let place = self.scan.place();
        let value = self.scan.value()?;
        if field == Field::Text(TextField::Any) && value.is_star() {
            self.count(1, place)?;
            return Ok(Node::All);
        }
        let term = term(field, &value).map_err(|problem| self.scan.error_at(place, problem))?;
        let words = match &term {
            Term::Text(text) => text.pattern().map_or(0, |pattern| pattern.words().len()),
            _ => 1,
        };
        self.count(words, place)?;
        Ok(Node::Term(term))
    }

    fn count(&mut self, terms: usize, place: usize) -> Parsed<()> {
        self.terms += terms;
        if self.terms > MAX_TERMS {
            return Err(self.scan.error_at(place, Problem::TooLong));
        }
        Ok(())
    }

    fn enter(&mut self, place: usize) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(self.scan.error_at(place, Problem::TooDeep));
        }
        Ok(())
    }
}

/// One node as it is, several joined.
fn one_or(mut nodes: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        last => {
            nodes.extend(last);
            join(nodes)
        }
    }
}

/// What a field asks with this value.
fn term(field: Field, value: &Value<'_>) -> Result<Term, Problem> {
    let named = |table: &'static [(&'static str, State)]| {
        let found = look_up(table, &value.text);
        found.map(Term::State).ok_or_else(|| {
            let known: Vec<&'static str> = table.iter().map(|(name, _)| *name).collect();
            Problem::UnknownValue {
                field: field.name().unwrap_or_default(),
                value: value.text.to_string(),
                suggestion: nearest(&value.text, &known, &FOREIGN_STATES),
                known,
            }
        })
    };
    match field {
        Field::Text(field) => text(field, value),
        Field::Is => named(&STATES),
        Field::Has => named(&POSSESSIONS),
        Field::In => Ok(Term::In(value.whole())),
        Field::Id => Ok(Term::Id(value.whole())),
        Field::Time(relation) => time(field, relation, &value.text),
        Field::Larger => size(&value.text).map(Term::Larger),
        Field::Smaller => size(&value.text).map(Term::Smaller),
        Field::Class => {
            let (name, prefix) = value.starred()?;
            Ok(Term::Class { name, prefix })
        }
    }
}

fn text(field: TextField, value: &Value<'_>) -> Result<Term, Problem> {
    let (text, prefix) = value.starred()?;
    let term = TextTerm {
        field,
        text,
        prefix,
    };
    if term.pattern().is_none() {
        return Err(Problem::NoWords { text: term.text });
    }
    Ok(Term::Text(term))
}

fn time(field: Field, relation: Relation, text: &str) -> Result<Term, Problem> {
    let bad = || Problem::BadDate {
        value: text.to_owned(),
    };
    let span = Span::parse(text).ok_or_else(bad)?;
    if relation != Relation::On && !matches!(span, Span::Of(_)) {
        let field = field.name().unwrap_or_default();
        return Err(Problem::RangeNotHere { field });
    }
    Ok(Term::Time { relation, span })
}

/// `300k`, `5M`, `1.5G`, with or without a B behind; powers of 1000, as sizes are shown.
fn size(text: &str) -> Result<u64, Problem> {
    let bad = || Problem::BadSize {
        value: text.to_owned(),
    };
    let lower = text.to_ascii_lowercase();
    let number = lower.strip_suffix('b').unwrap_or(&lower);
    let units = [('k', 1_000), ('m', 1_000_000), ('g', 1_000_000_000_u64)];
    let found = units
        .iter()
        .find_map(|(letter, unit)| Some((number.strip_suffix(*letter)?, *unit)));
    let (number, unit) = found.unwrap_or((number, 1));
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !(digits(whole) && digits(part) && part.len() <= 9) {
        return Err(bad());
    }
    let whole: u64 = whole.parse().map_err(|_| bad())?;
    let billionths: u64 = format!("{part:0<9}").parse().map_err(|_| bad())?;
    let rest = u128::from(billionths) * u128::from(unit) / 1_000_000_000;
    let rest = u64::try_from(rest).map_err(|_| bad())?;
    whole
        .checked_mul(unit)
        .and_then(|n| n.checked_add(rest))
        .ok_or_else(bad)
}
