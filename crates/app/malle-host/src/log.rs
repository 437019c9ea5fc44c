//! The log on standard error: set up only when somebody asks for it.

use std::io;
use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The target of the calls to providers, for `spi=trace`.
pub const SPI_TARGET: &str = mapi_kit::trace::TARGET;

/// What is logged.
#[derive(Debug, Clone, Default)]
pub struct LogChoice {
    everything: Option<LevelFilter>,
    parts: Vec<(String, LevelFilter)>,
}

/// The text chooses no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no log level: off, error, warn, info, debug, trace, or PART=LEVEL")]
pub struct BadLevel(pub String);

impl LogChoice {
    /// `verbosity` counts `-v`; `levels` are `debug` or `spi=trace`, the last one of a part wins.
    ///
    /// # Errors
    /// [`BadLevel`] with the text that is none.
    pub fn parse(verbosity: u8, levels: &[String]) -> Result<Self, BadLevel> {
        let mut choice = Self {
            everything: match verbosity {
                0 => None,
                1 => Some(LevelFilter::INFO),
                2 => Some(LevelFilter::DEBUG),
                _ => Some(LevelFilter::TRACE),
            },
            parts: Vec::new(),
        };
        for text in levels.iter().flat_map(|l| l.split(',')) {
            let level = |s: &str| LevelFilter::from_str(s).map_err(|_| BadLevel(text.to_owned()));
            match text.split_once('=') {
                Some((part, l)) => choice.parts.push((part.to_owned(), level(l)?)),
                None => choice.everything = Some(level(text)?),
            }
        }
        Ok(choice)
    }

    /// Whether calls to providers are to be traced.
    #[must_use]
    pub fn traces_spi(&self) -> bool {
        let part = self.parts.iter().rev().find(|(part, _)| part == SPI_TARGET);
        let level = part.map(|(_, level)| *level).or(self.everything);
        level.is_some_and(|level| level >= LevelFilter::DEBUG)
    }

    /// Starts the log. Without a choice nothing is set up and logging costs nothing.
    pub fn start(&self) {
        if self.everything.is_none() && self.parts.is_empty() {
            return;
        }
        let all = self.everything.unwrap_or(LevelFilter::WARN);
        let targets = Targets::new()
            .with_default(all)
            .with_targets(self.parts.iter().cloned());
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(false);
        let started = tracing_subscriber::registry()
            .with(lines)
            .with(targets)
            .try_init();
        // A second start in one process keeps the first one's choice.
        if started.is_err() {
            tracing::debug!("the log runs already");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(verbosity: u8, levels: &[&str]) -> Result<LogChoice, BadLevel> {
        let levels: Vec<_> = levels.iter().map(|l| (*l).to_owned()).collect();
        LogChoice::parse(verbosity, &levels)
    }

    #[test]
    fn parts_and_levels() {
        assert!(!choice(0, &[]).unwrap().traces_spi());
        assert!(choice(0, &["spi=trace"]).unwrap().traces_spi());
        assert!(choice(3, &[]).unwrap().traces_spi());
        assert!(!choice(3, &["spi=off"]).unwrap().traces_spi());
        assert_eq!(
            choice(0, &["loud"]).unwrap_err(),
            BadLevel("loud".to_owned())
        );
        assert!(choice(0, &["spi=loud"]).is_err());
    }
}
