//! Sorted property maps, and values too large to lie in one.

use crate::{PropTag, PropType, PropValue};

/// What a map holds for a property: the value, or where a large one lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slot {
    /// The value itself.
    Value(PropValue),
    /// A value kept outside the map, read as a stream.
    Large(LargeRef),
}

/// A large value by reference: PT_UNICODE as UTF-8, PT_STRING8 and PT_BINARY as bytes,
/// PT_OBJECT as the bytes of the object (an OLE storage).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LargeRef {
    /// The property type.
    pub ty: PropType,
    /// Bytes of the stored form.
    pub size: u64,
    /// Where it is.
    pub place: LargePlace,
}

/// Whether a large value is at hand. (*Absent* is having no slot.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LargePlace {
    /// In the store, under this key (a provider's own; for local stores the BLAKE3 of the content).
    Present([u8; 32]),
    /// Known to exist on a server, not yet fetched.
    Remote,
    /// Among the new values of the change set being committed, at this index. Never stored.
    Pending(u32),
}

impl Slot {
    /// The property type.
    #[must_use]
    pub const fn ty(&self) -> PropType {
        match self {
            Self::Value(v) => v.ty(),
            Self::Large(l) => l.ty,
        }
    }

    /// The value, unless it is large.
    #[must_use]
    pub const fn value(&self) -> Option<&PropValue> {
        match self {
            Self::Value(v) => Some(v),
            Self::Large(_) => None,
        }
    }

    /// Bytes as MAPI counts them; a large PT_UNICODE is counted twice its UTF-8 bytes, an upper bound for ASCII.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::Value(v) => v.size(),
            Self::Large(l) if l.ty == PropType::UNICODE => l.size.saturating_mul(2),
            Self::Large(l) => l.size,
        }
    }
}

impl<V: Into<PropValue>> From<V> for Slot {
    fn from(value: V) -> Self {
        Self::Value(value.into())
    }
}

/// Entries in key order, each key once. Small and read mostly, so a sorted vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropMap<K, V> {
    entries: Vec<(K, V)>,
}

/// The properties of one object in one store, keyed by that store's identifiers.
pub type Bag = PropMap<u16, Slot>;

impl<K, V> Default for PropMap<K, V> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<K: Ord, V> PropMap<K, V> {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty map with room for `entries`.
    #[must_use]
    pub fn with_capacity(entries: usize) -> Self {
        Self {
            entries: Vec::with_capacity(entries),
        }
    }

    /// Makes room for so many entries more, and no more than that: for maps of which there are many.
    pub fn reserve(&mut self, entries: usize) {
        self.entries.reserve_exact(entries);
    }

    /// Number of properties.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry of `key`.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let at = self.entries.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        self.entries.get(at).map(|(_, v)| v)
    }

    /// Whether `key` is there.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// Puts `value` under `key` and gives back what was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.entries.last() {
            Some((last, _)) if *last < key => {
                self.entries.push((key, value));
                return None;
            }
            _ => {}
        }
        match self.entries.binary_search_by(|(k, _)| k.cmp(&key)) {
            Ok(at) => self
                .entries
                .get_mut(at)
                .map(|(_, v)| std::mem::replace(v, value)),
            Err(at) => {
                self.entries.insert(at, (key, value));
                None
            }
        }
    }

    /// Takes the entry of `key` out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.entries.binary_search_by(|(k, _)| k.cmp(key)).ok()?;
        Some(self.entries.remove(at).1)
    }

    /// Entries in key order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &V)> + DoubleEndedIterator {
        self.entries.iter().map(|(k, v)| (k, v))
    }

    /// Keeps the entries for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.entries.retain_mut(|(k, v)| keep(k, v));
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for PropMap<K, V> {
    /// Later entries replace earlier ones of the same key.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut map = Self::new();
        for (k, v) in iter {
            map.insert(k, v);
        }
        map
    }
}

impl<K, V> IntoIterator for PropMap<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl Bag {
    /// Puts a value under its tag's identifier. The type kept is the value's own.
    pub fn set(&mut self, tag: impl Into<PropTag>, value: impl Into<PropValue>) {
        let value = value.into();
        debug_assert!(!matches!(value, PropValue::Null), "PT_NULL is never stored");
        self.insert(tag.into().id(), Slot::Value(value));
    }

    /// The small value of `tag`, whatever its type.
    #[must_use]
    pub fn value(&self, tag: impl Into<PropTag>) -> Option<&PropValue> {
        self.get(&tag.into().id()).and_then(Slot::value)
    }

    /// The text of `tag`, if it is a small PT_UNICODE.
    #[must_use]
    pub fn text(&self, tag: impl Into<PropTag>) -> Option<&str> {
        self.value(tag).and_then(PropValue::as_str)
    }
}
