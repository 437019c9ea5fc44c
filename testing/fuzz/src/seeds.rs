//! Where inputs start from: the target's own seeds, inputs that failed once, the samples, a corpus.

use std::fs;
use std::path::{Path, PathBuf};

use crate::target::Target;

/// Larger files of samples and corpus are no seeds: mutants of them would be slow and too much alike.
const LARGEST: u64 = 24 * 1024;
/// Files taken from a corpus.
const MOST: usize = 400;

/// Folders that seeds come from.
#[derive(Debug, Clone)]
pub struct Places {
    /// Inputs that failed once, a folder per target.
    pub regressions: PathBuf,
    /// Mail that every clone has.
    pub samples: PathBuf,
    /// Mail that only some machines have.
    pub corpus: Option<PathBuf>,
}

impl Places {
    /// Those of the checkout, with mail from `corpus` if given.
    #[must_use]
    pub fn of_checkout(corpus: Option<PathBuf>) -> Self {
        Self {
            regressions: Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions"),
            samples: testkit::samples("mail"),
            corpus,
        }
    }
}

/// The seeds of a target; those that failed once come first.
#[must_use]
pub fn seeds_of(target: &Target, places: &Places) -> Vec<Vec<u8>> {
    let mut seeds = read_all(&places.regressions.join(target.name), usize::MAX);
    seeds.extend((target.seeds)());
    if target.takes_mail {
        seeds.extend(read_all(&places.samples, usize::MAX));
        if let Some(corpus) = &places.corpus {
            seeds.extend(read_all(corpus, MOST));
        }
    }
    seeds
}

/// The small files of a folder in name order, evenly chosen when there are more than `most`; none where there is no folder.
fn read_all(folder: &Path, most: usize) -> Vec<Vec<u8>> {
    let Ok(listing) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = listing
        .filter_map(Result::ok)
        .filter(|e| {
            e.metadata()
                .is_ok_and(|m| m.is_file() && m.len() <= LARGEST)
        })
        .map(|e| e.path())
        .collect();
    files.sort();
    let step = files.len().div_ceil(most.max(1)).max(1);
    let chosen = files.iter().step_by(step);
    chosen.filter_map(|file| fs::read(file).ok()).collect()
}
