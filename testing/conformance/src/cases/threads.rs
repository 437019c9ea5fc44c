//! Conversations over all folders: which messages make one, in which order they stand, what tables know of it.

use mapi::{
    Code, Conversation, CopyFlags, DeleteFlags, EntryId, EventMask, Folder, MapiProp, MsgStore,
    OpenFlags, Restriction, Result, SaveFlags, SortColumn, SpecialFolder, TableEvent, columns,
    tags,
};
use testkit::Chance;

use super::search_folders::{DEEP, clean, names, search};
use crate::fixture::{add, add_subject, code, draft, edit, prop, subjects};
use crate::heard::{Heard, Program, told};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "a conversation goes across folders, Sent Items included, each message below the one that it answers",
        |f| {
            let (store, inbox, project) = (f.store()?, f.inbox()?, f.folder("Project")?);
            let sent = store.special_folder(SpecialFolder::SentItems)?;
            let question = mail(&inbox, 1, &[], "Budget")?;
            let answer = mail(&sent, 2, &[1], "AW: Budget")?;
            let second = mail(&inbox, 4, &[1], "Re: Budget")?;
            let forwarded = mail(&project, 3, &[1, 2], "WG: AW: Budget")?;
            mail(&inbox, 9, &[], "Lunch")?;
            for id in [&question, &answer, &second, &forwarded] {
                let found = store.conversation(id)?;
                let expected = [(&question, 0), (&answer, 1), (&forwarded, 2), (&second, 1)];
                assert_eq!(
                    shape(&found),
                    expected.map(|(id, depth)| (id.clone(), depth))
                );
                let parents: Vec<_> = found.members().iter().map(|m| m.parent).collect();
                assert_eq!(parents, [None, Some(0), Some(1), Some(0)]);
                let folders: Vec<_> = found.members().iter().map(|m| m.folder.clone()).collect();
                let [sent, inbox] = [sent.entry_id(), inbox.entry_id()];
                assert_eq!(folders, [inbox.clone(), sent, project.entry_id(), inbox]);
            }
            // A message that is written here goes on by its index, without any id.
            let reply = draft(&sent, &[prop(tags::SUBJECT, "something else")])?;
            reply.continue_conversation(&inbox.open_message(&second)?)?;
            reply.save_changes(SaveFlags::NONE)?;
            let lonely = mail(&inbox, 20, &[], "Plan")?;
            let own = draft(&sent, &[prop(tags::SUBJECT, "other words")])?;
            let parent = draft(&inbox, &[prop(tags::SUBJECT, "first words")])?;
            parent.save_changes(SaveFlags::NONE)?;
            own.continue_conversation(&parent)?;
            own.save_changes(SaveFlags::NONE)?;
            let both = store.conversation(&parent.entry_id().unwrap())?;
            let ids = [parent.entry_id().unwrap(), own.entry_id().unwrap()];
            assert_eq!(shape(&both), [(ids[0].clone(), 0), (ids[1].clone(), 1)]);
            assert_eq!(store.conversation(&lonely)?.members().len(), 1);
            Ok(())
        }
    ),
    case!(
        needs(),
        "messages make the same conversations in whatever order they come",
        |f| {
            let store = f.store()?;
            // Who answers whom; 4 ties two conversations together, 8 and 9 meet at a message that is not there.
            let said: [(u32, &[u32]); 10] = [
                (1, &[]),
                (2, &[1]),
                (3, &[]),
                (4, &[2, 3]),
                (5, &[4]),
                (6, &[]),
                (7, &[6]),
                (8, &[99]),
                (9, &[99]),
                (10, &[]),
            ];
            let expected = [vec![1, 2, 3, 4, 5], vec![6, 7], vec![8, 9], vec![10]];
            let mut chance = Chance::from_seed(5);
            for round in 0..6 {
                let folders = [0, 1].map(|n| f.folder(&format!("Round {round} {n}")));
                let mut order: Vec<usize> = (0..said.len()).collect();
                chance.shuffle(&mut order);
                let mut ids = vec![None; said.len() + 1];
                let base = 1000 * (round + 1);
                for n in order {
                    let (own, before) = said[n];
                    let before: Vec<u32> = before.iter().map(|id| base + id).collect();
                    let folder = folders[n % 2].as_ref().unwrap();
                    ids[own as usize] = Some(mail(folder, base + own, &before, "")?);
                }
                for together in &expected {
                    let mut wanted: Vec<_> =
                        together.iter().map(|n| ids[*n].clone().unwrap()).collect();
                    sort(&mut wanted);
                    for id in &wanted {
                        assert_eq!(members(&store, id)?, wanted, "round {round}");
                    }
                }
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "what tied two conversations together stays known when it is gone, and a change can tie later",
        |f| {
            let (store, mail_folder) = (f.store()?, f.folder("Mail")?);
            let one = mail(&mail_folder, 1, &[], "One")?;
            let two = mail(&mail_folder, 2, &[], "Two")?;
            assert_eq!(members(&store, &one)?, std::slice::from_ref(&one));
            let tie = mail(&mail_folder, 3, &[1, 2], "Both")?;
            assert_eq!(members(&store, &one)?.len(), 3);
            let id = store.conversation(&one)?.id().to_vec();
            clean(mail_folder.delete_messages(&[tie], DeleteFlags::HARD_DELETE))?;
            assert_eq!(members(&store, &two)?, [one.clone(), two.clone()]);
            let late = mail(&mail_folder, 4, &[3], "Late")?;
            assert_eq!(members(&store, &late)?.len(), 3);
            assert_eq!(store.conversation(&late)?.id(), id);
            // A draft gets the id of what it answers.
            let draft = add_subject(&mail_folder, "Draft")?;
            assert_eq!(members(&store, &draft)?, std::slice::from_ref(&draft));
            let message = edit(&mail_folder, &draft)?;
            message.set(tags::IN_REPLY_TO_ID, "<2@threads.example>")?;
            message.save_changes(SaveFlags::NONE)?;
            assert_eq!(members(&store, &draft)?.len(), 4);
            assert_eq!(store.conversation(&draft)?.id(), id);
            // Softly deleted messages are left out, and come back to their conversation.
            if store.capabilities().soft_delete {
                clean(mail_folder.delete_messages(std::slice::from_ref(&one), DeleteFlags::NONE))?;
                assert_eq!(members(&store, &two)?.len(), 3);
                clean(mail_folder.recover_messages(std::slice::from_ref(&one)))?;
                assert_eq!(members(&store, &two)?.len(), 4);
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "replies that name nothing find the latest conversation of their subject, in many languages",
        |f| {
            let (store, folder) = (f.store()?, f.folder("Mail")?);
            let early = add_subject(&folder, "TR : Bilan")?;
            let first = add_subject(&folder, "Bilan")?;
            let mut wanted = vec![early, first.clone()];
            for prefix in [
                "RE: ",
                "AW: WG: ",
                "Sv: ",
                "RV: ",
                "回复：",
                "Re[2]: FWD: ",
                "ODP: ",
            ] {
                wanted.push(add_subject(&folder, &format!("{prefix}bilan"))?);
            }
            sort(&mut wanted);
            assert_eq!(members(&store, &first)?, wanted);
            // The same subject again begins another one, where later replies go.
            let again = add_subject(&folder, "Bilan")?;
            let reply = add_subject(&folder, "Ynt: Bilan")?;
            assert_eq!(members(&store, &again)?, [again.clone(), reply]);
            assert_eq!(members(&store, &first)?, wanted);
            // Whoever names another message goes there, whatever the subject is.
            let elsewhere = mail(&folder, 7, &[6], "RE: Bilan")?;
            assert_eq!(
                members(&store, &elsewhere)?,
                std::slice::from_ref(&elsewhere)
            );
            let note = add_subject(&folder, "Note: Bilan")?;
            assert_eq!(members(&store, &note)?, std::slice::from_ref(&note));
            Ok(())
        }
    ),
    case!(
        needs(),
        "PR_CONVERSATION_ID is computed, can be shown, sorted by and restricted to, and tables tell when it changes",
        |f| {
            let program = Program::new(f)?;
            let (store, inbox, folder) = (f.store()?, f.inbox()?, f.folder("Mail")?);
            let one = mail(&inbox, 1, &[], "one")?;
            let other = mail(&folder, 2, &[], "other")?;
            let answer = mail(&folder, 3, &[1], "answer")?;
            let id = store.conversation(&one)?.id().to_vec();
            assert_eq!(id.len(), 16);
            let message = store.open_message(&answer, OpenFlags::MODIFY)?;
            assert_eq!(message.get(tags::CONVERSATION_ID)?, id);
            assert_eq!(
                code(message.set(tags::CONVERSATION_ID, [1; 16].as_slice())),
                Code::COMPUTED
            );
            let kept = store.conversation(&one)?.restriction();
            let table = |restriction: Restriction| {
                let table = inbox.deep_contents().columns(columns![tags::SUBJECT]);
                let keys = [SortColumn::ascending(tags::SUBJECT)];
                table.restrict(restriction).sort(keys).open()
            };
            assert_eq!(subjects(&table(kept.clone())?)?, ["answer", "one"]);
            let found = search(f, "Found", &kept, &[&inbox], DEEP)?;
            assert_eq!(names(&found)?, ["answer", "one"]);
            // A table of the folder, as another program sees it.
            let theirs = program.session.default_store()?.folder("Inbox/Mail")?;
            let rows = theirs
                .contents()
                .columns(columns![tags::SUBJECT, tags::CONVERSATION_ID]);
            let rows = rows.sort([SortColumn::ascending(tags::SUBJECT)]);
            let open = rows.restrict(kept.clone()).open()?;
            assert_eq!(subjects(&open)?, ["answer"]);
            let heard = Heard::default();
            let _connection = open.advise(EventMask::TABLE_MODIFIED, &heard.sink())?;
            mail(&folder, 4, &[2, 3], "tie")?;
            program.dispatch()?;
            let mut events: Vec<_> = heard.rows().iter().map(told).collect();
            events.sort_by(|a, b| a.1.cmp(&b.1));
            let added = |subject: &str| (TableEvent::RowAdded, subject.to_owned());
            assert_eq!(events, [added("other"), added("tie")]);
            assert_eq!(subjects(&open)?, ["answer", "other", "tie"]);
            assert_eq!(
                store.conversation(&other)?.id(),
                id,
                "the larger one keeps its id"
            );
            assert_eq!(
                subjects(&table(kept.clone())?)?,
                ["answer", "one", "other", "tie"]
            );
            assert_eq!(names(&found)?, ["answer", "one", "other", "tie"]);
            // What goes leaves the table of its conversation.
            clean(folder.delete_messages(&[answer], DeleteFlags::NONE))?;
            program.dispatch()?;
            let events: Vec<_> = heard.rows().iter().map(|event| event.event).collect();
            assert_eq!(events, [TableEvent::RowDeleted]);
            assert_eq!(subjects(&open)?, ["other", "tie"]);
            let nobodys =
                Restriction::property(tags::CONVERSATION_ID, mapi::RelOp::Eq, [7; 16].as_slice());
            assert_eq!(subjects(&table(nobodys)?)?, [""; 0]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "copies and moved messages stay in their conversation, associated messages have none",
        |f| {
            let (store, from, to) = (f.store()?, f.folder("From")?, f.folder("To")?);
            // Without any id or index that a copy could be known by.
            let message = draft(&from, &[prop(tags::SUBJECT, "x")])?;
            message.save_changes(SaveFlags::NONE)?;
            let own = message.entry_id().unwrap();
            clean(from.copy_messages(std::slice::from_ref(&own), &to, CopyFlags::NONE))?;
            assert_eq!(members(&store, &own)?.len(), 2);
            clean(from.copy_messages(std::slice::from_ref(&own), &to, CopyFlags::MOVE))?;
            let found = store.conversation(&own)?;
            assert_eq!(found.members().len(), 2);
            assert!(found.members().iter().all(|m| m.folder == to.entry_id()));
            assert!(found.members().iter().all(|m| m.depth == 0));
            if store.capabilities().associated {
                let hidden = to.create_associated_message()?;
                hidden.set(tags::SUBJECT, "RE: x")?;
                hidden.save_changes(SaveFlags::NONE)?;
                let id = hidden.entry_id().unwrap();
                assert_eq!(code(hidden.get(tags::CONVERSATION_ID)), Code::NOT_FOUND);
                assert_eq!(code(store.conversation(&id)), Code::NO_SUPPORT);
            }
            clean(to.delete_messages(std::slice::from_ref(&own), DeleteFlags::HARD_DELETE))?;
            assert_eq!(code(store.conversation(&own)), Code::NOT_FOUND);
            Ok(())
        }
    ),
];

/// Saves a message with an id that names others, sent so many seconds after the first one.
fn mail(folder: &Folder, id: u32, before: &[u32], subject: &str) -> Result<EntryId> {
    let text = |id: &u32| format!("<{id}@threads.example>");
    let sent = mapi::FileTime::from_unix(1_700_000_000 + i64::from(id));
    let mut props = vec![
        prop(tags::SUBJECT, subject),
        prop(tags::INTERNET_MESSAGE_ID, text(&id)),
        prop(tags::CLIENT_SUBMIT_TIME, sent),
    ];
    if !before.is_empty() {
        let all: Vec<String> = before.iter().map(text).collect();
        props.push(prop(tags::INTERNET_REFERENCES, all.join(" ")));
    }
    add(folder, &props)
}

/// The messages of a conversation with their depths.
fn shape(conversation: &Conversation) -> Vec<(EntryId, u32)> {
    let members = conversation.members().iter();
    members.map(|m| (m.entry_id.clone(), m.depth)).collect()
}

/// The messages of a message's conversation, sorted.
fn members(store: &MsgStore, of: &EntryId) -> Result<Vec<EntryId>> {
    let found = store.conversation(of)?;
    let mut ids: Vec<EntryId> = found.members().iter().map(|m| m.entry_id.clone()).collect();
    sort(&mut ids);
    Ok(ids)
}

/// Entry ids have no order of their own.
fn sort(ids: &mut [EntryId]) {
    ids.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
}
