//! What reports say in English.

use super::Words;
use super::reason::Reason;

pub(super) const WORDS: Words = Words {
    prefixes: ["Undeliverable: ", "Delivered: ", "Read: ", "Not read: "],
    sentences: [
        "Your message did not reach some or all of its recipients.",
        "Your message was delivered.",
        "Your message was read.",
        "Your message was deleted without being read.",
    ],
    subject: "Subject:",
    sent: "Sent:",
    to: "To:",
    when: "When:",
    not_to: "It did not reach:",
    got: "It was delivered to:",
    no_subject: "(none)",
    somebody: "(a recipient without a name)",
    said: "What was said:",
    advice: "The message is attached. It can be sent again to these recipients alone.",
    reason,
};

fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::UnknownAddress => "This address does not exist. Check how it is written.",
        Reason::UnknownDomain => {
            "Nobody takes mail for what stands after the @. Check how it is written."
        }
        Reason::BadAddress => "This is not a valid address.",
        Reason::Disabled => "The mailbox takes no mail at the moment.",
        Reason::Full => "The mailbox is full.",
        Reason::TooLarge => "The message is too large.",
        Reason::Unreachable => "The other side could not be reached.",
        Reason::Expired => "It was tried again and again, and is now given up.",
        Reason::Loop => "The message went round in circles between mail systems.",
        Reason::Content => "The other side cannot take what the message contains.",
        Reason::NotAllowed => "The other side does not accept the message.",
        Reason::Temporary => "It could not be delivered for now.",
        Reason::Other => "It could not be delivered.",
    }
}
