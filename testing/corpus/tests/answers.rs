//! Replies to every mail of the corpus, and the mails forwarded: their MIME is without defects to Python's strictest reading,
//! names the thread, and quotes the text whole.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it measured"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use corpus::PROGRAM;
use mapi::{
    Compose, EmbeddedHost, Folder, ForwardAs, Identity, ImportItem, ImportOptions, ImportOutcome,
    Logon, Mapi, MapiProp, Message, MsgStore, OpenFlags, ReplyTo, SaveFlags, Session,
    SpecialFolder, tags,
};
use mapi_mime::{ImportContext, WriteOptions};
use serde::Deserialize;

/// One answer as Python reads it.
#[derive(Deserialize)]
struct Read {
    file: String,
    defect: Option<String>,
    fields: BTreeMap<String, String>,
    text: Option<String>,
}

/// What is expected of the answers to one mail.
struct Expected {
    id: Option<String>,
    text: String,
}

/// Defects that are the sender's, in bytes that are carried as they came.
const CARRIED: [(&str, &str, &str); 1] = [(
    "unstructured__signed-doc.p7s.eml",
    "attached",
    "a part without a blank line above its text, which is signed as it is",
)];

const KINDS: [&str; 4] = ["reply", "reply-all", "forward", "attached"];

#[test]
fn answers_to_every_mail_are_sound() {
    let Some(mails) = testkit::corpus("eml") else {
        return;
    };
    if Command::new(PROGRAM).arg("--version").output().is_err() {
        testkit::skip(PROGRAM, "install Python 3");
        return;
    }
    let home = testkit::TempHome::new().unwrap();
    // For whoever wants to look at them.
    let kept = std::env::var_os("MALLE_ANSWERS").map(std::path::PathBuf::from);
    let out = kept.as_deref().unwrap_or(home.path());
    let expected = answer_all(&mails, out);
    let mut wrong = Vec::new();
    let mut quoted = 0;
    for read in read_back(out) {
        let (name, kind) = read.file.rsplit_once('.').unwrap();
        let (mail, kind) = (&expected[name], kind);
        let carried = CARRIED.iter().any(|(n, k, _)| (*n, *k) == (name, kind));
        match judge(&read, kind, mail) {
            Err(why) if !carried => wrong.push(format!("{name} {kind}: {why}")),
            Ok(()) if carried => wrong.push(format!("{name} {kind}: sound, but listed")),
            _ => {}
        }
        quoted += usize::from(!mail.text.is_empty());
    }
    println!(
        "{} mails, {} answers, {quoted} with text to quote",
        expected.len(),
        expected.len() * KINDS.len()
    );
    assert!(wrong.is_empty(), "{} of them: {wrong:#?}", wrong.len());
}

/// Writes the answers to every mail into `out`.
fn answer_all(mails: &Path, out: &Path) -> BTreeMap<String, Expected> {
    let store = store();
    let inbox = store.receive_folder("IPM.Note").unwrap();
    let mut files: Vec<_> = fs::read_dir(mails)
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    files.sort();
    let mut expected = BTreeMap::new();
    for file in &files {
        let Some(original) = import(&inbox, &fs::read(file).unwrap()) else {
            continue;
        };
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for kind in KINDS {
            let message = answer(&store, &original, kind);
            let options = WriteOptions {
                date: Some(mapi::FileTime::from_unix(1_795_357_205)),
                ..WriteOptions::default()
            };
            let mut mime = Vec::new();
            mapi_mime::write(&message.to_tree().unwrap(), &options, &mut mime).unwrap();
            fs::write(out.join(format!("{name}.{kind}")), mime).unwrap();
        }
        let id = original.find(tags::INTERNET_MESSAGE_ID).unwrap();
        let text = original.find(tags::BODY).unwrap_or_default();
        let text = text.unwrap_or_default();
        expected.insert(name, Expected { id, text });
    }
    expected
}

fn store() -> MsgStore {
    let service = Arc::new(store_memory::MemoryService::default());
    let host = EmbeddedHost::new()
        .service(service)
        .profile("work", store_memory::NAME);
    let mapi = Mapi::initialize(Arc::new(host));
    let session = Session::logon(&mapi, Logon::profile("work")).unwrap();
    session.default_store().unwrap()
}

fn import(inbox: &Folder, mail: &[u8]) -> Option<Message> {
    let context = ImportContext::new(mapi::FileTime::from_unix(1_795_357_205));
    let tree = mapi_mime::parse(mail.to_vec(), &context).ok()?;
    let item = ImportItem {
        tree,
        flags: 0,
        source: None,
    };
    let outcome = inbox
        .import(vec![item], ImportOptions::default())
        .unwrap()
        .pop()?;
    match outcome {
        ImportOutcome::Imported { id, .. } => {
            Some(inbox.open_message_with(&id, OpenFlags::NONE).unwrap())
        }
        ImportOutcome::Failed(error) => {
            println!("not imported, so that nobody answers it: {error}");
            None
        }
        ImportOutcome::Skipped { .. } => None,
    }
}

fn answer(store: &MsgStore, original: &Message, kind: &str) -> Message {
    let compose = Compose {
        identity: Some(Identity {
            name: "Mé Example".to_owned(),
            address_type: "SMTP".to_owned(),
            address: "me@example.net".to_owned(),
        }),
        text: "Own words.".to_owned(),
        folder: Some(store.special_folder(SpecialFolder::Outbox).unwrap()),
        ..Compose::default()
    };
    let made = match kind {
        "reply" => original.reply(ReplyTo::Author, &compose),
        "reply-all" => original.reply(ReplyTo::All, &compose),
        "forward" => original.forward(ForwardAs::Inline, &compose),
        _ => original.forward(ForwardAs::Attachment, &compose),
    };
    let made = made.unwrap();
    made.save_changes(SaveFlags::KEEP_OPEN_READWRITE).unwrap();
    made
}

fn read_back(folder: &Path) -> Vec<Read> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("answers.py");
    let output = Command::new(PROGRAM)
        .arg(script)
        .arg(folder)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "answers.py failed: {errors}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn judge(read: &Read, kind: &str, mail: &Expected) -> Result<(), String> {
    if let Some(defect) = &read.defect {
        return Err(defect.clone());
    }
    let field = |name: &str| read.fields.get(name).map_or("", String::as_str);
    if read.fields.contains_key("bcc") {
        return Err("a Bcc field".to_owned());
    }
    if field("message-id").is_empty() || field("thread-index").is_empty() {
        return Err("no Message-ID or Thread-Index".to_owned());
    }
    let prefix = if kind.starts_with("reply") {
        "RE: "
    } else {
        "FW: "
    };
    if !field("subject").starts_with(prefix.trim_end()) {
        return Err(format!("subject {:?}", field("subject")));
    }
    let id = mail.id.as_deref().unwrap_or_default();
    let id: String = id.chars().filter(|c| !c.is_whitespace()).collect();
    let real = id.starts_with('<') && id.ends_with('>') && id.len() > 2;
    let references: String = field("references").split_whitespace().collect();
    if real && !references.ends_with(&id) {
        return Err(format!("references {references:?} without {id:?}"));
    }
    let answered: String = field("in-reply-to").split_whitespace().collect();
    let expected = if real && kind.starts_with("reply") {
        id.as_str()
    } else {
        ""
    };
    if answered != expected {
        return Err(format!("in-reply-to {answered:?} instead of {expected:?}"));
    }
    let text = read.text.as_deref().unwrap_or_default();
    if !text.starts_with("Own words.") {
        return Err(format!(
            "text {:?}",
            text.chars().take(80).collect::<String>()
        ));
    }
    match kind {
        "reply" | "reply-all" => quotes(text, mail),
        "forward" => shows(text, &mail.text),
        _ => Ok(()),
    }
}

/// Below one line that says whose they are, all lines are quoted.
fn quotes(text: &str, mail: &Expected) -> Result<(), String> {
    let mut lines = text.lines().skip(2);
    if mail.text.trim().is_empty() && lines.clone().next().is_none() {
        return Ok(());
    }
    let line = lines.next().unwrap_or_default();
    if !line.trim_end().ends_with(':') {
        return Err(format!("attribution {line:?}"));
    }
    if let Some(line) = lines.clone().find(|l| !l.starts_with('>')) {
        return Err(format!("not quoted: {line:?}"));
    }
    shows(text, &mail.text)
}

/// Whether all that a mail says stands in a text, whatever its lines are.
fn shows(text: &str, said: &str) -> Result<(), String> {
    let letters = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace() && !c.is_control() && *c != '>')
            .collect()
    };
    let (text, said) = (letters(text), letters(said));
    if text.contains(&said) {
        return Ok(());
    }
    Err(format!(
        "the text is not whole: {} of {}",
        text.len(),
        said.len()
    ))
}
