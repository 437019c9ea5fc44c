//! Made-up messages: Zipf words, 2,000 senders, rising delivery times with some disorder.

use mapi_props::{
    AttachmentTree, FileTime, LargeSource, MessageTree, PropTag, PropType, PropValue, TreeContent,
    TreeProps, message_flags, recipient_type, tags,
};
use testkit::Chance;

/// Words of the vocabulary; the common ones come first.
const VOCABULARY: usize = 20_000;
const SENDERS: usize = 2_000;
/// 2014-05-13, the delivery time of the first message.
const START: i64 = 1_400_000_000;

/// What the messages are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Headers only.
    Plain,
    /// With a text of 200 words.
    Bodies,
    /// Headers only; delivery time, sender and rating have one of 5,000 values each, drawn evenly and apart.
    Grouped,
}

/// An endless, deterministic stream of messages.
#[derive(Debug)]
pub struct MadeMail {
    shape: Shape,
    chance: Chance,
    words: Vec<String>,
    people: Vec<(String, String)>,
    next: u64,
    time: i64,
}

impl MadeMail {
    /// The custom property that every message has and that no store indexes.
    pub const RATING: PropTag = PropTag::new(0x6801, PropType::LONG);
    /// A word that one message in 10,000 has in its subject.
    pub const RARE_WORD: &'static str = "xylograph";
    /// Who sent and who received one message only, which is one of the oldest.
    pub const ONCE: &'static str = "Sole Correspondent";
    /// The greatest rating, which that message has.
    pub const BEST: i32 = 2_000_000;
    /// Values of each column that messages of [`Shape::Grouped`] are grouped by.
    pub const GROUPS: u64 = 5_000;
    /// One message in so many has an attachment of more than 1 MB.
    pub const PER_LARGE: u64 = 20_000;

    /// The stream of this shape.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        let mut chance = Chance::from_seed(7);
        let words: Vec<String> = (0..VOCABULARY)
            .map(|n| {
                let length = chance.in_range(3..10);
                let word = chance.word(length);
                if n % 50 == 0 {
                    word.replace('e', "é")
                } else {
                    word
                }
            })
            .collect();
        let people = (0..SENDERS)
            .map(|n| {
                let (first, last) = (chance.pick(&words).clone(), chance.pick(&words).clone());
                (
                    format!("{} {}", titled(&first), titled(&last)),
                    format!("user{n}@mail{}.example", n % 40),
                )
            })
            .collect();
        Self {
            shape,
            chance,
            words,
            people,
            next: 0,
            time: START,
        }
    }

    /// The vocabulary, common words first.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Appends `count` words, common ones far more often than rare ones.
    pub(crate) fn text(&mut self, count: usize) -> String {
        let mut out = String::with_capacity(count * 7);
        for n in 0..count {
            if n > 0 {
                out.push(' ');
            }
            let at = zipf(&mut self.chance, self.words.len());
            out.push_str(self.words.get(at).map_or("", String::as_str));
        }
        out
    }

    fn person(&mut self) -> (String, String) {
        let at = zipf(&mut self.chance, self.people.len());
        self.people.get(at).cloned().unwrap_or_default()
    }

    /// Gives a message one of few times, senders and ratings.
    fn group(&mut self, tree: &mut MessageTree) {
        let mut one = || i64::try_from(self.chance.below(Self::GROUPS)).unwrap_or(0);
        let (day, sender, rating) = (one(), one(), one());
        let time = FileTime::from_unix(START + day * 86_400);
        let props = &mut tree.props;
        props.set(tags::MESSAGE_DELIVERY_TIME, time);
        props.set(tags::SENDER_NAME, format!("Correspondent {sender:04}"));
        props.set(
            Self::RATING,
            PropValue::Long(i32::try_from(rating).unwrap_or(0)),
        );
    }

    fn recipient(&mut self, kind: i32) -> TreeProps {
        let (name, address) = self.person();
        let mut row = TreeProps::new();
        row.set(tags::RECIPIENT_TYPE, kind);
        row.set(tags::DISPLAY_NAME, name);
        row.set(tags::ADDRTYPE, "SMTP");
        row.set(tags::EMAIL_ADDRESS, address);
        row
    }
}

impl Iterator for MadeMail {
    /// A message, and its message flags.
    type Item = (MessageTree, u32);

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.next;
        self.next += 1;
        self.time += i64::try_from(self.chance.below(240)).unwrap_or(0);
        let delivered = self.time - i64::try_from(self.chance.below(3_000)).unwrap_or(0);
        let words = self.chance.in_range(3..10);
        let mut subject = self.text(words);
        if number % 10_000 == 9_999 {
            subject = format!("{subject} {}", Self::RARE_WORD);
        }
        if self.chance.percent(60) {
            subject = format!("Re: {subject}");
        }
        let (name, address) = self.person();
        let mut tree = MessageTree::default();
        let props = &mut tree.props;
        props.set(tags::MESSAGE_CLASS, "IPM.Note");
        props.set(tags::SUBJECT, subject);
        props.set(tags::SENDER_NAME, name.clone());
        props.set(tags::SENDER_EMAIL_ADDRESS, address.clone());
        props.set(tags::SENT_REPRESENTING_NAME, name);
        props.set(tags::SENT_REPRESENTING_EMAIL_ADDRESS, address);
        props.set(
            tags::CLIENT_SUBMIT_TIME,
            FileTime::from_unix(delivered - 20),
        );
        props.set(tags::MESSAGE_DELIVERY_TIME, FileTime::from_unix(delivered));
        props.set(
            tags::INTERNET_MESSAGE_ID,
            format!("<{number}.made@malle.example>"),
        );
        let rating = i32::try_from(self.chance.below(1_000_000)).unwrap_or(0);
        props.set(Self::RATING, PropValue::Long(rating));
        if self.shape == Shape::Bodies {
            let body = self.text(200);
            tree.props.set(tags::BODY, body);
        }
        tree.recipients.push(self.recipient(recipient_type::TO));
        if number == 1 {
            make_sole(&mut tree);
        }
        if self.shape == Shape::Grouped {
            self.group(&mut tree);
        }
        if number % Self::PER_LARGE == Self::PER_LARGE - 1 {
            tree.attachments.push(large_attachment());
        }
        if self.chance.percent(30) {
            tree.recipients.push(self.recipient(recipient_type::CC));
        }
        let read = if self.chance.percent(80) {
            message_flags::READ
        } else {
            0
        };
        Some((tree, read | message_flags::UNMODIFIED))
    }
}

/// Makes the message that is unlike all others.
fn make_sole(tree: &mut MessageTree) {
    tree.props.set(tags::SENDER_NAME, MadeMail::ONCE);
    tree.props.set(MadeMail::RATING, MadeMail::BEST);
    let mut row = TreeProps::new();
    row.set(tags::RECIPIENT_TYPE, recipient_type::CC);
    row.set(tags::DISPLAY_NAME, MadeMail::ONCE);
    tree.recipients.push(row);
}

/// Over 1 MB, always the same bytes, so that the store keeps them once.
fn large_attachment() -> AttachmentTree {
    let bytes: Vec<u8> = (0..=250).cycle().take(1_100_000).collect();
    let mut attachment = AttachmentTree {
        content: TreeContent::Data(LargeSource::Bytes(bytes.into())),
        ..AttachmentTree::default()
    };
    attachment
        .props
        .set(tags::ATTACH_LONG_FILENAME, "large.bin");
    attachment
}

/// A rank below `count`: rank r comes about as often as 1/(r+1).
fn zipf(chance: &mut Chance, count: usize) -> usize {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a small count, rounded down"
    )]
    let rank = {
        let share = (chance.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        (count as f64).powf(share) as usize - 1
    };
    rank.min(count - 1)
}

fn titled(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    /// A changed stream would make figures incomparable.
    #[test]
    fn the_made_mail_is_the_one_that_figures_were_taken_on() {
        let subjects = || -> Vec<String> {
            let mail = MadeMail::new(Shape::Plain).take(3);
            mail.map(|(tree, _)| tree.props.text(tags::SUBJECT).unwrap().to_owned())
                .collect()
        };
        assert_eq!(subjects(), subjects());
        let expected = "Re: dyajve jgzian nbrximigq ngxdjsn vtmgzm xybkx | pipbzt ksusjf nvff lwio \
                        vgfgubh fhyu znmgxk jko | axplg qitiaeq uaiu vqrjbgof idkcyx";
        assert_eq!(subjects().join(" | "), expected);
    }

    #[test]
    fn bodies_have_two_hundred_words() {
        let (tree, _) = MadeMail::new(Shape::Bodies).next().unwrap();
        assert_eq!(tree.props.text(tags::BODY).unwrap().split(' ').count(), 200);
    }
}
