//! `malle mark`: read, unread, flags, categories and status bits.

use malle_views::{STATUS_NAMES, StoreNames};
use mapi::{
    MapiProp, Message, MessageStatus, MsgStore, OpenFlags, PropTag, PropValue, ReadFlags, SaveFlags,
};
use mapi_props::names::{NameMap, named_by_name};
use mapi_props::{Code, PropName, guids, tags};

use crate::app::App;
use crate::args::MarkArgs;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;

use super::bulk::Tally;
use super::reports;

/// PR_FLAG_STATUS of a flagged message, and its red icon. [MS-OXOFLAG] 2.2.1
const FLAGGED: i32 = 2;
const RED: i32 = 6;

pub(super) fn run(app: &App, args: &MarkArgs) -> Outcome<Exit> {
    let mut tally = Tally::default();
    for id in &args.ids {
        let marked = mark(app, args, id);
        tally.add(id, marked)?;
    }
    tally.show(app, "marked", Msg::Marked, None)
}

fn mark(app: &App, args: &MarkArgs, id: &str) -> Outcome<()> {
    let (store, message) = app.message(id, OpenFlags::MODIFY)?;
    if app.global.dry_run {
        return Ok(());
    }
    if args.read {
        let policy = app.api(app.session()?.reporting())?.receipts;
        let asked = |to: &mapi::ReceiptTo| reports::ask(app, to);
        app.api(message.read_by_person(policy, asked))?;
    }
    change(args, &store, &message).map_err(|e| app.failure(&e))
}

fn change(args: &MarkArgs, store: &MsgStore, message: &Message) -> mapi::Result<()> {
    if args.unread {
        message.set_read_flag(ReadFlags::CLEAR_READ_FLAG)?;
    }
    let mut changed = false;
    if args.flag {
        message.set(tags::FLAG_STATUS, FLAGGED)?;
        message.set(tags::FOLLOWUP_ICON, RED)?;
        changed = true;
    } else if args.unflag {
        message.delete_props(&[tags::FLAG_STATUS.raw(), tags::FOLLOWUP_ICON.raw()])?;
        changed = true;
    }
    if !args.category.is_empty() || !args.uncategory.is_empty() {
        changed |= categorise(args, store, message)?;
    }
    if changed {
        message.save_changes(SaveFlags::NONE)?;
    }
    set_status(args, store, message)
}

/// PR_MSG_STATUS: not the message's own, but what its folder's view remembers of it.
fn set_status(args: &MarkArgs, store: &MsgStore, message: &Message) -> mapi::Result<()> {
    let bits = |names: &[String]| {
        let named = STATUS_NAMES
            .iter()
            .filter(|(name, _)| names.iter().any(|n| n == name));
        named.fold(0, |bits, (_, bit)| bits | bit.0)
    };
    let (set, clear) = (bits(&args.status), bits(&args.no_status));
    let (Some(folder), Some(id)) = (message.parent_id()?, message.entry_id()) else {
        return Ok(());
    };
    if set | clear != 0 {
        let folder = store.open_folder(&folder, OpenFlags::MODIFY)?;
        folder.set_message_status(&id, MessageStatus(set), MessageStatus(set | clear))?;
    }
    Ok(())
}

/// PidNameKeywords, [MS-OXCMSG] 2.2.1.17: added and taken away without regard to case.
fn categorise(args: &MarkArgs, store: &MsgStore, message: &Message) -> mapi::Result<bool> {
    let name = keywords();
    let tag = message.named_tag(&name, mapi::PropType::MV_UNICODE)?;
    let before = categories(store, message, tag)?;
    let mut now = before.clone();
    now.retain(|have| !args.uncategory.iter().any(|gone| same(have, gone)));
    for new in &args.category {
        if !now.iter().any(|have| same(have, new)) {
            now.push(new.clone());
        }
    }
    if now == before {
        return Ok(false);
    }
    if now.is_empty() {
        message.delete_props(&[tag])?;
    } else {
        message.set_props(&[(tag, PropValue::MvUnicode(now))])?;
    }
    Ok(true)
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

fn keywords() -> PropName {
    match named_by_name("PidNameKeywords") {
        Some((name, _)) => name,
        None => PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords"),
    }
}

fn categories(store: &MsgStore, message: &Message, tag: PropTag) -> mapi::Result<Vec<String>> {
    // A name that the store does not know yet has no values.
    if StoreNames::of(store).id_of(&keywords()).is_none() {
        return Ok(Vec::new());
    }
    let found = message.get_props(&[tag])?.ignore_warning();
    match found.into_iter().next().map(|prop| prop.value) {
        Some(PropValue::MvUnicode(list)) => Ok(list),
        Some(PropValue::Error(code)) if code != Code::NOT_FOUND => {
            Err(mapi::Error::new(code, "the categories cannot be read"))
        }
        _ => Ok(Vec::new()),
    }
}
