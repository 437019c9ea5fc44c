//! The person with a browser: fills in the HTML of each form, and posts what a browser would.
//! HTML Living Standard §4.10.21.4 (constructing the entry list)

use malle_views::{
    Asked, Form, FormEnd, FormPlace, FormTurn, FormWords, fill_by_forms, posted_pairs,
};
use mapi::{Call, Headless, Refused, Result, SheetData, SheetRequest, UiHost};

use super::page::{Element, elements};
use super::{Answer, Person};

/// A person who is asked by forms.
pub(crate) struct Browser {
    person: Person,
    /// Whether they keep what was entered at the end.
    keep: bool,
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Browser").finish_non_exhaustive()
    }
}

impl Browser {
    pub(crate) fn new(person: &Person, keep: bool) -> Self {
        Self {
            person: person.clone(),
            keep,
        }
    }

    /// Fills in a form once, and says what is posted.
    fn post(&self, form: &Form) -> String {
        let html = form.html(&FormWords::default(), &FormPlace::default());
        let mut page = Page::read(&html);
        let mut button = "accept".to_owned();
        for label in self.person.wanted() {
            let field = page.labelled(label);
            if page.is_button(&field) {
                self.person.next(label);
                button = format!("press{}", field.trim_start_matches('c'));
            } else {
                page.fill(&field, self.person.next(label));
            }
        }
        if button == "accept" && !self.keep && self.person.wanted().is_empty() {
            button = "accept-nothing".to_owned();
        }
        page.posted(&button)
    }
}

impl UiHost for Browser {
    fn is_there(&self) -> bool {
        true
    }

    fn sheet(
        &self,
        request: &SheetRequest<'_>,
        data: &mut dyn SheetData,
        call: &Call,
    ) -> Result<()> {
        let (mut given_up, mut posts) = (false, 0);
        let mut asked = Asked {
            post: &mut |form| {
                posts += 1;
                assert!(posts < 20, "it is never taken: {form:?}");
                // What is given up was entered before: the fields that are set at once were left.
                let body = if given_up {
                    "do=cancel".to_owned()
                } else {
                    self.post(form)
                };
                given_up = body.ends_with("do=accept-nothing");
                Ok(posted_pairs(&body).unwrap())
            },
            say: &|refused: &Refused| {
                self.person.note(refused);
                refused.to_string()
            },
            ui: &Headless,
            call,
        };
        let turn = fill_by_forms(request, FormEnd::Sheet, data, &mut asked)?;
        assert_eq!(turn, FormTurn::Accept);
        Ok(())
    }
}

/// One choice or one value of a field, as the page has it now.
struct Control {
    /// `select`, `radio`, `checkbox`, else a text.
    kind: String,
    id: String,
    name: String,
    value: String,
    /// Whether it is ticked or selected.
    on: bool,
    disabled: bool,
}

struct Page {
    elements: Vec<Element>,
    controls: Vec<Control>,
}

impl Page {
    fn read(html: &str) -> Self {
        let elements = elements(html);
        let mut controls = Vec::new();
        let mut select: Option<&Element> = None;
        for element in &elements {
            let control = match element.name.as_str() {
                "input" => control(
                    element,
                    element.get("type"),
                    element.get("value"),
                    "checked",
                ),
                // A line feed at its beginning is none of the text's.
                "textarea" => control(
                    element,
                    "text",
                    element.text.strip_prefix('\n').expect("a line feed first"),
                    "",
                ),
                "select" => {
                    select = Some(element);
                    continue;
                }
                "/select" => {
                    select = None;
                    continue;
                }
                "option" => match select {
                    Some(select) => Control {
                        kind: "select".to_owned(),
                        value: element.get("value").to_owned(),
                        on: element.has("selected"),
                        ..control(select, "select", "", "")
                    },
                    None => continue,
                },
                _ => continue,
            };
            controls.push(control);
        }
        Self { elements, controls }
    }

    /// The id of the field with this label: of a control, or of a group by its legend.
    fn labelled(&self, label: &str) -> String {
        let named = |e: &&Element| e.text.trim() == label;
        let label_of = self
            .elements
            .iter()
            .filter(|e| e.name == "label")
            .find(named);
        if let Some(found) = label_of {
            return found.get("for").to_owned();
        }
        let button = self
            .elements
            .iter()
            .filter(|e| e.name == "button")
            .find(named);
        if let Some(button) = button {
            return button.get("id").to_owned();
        }
        let legend = self
            .elements
            .iter()
            .position(|e| e.name == "legend" && e.text == label);
        let legend = legend.unwrap_or_else(|| panic!("nothing is labelled {label:?}"));
        let group = self.elements[..legend]
            .iter()
            .rev()
            .find(|e| e.name == "fieldset");
        group.unwrap().get("id").to_owned()
    }

    fn is_button(&self, id: &str) -> bool {
        let mut buttons = self.elements.iter().filter(|e| e.name == "button");
        buttons.any(|e| e.get("id") == id && !e.has("disabled"))
    }

    fn fill(&mut self, id: &str, answer: Answer) {
        let choices: Vec<(String, String)> = self.choices(id);
        let texts = |c: &&mut Control| c.id == id;
        match answer {
            Answer::Keep => {}
            Answer::Text(text) => self.controls.iter_mut().find(texts).unwrap().value = text.into(),
            Answer::Clear => self.clear(id),
            Answer::Yes | Answer::No => {
                let tick = self.controls.iter_mut().find(texts).unwrap();
                tick.on = matches!(answer, Answer::Yes);
            }
            Answer::Pick(rows) => {
                let wanted: Vec<_> = choices
                    .iter()
                    .filter(|(t, _)| rows.contains(&t.as_str()))
                    .collect();
                let mut choice = self
                    .controls
                    .iter_mut()
                    .filter(|c| c.name == id)
                    .collect::<Vec<_>>();
                for control in &mut choice {
                    control.on = wanted.iter().any(|(_, value)| *value == control.value);
                }
                if wanted.len() < rows.len() {
                    // No browser offers it: somebody made this post by hand.
                    choice[0].value = "99".to_owned();
                    choice[0].on = true;
                }
            }
        }
    }

    /// Empties a text; a hidden one by its own box.
    fn clear(&mut self, id: &str) {
        let emptying = format!("{id}-empty");
        for control in &mut self.controls {
            if control.id == emptying {
                control.on = true;
            } else if control.id == id {
                control.value.clear();
            }
        }
    }

    /// What can be picked in a field: the texts, and the values that are posted.
    fn choices(&self, id: &str) -> Vec<(String, String)> {
        let mut choices = Vec::new();
        let mut select = "";
        for element in &self.elements {
            match element.name.as_str() {
                "select" => select = element.get("id"),
                "option" if select == id => {
                    choices.push((element.text.clone(), element.get("value").to_owned()));
                }
                "label" => {
                    let of = element.get("for").strip_prefix(&format!("{id}-"));
                    let value = of.filter(|value| value.parse::<usize>().is_ok());
                    choices.extend(value.map(|v| (element.text.clone(), v.to_owned())));
                }
                _ => {}
            }
        }
        choices
    }

    /// The body that a browser posts: what is not disabled and, where that can be, ticked.
    fn posted(&self, button: &str) -> String {
        let successful = |c: &&Control| {
            let chosen = matches!(c.kind.as_str(), "radio" | "checkbox" | "select");
            !c.disabled && !c.name.is_empty() && (c.on || !chosen)
        };
        let pairs = self.controls.iter().filter(successful);
        let pairs = pairs.map(|c| format!("{}={}", coded(&c.name), coded(&c.value)));
        let mut pairs: Vec<String> = pairs.collect();
        pairs.push(format!("do={button}"));
        pairs.join("&")
    }
}

fn control(element: &Element, kind: &str, value: &str, ticked: &str) -> Control {
    Control {
        kind: kind.to_owned(),
        id: element.get("id").to_owned(),
        name: element.get("name").to_owned(),
        value: value.to_owned(),
        on: element.has(ticked),
        disabled: element.has("disabled"),
    }
}

/// A text as `application/x-www-form-urlencoded` has it, with the ends of lines that browsers post.
fn coded(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    let byte = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'*' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        b' ' => "+".to_owned(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
