//! PA-02, PA-03: a profile by the wizard and by code, over a scripted person.

use std::sync::Arc;

use mapi::{
    Code, EmbeddedHost, Headless, Logon, Mapi, MapiProp, NewService, ProfAdmin, ProfileFlags,
    PropTag, PropType, Result, Service, Session, Setting, SettingKind, Sheet, SystemSupport,
    UiHost, WizardFlags, WizardMove, cancelled, tags,
};
use mapi_spi::{
    Attempt, Call, Fate, OpenMode, OpenStore, OpenTransport, Outgoing, ProviderDescription,
    ProviderKind, Reach, ServiceConfig, ServiceDescription, Store, Support, Transport,
};

use crate::fixture::{Fixture, code};
use crate::sheet_script::{ScriptedUi, accept};
use crate::{Case, case};

/// A service that offers itself to the wizard: a store, a transport, and two settings.
const OFFERED: &str = "OFFERED";
/// Another one, and one that does not offer itself.
const OTHER: &str = "OTHER";
const HIDDEN: &str = "HIDDEN";
const WORD: PropTag = PropTag::new(0x6610, PropType::UNICODE);
const PORT: PropTag = PropTag::new(0x6611, PropType::LONG);

#[derive(Debug)]
struct Offered {
    name: &'static str,
    inner: Arc<dyn Service>,
    config: ServiceConfig,
}

impl Service for Offered {
    fn name(&self) -> &str {
        self.name
    }

    fn display_name(&self) -> &str {
        "Offered"
    }

    fn description(&self) -> ServiceDescription {
        let port = SettingKind::Number { min: 1, max: 99 };
        let store = ProviderDescription::new("STORE", "Its store", ProviderKind::Store);
        let transport = ProviderDescription::new("SEND", "It sends", ProviderKind::Transport);
        let described = ServiceDescription::new(self.name, "Offered")
            .with(store)
            .with(transport)
            .setting(Setting::new("word", WORD, SettingKind::Text).required())
            .setting(Setting::new("port", PORT, port).default("25"));
        ServiceDescription {
            wizard: self.name != HIDDEN,
            ..described
        }
    }

    fn open_store(
        &self,
        open: &OpenStore,
        support: Arc<dyn Support>,
        call: &Call,
    ) -> Result<Arc<dyn Store>> {
        assert!(open.config.values.contains_key("word"), "it was configured");
        let open = OpenStore {
            config: self.config.clone(),
            mode: open.mode,
            provider: String::new(),
        };
        self.inner.open_store(&open, support, call)
    }

    fn open_transport(
        &self,
        _: &OpenTransport,
        _: Arc<dyn Support>,
        _: &Call,
    ) -> Result<Arc<dyn Transport>> {
        Ok(Arc::new(Nowhere))
    }
}

/// A transport to nowhere.
#[derive(Debug)]
struct Nowhere;

impl Transport for Nowhere {
    fn reach(&self) -> Reach {
        Reach::types(["SMTP"])
    }

    fn validate_state(&self, _: u32, _: &Call) -> Result<()> {
        Ok(())
    }

    fn submit(&self, _: &Outgoing<'_>, _: &mut dyn Attempt, _: &Call) -> Result<Vec<Fate>> {
        Err(Code::NO_SUPPORT.into())
    }
}

/// A program without profiles, with that service and the service of the case.
fn program(f: &Fixture, ui: Arc<dyn UiHost>) -> Result<Mapi> {
    let inner = f.ground().service();
    let config = f.ground().config("q");
    let open = OpenStore {
        config: config.clone(),
        mode: OpenMode::Create,
        provider: String::new(),
    };
    drop(inner.open_store(&open, Arc::new(SystemSupport), &Call::default())?);
    let mut host = EmbeddedHost::new().ui(ui);
    for name in [OFFERED, OTHER, HIDDEN] {
        host = host.service(Arc::new(Offered {
            name,
            inner: Arc::clone(&inner),
            config: config.clone(),
        }));
    }
    Ok(Mapi::initialize(Arc::new(host)))
}

/// Names of the profiles, the default one with a star.
fn profiles(admin: &ProfAdmin) -> Result<Vec<String>> {
    let table = admin.profile_table(ProfileFlags::NONE).open()?;
    let name = |row: mapi::TableRow| {
        let star = if row.get(tags::DEFAULT_PROFILE) == Some(true) {
            "*"
        } else {
            ""
        };
        format!("{star}{}", row.get(tags::DISPLAY_NAME).unwrap())
    };
    Ok(table.query_rows(100)?.into_iter().map(name).collect())
}

fn next(sheet: &mut Sheet<'_>) -> Result<WizardMove> {
    accept(sheet).map(|()| WizardMove::Next)
}

fn back(sheet: &mut Sheet<'_>) -> Result<WizardMove> {
    sheet.save().map(|_| WizardMove::Back)
}

/// The control of a setting.
fn at(sheet: &Sheet<'_>, tag: PropTag) -> usize {
    let mut controls = sheet.controls().iter();
    let has = |c: &mapi::display_table::Control| c.kind.prop().map(PropTag::id) == Some(tag.id());
    controls.position(has).unwrap()
}

fn word(sheet: &mut Sheet<'_>, text: &str) {
    sheet.type_text(at(sheet, WORD), text).unwrap();
}

pub(super) const CASES: &[Case] = &[
    case!(
        "PA-03.T1" + "PA-02.T1",
        needs(),
        "the wizard and a program make profiles that log on, and the first becomes the default one",
        |f| {
            let ui = ScriptedUi::default()
                .page(|sheet| {
                    sheet.type_text(1, "a/b").unwrap();
                    assert_eq!(code(accept(sheet)), Code::INVALID_PARAMETER);
                    sheet.type_text(1, "Größe_1 b").unwrap();
                    next(sheet)
                })
                .page(|sheet| {
                    assert_eq!(sheet.title(), "Offered");
                    assert_eq!(sheet.field(at(sheet, PORT)).unwrap().text, "25");
                    assert_eq!(code(accept(sheet)), Code::UNCONFIGURED);
                    word(sheet, "first");
                    back(sheet)
                })
                .page(|sheet| {
                    assert_eq!(sheet.field(1).unwrap().text, "Größe_1 b");
                    next(sheet)
                })
                .page(|sheet| {
                    let field = sheet.field(at(sheet, WORD)).unwrap();
                    assert_eq!(field.text, "first", "going back loses nothing");
                    sheet.type_text(at(sheet, PORT), "100").unwrap();
                    let wrong = mapi::Error::from(sheet.accept().unwrap_err());
                    assert!(
                        wrong
                            .detail()
                            .contains("`port`: `100` is not a number from 1 to 99")
                    );
                    sheet.type_text(at(sheet, PORT), "26").unwrap();
                    next(sheet)
                });
            let mapi = program(f, Arc::new(ui.clone()))?;
            let admin = mapi.admin_profiles()?;
            let made = admin.launch_wizard(WizardFlags::HIDE_SERVICES_LIST, &[OFFERED])?;
            assert_eq!(made, "Größe_1 b");
            assert_eq!(ui.asked(), ["Profile", "Offered", "Profile", "Offered"]);
            assert_eq!(profiles(&admin)?, ["*Größe_1 b"]);
            let by_code = "by code";
            admin.create_profile(by_code, ProfileFlags::NONE)?;
            let services = admin.admin_services(by_code)?;
            services.create_service(&NewService::of(OFFERED).set("word", "code"))?;
            for name in [made.as_str(), by_code] {
                let session = Session::logon(&mapi, Logon::profile(name))?;
                session.default_store()?.root_folder()?.get(tags::ENTRYID)?;
                session.logoff();
            }
            let services = admin.admin_services(&made)?;
            let providers = services.provider_table().open()?;
            assert_eq!(providers.row_count()?, 2, "its store and its transport");
            assert_eq!(profiles(&admin)?, ["*Größe_1 b", "by code"]);
            Ok(())
        }
    ),
    case!(
        "PA-03.T2",
        needs(),
        "a wizard that is given up on any page leaves the profiles as they were",
        |f| {
            let first = ScriptedUi::default().page(|_| Err(cancelled()));
            let last = ScriptedUi::default().page(next).page(|sheet| {
                word(sheet, "all of it");
                Err(cancelled())
            });
            for ui in [first, last] {
                let mapi = program(f, Arc::new(ui))?;
                let admin = mapi.admin_profiles()?;
                admin.create_profile("there", ProfileFlags::NONE)?;
                let before = profiles(&admin)?;
                let flags = WizardFlags::FIRST_PROFILE | WizardFlags::HIDE_SERVICES_LIST;
                let given_up = admin.launch_wizard(flags, &[OFFERED]);
                assert_eq!(code(given_up), Code::USER_CANCEL);
                assert_eq!(profiles(&admin)?, before);
            }
            // Where nobody can be asked it ends at once.
            let admin = program(f, Arc::new(Headless))?.admin_profiles()?;
            let asked = admin.launch_wizard(WizardFlags::NONE, &[]);
            assert_eq!(code(asked), Code::LOGON_FAILED);
            assert_eq!(profiles(&admin)?, [""; 0]);
            let refused = |flags, name: &str| code(admin.launch_wizard(flags, &[name]));
            let none = WizardFlags::NONE;
            assert_eq!(refused(none, "NONE"), Code::NOT_FOUND);
            assert_eq!(refused(none, HIDDEN), Code::NO_SUPPORT);
            let pages = WizardFlags::PROVIDER_UI_ONLY;
            assert_eq!(refused(pages, OFFERED), Code::INVALID_PARAMETER);
            Ok(())
        }
    ),
    case!(
        "PA-03.T3",
        needs(),
        "a service is added to the default profile once, however often the wizard is asked to",
        |f| {
            let ui = ScriptedUi::default().page(|sheet| {
                word(sheet, "added");
                next(sheet)
            });
            let mapi = program(f, Arc::new(ui.clone()))?;
            let admin = mapi.admin_profiles()?;
            admin.create_profile("mine", ProfileFlags::NONE)?;
            admin.set_default_profile(Some("mine"))?;
            let adds = WizardFlags::ADD_SERVICE_ONLY;
            let asks = adds | WizardFlags::PROVIDER_UI_ONLY;
            let rows = || {
                admin
                    .admin_services("mine")?
                    .service_table()
                    .open()?
                    .row_count()
            };
            // Without a page there is nobody to say what it needs.
            assert_eq!(
                code(admin.launch_wizard(adds, &[OFFERED])),
                Code::UNCONFIGURED
            );
            assert_eq!(rows()?, 0);
            assert_eq!(admin.launch_wizard(asks, &[OFFERED])?, "mine");
            assert_eq!(rows()?, 1);
            assert_eq!(admin.launch_wizard(asks, &[OFFERED])?, "mine");
            assert_eq!(admin.launch_wizard(adds, &[OFFERED])?, "mine");
            assert_eq!(rows()?, 1);
            assert_eq!(ui.asked(), ["Offered"], "asked once");
            assert_eq!(profiles(&admin)?, ["*mine"]);
            Ok(())
        }
    ),
    case!(
        needs(),
        "services that offer themselves are ticked on a page of their own, and only those that are ticked have pages",
        |f| {
            let ui = ScriptedUi::default()
                .page(next)
                .page(|sheet| {
                    let ticked: Vec<_> = (0..2).map(|n| sheet.field(n).unwrap().ticked).collect();
                    assert_eq!(ticked, [false, true], "what was named is ticked");
                    assert_eq!(sheet.controls().len(), 2, "what is hidden is not there");
                    sheet.tick(0, true).unwrap();
                    sheet.tick(1, false).unwrap();
                    next(sheet)
                })
                .page(|sheet| {
                    word(sheet, "one");
                    next(sheet)
                });
            let mapi = program(f, Arc::new(ui.clone()))?;
            let admin = mapi.admin_profiles()?;
            let made = admin.launch_wizard(WizardFlags::NONE, &[OTHER])?;
            assert_eq!(ui.asked(), ["Profile", "Services", "Offered"]);
            let table = admin.admin_services(&made)?.service_table().open()?;
            let rows = table.query_rows(9)?;
            let names: Vec<_> = rows
                .iter()
                .filter_map(|r| r.get(tags::SERVICE_NAME))
                .collect();
            assert_eq!(names, [OFFERED]);
            Ok(())
        }
    ),
];
