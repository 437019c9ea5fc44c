//! The providers of one service (requirements PA-13, R-ProviderAdmin).

use mapi::{Code, Guid, MapiProp, Result, SectionFlags, ServiceFlags, Table, TableRow, tags};

use super::profile_admin::{code, guid, only, profile, uids};
use crate::desk::{Answer, each, extras, path};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "PA-13.T1",
        needs(),
        "a store added to a service is there from the next session on",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                let session = desk.logon("p")?;
                let providers = session
                    .admin_services()?
                    .admin_providers(only(&services)?)?;
                desk.clerk.told();
                let props = [(path(), "two".into())];
                let uid = providers.create_provider("MORE", ServiceFlags::NONE, &props)?;
                let told = desk.clerk.told();
                assert_eq!(told.len(), 1);
                assert_eq!(told[0].event, 6);
                assert!(told[0].draft.providers.iter().any(|p| p.uid == uid));
                assert_eq!(session.stores()?.len(), 1);
                let next = desk.logon("p")?;
                let letters: Vec<_> = next
                    .stores()?
                    .iter()
                    .map(|s| s.letter().to_owned())
                    .collect();
                assert_eq!(letters, ["a", "b"]);
                assert_eq!(session.stores()?.len(), 1);
                let stores = next.stores()?;
                assert_ne!(
                    stores[0].entry_id(),
                    stores[1].entry_id(),
                    "it has its own path"
                );
                let before = desk.host().profile("p")?;
                let unknown = providers.create_provider("LESS", ServiceFlags::NONE, &[]);
                assert_eq!(code(unknown), Code::NOT_FOUND);
                let bare = providers.create_provider("MORE", ServiceFlags::NONE, &[]);
                assert_eq!(code(bare), Code::UNCONFIGURED);
                desk.clerk
                    .answer(6, Answer::Fails(Code::NO_SUPPORT, "one is enough"));
                let refused = providers.create_provider("MORE", ServiceFlags::NONE, &props);
                assert_eq!(code(refused), Code::NO_SUPPORT);
                assert_eq!(desk.host().profile("p")?, before);
                Ok(())
            })
        }
    ),
    case!(
        "PA-13.T2",
        needs(),
        "a provider deleted while in use is listed no more, and works until the last session ends",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                let providers = services.admin_providers(only(&services)?)?;
                let props = [(path(), "two".into())];
                let uid = providers.create_provider("MORE", ServiceFlags::NONE, &props)?;
                let session = desk.logon("p")?;
                let store = session.store_by_letter("b")?;
                desk.clerk.told();
                providers.delete_provider(uid)?;
                assert_eq!(desk.clerk.events(), [7]);
                let listed = uids_of(&providers.provider_table().open()?)?;
                assert!(!listed.contains(&uid));
                assert!(!uids_of(&services.provider_table().open()?)?.contains(&uid));
                assert_eq!(code(providers.delete_provider(uid)), Code::NOT_FOUND);
                store.receive_folder("IPM")?.create_message()?;
                let other = desk.logon("p")?;
                assert_eq!(other.stores()?.len(), 1, "new sessions do not have it");
                other.logoff();
                store.receive_folder("IPM")?;
                assert!(has(&desk.host().profile("p")?, uid));
                session.logoff();
                assert!(!has(&desk.host().profile("p")?, uid));
                // Nobody uses it: at once. Its letter is never given again.
                let again = providers.create_provider("MORE", ServiceFlags::NONE, &props)?;
                providers.delete_provider(again)?;
                assert!(!has(&desk.host().profile("p")?, again));
                providers.create_provider("MORE", ServiceFlags::NONE, &props)?;
                let stores = desk.logon("p")?.stores()?;
                assert_eq!(stores[1].letter(), "d");
                Ok(())
            })
        }
    ),
    case!(
        "PA-13.T3",
        needs(),
        "a section that the description of a service publishes is read by its uid",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                let session = desk.logon("p")?;
                for (at, uid) in extras().into_iter().enumerate() {
                    let section = session.open_profile_section(uid, SectionFlags::NONE)?;
                    assert_eq!(section.get(tags::COMMENT)?, format!("extra {at}"));
                }
                let service = only(&services)?;
                let section = session.open_profile_section(service, SectionFlags::NONE)?;
                let named = section.get(tags::SERVICE_EXTRA_UIDS)?;
                assert_eq!(named, extras().map(|uid| uid.0).concat());
                Ok(())
            })
        }
    ),
    case!(
        "R-ProviderAdmin.T1",
        needs(),
        "further sections of a service are rows of its own table of providers, not of the profile's",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one", "two"])?;
                let [first, _] = uids(&services)?[..] else {
                    panic!()
                };
                let own = services.admin_providers(first)?.provider_table().open()?;
                let rows = own.query_all_rows(0)?;
                let missing = |row: &&TableRow| row.value(tags::RESOURCE_TYPE).is_none();
                let (further, real): (Vec<_>, Vec<_>) = rows.iter().partition(missing);
                let further: Vec<_> = further
                    .iter()
                    .map(|r| guid(r.get(tags::PROVIDER_UID)))
                    .collect();
                assert_eq!(further, extras());
                assert_eq!(real.len(), 2);
                assert!(real.iter().all(|r| guid(r.get(tags::SERVICE_UID)) == first));
                let all = services.provider_table().open()?.query_all_rows(0)?;
                assert_eq!(all.len(), 4);
                assert!(!all.iter().any(|r| missing(&r)));
                assert_eq!(code(services.admin_providers(Guid::NIL)), Code::NOT_FOUND);
                Ok(())
            })
        }
    ),
];

fn uids_of(table: &Table) -> Result<Vec<Guid>> {
    let rows = table.query_all_rows(0)?;
    Ok(rows
        .iter()
        .map(|r| guid(r.get(tags::PROVIDER_UID)))
        .collect())
}

fn has(profile: &mapi::Profile, uid: Guid) -> bool {
    let mut all = profile.services.iter().flat_map(|s| &s.providers);
    all.any(|p| p.uid == uid)
}
