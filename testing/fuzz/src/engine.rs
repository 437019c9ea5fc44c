//! The search: which inputs are kept, and which is mutated next.

use std::collections::HashSet;

use testkit::Chance;

use crate::mutate::Mutator;
use crate::target::{Panicked, Target, run_once};

/// Kept inputs; when there are more, one of the oldest that is no seed goes.
const MOST: usize = 4000;
/// Bytes of kept inputs in all.
const MOST_BYTES: usize = 24 << 20;

/// A run over one target.
#[derive(Debug)]
pub struct Engine {
    target: &'static Target,
    chance: Chance,
    /// Seeds that have not run yet, last first.
    waiting: Vec<Vec<u8>>,
    corpus: Vec<Vec<u8>>,
    bytes: usize,
    marks: HashSet<u64>,
    executions: u64,
}

/// An execution that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The input.
    pub input: Vec<u8>,
    /// How it panicked.
    pub panicked: Panicked,
}

/// What an execution gave.
#[derive(Debug)]
pub enum Step {
    /// Nothing new.
    Same,
    /// The input showed something new and was kept.
    New(Vec<u8>),
    /// It failed.
    Failed(Failure),
}

impl Engine {
    /// A run that begins with `seeds`; the same seed and seeds give the same run.
    #[must_use]
    pub fn new(target: &'static Target, seed: u64, mut seeds: Vec<Vec<u8>>) -> Self {
        seeds.push(Vec::new());
        for seed in &mut seeds {
            seed.truncate(target.longest);
        }
        seeds.reverse();
        Self {
            target,
            chance: Chance::from_seed(seed),
            waiting: seeds,
            corpus: Vec::new(),
            bytes: 0,
            marks: HashSet::new(),
            executions: 0,
        }
    }

    /// The input of the next execution: a seed, or a mutant of what was kept.
    pub fn next_input(&mut self) -> Vec<u8> {
        if let Some(seed) = self.waiting.pop() {
            return seed;
        }
        let last = self.corpus.len();
        let fresh = last.saturating_sub(1 + last / 8);
        // What was found last leads on most often.
        let at = if self.chance.percent(40) && fresh < last {
            self.chance.in_range(fresh..last)
        } else {
            self.chance.in_range(0..last.max(1))
        };
        let input = self.corpus.get(at).cloned().unwrap_or_default();
        let other = if last > 0 {
            self.chance.in_range(0..last)
        } else {
            0
        };
        let mut mutator = Mutator {
            chance: &mut self.chance,
            tokens: self.target.tokens,
            longest: self.target.longest,
            other: self.corpus.get(other).map_or(&[], Vec::as_slice),
        };
        mutator.mutant(input)
    }

    /// Runs an input.
    pub fn run(&mut self, input: Vec<u8>) -> Step {
        self.executions += 1;
        let seen = match run_once(self.target, &input) {
            Ok(seen) => seen,
            Err(panicked) => return Step::Failed(Failure { input, panicked }),
        };
        let before = self.marks.len();
        self.marks.extend(seen.marks());
        if self.marks.len() == before {
            return Step::Same;
        }
        self.keep(input.clone());
        Step::New(input)
    }

    fn keep(&mut self, input: Vec<u8>) {
        self.bytes += input.len();
        self.corpus.push(input);
        while self.corpus.len() > MOST || (self.bytes > MOST_BYTES && self.corpus.len() > 1) {
            let at = self.chance.in_range(0..self.corpus.len() / 2 + 1);
            self.bytes -= self.corpus.swap_remove(at).len();
        }
    }

    /// Executions so far.
    #[must_use]
    pub const fn executions(&self) -> u64 {
        self.executions
    }

    /// Inputs that are kept.
    #[must_use]
    pub const fn kept(&self) -> usize {
        self.corpus.len()
    }

    /// Different marks that were seen.
    #[must_use]
    pub fn marks(&self) -> usize {
        self.marks.len()
    }
}
