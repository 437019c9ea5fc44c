//! The MIME writer: any message becomes MIME that is valid line by line and says the same when it is read again.

use mapi_mime::parse;
use mapi_props::{MessageTree, PropValue, TreeContent, tags};

use super::mail::{self, essence};
use crate::choices::Choices;
use crate::made;
use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "mime-write",
    about: "any message becomes valid MIME that says the same when it is read and written again",
    longest: 4096,
    seeds,
    takes_mail: false,
    tokens: made::TOKENS,
    run,
};

fn run(input: &[u8], seen: &mut Seen) {
    let tree = made::message(&mut Choices::new(input), 3);
    let mail = mail::written(&tree);
    check_lines(&tree, &mail);
    let read = parse(mail.clone(), &mail::context()).expect("new MIME is mail");
    assert!(
        read.attachments.len() == tree.attachments.len() || has_own_form(&tree),
        "{} attachments became {}",
        tree.attachments.len(),
        read.attachments.len()
    );
    for defect in &read.defects {
        seen.mark("defect", defect.code);
    }
    seen.count("recipients", read.recipients.len());
    seen.count("attachments", read.attachments.len());
    seen.mark("class", read.props.text(tags::MESSAGE_CLASS));
    seen.count("mail", mail.len());
    seen.mark(
        "shape",
        mail::shape(&read).chars().take(24).collect::<String>(),
    );
    seen.mark("ascii", (mail.is_ascii(), read.props.len()));
    // What was read is what MIME can say, so from here on nothing may change any more.
    let again = parse(mail::written(&read), &mail::context()).expect("new MIME is mail");
    let (again, read) = (essence(&again), essence(&read));
    if let Some((name, second, first)) = again.difference(&read) {
        let mail = String::from_utf8_lossy(&mail);
        assert!(second == first, "{name}: {second} was {first} in\n{mail}");
    }
}

/// RFC 5322 §2.1.1, §2.3: lines end with CR LF and have at most 998 bytes. What S/MIME wrapped goes out as it came.
fn check_lines(tree: &MessageTree, mail: &[u8]) {
    if wraps_smime(tree) {
        return;
    }
    for line in mail.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        assert!(line.len() <= 998, "a line of {} bytes", line.len());
        assert!(
            !line.contains(&b'\r'),
            "a bare CR: {}",
            String::from_utf8_lossy(line)
        );
    }
    let ends = mail.iter().filter(|b| **b == b'\n').count();
    let right = mail.windows(2).filter(|w| w == b"\r\n").count();
    assert_eq!(ends, right, "bare line feeds");
}

/// Whether its class makes a message other than body and attachments of it.
fn has_own_form(tree: &MessageTree) -> bool {
    is_smime(tree) || class(tree).starts_with("report.")
}

fn is_smime(tree: &MessageTree) -> bool {
    class(tree).contains("smime")
}

fn class(tree: &MessageTree) -> String {
    let class = tree
        .props
        .value(tags::MESSAGE_CLASS)
        .and_then(PropValue::as_str);
    class.unwrap_or_default().to_ascii_lowercase()
}

fn wraps_smime(tree: &MessageTree) -> bool {
    let mut inner = tree.attachments.iter().filter_map(|a| match &a.content {
        TreeContent::Message(inner) => Some(inner),
        _ => None,
    });
    is_smime(tree) || inner.any(|inner| wraps_smime(inner))
}

fn seeds() -> Vec<Vec<u8>> {
    made::seeds()
}
