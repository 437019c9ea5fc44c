//! The Internet form of a message: its original bytes while they hold, else new MIME.

use std::io::{self, PipeReader, Read};
use std::thread::{self, JoinHandle};

use mapi::{MapiProp, Message, Original, ValueReader, message_flags};
use mapi_mime::{WriteOptions, Written};
use mapi_props::{Defect, MessageTree, tags};
use mapi_spi::Result;

/// The bytes of a message as a stream.
#[derive(Debug)]
pub struct MimeOf {
    source: Source,
}

#[derive(Debug)]
enum Source {
    /// What it was imported from.
    Original(ValueReader),
    /// Made here, by a thread that writes as fast as somebody reads: large attachments never lie in memory.
    New {
        pipe: PipeReader,
        writer: Option<JoinHandle<io::Result<Written>>>,
        losses: Vec<Defect>,
    },
}

impl MimeOf {
    /// The bytes of `message`, which may be an embedded one.
    ///
    /// # Errors
    /// Those of the store; `MAPI_E_NOT_ENOUGH_RESOURCES` when the system gives no pipe.
    pub fn message(message: &Message) -> Result<Self> {
        if message.item().is_some()
            && let Original::Valid(reader) = message.original()?
        {
            return Ok(Self {
                source: Source::Original(reader),
            });
        }
        let draft = message.flags() & message_flags::UNSENT != 0;
        let options = WriteOptions {
            // Only a draft may say who gets it in secret.
            with_bcc: draft,
            // What came stays as it came, but for what was changed.
            with_received: !draft,
            date: message.find(tags::MESSAGE_DELIVERY_TIME)?,
            ..WriteOptions::default()
        };
        Self::written(message.to_tree()?, options)
    }

    /// New bytes of a message on its way out: without Bcc, and without what the header said on some way here.
    ///
    /// # Errors
    /// `MAPI_E_NOT_ENOUGH_RESOURCES` when the system gives no pipe.
    pub fn leaving(tree: MessageTree) -> Result<Self> {
        Self::written(tree, WriteOptions::default())
    }

    fn written(tree: MessageTree, options: WriteOptions) -> Result<Self> {
        let no_pipe = |e: io::Error| {
            let code = mapi_props::Code::NOT_ENOUGH_RESOURCES;
            mapi_spi::Error::caused(code, "a message cannot be written", e)
        };
        let (pipe, mut to) = io::pipe().map_err(no_pipe)?;
        let write = move || {
            let mut to = io::BufWriter::with_capacity(64 * 1024, &mut to);
            let written = mapi_mime::write(&tree, &options, &mut to)?;
            io::Write::flush(&mut to)?;
            Ok(written)
        };
        let writer = thread::Builder::new().spawn(write).map_err(no_pipe)?;
        Ok(Self {
            source: Source::New {
                pipe,
                writer: Some(writer),
                losses: Vec::new(),
            },
        })
    }

    /// Whether these are the bytes that the message was imported from.
    #[must_use]
    pub const fn is_original(&self) -> bool {
        matches!(self.source, Source::Original(_))
    }

    /// What new MIME could not carry; complete once everything was read.
    #[must_use]
    pub fn losses(&self) -> &[Defect] {
        match &self.source {
            Source::Original(_) => &[],
            Source::New { losses, .. } => losses,
        }
    }
}

impl Read for MimeOf {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Source::Original(reader) => reader.read(buf),
            Source::New {
                pipe,
                writer,
                losses,
            } => {
                let n = pipe.read(buf)?;
                // The end may be the writer's failure.
                if n == 0
                    && !buf.is_empty()
                    && let Some(writer) = writer.take()
                {
                    let written = writer
                        .join()
                        .map_err(|_| io::Error::other("the writer broke"))?;
                    *losses = written?.losses;
                }
                Ok(n)
            }
        }
    }
}
