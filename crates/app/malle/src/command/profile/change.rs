//! Profiles copied, renamed and deleted.

use std::io::{self, BufRead, IsTerminal, Write};

use malle_host::{DataOnDelete, ProfileError};
use mapi::ProfileFlags;
use serde::Serialize;

use super::ProfileView;
use crate::app::App;
use crate::exit::{Exit, Outcome};
use crate::messages::Msg;
use crate::output::{Printer, Shown};

/// `{"copied":NAME,"profile":{…}}`.
#[derive(Serialize)]
struct Copied {
    copied: String,
    profile: ProfileView,
}

impl Shown for Copied {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        to.say(Msg::ProfileCopied, &[&self.copied, &self.profile.name])
    }
}

pub(super) fn copy(app: &App, name: &str, new: &str) -> Outcome<Exit> {
    let mut profile = app.profile_of(name)?;
    let profile = if app.global.dry_run {
        new.clone_into(&mut profile.name);
        ProfileView::of(&profile, false)
    } else {
        let done = app
            .profile_admin()?
            .copy_profile(name, new, ProfileFlags::NONE);
        done.map_err(|e| app.failure(&e))?;
        ProfileView::load(app, new)?
    };
    let copied = name.to_owned();
    app.output.show(&Copied { copied, profile })?;
    Ok(Exit::Ok)
}

/// `{"renamed":NAME,"to":NEW,"deferred":bool}`.
#[derive(Serialize)]
struct Renamed {
    renamed: String,
    to: String,
    /// Whether it gets its name only when its last session ends.
    deferred: bool,
}

impl Shown for Renamed {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let said = if self.deferred {
            Msg::ProfileRenamedLater
        } else {
            Msg::ProfileRenamed
        };
        to.say(said, &[&self.renamed, &self.to])
    }
}

pub(super) fn rename(app: &App, name: &str, new: &str) -> Outcome<Exit> {
    app.profile_of(name)?;
    let mut deferred = app.in_use(name)?;
    if !app.global.dry_run {
        let done = app
            .profile_admin()?
            .rename_profile(name, new, ProfileFlags::NONE);
        done.map_err(|e| app.failure(&e))?;
        deferred = name != new && is_there(app, name)?;
    }
    let (renamed, to) = (name.to_owned(), new.to_owned());
    app.output.show(&Renamed {
        renamed,
        to,
        deferred,
    })?;
    Ok(Exit::Ok)
}

fn is_there(app: &App, name: &str) -> Outcome<bool> {
    let names = app.host()?.profiles().names();
    let names = names.map_err(|e| app.profile_failure(&e))?;
    Ok(names.iter().any(|n| n == name))
}

/// `{"deleted":NAME,"purged":bool,"deferred":bool,"data":DIR}`.
#[derive(Serialize)]
struct Deleted {
    deleted: String,
    purged: bool,
    /// Whether it goes only when its last session ends.
    deferred: bool,
    data: String,
}

impl Shown for Deleted {
    fn text(&self, to: &mut Printer<'_>) -> io::Result<()> {
        let said = match (self.deferred, self.purged) {
            (true, _) => Msg::ProfileDeletedLater,
            (false, true) => Msg::ProfilePurged,
            (false, false) => Msg::ProfileDeleted,
        };
        to.say(said, &[&self.deleted, &self.data])
    }
}

pub(super) fn delete(app: &App, name: &str, purge: bool) -> Outcome<Exit> {
    let profiles = app.host()?.profiles();
    let failed = |e: ProfileError| app.profile_failure(&e);
    if !is_there(app, name)? {
        return Err(failed(ProfileError::Unknown {
            name: name.to_owned(),
        }));
    }
    let data = match profiles.data_dir(name) {
        // Its services cannot be told, nor its data be found: the file alone goes.
        Err(ProfileError::Malformed { .. }) if !purge => return delete_unreadable(app, name),
        data => data.map_err(failed)?,
    };
    if purge && !app.global.dry_run {
        app.confirm(Msg::ConfirmPurge, &[&name])?;
    }
    let mut deferred = app.in_use(name)?;
    if purge && deferred {
        return Err(failed(ProfileError::InUse {
            name: name.to_owned(),
        }));
    }
    if !app.global.dry_run {
        if purge {
            profiles
                .delete(name, DataOnDelete::Remove)
                .map_err(failed)?;
        } else {
            let done = app
                .profile_admin()?
                .delete_profile(name, ProfileFlags::NONE);
            done.map_err(|e| app.failure(&e))?;
            deferred = is_there(app, name)?;
        }
    }
    app.output.show(&Deleted {
        deleted: name.to_owned(),
        purged: purge,
        deferred,
        data: data.display().to_string(),
    })?;
    Ok(Exit::Ok)
}

fn delete_unreadable(app: &App, name: &str) -> Outcome<Exit> {
    let profiles = app.host()?.profiles();
    if !app.global.dry_run {
        let deleted = profiles.delete(name, DataOnDelete::Keep);
        deleted.map_err(|e| app.profile_failure(&e))?;
    }
    let data = profiles.home().profile_data(name);
    app.output.show(&Deleted {
        deleted: name.to_owned(),
        purged: false,
        deferred: false,
        data: data.display().to_string(),
    })?;
    Ok(Exit::Ok)
}

impl App {
    /// Asks before something that cannot be undone. Without a terminal only `--yes` goes on.
    #[expect(clippy::print_stderr, reason = "questions belong on standard error")]
    pub(crate) fn confirm(&self, question: Msg, parts: &[&dyn std::fmt::Display]) -> Outcome<()> {
        if self.global.yes {
            return Ok(());
        }
        let lang = self.output.lang;
        if self.output.json || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(self.fail(Exit::Usage, "needs-yes", Msg::NeedsYes, &[]));
        }
        eprint!(
            "{} {} ",
            lang.say(question, parts),
            lang.text(Msg::AnswerYesNo)
        );
        let _shown = io::stderr().flush();
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        let yes = ["y", "yes", "o", "oui"];
        if read.is_ok() && yes.contains(&answer.trim().to_lowercase().as_str()) {
            return Ok(());
        }
        Err(self.fail(Exit::Failure, "not-done", Msg::NotDone, &[]))
    }
}
