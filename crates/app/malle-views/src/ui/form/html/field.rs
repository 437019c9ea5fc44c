//! One field as HTML.

use super::super::posted::{emptying, name_of};
use super::super::{FormField, FormKind, FormOption, FormTurn};
use super::markup::{Markup, attribute, flag, text};

/// The most lines that a list shows at once.
const LINES: usize = 8;

impl Markup<'_> {
    pub(super) fn field(&mut self, field: &FormField, focus: bool) {
        let wrong = flag(" class=\"field wrong\"", field.problem.is_some());
        let class = if wrong.is_empty() {
            " class=\"field\""
        } else {
            wrong
        };
        self.line(&format!("<div{class}>"));
        let focus = flag(" autofocus", focus);
        match &field.kind {
            FormKind::Text { .. } | FormKind::Hidden { .. } => self.text_field(field, focus),
            FormKind::Tick { on } => self.tick(field, *on, focus),
            FormKind::OneOf(options) => self.one_of(field, options, focus),
            FormKind::Rows {
                rows,
                several: true,
                ..
            } => self.any_of(field, rows, focus),
            FormKind::Rows { rows, folded, .. } => self.rows(field, rows, *folded, focus),
            FormKind::Values { values, folded } => self.values(field, values, *folded),
            FormKind::Press => {
                let disabled = flag(" disabled", !field.enabled);
                let more = format!(
                    " id=\"c{}\" formnovalidate{disabled}{focus}{}",
                    field.number,
                    described_by(field)
                );
                let label = self.name(field);
                self.button(FormTurn::Press(field.number), &label, &more);
            }
        }
        self.notes(field);
        self.line("</div>");
    }

    /// What a field is called.
    fn name(&self, field: &FormField) -> String {
        if field.label.is_empty() {
            return format!("{} {}", self.words().field, field.number);
        }
        field.label.clone()
    }

    fn mark(&self, field: &FormField) -> String {
        if field.required {
            return format!(
                " <span class=\"required\">({})</span>",
                text(&self.words().required)
            );
        }
        String::new()
    }

    fn label(&mut self, field: &FormField) {
        let (name, mark) = (text(&self.name(field)), self.mark(field));
        self.line(&format!(
            "<label for=\"c{}\" dir=\"auto\">{name}{mark}</label>",
            field.number
        ));
    }

    fn text_field(&mut self, field: &FormField, focus: &str) {
        self.label(field);
        let own = format!(
            "{}{}{}{focus}",
            identity(field),
            flag(" readonly", !field.enabled),
            flag(" required", field.required && !is_set(field)),
        );
        let FormKind::Text {
            value,
            typed,
            multiline,
            max,
            suggestions,
        } = &field.kind
        else {
            self.line(&format!(
                "<input type=\"password\" autocomplete=\"off\"{own}>"
            ));
            return;
        };
        let shown = typed.as_ref().unwrap_or(value);
        // Browsers count units of UTF-16: they must not refuse what the sheet takes, which counts characters.
        let most = max.saturating_mul(2);
        let limit = if *max == 0 {
            String::new()
        } else {
            format!(" maxlength=\"{most}\"")
        };
        if *multiline {
            // The first line feed is none of the text's.
            let shown = text(&shown.replace("\r\n", "\n"));
            self.line(&format!(
                "<textarea rows=\"6\" dir=\"auto\"{own}{limit}>\n{shown}</textarea>"
            ));
            return;
        }
        let list = match suggestions.as_slice() {
            [] => String::new(),
            _ => format!(" list=\"c{}-list\"", field.number),
        };
        let value = attribute("value", shown);
        self.line(&format!(
            "<input type=\"text\" dir=\"auto\"{own}{value}{limit}{list}>"
        ));
        if !list.is_empty() {
            self.line(&format!("<datalist id=\"c{}-list\">", field.number));
            for one in suggestions {
                self.line(&format!("<option{}></option>", attribute("value", one)));
            }
            self.line("</datalist>");
        }
    }

    fn tick(&mut self, field: &FormField, on: bool, focus: &str) {
        let state = format!(
            "{}{}",
            flag(" checked", on),
            flag(" disabled", !field.enabled)
        );
        let own = identity(field);
        self.line(&format!(
            "<input type=\"checkbox\" value=\"on\"{own}{state}{focus}>"
        ));
        self.label(field);
    }

    /// Radio buttons: any of them has the name of the group, and an id of its own.
    fn one_of(&mut self, field: &FormField, options: &[FormOption], focus: &str) {
        self.line(&format!(
            "<fieldset id=\"c{}\"{}>",
            field.number,
            described_by(field)
        ));
        let mark = field.label.clone();
        self.legend("", &mark);
        for (index, option) in options.iter().enumerate() {
            self.option_box("radio", field, option, flag(focus_of(focus), index == 0));
        }
        self.line("</fieldset>");
    }

    /// Boxes for rows of which any number can be picked.
    fn any_of(&mut self, field: &FormField, rows: &[FormOption], focus: &str) {
        self.line(&format!(
            "<fieldset id=\"c{}\"{}>",
            field.number,
            described_by(field)
        ));
        let name = self.name(field);
        self.legend("", &name);
        for (index, row) in rows.iter().enumerate() {
            self.option_box("checkbox", field, row, flag(focus_of(focus), index == 0));
        }
        self.line("</fieldset>");
    }

    fn option_box(&mut self, kind: &str, field: &FormField, option: &FormOption, focus: &str) {
        let (name, number) = (name_of(field.number), option.number);
        let id = format!("{name}-{number}");
        let state = format!(
            "{}{}{focus}",
            flag(" checked", option.chosen),
            flag(" disabled", !field.enabled)
        );
        self.line(&format!(
            "<div><input type=\"{kind}\" id=\"{id}\" name=\"{name}\" value=\"{number}\"{state}> \
             <label for=\"{id}\" dir=\"auto\">{}</label></div>",
            text(&option.text)
        ));
    }

    fn rows(&mut self, field: &FormField, rows: &[FormOption], folded: bool, focus: &str) {
        self.label(field);
        let lines = rows.len().clamp(2, LINES);
        let size = if folded {
            String::new()
        } else {
            format!(" size=\"{lines}\"")
        };
        let own = identity(field);
        let required = flag(" required", field.required);
        let disabled = flag(" disabled", !field.enabled);
        self.line(&format!("<select{own}{size}{required}{disabled}{focus}>"));
        // Without it a browser picks the first row where nobody picked any.
        if folded && !rows.iter().any(|row| row.chosen) {
            self.line("<option value=\"\" selected></option>");
        }
        // Where several rows have the value that is set, only one can be shown as chosen.
        let chosen = rows.iter().position(|row| row.chosen);
        for (index, row) in rows.iter().enumerate() {
            let selected = flag(" selected", chosen == Some(index));
            let attributes = format!(" value=\"{}\" dir=\"auto\"{selected}", row.number);
            self.element("option", &attributes, &row.text);
        }
        self.line("</select>");
    }

    fn values(&mut self, field: &FormField, values: &[String], folded: bool) {
        let name = self.name(field);
        let id = field.number;
        if folded {
            self.line("<details>");
            self.element("summary", &format!(" id=\"c{id}\" dir=\"auto\""), &name);
        } else {
            self.element("p", &format!(" id=\"c{id}\" dir=\"auto\""), &name);
        }
        self.line(&format!("<ul aria-labelledby=\"c{id}\">"));
        for value in values {
            self.element("li", " dir=\"auto\"", value);
        }
        self.line("</ul>");
        if folded {
            self.line("</details>");
        }
    }

    /// What stands below a field: its help, what is known of a hidden text, and what was wrong.
    fn notes(&mut self, field: &FormField) {
        let number = field.number;
        if let Some(help) = &field.help {
            self.element(
                "p",
                &format!(" class=\"help\" id=\"c{number}-help\" dir=\"auto\""),
                help,
            );
        }
        if is_set(field) {
            let words = self.words();
            self.element(
                "p",
                &format!(" class=\"help\" id=\"c{number}-kept\""),
                &words.kept,
            );
            if field.enabled && !field.required {
                let name = emptying(number);
                let empty = text(&words.empty);
                self.line(&format!(
                    "<input type=\"checkbox\" id=\"{name}\" name=\"{name}\" value=\"on\"> \
                     <label for=\"{name}\">{empty}</label>"
                ));
            }
        }
        if let Some(why) = &field.problem {
            self.element(
                "p",
                &format!(" class=\"problem\" id=\"c{number}-problem\" dir=\"auto\""),
                why,
            );
        }
    }
}

/// Of a hidden text, whether there is one.
const fn is_set(field: &FormField) -> bool {
    matches!(field.kind, FormKind::Hidden { is_set: true })
}

const fn focus_of(focus: &str) -> &'static str {
    flag(" autofocus", !focus.is_empty())
}

/// Id, name and what describes a field.
fn identity(field: &FormField) -> String {
    let name = name_of(field.number);
    let invalid = flag(" aria-invalid=\"true\"", field.problem.is_some());
    format!(
        " id=\"{name}\" name=\"{name}\"{}{invalid}",
        described_by(field)
    )
}

fn described_by(field: &FormField) -> String {
    let number = field.number;
    let note = |there: bool, what: &str| there.then(|| format!("c{number}-{what}"));
    let notes = [
        note(field.help.is_some(), "help"),
        note(is_set(field), "kept"),
        note(field.problem.is_some(), "problem"),
    ];
    let notes: Vec<String> = notes.into_iter().flatten().collect();
    if notes.is_empty() {
        return String::new();
    }
    format!(" aria-describedby=\"{}\"", notes.join(" "))
}
