//! Hostile mail, and mail cut at every byte, imported in one run together with good mail.
//!
//! The run must end by itself within its memory, refuse what it refuses with file and reason, and take everything else; the
//! store must be clean afterwards, give back the bytes, and still have room for a new named property.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::{Chance, ChildGuard, HOSTILE, TempHome, samples};

use crate::plan::Plan;
use crate::world::World;

/// Samples that are cut.
const CUT: usize = 10;
/// Memory that the import may take at once, where the system tells: up to four messages with a header of 100 MB are
/// parsed at a time, and each is held twice, as it came and in its recipe.
const MEMORY_KIB: u64 = 1024 * 1024;
/// Exit codes: all well, or some items failed and are listed.
const ENDS: [i32; 2] = [0, 6];

/// Runs the part.
pub(crate) fn run(plan: &Plan, chance: &mut Chance) -> Result<Value> {
    let world = World::new(plan.messages.min(100), chance)?;
    world.furnish()?;
    for (n, kind) in HOSTILE.iter().enumerate() {
        let mail = (kind.make)((kind.full / plan.less).max(2));
        // Before and behind the good ones, so that something comes after each.
        let side = if n % 2 == 0 { 'a' } else { 'z' };
        fs::write(world.mail.join(format!("{side}-{}.eml", kind.name)), mail)?;
    }
    cut_mail(&world.mail, plan.less)?;
    let files: BTreeSet<PathBuf> = fs::read_dir(&world.mail)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;

    let import = import(&world)?;
    let ids = judge(&import.report, &files)?;
    for n in 0..world.sources.len() {
        let good = world.source(n);
        ensure!(ids.contains_key(&good), "{} was not taken", good.display());
    }
    come_back(&world, &ids)?;
    clean_and_open_to_names(&world, &ids)?;
    let peak = import.peak_kib;
    ensure!(peak < MEMORY_KIB, "the import took {peak} KiB of memory");
    Ok(json!({
        "files": files.len(),
        "imported": import.report.get("imported"),
        "skipped": import.report.get("skipped"),
        "refused": files.len() - ids.len(),
        "seconds": import.seconds,
        "peak_mib": peak / 1024,
    }))
}

/// Every beginning of ten samples, or every `less`th.
fn cut_mail(folder: &Path, less: usize) -> Result<()> {
    let mut mails: Vec<PathBuf> = fs::read_dir(samples("mail"))?
        .filter_map(Result::ok)
        .filter(|e| {
            e.metadata()
                .is_ok_and(|m| m.is_file() && (300..1500).contains(&m.len()))
        })
        .map(|e| e.path())
        .collect();
    mails.sort();
    ensure!(mails.len() >= CUT, "too few samples to cut");
    for (n, path) in mails.iter().take(CUT).enumerate() {
        let mail = fs::read(path)?;
        for len in (0..mail.len()).step_by(less) {
            let cut = mail.get(..len).context("a beginning")?;
            fs::write(folder.join(format!("cut-{n}-{len:05}.eml")), cut)?;
        }
    }
    Ok(())
}

struct Import {
    report: Value,
    seconds: f64,
    peak_kib: u64,
}

fn import(world: &World) -> Result<Import> {
    let scratch = TempHome::new()?;
    let (out, err) = (scratch.path().join("out"), scratch.path().join("err"));
    let mut command = world.malle.command(["import", "--json", "--items"]);
    command.arg(&world.mail);
    command
        .stdout(File::create(&out)?)
        .stderr(File::create(&err)?);
    let start = Instant::now();
    let mut child = ChildGuard::spawn(&mut command)?;
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = peak_kib.max(high_water(child.id()).unwrap_or(0));
        if child.child().try_wait()?.is_some() {
            break child.wait()?;
        }
        ensure!(
            start.elapsed() < Duration::from_secs(1200),
            "the import hangs"
        );
        std::thread::sleep(Duration::from_millis(5));
    };
    let said = fs::read_to_string(&err)?;
    ensure!(
        status.code().is_some_and(|code| ENDS.contains(&code)),
        "{status}: {said}"
    );
    let report = serde_json::from_slice(&fs::read(&out)?).context("the import wrote no report")?;
    Ok(Import {
        report,
        seconds: start.elapsed().as_secs_f64(),
        peak_kib,
    })
}

/// The most memory that a process ever had at once, in KiB.
fn high_water(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Each file was taken, or is listed as refused with a reason; gives the ids of those taken.
fn judge(report: &Value, files: &BTreeSet<PathBuf>) -> Result<BTreeMap<PathBuf, String>> {
    let list = |name: &str| {
        report
            .get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut refused = BTreeSet::new();
    for failure in list("failures") {
        let path = text(&failure, "path").context("a failure without its file")?;
        ensure!(
            text(&failure, "error").is_some_and(|r| !r.is_empty()),
            "no reason: {failure}"
        );
        refused.insert(PathBuf::from(path));
    }
    let mut ids = BTreeMap::new();
    for item in list("items") {
        let path = PathBuf::from(text(&item, "path").context("an item without its file")?);
        match text(&item, "id") {
            Some(id) => ensure!(ids.insert(path, id).is_none(), "twice: {item}"),
            None => ensure!(refused.contains(&path), "neither taken nor refused: {item}"),
        }
    }
    for file in files {
        ensure!(
            ids.contains_key(file) != refused.contains(file),
            "{} is neither taken nor refused",
            file.display()
        );
    }
    Ok(ids)
}

/// Good and hostile mail comes back byte for byte; of cut mail some.
fn come_back(world: &World, ids: &BTreeMap<PathBuf, String>) -> Result<()> {
    let out = TempHome::new()?;
    let is_cut = |path: &Path| {
        path.file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with("cut-"))
    };
    let (cut, whole): (Vec<_>, Vec<_>) = ids.iter().partition(|(path, _)| is_cut(path));
    for (path, id) in whole.into_iter().chain(cut.into_iter().step_by(97)) {
        let file = out.path().join("mail.eml");
        let mut command = world
            .malle
            .command(["export", id.as_str(), "--format", "eml"]);
        let status = command.stdout(File::create(&file)?).status()?;
        ensure!(status.success(), "export of {}: {status}", path.display());
        ensure!(
            fs::read(&file)? == fs::read(path)?,
            "{} came back otherwise",
            path.display()
        );
    }
    Ok(())
}

/// The store has no problems, and a name that it never met gets an identifier.
fn clean_and_open_to_names(world: &World, ids: &BTreeMap<PathBuf, String>) -> Result<()> {
    let check = world.json(&["store", "check"])?;
    let problems = check.get("problems").and_then(Value::as_array);
    ensure!(
        problems.is_some_and(Vec::is_empty),
        "store check found problems: {check}"
    );
    let id = ids
        .get(&world.source(0))
        .context("the first good message")?;
    let set = "{00020386-0000-0000-c000-000000000046}:\"x-after-all-that\":PT_UNICODE=yes";
    world.done(&["props", id, "--set", set])?;
    let props = world.json(&["props", id])?.to_string();
    ensure!(
        props.contains("x-after-all-that"),
        "the new named property is not there: {props}"
    );
    Ok(())
}
