//! A transport that failed at its last word, in a process that lives: it is asked what became of messages, as after a crash.
//! Requirements XP-01, SP-01; docs/design/sending.md

use mapi::spool::Carrier;
use mapi_spi::{Error, Fate, ItemId, Result};

use super::Sending;
use crate::ascertain::{self, Fates, Said};
use crate::backoff;
use crate::job::Job;
use crate::work::Recovery;

/// What is known of a message after an attempt.
#[derive(Debug)]
pub(super) enum Word {
    /// What the transport said of it.
    Answer(Result<Vec<Fate>>),
    /// It failed with this, and knows this of recipients that it was to send to.
    Learned(Fates, Error),
    /// It failed with this, and is still to say what became of the message.
    Owed(Error),
}

impl Sending<'_> {
    /// Asks the transport about those messages that it failed with after a mark with a token.
    pub(super) fn asked(
        &mut self,
        carrier: &Carrier,
        jobs: &[Job],
        answers: Vec<Result<Vec<Fate>>>,
    ) -> Vec<Word> {
        let mut tokens = Vec::new();
        let mut words: Vec<Word> = Vec::new();
        for (job, answer) in jobs.iter().zip(answers) {
            words.push(match (job.cut_off(&answer), answer) {
                (true, Err(error)) => Word::Owed(error),
                (true, Ok(_)) => Word::Owed(misunderstood()),
                (false, answer) => Word::Answer(answer),
            });
            if matches!(words.last(), Some(Word::Owed(_))) {
                tokens.push(job.token.clone());
            }
        }
        if tokens.is_empty() {
            return words;
        }
        let occupied = self.work.occupied(carrier.uid());
        let (options, call) = (self.options, self.call);
        let mut fates = match ascertain::ask(carrier, tokens, &occupied, options, call) {
            Ok(Said::Known { fates, .. }) => fates.into_iter(),
            Ok(Said::Nothing) => Vec::new().into_iter(),
            Ok(Said::Later(why)) => {
                if let Some(why) = why {
                    self.problem(carrier, why);
                }
                return words;
            }
            // The round ends; the next one asks.
            Err(_) => return words,
        };
        for word in &mut words {
            if let Word::Owed(error) = word {
                let error = Error::new(error.code(), error.detail());
                *word = Word::Learned(fates.next().unwrap_or_default(), error);
            }
        }
        words
    }

    /// A transport is still to say what became of a message: the row says so, and it is asked again as one is after a crash.
    pub(super) fn owed(&mut self, item: ItemId) {
        self.work.roster.touch(item);
        let wait = match self.call.check() {
            Ok(()) => self.options.first_wait,
            Err(_) => std::time::Duration::ZERO,
        };
        let at = backoff::after(self.spool.now(), wait);
        self.work.recovery = Recovery::Asks(match self.work.recovery {
            Recovery::Asks(earlier) => earlier.min(at),
            Recovery::Due | Recovery::Done => at,
        });
    }
}

fn misunderstood() -> Error {
    let detail = "the transport did not say what became of each recipient";
    Error::new(mapi_props::Code::CALL_FAILED, detail)
}
