//! Columns, queries, restrictions and orders as they are written on the command line.

mod problem;

use malle_views::{StoreNames, property_name};
use mapi::query::{Calendar, Query, QueryError, Unresolved, parse};
use mapi::{PropTag, Restriction, SortOrderSet};
use mapi_props::names::{NameMap, parse_local_tag};
use mapi_props::{json, text};

use crate::app::App;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;

impl App {
    /// A property by any of its names.
    pub(crate) fn property(&self, written: &str, names: &StoreNames<'_>) -> Outcome<PropTag> {
        parse_local_tag(written.trim(), names).map_err(|e| {
            self.fail(
                Exit::Usage,
                "bad-property",
                Msg::BadProperty,
                &[&written, &e],
            )
        })
    }

    /// Columns with the names that they are shown under.
    pub(crate) fn columns(
        &self,
        written: &[String],
        names: &StoreNames<'_>,
    ) -> Outcome<Vec<(PropTag, String)>> {
        let mut columns = Vec::new();
        for one in written.iter().filter(|one| !one.trim().is_empty()) {
            let tag = self.property(one, names)?;
            let named = names.name_of(tag.id()).filter(|_| tag.is_named());
            let name = property_name(tag, named.as_ref()).unwrap_or_else(|| one.trim().to_owned());
            columns.push((tag, name));
        }
        Ok(columns)
    }

    /// A query as people write it.
    pub(crate) fn query(&self, written: &str) -> Outcome<Query> {
        parse(written).map_err(|e| self.bad_query(&e))
    }

    fn bad_query(&self, error: &QueryError) -> Failure {
        let (said, hint) = problem::say(&error.problem, self.output.lang);
        let parts: [&dyn std::fmt::Display; 2] = [&error.column, &said];
        let failure = self.fail(Exit::Usage, "bad-query", Msg::BadQuery, &parts);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }

    /// Shows the calendar of this machine's zone.
    pub(crate) fn with_calendar<T>(&self, body: impl FnOnce(&Calendar<'_>) -> T) -> T {
        let zone = self.output.zone();
        let start_of = |day| crate::text::start_of(day, zone);
        body(&Calendar::new(crate::text::today(zone), &start_of))
    }

    /// A query that names something which is not there, or that has no meaning here.
    pub(crate) fn unresolved(&self, error: &mapi::Error) -> Failure {
        let cause = std::error::Error::source(error);
        match cause.and_then(|cause| cause.downcast_ref()) {
            Some(Unresolved::Folder(path)) => self.unknown_folder(path),
            Some(Unresolved::Message(id)) => self.fail(Exit::Usage, "bad-id", Msg::NotAnId, &[id]),
            None => self.failure(error),
        }
    }

    /// A restriction: JSON if it begins as JSON does, else text.
    pub(crate) fn restriction(
        &self,
        written: &str,
        names: &StoreNames<'_>,
    ) -> Outcome<Restriction> {
        let bad = |why: &dyn std::fmt::Display| -> Failure {
            self.fail(Exit::Usage, "bad-restriction", Msg::BadRestriction, &[&why])
        };
        if written.trim_start().starts_with('{') {
            let value = serde_json::from_str(written).map_err(|e| bad(&e))?;
            return json::parse_restriction(&value, names).map_err(|e| bad(&e));
        }
        text::parse_restriction(written, names).map_err(|e| bad(&e))
    }

    /// A sort order: names, `-` before one that descends.
    pub(crate) fn sort_order(
        &self,
        written: &[String],
        names: &StoreNames<'_>,
    ) -> Outcome<SortOrderSet> {
        let written = written.join(",");
        text::parse_sort_order(&written, names).map_err(|e| {
            self.fail(
                Exit::Usage,
                "bad-property",
                Msg::BadProperty,
                &[&written, &e],
            )
        })
    }
}
