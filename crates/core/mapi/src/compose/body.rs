//! The bodies of a composed message: what the author says, and the original in text and HTML.
//! [MS-OXBBODY] 2.1.3.1; requirements OUT-12, OUT-13

use std::collections::BTreeSet;
use std::io::Read;

use mapi_html::{Fragment, fragment, html_to_text, indent_text, quote_text, text_lines};
use mapi_kit::bodies::decode_html;
use mapi_props::{MessageTree, PropKey, PropTag, PropValue, TreeValue, tags};
use mapi_spi::Result;

use super::own_text::{document, text};
use super::{BodyForm, Compose, Language, Quoting, attribution, language};
use crate::{MapiProp, Message};

/// Bytes of a body that are quoted; the rest of a longer one is left out, and said to be.
const QUOTED_MAX: u64 = 4 << 20;
/// What stands for the rest.
const LEFT_OUT: &str = "\n[…]";
/// Columns that forwarded text is moved to the right.
const INDENT: usize = 2;
/// PR_INTERNET_CPID of what is composed.
const UTF_8: i32 = 65001;

/// Bodies to be set.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    pub(super) text: String,
    pub(super) html: Option<String>,
    /// What the HTML shows from elsewhere.
    pub(super) refers: BTreeSet<String>,
}

/// Sets the bodies of a message.
pub(super) fn put(message: &Message, bodies: &Bodies) -> Result<()> {
    let text = bodies.text.replace("\r\n", "\n").replace('\n', "\r\n");
    message.set(tags::BODY, text)?;
    if let Some(html) = &bodies.html {
        message.set(tags::HTML, html.as_bytes())?;
        message.set(tags::INTERNET_CPID, UTF_8)?;
    }
    Ok(())
}

/// What the author says, alone.
pub(super) fn new(compose: &Compose) -> Bodies {
    let html = compose.form == BodyForm::Html;
    Bodies {
        html: html.then(|| document(compose.text.trim_end(), "")),
        text: text(&compose.text, ""),
        ..Bodies::default()
    }
}

/// With the original quoted: behind `> ` in text, in a quotation of its own in HTML.
pub(super) fn reply(original: &MessageTree, compose: &Compose) -> Bodies {
    let said = Said::of(original, compose);
    let empty = said.html.is_none() && said.text.trim().is_empty();
    if compose.quoting == Quoting::Nothing || empty {
        return new(&compose_as(compose, &said));
    }
    let line = attribution::line(original, said.language, compose.offset);
    let quoted = format!("{line}\n{}", quote_text(&said.text));
    said.together(compose, quoted.trim_end(), |inner| {
        let line = text_lines(&line);
        format!(
            "<div><br></div>\r\n<div>{line}</div>\r\n<blockquote type=\"cite\" style=\"margin:0 0 0 0.8ex;\
             border-left:1px solid #ccc;padding-left:1ex\">{inner}</blockquote>\r\n"
        )
    })
}

/// Below a header of the original, moved to the right; nothing is marked as quoted (OUT-13).
pub(super) fn forward(original: &MessageTree, compose: &Compose) -> Bodies {
    let said = Said::of(original, compose);
    let (title, lines) = attribution::header(original, said.language, compose.offset);
    let head: Vec<String> = lines.iter().map(|(n, v)| format!("{n} {v}")).collect();
    let quoted = format!(
        "{title}\n{}\n\n{}",
        head.join("\n"),
        indent_text(&said.text, INDENT)
    );
    said.together(compose, quoted.trim_end(), |inner| {
        let line = |(name, value): &(&str, String)| {
            format!("<b>{}</b> {}", text_lines(name), text_lines(value))
        };
        let head: Vec<String> = lines.iter().map(line).collect();
        format!(
            "<div><br></div>\r\n<div>{}</div>\r\n<div>{}</div>\r\n<div style=\"margin:1em 0 0 1em\">{inner}</div>\r\n",
            text_lines(title),
            head.join("<br>\r\n")
        )
    })
}

/// The form of a message that quotes nothing.
fn compose_as(compose: &Compose, said: &Said) -> Compose {
    let form = match compose.form {
        BodyForm::AsOriginal if said.html.is_some() => BodyForm::Html,
        form => form,
    };
    Compose {
        form,
        ..compose.clone()
    }
}

/// What the original says.
struct Said {
    text: String,
    html: Option<Fragment>,
    language: Language,
}

impl Said {
    fn of(original: &MessageTree, compose: &Compose) -> Self {
        let rich = mapi_rtf::best_body(&original.props).and_then(std::result::Result::ok);
        let markup = rich
            .as_deref()
            .map_or_else(|| markup(original), markup_of_rtf);
        let html = markup.as_deref().map(fragment);
        let text = plain(original)
            .or_else(|| rich.as_deref().map(text_of_rtf))
            .or_else(|| markup.as_deref().map(html_to_text))
            .unwrap_or_default();
        let own = html.as_ref().and_then(|h| h.language.as_deref());
        let guessed = || language::of(original, &text, own);
        let language = compose.language.unwrap_or_else(guessed);
        Self {
            text,
            html,
            language,
        }
    }

    /// What the author says above what is quoted, in the forms that are wanted.
    fn together(
        self,
        compose: &Compose,
        quoted: &str,
        frame: impl FnOnce(&str) -> String,
    ) -> Bodies {
        let bodies = Bodies {
            text: text(&compose.text, quoted),
            ..Bodies::default()
        };
        let fragment = match (compose.form, self.html) {
            (BodyForm::Text, _) | (BodyForm::AsOriginal, None) => return bodies,
            (_, Some(fragment)) => fragment,
            (BodyForm::Html, None) => Fragment {
                html: format!("<div>{}</div>", text_lines(self.text.trim_end())),
                ..Fragment::default()
            },
        };
        let html = document(compose.text.trim_end(), &frame(&fragment.html));
        Bodies {
            html: Some(html),
            refers: fragment.refers,
            ..bodies
        }
    }
}

/// The text of a message as its sender wrote it; `None` if there is none.
fn plain(original: &MessageTree) -> Option<String> {
    let (bytes, more) = bytes_of(original, tags::BODY.raw())?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if more {
        text.push_str(LEFT_OUT);
    }
    (!text.trim().is_empty()).then_some(text)
}

/// The text of RTF, as much as is quoted of it.
fn text_of_rtf(rtf: &[u8]) -> String {
    let mut text = mapi_rtf::to_text(rtf).text;
    let most = usize::try_from(QUOTED_MAX).unwrap_or(usize::MAX);
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push_str(LEFT_OUT);
    }
    text
}

/// The HTML of RTF, unless it is too long to be quoted; none of what was plain text.
fn markup_of_rtf(rtf: &[u8]) -> Option<String> {
    let is_text = mapi_rtf::native(rtf) == mapi_rtf::Native::Text;
    let html = (!is_text).then(|| mapi_rtf::to_html(rtf).html)?;
    u64::try_from(html.len())
        .is_ok_and(|len| len <= QUOTED_MAX)
        .then_some(html)
}

/// The HTML of a message; one that is too long to be quoted is none, so that its text is.
fn markup(original: &MessageTree) -> Option<String> {
    let (bytes, cut) = bytes_of(original, tags::HTML.raw())?;
    let page = original.props.value(tags::INTERNET_CPID);
    let page = page.and_then(PropValue::as_long);
    let page = page.and_then(|page| u16::try_from(page).ok());
    (!cut && !bytes.is_empty()).then(|| decode_html(&bytes, page))
}

/// The first bytes of a body, text as UTF-8, and whether there are more.
fn bytes_of(original: &MessageTree, tag: PropTag) -> Option<(Vec<u8>, bool)> {
    let bytes = match original.props.get(&PropKey::from(tag))? {
        TreeValue::Value(PropValue::Unicode(text)) => text.clone().into_bytes(),
        TreeValue::Value(PropValue::Binary(bytes)) => bytes.clone(),
        TreeValue::Value(_) => return None,
        TreeValue::Large(_, source) => {
            let mut bytes = Vec::new();
            let mut head = source.open().ok()?.take(QUOTED_MAX);
            head.read_to_end(&mut bytes).ok()?;
            return Some((bytes, source.size() > QUOTED_MAX));
        }
    };
    Some((bytes, false))
}
