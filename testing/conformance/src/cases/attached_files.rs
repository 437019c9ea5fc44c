//! OUT-06: attachments that name files. What this user said is put into the message when it is submitted; nobody else's words open a file.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use malle_host::MsgFile;
use mapi::{
    Code, Compose, CopyFlags, CopyPropFlags, DeleteFlags, EntryId, Folder, ForwardAs, ImportItem,
    ImportOptions, ImportOutcome, MapiProp, Message, ModifyMode, OnStorage, OpenFlags,
    PropertyFlags, Reference, Result, SaveFlags, SpecialFolder, StorageAccess, attach_method,
    message_flags, recipient_type, tags,
};
use mapi_kit::reference::OWN_WORD;
use mapi_props::{AttachmentTree, MessageTree, TreeContent};
use testkit::TempHome;

use crate::fixture::{by_subject, prop};
use crate::post::{Post, line, round};
use crate::{Case, Fixture, case};

const SECRET: &[u8] = b"what nobody may read";
const REFERENCES: [i32; 3] = [
    attach_method::BY_REFERENCE,
    attach_method::BY_REF_RESOLVE,
    attach_method::BY_REF_ONLY,
];

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "a file that an attachment names is in the message when it is submitted, and the receiver has it",
        |f| {
            let home = TempHome::new()?;
            let post = Post::new(f, &[line("x", "SMTP")])?;
            for size in [0, 10, 100_000] {
                let bytes: Vec<u8> = (0..size).map(|n: u32| (n % 251) as u8).collect();
                let path = file(home.path(), &format!("plan {size}.txt"), &bytes);
                let message = post.draft("plans", &[("SMTP", "ann")])?;
                refer(&message, attach_method::BY_REF_RESOLVE, &path)?;
                // It is read when the message is submitted, not before.
                message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
                message.submit()?;
                fs::remove_file(&path).unwrap();
                assert_eq!(message.references(), []);
                let kept = message.open_attachment(0, OpenFlags::NONE)?;
                assert_eq!(kept.method(), attach_method::BY_VALUE);
                assert_eq!(kept.find(tags::ATTACH_LONG_PATHNAME)?, None);
                let name = format!("plan {size}.txt");
                assert_eq!(kept.find(tags::ATTACH_LONG_FILENAME)?, Some(name));
                assert_eq!(round(&post.spooler(f)?)?.sent, 1);
                let left = post.scripted.wire("x").left().pop().unwrap();
                let sent = left.message.unwrap().attachments.remove(0);
                assert_eq!(data(&sent), bytes);
                assert_eq!(sent.props.value(tags::ATTACH_METHOD), Some(&1.into()));
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a file that cannot be read keeps the message from being submitted, and the message stays a draft",
        |f| {
            let home = TempHome::new()?;
            let missing = home.path().join("none").to_str().unwrap().to_owned();
            let folder = home.path().to_str().unwrap().to_owned();
            let post = Post::new(f, &[line("x", "SMTP")])?;
            for (path, expect) in [
                (missing.as_str(), Code::NOT_FOUND),
                (folder.as_str(), Code::NO_ACCESS),
                ("plan.txt", Code::INVALID_PARAMETER),
                ("file:///etc/hosts", Code::INVALID_PARAMETER),
            ] {
                let message = post.draft("plans", &[("SMTP", "ann")])?;
                let good = file(home.path(), "good", b"good");
                refer(&message, attach_method::BY_REF_RESOLVE, &good)?;
                refer(&message, attach_method::BY_REF_RESOLVE, path)?;
                let error = message.submit().unwrap_err();
                assert_eq!(error.code(), expect, "{path}");
                assert!(error.detail().contains(path), "{}", error.detail());
                assert!(
                    error.detail().contains("attachment 1"),
                    "{}",
                    error.detail()
                );
                assert!(post.store.outbox()?.is_empty());
                // Nothing of it has happened, and it can be changed and sent.
                let all = message.references();
                assert_eq!((all.len(), all[0].resolves), (2, true));
                message.delete_attachment(1)?;
                message.submit()?;
                assert_eq!(post.store.outbox()?.len(), 1);
                assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "other references leave as they are, nothing is read for them, and the sender can see which",
        |f| {
            let home = TempHome::new()?;
            let path = file(home.path(), "plan.txt", SECRET);
            let post = Post::new(f, &[line("x", "SMTP")])?;
            for method in [attach_method::BY_REFERENCE, attach_method::BY_REF_ONLY] {
                let message = post.draft("plans", &[("SMTP", "ann")])?;
                refer(&message, method, &path)?;
                message.submit()?;
                let expect = Reference {
                    number: 0,
                    path: path.clone(),
                    resolves: false,
                };
                assert_eq!(message.references(), [expect]);
                assert_eq!(round(&post.spooler(f)?)?.sent, 1);
                let left = post.scripted.wire("x").left().pop().unwrap();
                let sent = left.message.unwrap().attachments.remove(0);
                assert_eq!(sent.props.value(tags::ATTACH_METHOD), Some(&method.into()));
                assert!(matches!(sent.content, TreeContent::None));
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a reference that somebody else wrote opens no file, whatever way it came",
        |f| {
            let home = TempHome::new()?;
            let path = file(home.path(), "secret", SECRET);
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let drafts = post.store.special_folder(SpecialFolder::Drafts)?;
            let inbox = post.store.special_folder(SpecialFolder::Inbox)?;
            for method in REFERENCES {
                // Imported.
                let imported = drafts.open_message_with(
                    &import(&drafts, foreign(method, &path))?,
                    OpenFlags::MODIFY,
                )?;
                stays(&post, f, &imported, &path)?;
                // Delivered, and answered or sent on from there.
                let spooler = post.spooler(f)?;
                let x = post.scripted.behind("x").unwrap();
                x.arrives(&[u8::try_from(method).unwrap()], foreign(method, &path));
                assert_eq!(round(&spooler)?.delivered, 1);
                let row = by_subject(&inbox)?.query_all_rows(0)?.pop().unwrap();
                let arrived = EntryId::from(row.get(tags::ENTRYID).unwrap());
                let arrived = inbox.open_message_with(&arrived, OpenFlags::MODIFY)?;
                for form in [ForwardAs::Inline, ForwardAs::Attachment] {
                    stays(
                        &post,
                        f,
                        &arrived.forward(form, &Compose::default())?,
                        &path,
                    )?;
                }
                stays(&post, f, &copied(&arrived, &drafts)?, &path)?;
                arrived.save_changes(SaveFlags::NONE)?;
                let gone =
                    inbox.delete_messages(&[arrived.entry_id().unwrap()], DeleteFlags::NONE)?;
                assert_eq!(gone.code(), Code::S_OK);
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a reference in a file of another program opens no file",
        |f| {
            let home = TempHome::new()?;
            let path = file(home.path(), "secret", SECRET);
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let drafts = post.store.special_folder(SpecialFolder::Drafts)?;
            for method in REFERENCES {
                let at = home.path().join(format!("{method}.msg"));
                fs::write(&at, msg(&foreign(method, &path)))?;
                let storage = MsgFile::open(&at, StorageAccess::Transacted)?;
                let how = OnStorage {
                    flags: OpenFlags::MODIFY,
                    ..OnStorage::default()
                };
                let opened = f
                    .program()
                    .open_message_on_storage(Arc::new(storage), how)?;
                assert!(!opened.message.references()[0].resolves);
                opened.message.resolve_references()?;
                assert_eq!(opened.message.references().len(), 1);
                stays(&post, f, &copied(&opened.message, &drafts)?, &path)?;
            }
            let mail = format!(
                "To: ann@x\r\nMIME-Version: 1.0\r\nContent-Type: message/external-body; access-type=local-file;\r\n name=\"{path}\"\r\n\r\n\r\n"
            );
            let context = mapi_mime::ImportContext::new(mapi::FileTime(1));
            let tree = mapi_mime::parse(mail.into_bytes(), &context)?;
            let read = drafts.open_message_with(&import(&drafts, tree)?, OpenFlags::MODIFY)?;
            stays(&post, f, &read, &path)?;
            Ok(())
        }
    ),
    case!(
        needs(),
        "one's own reference is no reference to a file in a copy that was made of it",
        |f| {
            let home = TempHome::new()?;
            let path = file(home.path(), "plan", SECRET);
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let drafts = post.store.special_folder(SpecialFolder::Drafts)?;
            let own = post.draft("plans", &[("SMTP", "ann")])?;
            refer(&own, attach_method::BY_REF_RESOLVE, &path)?;
            own.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert!(own.references()[0].resolves);
            // In another message, and in another store.
            stays(&post, f, &copied(&own, &drafts)?, &path)?;
            let attachment = own.open_attachment(0, OpenFlags::MODIFY)?;
            let other = post.draft("others", &[("SMTP", "ann")])?;
            let copy = other.create_attachment()?;
            attachment.copy_to(&copy, None, CopyPropFlags::NONE)?;
            copy.save_changes(SaveFlags::NONE)?;
            stays(&post, f, &other, &path)?;
            let elsewhere = f.other_store()?.ipm_subtree()?;
            let id = own.entry_id().unwrap();
            let here = f.store()?.special_folder(SpecialFolder::Outbox)?;
            let copied = here.copy_messages(&[id], &elsewhere, CopyFlags::NONE)?;
            assert_eq!(copied.code(), Code::S_OK);
            let row = by_subject(&elsewhere)?.query_all_rows(0)?.pop().unwrap();
            let there = elsewhere.open_message(&EntryId::from(row.get(tags::ENTRYID).unwrap()))?;
            assert!(!there.references()[0].resolves);
            // Nobody sees or sets by what it is known.
            let listed = attachment.prop_list()?;
            assert!(!listed.iter().any(|tag| tag.id() == OWN_WORD.id()));
            let set = attachment.set_props(&[prop(OWN_WORD, "/etc/hosts")])?;
            assert_eq!(set[0].code, Code::COMPUTED);
            // In a folder of the same store it is still one's own.
            own.submit()?;
            assert_eq!(own.references(), []);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a file in a message that is attached is put into that, and can be seen before anything is sent",
        |f| {
            let home = TempHome::new()?;
            let path = file(home.path(), "inner.txt", b"inside");
            let post = Post::new(f, &[line("x", "SMTP")])?;
            let message = post.draft("outer", &[("SMTP", "ann")])?;
            let outer = message.create_attachment()?;
            let how = PropertyFlags::CREATE | PropertyFlags::MODIFY;
            let inner = outer.open_embedded(how)?;
            refer(&inner, attach_method::BY_REF_RESOLVE, &path)?;
            inner.save_changes(SaveFlags::NONE)?;
            outer.save_changes(SaveFlags::NONE)?;
            assert!(message.references()[0].resolves);
            message.resolve_references()?;
            assert_eq!(message.references(), []);
            assert!(post.store.outbox()?.is_empty());
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            let TreeContent::Message(inner) = message.to_tree()?.attachments.remove(0).content
            else {
                panic!("no message is attached");
            };
            assert_eq!(data(&inner.attachments[0]), b"inside");
            message.submit()?;
            assert_eq!(round(&post.spooler(f)?)?.sent, 1);
            Ok(())
        }
    ),
];

/// A file with these bytes, by its whole path.
fn file(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Attaches a file by its path.
fn refer(message: &Message, method: i32, path: &str) -> Result<()> {
    let attachment = message.create_attachment()?;
    attachment.set(tags::ATTACH_METHOD, method)?;
    attachment.set(tags::ATTACH_LONG_PATHNAME, path)?;
    attachment.save_changes(SaveFlags::NONE)
}

/// A message of somebody else, which also claims to be this user's word.
fn foreign(method: i32, path: &str) -> MessageTree {
    let mut attachment = AttachmentTree::default();
    attachment.props.set(tags::ATTACH_METHOD, method);
    attachment.props.set(tags::ATTACH_LONG_PATHNAME, path);
    attachment.props.set(OWN_WORD, path);
    let mut tree = MessageTree::default();
    tree.props.set(tags::MESSAGE_CLASS, "IPM.Note");
    tree.props.set(tags::SUBJECT, "foreign");
    tree.attachments.push(attachment);
    tree
}

/// A .msg file as another program writes it.
fn msg(tree: &MessageTree) -> Vec<u8> {
    let file = mapi_msg::MsgFile::of(tree).unwrap();
    let mut bytes = Vec::new();
    file.open().unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn import(folder: &Folder, tree: MessageTree) -> Result<EntryId> {
    let item = ImportItem {
        tree,
        flags: message_flags::UNSENT,
        source: None,
    };
    match folder
        .import(vec![item], ImportOptions::default())?
        .remove(0)
    {
        ImportOutcome::Imported { id, .. } => Ok(id),
        other => panic!("{other:?}"),
    }
}

/// A message of a folder with all that another one has.
fn copied(message: &Message, to: &Folder) -> Result<Message> {
    let copy = to.create_message()?;
    message.copy_to(&copy, None, CopyPropFlags::NONE)?;
    Ok(copy)
}

/// Sends a message, and sees that the file did not go with it.
fn stays(post: &Post, f: &Fixture, message: &Message, path: &str) -> Result<()> {
    let rows = [vec![
        prop(tags::RECIPIENT_TYPE, recipient_type::TO),
        prop(tags::DISPLAY_NAME, "ann"),
        prop(tags::ADDRTYPE, "SMTP"),
        prop(tags::EMAIL_ADDRESS, "ann"),
    ]];
    message.modify_recipients(ModifyMode::Replace, &rows)?;
    let before = message.references();
    assert!(
        before.iter().all(|r| r.path == path && !r.resolves),
        "{before:?}"
    );
    assert_eq!(before.len(), 1);
    message.submit()?;
    assert_eq!(message.references(), before);
    assert_eq!(round(&post.spooler(f)?)?.sent, 1);
    let left = post.scripted.wire("x").left().pop().unwrap();
    assert_eq!((left.large, holds(&left.message.unwrap())), (0, false));
    Ok(())
}

/// Whether what nobody may read is anywhere in a message.
fn holds(tree: &MessageTree) -> bool {
    tree.attachments
        .iter()
        .any(|attachment| match &attachment.content {
            TreeContent::None => false,
            TreeContent::Message(inner) => holds(inner),
            _ => data(attachment) == SECRET,
        })
}

/// The bytes of an attachment.
fn data(attachment: &AttachmentTree) -> Vec<u8> {
    let TreeContent::Data(source) = &attachment.content else {
        panic!("{:?}", attachment.content);
    };
    let mut bytes = Vec::new();
    source.open().unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}
