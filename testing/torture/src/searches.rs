//! Search folders of a world: what they look for, and whether they show exactly that.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use testkit::Chance;

use crate::world::{Found, Places, World};

/// The search folder that no command changes, so that it can be watched.
pub(crate) const WATCHED: &str = "Watched";

/// What search folders may look for, as the store prints it.
const QUERIES: [&str; 7] = [
    "is:unread",
    "is:read",
    "subject:torture",
    "subject:torture is:unread",
    "larger:10k",
    "has:attachment",
    "from:s1*",
];

/// Search folders by name, with their queries.
pub(crate) type Searches = BTreeMap<String, String>;

/// What a command does to search folders.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) kind: &'static str,
    name: String,
    /// None after a deletion.
    query: Option<String>,
}

impl Change {
    /// Makes, changes or deletes one of `most` search folders. Those of odd numbers look into the Inbox only.
    pub(crate) fn choose(searches: &Searches, most: usize, chance: &mut Chance) -> Self {
        let name = format!("Search{}", chance.in_range(0..most.max(1)));
        let query = QUERIES.get(chance.in_range(0..QUERIES.len()));
        let query = query.map(|q| (*q).to_owned());
        match (searches.contains_key(&name), chance.percent(30)) {
            (false, _) => Self::of("search-create", name, query),
            (true, false) => Self::of("search-edit", name, query),
            (true, true) => Self::of("search-delete", name, None),
        }
    }

    const fn of(kind: &'static str, name: String, query: Option<String>) -> Self {
        Self { kind, name, query }
    }

    /// The command.
    pub(crate) fn args(&self) -> Vec<String> {
        let (verb, more) = match (self.kind, &self.query) {
            ("search-create", Some(query)) => ("create", vec![query.as_str()]),
            ("search-edit", Some(query)) => ("edit", vec!["--query", query]),
            _ => ("delete", vec![]),
        };
        let mut args = vec!["search-folder", verb];
        if verb == "create" && scope(&self.name).is_some() {
            args.extend(["--in", "Inbox"]);
        }
        args.push(&self.name);
        args.extend(more);
        args.into_iter().map(str::to_owned).collect()
    }

    /// Search folders as they are when it is done.
    pub(crate) fn apply(&self, searches: &mut Searches) {
        match &self.query {
            Some(query) => drop(searches.insert(self.name.clone(), query.clone())),
            None => drop(searches.remove(&self.name)),
        }
    }

    /// All search folders are as before, but this one may be as asked; it must be if the command was not killed.
    pub(crate) fn judge(&self, before: &Searches, after: &Searches, killed: bool) -> Result<()> {
        let mut asked = before.clone();
        self.apply(&mut asked);
        ensure!(
            *after == asked || (killed && after == before),
            "search folders are neither as before nor as asked: {before:?} → {after:?}, {self:?}"
        );
        Ok(())
    }
}

/// Where the search folder of this name looks; `None`: everywhere.
fn scope(name: &str) -> Option<&'static str> {
    let number = name.strip_prefix("Search")?.parse::<usize>().ok()?;
    (number % 2 == 1).then_some("Inbox")
}

impl World {
    /// Makes a search folder over everything.
    pub(crate) fn search(&self, name: &str, query: &str) -> Result<()> {
        self.done(&["search-folder", "create", name, query])
    }

    /// Every search folder shows what a fresh search finds, and counts that. What a kill interrupted goes on first.
    pub(crate) fn examine_searches(&self, places: &Places) -> Result<Searches> {
        let mut searches = Searches::new();
        for line in self.search_folders()? {
            let name = name_of(&line)?;
            let line = match text(&line, "state")? {
                "running" => line,
                "filling" => self.gone_on(&name)?,
                // It was made, but nobody could say any more what it looks for.
                "unset" => {
                    self.done(&["search-folder", "delete", &name])?;
                    continue;
                }
                state => bail!("search folder {name} is {state}"),
            };
            let query = text(&line, "query")?.to_owned();
            self.examine_search(&name, &query, &line, places)
                .with_context(|| format!("search folder {name}: {query}"))?;
            searches.insert(name, query);
        }
        Ok(searches)
    }

    fn search_folders(&self) -> Result<Vec<Value>> {
        let list = self.json(&["search-folder", "list"])?;
        Ok(list.as_array().context("an array")?.clone())
    }

    fn gone_on(&self, name: &str) -> Result<Value> {
        self.done(&["search-folder", "edit", name])?;
        let line = self.json(&["search-folder", "show", name])?;
        ensure!(
            text(&line, "state")? == "running",
            "{name} is not filled: {line}"
        );
        Ok(line)
    }

    fn examine_search(&self, name: &str, query: &str, line: &Value, places: &Places) -> Result<()> {
        let shown = self.rows(name)?;
        let mut found = vec!["search", query, "--snippets=never", "--limit", "1000000"];
        if let Some(folder) = scope(name) {
            found.extend(["--folder", folder]);
        }
        let found = self.json(&found)?;
        let found = ids(found.as_array().context("an array")?)?;
        let ids = ids(&shown)?;
        ensure!(
            ids == found,
            "it shows {ids:?}, but a search finds {found:?}"
        );
        if let Some(matches) = told_by_places(query) {
            let here = |f: &&Found| scope(name).is_none_or(|folder| f.folder == folder);
            let wanted = places.values().filter(here).filter(|f| matches(f));
            let wanted: BTreeSet<_> = wanted.map(|f| f.id.clone()).collect();
            ensure!(ids == wanted, "it shows {ids:?} where {wanted:?} match");
        }
        let unread = |row: &&Value| row.get("read") == Some(&Value::Bool(false));
        let counts = (shown.len(), shown.iter().filter(unread).count());
        let count = |name: &str| line.get(name).and_then(Value::as_u64);
        ensure!(
            (count("messages"), count("unread")) == (Some(counts.0 as u64), Some(counts.1 as u64)),
            "it shows {counts:?} and says {line}"
        );
        Ok(())
    }
}

/// Whether a message matches, where that can be said without the store.
fn told_by_places(query: &str) -> Option<fn(&Found) -> bool> {
    match query {
        "is:unread" | "subject:torture is:unread" => Some(|f| !f.read),
        "is:read" => Some(|f| f.read),
        "subject:torture" => Some(|_| true),
        _ => None,
    }
}

/// The ids of rows, each once.
fn ids(rows: &[Value]) -> Result<BTreeSet<String>> {
    let mut ids = BTreeSet::new();
    for row in rows {
        let id = text(row, "id")?;
        ensure!(ids.insert(id.to_owned()), "{id} is shown twice");
    }
    Ok(ids)
}

fn name_of(line: &Value) -> Result<String> {
    let path = text(line, "path")?;
    Ok(path.rsplit('/').next().unwrap_or(path).to_owned())
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str> {
    let text = value.get(name).and_then(Value::as_str);
    text.with_context(|| format!("no {name} in {value}"))
}
