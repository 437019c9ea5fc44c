//! SES-09: who the user is, from the rows of the status table.

use mapi::{Code, EntryId, Identity, ProfileService, Result, resource_flags, tags};
use mapi_props::entry_id::{OneOff, OneOffStrings};

use crate::scripted::{World, plain, scripted};
use crate::{Case, Fixture, case};

pub(super) const CASES: &[Case] = &[
    case!(
        needs(),
        "the user is of the row that has the primary identity, in whatever way it gives it",
        |f| {
            // (1) The flagged row has an entry id, and it does not matter that another one comes first.
            let session = World::new(f, vec![ann(f, 0), bob(f, PRIMARY)])?.logon()?;
            let user = session.query_identity()?;
            assert_eq!(
                (name_of(&user.value)?, user.warning),
                ("Bob".to_owned(), None)
            );
            // (2) It has none: a one-off is made of the rest of the row.
            let mut nameless = bob(f, PRIMARY);
            nameless.identity = None;
            let session = World::new(f, vec![ann(f, 0), nameless])?.logon()?;
            let user = session.query_identity()?;
            let row = session.status_table().open()?.query_all_rows(0)?;
            let flagged = row.iter().find(|r| r.get(tags::RESOURCE_FLAGS) == Some(4));
            let shown = flagged.and_then(|r| r.get(tags::DISPLAY_NAME)).unwrap();
            assert_eq!((name_of(&user.value)?, user.warning), (shown, None));
            // (3) No row is flagged: the first that gives an identity.
            let mut nobody = plain(f, "a");
            nobody.identity = None;
            let session = World::new(f, vec![nobody, bob(f, 0)])?.logon()?;
            assert_eq!(name_of(&session.query_identity()?.value)?, "Bob");
            // (4) None gives one.
            let session = World::new(f, vec![plain(f, "a"), plain(f, "b")])?.logon()?;
            let nobody = session.query_identity()?;
            assert_eq!(nobody.warning, Some(Code::W_NO_SERVICE));
            let again = World::new(f, vec![plain(f, "a")])?
                .logon()?
                .query_identity()?;
            assert_eq!(nobody.value, again.value, "a fixed one");
            Ok(())
        }
    ),
    case!(
        needs(),
        "all providers of a service say the same of the user, and a provider may say it itself",
        |f| {
            let mut service = scripted(f, &["s", "x"], &["t"]);
            service.identity = Some(identity("Carla"));
            let world = World::new(f, vec![plain(f, "a"), service])?;
            let session = world.logon()?;
            let rows = session.status_table().open()?.query_all_rows(0)?;
            let told =
                |row: &mapi::TableRow| session.open_entry(row.entry_id(), mapi::OpenFlags::NONE);
            let mut names = Vec::new();
            for row in &rows {
                let mapi::Object::Status(status) = told(row)? else {
                    panic!("no status object");
                };
                names.push(mapi::MapiProp::find(&status, tags::IDENTITY_DISPLAY)?);
            }
            let carla = Some("Carla".to_owned());
            assert_eq!(names[3..], [carla.clone(), carla.clone(), carla]);
            assert!(names[..3].iter().all(Option::is_none), "{names:?}");
            let dora = OneOff::new("Dora", "SMTP", "dora@example.com").encode()?;
            let transport = world.scripted.transports().remove(0);
            transport.says(tags::IDENTITY_ENTRYID, dora.as_slice());
            transport.says(tags::IDENTITY_DISPLAY, "Dora");
            // The first that gives one is still the store before it.
            assert_eq!(name_of(&session.query_identity()?.value)?, "Carla");
            Ok(())
        }
    ),
];

const PRIMARY: u32 = resource_flags::PRIMARY_IDENTITY;

fn ann(f: &Fixture, flags: u32) -> ProfileService {
    with(plain(f, "a"), "Ann", flags)
}

fn bob(f: &Fixture, flags: u32) -> ProfileService {
    with(plain(f, "b"), "Bob", flags)
}

fn with(mut service: ProfileService, name: &str, flags: u32) -> ProfileService {
    service.providers[0].flags |= flags;
    service.identity = Some(identity(name));
    service
}

fn identity(name: &str) -> Identity {
    Identity {
        name: name.to_owned(),
        address_type: "SMTP".to_owned(),
        address: format!("{}@example.com", name.to_lowercase()),
    }
}

fn name_of(id: &EntryId) -> Result<String> {
    match OneOff::decode(id.as_bytes()).unwrap().strings {
        OneOffStrings::Unicode { name, .. } => Ok(name),
        other => panic!("{other:?}"),
    }
}
