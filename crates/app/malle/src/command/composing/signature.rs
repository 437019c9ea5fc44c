//! Signatures: a text file for each identity, or one for all.

use std::fs;
use std::io;

use mapi::{MapiProp, Message, tags};

use crate::app::App;
use crate::args::ComposeArgs;
use crate::exit::Outcome;

use super::said::file_failure;

/// The largest signature that is added.
const MAX: u64 = 64 * 1024;

/// What a person says, with the signature of whom the message is from below it.
pub(crate) fn signed(
    app: &App,
    message: &Message,
    args: &ComposeArgs,
    words: &str,
) -> Outcome<String> {
    let words = words.replace("\r\n", "\n");
    let words = words.trim_end();
    if args.no_signature {
        return Ok(words.to_owned());
    }
    match signature(app, message)? {
        Some(signature) => Ok(format!("{words}\n\n-- \n{signature}")),
        None => Ok(words.to_owned()),
    }
}

/// The signature of the author of a message; none where there is no file.
fn signature(app: &App, message: &Message) -> Outcome<Option<String>> {
    let from = message.find(tags::SENT_REPRESENTING_EMAIL_ADDRESS);
    let from = from.map_err(|e| app.failure(&e))?.unwrap_or_default();
    let home = app.host()?.profiles().home().clone();
    let folder = home.signatures_dir(&app.profile_name()?);
    // An address is no path: what could leave the folder names no file in it.
    let plain = |c: char| c.is_alphanumeric() || "@.+-_".contains(c);
    let own = from.to_lowercase();
    let own = (!own.is_empty() && own.chars().all(plain)).then(|| format!("{own}.txt"));
    for name in own.into_iter().chain(["default.txt".to_owned()]) {
        let path = folder.join(name);
        match fs::metadata(&path) {
            Ok(found) if found.len() <= MAX => {
                let text = fs::read_to_string(&path).map_err(|e| file_failure(&path, &e))?;
                let text = text.replace("\r\n", "\n");
                let text = text.strip_prefix("-- \n").unwrap_or(&text).trim_end();
                return Ok(Some(text.to_owned()).filter(|t| !t.is_empty()));
            }
            Ok(_) => {
                let large = io::Error::from(io::ErrorKind::FileTooLarge);
                return Err(file_failure(&path, &large));
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(file_failure(&path, &e)),
        }
    }
    Ok(None)
}
