//! Composing: new messages, replies, forwarded and resent ones, posts.
//! Reference: "Sending a Reply", "Forwarding a Message", "Resending an Undelivered Message", "Posting a Message"
//! (requirements OUT-10 … OUT-13, MSG-09, AD-07)
//!
//! What is composed is a draft that nobody else sees before it is saved. Nothing of the original is carried over but what is
//! chosen here, so that no receipt, report address or hidden recipient ever is.

mod addressee;
mod attached;
mod attribution;
mod body;
mod language;
mod own_text;
mod people;
mod post;
mod resend;
mod sender;
mod threading;

use mapi_kit::subject;
use mapi_props::{MessageTree, tags};
use mapi_spi::Result;

use crate::prop::Object as _;
use crate::store::MsgStore;
use crate::{Folder, Identity, MapiProp, Message, ModifyMode, OpenFlags, SpecialFolder};

pub use addressee::Addressee;
pub use language::Language;

/// How a message is composed. The default: in the Outbox of the store, by whom the session says the user is, in the form
/// of the original and quoting it.
///
/// ```
/// # fn show(question: &mapi::Message) -> mapi::Result<()> {
/// use mapi::{Compose, MapiProp, ReplyTo, SaveFlags};
///
/// let agreed = Compose { text: "Agreed.".to_owned(), ..Compose::default() };
/// let answer = question.reply(ReplyTo::All, &agreed)?;
/// answer.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Compose {
    /// Where the message is made; `None`: in the Outbox of the store at hand, a post in the folder at hand.
    pub folder: Option<Folder>,
    /// Who writes; `None`: of the identities of the session the one that the original was sent to, else that of the store,
    /// else the primary one.
    pub identity: Option<Identity>,
    /// Further addresses of the user, who gets no reply.
    pub own_addresses: Vec<String>,
    /// What the author says above the original.
    pub text: String,
    /// Which bodies the message gets.
    pub form: BodyForm,
    /// Whether the original is quoted.
    pub quoting: Quoting,
    /// Language of the words around the original; `None`: that of the original.
    pub language: Option<Language>,
    /// Minutes east of UTC in which times are written.
    pub offset: i16,
}

/// Which bodies a composed message gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BodyForm {
    /// Text and HTML if the original has HTML, else text.
    #[default]
    AsOriginal,
    /// Text alone.
    Text,
    /// Text and HTML.
    Html,
}

/// Whether a reply quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Quoting {
    /// The whole original.
    #[default]
    Whole,
    /// Nothing of it.
    Nothing,
}

/// To whom a reply goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyTo {
    /// Whoever is to get replies: PR_REPLY_RECIPIENT_ENTRIES, else the author; of one's own message those it was sent to.
    Author,
    /// Besides, the To and Cc of the original, without oneself.
    All,
}

/// How a message is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ForwardAs {
    /// Its text below a header, its attachments as the new message's.
    Inline,
    /// Itself as an attachment.
    Attachment,
}

/// The class of what is sent.
const NOTE: &str = "IPM.Note";

impl Folder {
    /// A new draft in this folder, whatever [`Compose::folder`] says: its class (IPM.Note), its sender and what the author says.
    /// It has to be saved.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` in a folder that is open read-only.
    pub fn compose(&self, compose: &Compose) -> Result<Message> {
        let message = self.create_message()?;
        message.set(tags::MESSAGE_CLASS, NOTE)?;
        let identities = sender::identities(&self.context, compose);
        sender::sign(&message, sender::writer(&identities, compose, None), None)?;
        body::put(&message, &body::new(compose))?;
        Ok(message)
    }
}

impl Message {
    /// A reply to this message. It has to be saved.
    ///
    /// It gets `RE: ` and the subject without prefixes (those of other languages too), the next index of the conversation
    /// and its topic, In-Reply-To and References, the quoted original, and of its attachments only pictures that the
    /// quoted HTML shows. Recipients are merged, those of Bcc and oneself left out. Sent for whom the original was received
    /// for (PR_RCVD_REPRESENTING_…), by whom it was received by.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` for an original that was never saved, or a store without Outbox; `MAPI_E_NO_ACCESS` in a
    /// read-only store unless another folder is given; those of reading the original.
    pub fn reply(&self, to: ReplyTo, compose: &Compose) -> Result<Self> {
        self.errors().track(self.reply_now(to, compose))
    }

    fn reply_now(&self, to: ReplyTo, compose: &Compose) -> Result<Self> {
        let original = self.to_tree()?;
        let reply = self.outgoing(compose)?.create_message()?;
        reply.set(tags::MESSAGE_CLASS, NOTE)?;
        let identities = sender::identities(&self.inner.context, compose);
        let rows = people::reply(&original, to, &identities, &compose.own_addresses);
        reply.modify_recipients(ModifyMode::Replace, &rows)?;
        self.answer(&original, &reply, compose)?;
        Ok(reply)
    }

    /// What replies by mail and in folders share.
    fn answer(&self, original: &MessageTree, reply: &Self, compose: &Compose) -> Result<()> {
        self.follow(original, reply, "RE: ", compose)?;
        threading::reply(original, reply)?;
        let quoted = body::reply(original, compose);
        body::put(reply, &quoted)?;
        attached::pictures(self, reply, &quoted.refers)
    }

    /// This message forwarded: without recipients, and with all its attachments. It has to be saved.
    ///
    /// It gets `FW: ` and the subject without prefixes, and otherwise what [`Self::reply`] says. Large attachments are
    /// shared with the original where both are in one store. As an attachment, the original loses the recipients of its
    /// Bcc.
    ///
    /// # Errors
    /// As [`Self::reply`]; `MAPI_E_TOO_COMPLEX` for an original that holds messages in messages too deep to be attached.
    pub fn forward(&self, form: ForwardAs, compose: &Compose) -> Result<Self> {
        self.errors().track(self.forward_now(form, compose))
    }

    fn forward_now(&self, form: ForwardAs, compose: &Compose) -> Result<Self> {
        let original = self.to_tree()?;
        let forward = self.outgoing(compose)?.create_message()?;
        forward.set(tags::MESSAGE_CLASS, NOTE)?;
        self.follow(&original, &forward, "FW: ", compose)?;
        threading::forward(&original, &forward)?;
        match form {
            ForwardAs::Inline => {
                body::put(&forward, &body::forward(&original, compose))?;
                attached::all(self, &forward)?;
            }
            ForwardAs::Attachment => {
                body::put(&forward, &body::new(compose))?;
                attached::itself(self, &original, &forward)?;
            }
        }
        Ok(forward)
    }

    /// Subject, conversation and sender of what follows this message.
    fn follow(
        &self,
        original: &MessageTree,
        next: &Self,
        prefix: &str,
        compose: &Compose,
    ) -> Result<()> {
        let subject = format!("{prefix}{}", bare_subject(original));
        next.set(tags::SUBJECT, subject)?;
        next.continue_conversation(self)?;
        if let Some(key) = original.props.value(tags::SEARCH_KEY)
            && let Some(key) = key.as_bytes()
        {
            next.set(tags::PARENT_KEY, key)?;
        }
        let identities = sender::identities(&self.inner.context, compose);
        let writer = sender::writer(&identities, compose, Some(original));
        sender::sign(next, writer, Some((original, compose)))
    }

    /// Where a message that is to be sent is made.
    fn outgoing(&self, compose: &Compose) -> Result<Folder> {
        if let Some(folder) = &compose.folder {
            return Ok(folder.clone());
        }
        self.home()?.special_folder(SpecialFolder::Outbox)
    }

    /// The store that it is in.
    fn home(&self) -> Result<MsgStore> {
        let context = &self.inner.context;
        MsgStore::new(
            std::sync::Arc::clone(&context.opened),
            std::sync::Arc::clone(&context.member),
            context.call.clone(),
            OpenFlags::BEST_ACCESS,
        )
    }
}

/// The subject without the prefixes of any language: PR_NORMALIZED_SUBJECT, of which one is off already.
fn bare_subject(original: &MessageTree) -> String {
    let props = &original.props;
    let normalized = props.text(tags::NORMALIZED_SUBJECT).unwrap_or_else(|| {
        let subject = props.text(tags::SUBJECT).unwrap_or_default();
        subject::split(subject, props.text(tags::SUBJECT_PREFIX)).normalized
    });
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    subject::without_prefixes(normalized)
        .chars()
        .map(plain)
        .collect()
}
