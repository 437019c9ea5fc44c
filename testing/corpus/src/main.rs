//! Shows both sides of every difference between malle and Python, for whoever must judge them.
#![expect(clippy::print_stdout, reason = "this program prints")]

use anyhow::Result;
use corpus::{Field, Reading, Sides, compare, read_all};

fn main() -> Result<()> {
    let Some(folder) = testkit::corpus("eml") else {
        return Ok(());
    };
    let sides = read_all(&folder)?;
    let (differences, agreement) = compare(&sides);
    for difference in &differences {
        let side = sides.iter().find(|s| s.file == difference.file);
        if let Some(side) = side {
            println!("{}\t{}", difference.file, difference.field);
            show(side, difference.field);
        }
    }
    println!("{agreement:?}");
    Ok(())
}

/// Characters of a value that are shown.
const SHOWN: usize = 600;

fn show(side: &Sides, field: Field) {
    let python = side.python.as_ref().map(|r| value(r, field));
    let malle = side.malle.as_ref().map(|r| value(r, field));
    let (python, malle) = match (python, malle) {
        (Ok(python), Ok(malle)) => from_difference(&python, &malle),
        (python, malle) => (format!("{python:?}"), format!("{malle:?}")),
    };
    println!("  python {python}\n  malle  {malle}");
}

/// Both values from a little before where they differ.
fn from_difference(a: &str, b: &str) -> (String, String) {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let cut = |text: &str| -> String {
        text.chars()
            .skip(same.saturating_sub(40))
            .take(SHOWN)
            .collect()
    };
    (cut(a), cut(b))
}

fn value(reading: &Reading, field: Field) -> String {
    match field {
        Field::Read => String::new(),
        Field::Subject => format!("{:?}", reading.subject),
        Field::To => format!("{:?}", reading.to),
        Field::Cc => format!("{:?}", reading.cc),
        Field::Attachments => format!("{:?}", reading.hashes()),
        Field::Embedded => format!("{:?}", reading.embedded()),
        Field::Text => format!("{:?}", reading.text),
    }
}
