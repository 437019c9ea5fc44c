//! How much of a hostile mail is taken apart.

/// What is beyond these is kept as bytes, with a defect; nothing is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Multiparts and embedded messages inside each other.
    pub depth: usize,
    /// Body parts of one message, those of embedded ones included.
    pub parts: usize,
    /// Header fields read from one header.
    pub header_fields: usize,
    /// Bytes of PR_TRANSPORT_MESSAGE_HEADERS.
    pub header_text: usize,
    /// Recipient rows of one message, those of embedded ones included.
    pub recipients: usize,
    /// Header fields that become new named properties.
    pub named_headers: usize,
    /// Bytes of a text that is a body, as it stands in the mail; a larger one becomes an attachment.
    pub body: u64,
    /// Bytes of a body or attachment that are decoded into memory at once; larger ones are read lazily.
    pub in_memory: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 64,
            parts: 10_000,
            header_fields: 10_000,
            header_text: 16 << 20,
            recipients: 20_000,
            named_headers: 64,
            body: 64 << 20,
            in_memory: 64 << 10,
        }
    }
}
