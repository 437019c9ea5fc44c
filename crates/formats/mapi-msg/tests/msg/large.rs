//! Large attachments: never in memory as a whole, in files of either sector size.

use std::io::{self, Read};
use std::sync::Arc;

use mapi_props::{
    AttachmentTree, LargeSource, MessageTree, OpenLarge, PropType, TreeContent, TreeValue, tags,
};

use crate::shown::{bytes_of, read, written};

/// So many bytes that nobody keeps.
struct Made(u64);

impl OpenLarge for Made {
    fn size(&self) -> u64 {
        self.0
    }

    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(io::repeat(0xA5).take(self.0)))
    }
}

fn with_attachment(size: u64) -> MessageTree {
    MessageTree {
        attachments: vec![AttachmentTree {
            content: TreeContent::Data(LargeSource::Lazy(Arc::new(Made(size)))),
            ..AttachmentTree::default()
        }],
        ..MessageTree::default()
    }
}

/// Counts bytes and keeps none but the first.
#[derive(Default)]
struct Counted {
    head: Vec<u8>,
    all: u64,
}

impl io::Write for Counted {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let room = 4096_usize.saturating_sub(self.head.len());
        self.head.extend(&buf[..room.min(buf.len())]);
        self.all += u64::try_from(buf.len()).unwrap();
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn more_than_fits_into_memory_is_written_as_it_comes() {
    let size = 1 << 30;
    let mut to = Counted::default();
    mapi_msg::write(&with_attachment(size), &mut to).unwrap();
    assert!(to.all > size && to.all < size + size / 500);
    // Sectors of 4096 bytes, as a stream may be larger than 2 GiB then.
    assert_eq!(to.head[0x1A..0x20], [4, 0, 0xFE, 0xFF, 12, 0]);
}

#[test]
fn a_file_with_more_sectors_of_the_table_than_its_header_names() {
    let size = 20 << 20;
    let file = written(&with_attachment(size));
    cfb::CompoundFile::open_strict(io::Cursor::new(&file)).unwrap();
    let tree = read(&file);
    let TreeContent::Data(data) = &tree.attachments[0].content else {
        panic!("{:?}", tree.attachments)
    };
    assert!(matches!(data, LargeSource::Lazy(_)), "{data:?}");
    assert_eq!(data.size(), size);
    assert!(bytes_of(data).iter().all(|b| *b == 0xA5));
}

#[test]
fn large_texts_and_bytes_stay_in_the_file() {
    let mut tree = MessageTree::default();
    let text = "Grüße 語😀\r\n".repeat(20_000);
    tree.props.set(tags::BODY, text.as_str());
    tree.props.set(tags::HTML, vec![b'x'; 100_000]);
    let tree = read(&written(&tree));
    let body = tree.props.get(&mapi_props::PropKey::Id(tags::BODY.id()));
    let Some(TreeValue::Large(PropType::UNICODE, body)) = body else {
        panic!("{body:?}")
    };
    assert_eq!(bytes_of(body), text.as_bytes());
    let again = read(&written(&tree));
    assert_eq!(crate::shown::lines(&again), crate::shown::lines(&tree));
}
