//! The commands: each a room of its own, all of one shape.

mod bulk;
mod care;
mod completions;
mod composing;
mod daemon;
mod delete;
mod deliver;
mod draft;
mod export;
mod flush;
mod folder;
mod form;
mod forward;
mod import;
mod list;
mod listing;
mod man;
mod mark;
mod new;
mod outbox;
mod post;
mod profile;
mod props;
mod read;
mod receive_folder;
mod reply;
mod reports;
mod resend;
mod schema;
mod search;
mod search_folder;
mod secret;
mod send;
mod sendmail;
mod service;
mod spooling;
mod status;
mod store;
mod thread;
mod transfer;
mod view;
mod watch;

use mapi::ReplyTo;

use crate::app::{Access, App};
use crate::args::{
    Command, DraftCommand, FolderCommand, FormCommand, OutboxCommand, ReceiveFolderCommand,
    SearchFolderCommand, StoreCommand, ViewCommand,
};
use crate::exit::{Exit, Outcome};

/// Runs a command and says how it ended.
pub(crate) fn run(app: &App, command: Command) -> Outcome<Exit> {
    match command {
        Command::Profile(verb) => profile::run(app, verb),
        Command::Service(verb) => service::run(app, verb),
        Command::Folder(verb) => folder::run(app, verb),
        Command::Import(args) => import::run(app, args),
        Command::List(args) => list::run(app, &args),
        Command::View(verb) => view::run(app, verb),
        Command::Search(args) => search::run(app, &args),
        Command::SearchFolder(verb) => search_folder::run(app, verb),
        Command::Read(args) => read::run(app, &args),
        Command::Thread(args) => thread::run(app, &args),
        Command::Props(args) => props::run(app, &args),
        Command::New(args) => new::run(app, &args),
        Command::Reply(args) => reply::run(app, &args, ReplyTo::Author),
        Command::ReplyAll(args) => reply::run(app, &args, ReplyTo::All),
        Command::Forward(args) => forward::run(app, &args),
        Command::Resend(args) => resend::run(app, &args),
        Command::Post(args) => post::run(app, &args),
        Command::Draft(verb) => draft::run(app, verb),
        Command::Send(args) => send::run(app, &args),
        Command::Outbox(verb) => outbox::run(app, &verb),
        Command::Flush(args) => flush::run(app, &args),
        Command::Deliver(args) => deliver::run(app, &args),
        Command::Sendmail(args) => sendmail::run(app, &args),
        Command::Mark(args) => mark::run(app, &args),
        Command::Move(args) => transfer::run(app, &args, transfer::Verb::Move),
        Command::Copy(args) => transfer::run(app, &args, transfer::Verb::Copy),
        Command::Delete(args) => delete::run(app, &args),
        Command::Export(args) => export::run(app, &args),
        Command::Watch(args) => watch::run(app, &args),
        Command::ReceiveFolder(verb) => receive_folder::run(app, verb),
        Command::Reports(args) => reports::run(app, &args),
        Command::Form(verb) => form::run(app, verb),
        Command::Secret(verb) => secret::run(app, verb),
        Command::Store(verb) => store::run(app, verb),
        Command::Status(args) => status::run(app, &args),
        Command::Daemon(args) => daemon::run(app, &args),
        Command::Completions { shell } => completions::run(app, shell),
        Command::Schema { of } => schema::run(app, &of),
        Command::Man { of, to } => man::run(app, &of, to.as_deref()),
    }
}

/// Whether a command changes stores: those that do not open them for reading only, which takes no lock.
pub(crate) const fn access(command: &Command) -> Access {
    match command {
        Command::List(_)
        | Command::View(ViewCommand::List { .. } | ViewCommand::Show { .. })
        | Command::Search(_)
        | Command::SearchFolder(SearchFolderCommand::List | SearchFolderCommand::Show { .. })
        | Command::Read(_)
        | Command::Draft(DraftCommand::List(_))
        | Command::Outbox(OutboxCommand::List | OutboxCommand::Show { .. })
        | Command::Thread(_)
        | Command::Export(_)
        | Command::Watch(_)
        | Command::Folder(FolderCommand::List { .. } | FolderCommand::Repair)
        | Command::ReceiveFolder(ReceiveFolderCommand::List | ReceiveFolderCommand::Get { .. })
        | Command::Form(FormCommand::List { .. } | FormCommand::Show { .. })
        | Command::Store(StoreCommand::Info | StoreCommand::Check) => Access::Read,
        Command::Reports(args) if !args.changes() => Access::Read,
        Command::Props(args) if args.set.is_empty() && args.delete.is_empty() => Access::Inspect,
        _ => Access::Write,
    }
}
