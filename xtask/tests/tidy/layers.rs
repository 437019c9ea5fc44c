//! Dependencies between rooms descend, and only the host names providers (architecture, invariant 1).

use xtask::workspace::{Metadata, Package, root};

use crate::expect_none;
use crate::tracked::files;

/// A member as the rules see it.
#[derive(Debug, Clone)]
struct Room {
    name: String,
    folder: String,
    layer: Option<u64>,
    /// Members that it depends on in a build, tests apart.
    uses: Vec<String>,
}

impl Room {
    fn is_provider(&self) -> bool {
        self.folder.starts_with("crates/providers/")
    }

    /// Measurements, tests and fuzz targets may name whom they like.
    fn is_exempt(&self) -> bool {
        self.folder.starts_with("testing/") || self.folder.starts_with("fuzz")
    }
}

fn without_layer(rooms: &[Room]) -> Vec<String> {
    let lost = rooms.iter().filter(|room| room.layer.is_none());
    lost.map(|room| format!("{}: no package.metadata.malle.layer", room.name))
        .collect()
}

fn not_descending(rooms: &[Room]) -> Vec<String> {
    edges(rooms)
        .filter(|(from, to)| to.layer >= from.layer)
        .map(|(from, to)| {
            format!(
                "{} ({:?}) uses {} ({:?})",
                from.name, from.layer, to.name, to.layer
            )
        })
        .collect()
}

fn naming_a_provider(rooms: &[Room]) -> Vec<String> {
    edges(rooms)
        .filter(|(from, to)| to.is_provider() && from.name != "malle-host" && !from.is_exempt())
        .map(|(from, to)| format!("{} names the provider {}", from.name, to.name))
        .collect()
}

fn edges(rooms: &[Room]) -> impl Iterator<Item = (&Room, &Room)> {
    rooms.iter().flat_map(move |from| {
        let used = rooms.iter().filter(|to| from.uses.contains(&to.name));
        used.map(move |to| (from, to))
    })
}

fn rooms() -> Vec<Room> {
    let metadata = Metadata::members().unwrap();
    let names: Vec<String> = metadata.packages.iter().map(|p| p.name.clone()).collect();
    metadata
        .packages
        .iter()
        .map(|package| room(package, &names))
        .collect()
}

fn room(package: &Package, members: &[String]) -> Room {
    let folder = package.directory().strip_prefix(root()).unwrap();
    let layer = package
        .metadata
        .as_ref()
        .and_then(|data| data["malle"]["layer"].as_u64());
    let uses = package
        .dependencies
        .iter()
        .filter(|d| d.kind.as_deref() != Some("dev"));
    let uses = uses.filter(|d| d.source.is_none() && members.contains(&d.name));
    Room {
        name: package.name.clone(),
        folder: folder.to_string_lossy().replace('\\', "/"),
        layer,
        uses: uses.map(|d| d.name.clone()).collect(),
    }
}

#[test]
fn every_room_states_its_layer() {
    expect_none(&without_layer(&rooms()));
}

/// Lines of a room without I/O that reach outside.
fn reaching_outside(path: &str, text: &str) -> Vec<String> {
    let ways = [
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "SystemTime::now",
        "File::open",
    ];
    let code = text
        .lines()
        .take_while(|line| line.trim() != "#[cfg(test)]");
    let code = code.filter(|line| !line.trim_start().starts_with("//"));
    let reaches = code.filter(|line| ways.iter().any(|way| line.contains(way)));
    reaches
        .map(|line| format!("{path}: `{}`", line.trim()))
        .collect()
}

#[test]
fn formats_and_values_touch_neither_files_nor_sockets() {
    let Some(files) = files() else { return };
    let pure = [
        "crates/formats/",
        "crates/core/mapi-props/src/",
        "crates/core/mapi-query/src/",
    ];
    let pure = files.iter().filter(|file| {
        pure.iter().any(|room| file.path.starts_with(room)) && file.path.contains("/src/")
    });
    let rust: Vec<_> = pure
        .filter(|file| file.is_written_rust() && !file.is_test())
        .collect();
    assert!(rust.len() > 20);
    let wrong = rust
        .iter()
        .flat_map(|f| reaching_outside(&f.path, f.text().unwrap_or_default()));
    expect_none(&wrong.collect::<Vec<_>>());
}

#[test]
fn every_room_keeps_the_lints_of_the_workspace() {
    let packages = Metadata::members().unwrap().packages;
    let own = packages.iter().filter(|package| {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        !manifest.contains("[lints]\nworkspace = true")
    });
    expect_none(&own.map(|package| package.name.clone()).collect::<Vec<_>>());
}

#[test]
fn dependencies_descend() {
    expect_none(&not_descending(&rooms()));
}

#[test]
fn only_the_host_names_providers() {
    let rooms = rooms();
    assert!(rooms.iter().filter(|room| room.is_provider()).count() >= 2);
    expect_none(&naming_a_provider(&rooms));
}

#[test]
fn the_rules_see_each_kind_of_wrong() {
    let room = |name: &str, folder: &str, layer, uses: &[&str]| Room {
        name: name.to_owned(),
        folder: folder.to_owned(),
        layer,
        uses: uses.iter().map(|&name| name.to_owned()).collect(),
    };
    let rooms = [
        room("props", "crates/core/props", Some(0), &[]),
        room("same", "crates/core/same", Some(0), &["props"]),
        room("store-a", "crates/providers/store-a", Some(5), &["props"]),
        room("store-b", "crates/providers/store-b", Some(6), &["store-a"]),
        room(
            "malle-host",
            "crates/app/malle-host",
            Some(7),
            &["store-a", "store-b"],
        ),
        room("tests", "testing/tests", Some(9), &["store-a"]),
        room("lost", "crates/app/lost", None, &[]),
    ];
    assert_eq!(without_layer(&rooms).len(), 1);
    assert_eq!(
        not_descending(&rooms),
        ["same (Some(0)) uses props (Some(0))"]
    );
    assert_eq!(
        naming_a_provider(&rooms),
        ["store-b names the provider store-a"]
    );
    let code =
        "use std::fs;\n// std::net\nlet now = SystemTime::now();\n#[cfg(test)]\nuse std::fs;";
    assert_eq!(reaching_outside("a.rs", code).len(), 2);
}
