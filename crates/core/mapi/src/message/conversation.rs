//! A message as part of a conversation. Reference: "Tracking Conversations" (requirement STO-17)

use mapi_kit::conversation::ConversationIndex;
use mapi_props::tags;
use mapi_spi::Result;

use super::Message;
use crate::MapiProp;

impl Message {
    /// Makes this message the next in the conversation of `of`, as replies and forwarded messages are: it gets that one's
    /// PR_CONVERSATION_TOPIC, whatever its own subject, and a PR_CONVERSATION_INDEX one level below. Takes effect when the
    /// message is saved.
    ///
    /// ```
    /// # fn show(inbox: &mapi::Folder, question: &mapi::Message) -> mapi::Result<()> {
    /// let answer = inbox.create_message()?;
    /// answer.continue_conversation(question)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MAPI_E_NO_ACCESS` on a read-only handle; those of reading `of`.
    pub fn continue_conversation(&self, of: &Self) -> Result<()> {
        let topic = match of.find(tags::CONVERSATION_TOPIC)? {
            Some(topic) => Some(topic),
            None => of.find(tags::NORMALIZED_SUBJECT)?,
        };
        let parent = of.find(tags::CONVERSATION_INDEX)?.unwrap_or_default();
        let support = self.inner.context.opened.place.support.as_ref();
        let index = ConversationIndex::create(&parent, support);
        if let Some(topic) = topic {
            self.set(tags::CONVERSATION_TOPIC, topic)?;
        }
        self.set(tags::CONVERSATION_INDEX, index.as_bytes())
    }
}
