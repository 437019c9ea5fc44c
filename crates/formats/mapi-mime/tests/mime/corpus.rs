//! Every mail of the shared corpus is read, comes back byte for byte, and is written anew.

use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mapi_mime::mbox::{MboxReader, Variant};
use mapi_mime::{ImportContext, NoMessage, WriteOptions, parse, write};
use mapi_props::FileTime;

use crate::shown::original;

const NOW: FileTime = FileTime(134_398_308_050_000_000);

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

/// Reads one mail in every way; gives why it holds none.
fn check(bytes: &[u8], name: &str) -> Option<NoMessage> {
    let start = Instant::now();
    let tree = match parse(bytes.to_vec(), &ImportContext::new(NOW)) {
        Ok(tree) => tree,
        Err(reason) => return Some(reason),
    };
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{name}: {:?}",
        start.elapsed()
    );
    assert!(
        original(&tree) == bytes,
        "{name}: the recipe gives other bytes"
    );
    let mut new = Vec::new();
    write(&tree, &WriteOptions::default(), &mut new).unwrap();
    let again = parse(new, &ImportContext::new(NOW)).unwrap();
    // What lies in a file of the sender's machine is there as its name.
    assert_eq!(again.attachments.len(), tree.attachments.len(), "{name}");
    None
}

#[test]
fn every_eml_is_read_and_comes_back() {
    let files = corpus("eml");
    let mut refused = Vec::new();
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(reason) = check(&fs::read(path).unwrap(), &name) {
            refused.push((name, reason));
        }
    }
    if !files.is_empty() {
        // One file holds the separators of an mbox of another kind, one only white space.
        let expect = [
            ("neomutt-test-files__fig.mbox.eml", NoMessage::Binary),
            ("unstructured__empty.eml", NoMessage::Blank),
        ];
        assert_eq!(refused, expect.map(|(n, r)| (n.to_owned(), r)));
    }
}

#[test]
fn every_mbox_is_split_and_its_mail_read() {
    for path in corpus("mbox") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let file = fs::read(&path).unwrap();
        check(&file, &name);
        let mut messages = 0;
        for variant in [
            Variant::Auto,
            Variant::O,
            Variant::Rd,
            Variant::Cl,
            Variant::Cl2,
        ] {
            let reader = MboxReader::new(BufReader::new(&file[..]), variant);
            for message in reader {
                let message = message.unwrap_or_else(|e| panic!("{name}: {e}"));
                check(&message.bytes, &name);
                messages += 1;
            }
        }
        assert!(messages >= 5, "{name}");
    }
}
