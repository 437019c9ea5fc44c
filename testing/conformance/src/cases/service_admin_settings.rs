//! Settings of services: given when they are made, changed later, asked for (requirements PA-10, MS-02).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use mapi::{
    Call, Code, Error, MapiProp, NewService, ProfileFlags, PropValue, Result, SectionFlags,
    ServiceFlags, SheetData, SheetRequest, UiHost, tags,
};

use super::profile_admin::{code, only, profile};
use crate::desk::{Answer, Desk, MAIL, MUTE, each, path, user};
use crate::{Case, case};

pub(super) const CASES: &[Case] = &[
    case!(
        "PA-10.T1",
        needs(),
        "a property under the tag of a setting configures a store without a person",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["three"])?;
                let uid = only(&services)?;
                let to = [(path(), "one".into())];
                services.configure_service(uid, ServiceFlags::NONE, &to)?;
                let held = desk.host().profile("p")?;
                assert_eq!(held.service(uid).unwrap().config.values["path"], "one");
                let session = desk.logon("p")?;
                let store = session.default_store()?;
                let other = profile(&desk.program(), "q", &["one"])?;
                let same = desk.logon("q")?.default_store()?.entry_id();
                assert_eq!(store.entry_id(), same);
                let missing = other.configure_service(uid, ServiceFlags::NONE, &to);
                assert_eq!(code(missing), Code::NOT_FOUND);
                let mute = other.create_service(&NewService::of(MUTE))?;
                let none = other.configure_service(mute, ServiceFlags::NONE, &[]);
                assert_eq!(code(none), Code::NOT_INITIALIZED, "it has no entry point");
                Ok(())
            })
        }
    ),
    case!(
        "PA-10.T2",
        needs(),
        "what is missing or cannot be is an error without a person, and the profile stays as it is",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                let uid = only(&services)?;
                desk.host().change_profile("p", &mut |p| {
                    p.services[0].config.values.clear();
                    Ok(())
                })?;
                let before = desk.host().profile("p")?;
                let configure =
                    |props: &[_]| services.configure_service(uid, ServiceFlags::NONE, props);
                let user = [(user(), "Ann".into())];
                assert_eq!(code(configure(&user)), Code::UNCONFIGURED);
                let why = services.last_error().unwrap();
                assert!(why.detail.contains("`path`"), "{why:?}");
                assert_eq!(desk.host().profile("p")?, before);
                let empty = configure(&[(path(), "".into())]);
                assert_eq!(code(empty), Code::INVALID_PARAMETER);
                let bytes = configure(&[(path(), PropValue::Binary(vec![7]))]);
                assert_eq!(code(bytes), Code::INVALID_TYPE);
                assert_eq!(desk.host().profile("p")?, before);
                Ok(())
            })
        }
    ),
    case!(
        "PA-10.T3",
        needs(),
        "where a person may be asked, only what lacks is asked for, with what is known filled in",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                let uid = only(&services)?;
                let person = Arc::new(Person::default());
                let desk = desk.before(person.clone());
                let services = desk.program().admin_profiles()?.admin_services("p")?;
                let all = [(path(), "one".into()), (user(), "Ann".into())];
                let allowed = ServiceFlags::UI_ALLOWED;
                services.configure_service(uid, allowed, &all)?;
                assert!(person.sheets().is_empty(), "nothing was missing");
                desk.host().change_profile("p", &mut |p| {
                    p.services[0].config.values.clear();
                    Ok(())
                })?;
                services.configure_service(uid, allowed, &all[1..])?;
                let known = vec![None, Some("Ann".into())];
                assert_eq!(person.sheets(), [known]);
                let values = &desk.host().profile("p")?.services[0].config.values;
                assert_eq!(
                    (values["path"].as_str(), values["user"].as_str()),
                    ("two", "Ann")
                );
                services.configure_service(uid, ServiceFlags::UI_ALWAYS, &all)?;
                let known = vec![Some("one".into()), Some("Ann".into())];
                assert_eq!(person.sheets(), [known]);
                // Whoever cancels has changed nothing.
                person.cancels.store(true, Ordering::SeqCst);
                let before = desk.host().profile("p")?;
                let to = [(user(), "Bob".into())];
                let configured = services.configure_service(uid, ServiceFlags::UI_ALWAYS, &to);
                assert_eq!(code(configured), Code::USER_CANCEL);
                assert_eq!(desk.host().profile("p")?, before);
                Ok(())
            })
        }
    ),
    case!(
        "MS-02.T2",
        needs(),
        "what an entry point says of its failure is what the administration says",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                let uid = only(&services)?;
                let text = "the printer is out of stamps";
                desk.clerk
                    .answer(3, Answer::Fails(Code::EXTENDED_ERROR, text));
                let failed = services.configure_service(uid, ServiceFlags::NONE, &[]);
                assert_eq!(code(failed), Code::EXTENDED_ERROR);
                let last = services.last_error().unwrap();
                assert_eq!(
                    (last.code, last.detail.as_str()),
                    (Code::EXTENDED_ERROR, text)
                );
                desk.clerk.answer(6, Answer::Fails(Code::NO_SUPPORT, text));
                let providers = services.admin_providers(uid)?;
                assert_eq!(services.last_error(), None, "of the last call");
                let made = providers.create_provider("MORE", ServiceFlags::NONE, &[]);
                assert_eq!(code(made), Code::NO_SUPPORT);
                assert_eq!(providers.last_error().unwrap().detail, text);
                desk.clerk.relax();
                services.configure_service(uid, ServiceFlags::NONE, &[])?;
                assert_eq!(services.last_error(), None);
                let named = services.rename_service(uid, "x");
                assert_eq!(code(named), Code::NO_SUPPORT);
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "what somebody else changes of a service while it is configured is not overwritten",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                let uid = only(&services)?;
                let host = desk.shared_host();
                let meanwhile = move |_: &mapi::ServiceDraft| {
                    let change = &mut |p: &mut mapi::Profile| {
                        let values = &mut p.services[0].config.values;
                        values.insert("path".to_owned(), "two".to_owned());
                        Ok(())
                    };
                    host.change_profile("p", change).unwrap();
                };
                desk.clerk.answer(3, Answer::After(Box::new(meanwhile)));
                let who = [(user(), "Ann".into())];
                let configured = services.configure_service(uid, ServiceFlags::NONE, &who);
                assert_eq!(code(configured), Code::OBJECT_CHANGED);
                let held = desk.host().profile("p")?;
                let values = &held.services[0].config.values;
                assert_eq!(values.get("path").map(String::as_str), Some("two"));
                assert_eq!(values.get("user"), None);
                desk.clerk.relax();
                services.configure_service(uid, ServiceFlags::NONE, &who)?;
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "a setting that no service knows, or that cannot be, is named",
        |f| {
            let desk = Desk::in_memory(f);
            let services = profile(&desk.program(), "p", &[])?;
            let typo = NewService::of(MAIL).set("pth", "one");
            assert_eq!(
                code(services.create_service(&typo)),
                Code::INVALID_PARAMETER
            );
            let why = services.last_error().unwrap().detail;
            assert!(why.contains("`pth`") && why.contains("path"), "{why}");
            let fixed = NewService::of(MAIL).props(&[(path(), "one".into())]);
            let fixed = fixed.props(&[(tags::COMMENT.raw(), "noted".into())]);
            let uid = services.create_service(&fixed)?;
            let section = services.open_profile_section(uid, SectionFlags::NONE)?;
            assert_eq!(section.get(tags::COMMENT)?, "noted");
            let profiles = desk.program().admin_profiles()?;
            profiles.copy_profile("p", "q", ProfileFlags::NONE)?;
            Ok(())
        }
    ),
];

/// A person who says `two` when asked for a path.
#[derive(Debug, Default)]
struct Person {
    sheets: Mutex<Vec<Vec<Option<PropValue>>>>,
    cancels: AtomicBool,
}

impl Person {
    /// The paths and users that were filled in on the sheets shown since this was asked last.
    fn sheets(&self) -> Vec<Vec<Option<PropValue>>> {
        std::mem::take(&mut *self.sheets.lock().unwrap())
    }
}

impl UiHost for Person {
    fn is_there(&self) -> bool {
        true
    }

    fn sheet(&self, _: &SheetRequest<'_>, data: &mut dyn SheetData, _: &Call) -> Result<()> {
        let filled = data.get(&[path(), user()])?;
        self.sheets.lock().unwrap().push(filled);
        if self.cancels.load(Ordering::SeqCst) {
            return Err(Error::new(
                Code::USER_CANCEL,
                "the person has other things to do",
            ));
        }
        data.set(&[(path(), "two".into())])
    }
}
