//! One file per message.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::placing::Placing;
use super::{Outgoing, Sink};
use crate::file::{NewFile, sync_folder};

/// Characters of the subject that go into a file name.
const SUBJECT_MAX: usize = 60;

/// Writes `a1234-Subject.eml` files into a directory, replacing only files of the same name.
#[derive(Debug)]
pub struct EmlFiles {
    folder: PathBuf,
    /// Exactly this file instead.
    only: Option<PathBuf>,
    placing: Placing,
}

impl EmlFiles {
    /// Into this directory, made when missing.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn in_folder(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
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
            only: Some(path.to_owned()),
            placing: Placing::new(),
        })
    }
}

impl Sink for EmlFiles {
    fn put(&mut self, message: &Outgoing<'_>, bytes: &mut dyn Read) -> io::Result<PathBuf> {
        let path = match &self.only {
            Some(path) => path.clone(),
            None => self.folder.join(file_name(message)),
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
fn file_name(message: &Outgoing<'_>) -> String {
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
        "" => format!("{}.eml", message.id),
        words => format!("{}-{words}.eml", message.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::MailFlags;
    use mapi_props::FileTime;

    fn named(subject: &str) -> String {
        file_name(&Outgoing {
            id: "a7",
            mark: 7,
            subject,
            sender: "",
            time: FileTime(0),
            flags: MailFlags::default(),
        })
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
