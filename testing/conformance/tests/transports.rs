//! The suite for transports over those that there are.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex};

use conformance::TransportGround;
use mapi::{Service, ServiceConfig, SystemSupport};
use mapi_props::{MessageTree, TreeContent, TreeProps, tags};
use mapi_spi::{Arrival, Attempt, Call, Fate, Inbox, OpenTransport, Outgoing, Result, Transport};
use testkit::TempHome;
use testkit_transport::{Act, Script, ScriptedTransport, Step, Wire, WireTransport};
use transport_local::LocalDeliveryService;

/// A wire, and what arrives at its end.
#[derive(Debug, Default)]
struct Wired {
    wire: Arc<Wire>,
    script: Arc<Script>,
    /// What keeps arrivals over restarts, as a server does.
    behind: Mutex<Option<Arc<WireTransport>>>,
    number: Mutex<u32>,
    batch: usize,
}

impl Wired {
    fn behind(&self) -> Arc<WireTransport> {
        let mut behind = self.behind.lock().unwrap();
        let made = behind.get_or_insert_with(|| {
            let (script, wire) = (Arc::clone(&self.script), Arc::clone(&self.wire));
            let config = ServiceConfig::default();
            let made = WireTransport::new(&config, Arc::new(SystemSupport), script, wire);
            made.takes(self.batch);
            Arc::new(made)
        });
        Arc::clone(made)
    }
}

impl TransportGround for Wired {
    fn transport(&self) -> Arc<dyn Transport> {
        let script = Arc::clone(&self.script);
        // The script says it each time.
        for address in ["nobody@here.example", "x@elsewhere.example"] {
            let fate = match address {
                "x@elsewhere.example" => Act::from_text("answer not-mine"),
                _ => Act::from_text("answer refused"),
            };
            let Some(Act::Answer(fate)) = fate else {
                panic!("a fate");
            };
            script.answer(address, vec![fate; 9]);
        }
        let inner = self.behind() as Arc<dyn Transport>;
        Arc::new(ScriptedTransport::before(
            inner,
            Arc::new(SystemSupport),
            script,
        ))
    }

    fn somebody(&self, n: usize) -> String {
        format!("person{n}@here.example")
    }

    fn nobody(&self) -> Option<String> {
        Some("nobody@here.example".to_owned())
    }

    fn foreign(&self) -> Option<String> {
        Some("x@elsewhere.example".to_owned())
    }

    fn reached(&self, address: &str) -> Vec<MessageTree> {
        let left = self.wire.left().into_iter();
        let mine = left.filter(|l| l.recipients.iter().any(|r| r == address));
        mine.map(|l| l.message.unwrap()).collect()
    }

    fn arrive(&self, messages: &[MessageTree]) -> bool {
        let behind = self.behind();
        for message in messages {
            let mut number = self.number.lock().unwrap();
            *number += 1;
            behind.arrives(&number.to_be_bytes(), message.clone());
        }
        true
    }
}

fn wired(batch: usize) -> Box<dyn TransportGround> {
    Box::new(Wired {
        batch,
        ..Wired::default()
    })
}

/// Mailboxes of one spool directory.
#[derive(Debug)]
struct Local {
    home: TempHome,
    /// What reached each, and was taken out.
    reached: Mutex<BTreeMap<String, Vec<MessageTree>>>,
}

const ME: &str = "me@here.example";

impl Local {
    fn boxed() -> Box<dyn TransportGround> {
        let local = Self {
            home: TempHome::new().unwrap(),
            reached: Mutex::default(),
        };
        for n in 0..4 {
            local.open(&local.somebody(n)).logoff();
        }
        Box::new(local)
    }

    fn open(&self, address: &str) -> Arc<dyn Transport> {
        let spool = self.home.path().join("spool");
        let values = [
            ("address".to_owned(), address.to_owned()),
            ("spool".to_owned(), spool.to_str().unwrap().to_owned()),
        ];
        let open = OpenTransport {
            config: ServiceConfig {
                // Each is a profile's.
                base: self.home.path().join(address),
                values: values.into(),
            },
            provider: String::new(),
        };
        let (support, call) = (Arc::new(SystemSupport), Call::default());
        let opened = LocalDeliveryService.open_transport(&open, support, &call);
        opened.unwrap()
    }
}

impl TransportGround for Local {
    fn transport(&self) -> Arc<dyn Transport> {
        self.open(ME)
    }

    fn somebody(&self, n: usize) -> String {
        format!("person{n}@here.example")
    }

    fn nobody(&self) -> Option<String> {
        Some("nobody@here.example".to_owned())
    }

    fn foreign(&self) -> Option<String> {
        Some("x@elsewhere.example".to_owned())
    }

    fn reached(&self, address: &str) -> Vec<MessageTree> {
        let mut inbox = Taken::default();
        let transport = self.open(address);
        transport.receive(&mut inbox, &Call::default()).unwrap();
        transport.logoff();
        let mut reached = self.reached.lock().unwrap();
        let all = reached.entry(address.to_owned()).or_default();
        all.extend(inbox.0);
        all.clone()
    }

    fn arrive(&self, messages: &[MessageTree]) -> bool {
        // The mailbox must be there.
        self.open(ME).logoff();
        let from = self.open(&self.somebody(0));
        for message in messages {
            let mut message = message.clone();
            let mut row = TreeProps::default();
            row.set(tags::RECIPIENT_TYPE, 1);
            row.set(tags::DISPLAY_NAME, "Me");
            row.set(tags::ADDRTYPE, "SMTP");
            row.set(tags::EMAIL_ADDRESS, ME);
            message.recipients = vec![row];
            let outgoing = Outgoing {
                entry_id: b"of an arrival",
                message: &message,
                recipients: &[0],
                again: false,
            };
            let fates = from.submit(&outgoing, &mut Marked, &Call::default());
            assert_eq!(fates.unwrap(), [Fate::Sent]);
        }
        from.logoff();
        true
    }
}

/// Keeps all, with what large values hold.
#[derive(Default)]
struct Taken(Vec<MessageTree>);

impl Inbox for Taken {
    fn deliver(&mut self, arrivals: Vec<Arrival>) -> Result<Vec<Result<()>>> {
        let results = arrivals.iter().map(|_| Ok(())).collect();
        for mut arrival in arrivals {
            for attachment in &mut arrival.message.attachments {
                if let TreeContent::Data(source) = &mut attachment.content {
                    let mut bytes = Vec::new();
                    source.open().unwrap().read_to_end(&mut bytes).unwrap();
                    *source = bytes.into();
                }
            }
            self.0.push(arrival.message);
        }
        Ok(results)
    }

    fn forgotten(&mut self, _: &[Vec<u8>]) -> Result<()> {
        Ok(())
    }
}

/// An attempt of which nothing is noted.
struct Marked;

impl Attempt for Marked {
    fn committing(&mut self, _: &[Fate]) -> Result<()> {
        Ok(())
    }
}

#[test]
fn every_story_of_transports_holds_for_local_delivery() {
    conformance::transports(Local::boxed).unwrap();
}

#[test]
fn every_story_of_transports_holds_for_the_scripted_one() {
    conformance::transports(|| wired(1)).unwrap();
    conformance::transports(|| wired(16)).unwrap();
}

/// What the suite must find: each of these breaks a rule.
#[test]
fn a_transport_that_breaks_a_rule_fails_the_suite() {
    /// Says the last word of everything that was given up.
    #[derive(Debug)]
    struct Careless(Wired);
    impl TransportGround for Careless {
        fn transport(&self) -> Arc<dyn Transport> {
            let transport = self.0.transport();
            self.0
                .script
                .next(Step::Said, Act::Fail(mapi::Code::NETWORK_ERROR));
            transport
        }
        fn somebody(&self, n: usize) -> String {
            self.0.somebody(n)
        }
        fn nobody(&self) -> Option<String> {
            self.0.nobody()
        }
        fn foreign(&self) -> Option<String> {
            self.0.foreign()
        }
        fn reached(&self, address: &str) -> Vec<MessageTree> {
            self.0.reached(address)
        }
        fn arrive(&self, messages: &[MessageTree]) -> bool {
            self.0.arrive(messages)
        }
    }
    let careless = || Box::new(Careless(Wired::default())) as Box<dyn TransportGround>;
    if std::env::var_os("MALLE_CASE").is_some() {
        // The story that finds it may not be among those that are told.
        return;
    }
    let failed = conformance::transports(careless).unwrap_err().to_string();
    assert!(failed.contains("it works on after errors"), "{failed}");
}
