//! Progress on standard error: a bar on a terminal, JSON lines on request, else nothing.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use mapi::{Call, Progress as ProgressTaker, ProgressEvent};
use serde::Serialize;

use crate::app::App;
use crate::args::ProgressMode;
use crate::messages::Msg;
use crate::output::Output;
use crate::text;

/// Shortest time between two pictures.
const PICTURE: Duration = Duration::from_millis(100);

/// What is over before this needs no bar.
const DELAY: Duration = Duration::from_secs(1);

/// Shows how far one long command is.
#[derive(Debug)]
pub(crate) struct Progress {
    style: Style,
    what: String,
    started: Instant,
    last: Option<Instant>,
    /// The most that was shown, in thousandths: nothing ever seems to go backwards.
    reached: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Bar,
    Json,
    Hidden,
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Step {
    /// Items done.
    pub(crate) done: u64,
    /// Items or files in all, when known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total: Option<u64>,
    /// Of `total`, if that counts something else than `done` does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) of_total: Option<u64>,
    /// Bytes done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<u64>,
}

#[derive(Serialize)]
struct Line<'a> {
    progress: &'a str,
    #[serde(flatten)]
    step: Step,
    seconds: f64,
}

impl Step {
    /// How much of the whole is done.
    fn thousandths(self) -> Option<u64> {
        let total = self.total.filter(|total| *total > 0)?;
        let done = self.of_total.unwrap_or(self.done).min(total);
        u64::try_from(u128::from(done) * 1000 / u128::from(total)).ok()
    }
}

impl Progress {
    /// For a command that is called `what` on screen.
    pub(crate) fn new(output: &Output, mode: ProgressMode, what: &'static str) -> Self {
        let style = match mode {
            ProgressMode::Json => Style::Json,
            ProgressMode::Auto if !output.quiet && io::stderr().is_terminal() => Style::Bar,
            ProgressMode::Auto | ProgressMode::None => Style::Hidden,
        };
        Self::styled(style, what.to_owned())
    }

    fn styled(style: Style, what: String) -> Self {
        Self {
            style,
            what,
            started: Instant::now(),
            last: None,
            reached: 0,
        }
    }

    /// Whether anybody sees it.
    pub(crate) fn is_shown(&self) -> bool {
        self.style != Style::Hidden
    }

    /// Shows a step, unless the last one was shown a moment ago.
    pub(crate) fn step(&mut self, step: Step) {
        if !self.is_shown() || self.last.is_some_and(|last| last.elapsed() < PICTURE) {
            return;
        }
        let early = self.style == Style::Bar && self.started.elapsed() < DELAY;
        let part = step.thousandths().unwrap_or(self.reached);
        if early || part < self.reached {
            return;
        }
        self.reached = part;
        self.last = Some(Instant::now());
        self.picture(step);
    }

    fn picture(&self, step: Step) {
        let text = match self.style {
            Style::Bar => format!("\r\u{1b}[K{}", self.bar(step)),
            Style::Json => self.json(step),
            Style::Hidden => return,
        };
        // Nobody is helped by an error about progress.
        let _shown = io::stderr().lock().write_all(text.as_bytes());
    }

    fn json(&self, step: Step) -> String {
        let line = Line {
            progress: &self.what,
            step,
            seconds: self.started.elapsed().as_secs_f64(),
        };
        serde_json::to_string(&line).unwrap_or_default() + "\n"
    }

    fn bar(&self, step: Step) -> String {
        const CELLS: u64 = 24;
        let elapsed = self.started.elapsed();
        let rate = step.done as f64 / elapsed.as_secs_f64().max(0.001);
        let mut line = format!("{} {} ({rate:.0}/s)", self.what, step.done);
        if let Some(bytes) = step.bytes {
            line.push_str(&format!(", {}", text::size(bytes)));
        }
        let Some(total) = step.total.filter(|total| *total > 0) else {
            return line;
        };
        let part = step.of_total.unwrap_or(step.done).min(total);
        let full = usize::try_from(part * CELLS / total).unwrap_or(0);
        let cells = usize::try_from(CELLS).unwrap_or(0);
        let bar = "█".repeat(full) + &"░".repeat(cells.saturating_sub(full));
        let left = elapsed.as_secs_f64() * (total - part) as f64 / (part as f64).max(1.0);
        let left = text::duration(Duration::from_secs_f64(left.min(1e9)));
        format!("{bar} {}% {line}, {left}", part * 100 / total)
    }

    /// Takes the bar away, or writes the last JSON line.
    pub(crate) fn end(&self, step: Step) {
        match self.style {
            Style::Bar if self.last.is_some() => {
                let _shown = io::stderr().lock().write_all(b"\r\x1b[K");
            }
            Style::Json => self.picture(step),
            _ => {}
        }
    }
}

/// A bar on standard error for whoever reports to it.
pub(crate) fn bar(what: String) -> Arc<dyn ProgressTaker> {
    let progress = Progress::styled(Style::Bar, what);
    Arc::new(Screen(Mutex::new((progress, Step::default()))))
}

/// What shows the progress of calls to a store until it is dropped.
#[derive(Debug)]
pub(crate) struct Watch(Arc<Screen>);

#[derive(Debug)]
struct Screen(Mutex<(Progress, Step)>);

impl ProgressTaker for Screen {
    fn report(&self, event: ProgressEvent) {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let step = Step {
            done: event.done,
            total: event.total,
            ..Step::default()
        };
        guard.1 = step;
        guard.0.step(step);
    }

    /// The bar moves on inside of an item; what is counted are items.
    fn inside(&self, around: ProgressEvent, inner: ProgressEvent) {
        let pieces = around.with(inner);
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.0.style == Style::Bar {
            guard.0.step(Step {
                done: around.done,
                total: pieces.total,
                of_total: Some(pieces.done),
                ..Step::default()
            });
        }
    }
}

impl Screen {
    fn end(&self) {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let step = guard.1;
        guard.0.end(step);
        guard.0.style = Style::Hidden;
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.end();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl App {
    /// A call that Ctrl-C cancels, and that shows how far it is.
    pub(crate) fn watched(&self, what: Msg) -> (Call, Watch) {
        let screen = Arc::new(Screen(Mutex::new((self.progress(what), Step::default()))));
        let taker: Arc<dyn ProgressTaker> = Arc::<Screen>::clone(&screen);
        let call = Call {
            progress: Some(taker),
            ..self.cancellable()
        };
        (call, Watch(screen))
    }

    /// A call that shows how far it is once it has something to tell, and that Ctrl-C does not cancel: it ends the command.
    pub(crate) fn told(&self, what: Msg) -> Call {
        let late = Late {
            progress: Mutex::new(Some(self.progress(what))),
            screen: OnceLock::new(),
        };
        Call {
            progress: Some(Arc::new(late)),
            ..Call::default()
        }
    }
}

/// A screen from the first report on; it ends with the call.
#[derive(Debug)]
struct Late {
    progress: Mutex<Option<Progress>>,
    screen: OnceLock<Option<Screen>>,
}

impl ProgressTaker for Late {
    fn report(&self, event: ProgressEvent) {
        let screen = self.screen.get_or_init(|| {
            let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
            let progress = progress.take()?;
            Some(Screen(Mutex::new((progress, Step::default()))))
        });
        if let Some(screen) = screen {
            screen.report(event);
        }
    }
}
