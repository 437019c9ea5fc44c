//! Progress on standard error: a bar on a terminal, JSON lines on request, else nothing.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
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

/// Shows how far one long command is.
#[derive(Debug)]
pub(crate) struct Progress {
    style: Style,
    what: &'static str,
    started: Instant,
    last: Option<Instant>,
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

impl Progress {
    /// For a command that is called `what` on screen.
    pub(crate) fn new(output: &Output, mode: ProgressMode, what: &'static str) -> Self {
        let style = match mode {
            ProgressMode::Json => Style::Json,
            ProgressMode::Auto if !output.quiet && io::stderr().is_terminal() => Style::Bar,
            ProgressMode::Auto | ProgressMode::None => Style::Hidden,
        };
        Self {
            style,
            what,
            started: Instant::now(),
            last: None,
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
            progress: self.what,
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
}

impl Drop for Watch {
    fn drop(&mut self) {
        let guard = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        guard.0.end(guard.1);
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
}
