//! Settings, and who has which address.

use std::fs;

use mapi_props::{Code, PropTag, PropType, PropValue};
use mapi_spi::{Call, Fate, Service, ServiceEvent, SpoolerNotice, UiUse, validate_flags};
use transport_local::LocalDeliveryService;

use crate::world::{CREATE, Machine, entry, fates, message, receive};

#[test]
fn a_wrong_setting_is_named_with_its_value_and_what_is_allowed() {
    let machine = Machine::new();
    let cases = [
        ("address", "ann", "name@domain"),
        ("address", "ann@localhost b ob@x", "`b` is not"),
        ("domains", "x..y", "a domain"),
        ("poll", "0", "from 1 to 86400"),
        ("poll", "soon", "from 1 to 86400"),
        ("shared", "perhaps", "yes or no"),
        ("fail", "nowhere", "submit, write"),
        ("delay", "write", ":MILLISECONDS"),
        ("hang", "write/0", "every N-th"),
    ];
    for (key, value, allowed) in cases {
        let mut config = machine.config("ann", &[("address", "ann@localhost")]);
        config.values.insert(key.to_owned(), value.to_owned());
        for error in [
            entry(&config, &CREATE).unwrap_err(),
            machine.logon("ann", &[(key, value)]).unwrap_err(),
        ] {
            assert_eq!(error.code(), Code::INVALID_PARAMETER, "{error}");
            let said = error.detail();
            assert!(
                said.contains(&format!("`{key}`")) && said.contains(allowed),
                "{said}"
            );
        }
    }
    assert_eq!(
        entry(&machine.config("ann", &[]), &CREATE)
            .unwrap_err()
            .code(),
        Code::UNCONFIGURED
    );
    assert_eq!(
        entry(&machine.config("ann", &[("address", " ,")]), &CREATE)
            .unwrap_err()
            .code(),
        Code::UNCONFIGURED
    );
    assert!(!machine.spool().exists(), "what is wrong makes nothing");
    let description = LocalDeliveryService.description();
    let tag = |key: &str| {
        description
            .settings
            .iter()
            .find(|s| s.key == key)
            .unwrap()
            .tag
    };
    let props: [(PropTag, PropValue); 1] = [(tag("poll"), PropValue::Long(7))];
    let configure = ServiceEvent::Configure {
        ui: UiUse::Never,
        read_only: false,
        first: None,
        props: &props,
    };
    let draft = entry(
        &machine.config("ann", &[("address", "ann@localhost")]),
        &configure,
    )
    .unwrap();
    assert_eq!(draft.config.values["poll"], "7");
    assert_eq!(tag("address").ty(), PropType::UNICODE);
}

#[test]
fn an_address_belongs_to_one_profile() {
    let machine = Machine::new();
    let ann = machine.config("ann", &[("address", "ann@localhost, info@example.org")]);
    let draft = entry(&ann, &CREATE).unwrap();
    let identity = draft.identity.unwrap();
    assert_eq!(
        (identity.name.as_str(), identity.address.as_str()),
        ("ann", "ann@localhost")
    );
    let bob = machine.config("bob", &[("address", "bob@localhost INFO@Example.org")]);
    let error = entry(&bob, &CREATE).unwrap_err();
    assert_eq!(error.code(), Code::COLLISION);
    assert!(
        error.detail().contains("info@example.org") && error.detail().contains("data/ann"),
        "{error}"
    );
    // All or none: bob's own address is free still.
    let carl = machine.config("carl", &[("address", "bob@localhost")]);
    entry(&carl, &CREATE).unwrap();
    let error = machine
        .logon("bob", &[("address", "bob@localhost")])
        .unwrap_err();
    assert_eq!(error.code(), Code::COLLISION);
    // Another home with the same spool directory.
    let other = Machine::new();
    let spool = machine.spool().display().to_string();
    let settings = [("spool", spool.as_str()), ("address", "ann@localhost")];
    assert_eq!(
        other.logon("ann", &settings).unwrap_err().code(),
        Code::COLLISION
    );
    // The same profile again, and with one address less.
    let ann = machine.config("ann", &[("address", "ann@localhost")]);
    let configure = ServiceEvent::Configure {
        ui: UiUse::Never,
        read_only: false,
        first: None,
        props: &[],
    };
    entry(&ann, &configure).unwrap();
    entry(
        &machine.config("dora", &[("address", "info@example.org")]),
        &CREATE,
    )
    .unwrap();
    // It is taken out of the profile.
    entry(&ann, &ServiceEvent::Delete).unwrap();
    entry(
        &machine.config("eva", &[("address", "ann@localhost")]),
        &CREATE,
    )
    .unwrap();
}

#[test]
fn addresses_of_a_profile_that_is_gone_are_free_and_a_home_can_move() {
    let mut machine = Machine::new();
    entry(
        &machine.config("ann", &[("address", "ann@localhost")]),
        &CREATE,
    )
    .unwrap();
    let bob = machine.person("bob");
    assert_eq!(
        fates(bob.as_ref(), message("1", &["ann@localhost"])),
        [Fate::Sent]
    );
    let moved = tempfile::tempdir().unwrap();
    fs::rename(machine.home.path().join("data"), moved.path().join("data")).unwrap();
    machine.home = moved;
    let ann = machine.person("ann");
    assert_eq!(receive(ann.as_ref()).subjects(), ["1"]);
    fs::remove_dir_all(machine.home.path().join("data/ann")).unwrap();
    let bob = machine.person("bob");
    assert!(matches!(
        fates(bob.as_ref(), message("2", &["ann@localhost"]))[..],
        [Fate::Refused(_)]
    ));
    machine
        .logon("zoe", &[("address", "ann@localhost")])
        .unwrap();
    assert_eq!(
        fates(bob.as_ref(), message("3", &["ann@localhost"])),
        [Fate::Sent]
    );
}

#[test]
fn addresses_are_compared_as_mail_systems_do() {
    let machine = Machine::new();
    let ann = machine.person("ann");
    machine
        .logon("bob", &[("address", "bob@example.org")])
        .unwrap();
    let to = |address: &str| fates(ann.as_ref(), message("x", &[address])).pop().unwrap();
    for known in [
        "ann@localhost",
        "ANN@LocalHost",
        "<ann+list@localhost>",
        "Bob+x@EXAMPLE.org.",
    ] {
        assert_eq!(to(known), Fate::Sent, "{known}");
    }
    for unknown in ["nobody@localhost", "nobody@example.org", "ann@example.org"] {
        let Fate::Refused(refusal) = to(unknown) else {
            panic!("{unknown} was not refused");
        };
        assert_eq!(refusal.status, 511);
        assert!(
            refusal.text.contains(unknown) && refusal.text.contains("service add MALLE_DELIVERY"),
            "{}",
            refusal.text
        );
    }
    for elsewhere in ["ann@example.com", "bob@sub.example.org", "no address", ""] {
        assert_eq!(to(elsewhere), Fate::NotMine, "{elsewhere}");
    }
    // Who says which domains are local leaves the others alone.
    let (only, _) = machine.logon("carl", &[("domains", "localhost")]).unwrap();
    assert_eq!(
        fates(
            only.as_ref(),
            message("x", &["nobody@example.org", "bob@example.org"])
        ),
        [Fate::NotMine, Fate::Sent]
    );
    let mut exchange = message("x", &["/o=org/cn=ann"]);
    exchange.recipients[0].set(mapi_props::tags::ADDRTYPE, "EX");
    assert_eq!(fates(ann.as_ref(), exchange.clone()), [Fate::NotMine]);
    exchange.recipients[0].set(mapi_props::tags::SMTP_ADDRESS, "bob@example.org");
    assert_eq!(fates(ann.as_ref(), exchange), [Fate::Sent]);
}

#[test]
fn settings_change_while_it_is_logged_on() {
    let machine = Machine::new();
    let (ann, host) = machine.logon("ann", &[]).unwrap();
    machine.person("bob");
    let call = Call::default();
    let taken = machine.config("ann", &[("address", "ann@localhost bob@localhost")]);
    assert_eq!(
        ann.config_changed(&taken, &call).unwrap_err().code(),
        Code::COLLISION
    );
    let more = machine.config("ann", &[("address", "ann@localhost anna@localhost")]);
    ann.config_changed(&more, &call).unwrap();
    ann.validate_state(validate_flags::CONFIG_CHANGED, &call)
        .unwrap();
    assert!(host.hears(&SpoolerNotice::ConfigChange));
    assert_eq!(
        fates(ann.as_ref(), message("x", &["anna@localhost"])),
        [Fate::Sent]
    );
    let received = receive(ann.as_ref());
    let by = received.messages[0]
        .props
        .text(mapi_props::tags::RECEIVED_BY_EMAIL_ADDRESS);
    assert_eq!(by, Some("anna@localhost"));
}
