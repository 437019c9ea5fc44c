//! Saving messages.
//! Reference: "IMAPIProp::SaveChanges"; checks OUT-07, STO-15

use std::sync::Arc;

use mapi_kit::computed::{self, Owner};
use mapi_kit::conversation::is_linking;
use mapi_kit::storable;
use mapi_props::{Code, StoredAttachment, StoredMessage};
use mapi_spi::{
    Error, FolderKind, ItemId, ItemKind, ItemMeta, LogKind, MessageSave, MessageTarget, OpOutcome,
    Result, Saved,
};

use super::bulk::not_submitted;
use super::{Commit, check_expected, difference};
use crate::content;
use crate::state::{Data, Item};
use crate::threads;

impl Commit<'_> {
    pub(super) fn save_message(&mut self, mut save: MessageSave) -> Result<OpOutcome> {
        storable::check_patch(Owner::Message, &save.patch)?;
        for (_, slot) in &mut save.patch.set {
            self.resolve(slot)?;
        }
        self.resolve_inner(save.recipients.as_mut(), save.attachments.as_mut())?;
        if depth(save.attachments.as_deref().unwrap_or_default()) > self.info.limits.embed_depth {
            return Err(Error::new(
                Code::TOO_BIG,
                "messages are embedded in each other too deep",
            ));
        }
        match save.target {
            MessageTarget::New { folder, associated } => {
                self.new_message(&save, folder, associated)
            }
            MessageTarget::Existing(id) => self.change_message(&save, id),
        }
    }

    fn new_message(
        &mut self,
        save: &MessageSave,
        folder: ItemId,
        associated: bool,
    ) -> Result<OpOutcome> {
        self.holder(folder)?;
        if associated && !self.info.capabilities.associated {
            return Err(Error::new(
                Code::NO_SUPPORT,
                "this store has no associated contents",
            ));
        }
        let known = save.source.and_then(|s| self.state.of_source(folder, s));
        if let Some(known) = known {
            return Ok(OpOutcome::Skipped(known));
        }
        let id = self.state.new_id();
        let change = self.state.new_change();
        let meta = ItemMeta {
            id,
            parent: folder,
            kind: ItemKind::Message { associated },
            deleted: false,
            change,
            content_version: 1,
            thread: None,
            flags: computed::message_flags_of(associated, save.flags.apply(0)),
            status: 0,
            size: 0,
        };
        let mut body = StoredMessage::default();
        save.apply(&mut body);
        let mut item = self.message(meta, body, save.source)?;
        if !associated {
            let links = threads::links_of(&item);
            item.meta.thread = Some(self.state.place(self.origin, &links, None)?);
        }
        self.state.put(&item)?;
        self.state
            .log(self.origin, LogKind::Created, &item, Vec::new(), None)?;
        Ok(OpOutcome::Saved(Saved { id, change }))
    }

    fn change_message(&mut self, save: &MessageSave, id: ItemId) -> Result<OpOutcome> {
        let old = self.state.live_message(id)?;
        check_expected(&old, save.expect)?;
        if !save.may_change(old.meta.flags) {
            not_submitted(&old)?;
        }
        let Data::Message { body, source } = &old.data else {
            return Err(Code::NOT_FOUND.into());
        };
        let associated = matches!(old.meta.kind, ItemKind::Message { associated: true });
        let change = self.state.new_change();
        let meta = ItemMeta {
            change,
            content_version: old.meta.content_version + u64::from(save.content_changed),
            flags: computed::message_flags_of(associated, save.flags.apply(old.meta.flags)),
            ..old.meta.clone()
        };
        let mut body = StoredMessage::clone(body);
        save.apply(&mut body);
        let item = self.message(meta, body, *source)?;
        let (changed, inverse) = difference::of_items(&old, &item);
        let ties = changed.iter().any(|id| is_linking(*id));
        self.state.put(&item)?;
        self.state.log(
            self.origin,
            LogKind::Modified,
            &item,
            changed,
            Some(inverse),
        )?;
        if let Some(own) = old.meta.thread.filter(|_| ties) {
            (self.state).place(self.origin, &threads::links_of(&item), Some(own))?;
        }
        Ok(OpOutcome::Saved(Saved { id, change }))
    }

    /// A message that has arrived: the save, and the news of it.
    pub(super) fn deliver(&mut self, save: MessageSave) -> Result<OpOutcome> {
        let outcome = self.save_message(save)?;
        if let OpOutcome::Saved(saved) = &outcome {
            self.notify_new_mail(saved.id)?;
        }
        Ok(outcome)
    }

    pub(super) fn notify_new_mail(&mut self, id: ItemId) -> Result<OpOutcome> {
        let item = self.state.live_message(id)?;
        self.state
            .log(self.origin, LogKind::NewMail, &item, Vec::new(), None)?;
        Ok(OpOutcome::Done)
    }

    /// A message with the size and the large values that its tree says.
    fn message(
        &self,
        mut meta: ItemMeta,
        body: StoredMessage,
        source: Option<[u8; 32]>,
    ) -> Result<Item> {
        meta.size = computed::message_size(&body);
        let mut slots = Vec::new();
        content::slots_of_message(&body, &mut slots);
        let values = content::held(slots, |key| self.state.content(key));
        let values = values.ok_or_else(|| Error::from(Code::NOT_FOUND))?;
        Ok(Item {
            meta,
            data: Data::Message {
                body: Arc::new(body),
                source,
            },
            values: Arc::new(values),
        })
    }

    /// A folder that is there and may hold messages and folders.
    pub(super) fn holder(&self, id: ItemId) -> Result<Arc<Item>> {
        let folder = self.state.live_folder(id)?;
        if folder.meta.kind == ItemKind::Folder(FolderKind::Search) {
            return Err(Error::new(
                Code::NO_SUPPORT,
                format!("{id} is a search folder and holds nothing"),
            ));
        }
        Ok(folder)
    }
}

/// How deep messages are embedded in these attachments.
fn depth(attachments: &[StoredAttachment]) -> u32 {
    let embedded = attachments.iter().filter_map(|a| a.embedded.as_deref());
    embedded
        .map(|m| 1 + depth(&m.attachments))
        .max()
        .unwrap_or(0)
}
