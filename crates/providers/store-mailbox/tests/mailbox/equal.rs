//! A mailbox shows what an import of the same files would: held against the reference store, message by message and view
//! by view.

use std::collections::BTreeMap;
use std::sync::Arc;

use mapi_kit::import::{ImportItem, ImportTo, prepare};
use mapi_kit::names::NameCache;
use mapi_mime::{ImportContext, MailFlags, maildir};
use mapi_props::{
    Bag, BitOp, LargePlace, MatchKind, PropKey, PropTag, PropType, PropValue, RelOp, Restriction,
    Slot, SortColumn, SortOrderSet, StoredMessage, SubObject, message_flags, tags,
};
use mapi_spi::{
    Anchor, Call, ChangeSet, Direction, FolderKind, FolderSave, FolderTarget, ItemId, Items,
    MessageData, Op, OpOutcome, PropPatch, RowSet, Store, View,
};
use store_memory::{MemoryStore, Options};

use crate::world::{Chance, World, folder, subjects, view};

/// A small random source: the same mails in every run, others for another seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

const WORDS: [&str; 10] = [
    "budget",
    "Réunion",
    "lunch",
    "=?utf-8?q?caf=C3=A9?=",
    "plan",
    "Ångström",
    "日本語",
    "x",
    "report",
    "tail",
];
const PEOPLE: [&str; 5] = [
    "Ann <ann@example.org>",
    "\"Bob, the second\" <bob@example.org>",
    "carol@example.org",
    "=?iso-8859-1?q?J=F6rg?= <j@example.org>",
    "list@lists.example.org",
];

/// A mail of any kind that people send, and of some that they should not.
fn any_mail(dice: &mut Dice, n: usize) -> String {
    let mut out = String::new();
    if dice.roll(8) > 0 {
        out += &format!("From: {}\r\n", dice.pick(&PEOPLE));
    }
    for field in ["To", "Cc"] {
        let people: Vec<_> = (0..dice.roll(4)).map(|_| dice.pick(&PEOPLE)).collect();
        if !people.is_empty() {
            out += &format!("{field}: {}\r\n", people.join(", "));
        }
    }
    let re = dice.pick(&["", "", "Re: ", "Fwd: ", "AW: "]);
    if dice.roll(12) > 0 {
        out += &format!(
            "Subject: {re}{} {}\r\n",
            dice.pick(&WORDS),
            dice.pick(&WORDS)
        );
    }
    if dice.roll(10) > 0 {
        let (day, hour) = (1 + dice.roll(28), dice.roll(24));
        out += &format!("Date: {day:02} Nov 2026 {hour:02}:00:00 +0000\r\n");
    }
    if dice.roll(10) > 0 {
        out += &format!("Message-ID: <{n}@example.org>\r\n");
    }
    if n > 0 && dice.roll(3) == 0 {
        out += &format!("References: <{}@example.org>\r\n", dice.roll(n));
    }
    for extra in [
        "X-Priority: 1\r\n",
        "Importance: high\r\n",
        "X-Mailer: none\r\n",
        "List-Id: <a.b>\r\n",
        "Keywords: red, blue\r\n",
        "Sensitivity: private\r\n",
        "X-MessageFlag: see\r\n",
    ] {
        if dice.roll(5) == 0 {
            out += extra;
        }
    }
    out + &content(dice, 0)
}

fn content(dice: &mut Dice, depth: usize) -> String {
    let text = |dice: &mut Dice| {
        let words = 1 + dice.roll(40) * dice.roll(40);
        (0..words)
            .map(|_| dice.pick(&WORDS))
            .collect::<Vec<_>>()
            .join(" ")
    };
    match dice.roll(if depth < 2 { 7 } else { 3 }) {
        0 | 1 => format!(
            "Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
            text(dice)
        ),
        2 => format!(
            "Content-Type: text/html; charset=utf-8\r\n\r\n<p>{}</p>\r\n",
            text(dice)
        ),
        3 => format!("\r\n{}\r\n", text(dice)),
        4 => {
            let mark = format!("alt{depth}");
            format!(
                "Content-Type: multipart/alternative; boundary={mark}\r\n\r\n--{mark}\r\n\
                 Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n--{mark}\r\n\
                 Content-Type: text/html; charset=utf-8\r\n\r\n<b>{}</b>\r\n--{mark}--\r\n",
                text(dice),
                text(dice)
            )
        }
        5 => {
            let mark = format!("mix{depth}");
            let inner = content(dice, depth + 1);
            let bytes = "QUJD".repeat(19);
            let lines = vec![bytes; 1 + dice.roll(3) * dice.roll(400)].join("\r\n");
            format!(
                "Content-Type: multipart/mixed; boundary={mark}\r\n\r\n--{mark}\r\n{inner}\r\n--{mark}\r\n\
                 Content-Type: application/pdf; name=\"a.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
                 Content-Disposition: attachment; filename=\"a.pdf\"\r\n\r\n{lines}\r\n--{mark}--\r\n"
            )
        }
        _ => {
            let mark = format!("fwd{depth}");
            let inner = content(dice, depth + 1);
            format!(
                "Content-Type: multipart/mixed; boundary={mark}\r\n\r\n--{mark}\r\n\r\nsee below\r\n--{mark}\r\n\
                 Content-Type: message/rfc822\r\n\r\nFrom: {}\r\nSubject: {}\r\n{inner}\r\n--{mark}--\r\n",
                dice.pick(&PEOPLE),
                dice.pick(&WORDS)
            )
        }
    }
}

/// The same mails as a mailbox and in the reference store, and the folders that they are in.
struct Both {
    _world: World,
    mailbox: Arc<dyn Store>,
    memory: MemoryStore,
    folders: (ItemId, ItemId),
}

impl Both {
    fn of(count: usize, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut files = Vec::new();
        for n in 0..count {
            let flags = dice.pick(&["", "S", "FS", "RS", "PS", "DS", "T", "F"]);
            let place = match flags {
                "" => format!("new/{}.{n:04}.host", 1_795_000_000 + n),
                flags => format!("cur/{}.{n:04}.host:2,{flags}", 1_795_000_000 + n),
            };
            files.push((place, any_mail(&mut dice, n)));
        }
        files.sort();
        let laid: Vec<_> = files
            .iter()
            .map(|(p, m)| (p.as_str(), m.as_str()))
            .collect();
        let world = World::maildir(&laid);
        let mailbox = world.open();
        let memory = MemoryStore::new(Options::default(), Arc::new(Chance));
        let memory_folder = import(&memory, &files);
        let folders = (folder(mailbox.as_ref(), "Inbox"), memory_folder);
        Self {
            _world: world,
            mailbox,
            memory,
            folders,
        }
    }

    /// Numbers of the mailbox and those of the same messages in the reference store: both took the files in order.
    fn pairs(&self) -> Vec<(ItemId, ItemId)> {
        let ids = |store: &dyn Store, folder| {
            let mut ids = Vec::new();
            store
                .scan(
                    folder,
                    crate::world::CONTENTS,
                    &Call::default(),
                    &mut |row| {
                        ids.push(row.meta.id);
                        std::ops::ControlFlow::Continue(())
                    },
                )
                .unwrap();
            ids
        };
        let mine = ids(self.mailbox.as_ref(), self.folders.0);
        let theirs = ids(&self.memory, self.folders.1);
        assert_eq!(mine.len(), theirs.len());
        mine.into_iter().zip(theirs).collect()
    }
}

fn import(store: &MemoryStore, files: &[(String, String)]) -> ItemId {
    let call = Call::default();
    let made = Op::SaveFolder(FolderSave {
        target: FolderTarget::New {
            parent: store.info().root,
            kind: FolderKind::Generic,
        },
        patch: PropPatch::default().with(tags::DISPLAY_NAME, "Inbox"),
        expect: mapi_spi::Expect::Any,
    });
    let outcome = store.commit(ChangeSet::one(made), &call).unwrap();
    let OpOutcome::Saved(saved) = &outcome.ops[0] else {
        panic!("a folder is saved");
    };
    let (names, support) = (NameCache::default(), Chance);
    let to = ImportTo {
        store,
        names: &names,
        support: &support,
        folder: saved.id,
        associated: false,
    };
    for (path, mail) in files {
        let name = path.split_once('/').unwrap().1;
        let (unique, flags) = maildir::parse_name(name);
        let said = MailFlags::of_maildir(&flags);
        let mut context = ImportContext::new(mapi_props::FileTime::from_unix(1_797_000_000));
        context.received = maildir::delivered(unique);
        context.limits.depth = 32;
        let mut tree = mapi_mime::parse(mail.clone().into_bytes(), &context).unwrap();
        said.put(&mut tree.props);
        let item = ImportItem {
            tree,
            flags: said.message_flags(),
            source: None,
        };
        let prepared = prepare(to, vec![item], &call).unwrap();
        let set = ChangeSet {
            ops: prepared.ops,
            values: prepared.values,
            ..ChangeSet::default()
        };
        let outcome = store.commit(set, &call).unwrap();
        let OpOutcome::Saved(saved) = &outcome.ops[0] else {
            panic!("a message is saved");
        };
        let status = Op::SetStatus {
            items: Items::Ids(vec![saved.id]),
            value: said.status(),
            mask: u32::MAX,
        };
        store.commit(ChangeSet::one(status), &call).unwrap();
    }
    saved.id
}

/// What an import makes up for itself, and times at which it ran.
const OWN: [u16; 4] = [
    tags::SEARCH_KEY.id(),
    tags::RECORD_KEY.id(),
    tags::CREATION_TIME.id(),
    tags::LAST_MODIFICATION_TIME.id(),
];

type Told = BTreeMap<PropKey, String>;

/// A bag by names instead of numbers, large values by what they hold.
fn told(store: &dyn Store, item: ItemId, bag: &Bag) -> Told {
    let call = Call::default();
    let one = |(id, slot): (&u16, &Slot)| {
        let key = match *id {
            id if id < 0x8000 => PropKey::Id(id),
            id => PropKey::Named(
                store.names_from_ids(&[id], &call).unwrap()[0]
                    .clone()
                    .unwrap(),
            ),
        };
        let value = match slot {
            Slot::Value(value) => format!("{value:?}"),
            Slot::Large(large) => {
                assert!(matches!(large.place, LargePlace::Present(_)));
                let mut reader = store.large(item, large, &call).unwrap();
                let mut bytes = vec![0; large.size as usize + 1];
                let mut at = 0;
                loop {
                    match reader.read_at(at as u64, &mut bytes[at..], &call).unwrap() {
                        0 => break,
                        n => at += n,
                    }
                }
                assert_eq!(at as u64, large.size, "0x{id:04X} of {item}");
                format!("{:?} {}", large.ty, blake3::hash(&bytes[..at]).to_hex())
            }
        };
        (key, value)
    };
    bag.iter()
        .filter(|(id, _)| !OWN.contains(id))
        .map(one)
        .collect()
}

#[derive(Debug, PartialEq)]
struct Whole {
    props: Told,
    recipients: Vec<Told>,
    attachments: Vec<(Told, Option<Whole>)>,
}

fn whole(store: &dyn Store, item: ItemId, body: &StoredMessage) -> Whole {
    let attachments = body.attachments.iter().map(|attachment| {
        let embedded = attachment.embedded.as_deref();
        (
            told(store, item, &attachment.props),
            embedded.map(|inner| whole(store, item, inner)),
        )
    });
    Whole {
        props: told(store, item, &body.props),
        recipients: body
            .recipients
            .iter()
            .map(|r| told(store, item, r))
            .collect(),
        attachments: attachments.collect(),
    }
}

#[test]
fn two_hundred_mails_have_the_properties_that_an_import_gives_them() {
    let both = Both::of(200, 0x5EED_1234);
    let call = Call::default();
    for (mine, theirs) in both.pairs() {
        let MessageData { meta, body } = both.mailbox.message(mine, &call).unwrap();
        let reference = both.memory.message(theirs, &call).unwrap();
        let left = whole(both.mailbox.as_ref(), mine, &body);
        let right = whole(&both.memory, theirs, &reference.body);
        assert_eq!(left, right, "{mine}");
        let facts = |m: &mapi_spi::ItemMeta| (m.flags, m.status, m.size, m.content_version, m.kind);
        assert_eq!(facts(&meta), facts(&reference.meta), "{mine}");
    }
}

fn contains(tag: impl Into<PropTag>, text: &str) -> Restriction {
    let tag = tag.into();
    match tag.ty() {
        PropType::BINARY => Restriction::content(tag, MatchKind::Substring, text.as_bytes()),
        _ => Restriction::content(tag, MatchKind::Substring, text),
    }
}

/// Restrictions over everything that rows and parts of messages have.
fn restrictions() -> Vec<Restriction> {
    let unread = Restriction::Bitmask {
        op: BitOp::Zero,
        tag: tags::MESSAGE_FLAGS.into(),
        mask: message_flags::READ,
    };
    let of = |tag: PropTag, op, value: PropValue| Restriction::property(tag, op, value);
    let inside = |object, child| Restriction::Sub {
        object,
        child: Box::new(child),
    };
    vec![
        contains(tags::SUBJECT, "re"),
        contains(tags::BODY, "lunch tail"),
        contains(tags::HTML, "<b>"),
        contains(tags::TRANSPORT_MESSAGE_HEADERS, "List-Id"),
        contains(tags::SENDER_NAME, "J"),
        unread.clone(),
        Restriction::Not(Box::new(unread)),
        Restriction::exist(tags::HTML),
        Restriction::exist(tags::BODY),
        of(tags::HASATTACH.into(), RelOp::Eq, true.into()),
        of(tags::MESSAGE_SIZE.into(), RelOp::Gt, 3000.into()),
        of(tags::SUBJECT.into(), RelOp::Ge, "m".into()),
        of(tags::FLAG_STATUS.into(), RelOp::Eq, 2.into()),
        of(tags::IMPORTANCE.into(), RelOp::Eq, 2.into()),
        inside(SubObject::Recipients, contains(tags::EMAIL_ADDRESS, "bob")),
        inside(
            SubObject::Attachments,
            contains(tags::ATTACH_LONG_FILENAME, "pdf"),
        ),
        Restriction::Count {
            count: 7,
            child: Box::new(contains(tags::SUBJECT, "a")),
        },
    ]
}

fn sorts() -> Vec<SortOrderSet> {
    vec![
        SortOrderSet::default(),
        SortOrderSet::by([SortColumn::ascending(tags::SUBJECT)]),
        SortOrderSet::by([
            SortColumn::descending(tags::SENDER_NAME),
            SortColumn::ascending(tags::MESSAGE_SIZE),
        ]),
        SortOrderSet::by([SortColumn::ascending(tags::MESSAGE_FLAGS)]),
        SortOrderSet::by([SortColumn::ascending(tags::CLIENT_SUBMIT_TIME)]),
    ]
}

fn columns() -> Vec<PropTag> {
    vec![
        tags::SUBJECT.into(),
        tags::SENDER_NAME.into(),
        tags::DISPLAY_TO.into(),
        tags::DISPLAY_CC.into(),
        tags::MESSAGE_DELIVERY_TIME.into(),
        tags::CLIENT_SUBMIT_TIME.into(),
        tags::MESSAGE_SIZE.into(),
        tags::MESSAGE_FLAGS.into(),
        tags::MSG_STATUS.into(),
        tags::HASATTACH.into(),
        tags::MESSAGE_CLASS.into(),
        tags::IMPORTANCE.into(),
        tags::BODY.into(),
        tags::HTML.into(),
        tags::TRANSPORT_MESSAGE_HEADERS.into(),
        tags::CONVERSATION_TOPIC.into(),
        tags::INTERNET_MESSAGE_ID.into(),
        tags::INTERNET_CONTENT.into(),
    ]
}

#[test]
fn every_view_has_the_rows_of_the_reference_store() {
    let both = Both::of(25, 0xF00D_0001);
    let call = Call::default();
    let number: BTreeMap<ItemId, ItemId> = both.pairs().into_iter().collect();
    let of = |container, restriction: &Option<Restriction>, sort: &SortOrderSet| View {
        restriction: restriction.clone(),
        sort: sort.clone(),
        ..view(container, &columns())
    };
    let mut some = 0;
    for restriction in std::iter::once(None).chain(restrictions().into_iter().map(Some)) {
        for sort in sorts() {
            let mine = of(both.folders.0, &restriction, &sort);
            let theirs = of(both.folders.1, &restriction, &sort);
            let what = format!("{restriction:?} by {sort:?}");
            for (anchor, count) in [
                (Anchor::Start, 1000),
                (Anchor::Row(3), 5),
                (Anchor::End, -4),
            ] {
                let left = both.mailbox.view(&mine, &anchor, count, &call).unwrap();
                let right = both.memory.view(&theirs, &anchor, count, &call).unwrap();
                assert_eq!(
                    (left.at_start, left.at_end),
                    (right.at_start, right.at_end),
                    "{what}"
                );
                let ids: Vec<_> = left.rows.iter().map(|r| number[&r.key.item]).collect();
                let wanted: Vec<_> = right.rows.iter().map(|r| r.key.item).collect();
                assert_eq!(ids, wanted, "{what}");
                for (left, right) in left.rows.iter().zip(&right.rows) {
                    assert_eq!(left.cells, right.cells, "{what}: {}", left.key.item);
                    assert_eq!(left.key.values, right.key.values, "{what}");
                }
                some += left.rows.len();
            }
            let counts = (
                both.mailbox.count(&mine, &call),
                both.memory.count(&theirs, &call),
            );
            assert_eq!(counts.0.unwrap(), counts.1.unwrap(), "{what}");
        }
        let (mine, theirs) = (
            of(both.folders.0, &None, &SortOrderSet::default()),
            of(both.folders.1, &None, &SortOrderSet::default()),
        );
        if let Some(restriction) = restriction {
            for direction in [Direction::Forward, Direction::Backward] {
                let from = Anchor::Row(12);
                let found = (both.mailbox).find(&mine, &restriction, &from, direction, &call);
                let wanted = (both.memory).find(&theirs, &restriction, &from, direction, &call);
                let found = found.unwrap().map(|row| number[&row.key.item]);
                assert_eq!(
                    found,
                    wanted.unwrap().map(|row| row.key.item),
                    "{restriction:?}"
                );
            }
        }
    }
    assert!(some > 900, "the restrictions found only {some} rows");
}

#[test]
fn messages_are_found_by_their_ids() {
    let both = Both::of(120, 0xC0DE_0009);
    let call = Call::default();
    let (mut some, mut several) = (0, 0);
    for (mine, theirs) in both.pairs() {
        let message = both.memory.message(theirs, &call).unwrap();
        let Some(id) = message.body.props.text(tags::INTERNET_MESSAGE_ID) else {
            continue;
        };
        for limit in [1, 100] {
            let found = both.mailbox.with_message_id(id, limit, &call).unwrap();
            let wanted = both.memory.with_message_id(id, limit, &call).unwrap();
            assert_eq!(found.len(), wanted.len(), "{id}");
            several += usize::from(found.len() > 1);
            let found = found.iter().any(|meta| meta.id == mine);
            let wanted = wanted.iter().any(|meta| meta.id == theirs);
            assert_eq!(found, wanted, "{id}, {limit}");
            assert!(found || limit == 1, "{id}");
        }
        some += 1;
    }
    assert!(
        some > 60,
        "{some} of them have an id, and {several} times another has it too"
    );
}

#[test]
fn messages_make_the_same_conversations() {
    let both = Both::of(120, 0xC0DE_0007);
    let call = Call::default();
    let groups = |store: &dyn Store, ids: Vec<ItemId>| {
        let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (n, id) in ids.into_iter().enumerate() {
            let thread = store.thread_of(id, &call).unwrap().unwrap();
            groups.entry(thread.0).or_default().push(n);
        }
        let mut all: Vec<_> = groups.into_values().collect();
        all.sort();
        all
    };
    let (mine, theirs): (Vec<_>, Vec<_>) = both.pairs().into_iter().unzip();
    let thread = both.mailbox.thread_of(mine[0], &call).unwrap().unwrap();
    let mut members = Vec::new();
    (both.mailbox)
        .thread(thread, &call, &mut |row| {
            members.push(row.meta.id);
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    assert!(members.contains(&mine[0]));
    let left = groups(both.mailbox.as_ref(), mine);
    assert_eq!(left, groups(&both.memory, theirs));
    assert!(
        left.iter().any(|group| group.len() > 2),
        "some belong together"
    );
}

#[test]
fn the_whole_tree_is_searched_by_scan() {
    let both = Both::of(30, 0xBEEF_0003);
    let call = Call::default();
    let deep = View {
        rows: RowSet::Deep,
        restriction: Some(contains(tags::BODY, "budget")),
        ..view(both.mailbox.info().root, &[tags::PARENT_DISPLAY.into()])
    };
    let found = both
        .mailbox
        .view(&deep, &Anchor::Start, 1000, &call)
        .unwrap()
        .rows;
    let theirs = View {
        container: both.memory.info().root,
        ..deep
    };
    let wanted = both
        .memory
        .view(&theirs, &Anchor::Start, 1000, &call)
        .unwrap()
        .rows;
    let cells = |rows: Vec<mapi_spi::Row>| rows.into_iter().map(|r| r.cells).collect::<Vec<_>>();
    assert!(!found.is_empty());
    assert_eq!(found[0].cells[0], "Inbox".into());
    assert_eq!(cells(found), cells(wanted));
    assert_eq!(subjects(both.mailbox.as_ref(), "Inbox").len(), 30);
}
