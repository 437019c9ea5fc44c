//! What must be where in the end.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use mapi::{EntryId, OpenFlags, SpecialFolder, message_flags, tags};
use testkit_transport::Left;

use super::letters::{End, Letter, PEOPLE, is_reached, number_of, person_of};
use super::office::{Office, TRANSPORTS};
use crate::scripted::World;

/// What left of a letter, on all wires.
pub(super) fn left(world: &World, number: usize) -> Vec<Left> {
    let all = TRANSPORTS
        .iter()
        .flat_map(|t| world.scripted.wire(t).left());
    all.filter(|l| number_of(&l.subject) == Some(number))
        .collect()
}

/// A message that was found: which letter, and its flags.
type Copies = BTreeMap<usize, Vec<u32>>;

pub(super) fn check(office: &Office) -> Result<()> {
    let found = Found::of(office)?;
    for letter in &office.letters {
        found
            .holds(office, letter)
            .with_context(|| format!("{letter:?}"))?;
    }
    if office.calm {
        in_order(office)?;
    }
    let came: Vec<usize> = found.arrivals.clone();
    let all: Vec<usize> = (1..=office.arrivals).collect();
    let mut sorted = came.clone();
    sorted.sort_unstable();
    ensure!(
        sorted == all,
        "{} arrived, and these are there: {came:?}",
        office.arrivals
    );
    Ok(())
}

#[derive(Debug, Default)]
struct Found {
    outbox: Copies,
    sent_items: Copies,
    /// How many reports name a recipient of a letter.
    reports: BTreeMap<(usize, usize), usize>,
    arrivals: Vec<usize>,
}

impl Found {
    fn of(office: &Office) -> Result<Self> {
        let mut found = Self::default();
        let folders = [SpecialFolder::Outbox, SpecialFolder::SentItems];
        for (which, folder) in folders.into_iter().enumerate() {
            let folder = office.store.special_folder(folder)?;
            let columns = [tags::SUBJECT.raw(), tags::MESSAGE_FLAGS.raw()];
            for row in folder
                .contents()
                .columns(columns)
                .open()?
                .query_all_rows(0)?
            {
                let subject = row.get(tags::SUBJECT).context("a subject")?;
                let number = number_of(&subject).with_context(|| subject.clone())?;
                let flags = row.get(tags::MESSAGE_FLAGS).unwrap_or_default();
                let copies = [&mut found.outbox, &mut found.sent_items];
                let copies = copies.into_iter().nth(which).context("a folder")?;
                copies
                    .entry(number)
                    .or_default()
                    .push(flags.cast_unsigned());
            }
        }
        let inbox = office.store.receive_folder("IPM")?;
        let columns = [tags::SUBJECT.raw(), tags::MESSAGE_CLASS.raw()];
        for row in inbox
            .contents()
            .columns(columns)
            .open()?
            .query_all_rows(0)?
        {
            let subject = row.get(tags::SUBJECT).context("a subject")?;
            if let Some(number) = subject.strip_prefix("arrival ") {
                found.arrivals.push(number.parse()?);
                continue;
            }
            let class = row.get(tags::MESSAGE_CLASS).unwrap_or_default();
            ensure!(
                class == "REPORT.IPM.Note.NDR",
                "a stranger: {class} {subject}"
            );
            let number = number_of(&subject).with_context(|| subject.clone())?;
            found.report(office, number, row.entry_id())?;
        }
        Ok(found)
    }

    fn report(&mut self, office: &Office, number: usize, id: &EntryId) -> Result<()> {
        let report = office.store.open_message(id, OpenFlags::NONE)?;
        let columns = [tags::EMAIL_ADDRESS.raw()];
        for row in report
            .recipients()
            .columns(columns)
            .open()?
            .query_all_rows(0)?
        {
            let address = row.get(tags::EMAIL_ADDRESS).context("an address")?;
            let person = person_of(&address).with_context(|| address.clone())?;
            *self.reports.entry((number, person)).or_default() += 1;
        }
        Ok(())
    }

    fn holds(&self, office: &Office, letter: &Letter) -> Result<()> {
        let left = left(&office.world, letter.number);
        let ids: std::collections::BTreeSet<&str> =
            left.iter().map(|l| l.message_id.as_str()).collect();
        ensure!(ids.len() <= 1 && !ids.contains(""), "message ids {ids:?}");
        let mut places = left.iter().flat_map(|l| &l.recipients);
        ensure!(
            places.all(|r| person_of(r).is_some_and(|p| letter.to.contains(&p))),
            "it went to others: {left:?}"
        );
        for person in &letter.to {
            let (_, address) = PEOPLE[*person];
            let times = left.iter().flat_map(|l| &l.recipients);
            let times = times.filter(|r| *r == address).count();
            let reports = self.reports.get(&(letter.number, *person));
            let reports = reports.copied().unwrap_or(0);
            self.recipient(office, letter, *person, (times, reports))
                .with_context(|| format!("{address}: {times} times, {reports} reports"))?;
        }
        self.copies(letter, left.len())
    }

    fn recipient(
        &self,
        office: &Office,
        letter: &Letter,
        person: usize,
        (times, reports): (usize, usize),
    ) -> Result<()> {
        let again = letter.again.get(&person).copied().unwrap_or(0);
        ensure!(times <= 1 + again, "doubled unasked");
        ensure!(reports <= 1, "reported again");
        if letter.end.is_some() {
            return Ok(());
        }
        ensure!(times + reports >= 1, "lost");
        ensure!(again > 0 || times + reports == 1, "both there and reported");
        if !is_reached(person) {
            ensure!(reports == 1, "nobody reaches it, and nobody says so");
        } else if !office.refusable.contains(&person) {
            ensure!(reports == 0, "nobody refused it");
        }
        Ok(())
    }

    /// Where the message itself is.
    fn copies(&self, letter: &Letter, left: usize) -> Result<()> {
        let of = |copies: &Copies| copies.get(&letter.number).cloned().unwrap_or_default();
        let (outbox, sent) = (of(&self.outbox), of(&self.sent_items));
        let (here, there) = match letter.end {
            Some(End::Draft) => {
                ensure!(left == letter.left, "a draft left");
                (outbox, sent)
            }
            _ => (sent, outbox),
        };
        let ([flags], []) = (here.as_slice(), there.as_slice()) else {
            anyhow::bail!("here {here:?}, elsewhere {there:?}");
        };
        ensure!(flags & message_flags::SUBMIT == 0, "it is still to be sent");
        let draft = flags & message_flags::UNSENT != 0;
        ensure!(
            draft == (letter.end == Some(End::Draft)),
            "flags {flags:#x}"
        );
        Ok(())
    }
}

/// Each letter left once for each of its transports, in the order in which they were written.
fn in_order(office: &Office) -> Result<()> {
    for transport in TRANSPORTS {
        let left = office.world.scripted.wire(transport).left();
        let numbers: Vec<_> = left.iter().filter_map(|l| number_of(&l.subject)).collect();
        ensure!(
            numbers.windows(2).all(|w| w[0] < w[1]),
            "by {transport} they left as {numbers:?}"
        );
    }
    Ok(())
}
