//! Mail that is submitted as it was written: a transport is given its bytes, and of what was changed it is not.

use std::io::Read;
use std::sync::{Arc, Mutex};

use mapi::{
    Code, Folder, ImportItem, ImportOptions, ImportOutcome, MapiProp, Message, OpenFlags, Original,
    Result, SaveFlags, SpecialFolder, message_flags, tags,
};
use mapi_mime::ImportContext;
use mapi_props::{FileTime, PropKey, TreeValue};

use crate::fixture::code;
use crate::post::{Post, line, round};
use crate::{Case, case};

/// With a trailing space, a field that no property stands for, and line ends of its own.
const MAIL: &[u8] = b"From: a@x.org\r\nTo: ann@x.org\nDate: Tue, 1 Jan 2019 10:00:00 +0100\r\nMessage-ID: <1@x.org>\r\nSubject:  a \r\nStrange: yes\r\n\r\nbody \r\n";

pub(super) const CASES: &[Case] = &[case!(
    needs(),
    "a mail that is submitted as it was written leaves as these bytes; once it was changed there are none",
    |f| {
        let post = Post::new(f, &[line("x", "SMTP")])?;
        let spooler = post.spooler(f)?;
        let given = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&given);
        post.scripted.script("x").prepares(move |copy| {
            let bytes = copy.props.get(&PropKey::from(tags::INTERNET_CONTENT.raw()));
            seen.lock().unwrap().push(bytes.map(read));
        });
        let outbox = post.store.special_folder(SpecialFolder::Outbox)?;
        let again = |message: Message| -> Result<Message> {
            let id = message.entry_id().unwrap();
            drop(message);
            post.store.abort_submit(&id)?;
            post.store.open_message(&id, OpenFlags::MODIFY)
        };

        let whole = imported(&outbox)?;
        whole.submit_as_written()?;
        let whole = again(whole)?;
        whole.submit_as_written()?;

        let changed = imported(&outbox)?;
        changed.set(tags::SUBJECT, "b")?;
        changed.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
        assert_eq!(code(changed.submit_as_written()), Code::NOT_FOUND);
        changed.submit()?;

        let taken_back = imported(&outbox)?;
        taken_back.submit_as_written()?;
        let taken_back = again(taken_back)?;
        taken_back.set(tags::SUBJECT, "c")?;
        taken_back.submit()?;

        let plain = imported(&outbox)?;
        plain.submit()?;
        let unread = post.draft("d", &[("SMTP", "ann@x.org")])?;
        assert_eq!(code(unread.submit_as_written()), Code::NOT_FOUND);

        assert_eq!(round(&spooler)?.sent, 4);
        let bytes = given.lock().unwrap().clone();
        assert_eq!(bytes, [Some(MAIL.to_vec()), None, None, None]);
        let kept = post
            .store
            .open_message(&whole.entry_id().unwrap(), OpenFlags::NONE)?;
        let Original::Valid(mut reader) = kept.original()? else {
            panic!("what is kept of it does not say it any more");
        };
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, MAIL);
        Ok(())
    }
)];

fn imported(folder: &Folder) -> Result<Message> {
    let context = ImportContext::new(FileTime::from_unix(0));
    let item = ImportItem {
        tree: mapi_mime::parse(MAIL.to_vec(), &context).expect("a mail"),
        flags: message_flags::READ | message_flags::UNSENT,
        source: None,
    };
    match folder.import(vec![item], ImportOptions::default())?.pop() {
        Some(ImportOutcome::Imported { id, .. }) => {
            folder.open_message_with(&id, OpenFlags::MODIFY)
        }
        other => panic!("{other:?}"),
    }
}

fn read(value: &TreeValue) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let TreeValue::Large(_, source) = value {
        source.open().unwrap().read_to_end(&mut bytes).unwrap();
    }
    bytes
}
