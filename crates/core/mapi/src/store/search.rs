//! Searching a store: words, people, dates and any other restriction, over its folders.
//! Reference: [MS-OXCFOLD] 3.1.4.4 says what a search finds; the query language is `mapi_query::language`.

use std::cell::RefCell;
use std::ops::ControlFlow;

use mapi_props::{Code, PropTag, Restriction, SortColumn, SortOrderSet};
use mapi_query::language::{Calendar, Places, Query, Unresolved};
use mapi_spi::{Depth, Error, FolderKind, ItemId, ItemKind, QueryPlan, Result, RowSet};

use super::MsgStore;
use crate::{Folder, OpenFlags, ShortId, Table, TableBuilder};

/// A search about to be made. Where nothing else is said: in the IPM subtree with everything below it (Deleted Items too),
/// newest first.
///
/// ```
/// # fn show(store: &mapi::MsgStore) -> mapi::Result<()> {
/// use mapi::{FuzzyLevel, MatchKind, Restriction, SortColumn, columns, tags};
///
/// let budget = Restriction::content(tags::SUBJECT, MatchKind::Phrase, "annual budget");
/// let search = store.search(budget).within(&store.folder("Archive")?);
/// let found = search.columns(columns![tags::SUBJECT]).open()?;
/// let newest = found.query_rows(50)?;
/// let next = found.query_rows(50)?;
/// # drop((newest, next)); Ok(()) }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Search {
    store: MsgStore,
    folder: Option<Folder>,
    restriction: Option<Restriction>,
    columns: Option<Vec<PropTag>>,
    order: SortOrderSet,
}

impl MsgStore {
    /// A search for messages that match; `None`: for all. Restrictions with [`MatchKind::Phrase`](crate::MatchKind::Phrase)
    /// and [`MatchKind::WordPrefix`](crate::MatchKind::WordPrefix) on what `mapi_query::fields` lists are found from the
    /// store's full-text index, if it has one.
    pub fn search(&self, restriction: impl Into<Option<Restriction>>) -> Search {
        Search {
            store: self.clone(),
            folder: None,
            restriction: restriction.into(),
            columns: None,
            order: SortOrderSet::default(),
        }
    }

    /// A search for what a query of people asks for. The calendar says what its dates are.
    ///
    /// ```
    /// # fn show(store: &mapi::MsgStore, now: mapi::FileTime) -> Result<(), Box<dyn std::error::Error>> {
    /// use mapi::query::{Calendar, parse};
    ///
    /// let query = parse("from:ann budget in:Archive after:3m")?;
    /// let found = store.search_for(&query, &Calendar::utc(now))?.open()?;
    /// # drop(found); Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for a folder or message that it names and that is not there (the cause is an [`Unresolved`]);
    /// `MAPI_E_NO_SUPPORT` for a search folder that is not the one place to search in.
    pub fn search_for(&self, query: &Query, calendar: &Calendar<'_>) -> Result<Search> {
        self.errors.track(self.asked(query, calendar))
    }

    fn asked(&self, query: &Query, calendar: &Calendar<'_>) -> Result<Search> {
        let (folder, rest) = match query.within() {
            Some((path, rest)) => (Some(self.folder_named(&path)?), rest),
            None => (None, query.clone()),
        };
        let restriction = self.restriction_of(&rest, calendar)?;
        Ok(Search {
            folder,
            ..self.search(restriction)
        })
    }

    /// The restriction that a query is in this store, for tables of single folders.
    ///
    /// # Errors
    /// As [`Self::search_for`].
    pub fn restriction_of(&self, query: &Query, calendar: &Calendar<'_>) -> Result<Restriction> {
        let places = StorePlaces {
            store: self,
            failure: RefCell::default(),
        };
        query
            .restriction(calendar, &places)
            .map_err(|missing| places.failure.take().unwrap_or_else(|| not_there(missing)))
    }

    /// A folder by its path, its role or its id.
    fn folder_named(&self, name: &str) -> Result<Folder> {
        match self.walk(name) {
            Err(e) if e.code() == Code::NOT_FOUND => {
                let id = self.own_id(name).ok_or_else(|| no_folder(name))?;
                let folder = Folder::open(&self.context, id, OpenFlags::BEST_ACCESS);
                folder.map_err(|e| match e.code() {
                    Code::NOT_FOUND => no_folder(name),
                    _ => e,
                })
            }
            found => found,
        }
    }

    /// The item behind an id of this store.
    fn own_id(&self, text: &str) -> Option<ItemId> {
        let id: ShortId = text.parse().ok()?;
        (id.store == self.letter()).then_some(id.item)
    }

    /// A folder and the ordinary ones below it.
    fn with_all_below(&self, folder: &Folder) -> Result<Vec<ItemId>> {
        let mut found = vec![folder.item()];
        if folder.kind() == FolderKind::Search {
            let detail = "a search folder can only be the one place to search in";
            return Err(Error::new(Code::NO_SUPPORT, detail));
        }
        let below = RowSet::Hierarchy {
            depth: Depth::All,
            deleted: false,
        };
        let call = &self.context.call;
        self.context
            .spi()?
            .scan(folder.item(), below, call, &mut |row| {
                if row.meta.kind != ItemKind::Folder(FolderKind::Search) {
                    found.push(row.meta.id);
                }
                ControlFlow::Continue(())
            })?;
        Ok(found)
    }
}

fn no_folder(path: &str) -> Error {
    not_there(Unresolved::Folder(path.to_owned()))
}

fn not_there(missing: Unresolved) -> Error {
    Error::caused(Code::NOT_FOUND, missing.to_string(), missing)
}

/// What queries name in a store.
struct StorePlaces<'a> {
    store: &'a MsgStore,
    /// Why something could not be looked up.
    failure: RefCell<Option<Error>>,
}

impl Places for StorePlaces<'_> {
    fn folders(&self, path: &str) -> Option<Vec<Vec<u8>>> {
        let found = self.store.folder_named(path);
        let found = found.and_then(|folder| self.store.with_all_below(&folder));
        let id = |item| self.store.context.entry_id(true, item).as_bytes().to_vec();
        match found {
            Ok(items) => Some(items.into_iter().map(id).collect()),
            Err(e) => {
                self.failure.replace(Some(e));
                None
            }
        }
    }

    fn message(&self, id: &str) -> Option<Vec<u8>> {
        let item = self.store.own_id(id)?;
        Some(self.store.context.entry_id(false, item).as_bytes().to_vec())
    }
}

impl Search {
    /// Only in this folder and those below it; of a search folder, in what it has found.
    pub fn within(mut self, folder: &Folder) -> Self {
        self.folder = Some(folder.clone());
        self
    }

    /// Only messages that match this too.
    pub fn also(mut self, restriction: Restriction) -> Self {
        self.restriction = Some(match self.restriction {
            Some(before) => Restriction::And(vec![before, restriction]),
            None => restriction,
        });
        self
    }

    /// The cells of a row, in order; see [`crate::columns!`].
    pub fn columns(mut self, columns: impl IntoIterator<Item = PropTag>) -> Self {
        self.columns = Some(columns.into_iter().collect());
        self
    }

    /// By these keys, the most significant first, instead of newest first.
    pub fn sort(self, keys: impl IntoIterator<Item = SortColumn>) -> Self {
        self.order(SortOrderSet::by(keys))
    }

    /// By this order instead of newest first.
    pub fn order(mut self, order: SortOrderSet) -> Self {
        self.order = order;
        self
    }

    /// What messages must match; `None`: all do.
    #[must_use]
    pub const fn restriction(&self) -> Option<&Restriction> {
        self.restriction.as_ref()
    }

    /// The folder that is searched with all below it.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` in a store without an IPM subtree.
    pub fn folder(&self) -> Result<Folder> {
        match &self.folder {
            Some(folder) => Ok(folder.clone()),
            None => self.store.ipm_subtree(),
        }
    }

    /// The messages found, as a table: reads only as many as it is asked for, and its cursor goes on where it stood,
    /// whatever comes and goes meanwhile.
    ///
    /// # Errors
    /// `MAPI_E_TOO_COMPLEX` for a restriction without meaning; those of [`Self::folder`].
    pub fn open(&self) -> Result<Table> {
        self.table()?.open()
    }

    /// How many messages are found.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn count(&self) -> Result<u64> {
        self.open()?.row_count()
    }

    /// How the store will find them.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn explain(&self) -> Result<QueryPlan> {
        self.table()?.explain()
    }

    fn table(&self) -> Result<TableBuilder> {
        let table = self.folder()?.deep_contents();
        let table = match &self.columns {
            Some(columns) => table.columns(columns.clone()),
            None => table,
        };
        Ok(table
            .restrict(self.restriction.clone())
            .order(self.order.clone()))
    }
}
