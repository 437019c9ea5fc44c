//! docs/coverage.md is what the task makes of results, never something written by hand.

use xtask::coverage::{checks, page};

#[test]
fn the_page_is_one_that_the_task_makes() {
    let written = std::fs::read_to_string(page::file()).expect("docs/coverage.md");
    let coverage = page::parse(&written, &checks::load().unwrap()).unwrap();
    assert_eq!(coverage.total, 573);
    assert!(
        page::render(&coverage) == written,
        "run `cargo xtask coverage --write --fresh`"
    );
}
