//! Where the tests' data lies: the project's own samples, and the large corpus that may be absent.

use std::path::{Path, PathBuf};

/// The root of the workspace that this crate was built in.
#[must_use]
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .nth(2)
        .expect("testkit lies two folders below the root")
        .to_owned()
}

/// The project's own sample data of one kind (`mail`, …), which every clone has.
///
/// # Panics
/// When the folder is missing: that is an incomplete checkout, not a reason to skip.
#[must_use]
pub fn samples(kind: &str) -> PathBuf {
    let folder = workspace_root().join("samples").join(kind);
    assert!(folder.is_dir(), "the checkout lacks {}", folder.display());
    folder
}

/// The folder of the large shared corpus for one kind (`eml`, `mbox`, …), if this machine has it.
///
/// Looked for in `MALLE_CORPUS`, else beside the checkout in `../shared/corpus`. It is no part of
/// a clone, so a test that gets `None` returns; the visible `skipped:` line is printed here.
#[must_use]
pub fn corpus(kind: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("MALLE_CORPUS") {
        Some(given) => PathBuf::from(given),
        None => workspace_root().join("../shared/corpus"),
    };
    let folder = root.join(kind);
    if folder.is_dir() {
        return Some(folder);
    }
    skip("shared corpus", "set MALLE_CORPUS to its folder");
    None
}

/// The files of a corpus folder in name order; see [`corpus`].
///
/// # Panics
/// When the folder exists but cannot be read or is empty: a test over nothing proves nothing.
#[must_use]
pub fn corpus_files(kind: &str) -> Option<Vec<PathBuf>> {
    let folder = corpus(kind)?;
    let listing = std::fs::read_dir(&folder).expect("the corpus folder can be read");
    let mut files: Vec<PathBuf> = listing
        .map(|entry| entry.expect("a corpus entry can be read").path())
        .filter(|path| path.is_file())
        .collect();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files.sort();
    Some(files)
}

/// Says that the running test is skipped because this machine lacks `need`, and how to get it.
///
/// `cargo xtask test` counts a test that printed this line as skipped, not as passed, and shows
/// each line once. The test must return right after.
#[expect(
    clippy::print_stdout,
    reason = "the line is the message to whoever runs the tests"
)]
pub fn skip(need: &str, how: &str) {
    println!("skipped: {need} is absent here; to run these tests: {how}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_workspace() {
        let manifest = std::fs::read_to_string(workspace_root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }

    #[test]
    fn corpus_files_are_sorted_and_real() {
        let Some(files) = corpus_files("eml") else {
            return;
        };
        assert!(files.len() > 100);
        assert!(files.is_sorted());
        assert!(files.iter().all(|file| file.is_file()));
    }
}
