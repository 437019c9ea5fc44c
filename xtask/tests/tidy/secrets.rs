//! Secrets are read in one room, and nothing but a provider takes one out of its wrapping.

use super::expect_none;
use super::tracked::files;

/// The room.
const ROOM: &str = "crates/app/malle-host/src/secrets";

/// What only the room does.
const OPENING: [&str; 6] = [
    "keyring_core",
    "native_keyring_store",
    "org.freedesktop.secrets",
    "scrypt::",
    ".secret_file(",
    ".secrets.read(",
];

/// What takes the bytes out. Providers do, for they are who secrets are for.
const UNWRAPPING: [&str; 2] = [".expose(", ".expose_text("];

/// Lines of a file outside the room that do what only the room does.
fn reading_secrets(path: &str, text: &str) -> Vec<String> {
    let own = path.starts_with(ROOM) || path == "crates/core/mapi-spi/src/secret.rs";
    if own || !path.starts_with("crates/") || !path.contains("/src/") {
        return Vec::new();
    }
    let code = text
        .lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//"));
    let provider = path.starts_with("crates/providers/");
    let wrong = code.filter(|line| {
        OPENING.iter().any(|way| line.contains(way))
            || (!provider && UNWRAPPING.iter().any(|way| line.contains(way)))
    });
    wrong
        .map(|line| format!("{path}: `{}`", line.trim()))
        .collect()
}

#[test]
fn one_room_reads_secrets() {
    let Some(files) = files() else { return };
    let rust: Vec<_> = files
        .iter()
        .filter(|file| file.is_written_rust() && !file.is_test())
        .collect();
    assert!(rust.iter().any(|file| file.path.starts_with(ROOM)));
    let wrong = rust
        .iter()
        .flat_map(|file| reading_secrets(&file.path, file.text().unwrap_or_default()));
    expect_none(&wrong.collect::<Vec<_>>());
}

#[test]
fn the_rule_sees_each_kind_of_wrong() {
    let found = |path: &str, line: &str| reading_secrets(path, line).len();
    let cli = "crates/app/malle/src/command/secret.rs";
    let store = "crates/providers/imap/src/logon.rs";
    assert_eq!(found(cli, "print(secret.expose());"), 1);
    assert_eq!(found(cli, "let text = secret.expose_text()?;"), 1);
    assert_eq!(found(cli, "// secret.expose()"), 0);
    assert_eq!(found(store, "wire.send(secret.expose());"), 0);
    assert_eq!(found(store, "keyring_core::Entry::new(\"a\", \"b\")"), 1);
    assert_eq!(found(store, "fs::read(home.secret_file())"), 1);
    assert_eq!(
        found(
            "crates/app/malle-host/src/secrets/age.rs",
            "scrypt::scrypt("
        ),
        0
    );
}
