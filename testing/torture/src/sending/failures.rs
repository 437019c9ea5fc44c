//! Transports that fail at every step, in every way.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mapi::Code;
use mapi_spi::Fate;
use serde_json::{Value, json};
use testkit::{Chance, TempHome};
use testkit_transport::{Act, Script, Step};

use super::kills::{Totals, Worker};
use super::post::{Letter, Writer};
use super::scene::{RECEIVERS, SENDER, Scene};
use crate::plan::Plan;

/// Steps of who sends, and of who receives.
const OUTBOUND: [Step; 6] = [
    Step::Open,
    Step::Reach,
    Step::Submit,
    Step::Committing,
    Step::Committed,
    Step::Said,
];
const INBOUND: [Step; 6] = [
    Step::Open,
    Step::Receive,
    Step::Deliver,
    Step::Delivered,
    Step::Forget,
    Step::Forgotten,
];
/// What a step may fail with.
const CODES: [Code; 6] = [
    Code::NETWORK_ERROR,
    Code::BUSY,
    Code::CALL_FAILED,
    Code::NOT_ENOUGH_DISK,
    Code::TIMEOUT,
    Code::NO_ACCESS,
];
/// After so many failures everything is looked at.
const BETWEEN: u32 = 50;
/// Within which a planted failure must be met.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs it.
pub(super) fn run(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let (home, aside) = (TempHome::new()?, TempHome::new()?);
    let scene = Scene::new(&home.path().join("home"), aside.path())?;
    let mut stage = Stage::set(scene)?;
    let mut totals = Totals::default();
    for failure in 1..=plan.failures {
        let plot = Plot::choose(failure, chance);
        stage
            .play(&plot, chance)
            .with_context(|| format!("failure {failure}: {plot:?}"))?;
        if failure % BETWEEN == 0 || failure == plan.failures {
            stage.clear()?;
            totals.settle(&stage.scene, failure)?;
        }
    }
    let outcome = totals.to_json();
    Ok(
        json!({ "failures": plan.failures, "by_step": stage.played, "processes_died": stage.died, "outcome": outcome }),
    )
}

/// What fails, where and how.
#[derive(Debug)]
struct Plot {
    number: u32,
    whose: &'static str,
    step: Step,
    act: Act,
    /// The transport does not know afterwards what became of it.
    is_forgotten: bool,
}

impl Plot {
    /// Every step has its turn; how it fails is chance.
    fn choose(number: u32, chance: &mut Chance) -> Self {
        let turn = usize::try_from(number).unwrap_or_default();
        let of = |steps: &[Step; 6]| steps.get(turn / 2 % steps.len()).copied();
        let (whose, step) = match turn % 2 {
            0 => (SENDER, of(&OUTBOUND)),
            _ if turn / 12 % 2 == 0 => (RECEIVERS[0], of(&INBOUND)),
            _ => (RECEIVERS[1], of(&INBOUND)),
        };
        let step = step.unwrap_or(Step::Submit);
        let act = match chance.below(10) {
            0..=3 => {
                let code = CODES.get(chance.in_range(0..CODES.len())).copied();
                Act::Fail(code.unwrap_or(Code::CALL_FAILED))
            }
            4 => Act::Panic,
            5..=7 => Act::Die,
            8 => Act::Wait(Duration::from_millis(chance.below(60))),
            // Until the spooler gives it up.
            _ if chance.percent(25) => Act::Hang,
            _ if step == Step::Submit => Act::Answer(answer(chance)),
            _ => Act::Fail(Code::NETWORK_ERROR),
        };
        // A transport that hangs or panics as it says what it reaches is a transport that is not there.
        let act = match (step, act) {
            (Step::Open | Step::Reach, Act::Hang | Act::Panic) => {
                Act::Wait(Duration::from_millis(20))
            }
            (_, act) => act,
        };
        let is_marked = matches!(step, Step::Committed | Step::Said);
        Self {
            number,
            whose,
            step,
            is_forgotten: is_marked && !matches!(act, Act::Wait(_)) && chance.percent(50),
            act,
        }
    }
}

/// Not that it is sent: that is what it is without a script. Nor that it was refused: then it would rightly not arrive.
fn answer(chance: &mut Chance) -> Fate {
    let after = chance.percent(50).then_some(Duration::from_millis(30));
    Fate::Later {
        after,
        why: "the script says so".to_owned(),
    }
}

/// The processes that send and receive, and who writes letters: this process.
struct Stage {
    scene: Scene,
    cast: BTreeMap<&'static str, Worker>,
    writer: Option<Writer>,
    played: BTreeMap<String, u32>,
    died: u32,
}

impl Stage {
    fn set(scene: Scene) -> Result<Self> {
        Ok(Self {
            scene,
            cast: BTreeMap::new(),
            writer: None,
            played: BTreeMap::new(),
            died: 0,
        })
    }

    /// Plants a failure, has something sent that meets it, and waits until it was met.
    fn play(&mut self, plot: &Plot, chance: &mut Chance) -> Result<()> {
        let script = self.scene.script(plot.whose);
        if plot.is_forgotten {
            let nothing = Act::Fail(Code::NO_SUPPORT);
            Script::plant(&script, Step::Ascertain, plot.number, &nothing)?;
        }
        Script::plant(&script, plot.step, plot.number, &plot.act)?;
        if matches!(plot.step, Step::Open | Step::Reach) {
            self.end(plot.whose)?;
        }
        let end = Instant::now() + PATIENCE;
        let mut next = Instant::now();
        while Script::planted(&script, plot.step)? > 0 {
            ensure!(
                Instant::now() < end,
                "it was never met by one of {:?}",
                self.cast.keys()
            );
            self.raise()?;
            if Instant::now() >= next {
                self.write(plot.whose, chance)?;
                next = Instant::now() + Duration::from_millis(200);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let name = format!(
            "{} {}",
            plot.step.name(),
            plot.act.to_text().split(' ').next().unwrap_or_default()
        );
        *self.played.entry(name).or_default() += 1;
        // What it did goes on in the next scene.
        std::thread::sleep(Duration::from_millis(chance.below(15)));
        Ok(())
    }

    /// Begins the processes that have ended. A transport that did not open ends its process.
    fn raise(&mut self) -> Result<()> {
        for profile in [SENDER].into_iter().chain(RECEIVERS) {
            let ended = match self.cast.get_mut(profile) {
                Some(worker) => worker.has_ended()?,
                None => true,
            };
            if ended {
                let worker = Worker::begin(&self.scene, "spool", profile)?;
                self.died += u32::from(self.cast.insert(profile, worker).is_some());
            }
        }
        Ok(())
    }

    /// Writes a few letters that the profile sends or gets.
    fn write(&mut self, whose: &str, chance: &mut Chance) -> Result<()> {
        if self.writer.is_none() {
            self.writer = Some(Writer::of(&self.scene)?);
        }
        let writer = self.writer.as_mut().context("a writer")?;
        for _ in 0..chance.in_range(1..4) {
            let mut letter = Letter::choose(writer.next(), chance);
            if let Some(receiver) = RECEIVERS.into_iter().find(|r| *r == whose) {
                letter.to = vec![receiver];
            }
            writer.submit(&letter)?;
        }
        Ok(())
    }

    fn end(&mut self, profile: &str) -> Result<()> {
        if let Some(mut worker) = self.cast.remove(profile) {
            worker.end(false)?;
        }
        Ok(())
    }

    /// Everybody leaves.
    fn clear(&mut self) -> Result<()> {
        for profile in [SENDER].into_iter().chain(RECEIVERS) {
            self.end(profile)?;
        }
        self.writer = None;
        Ok(())
    }
}
