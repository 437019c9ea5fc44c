//! Every `.msg` of the shared corpus is read, and what is written of it reads as the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mapi_msg::ReadError;

use crate::shown::{lines, read, try_read, written};

/// The corpus folder `name`, or a line that says why not.
fn corpus(name: &str) -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus");
    let root = std::env::var_os("MALLE_CORPUS").map_or(beside, PathBuf::from);
    let Ok(entries) = fs::read_dir(root.join(name)) else {
        println!("skipped: the shared corpus is not here ({name})");
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_msg_is_read_and_reads_the_same_when_written() {
    let mut refused = Vec::new();
    let mut defective = Vec::new();
    let files = corpus("msg");
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let start = Instant::now();
        let tree = match try_read(&fs::read(path).unwrap()) {
            Ok(tree) => tree,
            Err(e) => {
                assert!(matches!(e, ReadError::NotCompound | ReadError::NotMessage));
                refused.push(name);
                continue;
            }
        };
        if !tree.defects.is_empty() {
            defective.push(name.clone());
        }
        let file = written(&tree);
        assert_eq!(file, written(&tree), "{name}: other bytes the second time");
        let again = read(&file);
        // What has no name has none again; nothing else of the damage is written.
        let nameless = |d: &&mapi_props::Defect| d.code == "name-missing";
        let kept: Vec<_> = tree.defects.iter().filter(nameless).collect();
        assert_eq!(again.defects.iter().collect::<Vec<_>>(), kept, "{name}");
        assert!(
            lines(&tree) == lines(&again),
            "{name}: {:#?}",
            difference(&lines(&tree), &lines(&again))
        );
        assert_eq!(
            file,
            written(&again),
            "{name}: other bytes from what was read back"
        );
        cfb::CompoundFile::open_strict(std::io::Cursor::new(file))
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(start.elapsed() < Duration::from_secs(5), "{name}");
    }
    if !files.is_empty() {
        assert_eq!(refused, Vec::<String>::new());
        // One text without its stream, one property without a name.
        let expect = [
            "bbottema-omp__Test at sign in personal From header.msg",
            "ruby-msg__qwerty_3.msg",
        ];
        assert_eq!(defective, expect);
    }
}

fn difference(a: &[String], b: &[String]) -> Vec<String> {
    let cut = |s: &String| s.chars().take(200).collect::<String>();
    let gone = a
        .iter()
        .filter(|l| !b.contains(l))
        .map(|l| format!("- {}", cut(l)));
    let new = b
        .iter()
        .filter(|l| !a.contains(l))
        .map(|l| format!("+ {}", cut(l)));
    gone.chain(new).take(20).collect()
}
