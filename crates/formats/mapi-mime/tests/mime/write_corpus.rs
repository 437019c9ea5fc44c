//! New MIME of every mail of the shared corpus says what the mail said, and is faultless to Python's strict policy.

use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use mapi_mime::mbox::{MboxReader, Variant};
use mapi_mime::{ImportContext, WriteOptions, parse, write};
use mapi_props::{FileTime, MessageTree, PropValue, TreeContent, tags};

use crate::said::{Difference, Said, differences, said};

const NOW: FileTime = FileTime(134_398_308_050_000_000);

/// Every mail of the corpus with a name for it; empty if the corpus is not here.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus");
    let root = std::env::var_os("MALLE_CORPUS").map_or(beside, PathBuf::from);
    let files = |folder: &str| {
        let mut files: Vec<PathBuf> = fs::read_dir(root.join(folder))
            .into_iter()
            .flatten()
            .map(|e| e.unwrap().path())
            .collect();
        files.sort();
        files
    };
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut mails: Vec<_> = files("eml")
        .iter()
        .map(|p| (name(p), fs::read(p).unwrap()))
        .collect();
    for path in files("mbox") {
        let file = fs::read(&path).unwrap();
        for (n, mail) in MboxReader::new(BufReader::new(&file[..]), Variant::Auto).enumerate() {
            mails.push((format!("{}-{n}", name(&path)), mail.unwrap().bytes));
        }
    }
    mails
}

fn options() -> WriteOptions {
    WriteOptions {
        with_bcc: true,
        with_received: true,
        ..WriteOptions::default()
    }
}

fn new_mime(tree: &MessageTree) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(tree, &options(), &mut bytes).unwrap();
    bytes
}

/// What somebody does who edits a mail: another subject, another text, so that the HTML is gone.
fn edit(tree: &mut MessageTree) {
    let subject = tree.props.text(tags::SUBJECT).unwrap_or_default();
    let subject = format!("Edited: {subject} – да");
    tree.props.set(tags::SUBJECT, subject);
    if tree.props.value(tags::BODY).is_some() {
        tree.props
            .set(tags::BODY, "Edited. Редактировано.\r\nFrom me\r\n.\r\n");
        tree.props.remove(&tags::HTML.raw().into());
        tree.props.set(tags::NATIVE_BODY_INFO, 1);
    }
}

#[test]
fn new_mime_of_the_corpus_says_the_same() {
    let mails = corpus();
    if mails.is_empty() {
        println!("skipped: the shared corpus is not here");
        return;
    }
    let mut unexplained = Vec::new();
    for (name, bytes) in mails {
        let Ok(mut tree) = parse(bytes, &ImportContext::new(NOW)) else {
            continue;
        };
        for edited in [false, true] {
            if edited {
                edit(&mut tree);
            }
            // A file of the sender's machine stays there.
            tree.attachments
                .retain(|a| a.props.value(tags::ATTACH_METHOD) != Some(&PropValue::Long(4)));
            let before = said(&tree);
            let again = parse(new_mime(&tree), &ImportContext::new(NOW)).unwrap();
            for difference in differences(&before, &said(&again)) {
                if explained(&difference, &before) {
                    continue;
                }
                let Difference { what, was, is } = difference;
                unexplained.push(format!(
                    "{name} (edited: {edited}): {what}: {was:?} became {is:?}"
                ));
            }
            if edited {
                continue;
            }
            let stable = new_mime(&again);
            if stable != new_mime(&parse(stable.clone(), &ImportContext::new(NOW)).unwrap()) {
                unexplained.push(format!("{name} (edited: {edited}): is not stable"));
            }
        }
    }
    assert!(
        unexplained.is_empty(),
        "{} differences\n{}",
        unexplained.len(),
        unexplained.join("\n")
    );
}

/// Whether a difference is one that must be: what was there before is no valid mail.
fn explained(difference: &Difference, before: &Said) -> bool {
    let what = difference.what.rsplit('/').next().unwrap_or_default();
    let level = difference.what.strip_suffix(what).unwrap_or_default();
    let (was, is) = (difference.was.as_deref(), difference.is.as_deref());
    let (was_text, is_text) = (was.unwrap_or_default(), is.unwrap_or_default());
    let here = |name: &str| before.get(&format!("{level}{name}")).map(String::as_str);
    match what {
        // RFC 5322 §3.6.4: an id is two halves in brackets; a message that has none gets one.
        "id" => {
            let inner = was_text.trim_matches(['<', '>']);
            let halves = inner.split('@').filter(|h| !h.is_empty()).count() == 2;
            let valid = halves && !inner.contains("..") && !inner.contains(char::is_whitespace);
            !valid || is_text == format!("<{inner}>")
        }
        // RFC 5322 §3.6: there must be a date; the next best is that of delivery.
        "date" => was.is_none() && is == here("delivered"),
        // RFC 5322 §3.4.1: an address has a domain. RFC 5890: a domain has an ASCII form that means the same.
        "from" | "sender" | "from name" | "sender name" | "recipients" | "reply to"
        | "reply entries" => {
            is_text.contains("xn--") || is_text.replace("@localhost", "") == was_text
        }
        // RFC 2231: a long value is written in sections.
        "named Text(\"Content-Type\")" => is_text.contains("*0*=utf-8''"),
        // An empty field says nothing.
        "correlation" => was_text == "Binary([])",
        "cid" => was_text.is_empty() && is.is_none(),
        // A multipart that could not be taken apart is bytes, and bytes are no multipart.
        "type" => was_text.starts_with("multipart/") && is_text == "application/octet-stream",
        // What a report is about is what it refers to, once its identifier has brackets.
        "references" => here("class").is_some_and(|c| c.starts_with("REPORT")) && was.is_none(),
        // Nothing shows an attachment of a message without HTML.
        "hidden" | "flags" => {
            is.is_none()
                && here("../html").is_none()
                && !before.contains_key(&format!("{}html", parent(level)))
        }
        // A signed entity is its message's content, whatever body stands beside it.
        "text" if here("class").is_some_and(|c| c.contains("SMIME")) => true,
        // A message without any part is one with an empty text.
        "text" => was.is_none() && is_text.is_empty(),
        _ => false,
    }
}

fn parent(level: &str) -> &str {
    let level = level.strip_suffix('/').unwrap_or(level);
    let above = level.rsplit_once('/').map_or("", |(above, _)| above);
    level
        .get(..above.len() + usize::from(!above.is_empty()))
        .unwrap_or_default()
}

/// Leaves of the new MIME of a message as a reader counts that looks into messages.
fn leaves(bytes: Vec<u8>) -> usize {
    fn count(tree: &MessageTree) -> usize {
        let class = tree.props.text(tags::MESSAGE_CLASS).unwrap_or_default();
        if class.ends_with("MultipartSigned") {
            return 1;
        }
        let body = usize::from(tree.props.contains(&tags::BODY.raw().into()))
            + usize::from(tree.props.contains(&tags::HTML.raw().into()));
        let parts = tree.attachments.iter().map(|a| match &a.content {
            TreeContent::Message(inner) => count(inner),
            _ => 1,
        });
        (body + parts.sum::<usize>()).max(1)
    }
    count(&parse(bytes, &ImportContext::new(NOW)).unwrap())
}

#[test]
fn new_mime_of_the_corpus_is_faultless_in_python() {
    let mails = corpus();
    if mails.is_empty() {
        println!("skipped: the shared corpus is not here");
        return;
    }
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: python3 is not here");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut written = 0;
    for (name, bytes) in mails {
        let Ok(mut tree) = parse(bytes, &ImportContext::new(NOW)) else {
            continue;
        };
        for name in [format!("{name}.as-it-was"), format!("{name}.edited")] {
            if name.ends_with(".edited") {
                edit(&mut tree);
            }
            let new = new_mime(&tree);
            let text = tree.props.get(&tags::BODY.raw().into());
            let class = tree.props.text(tags::MESSAGE_CLASS).unwrap_or_default();
            // What was signed is the content, whatever text stands beside it.
            let text = text.filter(|_| !class.ends_with("MultipartSigned"));
            let text = text.map(text_of).unwrap_or_default();
            let expect = format!("{}\n{text}", leaves(new.clone()));
            fs::write(folder.path().join(format!("{name}.eml")), &new).unwrap();
            fs::write(folder.path().join(format!("{name}.txt")), expect).unwrap();
            written += 1;
        }
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/strict.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(said.trim_end(), format!("checked {written}"));
}

fn text_of(value: &mapi_props::TreeValue) -> String {
    match value {
        mapi_props::TreeValue::Value(PropValue::Unicode(text)) => text.clone(),
        mapi_props::TreeValue::Large(_, source) => {
            let mut text = String::new();
            source.open().unwrap().read_to_string(&mut text).unwrap();
            text
        }
        mapi_props::TreeValue::Value(_) => String::new(),
    }
}
