//! What an import needs of the store it fills.

use std::fmt::Debug;

use mapi_props::{Defect, MessageTree};
use mapi_spi::{Result, Turn};

/// A store, or its part below one folder, that takes messages.
pub trait ImportTarget: Sync {
    /// The folder at this path below the target folder; made when missing and `create` says so.
    ///
    /// # Errors
    /// Those of the store.
    fn folder(&self, path: &[String], create: bool) -> Result<Option<Box<dyn ImportFolder>>>;

    /// How deep messages may be nested; deeper ones stay attached as bytes.
    fn embed_depth(&self) -> usize;

    /// The names of PS_INTERNET_HEADERS that the store has mapped: fields of these names become properties.
    ///
    /// # Errors
    /// Those of the store.
    fn header_names(&self) -> Result<Vec<String>>;

    /// Makes everything added so far survive a power cut.
    ///
    /// # Errors
    /// Those of the store.
    fn sync(&self) -> Result<()>;
}

/// A folder that takes messages.
pub trait ImportFolder: Send + Sync + Debug {
    /// Which of these sources it holds a message of, in order.
    ///
    /// # Errors
    /// Those of the store.
    fn known(&self, sources: &[[u8; 32]]) -> Result<Vec<Option<u64>>>;

    /// Adds messages, one result each, in order, when it is their turn: others may be prepared meanwhile. They are
    /// durable only after [`ImportTarget::sync`].
    ///
    /// # Errors
    /// When none could be added: those of the store.
    fn add(&self, messages: Vec<NewMessage>, turn: Turn) -> Result<Vec<Result<Added>>>;
}

/// A message to be added.
#[derive(Debug)]
pub struct NewMessage {
    /// The message with its recipe.
    pub tree: MessageTree,
    /// PR_MESSAGE_FLAGS.
    pub flags: u32,
    /// PR_MSG_STATUS.
    pub status: u32,
    /// BLAKE3 of its source bytes.
    pub source: [u8; 32],
    /// What of its file could not be read. Mail is kept whole, whatever is wrong with it.
    pub damage: Vec<Defect>,
}

/// What became of an added message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It has this number now.
    New(u64),
    /// Another importer was faster: it is there under this number.
    Known(u64),
}
