//! A Maildir with flags in its names.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mapi_mime::maildir;

use super::{Outgoing, Sink};

/// A Maildir that messages are delivered to.
#[derive(Debug)]
pub struct Maildir {
    root: PathBuf,
    delivered: u64,
}

impl Maildir {
    /// The Maildir at `root`, made when missing. What it holds stays.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(root: &Path) -> io::Result<Self> {
        for part in ["tmp", "new", "cur"] {
            fs::create_dir_all(root.join(part))?;
        }
        Ok(Self {
            root: root.to_owned(),
            delivered: 0,
        })
    }
}

impl Sink for Maildir {
    fn put(&mut self, message: &Outgoing<'_>, bytes: &mut dyn Read) -> io::Result<PathBuf> {
        // The id makes names of one store unique even when two exports share a process number and a moment.
        let host = format!("{}.malle", message.id);
        let unique = maildir::unique_name(message.time, std::process::id(), self.delivered, &host);
        self.delivered += 1;
        let draft = self.root.join("tmp").join(&unique);
        let written = write(&draft, bytes);
        if let Err(error) = written {
            let _left_behind = fs::remove_file(&draft);
            return Err(error);
        }
        let mut name = maildir::format_name(&unique, &message.flags.to_maildir());
        if cfg!(windows) {
            name = name.replace(":2,", ";2,"); // a colon cannot be in a name there
        }
        let path = self.root.join("cur").join(name);
        fs::rename(&draft, &path)?;
        Ok(path)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        if cfg!(unix) {
            File::open(self.root.join("cur"))?.sync_all()?;
        }
        Ok(())
    }
}

fn write(path: &Path, bytes: &mut dyn Read) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    io::copy(bytes, &mut file)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::MailFlags;
    use mapi_props::FileTime;

    #[test]
    fn delivered_with_flags_and_no_drafts_left() {
        let home = testkit::TempHome::new().unwrap();
        let message = Outgoing {
            id: "a7",
            subject: "",
            sender: "",
            time: FileTime::from_unix(1_795_357_205),
            flags: MailFlags {
                seen: true,
                flagged: true,
                ..MailFlags::default()
            },
        };
        let mut sink = Box::new(Maildir::open(home.path()).unwrap());
        let one = sink.put(&message, &mut &b"x"[..]).unwrap();
        let two = sink.put(&message, &mut &b"y"[..]).unwrap();
        sink.finish().unwrap();
        assert_ne!(one, two);
        let name = one.file_name().unwrap().to_str().unwrap();
        assert!(name.ends_with("2,FS"), "{name}");
        assert_eq!(fs::read(two).unwrap(), b"y");
        assert_eq!(fs::read_dir(home.path().join("tmp")).unwrap().count(), 0);
    }
}
