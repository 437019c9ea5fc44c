//! A secret that is looked for everywhere: in bytes, in files, and in what every process shows of itself.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::Chance;

/// How much of a file is looked at in one go.
const BLOCK: usize = 1 << 20;

/// A secret of a test, and every form in which it could be found by accident.
#[derive(Debug, Clone)]
pub struct Canary {
    text: String,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Canary {
    /// One that stands nowhere else; `chance` makes it.
    #[must_use]
    pub fn new(chance: &mut Chance) -> Self {
        Self::of(&format!("Kanari-{:016x}-é", chance.next_u64()))
    }

    /// A given one.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let units: Vec<u16> = text.encode_utf16().collect();
        let hex = |digits: &str| digits.as_bytes().to_vec();
        let lower: String = text.bytes().map(|b| format!("{b:02x}")).collect();
        let numbers: Vec<String> = text.bytes().map(|b| b.to_string()).collect();
        let mut forms = vec![
            ("UTF-8", text.as_bytes().to_vec()),
            (
                "UTF-16 LE",
                units.iter().flat_map(|u| u.to_le_bytes()).collect(),
            ),
            (
                "UTF-16 BE",
                units.iter().flat_map(|u| u.to_be_bytes()).collect(),
            ),
            ("hexadecimal", hex(&lower)),
            ("hexadecimal", hex(&lower.to_uppercase())),
            // As `Debug` shows bytes.
            ("numbers", hex(&numbers.join(", "))),
            ("percent", percent(text)),
            ("backwards", text.bytes().rev().collect()),
        ];
        for before in 0..3 {
            let standard = base64_inside(text.as_bytes(), before);
            let url = standard.iter().map(|b| match b {
                b'+' => b'-',
                b'/' => b'_',
                other => *other,
            });
            forms.push(("Base64", url.collect()));
            forms.push(("Base64", standard));
        }
        Self {
            text: text.to_owned(),
            forms,
        }
    }

    /// The secret.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The form in which it stands in these bytes, if it does.
    #[must_use]
    pub fn found_in(&self, bytes: &[u8]) -> Option<&'static str> {
        let holds = |form: &[u8]| bytes.windows(form.len()).any(|window| window == form);
        let found = self.forms.iter().find(|(_, form)| holds(form));
        found.map(|(name, _)| *name)
    }

    /// Every file below `folder` in which it stands, by content or by name. Sockets and pipes are not opened.
    ///
    /// # Panics
    /// When the folder cannot be read: what was not looked at proves nothing.
    #[must_use]
    pub fn found_below(&self, folder: &Path) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        let listing = fs::read_dir(folder).expect("the folder can be read");
        for entry in listing {
            let path = entry.expect("an entry can be read").path();
            let Ok(kind) = path.symlink_metadata() else {
                // It is gone since.
                continue;
            };
            if self.found_in(path.as_os_str().as_encoded_bytes()).is_some() {
                found.insert(path.clone());
            }
            if kind.is_dir() {
                found.extend(self.found_below(&path));
            } else if kind.is_file() && self.is_in_file(&path) {
                found.insert(path);
            }
        }
        found
    }

    fn is_in_file(&self, path: &Path) -> bool {
        let file = match File::open(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return false,
            other => other.expect("the file can be opened"),
        };
        self.is_in(file).expect("the file can be read")
    }

    fn is_in(&self, mut file: impl Read) -> io::Result<bool> {
        let longest = self.forms.iter().map(|(_, form)| form.len()).max();
        let overlap = longest.unwrap_or_default();
        let mut bytes = Vec::new();
        loop {
            let read = file.by_ref().take(BLOCK as u64).read_to_end(&mut bytes)?;
            if self.found_in(&bytes).is_some() {
                return Ok(true);
            }
            if read == 0 {
                return Ok(false);
            }
            bytes.drain(..bytes.len().saturating_sub(overlap));
        }
    }

    /// Every process in whose command line, environment or name it stands, and where there; `None` where the system
    /// does not show these. Those of other users show nothing.
    #[must_use]
    pub fn found_in_processes(&self) -> Option<Vec<String>> {
        let processes = fs::read_dir("/proc").ok()?;
        let mut found = Vec::new();
        let mut looked = 0;
        for process in processes.flatten() {
            let name = process.file_name();
            if !name.as_encoded_bytes().iter().all(u8::is_ascii_digit) {
                continue;
            }
            for part in ["cmdline", "environ", "comm"] {
                // A process may end while it is looked at.
                if let Ok(bytes) = fs::read(process.path().join(part)) {
                    looked += 1;
                    let form = self.found_in(&bytes);
                    found.extend(form.map(|form| format!("{part} of {name:?}, as {form}")));
                }
            }
        }
        (looked > 0).then_some(found)
    }
}

fn percent(text: &str) -> Vec<u8> {
    let mut to = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            to.push(char::from(byte));
        } else {
            to.push_str(&format!("%{byte:02X}"));
        }
    }
    to.into_bytes()
}

/// What of the Base64 of some text is the same whatever stands around `bytes`, when `before` bytes of its group do.
fn base64_inside(bytes: &[u8], before: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = Vec::new();
    for byte in bytes {
        bits.extend((0..8).rev().map(|n| (byte >> n) & 1));
    }
    // Bits of the first digit that is wholly inside.
    let skip = (6 - (before * 8) % 6) % 6;
    let digits = bits.get(skip..).unwrap_or_default().chunks_exact(6);
    let digit = |six: &[u8]| {
        six.iter()
            .fold(0_usize, |d, bit| (d << 1) | usize::from(*bit))
    };
    digits
        .filter_map(|six| ALPHABET.get(digit(six)).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TempHome;

    #[test]
    fn every_form_is_found_where_it_is_planted() {
        let canary = Canary::of("secret");
        for (planted, form) in [
            ("a secret b", "UTF-8"),
            ("s\0e\0c\0r\0e\0t\0", "UTF-16 LE"),
            ("\0s\0e\0c\0r\0e\0t", "UTF-16 BE"),
            ("736563726574", "hexadecimal"),
            ("[1, 115, 101, 99, 114, 101, 116]", "numbers"),
            ("terces", "backwards"),
            // Base64 of "secret", "xsecret", "xxsecret" and "xxxsecret!"
            ("c2VjcmV0", "Base64"),
            ("eHNlY3JldA==", "Base64"),
            ("eHhzZWNyZXQ=", "Base64"),
            ("eHh4c2VjcmV0IQ==", "Base64"),
        ] {
            assert_eq!(canary.found_in(planted.as_bytes()), Some(form), "{planted}");
        }
        assert_eq!(canary.found_in(b"secre t"), None);
    }

    #[test]
    fn files_are_searched_to_their_ends_and_over_the_seams() {
        let home = TempHome::new().unwrap();
        let canary = Canary::of("secret");
        let mut big = vec![b'x'; BLOCK - 3];
        big.extend_from_slice(b"secret");
        for (name, bytes) in [("none", &b"secre"[..]), ("sub/big", &big), ("asecret", b"")] {
            let path = home.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let found: Vec<_> = canary.found_below(home.path()).into_iter().collect();
        assert_eq!(
            found,
            [home.path().join("asecret"), home.path().join("sub/big")]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn processes_are_searched() {
        use crate::ChildGuard;
        use std::process::{Command, Stdio};
        let canary = Canary::new(&mut Chance::from_seed(u64::from(std::process::id())));
        assert_eq!(canary.found_in_processes(), Some(Vec::new()));
        let start = |command: &mut Command| {
            let mut child =
                ChildGuard::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped())).unwrap();
            // Its first word shows that it has become what it is.
            let mut byte = [0];
            child
                .child()
                .stdout
                .as_mut()
                .unwrap()
                .read_exact(&mut byte)
                .unwrap();
            child
        };
        // A word of the shell itself, so that nothing outlives it.
        let script = "echo x; read -r line";
        let mut told = Command::new("sh");
        let by_argument = start(told.args(["-c", script, canary.text()]));
        let mut told = Command::new("sh");
        let by_environment = start(told.args(["-c", script]).env("X", canary.text()));
        let found = canary.found_in_processes().unwrap().join("\n");
        for (child, part) in [(&by_argument, "cmdline"), (&by_environment, "environ")] {
            let want = format!("{part} of \"{}\"", child.id());
            assert!(found.contains(&want), "{found}");
        }
    }
}
