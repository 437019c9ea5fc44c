//! The pages that people read: what they must say, and what they must list.

use std::collections::BTreeSet;

use xtask::workspace::{Metadata, root};

use crate::expect_none;
use crate::tracked::files;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The crates from the registry that a root manifest's `[workspace.dependencies]` names.
fn registry_crates(manifest: &str) -> BTreeSet<String> {
    let section = manifest
        .split("[workspace.dependencies]")
        .nth(1)
        .unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let lines = lines.filter(|line| !line.starts_with('#') && !line.contains("path ="));
    let names = lines
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim());
    names.map(str::to_owned).collect()
}

/// Crates without a row `| `name` | reason |` in the table.
fn unexplained(crates: &BTreeSet<String>, page: &str) -> Vec<String> {
    let explained = |name: &&String| {
        let start = format!("| `{name}` | ");
        page.lines().any(|line| {
            line.strip_prefix(&start)
                .is_some_and(|rest| rest.len() > 20)
        })
    };
    crates
        .iter()
        .filter(|name| !explained(name))
        .cloned()
        .collect()
}

#[test]
fn every_dependency_has_its_reason() {
    let mut crates = registry_crates(&read("Cargo.toml"));
    assert!(crates.contains("anyhow"));
    for package in Metadata::members().unwrap().packages {
        let direct = package.dependencies.iter().filter(|d| d.source.is_some());
        crates.extend(direct.map(|d| d.name.clone()));
    }
    expect_none(&unexplained(&crates, &read("docs/dependencies.md")));
}

#[test]
fn no_reason_outlives_its_dependency_or_stands_twice() {
    let crates = registry_crates(&read("Cargo.toml"));
    let page = read("docs/dependencies.md");
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let mut seen = BTreeSet::new();
    let mut wrong = |name: &String| !crates.contains(name) || !seen.insert(name.clone());
    expect_none(
        &rows
            .map(|(name, _)| name.to_owned())
            .filter(|name| wrong(name))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn the_readme_shows_both_commands_and_what_they_print() {
    let readme = read("README.md");
    for needed in [
        "cargo xtask demo",
        "cargo xtask test",
        "$ malle import",
        "$ malle list",
    ] {
        assert!(readme.contains(needed), "README.md lacks `{needed}`");
    }
}

#[test]
fn every_page_of_the_house_is_there() {
    let pages = [
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "docs/architecture.md",
        "docs/format.md",
        "docs/style.md",
    ];
    for page in pages {
        assert!(read(page).lines().count() > 10, "{page} says nothing");
    }
}

#[test]
fn the_architecture_names_every_room() {
    let page = read("docs/architecture.md");
    let packages = Metadata::members().unwrap().packages;
    let missing = packages
        .iter()
        .filter(|package| !page.contains(&package.name));
    expect_none(
        &missing
            .map(|package| package.name.clone())
            .collect::<Vec<_>>(),
    );
}

/// The names of tests in the last column of the table of invariants.
fn guards(page: &str) -> Vec<&str> {
    let section = page.split("## Invariants").nth(1).unwrap_or_default();
    let rows = section
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'));
    let cells = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_invariant_is_guarded_by_tests_that_exist() {
    let Some(files) = files() else { return };
    let page = read("docs/architecture.md");
    let guards = guards(&page);
    assert!(guards.len() >= 10);
    let exists = |guard: &&&str| {
        let item = format!("fn {guard}(");
        files
            .iter()
            .filter(|f| f.is_written_rust())
            .any(|f| f.text().is_some_and(|t| t.contains(&item)))
    };
    let missing = guards.iter().filter(|guard| !exists(guard));
    expect_none(&missing.map(|guard| (*guard).to_owned()).collect::<Vec<_>>());
}

#[test]
fn the_rules_see_each_kind_of_wrong() {
    let manifest = "[workspace.dependencies]\n# why\nroom = { path = \"room\" }\none = \"1\"\n\
                    two = { version = \"2\" }\n\n[profile.dev]\nthree = 3\n";
    let crates = registry_crates(manifest);
    assert_eq!(crates, ["one", "two"].map(str::to_owned).into());
    let page = "| `one` | A reason of some length. |\n| `two` | why |\n";
    assert_eq!(unexplained(&crates, page), ["two"]);
    let page = "`no`\n## Invariants\n| a | by |\n|---|---|\n| It `holds`. | `b`, `c` |\n";
    assert_eq!(guards(page), ["b", "c"]);
}
