//! Sections of profiles: programs' own, and those of services and providers (requirement R-ProfSect).

use mapi::{
    Code, Guid, MapiProp, NameFlags, ProfileFlags, PropName, PropTag, PropType, PropValue,
    SaveFlags, SectionFlags, columns, object_type, tags,
};

use super::profile_admin::{code, key, only, profile};
use crate::desk::{MAIL, each, path, user};
use crate::fixture::prop;
use crate::{Case, case};

const OWN: Guid = Guid([0x77; 16]);
const SECRET: PropTag = PropTag::new(0x67F0, PropType::UNICODE);
/// MUID_PROFILE_INSTANCE.
const INSTANCE: Guid = Guid::from_fields(0x0002_0385, 0, 0, [0xC0, 0, 0, 0, 0, 0, 0, 0x46]);

pub(super) const CASES: &[Case] = &[
    case!(
        "R-ProfSect.T1",
        needs(),
        "while somebody writes a section nobody else opens it, in whatever program",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &[])?;
                let elsewhere = desk.program().admin_profiles()?.admin_services("p")?;
                let modify = SectionFlags::MODIFY;
                let writer = services.open_profile_section(OWN, modify)?;
                for admin in [&services, &elsewhere] {
                    let read = admin.open_profile_section(OWN, SectionFlags::NONE);
                    assert_eq!(code(read), Code::NO_ACCESS);
                    let write = admin.open_profile_section(OWN, modify);
                    assert_eq!(code(write), Code::NO_ACCESS);
                }
                drop(writer);
                let here = services.open_profile_section(OWN, SectionFlags::NONE)?;
                let there = elsewhere.open_profile_section(OWN, SectionFlags::NONE)?;
                for admin in [&services, &elsewhere] {
                    assert_eq!(
                        code(admin.open_profile_section(OWN, modify)),
                        Code::NO_ACCESS
                    );
                }
                drop(here);
                assert_eq!(
                    code(services.open_profile_section(OWN, modify)),
                    Code::NO_ACCESS
                );
                drop(there);
                services.open_profile_section(OWN, modify)?;
                Ok(())
            })
        }
    ),
    case!(
        "R-ProfSect.T2",
        needs(),
        "what is set is there for others without being saved, and saving does nothing",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &[])?;
                let writer = services.open_profile_section(OWN, SectionFlags::MODIFY)?;
                writer.set(tags::COMMENT, "at once")?;
                let held = desk.host().profile("p")?;
                assert_eq!(held.sections[&OWN].text(tags::COMMENT), Some("at once"));
                drop(writer);
                let elsewhere = desk.program().admin_profiles()?.admin_services("p")?;
                let reader = elsewhere.open_profile_section(OWN, SectionFlags::NONE)?;
                assert_eq!(reader.get(tags::COMMENT)?, "at once");
                reader.save_changes(SaveFlags::NONE)?;
                assert_eq!(reader.get(tags::COMMENT)?, "at once");
                assert_eq!(reader.get(tags::OBJECT_TYPE)?, object_type::PROFSECT);
                assert_eq!(reader.get(tags::PROFILE_NAME)?, "p");
                Ok(())
            })
        }
    ),
    case!(
        "R-ProfSect.T3",
        needs(),
        "a secure property is in no list, is read by its tag, and does not lie open in a file",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                let service = only(&services)?;
                for uid in [OWN, service] {
                    let writer = services.open_profile_section(uid, SectionFlags::MODIFY)?;
                    let clear = "a canary that sings";
                    let both = [(SECRET, clear.into()), prop(tags::COMMENT, "a sparrow")];
                    assert_eq!(writer.set_props(&both)?, []);
                    assert!(!writer.prop_list()?.contains(&SECRET));
                    let all = writer.get_all_props()?.value;
                    assert!(!all.iter().any(|p| p.tag.id() == SECRET.id()));
                    let read = writer.get_props(&[SECRET])?.value.remove(0).value;
                    assert_eq!(read, PropValue::from(clear));
                }
                if let Some(raw) = desk.raw() {
                    let has = |text: &str| raw.windows(text.len()).any(|w| w == text.as_bytes());
                    assert!(has("a sparrow"), "the files are those of the profiles");
                    assert!(!has("canary"));
                    let wide: Vec<u8> =
                        "canary".encode_utf16().flat_map(u16::to_le_bytes).collect();
                    assert!(!raw.windows(wide.len()).any(|w| w == wide));
                }
                // Another program reads it as well.
                let elsewhere = desk.program().admin_profiles()?.admin_services("p")?;
                let reader = elsewhere.open_profile_section(OWN, SectionFlags::NONE)?;
                let read = reader.get_props(&[SECRET])?.value.remove(0).value;
                assert_eq!(read, PropValue::from("a canary that sings"));
                Ok(())
            })
        }
    ),
    case!(
        "R-ProfSect.T4",
        needs(),
        "a profile made again under the same name is another one, and nobody can say it is not",
        |f| {
            each(f, |desk| {
                let profiles = desk.program().admin_profiles()?;
                let first = key(&profile(&desk.program(), "p", &[])?)?;
                assert_eq!(first.len(), 16);
                profiles.delete_profile("p", ProfileFlags::NONE)?;
                let services = profile(&desk.program(), "p", &[])?;
                let second = key(&services)?;
                assert_ne!(second, first);
                assert_ne!(second, [0; 16]);
                let write = services.open_profile_section(INSTANCE, SectionFlags::MODIFY);
                assert_eq!(code(write), Code::NO_ACCESS);
                let section = services.open_profile_section(INSTANCE, SectionFlags::NONE)?;
                let own = [
                    tags::OBJECT_TYPE.raw(),
                    tags::ACCESS_LEVEL.raw(),
                    tags::PROFILE_NAME.raw(),
                ];
                let mut listed = section.prop_list()?;
                listed.retain(|tag| !own.contains(tag));
                assert_eq!(listed, columns![tags::SEARCH_KEY]);
                profiles.rename_profile("p", "q", ProfileFlags::NONE)?;
                let renamed = profiles.admin_services("q")?;
                assert_eq!(key(&renamed)?, second, "renaming makes no other profile");
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "the section of a provider opens by force only, and shows what the profile says of it",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["one"])?;
                let held = desk.host().profile("p")?;
                let provider = held.services[0].providers[0].uid;
                for flags in [SectionFlags::NONE, SectionFlags::MODIFY] {
                    let open = services.open_profile_section(provider, flags);
                    assert_eq!(code(open), Code::NO_ACCESS);
                }
                let force = SectionFlags::FORCE_ACCESS;
                let modify = force | SectionFlags::MODIFY;
                let section = services.open_profile_section(provider, modify)?;
                assert_eq!(section.get(tags::RESOURCE_TYPE)?, 33);
                assert_eq!(section.get(tags::PROVIDER_DLL_NAME)?, "tststore");
                assert_eq!(section.get(tags::SERVICE_UID)?, held.services[0].uid.0);
                let problems = section.set_props(&[
                    prop(tags::RESOURCE_TYPE, 36),
                    prop(tags::DISPLAY_NAME, "Mine"),
                    prop(tags::COMMENT, "noted"),
                    (PropTag::new(0x8001, PropType::LONG), 1.into()),
                ])?;
                let refused: Vec<_> = problems.iter().map(|p| (p.index, p.code)).collect();
                assert_eq!(refused, [(0, Code::COMPUTED), (3, Code::UNEXPECTED_ID)]);
                drop(section);
                let held = desk.host().profile("p")?;
                assert_eq!(held.services[0].providers[0].display_name, "Mine");
                let section = services.open_profile_section(provider, force)?;
                assert_eq!(section.get(tags::COMMENT)?, "noted");
                assert_eq!(section.get(tags::RESOURCE_TYPE)?, 33);
                let name = PropName::text(mapi::guids::PS_PUBLIC_STRINGS, "x");
                assert_eq!(
                    code(section.ids_from_names(&[name], true)),
                    Code::NO_SUPPORT
                );
                assert_eq!(
                    code(section.all_names(None, NameFlags::NONE)),
                    Code::NO_SUPPORT
                );
                services.delete_service(held.services[0].uid)?;
                assert_eq!(code(section.get(tags::COMMENT)), Code::OBJECT_DELETED);
                Ok(())
            })
        }
    ),
    case!(
        needs(),
        "the section of a service shows its settings under their tags, and setting them configures it",
        |f| {
            each(f, |desk| {
                let services = profile(&desk.program(), "p", &["three"])?;
                let uid = only(&services)?;
                let section = services.open_profile_section(uid, SectionFlags::MODIFY)?;
                assert_eq!(section.get(tags::SERVICE_NAME)?, MAIL);
                let shown = section.get_props(&[path(), user()])?.value;
                assert_eq!(shown[0].value, "three".into());
                assert_eq!(shown[1].tag.ty(), PropType::ERROR, "it is not set");
                let problems = section.set_props(&[(path(), "one".into()), (path(), "".into())])?;
                let refused: Vec<_> = problems.iter().map(|p| (p.index, p.code)).collect();
                assert_eq!(refused, [(1, Code::INVALID_PARAMETER)]);
                drop(section);
                let providers = desk.host().profile("p")?.services[0].providers.clone();
                let reader = services.open_profile_section(uid, SectionFlags::NONE)?;
                let stores = reader
                    .get_props(&columns![tags::STORE_PROVIDERS])?
                    .value
                    .remove(0);
                assert_eq!(stores.value, providers[0].uid.0.to_vec().into());
                let transports = columns![tags::TRANSPORT_PROVIDERS];
                let transports = reader.get_props(&transports)?.value.remove(0);
                assert_eq!(transports.value, providers[1].uid.0.to_vec().into());
                drop(reader);
                let held = desk.host().profile("p")?;
                assert_eq!(held.services[0].config.values["path"], "one");
                desk.logon("p")?.default_store()?;
                Ok(())
            })
        }
    ),
];
