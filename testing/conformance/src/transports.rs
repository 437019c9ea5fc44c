//! What every transport does, whatever it speaks: one suite of stories, told to the transport itself.
//!
//! To hold a transport to it, write `tests/<transport>.rs` with its [`TransportGround`] and call [`transports`].
//! Reference: "IXPLogon", "Transport Provider Operational Model" (requirement XP-01)

mod attempt;
mod inbound;
pub(crate) mod message;
mod outbound;

use std::any::Any;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use anyhow::{Result, bail};
use mapi_props::MessageTree;
use mapi_spi::Transport;

/// Where transports of one kind are logged on for a story. Dropping it takes away what they made.
pub trait TransportGround: Debug {
    /// One that is logged on, in a program that has just started: what it keeps between two calls of this is what it keeps over
    /// a restart.
    fn transport(&self) -> Arc<dyn Transport>;

    /// An address of the first address type of its reach, of somebody who gets mail there: another one for each of 0 … 3.
    fn somebody(&self, n: usize) -> String;

    /// An address that it reaches and that is refused for good; `None` where nothing is.
    fn nobody(&self) -> Option<String>;

    /// An address of its address type that another transport may try; `None` where it takes all.
    fn foreign(&self) -> Option<String>;

    /// What reached somebody by now, in the order in which it came. May be asked again and again.
    fn reached(&self, address: &str) -> Vec<MessageTree>;

    /// These messages arrive, in this order, for a transport that is logged on after it; `false` where none can arrive.
    fn arrive(&self, messages: &[MessageTree]) -> bool;
}

/// A story, and what it is about.
type Story = (&'static str, fn(&dyn TransportGround) -> Result<()>);

/// Tells every story on a ground of its own. `MALLE_CASE` runs those whose name contains it.
///
/// # Errors
/// When stories failed; all are named.
pub fn transports(ground: impl Fn() -> Box<dyn TransportGround>) -> Result<()> {
    let wanted = std::env::var("MALLE_CASE").unwrap_or_default();
    let stories = outbound::STORIES.iter().chain(inbound::STORIES);
    let mut failed = Vec::new();
    for (name, story) in stories.filter(|(name, _)| name.contains(&wanted)) {
        let ground = ground();
        let told = catch_unwind(AssertUnwindSafe(|| story(ground.as_ref())));
        match told {
            Ok(Ok(())) => {}
            Ok(Err(error)) => failed.push(format!("{name}: {error:#}")),
            Err(panic) => failed.push(format!("{name}: {}", said(panic.as_ref()))),
        }
    }
    if !failed.is_empty() {
        bail!("{} stories failed:\n{}", failed.len(), failed.join("\n"));
    }
    Ok(())
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic")
}
