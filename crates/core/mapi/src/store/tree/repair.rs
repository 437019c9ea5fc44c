//! Looking whether a store's own folders are there, and making them again.
//! Reference: "HrValidateIPMSubtree" (requirements STO-04, STO-07, STO-06)

use mapi_spi::Result;

use super::{ALL, MsgStore, PERSONAL, SpecialFolder, entry_id_in, mask_of};
use crate::{EntryId, TreeFlags};

/// What is known of one of a store's own folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoleState {
    /// It is there, and everybody who should finds it.
    Whole,
    /// No property says where it is.
    Missing,
    /// A property says where it was: that folder is gone.
    Stale,
    /// It is there, but not all properties that should say where do so, or they differ.
    Untold,
}

impl MsgStore {
    /// Every role, and whether its folder is there: what [`Self::validate_ipm_subtree`] with FULL_IPM_TREE and FORCE_CREATE
    /// would find. Changes nothing.
    ///
    /// # Errors
    /// Those of the store.
    pub fn special_folder_states(&self) -> Result<Vec<(SpecialFolder, RoleState)>> {
        self.errors.track(self.states())
    }

    fn states(&self) -> Result<Vec<(SpecialFolder, RoleState)>> {
        let bag = self.context.spi()?.store_props(&self.context.call)?;
        let mask = mask_of(&bag);
        let of_mail = ALL.map(|role| {
            let id = entry_id_in(&bag, role.tag());
            let state = match id {
                Some(id) if self.standing(&id).is_none() => RoleState::Stale,
                Some(_) if mask & role.bit() != 0 => RoleState::Whole,
                Some(_) => RoleState::Untold,
                None => RoleState::Missing,
            };
            (role, state)
        });
        let root = self.props_of(self.context.info().root)?;
        let inbox =
            match entry_id_in(&bag, SpecialFolder::Inbox.tag()).and_then(|id| self.standing(&id)) {
                Some(inbox) => Some(self.props_of(inbox)?),
                None => None,
            };
        let personal = PERSONAL.map(|role| {
            let ids = [inbox.as_ref(), Some(&root)].map(|bag| entry_id_in(bag?, role.tag()));
            let stands =
                |id: &Option<EntryId>| id.as_ref().is_some_and(|id| self.standing(id).is_some());
            let state = match &ids {
                [None, None] => RoleState::Missing,
                [one, other] if one == other && stands(one) => RoleState::Whole,
                [one, other] if stands(one) || stands(other) => RoleState::Untold,
                _ => RoleState::Stale,
            };
            (role, state)
        });
        Ok(of_mail.into_iter().chain(personal).collect())
    }

    /// Makes again what [`Self::special_folder_states`] finds missing, corrects what points to folders that are gone, and
    /// forgets the assignments of [`Self::stale_receive_folders`]. A folder of the usual name at the usual place gets its
    /// role back. Nothing is moved, renamed or deleted.
    ///
    /// # Errors
    /// As [`Self::validate_ipm_subtree`]; what was put right until then stays so.
    pub fn repair_special_folders(&self) -> Result<()> {
        self.validate_ipm_subtree(TreeFlags::FULL_IPM_TREE | TreeFlags::FORCE_CREATE)?;
        let classes = self.stale_receive_folders()?;
        if classes.is_empty() {
            return Ok(());
        }
        self.errors.track(self.forget_receive_folders(&classes))
    }
}
