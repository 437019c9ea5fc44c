//! Message services that a file describes (requirement MS-01).

use std::fs;
use std::sync::Arc;

use malle_host::{Home, MalleHost, Profiles};
use mapi::{
    Code, Guid, Host, Logon, Mapi, MapiProp, MsgServiceAdmin, NewService, ProfileFlags, PropTag,
    SectionFlags, Session, tags,
};
use testkit::TempHome;

use crate::{Case, case};

/// The services of the reference's pages.
const SAMPLE: &str = include_str!("../../../../crates/formats/mapi-svc/tests/sample.inf");

/// The extra section of the sample whose UID is as it must be.
const SECOND: Guid = Guid([
    0x13, 0xDB, 0x0C, 0x8A, 0xA0, 0x51, 0x01, 0xA9, 0xBB, 0x00, 0x0A, 0xA0, 0x02, 0xFC, 0x45, 0xAA,
]);

pub(super) const CASES: &[Case] = &[
    case!(
        "MS-01.T1",
        needs(),
        "the services of the documented sample can be made; one line of it is refused, and named",
        |_f| {
            let desk = Desk::with(SAMPLE)?;
            let notes = desk.host.profiles().catalogue().notes();
            let d25 = notes.iter().find(|note| note.contains("UID=13DB0C8A"));
            assert!(
                d25.is_some_and(|note| note.contains("32 hexadecimal digits")),
                "{notes:?}"
            );
            let services = desk.profile("p")?;
            for (name, display) in [
                ("AB", "Default Address Book"),
                ("MsgService", "My Own Service"),
                ("MS", "Message Store Service"),
            ] {
                services.create_service(&NewService::of(name))?;
                let table = services.service_table().open()?;
                let row = table.query_all_rows(0)?.pop().unwrap();
                assert_eq!(row.get(tags::SERVICE_NAME).as_deref(), Some(name));
                assert_eq!(row.get(tags::DISPLAY_NAME).as_deref(), Some(display));
            }
            let rows = services.provider_table().open()?.query_all_rows(0)?;
            let kinds: Vec<_> = rows
                .iter()
                .map(|row| row.get(tags::RESOURCE_TYPE))
                .collect();
            assert_eq!(kinds, [35, 35, 33, 36, 33].map(Some));
            let dlls: Vec<_> = rows
                .iter()
                .filter_map(|r| r.get(tags::PROVIDER_DLL_NAME))
                .collect();
            assert_eq!(
                dlls,
                ["AB.DLL", "MYXXX.DLL", "MYZZZ.DLL", "MYSERV.DLL", "MS.DLL"]
            );

            let section = services.open_profile_section(SECOND, SectionFlags::NONE)?;
            let read = section.get_props(&[PropTag(0x6600_0003)])?.value.remove(0);
            assert_eq!(read.value.as_long(), Some(1024));
            Ok(())
        }
    ),
    case!(
        needs(),
        "providers that nothing works for fail to load, and the session goes on without them",
        |_f| {
            let desk = Desk::with(SAMPLE)?;
            let services = desk.profile("p")?;
            services.create_service(&NewService::of("MALLE_MEMORY"))?;
            services.create_service(&NewService::of("MS"))?;
            let session = Session::logon(&desk.mapi, Logon::profile("p").create())?;
            session
                .default_store()?
                .receive_folder("IPM")?
                .create_message()?;
            let [failure] = session
                .failures()
                .try_into()
                .map_err(|f| anyhow::anyhow!("{f:?}"))?;
            assert_eq!(failure.service, "MS");
            Ok(())
        }
    ),
    case!(
        "MS-01.T2",
        needs(),
        "a service whose provider has no section cannot be made, and nothing of it stays",
        |_f| {
            let text = SAMPLE.replace("[MsgService Prov2]", "[Another]");
            let desk = Desk::with(&text)?;
            let services = desk.profile("p")?;
            let error = services
                .create_service(&NewService::of("MsgService"))
                .unwrap_err();
            assert_eq!(error.code(), Code::CORRUPT_DATA);
            let said = services.last_error().unwrap().detail;
            assert!(
                said.contains("[MsgService Prov2]") && said.contains("line"),
                "{said}"
            );
            assert_eq!(services.service_table().open()?.row_count()?, 0);
            assert_eq!(services.provider_table().open()?.row_count()?, 0);
            let section = services.open_profile_section(SECOND, SectionFlags::NONE);
            assert_eq!(section.map(drop).unwrap_err().code(), Code::NOT_FOUND);
            services.create_service(&NewService::of("AB"))?;
            Ok(())
        }
    ),
    case!(
        "MS-01.T3",
        needs(),
        "a service that is described as SERVICE_SINGLE_COPY is in a profile once",
        |_f| {
            let desk = Desk::with(SAMPLE)?;
            let services = desk.profile("p")?;
            services.create_service(&NewService::of("MsgService"))?;
            let again = services.create_service(&NewService::of("MsgService"));
            assert_eq!(again.unwrap_err().code(), Code::NO_ACCESS);
            assert_eq!(services.service_table().open()?.row_count()?, 1);
            services.create_service(&NewService::of("MS"))?;
            services.create_service(&NewService::of("MS"))?;
            Ok(())
        }
    ),
];

/// A program whose home describes services.
struct Desk {
    host: Arc<MalleHost>,
    mapi: Mapi,
    _home: TempHome,
}

impl Desk {
    fn with(inf: &str) -> anyhow::Result<Self> {
        let temp = TempHome::new()?;
        let home = Home::below(temp.path());
        fs::write(home.descriptions_file(), inf)?;
        let host = Arc::new(MalleHost::new(Profiles::of(home)));
        let mapi = Mapi::initialize(Arc::clone(&host) as Arc<dyn Host>);
        Ok(Self {
            host,
            mapi,
            _home: temp,
        })
    }

    fn profile(&self, name: &str) -> mapi::Result<MsgServiceAdmin> {
        let profiles = self.mapi.admin_profiles()?;
        profiles.create_profile(name, ProfileFlags::NONE)?;
        profiles.admin_services(name)
    }
}
