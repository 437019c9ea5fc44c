//! How many small messages a second are written and read: as parcels in memory and on the disk, and as `.msg` files in memory.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement stops at the first error, and prints"
)]

use std::fs::File;
use std::io::{Cursor, Write};
use std::sync::Arc;
use std::time::Instant;

use mapi_props::{FileTime, MessageTree, TreeProps, tags};
use mapi_spi::Call;
use transport_local::parcel::{Addressing, ParcelReader, ParcelWriter};

const MESSAGES: u32 = 20_000;
const BATCH: u32 = 256;

fn main() {
    let message = message();
    let directory = tempfile::tempdir().unwrap();
    rate("parcels written in memory", || {
        batches(|| drop(parcel(&message, BATCH)));
    });
    let bytes = parcel(&message, BATCH);
    rate("parcels read in memory", || {
        batches(|| {
            let size = u64::try_from(bytes.len()).unwrap();
            let reader = ParcelReader::open(Arc::new(bytes.clone()), size).unwrap();
            assert_eq!(
                reader.filter(Result::is_ok).count(),
                usize::try_from(BATCH).unwrap()
            );
        });
    });
    rate("parcels written and synced, 256 in one", || {
        batches(|| {
            let mut file = File::create(directory.path().join("parcel")).unwrap();
            file.write_all(&parcel(&message, BATCH)).unwrap();
            file.sync_all().unwrap();
        });
    });
    let mut msg = Vec::new();
    rate(".msg written in memory", || {
        for _ in 0..MESSAGES {
            msg.clear();
            mapi_msg::write(&message, &mut msg).unwrap();
        }
    });
    rate(".msg read in memory", || {
        for _ in 0..MESSAGES {
            let size = u64::try_from(msg.len()).unwrap();
            mapi_msg::read(Arc::new(msg.clone()), size, &mapi_msg::Limits::default()).unwrap();
        }
    });
    println!(
        "bytes of one message: parcel {}, .msg {}",
        bytes.len() / 256,
        msg.len()
    );
}

fn batches(mut one: impl FnMut()) {
    (0..MESSAGES.div_ceil(BATCH)).for_each(|_| one());
}

fn rate(what: &str, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    let rate = f64::from(MESSAGES) / start.elapsed().as_secs_f64();
    println!("{what}: {rate:.0} messages/s");
}

fn parcel(message: &MessageTree, count: u32) -> Vec<u8> {
    let mut writer = ParcelWriter::begin(Cursor::new(Vec::new())).unwrap();
    for _ in 0..count {
        writer
            .tree(message, Addressing::default(), &Call::default())
            .unwrap();
    }
    writer.finish().unwrap().0.into_inner()
}

/// Twenty-odd properties, two recipients, a body of a few lines.
fn message() -> MessageTree {
    let mut tree = MessageTree::default();
    let texts = [
        (tags::MESSAGE_CLASS, "IPM.Note"),
        (tags::SUBJECT, "The figures of the last quarter"),
        (tags::INTERNET_MESSAGE_ID, "<20261123.1234@localhost>"),
        (tags::SENDER_NAME, "Ann Lee"),
        (tags::SENDER_EMAIL_ADDRESS, "ann@localhost"),
        (tags::SENDER_ADDRTYPE, "SMTP"),
        (tags::SENT_REPRESENTING_NAME, "Ann Lee"),
        (tags::SENT_REPRESENTING_EMAIL_ADDRESS, "ann@localhost"),
        (tags::SENT_REPRESENTING_ADDRTYPE, "SMTP"),
        (tags::CONVERSATION_TOPIC, "The figures of the last quarter"),
    ];
    for (tag, text) in texts {
        tree.props.set(tag, text);
    }
    tree.props.set(
        tags::BODY,
        "A few lines of text, as in most mails.\r\n".repeat(20),
    );
    tree.props.set(tags::IMPORTANCE, 1);
    tree.props
        .set(tags::CLIENT_SUBMIT_TIME, FileTime(133_000_000_000_000_000));
    tree.props.set(tags::SEARCH_KEY, vec![7; 16]);
    tree.props.set(tags::CONVERSATION_INDEX, vec![1; 22]);
    for address in ["bob@localhost", "carl@localhost"] {
        let mut row = TreeProps::new();
        row.set(tags::RECIPIENT_TYPE, 1);
        row.set(tags::ADDRTYPE, "SMTP");
        row.set(tags::EMAIL_ADDRESS, address);
        row.set(tags::DISPLAY_NAME, address);
        tree.recipients.push(row);
    }
    tree
}
