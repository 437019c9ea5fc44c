//! Messages in files that are named on the command line: `letter.msg`, `letter.msg/att/0`.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use mapi::{Mapi, OnStorage, OpenFlags, ShortId, StorageAccess};

use crate::app::App;
use crate::exit::{Exit, Failure, Outcome};
use crate::messages::Msg;
use crate::object::{Home, Target};

/// A message's file, and the way to a part of the message.
#[derive(Debug)]
pub(crate) struct MessageFile {
    path: PathBuf,
    parts: Option<String>,
}

impl App {
    /// Whether `text` names a message in a file, or a part of one.
    pub(crate) fn names_a_file(&self, text: &str) -> bool {
        self.message_file(text).is_some()
    }

    /// The file that `text` names. An id is never taken for a file.
    pub(crate) fn message_file(&self, text: &str) -> Option<MessageFile> {
        let first = text.split('/').next().unwrap_or(text);
        if first.parse::<ShortId>().is_ok() {
            return None;
        }
        let parts = ["/att/", "/rcpt/"]
            .iter()
            .filter_map(|word| text.find(word));
        let whole = std::iter::once(text.len()).chain(parts);
        whole
            .filter_map(|end| text.split_at_checked(end))
            .find_map(|(path, parts)| {
                let path = PathBuf::from(path);
                let parts = parts.strip_prefix('/').map(str::to_owned);
                is_message(&path).then_some(MessageFile { path, parts })
            })
    }

    /// Opens a message in a file, or a part of it. No store and no profile is needed.
    pub(crate) fn in_file(
        &self,
        text: &str,
        file: &MessageFile,
        flags: OpenFlags,
    ) -> Outcome<Target> {
        let write = flags.contains(OpenFlags::MODIFY);
        let access = if write {
            StorageAccess::Transacted
        } else {
            StorageAccess::ReadOnly
        };
        let shown = file.path.display().to_string();
        let storage = malle_host::MsgFile::open(&file.path, access)
            .map_err(|e| Failure::new(Exit::Failure, "file", format!("{shown}: {e}")))?;
        let mapi = Mapi::initialize(Arc::clone(self.host()?) as Arc<dyn mapi::Host>);
        let how = OnStorage {
            flags: if write {
                OpenFlags::MODIFY
            } else {
                OpenFlags::NONE
            },
            call: self.cancellable(),
            ..OnStorage::default()
        };
        let opened = mapi.open_message_on_storage(Arc::new(storage), how);
        let opened = opened.map_err(|e| {
            let mut failure = self.failure(&e);
            failure.message = format!("{shown}: {}", failure.message);
            failure
        })?;
        for defect in &opened.defects {
            self.output
                .note(Msg::DamagedFile, &[&shown, &defect.detail, &defect.code]);
        }
        match &file.parts {
            Some(parts) => self.part(text, opened.message, parts, flags),
            None => Ok(Target::Message(opened.message, Home::default())),
        }
    }
}

/// By what is in it; a name that ends as such files do is believed too, so that a damaged one is told as such.
fn is_message(path: &std::path::Path) -> bool {
    if !path.is_file() {
        return false;
    }
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    let mut start = [0; 8];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    extension == "msg" || (read.is_ok() && mapi_msg::is_compound(&start))
}
