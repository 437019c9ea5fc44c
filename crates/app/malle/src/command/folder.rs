//! `malle folder`: list, create, rename, move, copy, delete, empty and repair folders.

mod repair;
mod tree;

use std::io;

use malle_host::{create_path, split_path};
use mapi::{
    CopiedFolder, CopyFlags, CopyFolderFlags, CreateFolderFlags, DeleteFolderFlags,
    EmptyFolderFlags, EntryId, Folder, MapiProp, MsgStore, Returned, SpecialFolder,
};
use mapi_props::{Code, tags};
use serde::Serialize;

use super::bulk::FailedView;
use crate::app::App;
use crate::args::FolderCommand;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};

pub(super) use tree::FolderView;

pub(super) fn run(app: &App, verb: FolderCommand) -> Outcome<Exit> {
    match verb {
        FolderCommand::List { folder, all } => tree::list(app, folder.as_deref(), all),
        FolderCommand::Create { path, class } => create(app, &path, class.as_deref()),
        FolderCommand::Rename { folder, name } => rename(app, &folder, &name),
        FolderCommand::Move { folder, to, name } => relocate(app, &folder, &to, name.as_deref()),
        FolderCommand::Copy {
            folder,
            to,
            name,
            no_subfolders,
        } => {
            let with = if no_subfolders {
                CopyFolderFlags::NONE
            } else {
                CopyFolderFlags::COPY_SUBFOLDERS
            };
            copy(app, &folder, &to, name.as_deref(), with)
        }
        FolderCommand::Delete {
            folder,
            permanently,
        } => delete(app, &folder, permanently),
        FolderCommand::Empty {
            folder,
            permanently,
        } => empty(app, &folder, permanently),
        FolderCommand::Repair => repair::run(app),
    }
}

/// What became of a folder: `{"action","id","path","failed"?:[{"id","code","error"}]}`.
#[derive(Serialize)]
struct FolderDone {
    action: &'static str,
    id: String,
    path: String,
    #[serde(skip)]
    msg: Msg,
    #[serde(skip)]
    parts: Vec<String>,
    /// What stayed behind on the way to another store.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<FailedView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
}

impl Shown for FolderDone {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        if self.dry_run.is_some() {
            return to.say(Msg::DryRun, &[]);
        }
        let parts: Vec<&dyn std::fmt::Display> = self
            .parts
            .iter()
            .map(|p| p as &dyn std::fmt::Display)
            .collect();
        to.say(self.msg, &parts)?;
        FailedView::tell(&self.failed, to);
        Ok(())
    }
}

impl App {
    pub(in crate::command) fn api<T>(&self, result: mapi::Result<T>) -> Outcome<T> {
        result.map_err(|e| self.failure(&e))
    }

    fn folder_done(
        &self,
        action: &'static str,
        folder: &Folder,
        path: String,
        msg: Msg,
        parts: Vec<String>,
    ) -> Outcome<Exit> {
        self.output.show(&FolderDone {
            action,
            id: folder.short_id().to_string(),
            path,
            msg,
            parts,
            failed: Vec::new(),
            dry_run: self.global.dry_run.then_some(true),
        })?;
        Ok(Exit::Ok)
    }

    /// A folder that was carried out of the store of `from` into the store `there`, with what stayed behind.
    fn folder_carried(
        &self,
        action: &'static str,
        copied: Returned<CopiedFolder>,
        (from, there): (&Folder, &MsgStore),
        msg: Msg,
        mut parts: Vec<String>,
    ) -> Outcome<Exit> {
        let (whole, copied) = (copied.warning.is_none(), copied.ignore_warning());
        let CopiedFolder { folder, report } = copied;
        let path = self.api(there.path_of(&folder.entry_id()))?;
        let id = |id: &EntryId| match mapi_props::EntryId::decode(id.as_bytes()) {
            Ok(id) => format!("{}{}", from.short_id().store, id.item),
            Err(_) => id.to_string(),
        };
        let view = |id: String, e: &mapi::Error| FailedView::new(id, &self.failure(e));
        let failed = report.failed.iter().map(|(item, e)| view(id(item), e));
        let stopped = report.stopped.iter().map(|e| view(path.clone(), e));
        let failed: Vec<FailedView> = failed.chain(stopped).collect();
        parts.push(path.clone());
        self.output.show(&FolderDone {
            action,
            id: folder.short_id().to_string(),
            path,
            msg,
            parts,
            failed,
            dry_run: None,
        })?;
        Ok(if whole { Exit::Ok } else { Exit::Partial })
    }

    /// A folder, its store and its path.
    fn placed(&self, text: &str) -> Outcome<(MsgStore, Folder, String)> {
        let (store, folder) = self.folder(text)?;
        let path = self.api(store.path_of(&folder.entry_id()))?;
        Ok((store, folder, path))
    }
}

fn create(app: &App, path: &str, class: Option<&str>) -> Outcome<Exit> {
    let parts = split_path(path);
    if parts.is_empty() {
        return Err(app.fail(Exit::Usage, "usage", Msg::FolderHasNoName, &[]));
    }
    let store = app.store()?;
    let there = match store.folder(path) {
        Ok(_) => {
            let error = mapi::Error::new(Code::COLLISION, format!("there is a folder `{path}`"));
            return Err(app.failure(&error));
        }
        Err(e) if e.code() == Code::NOT_FOUND && app.global.dry_run => app.api(store.folder(""))?,
        Err(e) if e.code() == Code::NOT_FOUND => {
            app.api(create_path(&store, &parts, CreateFolderFlags::NONE))?
        }
        Err(e) => return Err(app.failure(&e)),
    };
    if app.global.dry_run {
        return app.folder_done(
            "created",
            &there,
            path.to_owned(),
            Msg::FolderCreated,
            Vec::new(),
        );
    }
    if let Some(class) = class {
        let class = match class.strip_prefix("IPM.") {
            Some(rest) => format!("IPF.{rest}"),
            None => class.to_owned(),
        };
        app.api(there.set(tags::CONTAINER_CLASS, class))?;
    }
    let path = app.api(store.path_of(&there.entry_id()))?;
    let told = vec![path.clone(), there.short_id().to_string()];
    app.folder_done("created", &there, path, Msg::FolderCreated, told)
}

fn rename(app: &App, folder: &str, name: &str) -> Outcome<Exit> {
    let (store, folder, before) = app.placed(folder)?;
    app.ordinary(&store, &folder, &before)?;
    if !app.global.dry_run {
        app.api(folder.rename(name))?;
    }
    let path = app.api(store.path_of(&folder.entry_id()))?;
    let told = vec![before, name.to_owned()];
    app.folder_done("renamed", &folder, path, Msg::FolderRenamed, told)
}

fn relocate(app: &App, folder: &str, to: &str, name: Option<&str>) -> Outcome<Exit> {
    let (store, folder, before) = app.placed(folder)?;
    let (there, to) = app.folder(to)?;
    if app.global.dry_run {
        let told = vec![before.clone(), before.clone()];
        return app.folder_done("moved", &folder, before, Msg::FolderMoved, told);
    }
    let moved = app.api(move_into(&store, &folder, &to, name))?;
    app.folder_carried(
        "moved",
        moved,
        (&folder, &there),
        Msg::FolderMoved,
        vec![before],
    )
}

fn move_into(
    store: &MsgStore,
    folder: &Folder,
    to: &Folder,
    name: Option<&str>,
) -> mapi::Result<Returned<CopiedFolder>> {
    let parent = store.open_folder(&folder.parent_id()?, mapi::OpenFlags::MODIFY)?;
    parent.copy_folder(&folder.entry_id(), to, name, CopyFolderFlags::MOVE)
}

fn copy(
    app: &App,
    folder: &str,
    to: &str,
    name: Option<&str>,
    flags: CopyFolderFlags,
) -> Outcome<Exit> {
    let (store, folder, before) = app.placed(folder)?;
    let (there, to) = app.folder(to)?;
    if app.global.dry_run {
        return app.folder_done("copied", &folder, before, Msg::FolderCopied, Vec::new());
    }
    let parent = app.api(folder.parent_id())?;
    let parent = app.api(store.open_folder(&parent, mapi::OpenFlags::BEST_ACCESS))?;
    let copied = app.api(parent.copy_folder(&folder.entry_id(), &to, name, flags))?;
    app.folder_carried(
        "copied",
        copied,
        (&folder, &there),
        Msg::FolderCopied,
        Vec::new(),
    )
}

fn delete(app: &App, folder: &str, permanently: bool) -> Outcome<Exit> {
    let (store, folder, path) = app.placed(folder)?;
    app.ordinary(&store, &folder, &path)?;
    let basket = app.api(store.special_folder(SpecialFolder::DeletedItems))?;
    let gone = permanently || app.api(is_below(&store, &folder, &basket))?;
    if app.global.dry_run {
        return app.folder_done("deleted", &folder, path, Msg::FolderDeleted, Vec::new());
    }
    if !gone {
        app.api(into_basket(&store, &folder, &basket))?;
        let now = app.api(store.path_of(&folder.entry_id()))?;
        return app.folder_done("deleted", &folder, now, Msg::FolderToDeleted, vec![path]);
    }
    if permanently {
        app.confirm_or_quiet(Msg::ConfirmDeleteFolder, &path)?;
    }
    let parent = app.api(folder.parent_id())?;
    let parent = app.api(store.open_folder(&parent, mapi::OpenFlags::MODIFY))?;
    let all = DeleteFolderFlags::DEL_MESSAGES | DeleteFolderFlags::DEL_FOLDERS;
    let flags = if permanently {
        all | DeleteFolderFlags::HARD_DELETE
    } else {
        all
    };
    app.api(parent.delete_folder(&folder.entry_id(), flags))?;
    app.folder_done(
        "deleted",
        &folder,
        path.clone(),
        Msg::FolderDeleted,
        vec![path],
    )
}

/// Moves a folder into Deleted Items under a name that is free there.
fn into_basket(store: &MsgStore, folder: &Folder, basket: &Folder) -> mapi::Result<()> {
    let name = folder.name()?;
    for number in 1_u32.. {
        let other = (number > 1).then(|| format!("{name} ({number})"));
        match move_into(store, folder, basket, other.as_deref()) {
            Err(e) if e.code() == Code::COLLISION => {}
            done => return done.map(drop),
        }
    }
    Err(mapi::Error::new(
        Code::COLLISION,
        "no name is free in Deleted Items",
    ))
}

fn empty(app: &App, folder: &str, permanently: bool) -> Outcome<Exit> {
    let (store, folder, path) = app.placed(folder)?;
    let basket = app.api(store.special_folder(SpecialFolder::DeletedItems))?;
    let gone = permanently || app.api(is_below(&store, &folder, &basket))?;
    if !app.global.dry_run {
        if permanently {
            app.confirm_or_quiet(Msg::ConfirmEmptyFolder, &path)?;
        }
        let call = app.cancellable();
        let folder = folder.with_call(call);
        if gone {
            let flags = if permanently {
                EmptyFolderFlags::HARD_DELETE
            } else {
                EmptyFolderFlags::NONE
            };
            let report = app.api(folder.empty(flags))?.ignore_warning();
            if let Some(error) = report.stopped {
                return Err(app.failure(&error));
            }
        } else {
            app.api(move_contents(&store, &folder, &basket))?;
        }
    }
    app.folder_done(
        "emptied",
        &folder,
        path.clone(),
        Msg::FolderEmptied,
        vec![path],
    )
}

/// Moves all messages and sub-folders of a folder into Deleted Items.
fn move_contents(store: &MsgStore, folder: &Folder, basket: &Folder) -> mapi::Result<()> {
    loop {
        let table = folder.contents().columns([tags::ENTRYID.raw()]).open()?;
        let rows = table.query_rows(1000)?;
        if rows.is_empty() {
            break;
        }
        let ids: Vec<_> = rows.iter().map(|row| row.entry_id().clone()).collect();
        let report = folder
            .copy_messages(&ids, basket, CopyFlags::MOVE)?
            .ignore_warning();
        if let Some(error) = report.stopped {
            return Err(error);
        }
        if report.done == 0 {
            let first = report.failed.into_iter().next().map(|(_, error)| error);
            return Err(first.unwrap_or_else(|| {
                mapi::Error::new(Code::CALL_FAILED, "the messages do not move")
            }));
        }
    }
    for child in tree::children(folder)? {
        into_basket(store, &child, basket)?;
    }
    Ok(())
}

fn is_below(store: &MsgStore, folder: &Folder, top: &Folder) -> mapi::Result<bool> {
    let path = store.path_of(&folder.entry_id())?;
    let top = store.path_of(&top.entry_id())?;
    Ok(path == top
        || path
            .strip_prefix(&top)
            .is_some_and(|rest| rest.starts_with('/')))
}

impl App {
    /// Refuses the store's own folders in the person's words.
    fn ordinary(&self, store: &MsgStore, folder: &Folder, path: &str) -> Outcome<()> {
        let roles = [
            SpecialFolder::IpmSubtree,
            SpecialFolder::Inbox,
            SpecialFolder::Outbox,
            SpecialFolder::DeletedItems,
            SpecialFolder::SentItems,
        ];
        let own = |role| {
            store
                .special_folder(role)
                .is_ok_and(|f| f.item() == folder.item())
        };
        if roles.into_iter().any(own) {
            return Err(self.fail(
                Exit::Failure,
                "MAPI_E_NO_ACCESS",
                Msg::SpecialFolder,
                &[&path],
            ));
        }
        Ok(())
    }

    /// Asks on a terminal. Elsewhere `--permanently` itself is the answer.
    fn confirm_or_quiet(&self, question: Msg, what: &str) -> Outcome<()> {
        use std::io::IsTerminal;
        if self.output.json || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Ok(());
        }
        self.confirm(question, &[&what])
    }
}
