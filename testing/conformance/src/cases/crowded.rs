//! SP-01: what a round costs while thousands of messages wait that nobody can send.

use std::time::Duration;

use mapi::{Call, Result, SpecialFolder};
use mapi_spooler::{Spooler, Wanted};

use crate::counted::calls;
use crate::post::{Post, line, round, submitted};
use crate::{Case, Fixture, case};

/// How many wait: some pages of the queue.
const CROWD: usize = 1500;

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "a message for a transport that works leaves without a look at the thousands that wait for another",
        |f| {
            let (post, spooler) = crowd(f)?;
            for n in 0..3 {
                submitted(&post.draft(&format!("fax {n}"), &[("FAX", "bob")])?)?;
                let done = counted(&spooler, "a message for the other")?;
                assert_eq!(done, (1, 0));
            }
            assert_eq!(post.left("y"), ["fax 0", "fax 1", "fax 2"]);
            assert_eq!(counted(&spooler, "nothing new")?, (0, 0));
            // One that somebody takes back is gone, one more waits behind the others.
            let id = post.submit("more", &["ann"])?;
            assert_eq!(counted(&spooler, "one more")?, (0, 1));
            post.store.abort_submit(&id)?;
            assert_eq!(counted(&spooler, "one less")?, (0, 0));
            post.clock.advance(Duration::from_hours(1));
            assert_eq!(counted(&spooler, "its next try")?, (0, 0));
            Ok(())
        }
    ),
    case!(
        needs(),
        "a round that only fetches has what was submitted before it sent by the next one, at once",
        |f| {
            let post = Post::new(f, &[line("x", "SMTP"), line("y", "FAX")])?;
            let spooler = post.spooler(f)?;
            round(&spooler)?;
            let down = Wanted {
                up: false,
                flush: true,
                ..Wanted::due()
            };
            post.submit("plans", &["ann"])?;
            let done = spooler.round(&down, &Call::default())?;
            assert_eq!((done.sent, done.next), (0, Some(Duration::ZERO)));
            assert_eq!(round(&spooler)?.sent, 1);
            Ok(())
        }
    ),
];

/// A crowd behind a transport that is down, which the spooler knows.
fn crowd(f: &Fixture) -> Result<(Post, Spooler)> {
    let post = Post::new(f, &[line("x", "SMTP"), line("y", "FAX")])?;
    post.script("x").offline(true);
    for n in 0..CROWD {
        post.submit(&format!("m{n}"), &["ann"])?;
    }
    let spooler = post.spooler(f)?;
    let done = round(&spooler)?;
    assert_eq!(done.waiting, CROWD as u64);
    round(&spooler)?;
    assert_eq!(post.subjects(SpecialFolder::Inbox)?.len(), 0);
    Ok((post, spooler))
}

/// A round that reads little: how many were sent, and how many wait beside the crowd.
fn counted(spooler: &Spooler, what: &str) -> Result<(u64, u64)> {
    let (done, calls) = calls(|| round(spooler));
    let done = done?;
    let reads = calls
        .iter()
        .filter(|c| ["queue", "message"].contains(&c.as_str()));
    let reads = reads.count();
    assert!(reads < 20, "{what}: {reads}, {calls:?}");
    Ok((done.sent, done.waiting - CROWD as u64))
}
