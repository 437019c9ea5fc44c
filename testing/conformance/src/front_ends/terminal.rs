//! The person at a terminal: answers each question by the label that it begins with.

use malle_views::{LineUi, Lines, Said, Words};
use mapi::{Call, Result};

use super::{Answer, Person};

/// Has this person asked line by line. `keep` is whether they keep what was entered at the end.
pub(crate) fn terminal(person: &Person, keep: bool) -> LineUi {
    let (words, typing) = (Plain(person.clone()), Typing(person.clone(), keep, 0));
    LineUi::new(Box::new(words), Box::new(typing))
}

/// Words that only name what is said.
struct Plain(Person);

impl Words for Plain {
    fn say(&self, said: &Said<'_>) -> String {
        match said {
            Said::Refused(refused) => self.0.note(refused),
            Said::Failed(error) => panic!("{error}"),
            _ => {}
        }
        format!("{said:?}")
    }
}

/// `.2`: questions so far.
struct Typing(Person, bool, usize);

impl Lines for Typing {
    fn say(&mut self, _: &str) {}

    fn ask(&mut self, prompt: &str, _: bool, _: &Call) -> Result<Option<String>> {
        self.2 += 1;
        assert!(self.2 < 500, "it is never taken: {prompt}");
        if prompt.starts_with(&format!("{:?} ", Said::Keep)) {
            let word = if self.1 { "y" } else { "n" };
            return Ok(Some(word.to_owned()));
        }
        let asked = |label: &str| {
            let rest = prompt.strip_prefix(label).unwrap_or_default();
            [": ", "*: ", " [", "* ["]
                .iter()
                .any(|end| rest.starts_with(end))
        };
        let label = self.0.wanted().into_iter().find(|label| asked(label));
        let answer = label.map_or(Answer::Keep, |label| self.0.next(label));
        Ok(Some(match answer {
            Answer::Keep => String::new(),
            Answer::Text(text) => text.to_owned(),
            Answer::Clear => "-".to_owned(),
            Answer::Yes => "y".to_owned(),
            Answer::No => "n".to_owned(),
            Answer::Pick(rows) => rows.join(", "),
        }))
    }
}
