//! A mailbox made of files for one test, and what tests ask of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use mapi_props::{Bag, FileTime, PropTag, PropValue, SortOrderSet, tags};
use mapi_spi::{
    Anchor, Call, Depth, ItemId, OpenMode, OpenStore, Row, RowSet, Service, ServiceConfig, Store,
    Support, View,
};
use store_mailbox::MailboxService;

/// Chance that never comes twice in a run.
#[derive(Debug, Default)]
pub(crate) struct Chance;

static ASKED: AtomicU64 = AtomicU64::new(0);

impl Support for Chance {
    fn now(&self) -> FileTime {
        FileTime::from_unix(1_800_000_000)
    }

    fn random(&self, bytes: &mut [u8]) {
        let n = ASKED.fetch_add(1, Ordering::Relaxed);
        blake3::Hasher::new()
            .update(&n.to_le_bytes())
            .finalize_xof()
            .fill(bytes);
    }
}

/// A directory with the mail, and one for the index.
pub(crate) struct World {
    root: tempfile::TempDir,
}

pub(crate) const CONTENTS: RowSet = RowSet::Contents {
    associated: false,
    deleted: false,
};

impl World {
    /// Lays these files, by path and content; a path that ends in a slash is an empty directory.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let world = Self {
            root: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(world.mail()).unwrap();
        for (path, content) in files {
            world.lay(path, content.as_bytes());
        }
        world.settle();
        world
    }

    /// A Maildir of these messages.
    pub(crate) fn maildir(files: &[(&str, &str)]) -> Self {
        let mut all = vec![("cur/", ""), ("new/", ""), ("tmp/", "")];
        all.extend(files);
        Self::of(&all)
    }

    pub(crate) fn mail(&self) -> PathBuf {
        self.root.path().join("mail")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub(crate) fn lay(&self, path: &str, content: &[u8]) {
        let full = self.mail().join(path);
        if path.ends_with('/') {
            return fs::create_dir_all(full).unwrap();
        }
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, content).unwrap();
    }

    /// Makes all times old, so that what happens next has another one.
    pub(crate) fn settle(&self) {
        age(&self.mail(), Duration::from_secs(3600));
    }

    pub(crate) fn config(&self, path: &Path) -> ServiceConfig {
        ServiceConfig {
            base: self.data(),
            values: BTreeMap::from([("path".to_owned(), path.display().to_string())]),
        }
    }

    pub(crate) fn open_at(&self, path: &Path) -> mapi_spi::Result<Arc<dyn Store>> {
        let open = OpenStore {
            config: self.config(path),
            mode: OpenMode::ReadOnly,
            provider: String::new(),
        };
        MailboxService.open_store(&open, Arc::new(Chance), &Call::default())
    }

    pub(crate) fn open(&self) -> Arc<dyn Store> {
        self.open_at(&self.mail()).unwrap()
    }

    /// A hash of every name and byte in the mailbox, and of all times.
    pub(crate) fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        fingerprint(&self.mail(), &mut hasher);
        hasher.finalize().to_hex().to_string()
    }
}

fn fingerprint(path: &Path, hasher: &mut blake3::Hasher) {
    let meta = fs::metadata(path).unwrap();
    let said = format!("{path:?} {:?} {:?}", meta.modified().unwrap(), meta.len());
    hasher.update(said.as_bytes());
    if meta.is_dir() {
        let mut names: Vec<_> = fs::read_dir(path)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        names.sort();
        names.iter().for_each(|path| fingerprint(path, hasher));
    } else {
        hasher.update(&fs::read(path).unwrap());
    }
}

pub(crate) fn age(path: &Path, by: Duration) {
    let meta = fs::metadata(path).unwrap();
    if meta.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            age(&entry.unwrap().path(), by);
        }
    }
    let file = fs::File::open(path).unwrap();
    file.set_modified(SystemTime::now() - by).unwrap();
}

/// The numbers and paths of all folders.
pub(crate) fn folders(store: &dyn Store) -> BTreeMap<String, ItemId> {
    let mut paths: BTreeMap<ItemId, String> = BTreeMap::new();
    let all = RowSet::Hierarchy {
        depth: Depth::All,
        deleted: false,
    };
    let root = store.info().root;
    store
        .scan(root, all, &Call::default(), &mut |row| {
            let mapi_spi::ScanBody::Folder(props, _) = row.body else {
                panic!("a hierarchy shows folders");
            };
            let name = props.text(tags::DISPLAY_NAME).unwrap();
            let path = match paths.get(&row.meta.parent) {
                Some(above) if !above.is_empty() => format!("{above}/{name}"),
                _ if row.meta.id.0 == 2 => String::new(),
                _ => name.to_owned(),
            };
            paths.insert(row.meta.id, path);
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    paths.into_iter().map(|(id, path)| (path, id)).collect()
}

pub(crate) fn folder(store: &dyn Store, path: &str) -> ItemId {
    folders(store)[path]
}

pub(crate) fn view(container: ItemId, columns: &[PropTag]) -> View {
    View {
        container,
        rows: CONTENTS,
        columns: columns.to_vec(),
        restriction: None,
        sort: SortOrderSet::default(),
    }
}

pub(crate) fn rows(store: &dyn Store, view: &View) -> Vec<Row> {
    let page = store.view(view, &Anchor::Start, 10_000, &Call::default());
    page.unwrap().rows
}

/// Subjects and numbers of a folder's messages, by number.
pub(crate) fn subjects(store: &dyn Store, path: &str) -> Vec<(u64, String)> {
    let view = view(folder(store, path), &[tags::SUBJECT.into()]);
    let text = |cell: &PropValue| match cell {
        PropValue::Unicode(text) => text.clone(),
        other => format!("{other:?}"),
    };
    let mut all: Vec<_> = rows(store, &view)
        .iter()
        .map(|row| (row.key.item.0, text(&row.cells[0])))
        .collect();
    all.sort_unstable();
    all
}

pub(crate) fn names_of(subjects: &[(u64, String)]) -> Vec<&str> {
    subjects
        .iter()
        .map(|(_, subject)| subject.as_str())
        .collect()
}

pub(crate) fn mail(subject: &str) -> String {
    format!(
        "From: Ann <ann@example.org>\r\nTo: Bob <bob@example.org>\r\nSubject: {subject}\r\n\
         Date: Mon, 2 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{subject}@example.org>\r\n\r\nText of {subject}.\r\n"
    )
}

pub(crate) fn bag_of(store: &dyn Store, id: u64) -> Bag {
    store
        .message(ItemId(id), &Call::default())
        .unwrap()
        .body
        .props
}
