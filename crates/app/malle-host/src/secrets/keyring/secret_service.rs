//! The keyring of Linux desktops, whichever program it is: gnome-keyring, KWallet, KeePassXC.
//! freedesktop.org Secret Service API Specification 0.2

use std::time::Duration;

use mapi_spi::{Call, Secret};

use super::bus::wire::{Value, Writer};
use super::bus::{Bus, BusError, Callee};
use crate::secrets::SecretError;
use crate::secrets::place::Person;

const SERVICE: &str = "org.freedesktop.secrets";
const ROOT: &str = "/org/freedesktop/secrets";

/// How long a person has to answer the keyring's window.
const PERSON: Duration = Duration::from_secs(300);

/// Whether a Secret Service answers on this session's bus.
pub(super) fn is_there(call: &Call) -> bool {
    let served = Bus::connect(call).and_then(|mut bus| bus.is_served(SERVICE));
    served.unwrap_or(false)
}

pub(super) fn get(slot: &str, person: Person, call: &Call) -> Result<Option<Secret>, SecretError> {
    let mut session = Session::open(person, call)?;
    let Some(item) = session.find(slot)? else {
        return Ok(None);
    };
    session.secret_of(&item).map(Some)
}

pub(super) fn set(slot: &str, label: &str, value: &Secret, call: &Call) -> Result<(), SecretError> {
    let mut session = Session::open(Person::MayBeAsked, call)?;
    let collection = session.default_collection()?;
    session.unlock(&collection)?;
    session.create(&collection, slot, label, value)
}

pub(super) fn remove(slot: &str, person: Person, call: &Call) -> Result<(), SecretError> {
    let mut session = Session::open(person, call)?;
    // One that another program copied has the same attributes, and goes too.
    while let Some(item) = session.find(slot)? {
        let answer = session.ask(&item, "Item", "Delete", "", &Writer::default())?;
        session.finish(&answer, 0)?;
    }
    Ok(())
}

/// A session with the service. Secrets cross the bus as they are: it is a socket that only this user may open.
struct Session {
    bus: Bus,
    path: String,
    person: Person,
}

impl Session {
    fn open(person: Person, call: &Call) -> Result<Self, SecretError> {
        let no_keyring = |error: BusError| match error {
            BusError::Cancelled | BusError::TimedOut => failure(error),
            other => SecretError::NoKeyring {
                detail: other.to_string(),
            },
        };
        let mut session = Self {
            bus: Bus::connect(call).map_err(no_keyring)?,
            path: String::new(),
            person,
        };
        let mut body = Writer::default();
        body.text("plain");
        body.signature("s");
        body.text("");
        let opened = session.call(ROOT, "Service", "OpenSession", "sv", &body);
        let opened = opened.map_err(no_keyring)?;
        session.path = text_at(&opened, 1)?;
        Ok(session)
    }

    fn call(
        &mut self,
        path: &str,
        interface: &str,
        member: &str,
        signature: &str,
        body: &Writer,
    ) -> Result<Vec<Value>, BusError> {
        let interface = format!("org.freedesktop.Secret.{interface}");
        let callee = Callee {
            service: SERVICE,
            path,
            interface: &interface,
        };
        self.bus.ask(callee, member, signature, body)
    }

    fn ask(
        &mut self,
        path: &str,
        interface: &str,
        member: &str,
        signature: &str,
        body: &Writer,
    ) -> Result<Vec<Value>, SecretError> {
        self.call(path, interface, member, signature, body)
            .map_err(failure)
    }

    /// The item of a slot, unlocked.
    fn find(&mut self, slot: &str) -> Result<Option<String>, SecretError> {
        if let Some(found) = self.search(slot)? {
            return Ok(Some(found));
        }
        // A locked collection may not say what it holds (KWallet), or not yet (gnome-keyring as it starts).
        let collection = self.alias()?;
        if collection == "/" || !self.is_locked(&collection)? {
            return Ok(None);
        }
        self.unlock(&collection)?;
        self.search(slot)
    }

    fn search(&mut self, slot: &str) -> Result<Option<String>, SecretError> {
        let mut body = Writer::default();
        body.texts_by_name(&attributes(slot));
        let found = self.ask(ROOT, "Service", "SearchItems", "a{ss}", &body)?;
        let list = |n: usize| found.get(n).map(Value::texts).unwrap_or_default();
        if let Some(open) = list(0).into_iter().next() {
            return Ok(Some(open));
        }
        let Some(locked) = list(1).into_iter().next() else {
            return Ok(None);
        };
        self.unlock(&locked)?;
        Ok(Some(locked))
    }

    fn is_locked(&mut self, collection: &str) -> Result<bool, SecretError> {
        let mut body = Writer::default();
        body.text("org.freedesktop.Secret.Collection");
        body.text("Locked");
        let properties = Callee {
            service: SERVICE,
            path: collection,
            interface: "org.freedesktop.DBus.Properties",
        };
        let answer = self.bus.ask(properties, "Get", "ss", &body);
        let locked = answer.map_err(failure)?.first().and_then(Value::number);
        Ok(locked == Some(1))
    }

    fn secret_of(&mut self, item: &str) -> Result<Secret, SecretError> {
        let mut body = Writer::default();
        body.text(&self.path);
        let mut answer = self.ask(item, "Item", "GetSecret", "o", &body)?;
        // session, parameters, value, content type
        if let Some(Value::Struct(parts)) = answer.first_mut()
            && let Some(Value::Bytes(value)) = parts.get_mut(2)
        {
            return Ok(Secret::new(std::mem::take(&mut *value.0)));
        }
        Err(odd())
    }

    /// Unlocks an item or a collection, if it is locked.
    fn unlock(&mut self, object: &str) -> Result<(), SecretError> {
        let mut body = Writer::default();
        body.array(4, |to| to.text(object));
        let answer = self.ask(ROOT, "Service", "Unlock", "ao", &body)?;
        let open = answer.first().map(Value::texts).unwrap_or_default();
        if open.iter().any(|path| path == object) {
            return Ok(());
        }
        self.finish(&answer, 1)
    }

    /// The collection that new secrets go into; `/` if there is none yet.
    fn alias(&mut self) -> Result<String, SecretError> {
        let mut body = Writer::default();
        body.text("default");
        let answer = self.ask(ROOT, "Service", "ReadAlias", "s", &body)?;
        text_at(&answer, 0)
    }

    /// The same. Where there is none yet, the keyring makes it and asks for a password.
    fn default_collection(&mut self) -> Result<String, SecretError> {
        let path = self.alias()?;
        if path != "/" {
            return Ok(path);
        }
        let mut body = Writer::default();
        body.array(8, |to| {
            to.align(8);
            to.text("org.freedesktop.Secret.Collection.Label");
            to.signature("s");
            to.text("Default keyring");
        });
        body.text("default");
        let answer = self.ask(ROOT, "Service", "CreateCollection", "a{sv}s", &body)?;
        let made = text_at(&answer, 0)?;
        if made != "/" {
            return Ok(made);
        }
        self.finish(&answer, 1)?;
        match self.alias()? {
            none if none == "/" => Err(odd()),
            made => Ok(made),
        }
    }

    fn create(
        &mut self,
        collection: &str,
        slot: &str,
        label: &str,
        value: &Secret,
    ) -> Result<(), SecretError> {
        let value = value.expose();
        let mut body = Writer::with_room(value.len() + label.len() + slot.len() + 1024);
        body.array(8, |to| {
            to.align(8);
            to.text("org.freedesktop.Secret.Item.Label");
            to.signature("s");
            to.text(label);
            to.align(8);
            to.text("org.freedesktop.Secret.Item.Attributes");
            to.signature("a{ss}");
            to.texts_by_name(&attributes(slot));
        });
        body.align(8);
        body.text(&self.path);
        body.bytes(b"");
        body.bytes(value);
        let text = std::str::from_utf8(value).is_ok();
        body.text(if text {
            "text/plain; charset=utf8"
        } else {
            "application/octet-stream"
        });
        body.bool(true);
        let kind = "a{sv}(oayays)b";
        let answer = self.ask(collection, "Collection", "CreateItem", kind, &body)?;
        self.finish(&answer, 1)
    }

    /// Does what the answer's prompt, at `place`, asks for: lets the keyring ask a person.
    fn finish(&mut self, answer: &[Value], place: usize) -> Result<(), SecretError> {
        let prompt = text_at(answer, place)?;
        if prompt == "/" {
            return Ok(());
        }
        if self.person == Person::IsLeftAlone {
            return Err(SecretError::Locked);
        }
        self.bus
            .listen("org.freedesktop.Secret.Prompt", "Completed")
            .map_err(failure)?;
        let mut window = Writer::default();
        window.text("");
        self.ask(&prompt, "Prompt", "Prompt", "s", &window)?;
        let done = self.bus.signal(&prompt, "Completed", PERSON);
        let dismissed = done.map_err(failure)?.first().and_then(Value::number);
        if dismissed != Some(0) {
            return Err(SecretError::Locked);
        }
        Ok(())
    }
}

/// What an item is found by.
fn attributes(slot: &str) -> [(&str, &str); 3] {
    [
        ("xdg:schema", "org.malle.Secret"),
        ("application", "malle"),
        ("name", slot),
    ]
}

fn text_at(answer: &[Value], place: usize) -> Result<String, SecretError> {
    let text = answer.get(place).and_then(Value::text);
    text.map(str::to_owned).ok_or_else(odd)
}

fn odd() -> SecretError {
    SecretError::Keyring {
        detail: "it gave an answer that is none".to_owned(),
    }
}

fn failure(error: BusError) -> SecretError {
    match error {
        BusError::Cancelled => SecretError::Cancelled,
        BusError::TimedOut => SecretError::TimedOut {
            what: "the keyring".to_owned(),
        },
        BusError::Refused { name, .. } if name == "org.freedesktop.Secret.Error.IsLocked" => {
            SecretError::Locked
        }
        other => SecretError::Keyring {
            detail: other.to_string(),
        },
    }
}
