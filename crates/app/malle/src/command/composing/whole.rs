//! Drafts that come whole, as Internet mail.

use mapi::{
    Compose, CopyPropFlags, DeleteFlags, Folder, ImportItem, ImportOptions, ImportOutcome, Message,
    MessageTree, OpenFlags, message_flags,
};
use mapi_props::person;

/// Makes an unsent message of a tree and opens it for writing; `flags` come besides.
pub(crate) fn kept(folder: &Folder, tree: MessageTree, flags: u32) -> mapi::Result<Message> {
    let item = ImportItem {
        tree,
        flags: message_flags::READ | message_flags::UNSENT | flags,
        source: None,
    };
    let outcome = folder.import(vec![item], ImportOptions::default())?.pop();
    match outcome {
        Some(ImportOutcome::Imported { id, .. } | ImportOutcome::Skipped { id }) => {
            folder.open_message_with(&id, OpenFlags::MODIFY)
        }
        Some(ImportOutcome::Failed(error)) => Err(error),
        None => Err(mapi::Error::new(
            mapi::Code::CALL_FAILED,
            "the store gave no result",
        )),
    }
}

/// Takes a message away again that cannot become what was asked for.
pub(crate) fn dropped(folder: &Folder, message: &Message) -> mapi::Result<()> {
    match message.entry_id() {
        Some(id) => {
            let gone = folder.delete_messages(&[id], DeleteFlags::HARD_DELETE)?;
            gone.ignore_warning();
            Ok(())
        }
        None => Ok(()),
    }
}

/// Says who writes: for whom too if `represents`, else as the one who only sends it.
pub(crate) fn sign(
    folder: &Folder,
    message: &Message,
    options: &Compose,
    represents: bool,
) -> mapi::Result<()> {
    let blank = folder.compose(options)?;
    let author = represents.then(|| person::REPRESENTING.all());
    let which: Vec<_> = person::SENDER
        .all()
        .chain(author.into_iter().flatten())
        .collect();
    let copied = blank.copy_props(message, &which, CopyPropFlags::NONE)?;
    // What a person without an address has none of is not there to be copied.
    let _missing = copied;
    Ok(())
}
