//! Large attachments are kept once, however many messages carry them.

use std::fs;
use std::path::Path;

use testkit::Chance;

use crate::place::Place;

const ATTACHMENT: usize = 12 * 1024 * 1024;

#[test]
fn the_same_large_attachment_in_two_messages_is_stored_once() {
    let place = Place::new();
    let data = base64(&Chance::from_seed(20).bytes(ATTACHMENT));
    let paths = ["one", "two"].map(|name| {
        let mail = format!(
            "From: a@b.example\r\nSubject: {name}\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/mixed; boundary=\"{name}\"\r\n\r\n--{name}\r\n\r\nText {name}\r\n--{name}\r\n\
             Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"d.bin\"\r\n\r\n{data}--{name}--\r\n"
        );
        place.file(&format!("{name}.eml"), mail.as_bytes())
    });
    let home = place.path("home");
    let before = bytes_below(&home);
    let report = place.json(&["import", "--items", &paths[0], &paths[1]]);
    assert_eq!(report["imported"], 2, "{report}");
    let grown = bytes_below(&home) - before;
    let once = u64::try_from(ATTACHMENT).unwrap();
    assert!(grown > once && grown < once + once / 20, "grown by {grown}");
    for (item, path) in report["items"].as_array().unwrap().iter().zip(&paths) {
        let out = place.run(&["export", item["id"].as_str().unwrap(), "--format", "eml"]);
        assert!(
            out.stdout == fs::read(path).unwrap(),
            "{path} comes back as it was"
        );
    }
}

/// Under `ulimit -f` a write fails; the process must live to say so, and the store to hold what it held.
#[cfg(unix)]
#[test]
fn a_limit_on_file_sizes_is_an_error_and_not_the_end() {
    let place = Place::new();
    let kept = place.import("From: a@b.example\r\nSubject: kept\r\n\r\nText\r\n");
    let big = format!(
        "From: a@b.example\r\nSubject: big\r\n\r\n{}",
        base64(&Chance::from_seed(2).bytes(6_000_000))
    );
    let path = place.file("big.eml", big.as_bytes());
    let plain = place.malle().command(["import", &path]);
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", "ulimit -f 4000; exec \"$@\"", "sh"])
        .arg(plain.get_program())
        .args(plain.get_args());
    shell.envs(
        plain
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let out = shell.output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(
        out.status.code().is_some_and(|code| code != 0),
        "{}: {said}",
        out.status
    );
    assert!(said.contains("NOT_ENOUGH_DISK"), "{said}");
    place.ok(&["store", "check"]);
    let rows = place.json(&["list"]);
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(rows[0]["id"], kept.as_str());
}

fn bytes_below(folder: &Path) -> u64 {
    let sizes = fs::read_dir(folder).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let about = entry.metadata().unwrap();
        if about.is_dir() {
            bytes_below(&entry.path())
        } else {
            about.len()
        }
    });
    sizes.sum()
}

/// RFC 4648 §4 in lines of 76 characters.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len() * 4 / 3 + bytes.len() / 28);
    for line in bytes.chunks(57) {
        for group in line.chunks_exact(3) {
            let word = group
                .iter()
                .fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
            for shift in [18, 12, 6, 0] {
                out.push(char::from(DIGITS[(word >> shift) as usize & 63]));
            }
        }
        assert!(line.len().is_multiple_of(3), "whole groups only");
        out.push_str("\r\n");
    }
    out
}
