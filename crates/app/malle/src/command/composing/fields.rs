//! What the command line says of a message beside its text.

use mapi::{
    Addressee, FileTime, MapiProp, Message, ModifyMode, PropName, PropType, PropValue,
    recipient_type, tags,
};
use mapi_props::guids;

use crate::app::App;
use crate::args::{ComposeArgs, ImportanceName, SensitivityName};
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::text;

use super::bad_address;
use super::said::file_failure;

/// The people of a list, as mail headers write it.
pub(crate) fn people(app: &App, list: &str) -> Outcome<Vec<Addressee>> {
    let found = malle_views::addresses(list);
    found.map_err(|wrong| bad_address(app, &wrong))
}

/// Sets what the command line says. Recipients come in addition to those that are there.
pub(crate) fn apply(app: &App, message: &Message, args: &ComposeArgs) -> Outcome<()> {
    let mut rows = Vec::new();
    for (lists, kind) in [
        (&args.to, recipient_type::TO),
        (&args.cc, recipient_type::CC),
        (&args.bcc, recipient_type::BCC),
    ] {
        for list in lists {
            rows.extend(people(app, list)?.iter().map(|person| person.row(kind)));
        }
    }
    let mut replies = Vec::new();
    for list in &args.reply_to {
        replies.extend(people(app, list)?);
    }
    let report_to = args.report_to.as_deref().map(|list| people(app, list));
    let report_to = report_to.transpose()?;
    let times = [
        (tags::EXPIRY_TIME, &args.expires),
        (tags::REPLY_TIME, &args.reply_by),
        (tags::DEFERRED_DELIVERY_TIME, &args.defer),
    ];
    let mut moments = Vec::new();
    for (tag, said) in times {
        if let Some(said) = said {
            moments.push((tag, when(app, said)?));
        }
    }
    let set = || -> mapi::Result<()> {
        if !rows.is_empty() {
            message.modify_recipients(ModifyMode::Add, &rows)?;
        }
        if !replies.is_empty() {
            message.set_reply_recipients(&replies)?;
        }
        if let Some(who) = report_to.iter().flatten().next() {
            message.set_report_recipient(who)?;
        }
        for (tag, time) in &moments {
            message.set(*tag, *time)?;
        }
        if args.defer.is_some()
            && let Some((_, time)) = moments.last()
        {
            message.set(tags::DEFERRED_SEND_TIME, *time)?;
        }
        if let Some(subject) = &args.subject {
            message.set(tags::SUBJECT, subject.replace(['\r', '\n'], " "))?;
        }
        marks(message, args)
    };
    set().map_err(|e| app.failure(&e))?;
    attach(args, message)
}

fn marks(message: &Message, args: &ComposeArgs) -> mapi::Result<()> {
    if let Some(importance) = args.importance {
        let (value, priority) = match importance {
            ImportanceName::Low => (0, -1),
            ImportanceName::Normal => (1, 0),
            ImportanceName::High => (2, 1),
        };
        message.set(tags::IMPORTANCE, value)?;
        message.set(tags::PRIORITY, priority)?;
    }
    if let Some(sensitivity) = args.sensitivity {
        let value = match sensitivity {
            SensitivityName::Normal => 0,
            SensitivityName::Personal => 1,
            SensitivityName::Private => 2,
            SensitivityName::Confidential => 3,
        };
        message.set(tags::SENSITIVITY, value)?;
    }
    if args.read_receipt {
        message.set(tags::READ_RECEIPT_REQUESTED, true)?;
    }
    if args.delivery_receipt {
        message.set(tags::ORIGINATOR_DELIVERY_REPORT_REQUESTED, true)?;
    }
    categorise(message, &args.category)
}

/// Adds categories to those that are there: PidNameKeywords.
pub(crate) fn categorise(message: &Message, names: &[String]) -> mapi::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
    let tag = message.named_tag(&name, PropType::MV_UNICODE)?;
    let there = message.get_props(&[tag])?.ignore_warning();
    let mut all = match there.into_iter().next().map(|prop| prop.value) {
        Some(PropValue::MvUnicode(all)) => all,
        _ => Vec::new(),
    };
    for name in names {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    message
        .set_props(&[(tag, PropValue::MvUnicode(all))])
        .map(drop)
}

fn attach(args: &ComposeArgs, message: &Message) -> Outcome<()> {
    for path in &args.attach {
        malle_host::drafts::attach_file(message, path).map_err(|e| file_failure(path, &e))?;
    }
    for path in &args.attach_reference {
        malle_host::drafts::attach_reference(message, path).map_err(|e| file_failure(path, &e))?;
    }
    Ok(())
}

/// A moment that somebody wrote.
pub(crate) fn when(app: &App, said: &str) -> Outcome<FileTime> {
    let found = text::moment(said, malle_host::now(), app.output.zone());
    found.ok_or_else(|| app.fail(Exit::Usage, "bad-time", Msg::BadTime, &[&said]))
}
