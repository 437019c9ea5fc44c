//! What is wrong with a query, in the words of the reader.

use std::fmt::Display;

use mapi::query::Problem;

use crate::messages::{Lang, Msg};

/// What is wrong, and what to do about it.
pub(super) fn say(problem: &Problem, lang: Lang) -> (String, Option<String>) {
    let meant = |name: &dyn Display| Some(lang.say(Msg::QueryDidYouMean, &[name]));
    let (msg, parts, hint): (Msg, Vec<&dyn Display>, Option<String>) = match problem {
        Problem::Empty => {
            let hint = lang.text(Msg::QueryEmptyHint).to_owned();
            (Msg::QueryEmpty, vec![], Some(hint))
        }
        Problem::UnknownField { name, suggestion } => {
            let hint = match suggestion {
                Some(field) => meant(&format!("{field}:")),
                None => Some(lang.text(Msg::QueryQuoteHint).to_owned()),
            };
            (Msg::QueryUnknownField, vec![name], hint)
        }
        Problem::UnknownValue {
            field,
            value,
            suggestion,
            known,
        } => {
            let hint = match suggestion {
                Some(value) => meant(&format!("{field}:{value}")),
                None => Some(lang.say(Msg::QueryKnownValues, &[&known.join(", ")])),
            };
            (Msg::QueryUnknownValue, vec![field, value], hint)
        }
        Problem::MissingValue { field } => (Msg::QueryMissingValue, vec![field], None),
        Problem::FieldInField { outer, inner } => {
            (Msg::QueryFieldInField, vec![outer, inner], None)
        }
        Problem::BadDate { value } => {
            let hint = lang.text(Msg::QueryBadDateHint).to_owned();
            (Msg::QueryBadDate, vec![value], Some(hint))
        }
        Problem::RangeNotHere { field } => (Msg::QueryRangeNotHere, vec![field], None),
        Problem::BadSize { value } => {
            let hint = lang.text(Msg::QueryBadSizeHint).to_owned();
            (Msg::QueryBadSize, vec![value], Some(hint))
        }
        Problem::StarInside => (Msg::QueryStarInside, vec![], None),
        Problem::NoWords { text } => (Msg::QueryNoWords, vec![text], None),
        Problem::MissingOperand { operator } => (Msg::QueryMissingOperand, vec![operator], None),
        Problem::OpenQuote => (Msg::QueryOpenQuote, vec![], None),
        Problem::OpenParenthesis => (Msg::QueryOpenParenthesis, vec![], None),
        Problem::StrayParenthesis => (Msg::QueryStrayParenthesis, vec![], None),
        Problem::EmptyParentheses => (Msg::QueryEmptyParentheses, vec![], None),
        Problem::TooDeep => (Msg::QueryTooDeep, vec![], None),
        Problem::TooLong => (Msg::QueryTooLong, vec![], None),
        // A newer library may know more.
        other => return (other.to_string(), None),
    };
    (lang.say(msg, &parts), hint)
}
