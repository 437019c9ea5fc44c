//! Showing a message in its form, until the form is closed.
//! Reference: "IMAPISession::PrepareForm", "IMAPISession::ShowForm", "IMAPIMessageSite" (requirement FM-06)

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use mapi_props::{Code, message_flags, tags};
use mapi_spi::{ChangeSet, Error, FlagPatch, Items, Op, OpOutcome, Result};

use super::FormInfo;
use crate::{
    Folder, FormFlags, MapiProp, Message, MessageStatus, SaveFlags, Session, ShowFormFlags,
};

/// What shows forms to somebody: a front end.
pub trait FormHost: Send + Sync + Debug {
    /// Shows a message in a form and returns when the form is closed. What the user does to the message goes through the
    /// site; what is neither saved nor submitted is lost.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL` if the user turned away; anything else is told as `MAPI_E_CALL_FAILED`.
    fn show(&self, site: &MessageSite) -> Result<()>;
}

/// Names a message that is to be shown, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FormToken(pub u32);

/// Messages that wait to be shown.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    last: u32,
    messages: BTreeMap<u32, Message>,
}

/// Messages that may wait at the same time.
const MOST_TOKENS: usize = 1000;

/// A displayed message and what may be done with it (IMAPIMessageSite).
#[derive(Debug)]
pub struct MessageSite {
    message: Message,
    folder: Folder,
    form: FormInfo,
    flags: ShowFormFlags,
}

/// VCSTATUS bits: what a site can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SiteStatus(pub u32);

impl SiteStatus {
    /// VCSTATUS_SUBMIT.
    pub const SUBMIT: Self = Self(0x80000);
    /// VCSTATUS_SAVE.
    pub const SAVE: Self = Self(0x20_0000);
    /// VCSTATUS_NEW_MESSAGE: the message was never saved.
    pub const NEW_MESSAGE: Self = Self(0x40_0000);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Session {
    /// Gives a message a token for [`Self::show_form`], which keeps the message open; the handle may be dropped
    /// (PrepareForm).
    ///
    /// # Errors
    /// `MAPI_E_NOT_ENOUGH_RESOURCES` while 1,000 tokens wait.
    pub fn prepare_form(&self, message: &Message) -> Result<FormToken> {
        let token = self.check().and_then(|()| self.tokens.keep(message));
        self.track(token)
    }

    /// Shows the message of a token in the form of its class, and returns when the form is closed (ShowForm). `folder`:
    /// where the message was made. The token is used up, also when this fails.
    ///
    /// # Errors
    /// `MAPI_E_USER_CANCEL`; `MAPI_E_NOT_FOUND` if no form serves the class; `MAPI_E_NO_SUPPORT` in a program that can
    /// show nothing; `MAPI_E_INVALID_PARAMETER` for a token that is none, NEW_MESSAGE for a message that was saved,
    /// POST_MESSAGE for one of another folder; `MAPI_E_CALL_FAILED` if the form fails.
    pub fn show_form(&self, folder: &Folder, token: FormToken, flags: ShowFormFlags) -> Result<()> {
        self.track(self.show(folder, token, flags))
    }

    fn show(&self, folder: &Folder, token: FormToken, flags: ShowFormFlags) -> Result<()> {
        self.check()?;
        let message = self.tokens.take(token)?;
        let headless = || Error::new(Code::NO_SUPPORT, "this program cannot show forms");
        let host = self
            .state()
            .subsystem
            .host
            .form_host()
            .ok_or_else(headless)?;
        let wrong = |detail: &str| Err(Error::new(Code::INVALID_PARAMETER, detail.to_owned()));
        if flags.contains(ShowFormFlags::NEW_MESSAGE) && message.item().is_some() {
            return wrong("the message has been saved");
        }
        let is_there = message.parent_id()? == Some(folder.entry_id());
        if flags.contains(ShowFormFlags::POST_MESSAGE) && !is_there {
            return wrong("the message is not of the folder that it is to be posted to");
        }
        let class = message.find(tags::MESSAGE_CLASS)?;
        let class = class.as_deref().unwrap_or("IPM");
        let forms = self.forms()?;
        let form = forms.resolve_message_class(class, FormFlags::NONE, Some(folder))?;
        let site = MessageSite {
            message,
            folder: folder.clone(),
            form,
            flags,
        };
        host.show(&site).map_err(|e| match e.code() {
            Code::USER_CANCEL | Code::NOT_FOUND | Code::INTERFACE_NOT_SUPPORTED => e,
            _ => Error::caused(Code::CALL_FAILED, "the form failed", e),
        })
    }
}

impl Tokens {
    fn keep(&self, message: &Message) -> Result<FormToken> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.messages.len() >= MOST_TOKENS {
            let detail = "too many messages wait to be shown";
            return Err(Error::new(Code::NOT_ENOUGH_RESOURCES, detail));
        }
        // 0 is no token, and one that waits is not given again.
        loop {
            waiting.last = waiting.last.wrapping_add(1);
            let token = waiting.last;
            if token != 0 && !waiting.messages.contains_key(&token) {
                waiting.messages.insert(token, message.clone());
                return Ok(FormToken(token));
            }
        }
    }

    fn take(&self, token: FormToken) -> Result<Message> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let none = || {
            Error::new(
                Code::INVALID_PARAMETER,
                "the token names no message, or was used",
            )
        };
        waiting.messages.remove(&token.0).ok_or_else(none)
    }
}

impl MessageSite {
    /// The message (GetMessage).
    #[must_use]
    pub const fn message(&self) -> &Message {
        &self.message
    }

    /// The folder that it was made in (GetFolder).
    #[must_use]
    pub const fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The form that its class resolved to.
    #[must_use]
    pub const fn form(&self) -> &FormInfo {
        &self.form
    }

    /// PR_MSG_STATUS; none of a message that was never saved.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if the message is gone from the folder.
    pub fn message_status(&self) -> Result<MessageStatus> {
        match self.message.entry_id() {
            Some(id) => self.folder.message_status(&id),
            None => Ok(MessageStatus(0)),
        }
    }

    /// What can be done with the message now (GetSiteStatus).
    #[must_use]
    pub fn status(&self) -> SiteStatus {
        let mut bits = 0;
        if self.message.is_writable() {
            bits |= SiteStatus::SAVE.0;
            if self.flags.contains(ShowFormFlags::POST_MESSAGE) {
                bits |= SiteStatus::SUBMIT.0;
            }
        }
        if self.message.item().is_none() {
            bits |= SiteStatus::NEW_MESSAGE.0;
        }
        SiteStatus(bits)
    }

    /// Saves the message where it is (SaveMessage).
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` without [`SiteStatus::SAVE`]; those of [`Message::save_changes`].
    pub fn save(&self) -> Result<()> {
        self.can(SiteStatus::SAVE)?;
        self.message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)
    }

    /// Posts the message: it is saved in its folder, as one that is no draft, and is sent nowhere (SubmitMessage under
    /// MAPI_POST_MESSAGE).
    ///
    /// # Errors
    /// `MAPI_E_NO_SUPPORT` without [`SiteStatus::SUBMIT`]: messages cannot be sent yet; those of
    /// [`Message::save_changes`].
    pub fn submit(&self) -> Result<()> {
        self.can(SiteStatus::SUBMIT)?;
        let message = &self.message;
        let now = message.inner.context.now();
        for tag in [tags::CLIENT_SUBMIT_TIME, tags::MESSAGE_DELIVERY_TIME] {
            if message.find(tag)?.is_none() {
                message.set(tag, now)?;
            }
        }
        if message.item().is_none() {
            let flags = message.flags() & !message_flags::UNSENT;
            message.set(tags::MESSAGE_FLAGS, flags.cast_signed())?;
        }
        self.save()?;
        self.settle()
    }

    /// A draft that was saved before is none any more.
    fn settle(&self) -> Result<()> {
        let Some(item) = self
            .message
            .item()
            .filter(|_| self.message.flags() & message_flags::UNSENT != 0)
        else {
            return Ok(());
        };
        let op = Op::SetFlags {
            items: Items::Ids(vec![item]),
            flags: FlagPatch {
                set: 0,
                clear: message_flags::UNSENT,
            },
        };
        let outcome = self.message.inner.context.commit(ChangeSet::one(op))?;
        match outcome.ops.into_iter().next() {
            Some(OpOutcome::Bulk(mut bulk)) => match bulk.failed.pop() {
                Some(failure) => Err(failure.error),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn can(&self, what: SiteStatus) -> Result<()> {
        if self.status().contains(what) {
            return Ok(());
        }
        let detail = if what == SiteStatus::SUBMIT && self.message.is_writable() {
            "messages cannot be sent yet, only posted"
        } else {
            "the message is open read-only"
        };
        Err(Error::new(Code::NO_SUPPORT, detail))
    }
}
