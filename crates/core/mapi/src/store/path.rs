//! Folders by path, as people write them: display names with slashes, from the IPM subtree down.

use mapi_props::Code;
use mapi_spi::{Error, Result};

use super::{MsgStore, SpecialFolder};
use crate::{EntryId, Folder, OpenFlags};

/// Names by which roles can be given whatever the folders are called.
const ROLES: [(&str, SpecialFolder); 15] = [
    ("inbox", SpecialFolder::Inbox),
    ("outbox", SpecialFolder::Outbox),
    ("deleted", SpecialFolder::DeletedItems),
    ("trash", SpecialFolder::DeletedItems),
    ("sent", SpecialFolder::SentItems),
    ("views", SpecialFolder::Views),
    ("common-views", SpecialFolder::CommonViews),
    ("finder", SpecialFolder::Finder),
    // As `path_of` says it.
    ("search root", SpecialFolder::Finder),
    ("drafts", SpecialFolder::Drafts),
    ("calendar", SpecialFolder::Calendar),
    ("contacts", SpecialFolder::Contacts),
    ("journal", SpecialFolder::Journal),
    ("notes", SpecialFolder::Notes),
    ("tasks", SpecialFolder::Tasks),
];

impl MsgStore {
    /// The folder at a path: `Inbox/Sub`. Names are compared without case; a slash in a name is written `\/`. The first
    /// name may also be a role (`inbox`, `outbox`, `deleted`, `sent` …), or that of a search folder in the store's search
    /// root. An empty path: the top of what users see.
    ///
    /// ```
    /// # fn show(store: &mapi::MsgStore) -> mapi::Result<()> {
    /// let plans = store.folder("Inbox/Plans")?;
    /// # drop(plans); Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND`; the detail names the part that is not there.
    pub fn folder(&self, path: &str) -> Result<Folder> {
        self.errors.track(self.walk(path))
    }

    pub(super) fn walk(&self, path: &str) -> Result<Folder> {
        let parts = split(path);
        let mut folder = self.ipm_subtree()?;
        for (at, part) in parts.iter().enumerate() {
            folder = match folder.child(part)? {
                Some(child) => child,
                None => self.by_role(part, at == 0)?,
            };
        }
        Ok(folder)
    }

    fn by_role(&self, name: &str, first: bool) -> Result<Folder> {
        let role = ROLES
            .iter()
            .find(|(role, _)| first && role.eq_ignore_ascii_case(name));
        match role {
            Some((_, role)) => self.special_folder(*role),
            None if first => self.search_named(name)?.ok_or_else(|| missing(name)),
            None => Err(missing(name)),
        }
    }

    /// A folder of the search root, where search folders usually are.
    fn search_named(&self, name: &str) -> Result<Option<Folder>> {
        match self.special_folder(SpecialFolder::Finder) {
            Ok(root) => root.child(name),
            Err(e) if e.code() == Code::NOT_FOUND => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The path of a folder, from the IPM subtree or, outside it, from the root folder.
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` if it is gone.
    pub fn path_of(&self, folder: &EntryId) -> Result<String> {
        let top = self.special_id(SpecialFolder::IpmSubtree).ok();
        let root = self.context.entry_id(true, self.context.info().root);
        let mut names = Vec::new();
        let mut id = folder.clone();
        while Some(&id) != top.as_ref() && id != root {
            let folder = self.open_folder(&id, OpenFlags::NONE)?;
            names.push(folder.name()?.replace('/', "\\/"));
            id = folder.parent_id()?;
        }
        names.reverse();
        Ok(names.join("/"))
    }
}

fn missing(name: &str) -> Error {
    Error::new(Code::NOT_FOUND, format!("there is no folder `{name}`"))
}

/// Parts of a path; `\/` is a slash inside a name; empty parts do not count.
fn split(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = path.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek(), parts.last_mut()) {
            ('\\', Some('/'), Some(part)) => {
                part.push('/');
                chars.next();
            }
            ('/', ..) => parts.push(String::new()),
            (c, _, Some(part)) => part.push(c),
            (_, _, None) => {}
        }
    }
    parts.retain(|p| !p.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn paths_split_at_slashes() {
        assert_eq!(split("Inbox/Sub"), ["Inbox", "Sub"]);
        assert_eq!(split("/Inbox//a\\/b/"), ["Inbox", "a/b"]);
        assert_eq!(split(""), [""; 0]);
    }
}
