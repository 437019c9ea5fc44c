//! Text to restriction, by recursive descent.

use serde_json::Value;

use super::ExpressionError;
use super::lexer::{Lexer, Token};
use crate::codec::MAX_DEPTH;
use crate::names::{NameMap, parse_local_tag};
use crate::{
    BitOp, FuzzyLevel, MatchKind, PropTag, PropType, PropValue, RelOp, Restriction, SubObject,
    json, text,
};

/// Reads an expression. Named properties get the identifiers that `names` gives them.
///
/// ```
/// use mapi_props::names::NoNames;
/// use mapi_props::{RelOp, Restriction, tags, text};
///
/// let important = text::parse_restriction("Importance >= 2", &NoNames)?;
/// assert_eq!(important, Restriction::property(tags::IMPORTANCE, RelOp::Ge, 2));
/// assert_eq!(text::restriction(&important, &NoNames), "PidTagImportance >= 2");
/// # Ok::<(), mapi_props::text::ExpressionError>(())
/// ```
///
/// # Errors
/// [`ExpressionError`] with the place of what is wrong.
pub fn parse_restriction(text: &str, names: &dyn NameMap) -> Result<Restriction, ExpressionError> {
    let mut parser = Parser {
        lexer: Lexer::new(text),
        names,
        depth: 0,
    };
    let node = parser.or()?;
    match parser.lexer.peek() {
        Token::End => Ok(node),
        _ => Err(parser.unexpected("AND, OR or the end")),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    names: &'a dyn NameMap,
    /// Nodes around this place.
    depth: usize,
}

type Parsed<T> = Result<T, ExpressionError>;

impl<'a> Parser<'a> {
    /// `A OR B OR C`
    fn or(&mut self) -> Parsed<Restriction> {
        self.chain("OR", Self::and, Restriction::Or)
    }

    /// `A AND B AND C`
    fn and(&mut self) -> Parsed<Restriction> {
        self.chain("AND", Self::unary, Restriction::And)
    }

    fn chain(
        &mut self,
        keyword: &str,
        next: fn(&mut Self) -> Parsed<Restriction>,
        make: fn(Vec<Restriction>) -> Restriction,
    ) -> Parsed<Restriction> {
        self.enter()?;
        let first = next(self)?;
        let mut all = Vec::new();
        while self.word_is(keyword) {
            self.lexer.next();
            all.push(next(self)?);
        }
        self.depth -= 1;
        if all.is_empty() {
            return Ok(first);
        }
        all.insert(0, first);
        Ok(make(all))
    }

    fn unary(&mut self) -> Parsed<Restriction> {
        self.enter()?;
        let node = if self.word_is("NOT") {
            self.lexer.next();
            // As deep as a level in parentheses.
            self.depth += 2;
            let node = self.unary()?.negate();
            self.depth -= 2;
            node
        } else if self.lexer.eat("(") {
            let node = self.or()?;
            self.expect(")")?;
            node
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(node)
    }

    /// A function or a comparison.
    fn primary(&mut self) -> Parsed<Restriction> {
        let start = self.lexer.start();
        let Token::Word(word) = self.lexer.next() else {
            return Err(self.lexer.error(start, "a restriction is expected"));
        };
        if self.lexer.eat("(") {
            if word == "size" {
                return self.size();
            }
            let node = self.function(word, start)?;
            self.expect(")")?;
            return Ok(node);
        }
        let tag = self.tag_of(word, start)?;
        self.comparison(tag)
    }

    /// What stands between the parentheses of `name(…)`.
    fn function(&mut self, name: &str, start: usize) -> Parsed<Restriction> {
        Ok(match name {
            "AND" | "and" => Restriction::And(self.list()?),
            "OR" | "or" => Restriction::Or(self.list()?),
            "exists" => Restriction::Exist { tag: self.tag()? },
            "recipients" => Restriction::Sub {
                object: SubObject::Recipients,
                child: self.child()?,
            },
            "attachments" => Restriction::Sub {
                object: SubObject::Attachments,
                child: self.child()?,
            },
            "sub" => {
                let object = json::object_of(self.tag()?);
                self.expect(",")?;
                Restriction::Sub {
                    object,
                    child: self.child()?,
                }
            }
            "count" => {
                let count = self.number()?;
                self.expect(",")?;
                Restriction::Count {
                    count,
                    child: self.child()?,
                }
            }
            "comment" => {
                let props = self.annotations()?;
                let child = if self.lexer.eat(",") {
                    Some(self.child()?)
                } else {
                    None
                };
                Restriction::Comment { props, child }
            }
            _ => {
                let known = "AND, OR, exists, size, recipients, attachments, sub, count or comment is expected";
                return Err(self
                    .lexer
                    .error(start, format!("no function `{name}`: {known}")));
            }
        })
    }

    fn list(&mut self) -> Parsed<Vec<Restriction>> {
        let mut all = Vec::new();
        if self.lexer.peek() == Token::Sign(")") {
            return Ok(all);
        }
        loop {
            all.push(self.or()?);
            if !self.lexer.eat(",") {
                return Ok(all);
            }
        }
    }

    fn child(&mut self) -> Parsed<Box<Restriction>> {
        self.or().map(Box::new)
    }

    /// `[P = v, …]`
    fn annotations(&mut self) -> Parsed<Vec<(PropTag, PropValue)>> {
        self.expect("[")?;
        let mut props = Vec::new();
        if self.lexer.eat("]") {
            return Ok(props);
        }
        loop {
            let tag = self.tag()?;
            self.expect("=")?;
            props.push((tag, self.value(tag)?));
            if !self.lexer.eat(",") {
                self.expect("]")?;
                return Ok(props);
            }
        }
    }

    /// What follows a property.
    fn comparison(&mut self, tag: PropTag) -> Parsed<Restriction> {
        let start = self.lexer.start();
        let token = self.lexer.next();
        if let Token::Word(word) = token {
            let (kind, fuzzy) = self.match_word(word, start)?;
            let (value, value_tag) = self.constant(tag)?;
            return Ok(Restriction::Content {
                kind,
                fuzzy,
                tag,
                value_tag,
                value,
            });
        }
        if token == Token::Sign("&") {
            return self.bits(tag);
        }
        let op = self.relop(token, start)?;
        if self.lexer.eat("@") {
            return Ok(Restriction::CompareProps {
                op,
                left: tag,
                right: self.tag()?,
            });
        }
        let (value, value_tag) = self.constant(tag)?;
        Ok(Restriction::Property {
            op,
            tag,
            value_tag,
            value,
        })
    }

    fn relop(&self, token: Token<'_>, start: usize) -> Parsed<RelOp> {
        Ok(match token {
            Token::Sign("=") => RelOp::Eq,
            Token::Sign("!=") => RelOp::Ne,
            Token::Sign("<") => RelOp::Lt,
            Token::Sign("<=") => RelOp::Le,
            Token::Sign(">") => RelOp::Gt,
            Token::Sign(">=") => RelOp::Ge,
            Token::Sign("=~") => RelOp::Re,
            _ => return Err(self.lexer.error(start, COMPARISON)),
        })
    }

    /// `contains/i`
    fn match_word(&self, word: &str, start: usize) -> Parsed<(MatchKind, FuzzyLevel)> {
        let (name, flags) = word
            .split_once('/')
            .map_or((word, None), |(n, f)| (n, Some(f)));
        let kind = match name {
            "contains" => MatchKind::Substring,
            "startswith" => MatchKind::Prefix,
            "hasprefix" => MatchKind::WordPrefix,
            "hasphrase" => MatchKind::Phrase,
            "is" => MatchKind::FullString,
            _ => return Err(self.lexer.error(start, COMPARISON)),
        };
        let mut fuzzy = FuzzyLevel::default();
        for (at, flag) in flags.unwrap_or_default().char_indices() {
            match flag {
                'i' => fuzzy.ignore_case = true,
                'n' => fuzzy.ignore_nonspace = true,
                'l' => fuzzy.loose = true,
                _ => {
                    let at = start + name.len() + 1 + at;
                    return Err(self.lexer.error(at, "one of i, n, l is expected"));
                }
            }
        }
        Ok((kind, fuzzy))
    }

    /// After `P &`: `0x10 = 0`
    fn bits(&mut self, tag: PropTag) -> Parsed<Restriction> {
        let mask = self.number()?;
        let op = if self.lexer.eat("!=") {
            BitOp::NonZero
        } else {
            self.expect("=")?;
            BitOp::Zero
        };
        let start = self.lexer.start();
        if self.number()? != 0 {
            return Err(self.lexer.error(start, "0 is expected"));
        }
        Ok(Restriction::Bitmask { op, tag, mask })
    }

    /// After `size(`: `P) > 1000`
    fn size(&mut self) -> Parsed<Restriction> {
        let tag = self.tag()?;
        self.expect(")")?;
        let start = self.lexer.start();
        let token = self.lexer.next();
        let op = self.relop(token, start)?;
        Ok(Restriction::Size {
            op,
            tag,
            size: self.number()?,
        })
    }

    fn number(&mut self) -> Parsed<u32> {
        let start = self.lexer.start();
        let Token::Word(word) = self.lexer.next() else {
            return Err(self.lexer.error(start, "a number is expected"));
        };
        let number = match word.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => word.parse(),
        };
        number.map_err(|_| self.lexer.error(start, "a number of 32 bits is expected"))
    }

    /// A value, and the tag that it comes with.
    fn constant(&mut self, tag: PropTag) -> Parsed<(PropValue, PropTag)> {
        let value = self.value(tag)?;
        let value_tag = if self.word_is("as") {
            self.lexer.next();
            self.tag()?
        } else {
            value.tag(tag.id())
        };
        Ok((value, value_tag))
    }

    fn value(&mut self, tag: PropTag) -> Parsed<PropValue> {
        let start = self.lexer.start();
        if let Token::Word(word) = self.lexer.peek()
            && let Some((name, _)) = word.split_once(':')
            && let Some(ty) = PropType::from_name(name)
        {
            self.lexer.skip(name.len() + 1);
            return self.typed(ty, start);
        }
        match self.lexer.peek() {
            Token::Json | Token::Sign("[") => {
                let Some(value) = self.lexer.json() else {
                    return Err(self
                        .lexer
                        .error(start, "this text or array does not end, or is no JSON"));
                };
                let ty = json::constant_type(tag, &value).unwrap_or_default();
                self.checked(json::parse_value(ty, &value), start)
            }
            Token::Word(word) => {
                self.lexer.next();
                let ty = tag.ty().without_instance();
                self.plain(if ty.is_multi() { ty.single() } else { ty }, word, start)
            }
            _ => Err(self.lexer.error(start, "a value is expected")),
        }
    }

    /// After `PT_LONG:`
    fn typed(&mut self, ty: PropType, start: usize) -> Parsed<PropValue> {
        match self.lexer.peek() {
            Token::Json | Token::Sign("[") => {
                let Some(value) = self.lexer.json() else {
                    return Err(self
                        .lexer
                        .error(start, "this text or array does not end, or is no JSON"));
                };
                self.checked(json::parse_value(ty, &value), start)
            }
            Token::Word(word) => {
                self.lexer.next();
                self.plain(ty, word, start)
            }
            _ => Err(self.lexer.error(start, "a value is expected")),
        }
    }

    /// A word: JSON if it is some of that type, else text.
    fn plain(&self, ty: PropType, word: &str, start: usize) -> Parsed<PropValue> {
        let value = serde_json::from_str::<Value>(word).ok();
        match value.and_then(|v| json::parse_value(ty, &v).ok()) {
            Some(value) => Ok(value),
            None => self.checked(text::parse_value(ty, word), start),
        }
    }

    fn checked<E: std::fmt::Display>(
        &self,
        value: Result<PropValue, E>,
        start: usize,
    ) -> Parsed<PropValue> {
        value.map_err(|e| self.lexer.error(start, e.to_string()))
    }

    fn tag(&mut self) -> Parsed<PropTag> {
        let start = self.lexer.start();
        match self.lexer.next() {
            Token::Word(word) => self.tag_of(word, start),
            _ => Err(self.lexer.error(start, "a property is expected")),
        }
    }

    fn tag_of(&self, word: &str, start: usize) -> Parsed<PropTag> {
        parse_local_tag(word, self.names).map_err(|e| self.lexer.error(start, e.to_string()))
    }

    /// Whether the next word is this keyword, in capitals or small letters.
    fn word_is(&mut self, keyword: &str) -> bool {
        matches!(self.lexer.peek(), Token::Word(w) if w.eq_ignore_ascii_case(keyword))
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.lexer.eat(sign) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{sign}`")))
        }
    }

    fn unexpected(&mut self, expected: &str) -> ExpressionError {
        let start = self.lexer.start();
        let found = match self.lexer.peek() {
            Token::Word(word) => format!("`{word}`"),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::Odd(c) => format!("`{c}`"),
            Token::Json => "a text".to_owned(),
            Token::End => "the end".to_owned(),
        };
        self.lexer
            .error(start, format!("{expected} is expected, not {found}"))
    }

    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        // A level of the restriction passes three of the grammar: OR, AND, NOT.
        if self.depth > 3 * MAX_DEPTH {
            let start = self.lexer.start();
            return Err(self.lexer.error(start, "nested too deep"));
        }
        Ok(())
    }
}

const COMPARISON: &str =
    "a comparison is expected: = != < <= > >= =~ & contains startswith is hasphrase hasprefix";
