//! Recipes: values made of literal bytes and of other values, encoded again.

use mapi_props::Encoding;
use mapi_spi::Result;

use super::table::Key;
use crate::failure::corrupt;

/// The parts of a recipe in order. Literal bytes themselves lie in the value's chunks, one after another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Recipe {
    pub(super) parts: Vec<Part>,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// The next so many literal bytes.
    Literal(u64),
    /// Another value.
    Value {
        key: Key,
        encoding: Encoding,
        /// Bytes that it becomes.
        len: u64,
    },
}

impl Part {
    pub(super) const fn len(&self) -> u64 {
        match self {
            Self::Literal(len) | Self::Value { len, .. } => *len,
        }
    }
}

const VERSION: u8 = 1;
const LITERAL: u8 = 0;
const IDENTITY: u8 = 1;
const BASE64: u8 = 2;

impl Recipe {
    /// The values that it refers to, each once.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self
            .parts
            .iter()
            .filter_map(|p| match p {
                Part::Value { key, .. } => Some(*key),
                Part::Literal(_) => None,
            })
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// Version, then per part: kind, length (64 bits), and for values the key and for base64 line length and flags.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        for part in &self.parts {
            match part {
                Part::Literal(len) => {
                    out.push(LITERAL);
                    out.extend_from_slice(&len.to_le_bytes());
                }
                Part::Value { key, encoding, len } => {
                    out.push(if *encoding == Encoding::Identity {
                        IDENTITY
                    } else {
                        BASE64
                    });
                    out.extend_from_slice(&len.to_le_bytes());
                    out.extend_from_slice(key);
                    if let Encoding::Base64 {
                        line_len,
                        crlf,
                        last_eol,
                    } = encoding
                    {
                        out.extend_from_slice(&line_len.to_le_bytes());
                        out.push(u8::from(*crlf) | u8::from(*last_eol) << 1);
                    }
                }
            }
        }
        out
    }

    /// Reads [`Self::encode`]'s bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        Self::parse(bytes).ok_or_else(|| corrupt("a recipe of the store is damaged"))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (version, mut rest) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        let mut parts = Vec::new();
        while let Some((kind, after)) = rest.split_first() {
            let (len, after) = after.split_first_chunk::<8>()?;
            let len = u64::from_le_bytes(*len);
            rest = after;
            if *kind == LITERAL {
                parts.push(Part::Literal(len));
                continue;
            }
            let (key, after) = rest.split_first_chunk::<32>()?;
            rest = after;
            let encoding = match *kind {
                IDENTITY => Encoding::Identity,
                BASE64 => {
                    let (line_len, after) = rest.split_first_chunk::<2>()?;
                    let (flags, after) = after.split_first()?;
                    rest = after;
                    Encoding::Base64 {
                        line_len: u16::from_le_bytes(*line_len),
                        crlf: flags & 1 != 0,
                        last_eol: flags & 2 != 0,
                    }
                }
                _ => return None,
            };
            parts.push(Part::Value {
                key: *key,
                encoding,
                len,
            });
        }
        Some(Self { parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_is_read() {
        let base64 = Encoding::Base64 {
            line_len: 76,
            crlf: true,
            last_eol: false,
        };
        let recipe = Recipe {
            parts: vec![
                Part::Literal(5),
                Part::Value {
                    key: [7; 32],
                    encoding: base64,
                    len: 10,
                },
                Part::Value {
                    key: [8; 32],
                    encoding: Encoding::Identity,
                    len: 1,
                },
            ],
        };
        let bytes = recipe.encode();
        assert_eq!(Recipe::decode(&bytes).unwrap(), recipe);
        assert!(
            (0..bytes.len()).all(|cut| Recipe::decode(&bytes[..cut]).ok() != Some(recipe.clone()))
        );
    }
}
