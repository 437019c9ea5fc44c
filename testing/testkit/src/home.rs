//! Temporary homes: short directories that vanish after the test.

use std::io;
use std::path::{Path, PathBuf};

/// A temporary directory for all state of one test; removed when dropped.
///
/// The path is short because a control socket lives below it and socket paths end at about 100
/// bytes. With `MALLE_KEEP=1` in the environment it stays, for looking at after a failure.
#[derive(Debug)]
pub struct TempHome {
    directory: tempfile::TempDir,
}

impl TempHome {
    /// Makes a new, empty home.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn new() -> io::Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder
            .prefix("m-")
            .disable_cleanup(std::env::var_os("MALLE_KEEP").is_some());
        Ok(Self {
            directory: builder.tempdir_in(short_parent())?,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Leaves the directory in place and returns its path.
    #[must_use]
    pub fn keep(self) -> PathBuf {
        self.directory.keep()
    }
}

/// The system's temporary directory, or `/tmp` where that one is long (macOS).
fn short_parent() -> PathBuf {
    let usual = std::env::temp_dir();
    let short = Path::new("/tmp");
    if cfg!(unix) && usual.as_os_str().len() > 40 && short.is_dir() {
        return short.to_owned();
    }
    usual
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_short_private_to_the_test_and_gone_afterwards() {
        let (one, two) = (TempHome::new().unwrap(), TempHome::new().unwrap());
        assert_ne!(one.path(), two.path());
        let path = one.path().to_owned();
        assert!(path.is_dir());
        assert!(path.as_os_str().len() < 60, "{}", path.display());
        std::fs::write(path.join("file"), b"x").unwrap();
        drop(one);
        assert_eq!(path.exists(), std::env::var_os("MALLE_KEEP").is_some());
    }
}
