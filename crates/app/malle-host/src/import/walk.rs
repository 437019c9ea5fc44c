//! Finds the files of an import: files given, directories below them, and Maildirs, in a stable order.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use store_mailbox::walk::{folders_of_name, is_maildir};

/// One file that may hold messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Folders below the target that it goes to; empty without `--tree`.
    pub(crate) folder: Vec<String>,
    /// Whether it is a message of a Maildir, whose name tells flags and time.
    pub(crate) in_maildir: bool,
}

/// A path that could not be looked at.
#[derive(Debug)]
pub(crate) struct Unreadable {
    pub(crate) path: PathBuf,
    pub(crate) error: io::Error,
}

/// Walks given paths depth first, each directory by name. Holds one listing per level, not the whole tree.
#[derive(Debug)]
pub(crate) struct Walk {
    /// What is still to visit, next one last.
    todo: Vec<Visit>,
    /// Directories seen, so that links cannot lead in circles.
    seen: HashSet<PathBuf>,
    tree: bool,
}

#[derive(Debug)]
struct Visit {
    path: PathBuf,
    folder: Vec<String>,
    role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Named by the user: hidden or not, it is meant.
    Given,
    /// Found in a directory.
    Found,
    /// A `cur` or `new` directory.
    MailDirectory,
    /// A file in one.
    MaildirMessage,
}

impl Walk {
    /// Over these paths, in order. With `tree`, directories become folders.
    pub(crate) fn over(paths: &[PathBuf], tree: bool) -> Self {
        let visit = |path: &PathBuf| Visit {
            path: path.clone(),
            folder: Vec::new(),
            role: Role::Given,
        };
        Self {
            todo: paths.iter().rev().map(visit).collect(),
            seen: HashSet::new(),
            tree,
        }
    }

    fn visit(&mut self, visit: Visit) -> io::Result<Option<SourceFile>> {
        if visit.role == Role::Given && visit.path == Path::new("-") {
            return Ok(Some(SourceFile {
                in_maildir: false,
                path: visit.path,
                folder: visit.folder,
            }));
        }
        let meta = fs::metadata(&visit.path)?;
        if meta.is_dir() {
            if self.seen.insert(fs::canonicalize(&visit.path)?) {
                self.enter(&visit)?;
            }
            return Ok(None);
        }
        if !meta.is_file() && visit.role != Role::Given {
            return Ok(None); // sockets and pipes lie in mail directories too
        }
        Ok(Some(SourceFile {
            in_maildir: visit.role == Role::MaildirMessage,
            path: visit.path,
            folder: visit.folder,
        }))
    }

    fn enter(&mut self, visit: &Visit) -> io::Result<()> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&visit.path)? {
            names.push(entry?.file_name());
        }
        names.sort();
        let maildir = is_maildir(&visit.path);
        let mut next = Vec::new();
        for name in names {
            let path = visit.path.join(&name);
            let text = name.to_string_lossy();
            let role = match visit.role {
                Role::MailDirectory if text.starts_with('.') => continue,
                Role::MailDirectory => Role::MaildirMessage,
                _ if maildir && matches!(&*text, "cur" | "new") => Role::MailDirectory,
                // A Maildir's other files are its server's own, except folders.
                _ if maildir && (text == "tmp" || !is_maildir(&path)) => continue,
                _ if text.starts_with('.') && !is_maildir(&path) => continue,
                _ => Role::Found,
            };
            let mut folder = visit.folder.clone();
            if self.tree && role == Role::Found && path.is_dir() {
                folder.extend(folders_of_name(&text));
            }
            next.push(Visit { path, folder, role });
        }
        self.todo.extend(next.into_iter().rev());
        Ok(())
    }
}

impl Iterator for Walk {
    type Item = Result<SourceFile, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(visit) = self.todo.pop() {
            let path = visit.path.clone();
            match self.visit(visit) {
                Ok(Some(file)) => return Some(Ok(file)),
                Ok(None) => {}
                Err(error) => return Some(Err(Unreadable { path, error })),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lay(root: &Path, files: &[&str]) {
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        }
    }

    fn walk(root: &Path, tree: bool) -> Vec<String> {
        let line = |file: SourceFile| {
            let path = file.path.strip_prefix(root).unwrap().to_string_lossy();
            let mark = if file.in_maildir { " *" } else { "" };
            format!("{path} -> {}{mark}", file.folder.join("/"))
        };
        Walk::over(&[root.to_owned()], tree)
            .map(|found| line(found.unwrap()))
            .collect()
    }

    #[test]
    fn directories_in_name_order_without_hidden_files() {
        let home = testkit::TempHome::new().unwrap();
        lay(home.path(), &["b.eml", "a/2.eml", "a/1.eml", ".hidden"]);
        assert_eq!(
            walk(home.path(), false),
            ["a/1.eml -> ", "a/2.eml -> ", "b.eml -> "]
        );
        assert_eq!(
            walk(home.path(), true),
            ["a/1.eml -> a", "a/2.eml -> a", "b.eml -> "]
        );
    }

    #[test]
    fn a_maildir_tree_with_flags() {
        let home = testkit::TempHome::new().unwrap();
        let files = [
            "cur/1:2,FS",
            "new/2",
            "tmp/3",
            "dovecot.index",
            ".Sent.Caf&AOk-/cur/4:2,S",
            ".Sent.Caf&AOk-/new/.keep",
        ];
        lay(home.path(), &files);
        assert_eq!(
            walk(home.path(), true),
            [
                ".Sent.Caf&AOk-/cur/4:2,S -> Sent/Café *",
                "cur/1:2,FS ->  *",
                "new/2 ->  *"
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_circle_end() {
        let home = testkit::TempHome::new().unwrap();
        lay(home.path(), &["a/1.eml"]);
        std::os::unix::fs::symlink(home.path(), home.path().join("a/up")).unwrap();
        assert_eq!(walk(home.path(), false), ["a/1.eml -> "]);
    }

    #[test]
    fn a_missing_path_is_said_and_the_rest_goes_on() {
        let home = testkit::TempHome::new().unwrap();
        lay(home.path(), &["1.eml"]);
        let paths = [home.path().join("none"), home.path().join("1.eml")];
        let found: Vec<_> = Walk::over(&paths, false).collect();
        assert_eq!(
            found[0].as_ref().unwrap_err().error.kind(),
            io::ErrorKind::NotFound
        );
        assert!(found[1].is_ok());
    }
}
