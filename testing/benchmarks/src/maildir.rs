//! A made-up Maildir that looks like real mail: threads, Zipf words, two bodies, attachments. The same for every run.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use testkit::Chance;

mod encoding;

use encoding::{base64_lines, date, encoded_words, quoted_printable};

/// Words without a number; as many again have one.
const WORDS: usize = 40_000;
const PEOPLE: usize = 2_000;
/// Threads that may still get answers.
const THREADS: usize = 5_000;
/// 2014-05-13, when the first message was sent.
const START: i64 = 1_400_000_000;
const CONSONANTS: [&str; 16] = [
    "b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "ch", "tr", "pl",
];
const VOWELS: [&str; 9] = ["a", "e", "i", "o", "u", "ou", "ai", "é", "è"];

/// Writes a Maildir of `count` messages: 45 of 100 have a text, 40 text and HTML, 15 an attachment besides, of 2 to 400 KB.
///
/// # Errors
/// Those of the file system.
pub fn make(root: &Path, count: usize, seed: u64) -> io::Result<()> {
    for part in ["cur", "new", "tmp"] {
        fs::create_dir_all(root.join(part))?;
    }
    let mut maker = Maker::new(seed);
    for number in 0..count {
        let (name, mail) = maker.message(number);
        fs::write(root.join("cur").join(name), mail)?;
    }
    Ok(())
}

struct Maker {
    chance: Chance,
    words: Vec<String>,
    people: Vec<(String, String)>,
    threads: Vec<Thread>,
    time: i64,
}

struct Thread {
    subject: String,
    ids: Vec<String>,
}

impl Maker {
    fn new(seed: u64) -> Self {
        let mut this = Self {
            chance: Chance::from_seed(seed),
            words: Vec::with_capacity(2 * WORDS),
            people: Vec::with_capacity(PEOPLE),
            threads: Vec::new(),
            time: START,
        };
        let mut seen = HashSet::new();
        while this.words.len() < WORDS {
            let word = this.new_word();
            if seen.insert(word.clone()) {
                this.words.push(word);
            }
        }
        let numbered = this.words.iter().enumerate();
        let numbered: Vec<String> = numbered.map(|(n, word)| format!("{word}{n}")).collect();
        this.words.extend(numbered);
        for n in 0..PEOPLE {
            let name = titled(&this.sentence(2));
            let host = this.chance.pick(&["corp", "mail", "dept", "list"]);
            let person = (name, format!("user{n}@{host}.example"));
            this.people.push(person);
        }
        this
    }

    fn new_word(&mut self) -> String {
        let mut word = String::new();
        for _ in 0..self.chance.in_range(1..5) {
            let consonant: &&str = self.chance.pick(&CONSONANTS);
            word.push_str(consonant);
            let vowel: &&str = self.chance.pick(&VOWELS);
            word.push_str(vowel);
        }
        word
    }

    /// A number below `count`, small ones far more often than great ones.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small positive numbers"
    )]
    fn zipf(&mut self, count: usize) -> usize {
        (count as f64).powf(self.share()) as usize % count
    }

    /// Between 0 and 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    const fn share(&mut self) -> f64 {
        (self.chance.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn word(&mut self) -> &str {
        let at = self.zipf(self.words.len());
        self.words.get(at).map_or("", String::as_str)
    }

    fn sentence(&mut self, words: usize) -> String {
        let mut text = String::new();
        for n in 0..words {
            if n > 0 {
                text.push(' ');
            }
            text.push_str(self.word());
        }
        text
    }

    fn person(&mut self) -> (String, String) {
        let at = self.zipf(PEOPLE);
        self.people.get(at).cloned().unwrap_or_default()
    }

    fn people(&mut self, counts: &[usize]) -> String {
        let count = *self.chance.pick(counts);
        let listed: Vec<String> = (0..count).map(|_| address(&self.person())).collect();
        listed.join(",\r\n ")
    }

    /// A file name and a message.
    fn message(&mut self, number: usize) -> (String, Vec<u8>) {
        self.time += i64::try_from(self.chance.in_range(5..4001)).unwrap_or(5);
        let mut mail = self.header(number);
        let paragraphs: Vec<String> = (0..self.chance.in_range(1..9))
            .map(|_| {
                let words = self.chance.in_range(20..91);
                self.sentence(words)
            })
            .collect();
        let text = paragraphs.join("\n\n") + "\n";
        let kind = self.chance.below(100);
        if kind < 45 {
            mail.push_str(&text_part("plain", &text));
        } else {
            let html: String = paragraphs
                .iter()
                .map(|p| format!("<p style=\"font-family:Calibri\">{p}</p>"))
                .collect();
            let html = format!("<html><body>{html}</body></html>\n");
            let both = format!(
                "Content-Type: multipart/alternative; boundary=\"alt{number}\"\r\n\r\n--alt{number}\r\n{}\r\n\
                 --alt{number}\r\n{}\r\n--alt{number}--\r\n",
                text_part("plain", &text),
                text_part("html", &html)
            );
            if kind < 85 {
                mail.push_str(&both);
            } else {
                self.attached(&mut mail, &both, number);
            }
        }
        let seen = if self.chance.percent(80) { "S" } else { "" };
        let name = format!("{}.{number}.gen:2,{seen}", self.time);
        (name, mail.into_bytes())
    }

    fn attached(&mut self, mail: &mut String, both: &str, number: usize) {
        let length = 2000 * self.zipf(200).max(1);
        let data = self.chance.bytes(length);
        let name = self.word().to_owned();
        mail.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=\"mix{number}\"\r\n\r\n--mix{number}\r\n{both}--mix{number}\r\n\
             Content-Type: application/pdf; name=\"{name}.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"doc{number}.pdf\"\r\n\r\n{}\r\n--mix{number}--\r\n",
            base64_lines(&data)
        ));
    }

    fn header(&mut self, number: usize) -> String {
        let from = self.person();
        let date = date(self.time);
        let id = format!("<{number}.{:010x}@gen.example>", self.chance.below(1 << 40));
        let relay = self.chance.in_range(1..10);
        let mut out = format!(
            "Return-Path: <{}>\r\nReceived: from mx{relay}.example by mail.example with ESMTP id {number:x}; {date}\r\n\
             From: {}\r\nTo: {}\r\n",
            from.1,
            address(&from),
            self.people(&[1, 1, 1, 2, 3, 8])
        );
        let copies = self.people(&[0, 0, 0, 1, 4]);
        if !copies.is_empty() {
            let _into_a_string = write!(out, "Cc: {copies}\r\n");
        }
        let (subject, threading) = self.subject(&id);
        let _into_a_string = write!(
            out,
            "Subject: {}\r\nDate: {date}\r\nMessage-ID: {id}\r\n{threading}MIME-Version: 1.0\r\n",
            encoded_words(&subject)
        );
        out
    }

    /// A subject, and the fields that say what is answered.
    fn subject(&mut self, id: &str) -> (String, String) {
        if !self.threads.is_empty() && self.chance.percent(60) {
            let back = self.zipf(self.threads.len());
            let at = self.threads.len().saturating_sub(back.max(1));
            if let Some(thread) = self.threads.get_mut(at) {
                let last = thread.ids.last().cloned().unwrap_or_default();
                let tail = thread.ids.len().saturating_sub(10);
                let references = thread.ids.get(tail..).unwrap_or_default().join("\r\n ");
                thread.ids.push(id.to_owned());
                return (
                    format!("Re: {}", thread.subject),
                    format!("In-Reply-To: {last}\r\nReferences: {references}\r\n"),
                );
            }
        }
        let words = self.chance.in_range(3..10);
        let subject = self.sentence(words);
        self.threads.push(Thread {
            subject: subject.clone(),
            ids: vec![id.to_owned()],
        });
        if self.threads.len() > THREADS {
            self.threads.remove(0);
        }
        (subject, String::new())
    }
}

fn text_part(kind: &str, text: &str) -> String {
    format!(
        "Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}",
        quoted_printable(text)
    )
}

fn address((name, address): &(String, String)) -> String {
    format!("{} <{address}>", encoded_words(name))
}

fn titled(text: &str) -> String {
    let title = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    };
    text.split(' ').map(title).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use mapi_props::FileTime;

    use super::*;

    #[test]
    fn messages_are_the_same_every_time_and_read_without_defects() {
        let mut chance = (Maker::new(1), Maker::new(1));
        for number in 0..40 {
            let (name, mail) = chance.0.message(number);
            assert_eq!((name, mail.clone()), chance.1.message(number));
            let context = mapi_mime::ImportContext::new(FileTime::from_unix(2_000_000_000));
            let tree = mapi_mime::parse(mail, &context).unwrap();
            assert!(tree.defects.is_empty(), "{:?}", tree.defects);
            assert!(tree.props.text(mapi::tags::SUBJECT).is_some());
        }
    }
}
