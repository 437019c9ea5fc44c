//! Words to look for: one that many messages have, one that some have, one that hardly any has.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// One message in so many is looked at for words.
const PER_LOOK: usize = 10;
/// Longer lines without a space are no text.
const TEXT_LINE: usize = 100;

/// Bytes of all mail, and three words with what they stand for. ASCII only, so that all programs mean the same word.
pub(super) fn choose(mail: &[PathBuf]) -> Result<(u64, [(&'static str, String); 3])> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let (mut bytes, mut looked) = (0, 0);
    for (n, file) in mail.iter().enumerate() {
        let mail = fs::read(file)?;
        bytes += u64::try_from(mail.len())?;
        if n % PER_LOOK == 0 {
            looked += 1;
            for word in words_of(&String::from_utf8_lossy(&mail)) {
                *counts.entry(word).or_default() += 1;
            }
        }
    }
    let near = |share: usize| {
        let wanted = looked / share;
        let best = counts
            .iter()
            .min_by_key(|(word, n)| (n.abs_diff(wanted), *word));
        best.map(|(word, _)| word.clone())
            .context("there are no words in this mail")
    };
    // One message in five, in a hundred, and in as many as were looked at.
    Ok((
        bytes,
        [
            ("common", near(5)?),
            ("middle", near(100)?),
            ("rare", near(looked.max(1))?),
        ],
    ))
}

/// Words of the body as they stand between spaces: none that an encoding has cut.
fn words_of(mail: &str) -> HashSet<String> {
    let (_, body) = mail.split_once("\r\n\r\n").unwrap_or_default();
    let lines = body
        .lines()
        .filter(|line| line.len() < TEXT_LINE && line.contains(' ') && !line.contains(['<', ':']));
    let whole = |word: &&str| {
        (4..=10).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase())
    };
    lines
        .flat_map(|line| line.split(' ').skip(1))
        .filter(whole)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_plain_words_of_text_count() {
        let mail = "Subject: header words\r\n\r\nfirst common Word caf=C3=A9 cut=\r\nContent-Type: none\r\n<p>html text here\r\n";
        let mut words: Vec<String> = words_of(mail).into_iter().collect();
        words.sort();
        assert_eq!(words, ["common"]);
    }
}
