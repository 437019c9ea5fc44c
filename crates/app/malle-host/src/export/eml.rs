//! One file per message.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::placing::Placing;
use super::{Outgoing, Sink};
use crate::file::{NewFile, sync_folder};

/// Characters of the subject that go into a file name.
const SUBJECT_MAX: usize = 60;

/// Writes `a1234-Subject.eml` (or `.msg`) files into a directory, replacing only files of the same name.
#[derive(Debug)]
pub struct MessageFiles {
    folder: PathBuf,
    extension: &'static str,
    /// Exactly this file instead.
    only: Option<PathBuf>,
    placing: Placing,
}

impl MessageFiles {
    /// Into this directory, made when missing, with this extension: `eml`, `msg`.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn in_folder(folder: &Path, extension: &'static str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            extension,
            only: None,
            placing: Placing::new(),
        })
    }

    /// One message into this file, which must not exist.
    ///
    /// # Errors
    /// `AlreadyExists`.
    pub fn single(path: &Path) -> io::Result<Self> {
        super::refuse_existing(path)?;
        Ok(Self {
            folder: PathBuf::new(),
            extension: "",
            only: Some(path.to_owned()),
            placing: Placing::new(),
        })
    }
}

impl Sink for MessageFiles {
    fn put(&mut self, message: &Outgoing<'_>, bytes: &mut dyn Read) -> io::Result<PathBuf> {
        let path = match &self.only {
            Some(path) => path.clone(),
            None => self.folder.join(file_name(message, self.extension)),
        };
        if NewFile::is_under_way(&path) {
            // The same message twice: the first one must have its name before the second is begun.
            self.placing.settle()?;
        }
        let mut file = NewFile::create(&path)?;
        io::copy(bytes, &mut file)?;
        self.placing.place(move || file.place())?;
        Ok(path)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.placing.settle()?;
        let one = self.only.unwrap_or_else(|| self.folder.join("any"));
        sync_folder(&one)
    }
}

/// A name that every file system takes: the id first, so it is unique and no device's name.
fn file_name(message: &Outgoing<'_>, extension: &str) -> String {
    let mut words = String::new();
    for c in message.subject.chars() {
        if words.chars().count() >= SUBJECT_MAX || words.len() > 150 {
            break;
        }
        if c.is_alphanumeric() {
            words.push(c);
        } else if !words.ends_with('-') {
            words.push('-');
        }
    }
    match words.trim_matches('-') {
        "" => format!("{}.{extension}", message.id),
        words => format!("{}-{words}.{extension}", message.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::MailFlags;
    use mapi_props::FileTime;

    fn named(subject: &str) -> String {
        let outgoing = Outgoing {
            id: "a7",
            mark: 7,
            subject,
            sender: "",
            time: FileTime(0),
            flags: MailFlags::default(),
        };
        file_name(&outgoing, "eml")
    }

    #[test]
    fn names_are_safe() {
        assert_eq!(named("Re: ../../etc/passwd"), "a7-Re-etc-passwd.eml");
        assert_eq!(named("Übergrößen: 50 %"), "a7-Übergrößen-50.eml");
        assert_eq!(named("???"), "a7.eml");
        assert_eq!(named("\u{202E}fdp\0"), "a7-fdp.eml");
        assert!(named(&"語".repeat(300)).len() < 200);
    }
}
