//! Messages that are put into a folder instead of being sent.
//! Reference: "Posting a Message" (requirement OUT-10)

use mapi_props::{message_flags, tags};
use mapi_spi::Result;

use super::{Compose, body, sender};
use crate::prop::Object as _;
use crate::{Folder, MapiProp, Message, OpenFlags};

/// The class of what is posted.
const POST: &str = "IPM.Post";

impl Folder {
    /// A post in this folder, whatever [`Compose::folder`] says; others see it once it is saved. It is read and not a draft, has
    /// no recipients, and says who posted it and when: what of sent mail a transport fills in.
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` in a folder that is open read-only.
    pub fn post(&self, compose: &Compose) -> Result<Message> {
        let post = self.posted()?;
        let identities = sender::identities(&self.context, compose);
        sender::sign(&post, sender::writer(&identities, compose, None), None)?;
        body::put(&post, &body::new(compose))?;
        Ok(post)
    }

    /// An empty post.
    fn posted(&self) -> Result<Message> {
        let post = self.create_message()?;
        let now = self.context.now();
        post.set(tags::MESSAGE_CLASS, POST)?;
        post.set(tags::MESSAGE_FLAGS, message_flags::READ.cast_signed())?;
        post.set(tags::RECEIPT_TIME, now)?;
        post.set(tags::CLIENT_SUBMIT_TIME, now)?;
        post.set(tags::MESSAGE_DELIVERY_TIME, now)?;
        Ok(post)
    }
}

impl Message {
    /// An answer to this message, posted in its folder or in [`Compose::folder`]. It quotes and continues the conversation as
    /// [`Self::reply`] does, and goes to nobody.
    ///
    /// # Errors
    /// As [`Self::reply`]; `MAPI_E_NOT_FOUND` for an original in no folder when none is given.
    pub fn post_reply(&self, compose: &Compose) -> Result<Self> {
        self.errors().track(self.post_reply_now(compose))
    }

    fn post_reply_now(&self, compose: &Compose) -> Result<Self> {
        let original = self.to_tree()?;
        let folder = match &compose.folder {
            Some(folder) => folder.clone(),
            None => {
                let missing = || {
                    let detail = "the message is in no folder to post in";
                    mapi_spi::Error::new(mapi_props::Code::NOT_FOUND, detail)
                };
                let id = self.parent_id()?.ok_or_else(missing)?;
                self.home()?.open_folder(&id, OpenFlags::BEST_ACCESS)?
            }
        };
        let post = folder.posted()?;
        self.answer(&original, &post, compose)?;
        Ok(post)
    }
}
