//! A form as HTML that needs no script: every field has its label, groups have legends, what is wrong stands beside its field.
//! HTML Living Standard §4.10 (forms); WCAG 2.2, 1.3.1, 3.3.1, 3.3.2

mod field;
mod markup;

use super::{Form, FormEnd, FormKind, FormPage, FormPart, FormTurn};
use markup::{Markup, attribute};

/// Where a form is posted to.
#[derive(Debug, Clone, Copy, Default)]
pub struct FormPlace<'a> {
    /// The address; empty: the page itself.
    pub action: &'a str,
    /// Names and values that are posted with it, as the token against foreign pages. No name of a field begins with
    /// anything but `c`, and the buttons are called `do`.
    pub hidden: &'a [(&'a str, &'a str)],
}

/// What is said beside the texts of the sheet itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormWords {
    /// Accepts.
    pub accept: String,
    /// Gives up.
    pub cancel: String,
    /// Leaves what only shows.
    pub close: String,
    /// To the next page of a wizard.
    pub next: String,
    /// To the page before.
    pub back: String,
    /// Ends a wizard.
    pub finish: String,
    /// Stands behind the labels of what must be filled in.
    pub required: String,
    /// Beside a hidden text that there is: leaving it empty keeps it.
    pub kept: String,
    /// On the box that empties a hidden text.
    pub empty: String,
    /// Before what was wrong.
    pub wrong: String,
    /// What a field without any label is called; its number follows.
    pub field: String,
}

impl Default for FormWords {
    /// English.
    fn default() -> Self {
        let word = str::to_owned;
        Self {
            accept: word("OK"),
            cancel: word("Cancel"),
            close: word("Close"),
            next: word("Next"),
            back: word("Back"),
            finish: word("Finish"),
            required: word("required"),
            kept: word("There is one, which is not shown. Leave this empty to keep it."),
            empty: word("Empty it"),
            wrong: word("Not all of it could be taken:"),
            field: word("Field"),
        }
    }
}

impl Form {
    /// The form as HTML: one `form` element. All texts of it are escaped, whoever wrote them.
    #[must_use]
    pub fn html(&self, words: &FormWords, place: &FormPlace<'_>) -> String {
        let mut out = Markup::new(words);
        let action = match place.action {
            "" => String::new(),
            action => attribute("action", action),
        };
        out.line(&format!(
            "<form class=\"sheet\" method=\"post\"{action} accept-charset=\"utf-8\" aria-labelledby=\"sheet-title\">"
        ));
        for (name, value) in place.hidden {
            let (name, value) = (attribute("name", name), attribute("value", value));
            out.line(&format!("<input type=\"hidden\"{name}{value}>"));
        }
        self.default_button(&mut out);
        out.element("h1", " id=\"sheet-title\" dir=\"auto\"", &self.title);
        self.what_is_wrong(&mut out);
        let first = self.first_field();
        for (number, page) in self.pages.iter().enumerate() {
            out.page(number, page, self.pages.len() > 1, first);
        }
        self.end_buttons(&mut out);
        out.line("</form>");
        out.done()
    }

    /// Enter presses the first button of a form: without this one that would be one of the sheet.
    fn default_button(&self, out: &mut Markup<'_>) {
        let presses = |kind: &FormKind| matches!(kind, FormKind::Press);
        if self.fields().any(|field| presses(&field.kind)) {
            let button = FormTurn::Accept.name();
            out.line(&format!(
                "<button type=\"submit\" name=\"do\" value=\"{button}\" hidden aria-hidden=\"true\" tabindex=\"-1\"></button>"
            ));
        }
    }

    fn what_is_wrong(&self, out: &mut Markup<'_>) {
        let fields = self.fields().filter(|field| field.problem.is_some());
        let fields: Vec<_> = fields.collect();
        if fields.is_empty() && self.problems.is_empty() {
            return;
        }
        out.line("<div class=\"problems\" role=\"alert\">");
        let wrong = out.words().wrong.clone();
        out.element("p", "", &wrong);
        out.line("<ul>");
        for field in fields {
            let why = field.problem.as_deref().unwrap_or_default();
            let link = format!("<a href=\"#c{}\">{}</a>", field.number, markup::text(why));
            out.line(&format!("<li dir=\"auto\">{link}</li>"));
        }
        for why in &self.problems {
            out.element("li", " dir=\"auto\"", why);
        }
        out.line("</ul>");
        out.line("</div>");
    }

    /// The field that has the focus at first: of what is wrong the first, else of the page that is to be seen first.
    fn first_field(&self) -> Option<usize> {
        let wrong = self.fields().find(|field| field.problem.is_some());
        if let Some(field) = wrong {
            return Some(field.number);
        }
        let page = self
            .pages
            .get(self.first_page)
            .filter(|_| self.first_page > 0)?;
        first_enabled(&page.parts)
    }

    fn end_buttons(&self, out: &mut Markup<'_>) {
        let words = out.words().clone();
        out.line("<p class=\"buttons\">");
        let (accept, back, cancel) = match self.end {
            FormEnd::Shown => (&words.close, false, false),
            FormEnd::Sheet => (&words.accept, false, true),
            FormEnd::Wizard { last: true, back } => (&words.finish, back, true),
            FormEnd::Wizard { last: false, back } => (&words.next, back, true),
        };
        out.button(FormTurn::Accept, accept, "");
        // Neither insists on anything, nor may the browser.
        if back {
            out.button(FormTurn::Back, &words.back, " formnovalidate");
        }
        if cancel {
            out.button(FormTurn::Cancel, &words.cancel, " formnovalidate");
        }
        out.line("</p>");
    }
}

fn first_enabled(parts: &[FormPart]) -> Option<usize> {
    parts.iter().find_map(|part| match part {
        FormPart::Field(field) => Some(field.number).filter(|_| field.enabled),
        FormPart::Frame { parts, .. } => first_enabled(parts),
        FormPart::Text(_) => None,
    })
}

impl Markup<'_> {
    fn page(&mut self, number: usize, page: &FormPage, several: bool, first: Option<usize>) {
        let headed = several && !page.label.is_empty();
        if headed {
            self.line(&format!("<section aria-labelledby=\"page{number}\">"));
            self.element(
                "h2",
                &format!(" id=\"page{number}\" dir=\"auto\""),
                &page.label,
            );
        }
        self.parts(&page.parts, first);
        if headed {
            self.line("</section>");
        }
    }

    fn parts(&mut self, parts: &[FormPart], first: Option<usize>) {
        for part in parts {
            match part {
                FormPart::Text(text) => self.element("p", " dir=\"auto\"", text),
                FormPart::Field(field) => self.field(field, first == Some(field.number)),
                FormPart::Frame { label, parts } => {
                    self.line("<fieldset>");
                    self.legend("", label);
                    self.parts(parts, first);
                    self.line("</fieldset>");
                }
            }
        }
    }
}
