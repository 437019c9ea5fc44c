//! Saving messages.

use mapi_kit::computed::{self, Owner};
use mapi_kit::conversation::is_linking;
use mapi_kit::storable;
use mapi_props::{Bag, Code, Slot, StoredMessage};
use mapi_spi::{
    Error, FolderKind, ItemId, ItemKind, ItemMeta, LogKind, MessageSave, MessageTarget, OpOutcome,
    Result, Saved,
};

use super::{Commit, difference, refuse};
use crate::store::known_source;
use crate::{bag, fulltext, item};

impl Commit<'_> {
    pub(super) fn save_message(&mut self, mut save: MessageSave) -> Result<OpOutcome> {
        storable::check_patch(Owner::Message, &save.patch)?;
        for (_, slot) in &mut save.patch.set {
            self.resolve(slot)?;
        }
        self.resolve_inner(save.recipients.as_mut(), save.attachments.as_mut())?;
        let limit = self.inner.info.limits.embed_depth;
        refuse::too_deep(save.attachments.as_deref().unwrap_or_default(), limit)?;
        match save.target {
            MessageTarget::New { folder, associated } => {
                self.holder(folder)?;
                let known = match &save.source {
                    Some(source) => known_source(self.txn.db, folder, source)?,
                    None => None,
                };
                if let Some(known) = known {
                    return Ok(OpOutcome::Skipped(known));
                }
                self.write_values()?;
                self.new_message(save, folder, associated)
            }
            MessageTarget::Existing(id) => {
                let old = item::live_message(self.txn.db, id)?;
                refuse::unexpected(&old, save.expect)?;
                if !save.may_change(old.flags) {
                    refuse::submitted(&old)?;
                }
                self.write_values()?;
                self.change_message(&save, &old)
            }
        }
    }

    fn new_message(
        &mut self,
        save: MessageSave,
        folder: ItemId,
        associated: bool,
    ) -> Result<OpOutcome> {
        let flags = computed::message_flags_of(associated, save.flags.apply(0));
        let source = save.source;
        let body = body_of(save);
        let mut meta = ItemMeta {
            id: ItemId(0),
            parent: folder,
            kind: ItemKind::Message { associated },
            deleted: false,
            change: self.txn.next_change(),
            content_version: 1,
            thread: None,
            flags,
            status: 0,
            size: computed::message_size(&body),
        };
        meta.thread = self.thread_of_new(&meta, &body)?;
        self.insert_message(&mut meta, &body, source.as_ref())?;
        self.note(LogKind::Created, &meta, &[], None)?;
        Ok(OpOutcome::Saved(Saved {
            id: meta.id,
            change: meta.change,
        }))
    }

    fn change_message(&mut self, save: &MessageSave, old: &ItemMeta) -> Result<OpOutcome> {
        let associated = matches!(old.kind, ItemKind::Message { associated: true });
        let before = bag::body(self.txn.db, old.id.0)?;
        let mut body = before.clone();
        save.apply(&mut body);
        let meta = ItemMeta {
            change: self.txn.next_change(),
            content_version: old.content_version + u64::from(save.content_changed),
            flags: computed::message_flags_of(associated, save.flags.apply(old.flags)),
            size: computed::message_size(&body),
            ..old.clone()
        };
        let (changed, inverse) = difference::of_messages((old, &before), (&meta, &body));
        let words = if changed.iter().any(|id| fulltext::is_indexed(*id)) {
            self.words_of(&meta, &body, old.change)
        } else {
            None
        };
        self.update_message((old, &before), (&meta, &body), words.as_ref())?;
        self.index_anew(&meta, words)?;
        self.note(LogKind::Modified, &meta, &changed, Some(inverse))?;
        if changed.iter().any(|id| is_linking(*id)) {
            self.tie_anew(&meta, &body)?;
        }
        Ok(OpOutcome::Saved(Saved {
            id: meta.id,
            change: meta.change,
        }))
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
        let meta = item::live_message(self.txn.db, id)?;
        self.note(LogKind::NewMail, &meta, &[], None)?;
        Ok(OpOutcome::Done)
    }

    /// A folder that is there and may hold messages and folders.
    pub(super) fn holder(&mut self, id: ItemId) -> Result<()> {
        if self.holder == Some(id) {
            return Ok(());
        }
        let folder = item::live_folder(self.txn.db, id)?;
        if folder.kind == ItemKind::Folder(FolderKind::Search) {
            return Err(Error::new(
                Code::NO_SUPPORT,
                format!("{id} is a search folder and holds nothing"),
            ));
        }
        self.holder = Some(id);
        Ok(())
    }
}

/// The tree of a new message; nothing is copied.
fn body_of(save: MessageSave) -> StoredMessage {
    let mut set = save.patch.set;
    // Stable, so that of two values for one property the later one stays the later.
    set.sort_by_key(|(id, _)| *id);
    let props: Bag = set.into_iter().collect::<mapi_props::PropMap<u16, Slot>>();
    StoredMessage {
        props,
        recipients: save.recipients.unwrap_or_default(),
        attachments: save.attachments.unwrap_or_default(),
    }
}
