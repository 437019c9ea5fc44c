//! A model of sending: letters are submitted, taken back, held and sent by transports that answer, fail and panic by chance, while the
//! spooler dies at every step and begins anew. What must be at the receivers, in the Outbox, in Sent Items and in reports is kept
//! as plain sets beside it.

mod letters;
mod office;
mod truth;

use anyhow::{Context, Result};
use testkit::Chance;

use crate::Ground;
use office::Office;

/// Steps of one round of the model; then all that waits is sent, and everything is held against the truth.
const ROUND: u32 = 60;

/// Runs so many steps, in rounds on grounds of their own. `MALLE_SEED` repeats a run.
///
/// # Errors
/// When something is lost, doubled or not where it should be; the seed of the round is named.
pub fn sending_model(ground: impl Fn() -> Box<dyn Ground>, steps: u32) -> Result<()> {
    let mut chance = Chance::from_environment(7);
    for round in 0..steps.div_ceil(ROUND).max(1) {
        let seed = chance.next_u64();
        // Every third is calm: nothing fails, so the order is that of submission.
        let calm = round % 3 == 2;
        let about = || format!("round {round} from {seed}, calm: {calm}");
        let mut office = Office::open(ground(), seed, calm).with_context(about)?;
        for step in 0..ROUND {
            office
                .step()
                .with_context(|| format!("step {step} of {}", about()))?;
        }
        office.close().with_context(about)?;
    }
    Ok(())
}
