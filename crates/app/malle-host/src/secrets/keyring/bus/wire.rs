//! Values as they stand in messages of D-Bus, written and read.
//! D-Bus Specification 0.43, "Type System" and "Marshaling"

use std::collections::HashMap;

use zeroize::Zeroizing;

/// How deep types may nest; the specification allows 64, what we ask for needs 4.
const DEPTH: usize = 16;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) enum Value {
    /// Any number of up to four bytes, and booleans.
    Number(u32),
    /// Numbers of eight bytes, by their bits.
    Long(u64),
    /// A string, an object's path or a signature.
    Text(String),
    /// An array of bytes.
    Bytes(Hidden),
    Array(Vec<Value>),
    Struct(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Variant(Box<Value>),
}

/// Bytes that may be a secret.
#[derive(Clone, PartialEq)]
pub(in super::super) struct Hidden(pub(in super::super) Zeroizing<Vec<u8>>);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Value {
    pub(in super::super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Variant(inner) => inner.text(),
            _ => None,
        }
    }

    pub(in super::super) fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Variant(inner) => inner.number(),
            _ => None,
        }
    }

    pub(in super::super) fn texts(&self) -> Vec<String> {
        let Self::Array(items) = self else {
            return Vec::new();
        };
        let texts = items.iter().filter_map(Self::text);
        texts.map(str::to_owned).collect()
    }
}

/// A body, or a header, being written in little-endian order. Wiped when dropped.
#[derive(Default)]
pub(in super::super) struct Writer {
    bytes: Zeroizing<Vec<u8>>,
}

impl Writer {
    /// One that will not grow, so that no copy of a secret is left behind.
    pub(in super::super) fn with_room(room: usize) -> Self {
        Self {
            bytes: Zeroizing::new(Vec::with_capacity(room)),
        }
    }

    pub(in super::super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(in super::super) fn align(&mut self, to: usize) {
        let padded = self.bytes.len().next_multiple_of(to);
        self.bytes.resize(padded, 0);
    }

    pub(in super::super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(in super::super) fn u32(&mut self, number: u32) {
        self.align(4);
        self.bytes.extend_from_slice(&number.to_le_bytes());
    }

    pub(in super::super) fn bool(&mut self, yes: bool) {
        self.u32(u32::from(yes));
    }

    /// A string or an object's path.
    pub(in super::super) fn text(&mut self, text: &str) {
        self.u32(length(text.len()));
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(0);
    }

    pub(in super::super) fn signature(&mut self, text: &str) {
        self.bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(0);
    }

    pub(in super::super) fn bytes(&mut self, bytes: &[u8]) {
        self.u32(length(bytes.len()));
        self.bytes.extend_from_slice(bytes);
    }

    /// An array whose items are aligned to `align`.
    pub(in super::super) fn array(&mut self, align: usize, items: impl FnOnce(&mut Self)) {
        self.align(4);
        let at = self.bytes.len();
        self.u32(0);
        // The padding before the first item is not counted.
        self.align(align);
        let start = self.bytes.len();
        items(self);
        let counted = length(self.bytes.len() - start).to_le_bytes();
        for (to, from) in self.bytes.iter_mut().skip(at).zip(counted) {
            *to = from;
        }
    }

    /// Names and values, both strings.
    pub(in super::super) fn texts_by_name(&mut self, pairs: &[(&str, &str)]) {
        self.array(8, |to| {
            for (name, value) in pairs {
                to.align(8);
                to.text(name);
                to.text(value);
            }
        });
    }
}

fn length(length: usize) -> u32 {
    u32::try_from(length).expect("a message is far shorter than 4 GiB")
}

/// Reads the values of a signature from the bytes of a message.
pub(in super::super) fn read(signature: &str, bytes: &[u8], order: Order) -> Option<Vec<Value>> {
    let mut reader = Reader::of(bytes, order);
    let mut signature = signature.as_bytes();
    let mut values = Vec::new();
    while !signature.is_empty() {
        values.push(reader.value(&mut signature, 0)?);
    }
    Some(values)
}

/// Which end of a number comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Order {
    Little,
    Big,
}

/// Bytes being read. Every step that would leave them is `None`.
pub(in super::super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    order: Order,
}

impl<'a> Reader<'a> {
    pub(in super::super) const fn of(bytes: &'a [u8], order: Order) -> Self {
        Self {
            bytes,
            at: 0,
            order,
        }
    }

    pub(in super::super) const fn at(&self) -> usize {
        self.at
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    pub(in super::super) fn align(&mut self, to: usize) -> Option<()> {
        let aligned = self.at.checked_next_multiple_of(to)?;
        self.take(aligned - self.at).map(drop)
    }

    pub(in super::super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(in super::super) fn u32(&mut self) -> Option<u32> {
        self.align(4)?;
        let bytes = self.take(4)?.try_into().ok()?;
        Some(match self.order {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        })
    }

    fn u16(&mut self) -> Option<u32> {
        self.align(2)?;
        let bytes = self.take(2)?.try_into().ok()?;
        Some(u32::from(match self.order {
            Order::Little => u16::from_le_bytes(bytes),
            Order::Big => u16::from_be_bytes(bytes),
        }))
    }

    fn u64(&mut self) -> Option<u64> {
        self.align(8)?;
        let bytes = self.take(8)?.try_into().ok()?;
        Some(match self.order {
            Order::Little => u64::from_le_bytes(bytes),
            Order::Big => u64::from_be_bytes(bytes),
        })
    }

    fn text(&mut self, length: usize) -> Option<String> {
        let text = std::str::from_utf8(self.take(length)?).ok()?.to_owned();
        (self.byte()? == 0).then_some(text)
    }

    /// One value of the type that `signature` begins with, which is taken off it.
    fn value(&mut self, signature: &mut &[u8], depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        let (kind, rest) = signature.split_first()?;
        *signature = rest;
        Some(match kind {
            b'y' => Value::Number(u32::from(self.byte()?)),
            b'n' | b'q' => Value::Number(self.u16()?),
            b'b' | b'i' | b'u' | b'h' => Value::Number(self.u32()?),
            b'x' | b't' | b'd' => Value::Long(self.u64()?),
            b's' | b'o' => {
                let length = self.u32()? as usize;
                Value::Text(self.text(length)?)
            }
            b'g' => {
                let length = usize::from(self.byte()?);
                Value::Text(self.text(length)?)
            }
            b'v' => {
                let length = usize::from(self.byte()?);
                let inner = self.text(length)?;
                let mut inner = inner.as_bytes();
                let value = self.value(&mut inner, depth + 1)?;
                inner.is_empty().then(|| Value::Variant(Box::new(value)))?
            }
            b'(' => {
                self.align(8)?;
                Value::Struct(self.fields(signature, depth)?)
            }
            b'a' => self.array(signature, depth)?,
            _ => return None,
        })
    }

    fn fields(&mut self, signature: &mut &[u8], depth: usize) -> Option<Vec<Value>> {
        let mut fields = Vec::new();
        while signature.first()? != &b')' {
            fields.push(self.value(signature, depth + 1)?);
        }
        *signature = signature.get(1..)?;
        // Without a field it would take no bytes, and an array of them would never end.
        (!fields.is_empty()).then_some(fields)
    }

    fn array(&mut self, signature: &mut &[u8], depth: usize) -> Option<Value> {
        let length = self.u32()? as usize;
        let (item, rest) = signature.split_at_checked(type_length(signature, depth)?)?;
        *signature = rest;
        if item == b"y" {
            let bytes = self.take(length)?.to_vec();
            return Some(Value::Bytes(Hidden(Zeroizing::new(bytes))));
        }
        self.align(alignment(*item.first()?))?;
        let end = self.at.checked_add(length)?;
        let (mut items, mut pairs) = (Vec::new(), Vec::new());
        while self.at < end {
            let mut kind = item;
            if let Some(pair) = item.strip_prefix(b"{") {
                kind = pair;
                self.align(8)?;
                let key = self.value(&mut kind, depth + 1)?;
                pairs.push((key, self.value(&mut kind, depth + 1)?));
            } else {
                items.push(self.value(&mut kind, depth + 1)?);
            }
        }
        let whole = self.at == end;
        let value = if item.starts_with(b"{") {
            Value::Dict(pairs)
        } else {
            Value::Array(items)
        };
        whole.then_some(value)
    }

    /// The fields of a message's header, by their codes.
    pub(in super::super) fn header_fields(&mut self) -> Option<HashMap<u32, Value>> {
        let Value::Array(fields) = self.value(&mut &b"a(yv)"[..], 0)? else {
            return None;
        };
        let pair = |field: Value| match field {
            Value::Struct(parts) => match <[Value; 2]>::try_from(parts).ok()? {
                [Value::Number(code), value] => Some((code, value)),
                _ => None,
            },
            _ => None,
        };
        fields.into_iter().map(pair).collect()
    }
}

/// How many characters of a signature are its first type.
fn type_length(signature: &[u8], depth: usize) -> Option<usize> {
    if depth > DEPTH {
        return None;
    }
    let close = match signature.first()? {
        b'a' => return Some(1 + type_length(signature.get(1..)?, depth + 1)?),
        b'(' => b')',
        b'{' => b'}',
        _ => return Some(1),
    };
    let mut length = 1;
    while signature.get(length)? != &close {
        length += type_length(signature.get(length..)?, depth + 1)?;
    }
    Some(length + 1)
}

const fn alignment(kind: u8) -> usize {
    match kind {
        b'n' | b'q' => 2,
        b'b' | b'i' | b'u' | b'h' | b's' | b'o' | b'a' => 4,
        b'x' | b't' | b'd' | b'(' | b'{' => 8,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Writer {
        let mut to = Writer::default();
        to.text("/path");
        to.array(8, |to| {
            to.align(8);
            to.text("key");
            to.signature("a{ss}");
            to.texts_by_name(&[("a", "1"), ("b", "2")]);
        });
        to.align(8);
        to.text("/session");
        to.bytes(b"");
        to.bytes(b"secret");
        to.text("text/plain");
        to.bool(true);
        to.array(4, |_| ());
        to
    }

    const SAMPLE: &str = "oa{sv}(oayays)bao";

    #[test]
    fn what_is_written_is_read() {
        let to = sample();
        let read = read(SAMPLE, to.as_bytes(), Order::Little).unwrap();
        let text = |s: &str| Value::Text(s.to_owned());
        let bytes = |b: &[u8]| Value::Bytes(Hidden(Zeroizing::new(b.to_vec())));
        let pairs = vec![(text("a"), text("1")), (text("b"), text("2"))];
        let inner = Value::Variant(Box::new(Value::Dict(pairs)));
        let secret = vec![
            text("/session"),
            bytes(b""),
            bytes(b"secret"),
            text("text/plain"),
        ];
        let want = [
            text("/path"),
            Value::Dict(vec![(text("key"), inner)]),
            Value::Struct(secret),
            Value::Number(1),
            Value::Array(Vec::new()),
        ];
        assert_eq!(read, want);
        assert!(!format!("{read:?}").contains("115, 101"), "{read:?}");
    }

    #[test]
    fn numbers_of_the_other_order() {
        let read = read("un", &[0, 0, 1, 2, 3, 4], Order::Big).unwrap();
        assert_eq!(read, [Value::Number(258), Value::Number(772)]);
    }

    #[test]
    fn no_bytes_and_no_signature_make_it_panic() {
        let to = sample();
        for end in 0..to.as_bytes().len() {
            assert!(super::read(SAMPLE, &to.as_bytes()[..end], Order::Little).is_none());
        }
        let mut chance = testkit::Chance::from_seed(11);
        for _ in 0..20_000 {
            let mut bytes = to.as_bytes().to_vec();
            for _ in 0..3 {
                let at = chance.below(bytes.len() as u64) as usize;
                bytes[at] = chance.bytes(1)[0];
            }
            let _any = super::read(SAMPLE, &bytes, Order::Big);
            let signature = String::from_utf8_lossy(&chance.bytes(8)).into_owned();
            let _any = super::read(&signature, &bytes, Order::Little);
        }
        for deep in ["a".repeat(200), "(".repeat(200), "v".repeat(40)] {
            let _any = super::read(&deep, &[0; 4000], Order::Little);
        }
        // An array of what takes no bytes would never end.
        let array = [8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        assert!(super::read("a()", &array, Order::Little).is_none());
        assert!(super::read("v", &[1, b'v', 0].repeat(100), Order::Little).is_none());
    }
}
