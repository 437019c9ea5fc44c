//! A file system that fills up: a small tmpfs where that can be mounted, a limit on file sizes elsewhere.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::{Chance, TempHome};

use crate::plan::Plan;
use crate::world::World;

/// Runs the part: an import meets the limit again and again, each time with a little more room.
pub(crate) fn run(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let place = TempHome::new()?;
    let mounted = Mount::new(place.path())?;
    let how = if mounted.is_some() {
        "tmpfs"
    } else {
        "file size limit"
    };
    let world = World::at(
        place.path().join("home"),
        None,
        plan.messages.min(300),
        chance,
    )?;
    world.furnish()?;
    world.search("Search0", "is:unread")?;
    world.search("Search2", "from:s1*")?;
    let mut refusals = 0;
    let mut room = 1_500_u64;
    loop {
        ensure!(room < 400_000, "the import still fails with {room} KiB");
        let run = match &mounted {
            Some(mount) => {
                mount.resize(room)?;
                world.malle.try_run([Path::new("import"), &world.mail])?
            }
            None => limited(&world, room)?,
        };
        if let Some(mount) = &mounted {
            // Reading needs a little room too (the shared memory of the log).
            mount.resize(room + 2_000)?;
        }
        let places = world
            .examine()
            .with_context(|| format!("after {room} KiB were full"))?;
        let searches = world
            .examine_searches(&places)
            .with_context(|| format!("after {room} KiB were full"))?;
        ensure!(searches.len() == 2, "search folders are gone: {searches:?}");
        if run.status.success() {
            ensure!(
                places.len() == world.sources.len(),
                "reported done, but {} are there",
                places.len()
            );
            break;
        }
        ensure!(
            run.code().is_some(),
            "died of a signal instead of an error: {}",
            run.err()
        );
        let said = run.err();
        ensure!(
            said.contains("NOT_ENOUGH_DISK")
                || said.contains("full")
                || said.contains("DISK_ERROR"),
            "the error does not name the cause: {said}"
        );
        refusals += 1;
        room = room * 5 / 4;
    }
    ensure!(refusals > 0, "the disk was never full");
    Ok(json!({ "how": how, "refusals": refusals }))
}

/// Runs the import under RLIMIT_FSIZE.
fn limited(world: &World, kib: u64) -> Result<testkit::Run> {
    let plain = world
        .malle
        .command(["import".as_ref(), world.mail.as_os_str()]);
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "ulimit -f \"$1\"; shift; exec \"$@\"",
        "sh",
        &(kib * 2).to_string(),
    ]);
    shell.arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell.stdin(Stdio::null()).output()?;
    Ok(testkit::Run {
        status: output.status,
        stdout: output.stdout,
        stderr: output.stderr,
    })
}

/// A tmpfs that is unmounted at the end.
pub(crate) struct Mount(PathBuf);

impl Mount {
    /// Mounts one, or says `None` where that is not allowed.
    pub(crate) fn new(at: &Path) -> Result<Option<Self>> {
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3000k", "malle-torture"])
            .arg(at)
            .stderr(Stdio::null())
            .status();
        Ok(status
            .is_ok_and(|s| s.success())
            .then(|| Self(at.to_owned())))
    }

    /// Gives the file system this much room, or as much as it already uses.
    pub(crate) fn resize(&self, kib: u64) -> Result<()> {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,size={kib}k")])
            .arg(&self.0)
            .stderr(Stdio::null())
            .status()?;
        // Smaller than what is in use is refused; the next, larger step will do.
        let _refused = status.success();
        Ok(())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _status = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
