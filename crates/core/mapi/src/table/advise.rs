//! Being told what happens to the rows of a table.
//! Reference: "IMAPITable::Advise" (requirements TAB-24, NT-06)

use std::sync::{Arc, Mutex, PoisonError, Weak};

use mapi_props::Code;
use mapi_spi::{Anchor, Error, ItemId, Page, Result};

use super::asynchronous::TableWork;
use super::live::LiveTable;
use super::{Spec, State, Table};
use crate::advise::{Dispatcher, Hub, Runs, Subscription};
use crate::{Connection, EventMask, Listener, Sink, TableEvent};

/// How often rows may change while they are read, before that is given up.
const TRIES: u32 = 8;

/// How a table learns that its rows may have changed.
#[derive(Debug, Clone)]
pub(crate) enum Feed {
    /// From the change log of its store.
    Log(Arc<Hub>),
    /// From the program that makes the rows.
    Bell(Arc<Bell>),
}

impl Feed {
    fn dispatcher(&self) -> &Arc<Dispatcher> {
        match self {
            Self::Log(hub) => &hub.dispatcher,
            Self::Bell(bell) => &bell.dispatcher,
        }
    }

    fn hub(&self) -> Weak<Hub> {
        match self {
            Self::Log(hub) => Arc::downgrade(hub),
            Self::Bell(_) => Weak::new(),
        }
    }
}

/// Rung when rows that a program makes have changed: tables over them look again.
#[derive(Debug)]
pub(crate) struct Bell {
    tables: Mutex<Vec<Weak<LiveTable>>>,
    dispatcher: Arc<Dispatcher>,
}

impl Bell {
    pub(crate) fn new(dispatcher: Arc<Dispatcher>) -> Self {
        Self {
            tables: Mutex::default(),
            dispatcher,
        }
    }

    /// Rows may have changed. Called under no lock that making the rows needs.
    pub(crate) fn ring(&self) {
        self.tell(LiveTable::look_again);
    }

    /// The program calls a row changed, whether it is or not.
    pub(super) fn ring_for(&self, item: ItemId) {
        self.tell(|table| table.touch(item));
    }

    fn tell(&self, what: impl Fn(&LiveTable)) {
        let tables = alive(&mut self.tables.lock().unwrap_or_else(PoisonError::into_inner));
        for table in tables {
            what(&table);
            self.dispatcher.ring(&table.subscription);
        }
    }
}

impl State {
    /// The view is the one of the spec from now on.
    pub(super) fn view_changed(&mut self) {
        self.followers.switch(&self.spec);
    }

    /// Rows are going to be read; with them begins what these are told.
    pub(super) fn begin_reading(&mut self) -> Beginners {
        self.read = true;
        self.followers.without_rows()
    }
}

/// Registrations whose sinks know no rows that are still true.
pub(super) type Beginners = Vec<(Arc<LiveTable>, Arc<Hub>)>;

/// The registrations of one table, which must learn when its view becomes another one.
#[derive(Debug, Default)]
pub(super) struct Followers {
    all: Vec<(Weak<LiveTable>, Feed)>,
}

impl Followers {
    /// The view is this one from now on; what happened before is told of the one before.
    fn switch(&mut self, spec: &Spec) {
        for (table, feed) in self.tables() {
            match feed {
                Feed::Log(hub) => hub.switch(&table, spec),
                Feed::Bell(_) => {
                    table.switch(spec, None, false);
                }
            }
        }
    }

    /// The rows that were read are not those of the view any more; whoever has them reads them anew.
    pub(super) fn rows_are_void(&mut self) {
        for (table, _) in self.tables() {
            table.subscription.rows_are_void();
        }
    }

    /// Those whose sinks know no rows that are still true: what they are told begins with what is read next.
    fn without_rows(&mut self) -> Beginners {
        let tables = self.tables().into_iter();
        let without = |(table, feed): (Arc<LiveTable>, Feed)| match feed {
            Feed::Log(hub) if table.subscription.knows_no_rows() => Some((table, hub)),
            _ => None,
        };
        tables.filter_map(without).collect()
    }

    /// Work in the background has ended.
    pub(super) fn done(&mut self, work: TableWork, error: Option<Code>) {
        let event = match work {
            TableWork::Sorting => TableEvent::SortDone,
            TableWork::Restricting => TableEvent::RestrictDone,
            TableWork::SettingColumns => TableEvent::SetColumnsDone,
            _ => return,
        };
        for (table, feed) in self.tables() {
            table.done(event, error);
            feed.dispatcher().ring(&table.subscription);
        }
    }

    fn tables(&mut self) -> Vec<(Arc<LiveTable>, Feed)> {
        self.all.retain(|(table, _)| table.strong_count() > 0);
        let tables = self.all.iter();
        let alive =
            |(table, feed): &(Weak<LiveTable>, Feed)| Some((table.upgrade()?, feed.clone()));
        tables.filter_map(alive).collect()
    }
}

impl Drop for Followers {
    fn drop(&mut self) {
        for (table, _) in self.tables() {
            table.subscription.close();
        }
    }
}

impl Table {
    /// Tells a sink from now on what happens to the rows of the view: see [`TableEvent`]. What is filtered out or collapsed
    /// is not told. Setting columns, filter or order is told only when it was done in the background; the events after it are of
    /// the new view. It ends with the table.
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` for any mask but [`EventMask::TABLE_MODIFIED`], and for a kind of table that tells nothing;
    /// `MAPI_E_BUSY`; those of the store.
    pub fn advise(&self, mask: EventMask, sink: &Sink) -> Result<Connection> {
        let connection = self.feed(mask).and_then(|feed| {
            let subscription = sink.subscribe(mask, feed.dispatcher(), feed.hub());
            let connection = Connection::new(Arc::clone(&subscription), self.maker());
            let table = self.register(&feed, &subscription)?;
            Ok(connection.holding(table))
        });
        self.errors.track(connection)
    }

    /// The same without a sink: the program takes the notifications itself.
    ///
    /// # Errors
    /// Those of [`Self::advise`].
    pub fn listen(&self) -> Result<Listener> {
        let listener = self.feed(EventMask::TABLE_MODIFIED).and_then(|feed| {
            let (mask, hub) = (EventMask::TABLE_MODIFIED, feed.hub());
            let subscription = Arc::new(Subscription::new(mask, Runs::Nowhere, None, hub.clone()));
            let listener = Listener::new(Arc::clone(&subscription), hub, self.source.call());
            let table = self.register(&feed, &subscription)?;
            Ok(listener.holding(table))
        });
        self.errors.track(listener)
    }

    /// Ends a registration made with this table; see [`Connection`].
    ///
    /// # Errors
    /// `MAPI_E_INVALID_PARAMETER` if it was made with another object; it is ended all the same.
    pub fn unadvise(&self, connection: Connection) -> Result<()> {
        self.errors.track(connection.end(self.maker()))
    }

    fn maker(&self) -> usize {
        Arc::as_ptr(&self.shared).addr()
    }

    /// Reads rows; what is told to `beginners` begins with them.
    pub(super) fn page(
        &self,
        spec: &Spec,
        from: &Anchor,
        count: i64,
        beginners: &Beginners,
    ) -> Result<Page> {
        let mut page = self.source.page(spec, from, count)?;
        for tried in 0.. {
            let mut begun = true;
            for (table, hub) in beginners {
                begun &= hub.begin_with(table, page.seq)?;
            }
            if begun {
                break;
            }
            if tried == TRIES {
                // Too much goes on. They know no more than that.
                beginners.iter().for_each(|(table, _)| table.is_void());
                break;
            }
            page = self.source.page(spec, from, count)?;
        }
        Ok(page)
    }

    fn feed(&self, mask: EventMask) -> Result<Feed> {
        let feed = self.source.feed()?;
        if mask != EventMask::TABLE_MODIFIED {
            let detail = "tables tell of fnevTableModified and of nothing else";
            return Err(Error::new(Code::NO_SUPPORT, detail));
        }
        feed.ok_or_else(|| {
            let detail = "this kind of table tells nothing";
            Error::new(Code::NO_SUPPORT, detail)
        })
    }

    fn register(&self, feed: &Feed, subscription: &Arc<Subscription>) -> Result<Arc<LiveTable>> {
        let mut state = self.ready()?;
        let spec = state.spec.clone();
        if !state.read {
            subscription.rows_are_void();
        }
        let open = || LiveTable::open(Arc::clone(subscription), &self.source, self.width, spec);
        self.source.registered(subscription);
        let table = match feed {
            Feed::Log(hub) => hub.enter_table(subscription, open)?,
            Feed::Bell(bell) => {
                let table = open()?;
                feed.dispatcher().enter(subscription);
                let mut tables = bell.tables.lock().unwrap_or_else(PoisonError::into_inner);
                tables.push(Arc::downgrade(&table));
                drop(tables);
                table
            }
        };
        state
            .followers
            .all
            .push((Arc::downgrade(&table), feed.clone()));
        Ok(table)
    }
}

fn alive(tables: &mut Vec<Weak<LiveTable>>) -> Vec<Arc<LiveTable>> {
    tables.retain(|t| t.strong_count() > 0);
    tables.iter().filter_map(Weak::upgrade).collect()
}
