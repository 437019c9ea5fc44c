//! Profiles made, changed, killed half way, sealed and taken elsewhere.

use std::collections::BTreeMap;
use std::fs;

use mapi_props::{PropTag, PropType, Slot, tags};
use testkit::TempHome;

use super::*;

const SECRET: PropTag = PropTag::new(0x67F0, PropType::UNICODE);

/// A home with a key in a file: tests leave the keyring of whoever runs them alone.
pub(super) fn home_with_key(temp: &TempHome) -> Home {
    let home = Home::below(temp.path());
    let key = home.secure_key_file();
    fs::create_dir_all(key.parent().unwrap()).unwrap();
    fs::write(key, [7; 32]).unwrap();
    home
}

fn profiles() -> (TempHome, Profiles) {
    let temp = TempHome::new().unwrap();
    let profiles = Profiles::of(home_with_key(&temp));
    (temp, profiles)
}

fn make(profiles: &Profiles, name: &str) -> Result<Profile> {
    let mut profile = Profile {
        name: name.to_owned(),
        ..Profile::default()
    };
    let local = profiles.catalogue().service("MALLE_LOCAL").unwrap();
    let mut n = 0;
    let mut uid = || {
        n += 1;
        Guid([n; 16])
    };
    profile.add(&local.description(), BTreeMap::new(), &mut uid);
    profiles.create(profile, |_| Ok::<(), ProfileError>(()))
}

fn change(profiles: &Profiles, name: &str, change: impl FnOnce(&mut Profile)) {
    let change = |profile: &mut Profile| {
        change(profile);
        Ok::<(), ProfileError>(())
    };
    profiles.change(name, change).unwrap();
}

fn raw(profiles: &Profiles, name: &str) -> String {
    fs::read_to_string(profiles.home().profile_file(name)).unwrap()
}

#[test]
fn made_listed_chosen_removed() {
    let (_home, profiles) = profiles();
    assert!(matches!(
        profiles.default_name(),
        Err(ProfileError::NoneYet)
    ));
    let work = make(&profiles, "work").unwrap();
    assert!(work.base.is_dir());
    assert_eq!(profiles.load("work").unwrap(), work);
    assert_eq!(profiles.default_name().unwrap(), "work");
    make(&profiles, "home").unwrap();
    assert!(matches!(
        profiles.default_name(),
        Err(ProfileError::NoDefault)
    ));
    profiles.set_default(Some("work")).unwrap();
    assert_eq!(profiles.names().unwrap(), ["home", "work"]);
    let entries = profiles.entries().unwrap();
    let defaults: Vec<_> = entries
        .iter()
        .map(|e| (e.name.as_str(), e.default))
        .collect();
    assert_eq!(defaults, [("home", false), ("work", true)]);
    let taken = make(&profiles, "Work");
    assert!(matches!(taken, Err(ProfileError::Exists { .. })));
    profiles.delete("work", DataOnDelete::Keep).unwrap();
    assert_eq!(profiles.default_name().unwrap(), "home");
    assert!(work.base.is_dir());
    profiles.delete("home", DataOnDelete::Remove).unwrap();
    assert!(!profiles.home().profile_data("home").exists());
    assert!(matches!(
        profiles.remove("home"),
        Err(ProfileError::Unknown { .. })
    ));
}

#[test]
fn that_there_is_no_default_can_be_chosen_too() {
    let (_home, profiles) = profiles();
    make(&profiles, "only").unwrap();
    profiles.set_default(None).unwrap();
    assert!(matches!(
        profiles.default_name(),
        Err(ProfileError::NoDefault)
    ));
    assert!(matches!(
        profiles.set_default(Some("x")),
        Err(ProfileError::Unknown { .. })
    ));
    profiles.set_default(Some("only")).unwrap();
    assert_eq!(profiles.default_name().unwrap(), "only");
}

#[test]
fn names_cannot_leave_the_directory() {
    let (_home, profiles) = profiles();
    for bad in [
        "", ".", "..", "a/b", "a\\b", "-x", ".x", "x\0", "con:", "x ",
    ] {
        assert!(
            matches!(make(&profiles, bad), Err(ProfileError::BadName { .. })),
            "{bad:?}"
        );
        assert!(profiles.load(bad).is_err(), "{bad:?}");
        assert!(profiles.share(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_profile_that_cannot_be_prepared_is_not_there() {
    let (_home, profiles) = profiles();
    let profile = Profile {
        name: "x".to_owned(),
        ..Profile::default()
    };
    let refused = profiles.create(profile, |_| Err(ProfileError::NoneYet));
    assert!(refused.is_err());
    assert!(profiles.names().unwrap().is_empty());
}

#[test]
fn a_broken_file_is_named_with_its_place() {
    let (_home, profiles) = profiles();
    make(&profiles, "x").unwrap();
    fs::write(profiles.home().profile_file("x"), "next_letter = 7").unwrap();
    let error = profiles.load("x").unwrap_err().to_string();
    assert!(
        error.contains("x.toml") && error.contains("line 1"),
        "{error}"
    );
}

#[test]
fn a_renamed_profile_keeps_its_data_and_stays_the_default() {
    let (_home, profiles) = profiles();
    let old = make(&profiles, "old").unwrap();
    make(&profiles, "other").unwrap();
    profiles.set_default(Some("old")).unwrap();
    change(&profiles, "old", |p| p.renamed_to = Some("new".to_owned()));
    profiles.rename("old", "new").unwrap();
    let new = profiles.load("new").unwrap();
    assert_eq!((new.base, new.instance), (old.base.clone(), old.instance));
    assert_eq!(new.renamed_to, None);
    assert_eq!(profiles.default_name().unwrap(), "new");
    assert!(matches!(
        profiles.rename("new", "other"),
        Err(ProfileError::Exists { .. })
    ));
    profiles.rename("new", "NEW").unwrap();
    // The name is free again, the folder is not.
    let again = make(&profiles, "old").unwrap();
    assert_ne!(again.base, old.base);
    assert_ne!(again.instance, old.instance);
}

#[test]
fn a_rename_that_was_killed_half_way_is_whole_either_way() {
    let (_home, profiles) = profiles();
    make(&profiles, "old").unwrap();
    make(&profiles, "other").unwrap();
    profiles.set_default(Some("old")).unwrap();
    // Killed before the file that says the default was written.
    let home = profiles.home();
    fs::rename(home.profile_file("old"), home.profile_file("new")).unwrap();
    assert_eq!(profiles.default_name().unwrap(), "new");
    // Killed after the profile's file was removed: a new one of its name does not inherit the choice.
    fs::remove_file(home.profile_file("new")).unwrap();
    make(&profiles, "old").unwrap();
    assert!(matches!(
        profiles.default_name(),
        Err(ProfileError::NoDefault)
    ));
}

#[test]
fn what_killed_writers_left_goes_with_the_next_change() {
    let (_home, profiles) = profiles();
    make(&profiles, "x").unwrap();
    let draft = profiles.home().profiles_dir().join(".x.toml.1234.new");
    fs::write(&draft, "half").unwrap();
    assert_eq!(profiles.names().unwrap(), ["x"]);
    make(&profiles, "y").unwrap();
    assert!(!draft.exists());
}

#[test]
fn who_uses_a_profile_keeps_others_from_having_it_alone() {
    let (_home, profiles) = profiles();
    make(&profiles, "x").unwrap();
    let (a, b) = (profiles.share("x").unwrap(), profiles.share("x").unwrap());
    assert!(profiles.alone("x").unwrap().is_none());
    let in_use = profiles.delete("x", DataOnDelete::Keep);
    assert!(matches!(in_use, Err(ProfileError::InUse { .. })));
    drop((a, b));
    let alone = profiles.alone("x").unwrap();
    assert!(alone.is_some());
    drop(alone);
    let read = |access| profiles.hold_section("x", Guid([1; 16]), access).unwrap();
    let one = read(mapi::SectionAccess::Read);
    assert!(one.is_some() && read(mapi::SectionAccess::Read).is_some());
    assert!(read(mapi::SectionAccess::Write).is_none());
    drop(one);
    let writer = read(mapi::SectionAccess::Write);
    assert!(writer.is_some() && read(mapi::SectionAccess::Read).is_none());
}

#[test]
fn secure_properties_are_not_in_the_file_and_come_back() {
    let (_home, profiles) = profiles();
    let made = make(&profiles, "x").unwrap();
    let uid = Guid([9; 16]);
    change(&profiles, "x", |p| {
        let section = p.sections.entry(uid).or_default();
        section.set(SECRET, "canary-4711");
        section.set(tags::COMMENT, "open");
    });
    let text = raw(&profiles, "x");
    assert!(!text.contains("canary") && text.contains("open"), "{text}");
    let read = || profiles.load("x").unwrap().sections.remove(&uid).unwrap();
    assert_eq!(read().text(SECRET), Some("canary-4711"));

    // Another change leaves what is sealed as it lies.
    change(&profiles, "x", |p| {
        p.services[0].display_name = "Other".to_owned()
    });
    let sealed = |text: &str| {
        text.lines()
            .find(|l| l.contains("sealed1:"))
            .map(str::to_owned)
    };
    assert_eq!(sealed(&raw(&profiles, "x")), sealed(&text));

    // A copy has another instance, and reads it all the same.
    let mut copy = profiles.load("x").unwrap();
    (copy.name, copy.instance) = ("y".to_owned(), Guid::NIL);
    let copy = profiles
        .create(copy, |_| Ok::<(), ProfileError>(()))
        .unwrap();
    assert_ne!(copy.instance, made.instance);
    assert_ne!(sealed(&raw(&profiles, "y")), sealed(&text));
    let copied = profiles.load("y").unwrap();
    assert_eq!(copied.sections[&uid].text(SECRET), Some("canary-4711"));
    profiles.rename("y", "z").unwrap();
    assert_eq!(
        profiles.load("z").unwrap().sections[&uid].text(SECRET),
        Some("canary-4711")
    );

    change(&profiles, "x", |p| {
        p.sections.get_mut(&uid).unwrap().remove(&SECRET.id());
    });
    assert_eq!(read().get(&SECRET.id()), None::<&Slot>);
    assert_eq!(sealed(&raw(&profiles, "x")), None);
}

#[test]
fn what_cannot_be_opened_is_kept_until_somebody_sets_it() {
    let (_home, profiles) = profiles();
    make(&profiles, "x").unwrap();
    let uid = Guid([9; 16]);
    change(&profiles, "x", |p| {
        p.sections.entry(uid).or_default().set(SECRET, "first")
    });
    let key = fs::read(profiles.home().secure_key_file()).unwrap();
    fs::remove_file(profiles.home().secure_key_file()).unwrap();
    let section = profiles.load("x").unwrap().sections.remove(&uid);
    assert_eq!(section.unwrap().get(&SECRET.id()), None);
    change(&profiles, "x", |p| {
        p.sections
            .entry(uid)
            .or_default()
            .set(tags::COMMENT, "more")
    });
    fs::write(profiles.home().secure_key_file(), key).unwrap();
    let section = profiles.load("x").unwrap().sections.remove(&uid).unwrap();
    assert_eq!(section.text(SECRET), Some("first"));
    assert_eq!(section.text(tags::COMMENT), Some("more"));
}

#[test]
fn an_exported_profile_has_no_secrets_and_becomes_another_one() {
    let (_home, profiles) = profiles();
    let made = make(&profiles, "x").unwrap();
    let uid = Guid([9; 16]);
    change(&profiles, "x", |p| {
        let section = p.sections.entry(uid).or_default();
        section.set(SECRET, "canary-4711");
        section.set(tags::COMMENT, "open");
        p.services[0]
            .config
            .values
            .insert("looks".to_owned(), "sealed1:x".to_owned());
        p.next_letter = "f".to_owned();
    });
    let export = profiles.export("x").unwrap();
    assert!(!export.text.contains("canary") && !export.text.contains("sealed1:"));
    let said: Vec<_> = export.left_out.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "Mail on this computer, setting `looks`".to_owned(),
            format!("section {uid}, property 0x67F0001F"),
        ]
    );
    let import = |name: &str, text: &str| profiles.import(name, Path::new("in.toml"), text);
    let tried = profiles.try_import("y", Path::new("in.toml"), &export.text);
    assert_eq!(tried.unwrap(), []);
    assert!(!profiles.names().unwrap().contains(&"y".to_owned()));
    assert_eq!(import("y", &export.text).unwrap(), []);
    let there = profiles.load("y").unwrap();
    assert_ne!((there.instance, &there.base), (made.instance, &made.base));
    assert_eq!(there.services[0].uid, made.services[0].uid);
    assert_eq!(there.services[0].providers, made.services[0].providers);
    assert_eq!(there.services[0].config.values["path"], "mail.malle");
    assert_eq!(there.next_letter, "f");
    assert_eq!(there.sections[&uid].text(tags::COMMENT), Some("open"));
    assert!(matches!(
        import("y", &export.text),
        Err(ProfileError::Exists { .. })
    ));

    let refused = |from: &str, to: &str| {
        let bad = export.text.replace(from, to);
        import("z", &bad).unwrap_err().to_string()
    };
    let error = refused(
        "path = \"mail.malle\"",
        "path = \"mail.malle\"\ncolour = \"red\"",
    );
    assert!(
        error.contains("in.toml") && error.contains("colour") && error.contains("path"),
        "{error}"
    );
    let error = refused("letter = \"a\"", "leter = \"a\"");
    assert!(error.contains("leter") && error.contains("line"), "{error}");
    assert!(matches!(
        profiles.load("z"),
        Err(ProfileError::Unknown { .. })
    ));
    let missing = export.text.replace("MALLE_LOCAL", "OTHER");
    let notes = import("z", &missing).unwrap();
    assert_eq!(
        notes,
        [ImportNote::NoService {
            service: "OTHER".to_owned()
        }]
    );
}
