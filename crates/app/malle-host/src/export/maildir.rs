//! A Maildir with flags in its names.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mapi_mime::maildir;

use super::placing::Placing;
use super::{Outgoing, Sink};

/// The end of the names that are given here.
const HOST: &str = ".malle";

/// A Maildir that messages are delivered to. A message that an earlier export delivered stays as it is, but gets the
/// flags that it has now: the same export can be run again, also when it was broken off.
#[derive(Debug)]
pub struct Maildir {
    root: PathBuf,
    /// Names that earlier exports gave, by mark: seconds, and flags.
    there: HashMap<u64, (i64, maildir::Flags)>,
    placing: Placing,
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
        let mut there = HashMap::new();
        for entry in fs::read_dir(root.join("cur"))? {
            let name = entry?.file_name();
            if let Some((mark, found)) = given_here(&name.to_string_lossy()) {
                there.insert(mark, found);
            }
        }
        Ok(Self {
            root: root.to_owned(),
            there,
            placing: Placing::new(),
        })
    }

    fn path(&self, unique: &str, flags: &maildir::Flags) -> PathBuf {
        let mut name = maildir::format_name(unique, flags);
        if cfg!(windows) {
            name = name.replace(":2,", ";2,"); // a colon cannot be in a name there
        }
        self.root.join("cur").join(name)
    }
}

impl Sink for Maildir {
    fn put(&mut self, message: &Outgoing<'_>, bytes: &mut dyn Read) -> io::Result<PathBuf> {
        let flags = message.flags.to_maildir();
        if let Some((seconds, before)) = self.there.get(&message.mark) {
            let unique = unique_name(*seconds, message.mark);
            let (old, path) = (self.path(&unique, before), self.path(&unique, &flags));
            if old != path {
                // It may be one that this export delivers just now.
                self.placing.settle()?;
                fs::rename(old, &path)?;
                self.there.insert(message.mark, (*seconds, flags));
            }
            return Ok(path);
        }
        let seconds = message.time.unix_seconds();
        let unique = unique_name(seconds, message.mark);
        let draft = self.root.join("tmp").join(&unique);
        let file = write(&draft, bytes)?;
        let path = self.path(&unique, &flags);
        self.there.insert(message.mark, (seconds, flags));
        let to = path.clone();
        self.placing.place(move || {
            let placed = file.sync_all().and_then(|()| fs::rename(&draft, to));
            if placed.is_err() {
                let _left_behind = fs::remove_file(&draft);
            }
            placed
        })?;
        Ok(path)
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.placing.settle()?;
        if cfg!(unix) {
            File::open(self.root.join("cur"))?.sync_all()?;
        }
        Ok(())
    }
}

fn write(path: &Path, bytes: &mut dyn Read) -> io::Result<File> {
    // A draft that a killed export left is nobody's.
    let mut file = File::create(path)?;
    match io::copy(bytes, &mut file) {
        Ok(_) => Ok(file),
        Err(error) => {
            let _left_behind = fs::remove_file(path);
            Err(error)
        }
    }
}

/// `seconds.mark.malle`: the same for the same message, so that it is known again.
fn unique_name(seconds: i64, mark: u64) -> String {
    format!("{seconds}.{mark:016x}{HOST}")
}

/// What a name that was given here says.
fn given_here(name: &str) -> Option<(u64, (i64, maildir::Flags))> {
    let (unique, flags) = maildir::parse_name(name);
    let (seconds, mark) = unique.strip_suffix(HOST)?.split_once('.')?;
    let mark = u64::from_str_radix(mark, 16).ok()?;
    let seconds = seconds.parse().ok()?;
    (unique == unique_name(seconds, mark)).then_some((mark, (seconds, flags)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::MailFlags;
    use mapi_props::FileTime;

    fn message(mark: u64, flagged: bool) -> Outgoing<'static> {
        Outgoing {
            id: "a7",
            mark,
            subject: "",
            sender: "",
            time: FileTime::from_unix(1_795_357_205),
            flags: MailFlags {
                seen: true,
                flagged,
                ..MailFlags::default()
            },
        }
    }

    #[test]
    fn delivered_with_flags_and_no_drafts_left() {
        let home = testkit::TempHome::new().unwrap();
        let mut sink = Box::new(Maildir::open(home.path()).unwrap());
        let one = sink.put(&message(1, true), &mut &b"x"[..]).unwrap();
        let two = sink.put(&message(2, false), &mut &b"y"[..]).unwrap();
        sink.finish().unwrap();
        assert_ne!(one, two);
        let name = one.file_name().unwrap().to_str().unwrap();
        assert!(name.ends_with("2,FS"), "{name}");
        assert_eq!(fs::read(two).unwrap(), b"y");
        assert_eq!(fs::read_dir(home.path().join("tmp")).unwrap().count(), 0);
    }

    #[test]
    fn run_again_nothing_comes_twice_and_flags_follow() {
        let home = testkit::TempHome::new().unwrap();
        fs::create_dir_all(home.path().join("cur")).unwrap();
        fs::write(home.path().join("cur/1795357205.foreign:2,S"), b"z").unwrap();
        let mut sink = Box::new(Maildir::open(home.path()).unwrap());
        sink.put(&message(1, false), &mut &b"x"[..]).unwrap();
        sink.break_off().unwrap();
        let mut again = Box::new(Maildir::open(home.path()).unwrap());
        let one = again.put(&message(1, true), &mut &b"x"[..]).unwrap();
        again.put(&message(1, false), &mut &b"x"[..]).unwrap();
        let last = again.put(&message(1, true), &mut &b"x"[..]).unwrap();
        again.put(&message(2, false), &mut &b"y"[..]).unwrap();
        again.finish().unwrap();
        assert_eq!(one, last);
        assert_eq!(fs::read(one).unwrap(), b"x");
        assert_eq!(fs::read_dir(home.path().join("cur")).unwrap().count(), 3);
    }
}
