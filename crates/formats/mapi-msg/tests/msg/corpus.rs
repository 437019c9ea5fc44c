//! Every `.msg` of the shared corpus is read, and what is written of it reads as the same.

use std::fs;
use std::time::{Duration, Instant};

use mapi_msg::ReadError;

use crate::shown::{lines, read, try_read, written};

#[test]
fn every_msg_is_read_and_reads_the_same_when_written() {
    let mut refused = Vec::new();
    let mut defective = Vec::new();
    let Some(files) = testkit::corpus_files("msg") else {
        return;
    };
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
    assert_eq!(refused, Vec::<String>::new());
    // One text without its stream, one property without a name.
    let expect = [
        "bbottema-omp__Test at sign in personal From header.msg",
        "ruby-msg__qwerty_3.msg",
    ];
    assert_eq!(defective, expect);
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
