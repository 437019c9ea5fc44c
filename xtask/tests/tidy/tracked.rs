//! The files that git tracks, as the other rules see them.

use std::path::PathBuf;
use std::process::Command;

use xtask::workspace::root;

/// One tracked file.
pub(crate) struct Tracked {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    bytes: Vec<u8>,
}

impl Tracked {
    /// Its text; `None` when it is not text.
    pub(crate) fn text(&self) -> Option<&str> {
        str::from_utf8(&self.bytes).ok()
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it is Rust that people write.
    pub(crate) fn is_written_rust(&self) -> bool {
        self.path.ends_with(".rs") && !self.path.contains("/generated/")
    }

    /// Whether it holds nothing but tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }
}

/// Every file that is tracked or would be, or `None` (with the `skipped:` line) without git.
pub(crate) fn files() -> Option<Vec<Tracked>> {
    let root = root();
    let listing = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(&root)
        .output();
    let Ok(output) = listing else {
        testkit::skip("git", "cargo xtask test --setup");
        return None;
    };
    if !output.status.success() {
        testkit::skip(
            "a git checkout",
            "clone the repository instead of copying its files",
        );
        return None;
    }
    let names = String::from_utf8(output.stdout).expect("paths of the project are UTF-8");
    let read = |name: &str| {
        let file: PathBuf = root.join(name);
        // A file that is deleted but not yet committed so is listed without being there.
        let bytes = std::fs::read(file).ok()?;
        Some(Tracked {
            path: name.to_owned(),
            bytes,
        })
    };
    let files: Vec<_> = names
        .split('\0')
        .filter(|n| !n.is_empty())
        .filter_map(read)
        .collect();
    assert!(files.iter().any(|file| file.path == "Cargo.toml"));
    Some(files)
}
