//! A connection to the session's D-Bus: enough to call a service and to wait for one signal.
//! D-Bus Specification 0.43, "Message Protocol", "Authentication Protocol", "Server Addresses"

pub(super) mod wire;

use std::collections::VecDeque;
use std::env;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use mapi_spi::{Call, OnCancel};
use zeroize::Zeroizing;

use wire::{Order, Reader, Value, Writer};

/// The most that a message may hold; a keyring's are far below it.
const MESSAGE_MAX: usize = 1 << 20;

/// How long a call may take that asks nobody.
const PATIENCE: Duration = Duration::from_secs(25);

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum BusError {
    #[error("no session bus: {0}")]
    Absent(String),
    #[error("the session bus: {0}")]
    Io(#[from] io::Error),
    #[error("the session bus sent what is no message")]
    Protocol,
    /// The service answered with an error.
    #[error("{name}: {text}")]
    Refused { name: String, text: String },
    #[error("no answer in time")]
    TimedOut,
    #[error("cancelled")]
    Cancelled,
}

/// A connection.
pub(super) struct Bus {
    stream: UnixStream,
    serial: u32,
    call: Call,
    signals: VecDeque<Message>,
    /// Ends every wait when the call is cancelled.
    _stop: OnCancel,
}

/// A message that came.
#[derive(Debug)]
pub(super) struct Message {
    kind: u8,
    reply_to: Option<u32>,
    path: Option<String>,
    member: Option<String>,
    error: Option<String>,
    body: Vec<Value>,
}

/// Whom a call is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Callee<'a> {
    pub(super) service: &'a str,
    pub(super) path: &'a str,
    pub(super) interface: &'a str,
}

const DAEMON: Callee<'static> = Callee {
    service: "org.freedesktop.DBus",
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
};

const CALL: u8 = 1;
const REPLY: u8 = 2;
const ERROR: u8 = 3;
const SIGNAL: u8 = 4;

impl Bus {
    /// Connects to the bus of this session and says hello.
    pub(super) fn connect(call: &Call) -> Result<Self, BusError> {
        let mut absent = BusError::Absent("DBUS_SESSION_BUS_ADDRESS is not set".to_owned());
        for address in addresses() {
            match connect_to(&address) {
                Ok(stream) => return Self::greet(stream, call),
                Err(error) => absent = BusError::Absent(format!("{address}: {error}")),
            }
        }
        Err(absent)
    }

    fn greet(stream: UnixStream, call: &Call) -> Result<Self, BusError> {
        let other = stream.try_clone()?;
        let stop = call.cancel.on_cancel(move || {
            let _ended_already = other.shutdown(Shutdown::Both);
        });
        let mut bus = Self {
            stream,
            serial: 0,
            call: call.clone(),
            signals: VecDeque::new(),
            _stop: stop,
        };
        bus.authenticate()?;
        bus.ask(DAEMON, "Hello", "", &Writer::default())?;
        Ok(bus)
    }

    /// The socket itself says who we are, so nothing has to be told.
    fn authenticate(&mut self) -> Result<(), BusError> {
        let until = Instant::now() + PATIENCE;
        self.write(b"\0AUTH EXTERNAL\r\nDATA\r\n")?;
        let mut answer = String::new();
        loop {
            let mut byte = [0];
            self.fill(&mut byte, until)?;
            answer.push(char::from(byte[0]));
            if answer.len() > 1024 {
                return Err(BusError::Protocol);
            }
            let Some(line) = answer.strip_suffix("\r\n") else {
                continue;
            };
            match line.split(' ').next() {
                Some("OK") => break,
                Some("DATA") => answer.clear(),
                _ => {
                    return Err(BusError::Refused {
                        name: "authentication".to_owned(),
                        text: line.to_owned(),
                    });
                }
            }
        }
        self.write(b"BEGIN\r\n")
    }

    /// Whether somebody answers to a name, or is started when it is called.
    pub(super) fn is_served(&mut self, service: &str) -> Result<bool, BusError> {
        let mut name = Writer::default();
        name.text(service);
        let owned = self.ask(DAEMON, "NameHasOwner", "s", &name)?;
        if owned.first().and_then(Value::number) == Some(1) {
            return Ok(true);
        }
        let named = self.ask(DAEMON, "ListActivatableNames", "", &Writer::default())?;
        let names = named.first().map(Value::texts).unwrap_or_default();
        Ok(names.iter().any(|name| name == service))
    }

    /// Has signals of a member delivered to this connection.
    pub(super) fn listen(&mut self, interface: &str, member: &str) -> Result<(), BusError> {
        let mut rule = Writer::default();
        rule.text(&format!(
            "type='signal',interface='{interface}',member='{member}'"
        ));
        self.ask(DAEMON, "AddMatch", "s", &rule).map(drop)
    }

    /// Calls a method and waits for its answer.
    pub(super) fn ask(
        &mut self,
        callee: Callee<'_>,
        member: &str,
        signature: &str,
        body: &Writer,
    ) -> Result<Vec<Value>, BusError> {
        self.serial += 1;
        let serial = self.serial;
        let header = header(serial, callee, member, signature, body.as_bytes().len());
        self.write(header.as_bytes())?;
        self.write(body.as_bytes())?;
        let until = Instant::now() + PATIENCE;
        loop {
            let message = self.receive(until)?;
            if message.reply_to != Some(serial) {
                self.keep(message);
                continue;
            }
            return match message.kind {
                REPLY => Ok(message.body),
                ERROR => Err(BusError::Refused {
                    name: message.error.unwrap_or_default(),
                    text: message
                        .body
                        .first()
                        .and_then(Value::text)
                        .unwrap_or("")
                        .to_owned(),
                }),
                _ => Err(BusError::Protocol),
            };
        }
    }

    /// Waits for a signal of an object.
    pub(super) fn signal(
        &mut self,
        path: &str,
        member: &str,
        patience: Duration,
    ) -> Result<Vec<Value>, BusError> {
        let until = Instant::now() + patience;
        loop {
            let message = match self.signals.pop_front() {
                Some(message) => message,
                None => self.receive(until)?,
            };
            let meant = message.path.as_deref() == Some(path);
            if message.kind == SIGNAL && meant && message.member.as_deref() == Some(member) {
                return Ok(message.body);
            }
        }
    }

    fn keep(&mut self, message: Message) {
        // Only signals that were asked for come, so these are few.
        if message.kind == SIGNAL && self.signals.len() < 64 {
            self.signals.push_back(message);
        }
    }

    fn receive(&mut self, until: Instant) -> Result<Message, BusError> {
        let mut start = [0; 16];
        self.fill(&mut start, until)?;
        let (order, length) = measure(&start).ok_or(BusError::Protocol)?;
        let mut whole = Zeroizing::new(vec![0; length]);
        let (begin, rest) = whole.split_at_mut(start.len());
        begin.copy_from_slice(&start);
        self.fill(rest, until)?;
        read_message(&whole, order).ok_or(BusError::Protocol)
    }

    fn fill(&mut self, mut buffer: &mut [u8], until: Instant) -> Result<(), BusError> {
        let until = self
            .call
            .deadline
            .map_or(until, |deadline| until.min(deadline));
        while !buffer.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(BusError::TimedOut);
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(buffer) {
                Ok(0) => return Err(self.ended()),
                Ok(count) => buffer = buffer.get_mut(count..).unwrap_or_default(),
                Err(e) if is_time_out(&e) => return Err(BusError::TimedOut),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BusError> {
        self.stream.set_write_timeout(Some(PATIENCE))?;
        self.stream.write_all(bytes).map_err(|error| {
            if self.call.cancel.is_cancelled() {
                return BusError::Cancelled;
            }
            BusError::Io(error)
        })
    }

    fn ended(&self) -> BusError {
        if self.call.cancel.is_cancelled() {
            return BusError::Cancelled;
        }
        BusError::Io(io::ErrorKind::UnexpectedEof.into())
    }
}

fn is_time_out(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

fn header(serial: u32, callee: Callee<'_>, member: &str, signature: &str, body: usize) -> Writer {
    let mut to = Writer::default();
    for byte in [b'l', CALL, 0, 1] {
        to.byte(byte);
    }
    to.u32(u32::try_from(body).expect("a message is far shorter than 4 GiB"));
    to.u32(serial);
    to.array(8, |to| {
        field(to, 1, "o", callee.path);
        field(to, 2, "s", callee.interface);
        field(to, 3, "s", member);
        field(to, 6, "s", callee.service);
        if !signature.is_empty() {
            field(to, 8, "g", signature);
        }
    });
    to.align(8);
    to
}

fn field(to: &mut Writer, code: u8, kind: &str, value: &str) {
    to.align(8);
    to.byte(code);
    to.signature(kind);
    if kind == "g" {
        to.signature(value);
    } else {
        to.text(value);
    }
}

/// Whether these bytes begin with a message.
pub(in crate::secrets) fn is_bus_message(bytes: &[u8]) -> bool {
    let message = bytes.first_chunk().and_then(|start| {
        let (order, length) = measure(start)?;
        read_message(bytes.get(..length)?, order)
    });
    message.is_some()
}

/// Whose order the numbers of a message have, and how long all of it is, by its first bytes.
fn measure(start: &[u8; 16]) -> Option<(Order, usize)> {
    let order = match start[0] {
        b'l' => Order::Little,
        b'B' => Order::Big,
        _ => return None,
    };
    let mut fixed = Reader::of(start.get(4..)?, order);
    let (body, _serial, fields) = (fixed.u32()?, fixed.u32()?, fixed.u32()?);
    let (body, fields) = (body as usize, fields as usize);
    if body > MESSAGE_MAX || fields > MESSAGE_MAX {
        return None;
    }
    let head = (start.len() + fields).next_multiple_of(8);
    Some((order, head + body))
}

fn read_message(whole: &[u8], order: Order) -> Option<Message> {
    let kind = *whole.get(1)?;
    let mut reader = Reader::of(whole, order);
    for _ in 0..3 {
        reader.u32()?;
    }
    let fields = reader.header_fields()?;
    reader.align(8)?;
    let text = |code: u32| fields.get(&code).and_then(Value::text).map(str::to_owned);
    let body = whole.get(reader.at()..)?;
    Some(Message {
        kind,
        reply_to: fields.get(&5).and_then(Value::number),
        path: text(1),
        member: text(3),
        error: text(4),
        body: wire::read(&text(8).unwrap_or_default(), body, order)?,
    })
}

/// Where the session bus may be: as the environment says, else in the user's runtime directory.
fn addresses() -> Vec<String> {
    if let Some(set) = env::var_os("DBUS_SESSION_BUS_ADDRESS").filter(|set| !set.is_empty()) {
        let set = set.to_string_lossy().into_owned();
        return set.split(';').map(str::to_owned).collect();
    }
    let run = env::var_os("XDG_RUNTIME_DIR").map(|run| PathBuf::from(run).join("bus"));
    let found = run.filter(|bus| bus.exists());
    found
        .map(|bus| format!("unix:path={}", escape(&bus.to_string_lossy())))
        .into_iter()
        .collect()
}

/// Connects to one address: `unix:path=/run/user/1000/bus,guid=…`.
fn connect_to(address: &str) -> io::Result<UnixStream> {
    let unknown = || io::Error::new(io::ErrorKind::Unsupported, "not a socket of this machine");
    let keys = address.strip_prefix("unix:").ok_or_else(unknown)?;
    for pair in keys.split(',') {
        match pair.split_once('=') {
            Some(("path", path)) => return UnixStream::connect(PathBuf::from(unescape(path))),
            #[cfg(target_os = "linux")]
            Some(("abstract", name)) => {
                use std::os::linux::net::SocketAddrExt;
                let name = unescape(name);
                let address =
                    std::os::unix::net::SocketAddr::from_abstract_name(name.as_encoded_bytes())?;
                return UnixStream::connect_addr(&address);
            }
            _ => {}
        }
    }
    Err(unknown())
}

/// Takes `%20` and its like out of a value.
fn unescape(value: &str) -> std::ffi::OsString {
    use std::os::unix::ffi::OsStringExt;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.split_at_checked(2).filter(|_| *first == b'%');
        let code = digits.and_then(|(digits, tail)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, tail))
        });
        let (byte, tail) = code.unwrap_or((*first, tail));
        bytes.push(byte);
        rest = tail;
    }
    std::ffi::OsString::from_vec(bytes)
}

fn escape(path: &str) -> String {
    path.replace('%', "%25")
        .replace(',', "%2c")
        .replace(';', "%3b")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_they_are_escaped() {
        assert_eq!(unescape("/a%20b%2Cc%"), "/a b,c%");
        assert_eq!(unescape(&escape("/a%,;b")), "/a%,;b");
        assert!(connect_to("tcp:host=localhost,port=1").is_err());
        assert!(connect_to("unix:path=/no/such/bus,guid=1").is_err());
    }

    #[test]
    fn a_header_is_one_that_reads_back() {
        let mut body = Writer::default();
        body.text("name");
        let head = header(7, DAEMON, "NameHasOwner", "s", body.as_bytes().len());
        let whole = [head.as_bytes(), body.as_bytes()].concat();
        let message = read_message(&whole, Order::Little).unwrap();
        assert_eq!(message.member.as_deref(), Some("NameHasOwner"));
        assert_eq!(message.path.as_deref(), Some("/org/freedesktop/DBus"));
        assert_eq!(message.body, [Value::Text("name".to_owned())]);
        for end in 0..whole.len() {
            let _any = read_message(&whole[..end], Order::Little);
        }
    }
}
