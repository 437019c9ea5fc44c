//! A sheet as questions, one after the other.

use mapi::display_table::{Control, ControlKind};
use mapi::{Field, Headless, Refused, Result, Sheet};

use super::{Said, Talk, yes_or_no as yes};
use crate::ui::{continues_group, group_from, group_name};

/// What an answer asks for, instead of answering.
const CLEAR: &str = "-";
pub(super) const BACK: &str = "<";
const HELP: &str = "?";

/// Where to go from a question.
enum Step {
    Next,
    Back,
    Again,
}

impl Talk<'_> {
    pub(super) fn show_title(&mut self, sheet: &Sheet<'_>) {
        self.lines.say(sheet.title());
    }

    /// Every control with its value, of a sheet that only shows.
    pub(super) fn show_all(&mut self, sheet: &mut Sheet<'_>) -> Result<()> {
        for number in 0..sheet.controls().len() {
            let Some(field) = sheet.field(number) else {
                continue;
            };
            let value = self.value(sheet, &field)?;
            let asks = sheet.controls().get(number).is_some_and(asks);
            if asks {
                self.lines.say(&format!("{}: {value}", field.label));
            }
        }
        Ok(())
    }

    /// Goes through the questions of a sheet, from one of them if only that is to be mended.
    pub(super) fn fill(&mut self, sheet: &mut Sheet<'_>, first: Option<usize>) -> Result<()> {
        let questions = questions(sheet);
        if questions.is_empty() {
            return Ok(());
        }
        if first.is_none() {
            self.say(&Said::Keys);
        }
        let mut at = first
            .and_then(|number| questions.iter().position(|q| *q == number))
            .unwrap_or(0);
        let mut page = None;
        while let Some(number) = questions.get(at).copied() {
            self.show_page(sheet, number, &mut page);
            match self.question(sheet, number)? {
                Step::Next => {
                    if let Err(error) = sheet.leave(number) {
                        self.say(&Said::Failed(&error));
                    } else {
                        at += 1;
                    }
                }
                Step::Back => at = at.saturating_sub(1),
                Step::Again => {}
            }
        }
        Ok(())
    }

    fn show_page(&mut self, sheet: &Sheet<'_>, number: usize, shown: &mut Option<usize>) {
        let pages = sheet.pages();
        let page = pages.iter().position(|p| p.controls.contains(&number));
        let label = page
            .and_then(|page| pages.get(page))
            .map(|p| p.label.as_str());
        if page != *shown && pages.len() > 1 {
            self.lines.say(&format!("— {}", label.unwrap_or_default()));
        }
        *shown = page;
    }

    /// Says why something was not taken, and which question to ask again.
    pub(super) fn refused(&mut self, refused: &Refused) -> usize {
        self.say(&Said::Refused(refused));
        match refused {
            Refused::Missing { number, .. } => *number,
            _ => 0,
        }
    }

    fn question(&mut self, sheet: &mut Sheet<'_>, number: usize) -> Result<Step> {
        let Some(mut field) = sheet.field(number) else {
            return Ok(Step::Next);
        };
        if let Some(group) = group_name(sheet, number) {
            field.label = group;
        }
        self.show_choices(sheet, number)?;
        let prompt = self.prompt(sheet, &field)?;
        let answer = self.lines.ask(&prompt, field.secret, self.call)?;
        let answer = answer.ok_or_else(mapi::cancelled)?;
        let step = match answer.trim() {
            "" => return Ok(Step::Next),
            BACK => return Ok(Step::Back),
            HELP => {
                let none = || self.words.say(&Said::NoHelp);
                let help = field.help.unwrap_or_else(none);
                self.lines.say(&help);
                return Ok(Step::Again);
            }
            CLEAR => sheet.type_text(number, ""),
            _ => self.answer(sheet, number, &answer),
        };
        match step {
            Ok(()) => Ok(Step::Next),
            Err(refused) => {
                self.refused(&refused);
                Ok(Step::Again)
            }
        }
    }

    fn answer(&mut self, sheet: &mut Sheet<'_>, number: usize, answer: &str) -> mapi::Taken<()> {
        let word = answer.trim();
        let kind = sheet.controls().get(number).map(|c| &c.kind);
        match kind {
            Some(ControlKind::CheckBox { .. }) => match yes(word) {
                Some(on) => sheet.tick(number, on),
                None => Err(self.none(sheet, number, word)),
            },
            Some(ControlKind::Button { .. }) => match yes(word) {
                Some(true) => sheet.press(number, &Headless, self.call),
                Some(false) => Ok(()),
                None => Err(self.none(sheet, number, word)),
            },
            Some(ControlKind::RadioButton { .. }) => {
                match row(&radio_labels(sheet, number), word) {
                    Some(row) => sheet.tick(number + row, true),
                    None => Err(self.none(sheet, number, word)),
                }
            }
            Some(ControlKind::DropDown { .. } | ControlKind::ListBox { .. }) => {
                let choices = sheet.choices(number).map_err(Refused::Data)?;
                let texts: Vec<String> = choices.into_iter().map(|c| c.text).collect();
                let rows: Option<Vec<usize>> =
                    word.split(',').map(|one| row(&texts, one.trim())).collect();
                match rows {
                    Some(rows) => sheet.pick_rows(number, &rows),
                    None => Err(self.none(sheet, number, word)),
                }
            }
            _ => sheet.type_text(number, answer),
        }
    }

    fn none(&self, sheet: &mut Sheet<'_>, number: usize, word: &str) -> Refused {
        let own = |sheet: &mut Sheet<'_>| sheet.field(number).map(|field| field.label);
        let label = group_name(sheet, number).or_else(|| own(sheet));
        let said = self.words.say(&Said::NoneOfThese(word));
        let label = label.unwrap_or_default();
        Refused::Data(mapi::Error::new(
            mapi::Code::INVALID_PARAMETER,
            format!("{label}: {said}"),
        ))
    }

    fn show_choices(&mut self, sheet: &mut Sheet<'_>, number: usize) -> Result<()> {
        let kind = sheet.controls().get(number).map(|c| &c.kind);
        let texts = match kind {
            Some(ControlKind::RadioButton { .. }) => radio_labels(sheet, number),
            _ => sheet.choices(number)?.into_iter().map(|c| c.text).collect(),
        };
        for (n, text) in (1..).zip(texts) {
            self.lines.say(&format!("{n:>4}  {text}"));
        }
        Ok(())
    }

    /// What is asked: the label, whether it must be filled in, what is there now.
    fn prompt(&self, sheet: &mut Sheet<'_>, field: &Field) -> Result<String> {
        let mark = if field.required { "*" } else { "" };
        let value = self.value(sheet, field)?;
        let now = match value.as_str() {
            "" => String::new(),
            value => format!(" [{value}]"),
        };
        Ok(format!("{}{mark}{now}: ", field.label))
    }

    /// The value of a control as it is shown: never that of a secret.
    fn value(&self, sheet: &mut Sheet<'_>, field: &Field) -> Result<String> {
        let kind = sheet.controls().get(field.number).map(|c| &c.kind);
        let chosen = |choices: Vec<mapi::Choice>| {
            let chosen = choices.into_iter().filter(|c| c.chosen).map(|c| c.text);
            chosen.collect::<Vec<_>>().join(", ")
        };
        Ok(match kind {
            _ if field.secret && !field.text.is_empty() => "•••".to_owned(),
            Some(ControlKind::CheckBox { .. }) => {
                let word = if field.ticked { Said::Yes } else { Said::No };
                self.words.say(&word)
            }
            Some(ControlKind::RadioButton { .. }) => {
                let labels = radio_labels(sheet, field.number);
                let numbers = (field.number..).zip(labels);
                let mut ticked = numbers.filter(|(n, _)| sheet.field(*n).is_some_and(|f| f.ticked));
                ticked.next().map(|(_, label)| label).unwrap_or_default()
            }
            Some(ControlKind::DropDown { .. } | ControlKind::ListBox { .. }) => {
                chosen(sheet.choices(field.number)?)
            }
            _ => field.text.clone(),
        })
    }
}

/// Controls that are asked about: those that can be changed or pressed, of radio buttons the first of each group.
fn questions(sheet: &mut Sheet<'_>) -> Vec<usize> {
    let all = 0..sheet.controls().len();
    all.filter(|number| {
        let control = sheet.controls().get(*number);
        let asked = control.is_some_and(asks) && !continues_group(sheet, *number);
        asked && sheet.field(*number).is_some_and(|field| field.enabled)
    })
    .collect()
}

fn asks(control: &Control) -> bool {
    !matches!(
        control.kind,
        ControlKind::Label { .. } | ControlKind::GroupBox { .. } | ControlKind::Page { .. }
    )
}

/// The labels of a group of radio buttons, from its first one.
fn radio_labels(sheet: &mut Sheet<'_>, first: usize) -> Vec<String> {
    let group = group_from(sheet, first);
    let label = |n: usize| sheet.field(n).map(|field| field.label).unwrap_or_default();
    group.into_iter().map(label).collect()
}

/// The row that somebody means: by its number from 1, or by its text.
fn row(texts: &[String], word: &str) -> Option<usize> {
    let named = texts.iter().position(|text| text == word);
    let loose = || {
        texts
            .iter()
            .position(|text| text.eq_ignore_ascii_case(word))
    };
    let numbered = || {
        let number: usize = word.parse().ok()?;
        number.checked_sub(1).filter(|n| *n < texts.len())
    };
    named.or_else(loose).or_else(numbered)
}
