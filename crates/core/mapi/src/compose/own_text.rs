//! What the author of a draft says, apart from what is quoted below it.
//!
//! Text and HTML say the same. Whoever edits the text of a draft in a plain editor changes both as long as the quotation
//! stays as it was; what is written into a quotation makes a message of text alone.

use mapi_html::text_lines;
use mapi_props::tags;
use mapi_spi::Result;

use super::body::{Bodies, put};
use crate::prop::Object as _;
use crate::{MapiProp, Message};

/// How the HTML of a composed message begins; the lines of the author follow, then [`END`].
const START: &str = "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\r\n\
    </head>\r\n<body>\r\n<div>";
const END: &str = "</div>\r\n";
const FOOT: &str = "</body></html>\r\n";

/// The HTML of a composed message: what the author says, then what is quoted.
pub(super) fn document(own: &str, quoted: &str) -> String {
    let own = text_lines(own);
    format!("{START}{own}{END}{quoted}{FOOT}")
}

/// The text of a composed message.
pub(super) fn text(own: &str, quoted: &str) -> String {
    let own = own.trim_end();
    match (own, quoted) {
        (own, "") => own.to_owned(),
        (own, quoted) => format!("{own}\n\n{quoted}"),
    }
}

impl Message {
    /// Sets the text of a draft. If the draft has HTML and what it quotes is still the end of the text, the HTML says the same
    /// from now on, with its quotation as it was; else it goes, and the message is text alone. Says whether there is HTML.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` on a read-only handle; those of reading the draft.
    pub fn write_text(&self, text: &str) -> Result<bool> {
        self.errors().track(self.rewrite(text))
    }

    fn rewrite(&self, new: &str) -> Result<bool> {
        let id = tags::HTML.id();
        let stored = self.inner.state().working.props.contains(&id);
        let html = if stored { self.find(tags::HTML)? } else { None };
        let html = html.and_then(|bytes| String::from_utf8(bytes).ok());
        let old = self.find(tags::BODY)?.unwrap_or_default();
        let html = html.and_then(|html| followed(&html, &old, new));
        if stored && html.is_none() {
            self.delete_props(&[tags::HTML.raw()])?;
        }
        let bodies = Bodies {
            text: new.to_owned(),
            html,
            ..Bodies::default()
        };
        put(self, &bodies)?;
        Ok(bodies.html.is_some())
    }
}

/// The HTML of a draft whose text was `old` and becomes `new`; `None` if it cannot follow.
fn followed(html: &str, old: &str, new: &str) -> Option<String> {
    let (own, rest) = html.strip_prefix(START)?.split_once(END)?;
    let quoted_html = rest.strip_suffix(FOOT)?;
    // Each line of the author's but the last ends with a break, and a break stands nowhere else.
    let count = own.matches("<br>").count() + 1;
    let old: Vec<&str> = old.lines().collect();
    let (said, quoted) = old.split_at_checked(count.min(old.len()))?;
    if text_lines(&said.join("\n")) != own {
        return None;
    }
    let quoted = trimmed(quoted);
    let from = quoted.iter().position(|line| !line.is_empty());
    let quoted = from.and_then(|from| quoted.get(from..)).unwrap_or_default();
    let new: Vec<&str> = new.lines().collect();
    let all = trimmed(&new);
    let own = all.strip_suffix(quoted)?.len();
    let own = new.get(..own)?.join("\n");
    Some(document(own.trim_end(), quoted_html))
}

/// Lines without white space at their ends, and without empty ones at the end of all.
fn trimmed<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let mut lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{document, followed, text};

    #[test]
    fn html_follows_while_the_quotation_stays() {
        let quoted = "Ann wrote:\n> a\n>\n> b";
        let html = document("One\n\n<two>", "<p>Q</p>");
        let old = text("One\n\n<two>", quoted);
        let to = |new: &str| followed(&html, &old, new);
        assert_eq!(to(&old), Some(html.clone()));
        assert_eq!(
            to(&text("Other & longer\nlines", quoted)),
            Some(document("Other & longer\nlines", "<p>Q</p>"))
        );
        assert_eq!(
            to(&format!("\r\n{}  \r\n", quoted.replace('\n', "\r\n"))),
            Some(document("", "<p>Q</p>"))
        );
        assert_eq!(to(quoted), Some(document("", "<p>Q</p>")));
        // A signature's own line ends with a space.
        let signed = "Hello\n\n-- \nMe";
        let html = document(signed, "<p>Q</p>");
        let more = text(&format!("Dear Ann\n\n{signed}"), quoted);
        assert!(followed(&html, &text(signed, quoted), &more).is_some());
        // Answers between the lines, a shorter quotation, none.
        assert_eq!(to("One\n\nAnn wrote:\n> a\n\nNo.\n>\n> b"), None);
        assert_eq!(to("One\n\nAnn wrote:\n> a"), None);
        assert_eq!(to("One"), None);
        // What somebody else wrote is not taken for a composed message.
        assert_eq!(followed("<html><body>x</body></html>", "x", "y"), None);
        assert_eq!(followed(&html, "something else", "y"), None);
    }

    #[test]
    fn a_message_without_quotation_follows_too() {
        let html = document("a", "");
        assert_eq!(followed(&html, "a", "b\nc"), Some(document("b\nc", "")));
    }
}
