//! Descriptions in files, and the services that come of them.

use std::fs;

use mapi_props::{PropTag, tags};
use mapi_spi::{
    Call, Headless, OpenMode, OpenStore, ServiceConfig, ServiceDraft, ServiceEvent, UiUse,
};
use testkit::TempHome;

use super::*;

fn catalogue(inf: &str) -> (TempHome, Catalogue) {
    let temp = TempHome::new().unwrap();
    let home = Home::below(temp.path());
    fs::write(home.descriptions_file(), inf).unwrap();
    let catalogue = Catalogue::of(&home);
    (temp, catalogue)
}

fn create(service: &dyn Service) -> mapi_spi::Result<()> {
    let event = ServiceEvent::Create { ui: UiUse::Never };
    let mut draft = ServiceDraft::default();
    for setting in service.description().settings {
        draft
            .config
            .values
            .extend(setting.default.map(|value| (setting.key, value)));
    }
    service.entry(&event, &mut draft, &Headless, &Call::default())
}

fn open(service: &dyn Service, base: &Path, provider: &str) -> mapi_spi::Result<()> {
    let mut config = ServiceConfig {
        base: base.to_owned(),
        ..ServiceConfig::default()
    };
    for setting in service.description().settings {
        config
            .values
            .extend(setting.default.map(|value| (setting.key, value)));
    }
    let open = OpenStore {
        config,
        mode: OpenMode::Create,
        provider: provider.to_owned(),
    };
    let support = Arc::new(crate::SystemSupport);
    service
        .open_store(&open, support, &Call::default())
        .map(drop)
}

const ARCHIVE: &str = "[Services]\nARCHIVE=Archive\n[Default Services]\nARCHIVE=Archive\n[ARCHIVE]\nProviders=Old Mail\n\
    PR_SERVICE_DLL_NAME=MALLE_LOCAL.DLL\nPR_SERVICE_ENTRY_NAME=ServiceEntry\nPR_RESOURCE_FLAGS=SERVICE_SINGLE_COPY\n\
    6600001E=archive.malle\n[Old Mail]\nPR_DISPLAY_NAME=Old mail\nPR_PROVIDER_DISPLAY=Archive\n\
    PR_PROVIDER_DLL_NAME=MALLE_LOCAL.DLL\nPR_RESOURCE_TYPE=MAPI_STORE_PROVIDER\nPR_RESOURCE_FLAGS=STATUS_NO_DEFAULT_STORE\n\
    66100003=00040000\n";

#[test]
fn names_of_library_and_entry_point_select_the_service_that_works() {
    let (home, catalogue) = catalogue(ARCHIVE);
    assert!(catalogue.notes().is_empty(), "{:?}", catalogue.notes());
    assert_eq!(catalogue.default_services(), ["ARCHIVE"]);
    let service = catalogue.service("ARCHIVE").unwrap();
    let description = service.description();
    assert_eq!(description.flags, mapi_spi::service_flags::SINGLE_COPY);
    assert_eq!(description.display_name, "Archive");
    assert!(!description.display_name_is_fixed);
    let path = &description.settings[0];
    assert_eq!(
        (path.key.as_str(), path.default.as_deref()),
        ("path", Some("archive.malle"))
    );
    let provider = description.provider("Old Mail").unwrap();
    assert_eq!(provider.flags, mapi::resource_flags::NO_DEFAULT_STORE);
    let number = provider.props.value(PropTag(0x6610_0003));
    assert_eq!(number.and_then(|n| n.as_long()), Some(1024));
    create(&**service).unwrap();
    open(&**service, home.path(), "Old Mail").unwrap();
    assert!(home.path().join("archive.malle").is_file());
}

#[test]
fn a_description_extends_the_service_of_its_name() {
    let inf = "[Services]\nMALLE_LOCAL=Mail\n[MALLE_LOCAL]\nPR_DISPLAY_NAME=Our mail\n6600001E=ours.malle\n";
    let (home, catalogue) = catalogue(inf);
    assert_eq!(catalogue.services().len(), services().len());
    let service = catalogue.service("MALLE_LOCAL").unwrap();
    let description = service.description();
    assert!(description.display_name_is_fixed);
    assert_eq!(
        (service.display_name(), description.providers.len()),
        ("Our mail", 1)
    );
    open(&**service, home.path(), "").unwrap();
    assert!(home.path().join("ours.malle").is_file());
}

#[test]
fn without_anything_that_works_for_it_a_service_is_there_and_its_providers_fail() {
    let inf = ARCHIVE.replace("MALLE_LOCAL.DLL", "MYSERV.DLL");
    let (home, catalogue) = catalogue(&inf);
    let service = catalogue.service("ARCHIVE").unwrap();
    create(&**service).unwrap();
    let error = open(&**service, home.path(), "Old Mail").unwrap_err();
    assert!(
        error.detail().contains("MYSERV.DLL") && error.detail().contains("ServiceEntry"),
        "{error}"
    );
}

#[test]
fn what_is_wrong_is_told_and_keeps_nothing_else_from_working() {
    let inf = format!("{ARCHIVE}[SERVICES]\nBAD=Bad\n[BAD]\nProviders=Nobody\n");
    let (_home, catalogue) = catalogue(&inf);
    let [note] = catalogue.notes() else {
        panic!("{:?}", catalogue.notes())
    };
    assert!(
        note.contains("mapisvc.inf: line 21: [BAD] Providers=Nobody"),
        "{note}"
    );
    let error = create(&**catalogue.service("BAD").unwrap()).unwrap_err();
    assert!(error.detail().contains("[Nobody]"), "{error}");
    create(&**catalogue.service("ARCHIVE").unwrap()).unwrap();
}

#[test]
fn descriptions_of_the_program_read_back_from_their_text() {
    let own: Vec<_> = services().iter().map(|s| s.description()).collect();
    let text = Catalogue::inf_text(&own);
    let (inf, notes) = Inf::read(text.as_bytes()).unwrap();
    assert!(notes.is_empty(), "{notes:?}\n{text}");
    for service in &own {
        let read = inf.service(&service.name).unwrap();
        assert_eq!(read.display_name(), service.display_name);
        assert_eq!(read.entry_name(), Some(service.entry_name.as_str()));
        assert_eq!(read.providers.len(), service.providers.len());
        assert!(read.properties.value(tags::SERVICE_DLL_NAME).is_some());
    }
}
