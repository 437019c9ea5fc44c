//! Logging on: whole runs of the command on profiles of one and of five services, and on one of which a service is broken.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use malle_host::LOCAL_SERVICE;
use mapi::ImportOptions;
use serde_json::{Map, Value, json};
use testkit::Malle;

use crate::home::PROFILE;
use crate::{Big, MadeMail, Shape, measured};

/// Messages in the default store.
const MESSAGES: usize = 2_000;
/// Services of the larger profile.
const SERVICES: usize = 5;
const RUNS: usize = 200;

/// Measures in `place`, which is made anew: the command from its start to its end as it logs on, opens the default store and
/// prints 50 rows of its Inbox; the same logon inside of this program; and the start of a process that opens nothing.
///
/// # Errors
/// When the place cannot be used, or a run fails.
pub fn measure(place: &Path, report: &mut Map<String, Value>) -> Result<()> {
    if place.exists() {
        std::fs::remove_dir_all(place)?;
    }
    let (one, five, broken) = (place.join("one"), place.join("five"), place.join("broken"));
    make(&one, 1)?;
    make(&five, SERVICES)?;
    make(&broken, SERVICES)?;
    break_last(&broken)?;
    let list: &[&str] = &["list", "Inbox", "--limit", "50", "--json"];
    let runs: [(&str, &Path, &[&str]); 4] = [
        ("session_nothing_opened", &one, &["--version"]),
        ("session_list_1_service", &one, list),
        ("session_list_5_services", &five, list),
        ("session_list_1_of_5_broken", &broken, list),
    ];
    let mut times = vec![Vec::new(); runs.len()];
    for round in 0..RUNS + 2 {
        for ((_, home, args), times) in runs.iter().zip(&mut times) {
            let start = Instant::now();
            let run = Malle::at(home).command(*args).output()?;
            let took = start.elapsed();
            ensure!(
                run.status.success(),
                "malle {args:?}: {}",
                String::from_utf8_lossy(&run.stderr)
            );
            if round >= 2 {
                times.push(took);
            }
        }
    }
    for ((name, ..), times) in runs.iter().zip(times) {
        report.insert((*name).to_owned(), spread(times));
    }
    let mut logons = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        let big = Big::open(&five)?;
        ensure!(big.inbox()?.contents().open()?.query_rows(50)?.len() == 50);
        logons.push(start.elapsed());
        big.logoff();
    }
    report.insert("session_in_process_5_services".into(), spread(logons));
    Ok(())
}

/// A profile of so many local stores, the first with messages.
fn make(home: &Path, services: usize) -> Result<()> {
    let big = Big::create(home)?;
    let mail = MadeMail::new(Shape::Plain).take(MESSAGES);
    let items = mail.map(|(tree, flags)| mapi::ImportItem {
        tree,
        flags,
        source: None,
    });
    big.inbox()?
        .import(items.collect(), ImportOptions::default())?;
    for n in 1..services {
        let path = format!("store{n}.malle");
        let settings = [("path".to_owned(), path)].into();
        big.session().add_store(LOCAL_SERVICE, &settings)?;
    }
    big.logoff();
    Ok(())
}

/// Makes the last store of the profile something that is none.
fn break_last(home: &Path) -> Result<()> {
    let last = format!("store{}.malle", SERVICES - 1);
    let mut found = 0;
    for (path, _) in Big::files_below(home)? {
        if path.file_name().is_some_and(|name| *name == *last) {
            std::fs::write(&path, "this is no store".repeat(1000))?;
            found += 1;
        }
    }
    ensure!(found == 1, "{found} stores {last} of profile {PROFILE}");
    Ok(())
}

fn spread(mut times: Vec<Duration>) -> Value {
    times.sort_unstable();
    let at = |part: usize| {
        let place = (times.len().saturating_sub(1) * part).div_ceil(100);
        let time = times.get(place).copied().unwrap_or_default();
        measured::tidy(time.as_secs_f64() * 1000.0)
    };
    json!({ "median_ms": at(50), "p95_ms": at(95), "min_ms": at(0), "max_ms": at(100) })
}
