//! README.md shows what the command prints.

use std::path::Path;

use testkit::TempHome;

/// Times, sizes that hold times, and how long something took are in it: each digit counts as any other.
fn masked(transcript: &str) -> Vec<String> {
    let digit = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let lines = transcript.lines();
    lines
        .map(|line| line.chars().map(digit).collect())
        .collect()
}

#[test]
fn the_transcript_of_the_readme_is_what_the_demo_shows() {
    let place = TempHome::new().unwrap();
    let malle = Path::new(env!("CARGO_BIN_EXE_malle"));
    let shown = xtask::demo::transcript(malle, place.path()).unwrap();
    let written = xtask::demo::in_readme().unwrap();
    let again = "run: cargo xtask demo --clean --readme";
    for (line, (written, shown)) in masked(&written).iter().zip(&masked(&shown)).enumerate() {
        assert_eq!(
            written,
            shown,
            "line {} of the transcript; {again}",
            line + 1
        );
    }
    let (all, now) = (written.lines().count(), shown.lines().count());
    assert_eq!(all, now, "{again}");
}
