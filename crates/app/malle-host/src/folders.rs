//! Folder paths as people write them: names with slashes; a slash inside a name is written `\/`.

use mapi::{CreateFolderFlags, Folder, MsgStore};
use mapi_props::Code;
use mapi_spi::{Error, Result};

/// The names of a path. Empty ones do not count.
#[must_use]
pub fn split_path(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut chars = path.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&'/') => {
                part.push('/');
                chars.next();
            }
            '/' => parts.push(std::mem::take(&mut part)),
            c => part.push(c),
        }
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

/// The path of these names.
#[must_use]
pub fn join_path(parts: &[String]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| part.replace('/', "\\/")).collect();
    parts.join("/")
}

/// Makes a folder and what is missing above it. `last` says what happens if it is there already.
///
/// # Errors
/// `MAPI_E_INVALID_PARAMETER` for an empty path, `MAPI_E_COLLISION`, `MAPI_E_NO_ACCESS`.
pub fn create_path(store: &MsgStore, parts: &[String], last: CreateFolderFlags) -> Result<Folder> {
    let Some((name, above)) = parts.split_last() else {
        return Err(Error::new(Code::INVALID_PARAMETER, "a folder needs a name"));
    };
    let mut folder = store.folder("")?;
    for (at, part) in above.iter().enumerate() {
        let there = above.get(..=at).unwrap_or_default();
        folder = match store.folder(&join_path(there)) {
            Ok(found) => found,
            Err(e) if e.code() == Code::NOT_FOUND => {
                folder.create_folder(part, None, CreateFolderFlags::OPEN_IF_EXISTS)?
            }
            Err(e) => return Err(e),
        };
    }
    folder.create_folder(name, None, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back() {
        for path in ["Inbox", "Inbox/a\\/b/c", ""] {
            assert_eq!(join_path(&split_path(path)), path);
        }
        assert_eq!(split_path("/Inbox//x/"), ["Inbox", "x"]);
    }
}
