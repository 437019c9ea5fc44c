//! In-Reply-To and References, continued.
//! RFC 5322 §3.6.4

use mapi_props::{MessageTree, tags};
use mapi_spi::Result;

use crate::{MapiProp, Message};

/// References that are kept: the first, which began it all, and the last.
const MOST: usize = 24;
/// The longest id that is one.
const ID_MAX: usize = 900;

/// A reply names what it answers, and all that came before.
pub(super) fn reply(original: &MessageTree, reply: &Message) -> Result<()> {
    if let Some(id) = own_id(original) {
        reply.set(tags::IN_REPLY_TO_ID, id)?;
    }
    refer(original, reply)
}

/// A forwarded message belongs to the conversation, but answers nothing.
pub(super) fn forward(original: &MessageTree, forward: &Message) -> Result<()> {
    refer(original, forward)
}

fn refer(original: &MessageTree, to: &Message) -> Result<()> {
    let references = references(original);
    if references.is_empty() {
        return Ok(());
    }
    to.set(tags::INTERNET_REFERENCES, references.join(" "))
}

fn own_id(original: &MessageTree) -> Option<String> {
    let id = original.props.text(tags::INTERNET_MESSAGE_ID)?;
    ids(id).into_iter().next()
}

/// The references of the original and its own id; where it has none, what it answers if that is one message.
fn references(original: &MessageTree) -> Vec<String> {
    let props = &original.props;
    let mut known = ids(props.text(tags::INTERNET_REFERENCES).unwrap_or_default());
    if known.is_empty() {
        let answered = ids(props.text(tags::IN_REPLY_TO_ID).unwrap_or_default());
        if answered.len() == 1 {
            known = answered;
        }
    }
    if let Some(own) = own_id(original) {
        known.retain(|id| *id != own);
        known.push(own);
    }
    if known.len() > MOST {
        known.drain(1..=known.len() - MOST);
    }
    known
}

/// The ids of a text, each once.
fn ids(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for piece in text.split('>') {
        let Some((_, id)) = piece.rsplit_once('<') else {
            continue;
        };
        let id: String = id.chars().filter(|c| !c.is_whitespace()).collect();
        if !id.is_empty() && id.len() <= ID_MAX && seen.insert(id.clone()) {
            found.push(format!("<{id}>"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{MOST, references};
    use mapi_props::{MessageTree, tags};

    fn check(id: &str, answers: &str, refers: &str, expected: &[&str]) {
        let mut original = MessageTree::default();
        for (tag, value) in [
            (tags::INTERNET_MESSAGE_ID, id),
            (tags::IN_REPLY_TO_ID, answers),
            (tags::INTERNET_REFERENCES, refers),
        ] {
            if !value.is_empty() {
                original.props.set(tag, value);
            }
        }
        assert_eq!(references(&original), expected, "{id} {answers} {refers}");
    }

    #[test]
    fn references_go_on_as_the_standard_says() {
        check(
            "<c@x>",
            "<b@x>",
            "<a@x> <b@x>",
            &["<a@x>", "<b@x>", "<c@x>"],
        );
        check("<c@x>", "<b@x>", "", &["<b@x>", "<c@x>"]);
        check("<c@x>", "<a@x> <b@x>", "", &["<c@x>"]);
        check("", "<b@x>", "<a@x>", &["<a@x>"]);
        check("", "", "", &[]);
        check("no id", "words", "more words", &[]);
        check(
            "<c@x>",
            "",
            "<a@x>\r\n <c@x> <a@x> <b\r\n @x>",
            &["<a@x>", "<b@x>", "<c@x>"],
        );
    }

    #[test]
    fn of_very_many_the_first_and_the_last_stay() {
        let many: Vec<String> = (0..5000).map(|n| format!("<{n}@x>")).collect();
        let mut original = MessageTree::default();
        original
            .props
            .set(tags::INTERNET_REFERENCES, many.join(" "));
        original.props.set(tags::INTERNET_MESSAGE_ID, "<own@x>");
        let kept = references(&original);
        assert_eq!(kept.len(), MOST);
        assert_eq!(kept[0], "<0@x>");
        assert_eq!(kept[MOST - 1], "<own@x>");
        assert_eq!(kept[MOST - 2], "<4999@x>");
    }
}
