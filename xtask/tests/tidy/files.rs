//! How files are named, how long they are, how they begin, and what they must not mention.

use crate::expect_none;
use crate::tracked::{Tracked, files};

const LONGEST: usize = 800;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "common", "helper", "helpers", "manager", "misc",
];

fn too_long(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > LONGEST).then(|| format!("{path}: {lines} lines, {LONGEST} at most"))
}

fn without_opening(path: &str, text: &str) -> Option<String> {
    let first = text.lines().next().unwrap_or_default();
    let said = first
        .strip_prefix("//! ")
        .is_some_and(|rest| !rest.trim().is_empty());
    (!said).then(|| format!("{path}: the first line is not `//!` and a sentence"))
}

fn badly_named(path: &str) -> Option<String> {
    let stem = |part: &str| part.split('.').next().unwrap_or_default().to_lowercase();
    let empty = |part: &str| {
        let stem = stem(part);
        EMPTY_NAMES
            .iter()
            .any(|name| stem.split(['_', '-']).any(|word| word == *name))
    };
    if path.ends_with("/mod.rs") {
        return Some(format!("{path}: `foo.rs` and `foo/` instead of mod.rs"));
    }
    path.split('/')
        .any(empty)
        .then(|| format!("{path}: the name says nothing"))
}

/// Items named for nothing: `mod util`, `struct FooManager`.
fn empty_items(path: &str, text: &str) -> Option<String> {
    let item = |line: &&str| {
        let words: Vec<&str> = line.split([' ', '(', '<', ';', '{', ':']).collect();
        words.windows(2).any(|pair| match pair {
            ["mod" | "fn", name] => EMPTY_NAMES.contains(name),
            ["struct" | "trait" | "enum", name] => {
                ["Manager", "Helper", "Helpers", "Util", "Utils"]
                    .iter()
                    .any(|e| name.ends_with(e))
            }
            _ => false,
        })
    };
    let line = text.lines().find(item)?;
    Some(format!("{path}: `{}`: the name says nothing", line.trim()))
}

/// Lints are suppressed by `expect`, which says so when it is no longer needed; tests may `allow`.
fn allows(path: &str, text: &str) -> Option<String> {
    let marks = ["#[al", "#![al"].map(|start| format!("{start}low("));
    let line = text
        .lines()
        .find(|line| marks.iter().any(|mark| line.trim_start().starts_with(mark)))?;
    Some(format!(
        "{path}: `{}`: use expect, with a reason",
        line.trim()
    ))
}

/// What is announced but not done. Put together here, so as not to stand here.
fn unfinished(path: &str, text: &str) -> Option<String> {
    let words = [
        ["to", "do!("],
        ["unimpl", "emented!("],
        ["FIX", "ME"],
        ["#[ig", "nore"],
    ];
    let words = words.map(|parts| parts.concat());
    let holds = |line: &&str| words.iter().any(|word| line.contains(word.as_str()));
    let line = text.lines().find(holds)?;
    Some(format!(
        "{path}: `{}`: finish it, or say in the closing note why not",
        line.trim()
    ))
}

/// Places of one workplace that no project should know. Put together here, so as not to stand here.
fn workplace_names(path: &str, bytes: &[u8]) -> Option<String> {
    let names = [
        ["/wo", "rk/"].concat(),
        ["/fa", "rm/"].concat(),
        [".lib", "rary"].concat(),
        ["far", "m-b"].concat(),
        ["far", "m-s"].concat(),
    ];
    let name = names.iter().find(|name| holds(bytes, name.as_bytes()))?;
    Some(format!("{path}: names the workplace: {name}"))
}

/// Whether `text` holds `name` anywhere but as the end of a longer word or a field's name.
fn holds(text: &[u8], name: &[u8]) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b')';
    text.windows(name.len()).enumerate().any(|(at, part)| {
        let before = at.checked_sub(1).map_or(b' ', |before| text[before]);
        part == name && !word(before)
    })
}

fn over_rust(files: &[Tracked], rule: impl Fn(&str, &str) -> Option<String>) -> Vec<String> {
    let written = files.iter().filter(|file| file.is_written_rust());
    let said = written.filter_map(|file| rule(&file.path, file.text().unwrap_or_default()));
    said.collect()
}

#[test]
fn no_file_is_longer_than_800_lines() {
    let Some(mut files) = files() else { return };
    files.retain(|file| !file.is_test());
    expect_none(&over_rust(&files, too_long));
}

#[test]
fn every_file_opens_with_a_sentence() {
    let Some(files) = files() else { return };
    expect_none(&over_rust(&files, without_opening));
}

#[test]
fn names_say_something() {
    let Some(files) = files() else { return };
    let mut wrong = over_rust(&files, |path, _| badly_named(path));
    wrong.extend(over_rust(&files, empty_items));
    expect_none(&wrong);
}

#[test]
fn nothing_is_left_unfinished_or_silenced() {
    let Some(mut files) = files() else { return };
    let mut wrong = over_rust(&files, unfinished);
    files.retain(|file| !file.is_test() && !file.path.starts_with("testing/"));
    wrong.extend(over_rust(&files, allows));
    expect_none(&wrong);
}

#[test]
fn no_workplace_is_named() {
    let Some(files) = files() else { return };
    let wrong: Vec<_> = files
        .iter()
        .filter_map(|file| workplace_names(&file.path, file.bytes()))
        .collect();
    expect_none(&wrong);
}

#[test]
fn the_rules_see_each_kind_of_wrong() {
    assert!(too_long("a.rs", &"x\n".repeat(801)).is_some());
    assert!(too_long("a.rs", &"x\n".repeat(800)).is_none());
    assert!(without_opening("a.rs", "use a;\n").is_some());
    assert!(without_opening("a.rs", "//! \n").is_some());
    assert!(without_opening("a.rs", "//! Why it is here.\n").is_none());
    for path in [
        "a/mod.rs",
        "a/util.rs",
        "a/common/b.rs",
        "a/string_utils.rs",
        "test-helpers/a.rs",
    ] {
        assert!(badly_named(path).is_some(), "{path}");
    }
    for path in ["a/module.rs", "a/commons.rs", "a/utility_room.rs"] {
        assert!(badly_named(path).is_none(), "{path}");
    }
    for (word, name) in [
        ("mod", "util"),
        ("pub struct", "StoreManager<T>"),
        ("  trait", "Helper"),
    ] {
        assert!(
            empty_items("a.rs", &format!("{word} {name} {{")).is_some(),
            "{word} {name}"
        );
    }
    assert!(empty_items("a.rs", "// a common mod of speech\nlet manager = 1;").is_none());
    assert!(unfinished("a.rs", &["    to", "do!()"].concat()).is_some());
    assert!(unfinished("a.rs", "what there is to do").is_none());
    assert!(allows("a.rs", &["  #[al", "low(dead_code)]"].concat()).is_some());
    assert!(allows("a.rs", "#[expect(dead_code, reason = \"x\")]").is_none());
    assert!(workplace_names("a", ["see /wo", "rk/main"].concat().as_bytes()).is_some());
    assert!(workplace_names("a", [".lib", "rary/x"].concat().as_bytes()).is_some());
    assert!(workplace_names("a", b"homework/main, found_library").is_none());
}
