//! The suite for transports over those that there are.

use std::sync::{Arc, Mutex};

use conformance::TransportGround;
use mapi::{ServiceConfig, SystemSupport};
use mapi_props::MessageTree;
use mapi_spi::Transport;
use testkit_transport::{Act, Script, ScriptedTransport, Step, Wire, WireTransport};

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
    let failed = conformance::transports(careless).unwrap_err().to_string();
    assert!(failed.contains("it works on after errors"), "{failed}");
}
