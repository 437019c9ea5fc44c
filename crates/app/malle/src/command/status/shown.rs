//! The status as JSON and as text.

use std::io;

use malle_host::control::{Failure as Problem, Moment, WorkRow, WorkState};
use malle_host::status::{Holder, Kept, MailStatus, ProcessStatus, Status, StoreStatus};
use mapi_props::FileTime;
use serde::Serialize;

use crate::exit::Exit;
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text::{self, Column, Table, clean};

/// All of it. Times are RFC 3339 in UTC.
#[derive(Debug, Serialize)]
pub(super) struct StatusView {
    asked: String,
    /// The process id of the daemon.
    daemon: Option<u32>,
    processes: Vec<ProcessView>,
    stores: Vec<StoreView>,
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct ProcessView {
    pid: u32,
    program: Option<String>,
    since: Option<String>,
    standby: bool,
    answers: bool,
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct StoreView {
    profile: String,
    letter: String,
    service: String,
    uid: Option<String>,
    /// kept, silent, free, unneeded, unknown
    state: &'static str,
    holder: Option<HolderView>,
    works: Vec<WorkView>,
    /// Its mail; null where there is no outgoing queue.
    mail: Option<MailView>,
    problem: Option<Problem>,
}

/// The spooler of a store and its queue, in messages.
#[derive(Debug, Serialize)]
struct MailView {
    /// As that of the store.
    state: &'static str,
    holder: Option<HolderView>,
    queued: u64,
    sending: u64,
    waiting: u64,
    held: u64,
    unknown: u64,
    /// When the first that waits is tried again.
    next: Option<String>,
    #[serde(skip)]
    due: Option<Moment>,
    work: Option<WorkView>,
    problem: Option<Problem>,
}

#[derive(Debug, Serialize)]
struct HolderView {
    pid: Option<u32>,
    program: String,
    epoch: Option<u64>,
    since: Option<String>,
    #[serde(skip)]
    began: Option<Moment>,
}

#[derive(Debug, Serialize)]
struct WorkView {
    work: String,
    state: WorkState,
    done: u64,
    total: Option<u64>,
    last: Option<String>,
    next: Option<String>,
    problem: Option<Problem>,
}

impl StatusView {
    pub(super) fn of(seen: Status) -> Self {
        let daemon = seen.processes.iter().find(|p| p.is_daemon());
        Self {
            asked: written(seen.asked),
            daemon: daemon.map(|p| p.pid),
            processes: seen.processes.into_iter().map(of_process).collect(),
            stores: seen.stores.into_iter().map(of_store).collect(),
            problems: seen.failures,
        }
    }

    /// Something that cannot be opened or read is a failure, a store that nobody keeps is none.
    pub(super) fn exit(&self) -> Exit {
        let broken = self.stores.iter().any(|s| s.problem.is_some());
        match broken || !self.problems.is_empty() {
            true => Exit::Partial,
            false => Exit::Ok,
        }
    }
}

fn of_process(process: ProcessStatus) -> ProcessView {
    ProcessView {
        pid: process.pid,
        program: process.program,
        since: process.since.map(written),
        standby: process.standby,
        answers: process.silent.is_none(),
        problems: process.failures,
    }
}

fn of_kept(kept: Kept) -> (&'static str, Option<HolderView>) {
    match kept {
        Kept::Unneeded => ("unneeded", None),
        Kept::ByNobody => ("free", None),
        Kept::By(holder) if holder.answers => ("kept", Some(of_holder(holder))),
        Kept::By(holder) => ("silent", Some(of_holder(holder))),
        Kept::Unknown => ("unknown", None),
    }
}

fn of_mail(mail: MailStatus) -> MailView {
    let (state, holder) = of_kept(mail.kept);
    let queue = mail.queue;
    MailView {
        state,
        holder,
        queued: queue.queued,
        sending: queue.sending,
        waiting: queue.waiting,
        held: queue.held,
        unknown: queue.unknown,
        next: queue.next.map(written),
        due: queue.next,
        work: mail.work.map(of_work),
        problem: mail.problem,
    }
}

fn of_store(store: StoreStatus) -> StoreView {
    let (state, holder) = of_kept(store.kept);
    StoreView {
        profile: store.profile,
        letter: store.letter,
        service: store.service,
        uid: store.uid,
        state,
        holder,
        works: store.works.into_iter().map(of_work).collect(),
        mail: store.mail.map(of_mail),
        problem: store.problem,
    }
}

fn of_holder(holder: Holder) -> HolderView {
    HolderView {
        pid: holder.pid,
        program: holder.program,
        epoch: holder.epoch,
        since: holder.since.map(written),
        began: holder.since,
    }
}

fn of_work(work: WorkRow) -> WorkView {
    WorkView {
        work: work.work,
        state: work.state,
        done: work.done,
        total: work.total,
        last: work.last.map(written),
        next: work.next.map(written),
        problem: work.problem,
    }
}

fn written(moment: Moment) -> String {
    let stamp = jiff::Timestamp::from_millisecond(moment.0);
    stamp.map_or_else(|_| String::new(), |stamp| format!("{stamp:.3}"))
}

impl Shown for StatusView {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let silent = self.processes.iter().find(|p| !p.answers);
        match (self.daemon, silent) {
            (Some(pid), _) => to.say(Msg::StatusDaemon, &[&pid])?,
            (None, Some(process)) => to.say(Msg::StatusSilent, &[&process.pid])?,
            (None, None) => to.say(Msg::StatusNoDaemon, &[])?,
        }
        let mut table = Table::new([
            Column::left(to.word(Msg::ColProfile)),
            Column::left(to.word(Msg::ColStore)),
            Column::left(to.word(Msg::ColKeptBy)).elastic(),
            Column::left(to.word(Msg::ColWork)).elastic(),
        ]);
        for store in &self.stores {
            let name = format!("{} {}", store.letter, store.service);
            table.row([
                clean(&store.profile).into_owned(),
                clean(&name).into_owned(),
                keeper(store.state, store.holder.as_ref(), to),
                store.work(to),
            ]);
            if let Some(problem) = &store.problem {
                table.below(format!(
                    "  {}",
                    text::clean_block(&to.output.lang.told(&problem.message))
                ));
            }
            let mail = store.mail.as_ref();
            if let Some(mail) = mail.filter(|m| m.state != "unneeded" || m.queued > 0) {
                table.row([
                    String::new(),
                    format!("{} {}", store.letter, to.word(Msg::StatusMail)),
                    keeper(mail.state, mail.holder.as_ref(), to),
                    mail.queue(to),
                ]);
                if let Some(problem) = &mail.problem {
                    table.below(format!(
                        "  {}",
                        text::clean_block(&to.output.lang.told(&problem.message))
                    ));
                }
            }
        }
        let width = to.width();
        table.write(to, width)?;
        let of_processes = self.processes.iter().flat_map(|p| &p.problems);
        for problem in self.problems.iter().chain(of_processes) {
            let said = to.output.lang.told(&problem.message);
            let said = text::clean_block(&said);
            to.line(format_args!("{}: {said}", clean(&problem.about)))?;
        }
        Ok(())
    }
}

/// Who keeps it, in words.
fn keeper(state: &str, holder: Option<&HolderView>, to: &Printer<'_>) -> String {
    let word = match state {
        "unneeded" => Msg::KeptUnneeded,
        "free" => Msg::KeptByNobody,
        "unknown" => Msg::KeptUnknown,
        "silent" => Msg::KeptSilent,
        _ => Msg::KeptBy,
    };
    let pid = holder
        .and_then(|h| h.pid)
        .map_or("?".to_owned(), |pid| pid.to_string());
    let since = holder.and_then(|h| h.began).map(|began| shown(began, to));
    let program = holder.map_or("", |h| h.program.as_str());
    let since = since.unwrap_or_default();
    to.output.lang.say(word, &[&pid, &clean(program), &since])
}

fn shown(moment: Moment, to: &Printer<'_>) -> String {
    let time = FileTime::from_unix_nanos(i128::from(moment.0) * 1_000_000);
    text::local_time(time, to.output.zone())
}

impl MailView {
    /// How many messages wait, and for what.
    fn queue(&self, to: &Printer<'_>) -> String {
        if self.queued == 0 {
            return to.word(Msg::QueueEmpty).to_owned();
        }
        let lang = to.output.lang;
        let mut said = vec![lang.say(Msg::QueueWaits, &[&self.queued])];
        let parts = [
            (self.sending, Msg::QueueSending),
            (self.held, Msg::QueueHeld),
            (self.unknown, Msg::QueueUnknown),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        said.extend(parts.map(|(count, word)| lang.say(*word, &[count])));
        if let Some(due) = self.due {
            said.push(lang.say(Msg::QueueNext, &[&shown(due, to)]));
        }
        said.join(", ")
    }
}

impl StoreView {
    /// What goes on: the work at hand, else what failed.
    fn work(&self, to: &Printer<'_>) -> String {
        let in_state = |state| self.works.iter().find(move |w| w.state == state);
        if let Some(work) = in_state(WorkState::Working) {
            return match work.total.filter(|total| *total > 0) {
                Some(total) => format!("{} {} %", work.work, work.done.min(total) * 100 / total),
                None => format!("{} {}", work.work, work.done),
            };
        }
        let failed = in_state(WorkState::Failed);
        if let Some((work, problem)) = failed.and_then(|w| Some((w, w.problem.as_ref()?))) {
            return format!(
                "{}: {}",
                work.work,
                clean(&to.output.lang.told(&problem.message))
            );
        }
        match self.state {
            "kept" => to.word(Msg::WorkIdle).to_owned(),
            _ => String::new(),
        }
    }
}
