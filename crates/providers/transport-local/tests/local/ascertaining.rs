//! What became of a batch whose sender was killed: known exactly, at whatever step it was, and whatever receivers did since.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use mapi_spi::{Attempts, Call, Fate, Mark, Result, Transport};

use crate::world::{Machine, Marks, config, logon, message, receive, send, send_with};

const PEOPLE: [&str; 3] = ["bob", "cat", "dan"];
const HOME: &str = "MALLE_TEST_KILLED_HOME";
const HANG: &str = "MALLE_TEST_KILLED_HANG";

fn ask(transport: &dyn Transport, marks: &[Mark]) -> Vec<Vec<Option<Fate>>> {
    let tokens: Vec<Vec<u8>> = marks.iter().map(|mark| mark.token.clone()).collect();
    transport.ascertain(&tokens, &Call::default()).unwrap()
}

/// Whether it was sent, where that is known.
fn sent(fate: &Option<Fate>) -> Option<bool> {
    match fate {
        Some(Fate::Sent) => Some(true),
        Some(Fate::Later { .. }) => Some(false),
        // Whatever else it were, it would be wrong.
        other => {
            assert_eq!(*other, None);
            None
        }
    }
}

/// Marks as whoever is killed leaves them: in a file.
struct Written<'a>(&'a Path);

impl Attempts for Written<'_> {
    fn committing(&mut self, marks: &[Mark]) -> Result<()> {
        let tokens = marks.iter().map(|mark| {
            let token = mark.token.iter().map(|b| format!("{b:02x}"));
            token.collect::<String>() + "\n"
        });
        fs::write(self.0.join("tokens.new"), tokens.collect::<String>()).unwrap();
        fs::rename(self.0.join("tokens.new"), self.0.join("tokens")).unwrap();
        Ok(())
    }
}

fn written(home: &Path) -> Vec<Vec<u8>> {
    let text = fs::read_to_string(home.join("tokens")).unwrap_or_default();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let line = |line: &str| line.as_bytes().chunks(2).map(byte).collect();
    text.lines().map(line).collect()
}

/// The sender that is killed; not a test by itself.
#[test]
fn the_one_that_is_killed() {
    let Ok(home) = std::env::var(HOME) else {
        return;
    };
    let home = Path::new(&home);
    let hang = std::env::var(HANG).unwrap();
    let (ann, _) = logon(config(home, "ann", &[("hang", &hang)]), "ann").unwrap();
    let to = PEOPLE.map(|name| format!("{name}@localhost"));
    let all: Vec<&str> = to.iter().map(String::as_str).collect();
    let batch = [message("all", &all), message("bob", &[all[0]])];
    let marks = &mut Written(home);
    drop(send_with(ann.as_ref(), &batch, marks, &Call::default()));
}

fn begin(machine: &Machine, hang: &str) -> Child {
    let me = std::env::current_exe().unwrap();
    let mut command = Command::new(me);
    command.args(["--exact", "ascertaining::the_one_that_is_killed"]);
    command.env(HOME, machine.home.path()).env(HANG, hang);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn until(what: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !what() {
        assert!(Instant::now() < end, "it did not happen");
        thread::sleep(Duration::from_millis(2));
    }
}

/// What was waiting for somebody.
fn taken(person: &dyn Transport) -> Vec<String> {
    let kept = receive(person);
    kept.subjects().into_iter().map(str::to_owned).collect()
}

/// Whoever sweeps takes what was left for old.
fn age(machine: &Machine) {
    let then = SystemTime::now() - Duration::from_secs(600);
    for draft in machine.drafts() {
        let file = fs::File::options().write(true).open(draft).unwrap();
        file.set_modified(then).unwrap();
    }
}

#[test]
fn whoever_is_killed_at_any_step_leaves_the_whole_truth() {
    // What hangs, how many parcels are in mailboxes then, and whether marks were made.
    let steps = [
        ("write/2", 0, false),
        ("commit", 0, true),
        ("publish", 0, true),
        ("publish/2", 1, true),
        ("publish/3", 2, true),
        ("answer", 3, true),
    ];
    for (hang, there, marked) in steps {
        for taken_first in [false, true] {
            killed_at(hang, there, marked, taken_first);
        }
    }
}

fn killed_at(hang: &str, there: usize, marked: bool, taken_first: bool) {
    let machine = Machine::new();
    let people = PEOPLE.map(|name| machine.person(name));
    let mut child = begin(&machine, hang);
    match marked {
        true => until(|| machine.home.path().join("tokens").exists()),
        false => until(|| !machine.drafts().is_empty()),
    }
    until(|| machine.files("new").len() == there);
    // It is about to hang, or does: nothing of this depends on which.
    child.kill().unwrap();
    child.wait().unwrap();
    let there = machine.files("new").len();
    let mut got: Vec<Vec<String>> = vec![Vec::new(); PEOPLE.len()];
    if taken_first {
        age(&machine);
        for (person, got) in people.iter().zip(&mut got) {
            got.extend(taken(person.as_ref()));
        }
        assert!(machine.drafts().is_empty(), "they were swept");
    }
    let tokens = written(machine.home.path());
    assert_eq!(tokens.len(), if marked { 2 } else { 0 });
    let again = machine.person("ann");
    let first = again.ascertain(&tokens, &Call::default()).unwrap();
    let fates: Vec<Vec<Option<bool>>> = first
        .iter()
        .map(|fates| fates.iter().map(sent).collect())
        .collect();
    for (person, got) in people.iter().zip(&mut got) {
        got.extend(taken(person.as_ref()));
    }
    if marked {
        let counts = fates.iter().map(Vec::len);
        assert_eq!(counts.collect::<Vec<_>>(), [3, 1]);
        let of_all = fates[0].iter().filter(|fate| **fate == Some(true));
        assert_eq!(of_all.count(), there, "{hang}");
        for (fate, got) in fates[0].iter().zip(&got) {
            let has = got.contains(&"all".to_owned());
            assert_eq!(*fate, Some(has), "{hang}: {fates:?} {got:?}");
        }
        let has = got[0].contains(&"bob".to_owned());
        assert_eq!(fates[1], [Some(has)], "{hang}");
    }
    // It stays true.
    let later = again.ascertain(&tokens, &Call::default()).unwrap();
    assert_eq!(later, first);
    assert!(!marked || machine.drafts().is_empty());
}

/// Gives marks away when they are made.
struct Told(Sender<Vec<Mark>>);

impl Attempts for Told {
    fn committing(&mut self, marks: &[Mark]) -> Result<()> {
        self.0.send(marks.to_vec()).unwrap();
        Ok(())
    }
}

#[test]
fn who_asks_while_the_sender_still_lives_wins_or_loses_each_parcel_and_both_know() {
    for pause in 0..12 {
        let machine = Machine::new();
        let people = PEOPLE.map(|name| machine.person(name));
        let (ann, _) = machine.logon("ann", &[("delay", "publish:4")]).unwrap();
        let (asker, _) = machine.logon("ann", &[]).unwrap();
        let to = PEOPLE.map(|name| format!("{name}@localhost"));
        let to: Vec<&str> = to.iter().map(String::as_str).collect();
        let (tell, told) = channel::<Vec<Mark>>();
        let asking = thread::spawn(move || {
            let marks = told.recv().unwrap();
            thread::sleep(Duration::from_millis(pause));
            ask(asker.as_ref(), &marks)
        });
        let batch = [message("1", &to)];
        let results = send_with(ann.as_ref(), &batch, &mut Told(tell), &Call::default());
        let asked = asking.join().unwrap();
        let fates = results[0].as_ref().unwrap();
        for ((fate, asked), person) in fates.iter().zip(&asked[0]).zip(&people) {
            let sent_it = *fate == Fate::Sent;
            assert_eq!(sent(asked), Some(sent_it), "{fates:?} {asked:?}");
            let got = receive(person.as_ref()).messages.len();
            assert_eq!(got, usize::from(sent_it));
        }
    }
}

#[test]
fn what_is_taken_away_at_once_was_sent() {
    let machine = Machine::new();
    let (ann, bob) = (machine.person("ann"), machine.person("bob"));
    let (stop, stopped) = channel::<()>();
    let taking = thread::spawn(move || {
        let mut got = Vec::new();
        while stopped.try_recv().is_err() {
            got.extend(taken(bob.as_ref()));
        }
        got.extend(taken(bob.as_ref()));
        got
    });
    for n in 0..40 {
        let (results, marks) = send(ann.as_ref(), &[message(&n.to_string(), &["bob@localhost"])]);
        assert_eq!(results[0].as_ref().unwrap()[..], [Fate::Sent]);
        assert_eq!(ask(ann.as_ref(), &marks.marks), [[Some(Fate::Sent)]]);
    }
    stop.send(()).unwrap();
    let got = taking.join().unwrap();
    assert_eq!(got, (0..40).map(|n: i32| n.to_string()).collect::<Vec<_>>());
}

#[test]
fn marks_that_failed_may_be_there_and_say_that_nothing_was_sent() {
    let machine = Machine::new();
    let (ann, _bob) = (machine.person("ann"), machine.person("bob"));
    let mut marks = Marks {
        refuses: true,
        ..Marks::default()
    };
    let batch = [message("1", &["bob@localhost"])];
    drop(send_with(
        ann.as_ref(),
        &batch,
        &mut marks,
        &Call::default(),
    ));
    let fates = ask(ann.as_ref(), &marks.marks);
    assert_eq!(sent(&fates[0][0]), Some(false));
}

#[test]
fn what_is_too_long_ago_or_elsewhere_is_not_known() {
    let machine = Machine::new();
    let (ann, bob) = (machine.person("ann"), machine.person("bob"));
    let withdrawn = || {
        let mut marks = Marks {
            refuses: true,
            ..Marks::default()
        };
        let batch = [message("1", &["bob@localhost"])];
        drop(send_with(
            ann.as_ref(),
            &batch,
            &mut marks,
            &Call::default(),
        ));
        marks.marks
    };
    let old = withdrawn();
    let [void] = <[_; 1]>::try_from(machine.voids()).unwrap();
    let then = SystemTime::now() - Duration::from_secs(31 * 24 * 3600);
    fs::File::options()
        .write(true)
        .open(void)
        .unwrap()
        .set_modified(then)
        .unwrap();
    let young = withdrawn();
    receive(bob.as_ref());
    assert_eq!(machine.voids().len(), 1);
    assert_eq!(ask(ann.as_ref(), &old), [[None]]);
    assert_eq!(sent(&ask(ann.as_ref(), &young)[0][0]), Some(false));
    // Damaged or strange tokens, and those of other directories, are nobody's.
    let mut cut = young.clone();
    cut[0].token.truncate(12);
    assert_eq!(ask(ann.as_ref(), &cut), [[]]);
    let other = Machine::new();
    other.person("bob");
    assert_eq!(ask(other.person("ann").as_ref(), &young), [[]]);
    for mailbox in fs::read_dir(machine.spool().join("mailboxes")).unwrap() {
        fs::remove_dir_all(mailbox.unwrap().path()).unwrap();
    }
    assert_eq!(ask(ann.as_ref(), &young), [[None]]);
}
