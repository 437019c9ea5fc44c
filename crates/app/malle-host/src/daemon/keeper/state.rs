//! What is known of a keeper at any moment: what status shows, and who waits for it.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mapi_props::Guid;
use mapi_spi::{CancelToken, Epoch, ProgressEvent, Role};

use super::super::clerk::NOT_HOLDER;
use super::super::{Place, Work};
use super::due::Dues;
use crate::control::{Failure, LeaseRow, LeaseState, Moment, WorkRow, WorkState};

#[derive(Debug)]
pub(in super::super) struct State {
    phase: LeaseState,
    since: Moment,
    store: Option<Guid>,
    epoch: Option<u64>,
    problem: Option<Failure>,
    works: Vec<WorkRow>,
    /// What each work noted when it was last done.
    noted: BTreeMap<usize, Vec<Failure>>,
    /// How far each work is; written by the work itself.
    meters: Vec<Arc<Mutex<Option<ProgressEvent>>>>,
    /// Who waits for everything to be done.
    pub(super) asked: Vec<Sender<Vec<Failure>>>,
    /// Somebody has left an errand.
    pub(super) called: bool,
    /// Work has a reason of its own to look.
    pub(in super::super) alarmed: bool,
    /// Wakes the keeper.
    pub(in super::super) bell: CancelToken,
    /// Ends the work at hand.
    pub(super) round: CancelToken,
}

impl State {
    pub(super) fn new(works: &[Arc<dyn Work>], stop: &CancelToken) -> Self {
        let row = |work: &Arc<dyn Work>| WorkRow {
            work: work.name().to_owned(),
            state: WorkState::Idle,
            done: 0,
            total: None,
            last: None,
            next: None,
            problem: None,
        };
        Self {
            phase: LeaseState::Opening,
            since: Moment::now(),
            store: None,
            epoch: None,
            problem: None,
            works: works.iter().map(row).collect(),
            noted: BTreeMap::new(),
            meters: works.iter().map(|_| Arc::default()).collect(),
            asked: Vec::new(),
            called: false,
            alarmed: false,
            bell: stop.child(),
            round: stop.child(),
        }
    }

    pub(super) const fn phase(&self) -> LeaseState {
        self.phase
    }

    pub(super) fn enter(&mut self, phase: LeaseState) {
        (self.phase, self.since) = (phase, Moment::now());
        (self.problem, self.epoch) = (None, None);
    }

    pub(super) const fn knows(&mut self, store: Guid) {
        self.store = Some(store);
    }

    pub(super) fn hold(&mut self, epoch: Epoch) {
        self.enter(LeaseState::Holding);
        self.store = Some(epoch.store);
        self.epoch = Some(epoch.number);
    }

    /// It cannot be kept for now; whoever waits is told.
    pub(super) fn fail(&mut self, problem: Failure) {
        self.enter(LeaseState::Failed);
        for done in std::mem::take(&mut self.asked) {
            let _nobody_waits = done.send(vec![problem.clone()]);
        }
        self.problem = Some(problem);
    }

    /// Why nothing can be asked of it.
    pub(super) fn not_holding(&self, place: &Place) -> Vec<Failure> {
        let (profile, letter) = (place.profile(), place.letter());
        let why = self.problem.clone().unwrap_or_else(|| Failure {
            about: format!("{profile}/{letter}"),
            code: NOT_HOLDER.to_owned(),
            message: "this process does not hold the lease of the store".to_owned(),
        });
        match self.phase {
            LeaseState::Unneeded => Vec::new(),
            _ => vec![why],
        }
    }

    pub(super) fn begin(&mut self, n: usize) {
        if let Some(meter) = self.meters.get(n) {
            *meter.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        if let Some(row) = self.works.get_mut(n) {
            row.state = WorkState::Working;
            row.next = None;
        }
    }

    pub(super) fn meter(&self, n: usize) -> Arc<Mutex<Option<ProgressEvent>>> {
        self.meters.get(n).cloned().unwrap_or_default()
    }

    pub(super) fn end(
        &mut self,
        n: usize,
        state: WorkState,
        problem: Option<Failure>,
        next: Option<Duration>,
        noted: Vec<Failure>,
    ) {
        let now = Moment::now();
        if let Some(row) = self.works.get_mut(n) {
            row.state = state;
            row.problem = problem.or_else(|| noted.first().cloned());
            row.last = Some(now);
            row.next = next.map(|next| now.after(next));
        }
        self.noted.insert(n, noted);
    }

    /// Shows what is due and was not begun.
    pub(super) fn settle_rest(&mut self, dues: &Dues) {
        for (n, row) in self.works.iter_mut().enumerate() {
            if dues.is_due(n) {
                row.state = WorkState::Due;
            }
        }
    }

    /// What failed when it was last done.
    pub(super) fn problems(&self) -> Vec<Failure> {
        let of = |(n, row): (usize, &WorkRow)| {
            let noted = self.noted.get(&n).cloned().unwrap_or_default();
            // The first of what was noted may be the problem itself.
            let own = row.problem.clone().filter(|p| !noted.contains(p));
            own.into_iter().chain(noted).collect::<Vec<_>>()
        };
        self.works.iter().enumerate().flat_map(of).collect()
    }

    pub(super) fn row(&self, place: &Place, role: Role) -> LeaseRow {
        let mut works = self.works.clone();
        for (row, meter) in works.iter_mut().zip(&self.meters) {
            if row.state == WorkState::Working {
                let at = *meter.lock().unwrap_or_else(PoisonError::into_inner);
                (row.done, row.total) = at.map_or((0, None), |at| (at.done, at.total));
            }
        }
        LeaseRow {
            profile: place.profile().to_owned(),
            letter: place.letter().to_owned(),
            service: place.service().to_owned(),
            store: self.store.map(|uid| uid.to_string()),
            role: role.to_string(),
            state: self.phase,
            epoch: self.epoch,
            since: self.since,
            works,
            problem: self.problem.clone(),
        }
    }
}
