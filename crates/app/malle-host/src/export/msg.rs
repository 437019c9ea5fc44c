//! A message as a `.msg` file.

use std::io::{self, Read};

use mapi::{MapiProp, Message};
use mapi_msg::MsgFile;
use mapi_props::{Defect, PropValue, tags};
use mapi_spi::Result;

/// The bytes of a message as a `.msg` file, made while they are read.
pub struct MsgOf {
    bytes: Box<dyn Read + Send>,
    losses: Vec<Defect>,
}

impl std::fmt::Debug for MsgOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MsgOf").finish_non_exhaustive()
    }
}

impl MsgOf {
    /// The file of `message`, which may be an embedded one.
    ///
    /// # Errors
    /// Those of the store; `MAPI_E_TOO_BIG` for a message that no such file can hold.
    pub fn message(message: &Message) -> Result<Self> {
        let mut tree = message.to_tree()?;
        // A store knows these of a message, and has no property for them.
        tree.props
            .set(tags::MESSAGE_FLAGS, message.flags().cast_signed());
        let status = [tags::MSG_STATUS.raw()];
        let status = message.get_props(&status)?.ignore_warning();
        if let Some(PropValue::Long(status)) = status.first().map(|p| &p.value) {
            tree.props.set(tags::MSG_STATUS, *status);
        }
        let too_big = |e: io::Error| {
            let detail = "the message cannot be written as a .msg file";
            mapi_spi::Error::caused(mapi_props::Code::TOO_BIG, detail, e)
        };
        let file = MsgFile::of(&tree).map_err(too_big)?;
        Ok(Self {
            bytes: file.open().map_err(too_big)?,
            losses: file.losses,
        })
    }

    /// What the file cannot carry.
    #[must_use]
    pub fn losses(&self) -> &[Defect] {
        &self.losses
    }
}

impl Read for MsgOf {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(buf)
    }
}
