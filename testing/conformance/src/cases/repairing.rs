//! STO-04, STO-06, STO-07: a store's own folders are looked for, and made again where they are gone.

use mapi::{EntryId, MapiProp, MsgStore, RoleState, SpecialFolder, tags};
use mapi_spi::{DeleteMode, Op};

use crate::fixture::{add_subject, by_subject, subjects};
use crate::{Case, Fixture, case};

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "what is wrong with the store's own folders is told, and put right without moving anything",
        |f| {
            let store = f.store()?;
            assert_eq!(broken(&store)?, []);
            let sent = store.special_folder(SpecialFolder::SentItems)?;
            add_subject(&sent, "kept")?;
            let drafts = store.special_id(SpecialFolder::Drafts)?;
            vanish(f, &store, SpecialFolder::Outbox)?;
            vanish(f, &store, SpecialFolder::Finder)?;
            vanish(f, &store, SpecialFolder::Calendar)?;
            let root = store.root_folder()?;
            root.delete_props(&[tags::IPM_DRAFTS_ENTRYID.raw(), tags::IPM_NOTE_ENTRYID.raw()])?;
            let inbox = store.special_folder(SpecialFolder::Inbox)?;
            inbox.delete_props(&[tags::IPM_NOTE_ENTRYID.raw()])?;
            let notes = store.ipm_subtree()?.child("Notes")?;
            let wrong = [
                (SpecialFolder::Finder, RoleState::Stale),
                (SpecialFolder::Outbox, RoleState::Stale),
                (SpecialFolder::Drafts, RoleState::Untold),
                (SpecialFolder::Calendar, RoleState::Stale),
                (SpecialFolder::Notes, RoleState::Missing),
            ];
            assert_eq!(broken(&store)?, wrong);
            assert_eq!(broken(&store)?, wrong, "looking changes nothing");

            store.repair_special_folders()?;
            assert_eq!(broken(&store)?, []);
            assert_eq!(subjects(&by_subject(&sent)?)?, ["kept"]);
            assert_eq!(store.special_id(SpecialFolder::SentItems)?, sent.entry_id());
            assert_eq!(store.special_id(SpecialFolder::Drafts)?, drafts);
            let found = store.special_id(SpecialFolder::Notes)?;
            assert_eq!(Some(found), notes.map(|n| n.entry_id()), "by its name");
            for role in [
                SpecialFolder::Outbox,
                SpecialFolder::Finder,
                SpecialFolder::Calendar,
            ] {
                assert_eq!(store.special_folder(role)?.name()?, role.default_name());
            }
            let last = store.events(0, 0)?.last;
            store.repair_special_folders()?;
            assert_eq!(
                store.events(0, 0)?.last,
                last,
                "a whole store stays as it is"
            );
            Ok(())
        }
    ),
    case!(
        needs(),
        "with the Inbox everything that it tells of is found again",
        |f| {
            let store = f.store()?;
            let roles = [
                SpecialFolder::Drafts,
                SpecialFolder::Calendar,
                SpecialFolder::Contacts,
                SpecialFolder::Journal,
                SpecialFolder::Notes,
                SpecialFolder::Tasks,
            ];
            let ids = || {
                roles
                    .iter()
                    .map(|r| store.special_id(*r))
                    .collect::<mapi::Result<Vec<_>>>()
            };
            let before = ids()?;
            vanish(f, &store, SpecialFolder::Inbox)?;
            assert_eq!(ids()?, before, "the root folder tells of them too");
            let (folder, by) = store.receive_folder_id("IPM.Note")?;
            assert_eq!(
                (folder, by),
                (store.root_folder()?.entry_id(), String::new())
            );
            // The next logon believes what the store says, and must work nevertheless.
            let again = f.restart()?.default_store()?;
            again.repair_special_folders()?;
            let inbox = again.special_folder(SpecialFolder::Inbox)?;
            assert_eq!(
                again.receive_folder_id("IPM.Note")?,
                (inbox.entry_id(), "IPM".to_owned())
            );
            for (role, id) in roles.into_iter().zip(before) {
                assert_eq!(EntryId::from(inbox.get(role.tag())?), id, "{role:?}");
                assert_eq!(again.special_id(role)?, id, "{role:?}");
            }
            assert_eq!(broken(&again)?, []);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a receive folder that is gone takes no message, and is forgotten by a repair",
        |f| {
            let store = f.store()?;
            let inbox = store.special_id(SpecialFolder::Inbox)?;
            let (forms, bills) = (f.folder("Forms")?, f.folder("Bills")?);
            store.set_receive_folder("IPM.Note.Form", Some(&forms.entry_id()))?;
            store.set_receive_folder("IPM.Note.Form.Bill", Some(&bills.entry_id()))?;
            store.set_receive_folder("Report", Some(&bills.entry_id()))?;
            f.behind(gone(bills.item()))?;
            let at = |class| store.receive_folder_id(class);
            assert_eq!(
                at("IPM.Note.Form.Bill.Paid")?,
                (forms.entry_id(), "IPM.Note.Form".to_owned())
            );
            assert_eq!(at("Report.IPM.Note.NDR")?, (inbox.clone(), String::new()));
            assert_eq!(
                store.stale_receive_folders()?,
                ["IPM.Note.Form.Bill", "Report"]
            );
            store.repair_special_folders()?;
            assert_eq!(store.stale_receive_folders()?, [""; 0]);
            assert_eq!(at("Report.IPM.Note.NDR")?, (inbox, "Report".to_owned()));
            assert_eq!(at("IPM.Note.Form.Bill")?.1, "IPM.Note.Form");
            f.behind(gone(forms.item()))?;
            store.repair_special_folders()?;
            assert_eq!(at("IPM.Note.Form")?.1, "IPM", "none is left");
            Ok(())
        }
    ),
];

fn broken(store: &MsgStore) -> mapi::Result<Vec<(SpecialFolder, RoleState)>> {
    let mut states = store.special_folder_states()?;
    states.retain(|(_, state)| *state != RoleState::Whole);
    Ok(states)
}

/// Deletes a folder with a role as no client does.
fn vanish(f: &Fixture, store: &MsgStore, role: SpecialFolder) -> mapi::Result<()> {
    let folder = store.special_folder(role)?.item();
    f.behind(gone(folder)).map(drop)
}

const fn gone(folder: mapi::ItemId) -> Op {
    Op::DeleteFolder {
        folder,
        messages: true,
        folders: true,
        mode: DeleteMode::Hard,
    }
}
