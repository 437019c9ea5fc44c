//! Running programs with a hard limit of time, whole families of processes included.

use std::io::Write;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How a program under a time limit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself.
    Exit(ExitStatus),
    /// Killed with everything it had started, because its time was over.
    TimedOut,
}

/// Runs `command` with the terminal and fails unless it succeeds.
pub fn must(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command
        .status()
        .with_context(|| format!("cannot run {shown}"))?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(())
}

/// The command line as a person would type it.
pub fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![
        program
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    ];
    words.extend(command.get_args().map(|arg| quoted(&arg.to_string_lossy())));
    words.join(" ")
}

/// A word as a POSIX shell needs it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Waits until `child` ends or `limit` is over; then it and all its descendants are killed.
pub fn wait(child: &mut Child, limit: Duration) -> Result<End> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(End::Exit(status));
        }
        if started.elapsed() >= limit {
            kill_family(child)?;
            return Ok(End::TimedOut);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

/// Kills `child` and everything that it started, and reaps it.
fn kill_family(child: &mut Child) -> Result<()> {
    if cfg!(windows) {
        let id = child.id().to_string();
        let _some_gone = Command::new("taskkill")
            .args(["/T", "/F", "/PID", &id])
            .status()?;
    }
    // Found before the kill: afterwards they would belong to another parent.
    let family = family_of(child.id(), &process_table());
    // An error says that it has ended meanwhile.
    let _ended = child.kill();
    child.wait()?;
    if cfg!(unix) && !family.is_empty() {
        let ids = family
            .iter()
            .map(u32::to_string)
            .collect::<Vec<_>>()
            .join(" ");
        // Some may have ended meanwhile, which kill reports as a failure of no interest.
        let _some_gone = Command::new("sh")
            .args(["-c", &format!("kill -9 {ids}")])
            .stderr(Stdio::null())
            .status()?;
    }
    Ok(())
}

/// Every process with its parent, from `/proc` or else from `ps`; empty where there is neither.
fn process_table() -> Vec<(u32, u32)> {
    let listing = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = listing.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    let table: Vec<_> = stats.filter_map(|stat| stat_pair(&stat)).collect();
    if !table.is_empty() {
        return table;
    }
    match Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output() {
        Ok(output) => pairs(&String::from_utf8_lossy(&output.stdout)),
        Err(_) => Vec::new(),
    }
}

/// Process and parent from `/proc/N/stat`: `N (name) state parent …`, where the name may hold anything.
fn stat_pair(stat: &str) -> Option<(u32, u32)> {
    let (before, after) = stat.rsplit_once(')')?;
    let id = before.split_whitespace().next()?.parse().ok()?;
    Some((id, after.split_whitespace().nth(1)?.parse().ok()?))
}

fn pairs(text: &str) -> Vec<(u32, u32)> {
    let pair = |line: &str| {
        let mut numbers = line.split_whitespace().map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    text.lines().filter_map(pair).collect()
}

fn family_of(ancestor: u32, pairs: &[(u32, u32)]) -> Vec<u32> {
    let mut family = vec![ancestor];
    let mut next = 0;
    while let Some(&parent) = family.get(next) {
        let children = pairs
            .iter()
            .filter(|(_, of)| *of == parent)
            .map(|(child, _)| *child);
        let new: Vec<u32> = children.filter(|child| !family.contains(child)).collect();
        family.extend(new);
        next += 1;
    }
    family.split_off(1)
}

/// Prints a long text; a reader that stops early, such as `head`, is no error.
pub fn print_all(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}

/// Asks a yes-or-no question on the terminal; without a terminal the answer is no.
pub fn ask(question: &str) -> Result<bool> {
    use std::io::IsTerminal;
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("{question} [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_the_shell() {
        assert_eq!(quoted("a-b/c"), "a-b/c");
        assert_eq!(quoted("two words"), "'two words'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn a_family_is_everything_below_and_nothing_beside() {
        let pairs = pairs("  1 0\n 10 1\n 11 10\n 12 11\n 20 1\n junk\n");
        assert_eq!(family_of(10, &pairs), [11, 12]);
        assert!(family_of(12, &pairs).is_empty());
    }

    #[test]
    fn a_stat_line_is_read_past_any_name() {
        assert_eq!(stat_pair("42 (a) b) S 7 42 42 0"), Some((42, 7)));
        assert_eq!(stat_pair(""), None);
    }

    #[cfg(unix)]
    #[test]
    fn an_overdue_program_dies_with_its_children() {
        use std::io::Read;
        let mut child = Command::new("sh")
            .args(["-c", "sleep 600 & sleep 600"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = child.stdout.take().unwrap();
        assert_eq!(
            wait(&mut child, Duration::from_millis(100)).unwrap(),
            End::TimedOut
        );
        let mut rest = Vec::new();
        output.read_to_end(&mut rest).unwrap(); // both sleepers held this pipe
    }

    #[cfg(unix)]
    #[test]
    fn a_program_in_time_keeps_its_code() {
        let mut child = Command::new("sh").args(["-c", "exit 4"]).spawn().unwrap();
        let End::Exit(status) = wait(&mut child, Duration::from_secs(60)).unwrap() else {
            panic!("it had a minute")
        };
        assert_eq!(status.code(), Some(4));
    }
}
