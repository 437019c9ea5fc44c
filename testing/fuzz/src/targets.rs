//! The targets, one per reader or writer.

mod broken;
mod charset;
mod codec;
mod container;
mod entry_id;
mod form;
mod header;
mod html;
mod link;
mod mail;
mod mime_read;
mod mime_write;
mod msg;
mod parcel;
mod posted;
mod query;
mod queue_state;
mod recipe;
mod restriction;
mod rtf;
mod secrets;
mod svc;
mod text;
mod view;
mod words;

use anyhow::{Result, bail};

use crate::target::Target;

/// Every target, in the order in which they run.
pub const ALL: &[&Target] = &[
    &mime_read::TARGET,
    &mime_write::TARGET,
    &header::TARGET,
    &charset::TARGET,
    &query::TARGET,
    &restriction::JSON,
    &restriction::TEXT,
    &codec::TARGET,
    &entry_id::TARGET,
    &view::TARGET,
    &recipe::TARGET,
    &container::MBOX,
    &container::MAILDIR,
    &form::TARGET,
    &msg::READ,
    &msg::PROPERTIES,
    &parcel::TARGET,
    &queue_state::TARGET,
    &link::TARGET,
    &posted::TARGET,
    &secrets::FILE,
    #[cfg(all(unix, not(target_os = "macos")))]
    &secrets::BUS,
    &html::TARGET,
    &rtf::TARGET,
    &svc::TARGET,
    &text::TARGET,
    &words::TARGET,
];

/// The target called `name`, those that fail on purpose included.
///
/// # Errors
/// When there is none.
pub fn find(name: &str) -> Result<&'static Target> {
    let all = ALL.iter().chain(broken::ALL).copied();
    match all.clone().find(|target| target.name == name) {
        Some(target) => Ok(target),
        None => bail!("there is no target `{name}`; `fuzz list` names them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for target in ALL {
            assert!(std::ptr::eq(find(target.name).unwrap(), *target));
        }
        assert!(find("no such").is_err());
    }
}
