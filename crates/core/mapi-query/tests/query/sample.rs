//! A row made by hand, with large values and sub-objects.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Read;

use mapi_props::{Bag, PropTag, PropType, PropValue};
use mapi_query::{BagRow, Large, Row};

pub(crate) const fn tag(id: u16, ty: PropType) -> PropTag {
    PropTag::new(id, ty)
}

#[derive(Debug, Clone)]
struct Big {
    large: Large,
    /// `None`: not downloaded.
    bytes: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    bag: Bag,
    large: BTreeMap<u16, Big>,
    recipients: Vec<Sample>,
    attachments: Vec<Sample>,
    /// How many bytes a read gives at most; 0: as many as asked for.
    pub(crate) piece: usize,
    /// The body that a reader gets where none is stored.
    pub(crate) made: Option<String>,
    /// Bytes read from large values so far.
    pub(crate) read: Cell<usize>,
}

impl Sample {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with(mut self, tag: PropTag, value: impl Into<PropValue>) -> Self {
        self.bag.set(tag, value);
        self
    }

    pub(crate) fn large(self, tag: PropTag, bytes: &[u8]) -> Self {
        self.large_in(tag, 0, bytes)
    }

    pub(crate) fn large_in(mut self, tag: PropTag, code_page: u16, bytes: &[u8]) -> Self {
        let large = Large {
            ty: tag.ty(),
            size: u64::try_from(bytes.len()).unwrap_or(0),
            code_page,
        };
        self.large.insert(
            tag.id(),
            Big {
                large,
                bytes: Some(bytes.to_vec()),
            },
        );
        self
    }

    pub(crate) fn remote(mut self, tag: PropTag, size: u64) -> Self {
        let large = Large {
            ty: tag.ty(),
            size,
            code_page: 0,
        };
        self.large.insert(tag.id(), Big { large, bytes: None });
        self
    }

    pub(crate) fn recipient(mut self, row: Self) -> Self {
        self.recipients.push(row);
        self
    }

    pub(crate) fn recipients(&self) -> &[Self] {
        &self.recipients
    }

    pub(crate) fn attachments(&self) -> &[Self] {
        &self.attachments
    }

    pub(crate) fn attachment(mut self, row: Self) -> Self {
        self.attachments.push(row);
        self
    }
}

impl Row for Sample {
    fn get(&self, tag: PropTag) -> Option<Cow<'_, PropValue>> {
        self.bag.value(tag).map(Cow::Borrowed)
    }

    fn ty(&self, id: u16) -> Option<PropType> {
        BagRow(&self.bag)
            .ty(id)
            .or_else(|| self.large.get(&id).map(|b| b.large.ty))
    }

    fn large(&self, id: u16) -> Option<Large> {
        self.large.get(&id).map(|b| b.large)
    }

    fn open(&self, id: u16) -> Option<Box<dyn Read + '_>> {
        let bytes = self.large.get(&id)?.bytes.as_deref()?;
        let piece = if self.piece == 0 {
            usize::MAX
        } else {
            self.piece
        };
        Some(Box::new(Pieces {
            bytes,
            piece,
            read: &self.read,
        }))
    }

    fn made_body(&self) -> Option<Cow<'_, str>> {
        self.made.as_deref().map(Cow::Borrowed)
    }

    fn any_recipient(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        self.recipients.iter().any(|r| visit(r))
    }

    fn any_attachment(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        self.attachments.iter().any(|r| visit(r))
    }
}

struct Pieces<'a> {
    bytes: &'a [u8],
    piece: usize,
    read: &'a Cell<usize>,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(self.piece);
        let n = self.bytes.read(&mut buffer[..most])?;
        self.read.set(self.read.get() + n);
        Ok(n)
    }
}
