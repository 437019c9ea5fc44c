//! What is indexed of a message: the words of its fields, made before its transaction begins wherever that can be.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use mapi_kit::bodies::{TextBody, stored_text, text_body};
use mapi_kit::engine::{ItemRow, MessageRow, SubRow};
use mapi_props::{AnsiString, LargePlace, LargeRef, PropTag, PropType, Slot, tags};
use mapi_query::fields::{Field, Place};
use mapi_query::words::{GAP, each_word};
use mapi_query::{Row, decode_ansi};
use mapi_spi::{
    Call, ItemId, ItemKind, ItemMeta, MessageSave, MessageTarget, NewValue, Op, Result,
};
use rusqlite::Connection;

use crate::{bag, item, view};

/// Bytes of text that are indexed of a message. Of a longer one the rest is missing, and it is tested at every query.
const LONGEST: u64 = 16 << 20;

/// The words of a message, field by field, with spaces between them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) fields: [String; Field::ALL.len()],
    /// Whether nothing is missing.
    pub(crate) whole: bool,
}

/// Words made in advance, and the change number that the message had then; 0 for a new one.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) words: Words,
    pub(crate) seen: u64,
}

impl Words {
    /// The words of a message.
    pub(crate) fn of(row: &dyn ItemRow) -> Self {
        let mut making = Making {
            words: Self {
                whole: true,
                ..Self::default()
            },
            left: LONGEST,
        };
        for field in Field::ALL
            .into_iter()
            .filter(|f| f.place() == Place::Message)
        {
            match field {
                Field::Body => making.body(row),
                _ => making.object(field, &OfMessage(row)),
            }
        }
        row.any_recipient(&mut |recipient| {
            let ty = recipient.get(tags::RECIPIENT_TYPE.raw());
            let ty = ty.and_then(|ty| ty.as_long());
            making.object(Field::of_recipient(ty), &OfRow(recipient));
            false
        });
        row.any_attachment(&mut |attachment| {
            making.object(Field::Attachment, &OfRow(attachment));
            false
        });
        making.words
    }

    /// Bytes that they take.
    pub(crate) fn len(&self) -> usize {
        self.fields.iter().map(String::len).sum()
    }

    /// The words of a field, in their order.
    pub(crate) fn in_field(&self, field: Field) -> impl Iterator<Item = &str> {
        let text = self.fields.get(field.column()).map_or("", String::as_str);
        text.split(' ').filter(|word| !word.is_empty())
    }
}

/// Words that are being gathered.
struct Making {
    words: Words,
    /// Bytes of text that may still come.
    left: u64,
}

impl Making {
    fn body(&mut self, row: &dyn ItemRow) {
        match text_body(row, self.left) {
            TextBody::Text(text) => self.value(Field::Body, &text),
            TextBody::None => {}
            TextBody::Unknown => self.words.whole = false,
        }
    }

    /// The values of one object in a field. Equal ones (a name that is the address) count once: as phrases they say the
    /// same.
    fn object(&mut self, field: Field, object: &dyn Texts) {
        let mut seen: [Option<Cow<'_, str>>; 6] = Default::default();
        for (tag, place) in field.properties().iter().zip(&mut seen) {
            *place = match object.text(*tag, self.left) {
                TextBody::Text(text) => Some(text),
                TextBody::None => None,
                TextBody::Unknown => {
                    self.words.whole = false;
                    None
                }
            };
        }
        let mut texts = seen.iter().flatten();
        let mut before = Vec::with_capacity(seen.len());
        for text in texts.by_ref() {
            if !before.contains(&text) {
                self.value(field, text);
                before.push(text);
            }
        }
    }

    fn value(&mut self, field: Field, text: &str) {
        let len = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let Some(out) = self.words.fields.get_mut(field.column()) else {
            return;
        };
        if len > self.left {
            self.words.whole = false;
            return;
        }
        self.left -= len;
        let mut separator = if out.is_empty() { "" } else { GAP };
        let _ = each_word(text, |word| {
            if !out.is_empty() {
                out.push(' ');
            }
            if !separator.is_empty() {
                out.push_str(separator);
                out.push(' ');
                separator = "";
            }
            out.push_str(word);
            ControlFlow::Continue(())
        });
    }
}

/// An object whose texts are indexed.
trait Texts {
    /// The text of a property, if it has at most so many bytes.
    fn text(&self, tag: PropTag, longest: u64) -> TextBody<'_>;
}

struct OfMessage<'a>(&'a dyn ItemRow);
struct OfRow<'a>(&'a dyn Row);

impl Texts for OfMessage<'_> {
    fn text(&self, tag: PropTag, longest: u64) -> TextBody<'_> {
        stored_text(self.0, tag.id(), longest)
    }
}

impl Texts for OfRow<'_> {
    fn text(&self, tag: PropTag, longest: u64) -> TextBody<'_> {
        let id = tag.id();
        if let Some(text) = self.0.text(id) {
            return TextBody::Text(text);
        }
        let Some(large) = self.0.large(id).filter(|large| large.ty.is_string()) else {
            return TextBody::None;
        };
        let mut bytes = Vec::new();
        let source = self.0.open(id).filter(|_| large.size <= longest);
        match source.map(|s| s.take(longest + 1).read_to_end(&mut bytes)) {
            Some(Ok(_)) if large.ty == PropType::UNICODE => {
                TextBody::Text(String::from_utf8_lossy(&bytes).into_owned().into())
            }
            Some(Ok(_)) => {
                let code_page = large.code_page;
                let text = decode_ansi(&AnsiString { code_page, bytes }).into_owned();
                TextBody::Text(text.into())
            }
            _ => TextBody::Unknown,
        }
    }
}

/// Whether a change of this property may change the words of a message, or its key.
pub(crate) fn is_indexed(id: u16) -> bool {
    const SOURCES: [u16; 10] = [
        tags::HTML.id(),
        tags::RTF_COMPRESSED.id(),
        tags::RTF_IN_SYNC.id(),
        tags::NATIVE_BODY_INFO.id(),
        tags::INTERNET_CPID.id(),
        tags::MESSAGE_CODEPAGE.id(),
        tags::MESSAGE_DELIVERY_TIME.id(),
        // As changes of messages name their sub-objects.
        tags::MESSAGE_RECIPIENTS.id(),
        tags::MESSAGE_ATTACHMENTS.id(),
        tags::BODY.id(),
    ];
    let fields = Field::ALL
        .into_iter()
        .filter(|f| f.place() == Place::Message);
    SOURCES.contains(&id)
        || fields.into_iter().any(|field| {
            let mut tags = field.properties().iter();
            tags.any(|tag| tag.id() == id)
        })
}

/// The words of the messages that operations save, before the transaction begins: one for each operation.
///
/// Of a message that is there it remembers the change number, so that the transaction knows whether they still hold.
pub(crate) fn prepare(
    ops: &[Op],
    values: &[NewValue],
    db: &Connection,
    call: &Call,
) -> Result<Vec<Option<Ready>>> {
    let mut ready = Vec::with_capacity(ops.len());
    for op in ops {
        call.check()?;
        ready.push(match op {
            Op::SaveMessage(save) | Op::Deliver(save) => of_save(save, values, db)?,
            _ => None,
        });
    }
    Ok(ready)
}

/// Whether an operation gives words that can be made in advance.
pub(crate) fn gives_words(op: &Op) -> bool {
    matches!(op, Op::SaveMessage(save) | Op::Deliver(save) if saves_words(save))
}

fn saves_words(save: &MessageSave) -> bool {
    match save.target {
        MessageTarget::New { associated, .. } => !associated,
        MessageTarget::Existing(_) => {
            let mut patched = save.patch.set.iter().map(|(id, _)| id);
            save.recipients.is_some()
                || save.attachments.is_some()
                || patched.any(|id| is_indexed(*id))
                || save.patch.delete.iter().any(|id| is_indexed(*id))
        }
    }
}

fn of_save(save: &MessageSave, values: &[NewValue], db: &Connection) -> Result<Option<Ready>> {
    if !saves_words(save) {
        return Ok(None);
    }
    let unmade = Cell::new(false);
    let open = |value: &LargeRef| {
        unmade.set(unmade.get() || is_unmade(value, values));
        open(value, values, db)
    };
    let (words, seen) = match save.target {
        MessageTarget::New { .. } => (Words::of(&SaveRow { save, open: &open }), 0),
        MessageTarget::Existing(id) => {
            // Whatever is wrong with it is the transaction's to say.
            let Some(meta) = item::meta(db, id)?.filter(is_covered) else {
                return Ok(None);
            };
            let Some(mut body) = bag::find(db, id.0)? else {
                return Ok(None);
            };
            save.apply(&mut body);
            let words = Words::of(&MessageRow {
                meta: &meta,
                body: &body,
                open: &open,
            });
            (words, meta.change)
        }
    };
    Ok((!unmade.get()).then_some(Ready { words, seen }))
}

/// Whether a value can be read only when the transaction has put it together.
fn is_unmade(value: &LargeRef, values: &[NewValue]) -> bool {
    let LargePlace::Pending(index) = value.place else {
        return false;
    };
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    matches!(values.get(index), Some(NewValue::Recipe(_)))
}

/// Whether a message is indexed at all.
pub(crate) fn is_covered(meta: &ItemMeta) -> bool {
    meta.kind == ItemKind::Message { associated: false }
}

/// Opens a value of the store, or one that comes with the change set; a recipe is not at hand.
fn open<'a>(
    value: &LargeRef,
    values: &'a [NewValue],
    db: &'a Connection,
) -> Option<Box<dyn Read + 'a>> {
    let LargePlace::Pending(index) = value.place else {
        return view::open(db, value);
    };
    match values.get(usize::try_from(index).ok()?)? {
        NewValue::Bytes(bytes) => Some(Box::new(Cursor::new(bytes.as_slice()))),
        NewValue::Recipe(_) => None,
    }
}

/// A new message as its save has it: nothing is copied.
struct SaveRow<'a> {
    save: &'a MessageSave,
    open: &'a dyn Fn(&LargeRef) -> Option<Box<dyn Read + 'a>>,
}

/// What a message is that has no number yet.
pub(crate) static UNBORN: ItemMeta = ItemMeta {
    id: ItemId(0),
    parent: ItemId(0),
    kind: ItemKind::Message { associated: false },
    deleted: false,
    flags: 0,
    status: 0,
    size: 0,
    change: 0,
    content_version: 0,
    thread: None,
};

impl ItemRow for SaveRow<'_> {
    fn meta(&self) -> &ItemMeta {
        &UNBORN
    }

    fn slot(&self, id: u16) -> Option<Cow<'_, Slot>> {
        // Of two values for one property the later one counts.
        let mut set = self.save.patch.set.iter().rev();
        set.find(|(at, _)| *at == id)
            .map(|(_, slot)| Cow::Borrowed(slot))
    }

    fn open(&self, value: &LargeRef) -> Option<Box<dyn Read + '_>> {
        (self.open)(value)
    }

    fn any_recipient(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        let rows = self.save.recipients.iter().flatten();
        rows.map(|bag| SubRow { bag, item: self })
            .any(|row| visit(&row))
    }

    fn any_attachment(&self, visit: &mut dyn FnMut(&dyn Row) -> bool) -> bool {
        let rows = self.save.attachments.iter().flatten();
        rows.map(|a| SubRow {
            bag: &a.props,
            item: self,
        })
        .any(|row| visit(&row))
    }
}
