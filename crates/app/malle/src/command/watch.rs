//! `malle watch`: what happens in a store, while it happens.
//!
//! One registration with the library, taken on this thread: the store's change log is the queue, so a reader that is slow
//! costs no memory and is told that events are lost.

mod event;
mod files;
mod objects;
mod rows;

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use malle_host::interruptible;
use mapi::{Call, CancelToken, Listener, Notification};
use mapi_props::Code;

use crate::app::App;
use crate::args::{EventName, WatchArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;

use event::Event;
use files::Guard;
use objects::Objects;
use rows::Rows;

/// How long it waits at a time where nothing ends it: Ctrl-C ends the wait itself.
const LONG: Duration = Duration::from_secs(3600);
/// How long it leaves a list alone that cannot be read.
const PAUSE: Duration = Duration::from_secs(1);

/// Why watching goes no further.
enum End {
    /// Somebody asked for it, or the time is over.
    Asked,
    /// As many events as were asked for.
    Counted,
    /// Nobody reads the output any more.
    Unread,
    /// The store's file is another one: it must be opened anew.
    Exchanged,
}

pub(super) fn run(app: &App, args: &WatchArgs) -> Outcome<Exit> {
    check(app, args)?;
    let mut watch = Watch {
        app,
        only: &args.only,
        stop: interruptible(),
        exchanged: CancelToken::default(),
        end: args.time.and_then(|t| Instant::now().checked_add(t)),
        left: args.count,
        again: false,
    };
    loop {
        match watch.once(args) {
            Ok(ControlFlow::Break(End::Exchanged)) => watch.again = true,
            Ok(ControlFlow::Break(end)) => return watch.ended(&end, args),
            Ok(ControlFlow::Continue(())) => return Ok(Exit::Ok),
            // What was watched may not be there at once, while a backup is put in the store's place.
            Err(failure) if !watch.again || failure.exit == Exit::NotFound => return Err(failure),
            Err(_) => {
                if let ControlFlow::Break(end) = watch.pause() {
                    return watch.ended(&end, args);
                }
            }
        }
    }
}

/// Kinds of events that the watched thing has.
fn check(app: &App, args: &WatchArgs) -> Outcome<()> {
    let of_rows = args.table.is_some();
    let strange = |kind: &&EventName| {
        kind.is_of_rows() != of_rows && !matches!(kind, EventName::CriticalError)
    };
    match args.only.iter().find(strange) {
        Some(kind) => Err(app.fail(Exit::Usage, "usage", Msg::NoSuchEvent, &[&kind.word()])),
        None => Ok(()),
    }
}

/// One run: when it ends, and what it shows.
struct Watch<'a> {
    app: &'a App,
    only: &'a [EventName],
    stop: CancelToken,
    end: Option<Instant>,
    /// Set when the store must be opened anew.
    exchanged: CancelToken,
    /// Events that are still to come.
    left: Option<u64>,
    /// Something was watched before.
    again: bool,
}

type Going = Outcome<ControlFlow<End>>;

impl Watch<'_> {
    /// Watches until it ends, with a session of its own.
    fn once(&mut self, args: &WatchArgs) -> Going {
        let app = self.app.reading();
        let guard = Guard::over(&app, &self.stop)?;
        self.exchanged = guard.exchanged.clone();
        match &args.table {
            Some(folder) => self.rows(&Rows::new(&app, args, folder)?, args),
            None => self.objects(&Objects::new(&app, args.object.as_deref())?, args),
        }
    }

    /// What ends when somebody asks for it, or when the store's file is another one.
    fn call(&self) -> Call {
        Call {
            cancel: self.exchanged.clone(),
            ..Call::default()
        }
    }

    fn objects(&mut self, objects: &Objects, args: &WatchArgs) -> Going {
        let listener = objects
            .listen(self.call())
            .map_err(|e| self.app.failure(&e))?;
        self.begun(&objects.name);
        let going = if self.again {
            self.tell(&Event::now(EventName::Lost))?
        } else if args.ready {
            self.show(&Event::now(EventName::Ready))?
        } else {
            ControlFlow::Continue(())
        };
        if let ControlFlow::Break(end) = going {
            return Ok(ControlFlow::Break(end));
        }
        loop {
            let next = match self.next(&listener)? {
                ControlFlow::Continue(next) => next,
                ControlFlow::Break(end) => return Ok(ControlFlow::Break(end)),
            };
            if let Some(event) = objects.event(next)
                && let ControlFlow::Break(end) = self.tell(&event)?
            {
                return Ok(ControlFlow::Break(end));
            }
        }
    }

    fn rows(&mut self, rows: &Rows<'_>, args: &WatchArgs) -> Going {
        let mut first = !self.again;
        loop {
            let followed = match rows.follow(self.call()) {
                Ok(followed) => followed,
                Err(error) if first => return Err(self.app.failure(&error)),
                Err(_) => {
                    if let Some(end) = self.over() {
                        return Ok(ControlFlow::Break(end));
                    }
                    if let ControlFlow::Break(end) = self.pause() {
                        return Ok(ControlFlow::Break(end));
                    }
                    continue;
                }
            };
            if first {
                self.begun(&rows.name);
            }
            let again = self.followed(rows, &followed, args, !first)?;
            if let ControlFlow::Break(end) = again {
                return Ok(ControlFlow::Break(end));
            }
            first = false;
        }
    }

    /// Tells of the rows until they cannot be followed any further.
    fn followed(
        &mut self,
        rows: &Rows<'_>,
        followed: &rows::Followed,
        args: &WatchArgs,
        again: bool,
    ) -> Going {
        let going = if args.rows {
            self.picture(rows, followed)?
        } else if again {
            self.tell(&Event::now(EventName::Reload))?
        } else if args.ready {
            self.show(&Event::now(EventName::Ready))?
        } else {
            ControlFlow::Continue(())
        };
        if let ControlFlow::Break(end) = going {
            return Ok(ControlFlow::Break(end));
        }
        loop {
            let next = match self.next(&followed.listener)? {
                ControlFlow::Continue(next) => next,
                ControlFlow::Break(end) => return Ok(ControlFlow::Break(end)),
            };
            let Some(event) = rows.event(next) else {
                continue;
            };
            let (is_over, is_new) = (
                event.name == EventName::CriticalError,
                event.name == EventName::Reload,
            );
            let going = if is_new && args.rows {
                self.counted(self.picture(rows, followed)?)
            } else {
                self.tell(&event)?
            };
            if is_over || going.is_break() {
                return Ok(going);
            }
        }
    }

    /// Shows all rows as they are between two changes of the store, so that the events which follow fit them.
    fn picture(&self, rows: &Rows<'_>, followed: &rows::Followed) -> Going {
        let mut pause = Duration::from_millis(10);
        loop {
            if let ControlFlow::Break(end) = self.show(&Event::now(EventName::Reload))? {
                return Ok(ControlFlow::Break(end));
            }
            let mut end = None;
            let read = rows.read(followed, |event| {
                let shown = self.show(event)?;
                end = shown.break_value();
                Ok(end.is_none())
            });
            let read = match read {
                Err(_) if self.over().is_some() => None,
                read => read?,
            };
            if let Some(end) = end {
                return Ok(ControlFlow::Break(end));
            }
            if let Some(count) = read {
                return self.show(&Event::ready(count));
            }
            if let Some(end) = self.over() {
                return Ok(ControlFlow::Break(end));
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(PAUSE);
        }
    }

    /// Says what is watched, to people.
    fn begun(&self, name: &str) {
        if !self.again {
            self.app.output.note(Msg::Watching, &[&name]);
        }
    }

    /// The next notification.
    fn next(&self, listener: &Listener) -> Outcome<ControlFlow<End, Notification>> {
        loop {
            if let Some(end) = self.over() {
                return Ok(ControlFlow::Break(end));
            }
            let left = self
                .end
                .map(|end| end.saturating_duration_since(Instant::now()));
            match listener.next_within(left.unwrap_or(LONG)) {
                Ok(Some(next)) => return Ok(ControlFlow::Continue(next)),
                Ok(None) => {}
                Err(e) if e.code() == Code::USER_CANCEL => {}
                Err(e) => return Err(self.app.failure(&e)),
            }
        }
    }

    fn over(&self) -> Option<End> {
        let late = self.end.is_some_and(|end| Instant::now() >= end);
        if late || self.stop.is_cancelled() {
            return Some(End::Asked);
        }
        self.exchanged.is_cancelled().then_some(End::Exchanged)
    }

    fn pause(&self) -> ControlFlow<End> {
        let until = Instant::now() + PAUSE;
        while Instant::now() < until {
            if let Some(end) = self.over() {
                return ControlFlow::Break(end);
            }
            std::thread::sleep(PAUSE / 10);
        }
        ControlFlow::Continue(())
    }

    /// Shows an event if it is asked for, and counts it.
    fn tell(&mut self, event: &Event) -> Going {
        let wanted = self.only.is_empty() || self.only.contains(&event.name);
        if !wanted && !event.name.is_grave() {
            return Ok(ControlFlow::Continue(()));
        }
        let shown = self.show(event)?;
        Ok(self.counted(shown))
    }

    /// One event more has been told.
    fn counted(&mut self, shown: ControlFlow<End>) -> ControlFlow<End> {
        let Some(left) = &mut self.left else {
            return shown;
        };
        *left = left.saturating_sub(1);
        if shown.is_continue() && *left == 0 {
            return ControlFlow::Break(End::Counted);
        }
        shown
    }

    fn show(&self, event: &Event) -> Going {
        let read = self.app.output.show_on(event)?;
        Ok(match read {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(End::Unread),
        })
    }

    /// A watch that was ended is done, unless it was to wait for events that did not come.
    fn ended(&self, end: &End, args: &WatchArgs) -> Outcome<Exit> {
        match (end, self.left, args.count) {
            (End::Asked, Some(_), Some(_)) if self.stop.is_cancelled() => Ok(Exit::Interrupted),
            (End::Asked, Some(left), Some(count)) => Err(self.too_few(count - left, count)),
            _ => Ok(Exit::Ok),
        }
    }

    fn too_few(&self, came: u64, count: u64) -> Failure {
        self.app.fail(
            Exit::Failure,
            "MAPI_E_TIMEOUT",
            Msg::TooFewEvents,
            &[&came, &count],
        )
    }
}
