//! `malle read --rtf`: the RTF body of a message as it was packed.

use std::io::{self, Read, Write};

use mapi::Message;
use mapi_props::{PropKey, TreeProps, TreeValue, tags};
use mapi_rtf::compressed::decompress;
use mapi_rtf::{Native, native};
use serde::Serialize;

use crate::app::App;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};
use crate::text;

/// Bytes of RTF that are unpacked.
const LONGEST: usize = 256 << 20;

/// `{"id","carries","rtf"}`.
#[derive(Serialize)]
struct Rtf {
    id: String,
    /// What it was made from.
    carries: &'static str,
    /// Each character is a byte.
    rtf: String,
    #[serde(skip)]
    bytes: Vec<u8>,
}

impl Shown for Rtf {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if to.output.on_terminal() {
            return to.line(text::clean_block(&self.rtf));
        }
        to.write_all(&self.bytes)
    }
}

pub(super) fn run(app: &App, id: &str, message: &Message) -> Outcome<Exit> {
    let tree = message.to_tree().map_err(|e| app.failure(&e))?;
    let Some(packed) = stored(&tree.props) else {
        return Err(app.fail(Exit::NotFound, "no-rtf", Msg::NoRtf, &[&id]));
    };
    let damaged = |why: &dyn std::fmt::Display| {
        app.fail(Exit::Failure, "damaged-rtf", Msg::BadRtf, &[&id, why])
    };
    let packed = packed.map_err(|e| damaged(&malle_host::reason(&e)))?;
    let bytes = decompress(&packed, LONGEST).map_err(|e| damaged(&e))?;
    app.output.show(&Rtf {
        id: id.to_owned(),
        carries: match native(&bytes) {
            Native::Rtf => "rtf",
            Native::Html => "html",
            Native::Text => "text",
        },
        rtf: bytes.iter().map(|byte| char::from(*byte)).collect(),
        bytes,
    })?;
    Ok(Exit::Ok)
}

/// What is stored as PR_RTF_COMPRESSED; RTF that is made from another body is not meant.
fn stored(props: &TreeProps) -> Option<io::Result<Vec<u8>>> {
    match props.get(&PropKey::from(tags::RTF_COMPRESSED.raw()))? {
        TreeValue::Value(value) => value.as_bytes().map(|bytes| Ok(bytes.to_vec())),
        TreeValue::Large(_, source) => Some(source.open().and_then(|mut reader| {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes)?;
            Ok(bytes)
        })),
    }
}
