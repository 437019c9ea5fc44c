//! The project's own sample mail: what is read of it, and that its bytes come back.
use std::fs;
use std::path::{Path, PathBuf};

use mapi_mime::{ImportContext, WriteOptions, parse, write};
use mapi_props::{FileTime, MessageTree, tags};

use crate::shown::{self, original, show};

/// 2026-11-22T14:20:05Z.
const NOW: FileTime = FileTime(134_398_308_050_000_000);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../samples/mail")
}

fn files(extension: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path());
    let mut found: Vec<PathBuf> = all
        .filter(|p| p.extension().is_some_and(|e| e == extension))
        .collect();
    found.sort();
    found
}

fn read(path: &Path) -> (Vec<u8>, MessageTree) {
    let bytes = fs::read(path).unwrap();
    let tree = parse(bytes.clone(), &ImportContext::new(NOW)).unwrap();
    (bytes, tree)
}

#[test]
fn every_sample_comes_back_byte_for_byte() {
    let files = files("eml");
    assert!(files.len() >= 40);
    for path in files {
        let (bytes, tree) = read(&path);
        assert!(original(&tree) == bytes, "{}", path.display());
    }
}

#[test]
fn trees_of_the_samples() {
    for path in files("eml") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        insta::assert_snapshot!(name, show(&read(&path).1));
    }
}

/// What is written anew says the same: subject, people, bodies and attachments.
#[test]
fn new_mime_keeps_what_the_sample_says() {
    for path in files("eml") {
        let (_, tree) = read(&path);
        let options = WriteOptions {
            with_bcc: true,
            ..WriteOptions::default()
        };
        let mut bytes = Vec::new();
        write(&tree, &options, &mut bytes).unwrap();
        let lines = bytes.split(|b| *b == b'\n');
        assert!(lines.clone().all(|l| l.len() <= 998), "{}", path.display());
        assert!(
            lines.rev().skip(1).all(|l| l.ends_with(b"\r")),
            "{}",
            path.display()
        );
        let again = parse(bytes.clone(), &ImportContext::new(NOW)).unwrap();
        // One has addresses that are none; written, they are quoted or get a domain.
        let odd = path.ends_with("30-odd-headers.eml");
        let essence = |tree| {
            let all = shown::essence(tree);
            let kept = all
                .lines()
                .filter(|l| !(odd && l.starts_with("Some(Long(2)) Some(")));
            kept.collect::<Vec<_>>().join("\n")
        };
        assert_eq!(
            essence(&again),
            essence(&tree),
            "{}\n{}",
            path.display(),
            String::from_utf8_lossy(&bytes)
        );
        let mut twice = Vec::new();
        write(&tree, &options, &mut twice).unwrap();
        assert!(bytes == twice, "writing is deterministic");
    }
}

#[test]
fn large_attachments_are_kept_once() {
    for (name, paths) in [
        ("12-attachments.eml", vec![vec![0]]),
        ("14-forwarded-message.eml", vec![vec![0, 0]]),
        ("21-smime-encrypted.eml", vec![vec![0]]),
        ("31-lf-line-ends.eml", vec![vec![0]]),
    ] {
        let (bytes, tree) = read(&folder().join(name));
        let recipe = tree.original.as_ref().unwrap();
        let mut found = Vec::new();
        let mut literal = 0;
        for segment in &recipe.segments {
            match segment {
                mapi_props::Segment::Literal(b) => literal += b.len(),
                mapi_props::Segment::Attachment { attachment, .. } => {
                    found.push(attachment.clone())
                }
            }
        }
        assert_eq!(found, paths, "{name}");
        assert!(
            literal < bytes.len() / 3,
            "{name}: {literal} literal bytes of {}",
            bytes.len()
        );
    }
}

#[test]
fn every_truncation_is_read() {
    for name in [
        "03-reply-all.eml",
        "11-inline-image.eml",
        "14-forwarded-message.eml",
        "20-smime-signed.eml",
        "25-split-encoded-words.eml",
    ] {
        let bytes = fs::read(folder().join(name)).unwrap();
        let step = if bytes.len() > 4000 { 7 } else { 1 };
        for end in (1..bytes.len()).step_by(step) {
            let cut = bytes[..end].to_vec();
            if let Ok(tree) = parse(cut.clone(), &ImportContext::new(NOW)) {
                assert!(original(&tree) == cut, "{name} cut at {end}");
            }
        }
    }
}

#[test]
fn delivery_time_follows_the_rules() {
    let check = |mail: &str, received: Option<FileTime>, expect: FileTime| {
        let mut context = ImportContext::new(NOW);
        context.received = received;
        let tree = parse(mail.as_bytes().to_vec(), &context).unwrap();
        let time = tree
            .props
            .value(tags::MESSAGE_DELIVERY_TIME)
            .unwrap()
            .as_time();
        assert_eq!(time, Some(expect), "{mail}");
    };
    let at = FileTime::from_unix;
    let received = "Received: by a; Thu, 1 Jan 1970 00:00:02 GMT\nReceived: by b; Thu, 1 Jan 1970 00:00:01 GMT\n";
    let date = "Date: Thu, 1 Jan 1970 00:00:04 GMT\n";
    check(&format!("{received}{date}\n"), Some(at(3)), at(2));
    check(&format!("{date}\n"), Some(at(3)), at(3));
    check(&format!("{date}\n"), None, at(4));
    check("Subject: x\n\n", None, NOW);
    check(
        &format!("From a@b Thu Jan  1 00:00:05 1970\n{date}\n"),
        None,
        at(5),
    );
    check("Date: Fri, 1 Jan 2038 00:00:00 +0000\n\n", None, NOW);
}

#[test]
fn asked_for_headers_become_named_properties() {
    let mut mail = "Content-Class: a\nX-Mailer: b\nX-Other: c\n".to_owned();
    let mut context = ImportContext::new(NOW);
    let mut ask = |lower: &str, spelt: &str| {
        let pair = (lower.to_owned(), spelt.to_owned());
        context.named_headers.extend([pair]);
    };
    ask("x-mailer", "X-Mailer");
    for n in 0..100 {
        mail.push_str(&format!("X-{n}: {n}\n"));
        ask(&format!("x-{n}"), &format!("x-{n}"));
    }
    let tree = parse(mail + "\n", &context).unwrap();
    let named = |text: &str| {
        let name = mapi_props::PropName::text(mapi_props::guids::PS_INTERNET_HEADERS, text);
        tree.props.contains(&mapi_props::PropKey::Named(name))
    };
    assert!(named("Content-Class") && named("X-Mailer") && named("x-61"));
    assert!(!named("x-other") && !named("x-62"));
    let left_out = tree
        .defects
        .iter()
        .filter(|d| d.code == "header-not-promoted");
    assert_eq!(left_out.count(), 38);
}

#[test]
fn raw_bytes_in_a_header_follow_the_body() {
    let mail = b"From: a@b\nSubject: \xEF\xD4\xDE\xA3\xD4\nContent-Type: text/plain; charset=koi8-r\n\n\xEF";
    let tree = parse(&mail[..], &ImportContext::new(NOW)).unwrap();
    assert_eq!(tree.props.text(tags::SUBJECT), Some("Отчёт"));
}
