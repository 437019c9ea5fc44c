//! Letters as RTF, HTML and text that say the same words.

use std::fmt::Write;

use crate::{MadeMail, Shape};

/// An endless stream of made-up paragraphs.
pub(super) struct Letters(MadeMail);

/// What every document begins with.
pub(super) const HEAD: &str = r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Calibri;}{\f1\froman\fcharset2 Symbol;}}
{\colortbl ;\red0\green0\blue255;}{\*\generator Riched20 16.0;}\viewkind4\uc1
";

/// Words of a paragraph; every eighth one is bold.
const WORDS: usize = 80;
const BOLD: usize = 8;

impl Letters {
    pub(super) fn new() -> Self {
        Self(MadeMail::new(Shape::Plain))
    }

    /// The words of the next paragraph.
    pub(super) fn words(&mut self) -> String {
        self.0.text(WORDS)
    }

    /// The next paragraph as Outlook writes it.
    pub(super) fn rtf(&mut self) -> String {
        rtf_of(&self.words())
    }
}

/// A paragraph of RTF with these words.
pub(super) fn rtf_of(words: &str) -> String {
    let mut rtf = r"\pard\sa160\plain\f0\fs22\lang1033 ".to_owned();
    for (n, word) in words.split(' ').enumerate() {
        let word = word.replace('é', r"\'e9");
        // Writing to a string cannot fail.
        let _ = if n % BOLD == 0 {
            write!(rtf, r"{{\b {word}}} ")
        } else {
            write!(rtf, "{word} ")
        };
    }
    rtf.push_str("\\par\r\n");
    rtf
}

/// The same paragraph as HTML.
pub(super) fn html_of(words: &str) -> String {
    let mut html = "<p class=MsoNormal>".to_owned();
    for (n, word) in words.split(' ').enumerate() {
        let _ = if n % BOLD == 0 {
            write!(html, "<b>{word}</b> ")
        } else {
            write!(html, "{word} ")
        };
    }
    html.push_str("</p>\r\n");
    html
}
