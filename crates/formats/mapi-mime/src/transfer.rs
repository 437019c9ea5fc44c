//! Content transfer encodings: lenient decoders that never fail, and encoders.
//! RFC 2045 §6

pub(crate) mod base64;
pub(crate) mod quoted_printable;
pub(crate) mod uuencode;
pub(crate) mod yenc;

/// How a body's bytes were made fit for transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Transfer {
    /// 7bit, 8bit, binary, and what is not known.
    #[default]
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
}

impl Transfer {
    /// Reads the value of Content-Transfer-Encoding; `None` when it is not a known one.
    pub(crate) fn parse(value: &str) -> Option<Self> {
        let word = value
            .split([';', '(', ' ', '\t'])
            .find(|w| !w.is_empty())
            .unwrap_or("");
        let word = word.trim_matches(|c| c == '"' || c == '\'');
        Some(match word.to_ascii_lowercase().as_str() {
            "" | "7bit" | "8bit" | "binary" | "7-bit" | "8-bit" | "7bits" | "8bits" | "none" => {
                Self::Identity
            }
            "base64" | "base-64" | "x-base64" | "b64" => Self::Base64,
            "quoted-printable" | "quotedprintable" | "quoted_printable" | "qp" => {
                Self::QuotedPrintable
            }
            "x-uuencode" | "uuencode" | "x-uue" | "uue" => Self::Uuencode,
            _ => return None,
        })
    }

    /// Decodes all of `bytes`.
    pub(crate) fn decode(self, bytes: &[u8]) -> (Vec<u8>, Option<&'static str>) {
        let mut out = Vec::with_capacity(match self {
            Self::Base64 => bytes.len() / 4 * 3 + 3,
            _ => bytes.len(),
        });
        let mut decoder = Decoder::new(self);
        decoder.feed(bytes, &mut out);
        decoder.finish(&mut out);
        (out, decoder.defect())
    }
}

/// A file that stands encoded in the middle of text.
#[derive(Debug)]
pub(crate) struct InText<'t> {
    /// As it was written, in the text's charset.
    pub(crate) name: &'t [u8],
    pub(crate) data: Vec<u8>,
    /// Where the text goes on.
    pub(crate) end: usize,
    /// Which piece this is, and of how many.
    pub(crate) piece: Option<(u32, u32)>,
    pub(crate) defect: Option<&'static str>,
}

impl<'t> InText<'t> {
    fn whole(name: &'t [u8], data: Vec<u8>, end: usize) -> Self {
        Self {
            name,
            data,
            end,
            piece: None,
            defect: None,
        }
    }
}

/// A decoder that is fed piece by piece.
pub(crate) enum Decoder {
    Identity,
    Base64(base64::Decoder),
    QuotedPrintable(quoted_printable::Decoder),
    Uuencode(uuencode::Decoder),
}

impl Decoder {
    pub(crate) fn new(transfer: Transfer) -> Self {
        match transfer {
            Transfer::Identity => Self::Identity,
            Transfer::Base64 => Self::Base64(base64::Decoder::default()),
            Transfer::QuotedPrintable => {
                Self::QuotedPrintable(quoted_printable::Decoder::default())
            }
            Transfer::Uuencode => Self::Uuencode(uuencode::Decoder::default()),
        }
    }

    pub(crate) fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Identity => out.extend_from_slice(input),
            Self::Base64(d) => d.feed(input, out),
            Self::QuotedPrintable(d) => d.feed(input, out),
            Self::Uuencode(d) => d.feed(input, out),
        }
    }

    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Identity => {}
            Self::Base64(d) => d.finish(out),
            Self::QuotedPrintable(d) => d.finish(out),
            Self::Uuencode(d) => d.finish(out),
        }
    }

    /// What was wrong with the input, once finished.
    pub(crate) fn defect(&self) -> Option<&'static str> {
        match self {
            Self::Identity | Self::Uuencode(_) => None,
            Self::Base64(d) => d.defect(),
            Self::QuotedPrintable(d) => d.defect(),
        }
    }
}
