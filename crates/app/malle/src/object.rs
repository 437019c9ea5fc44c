//! What people name on the command line: messages and folders by id, folders by path, parts of messages by path.

use mapi::{
    Attachment, Folder, MapiProp, Message, MsgStore, Object, OpenFlags, PropertyFlags, ShortId,
};
use mapi_props::{Code, tags};

use crate::app::App;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;

/// An opened object with properties.
#[derive(Debug)]
pub(crate) enum Target {
    Store(MsgStore),
    Folder(Folder),
    Message(Message, Home),
    Attachment(Attachment, Home),
    /// A recipient by its place in the message.
    Recipient(Message, usize, Home),
}

/// The message of a folder that a part belongs to, and the handles between, outermost first: a change of a part is
/// saved from the inside out.
#[derive(Debug, Default)]
pub(crate) struct Home {
    pub(crate) chain: Vec<Link>,
}

/// One level between a message of a folder and a part of it.
#[derive(Debug, Clone)]
pub(crate) enum Link {
    Message(Message),
    Attachment(Attachment),
}

impl App {
    /// An id, without its part path.
    pub(crate) fn short_id(&self, text: &str) -> Outcome<ShortId> {
        text.parse()
            .map_err(|_| self.fail(Exit::Usage, "bad-id", Msg::NotAnId, &[&text]))
    }

    /// Opens what an id names.
    fn open_item(&self, text: &str, flags: OpenFlags) -> Outcome<(MsgStore, Object)> {
        let id = self.short_id(text)?;
        let store = self.store_of(&id)?;
        let object = store
            .open_item(id.item, flags)
            .map_err(|e| self.not_there(text, &e))?;
        Ok((store, object))
    }

    /// Opens a message of a folder by id.
    pub(crate) fn message(&self, text: &str, flags: OpenFlags) -> Outcome<(MsgStore, Message)> {
        match self.open_item(text, flags)? {
            (store, Object::Message(message)) => Ok((store, message)),
            _ => Err(self.fail(
                Exit::NotFound,
                "MAPI_E_NOT_FOUND",
                Msg::NotAMessage,
                &[&text],
            )),
        }
    }

    /// Opens a folder by path, role or id.
    pub(crate) fn folder(&self, text: &str) -> Outcome<(MsgStore, Folder)> {
        let store = self.store()?;
        let by_path = store.folder(text);
        match by_path {
            Ok(folder) => Ok((store, folder)),
            Err(e) if e.code() != Code::NOT_FOUND => Err(self.failure(&e)),
            Err(_) => match text.parse::<ShortId>() {
                Ok(_) => self.folder_by_id(text),
                Err(_) => Err(self.unknown_folder(text)),
            },
        }
    }

    fn folder_by_id(&self, text: &str) -> Outcome<(MsgStore, Folder)> {
        let flags = OpenFlags::BEST_ACCESS;
        match self.open_item(text, flags)? {
            (store, Object::Folder(folder)) => Ok((store, folder)),
            _ => Err(self.fail(
                Exit::NotFound,
                "MAPI_E_NOT_FOUND",
                Msg::NotAFolder,
                &[&text],
            )),
        }
    }

    pub(crate) fn unknown_folder(&self, text: &str) -> Failure {
        self.fail(
            Exit::NotFound,
            "MAPI_E_NOT_FOUND",
            Msg::UnknownFolder,
            &[&text],
        )
        .hint(self.output.lang.text(Msg::UnknownFolderHint))
    }

    /// A missing object in the words of the person who named it; other errors as they are.
    pub(crate) fn not_there(&self, text: &str, error: &mapi::Error) -> Failure {
        if error.code() == Code::NOT_FOUND {
            return self.fail(Exit::NotFound, "MAPI_E_NOT_FOUND", Msg::NotThere, &[&text]);
        }
        self.failure(error)
    }

    /// Opens any object: `store`, a letter, an id with or without parts, or a folder.
    pub(crate) fn target(&self, text: &str, flags: OpenFlags) -> Outcome<Target> {
        if text == "store" {
            return Ok(Target::Store(self.store()?));
        }
        let (first, parts) = match text.split_once('/') {
            Some((first, parts)) => (first, Some(parts)),
            None => (text, None),
        };
        if let Some(file) = self.message_file(text) {
            return self.in_file(text, &file, flags);
        }
        if first.parse::<ShortId>().is_err() {
            let letter = parts.is_none() && text.len() <= 2;
            if letter && let Ok(store) = self.store_by_letter(text) {
                return Ok(Target::Store(store));
            }
            return Ok(Target::Folder(self.folder(text)?.1));
        }
        match (self.open_item(first, flags)?.1, parts) {
            (Object::Message(message), Some(parts)) => self.part(text, message, parts, flags),
            (Object::Message(message), None) => Ok(Target::Message(message, Home::default())),
            (Object::Folder(folder), None) => Ok(Target::Folder(folder)),
            (Object::Store(store), None) => Ok(Target::Store(store)),
            // Short ids are of folders and messages.
            (Object::Status(_), None) => Err(self.fail(
                Exit::NotFound,
                "MAPI_E_NOT_FOUND",
                Msg::NotAMessage,
                &[&first],
            )),
            (_, Some(parts)) => Err(self.fail(
                Exit::NotFound,
                "no-such-part",
                Msg::NoSuchPart,
                &[&first, &parts],
            )),
        }
    }

    /// A message of a folder, or one embedded in it.
    pub(crate) fn any_message(&self, text: &str) -> Outcome<Message> {
        if !self.names_a_file(text) {
            self.short_id(text.split('/').next().unwrap_or(text))?;
        }
        match self.target(text, OpenFlags::NONE)? {
            Target::Message(message, _) => Ok(message),
            _ => Err(self.fail(
                Exit::NotFound,
                "MAPI_E_NOT_FOUND",
                Msg::NotAMessage,
                &[&text],
            )),
        }
    }

    /// Walks `att/N`, `msg` and `rcpt/N` from a message on.
    pub(crate) fn part(
        &self,
        whole: &str,
        message: Message,
        parts: &str,
        flags: OpenFlags,
    ) -> Outcome<Target> {
        let missing = || {
            let id = whole
                .strip_suffix(parts)
                .map_or(whole, |id| id.trim_end_matches('/'));
            self.fail(
                Exit::NotFound,
                "no-such-part",
                Msg::NoSuchPart,
                &[&id, &parts],
            )
        };
        let number = |word: Option<&str>| word.and_then(|w| w.parse().ok()).ok_or_else(missing);
        let modify = flags.contains(OpenFlags::MODIFY);
        let mut home = Home::default();
        let mut at = Target::Message(message, Home::default());
        let mut words = parts.split('/');
        while let Some(word) = words.next() {
            at = match (at, word) {
                (Target::Message(message, _), "att") => {
                    let index: usize = number(words.next())?;
                    let found =
                        attachment_at(&message, index, flags).map_err(|e| self.failure(&e))?;
                    home.chain.push(Link::Message(message));
                    Target::Attachment(found.ok_or_else(missing)?, Home::default())
                }
                (Target::Message(message, _), "rcpt") => {
                    let index: usize = number(words.next())?;
                    let rows = message.recipients().open().and_then(|t| t.row_count());
                    let rows = rows.map_err(|e| self.failure(&e))?;
                    if u64::try_from(index).is_ok_and(|i| i >= rows) {
                        return Err(missing());
                    }
                    Target::Recipient(message, index, Home::default())
                }
                (Target::Attachment(attachment, _), "msg") => {
                    let how = if modify {
                        PropertyFlags::MODIFY
                    } else {
                        PropertyFlags::NONE
                    };
                    let inner = attachment.open_embedded(how).map_err(|_| missing())?;
                    home.chain.push(Link::Attachment(attachment));
                    Target::Message(inner, Home::default())
                }
                _ => return Err(missing()),
            };
        }
        Ok(match at {
            Target::Message(message, _) => Target::Message(message, home),
            Target::Attachment(attachment, _) => Target::Attachment(attachment, home),
            Target::Recipient(message, index, _) => Target::Recipient(message, index, home),
            other => other,
        })
    }
}

/// The attachment at a place in the order of the message.
pub(crate) fn attachment_at(
    message: &Message,
    index: usize,
    flags: OpenFlags,
) -> mapi::Result<Option<Attachment>> {
    let table = message
        .attachments()
        .columns([tags::ATTACH_NUM.raw()])
        .sort([mapi::SortColumn::ascending(tags::ATTACH_NUM)])
        .open()?;
    let count = i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1);
    let rows = table.query_rows(count)?;
    let number = rows.get(index).and_then(|row| row.get(tags::ATTACH_NUM));
    number
        .map(|number| message.open_attachment(number, flags))
        .transpose()
}

impl Home {
    /// The outermost message.
    pub(crate) fn message(&self) -> Option<Message> {
        self.chain.iter().find_map(|link| match link {
            Link::Message(message) => Some(message.clone()),
            Link::Attachment(_) => None,
        })
    }

    /// Saves the handles that hold a changed part, innermost first.
    pub(crate) fn save(&self) -> mapi::Result<()> {
        for link in self.chain.iter().rev() {
            match link {
                Link::Message(message) => message.save_changes(mapi::SaveFlags::NONE)?,
                Link::Attachment(attachment) => {
                    attachment.save_changes(mapi::SaveFlags::KEEP_OPEN_READWRITE)?;
                }
            }
        }
        Ok(())
    }
}
