//! STO-12, MSG-02, OVR-02.2, R-FormMgr, FM-05: forms by message class, their libraries and their icons.

use mapi::{
    Code, CopyFolderFlags, Folder, FormContainer, FormFlags, FormInfo, FormLibrary, FormSource,
    InstallFormFlags, Installed, MapiProp, MessageTree, MsgStore, OpenFlags, PropName, PropTag,
    PropType, PropValue, Result, SaveFlags, Session, SortColumn, SortOrderSet, SpecialFolder,
    columns, guids, tags,
};

use crate::fixture::{add, code, draft, prop};
use crate::{Case, Fixture, case};

const EXACT: FormFlags = FormFlags::EXACT_MATCH;
const ANY: FormFlags = FormFlags::NONE;
const KEEP: InstallFormFlags = InstallFormFlags::NONE;
const OVERWRITE: InstallFormFlags = InstallFormFlags::OVERWRITE_ON_CONFLICT;

/// A configuration file with these lines more in its description.
fn file(class: &str, name: &str, more: &str) -> String {
    format!(
        "[Description]\nMessageClass={class}\nClsid={{00020D35-0000-0000-C000-000000000046}}\nDisplayName={name}\n{more}"
    )
}

/// An icon like no other, for each number another one.
fn picture(session: &Session, number: u8) -> Result<Vec<u8>> {
    let form = session.forms()?.resolve_message_class("IPM", EXACT, None)?;
    let mut bytes = form.icon().as_bytes().to_vec();
    bytes[100] = number;
    Ok(bytes)
}

/// Installs a form of a class with a large icon and a mini icon, numbered.
fn install(
    session: &Session,
    library: &FormLibrary,
    class: &str,
    icons: (u8, u8),
) -> Result<FormContainer> {
    let container = session.forms()?.open_container(library)?;
    let text = file(class, class, "LargeIcon=l.ico\nSmallIcon=s.ico\n");
    let (large, small) = (picture(session, icons.0)?, picture(session, icons.1)?);
    let mut open = |path: &str| {
        Ok(if path == "l.ico" {
            large.clone()
        } else {
            small.clone()
        })
    };
    container.install_file(text.as_bytes(), &mut open, KEEP)?;
    Ok(container)
}

/// Installs a form without icons.
fn plain(
    container: &FormContainer,
    class: &str,
    name: &str,
    flags: InstallFormFlags,
) -> Result<Installed> {
    let text = file(class, name, "");
    let mut none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let (_, done, notes) = container.install_file(text.as_bytes(), &mut none, flags)?;
    assert_eq!(notes, []);
    Ok(done)
}

fn resolve(session: &Session, class: &str, folder: Option<&Folder>) -> Result<FormInfo> {
    session.forms()?.resolve_message_class(class, ANY, folder)
}

/// A message of a class and its form, as somebody finds it who lists the folder.
fn form_of_listed(f: &Fixture, folder: &Folder) -> Result<FormInfo> {
    let table = folder
        .contents()
        .columns(columns![tags::MESSAGE_CLASS])
        .open()?;
    let class = table.query_rows(1)?[0].get(tags::MESSAGE_CLASS).unwrap();
    resolve(&f.session(), &class, Some(folder))
}

/// PR_ICON and PR_MINI_ICON as properties of the form.
fn icon_props(form: &FormInfo) -> Result<Vec<PropValue>> {
    let props = form.get_props(&columns![tags::ICON, tags::MINI_ICON])?;
    Ok(props.value.into_iter().map(|p| p.value).collect())
}

fn of_class(folder: &Folder, class: &str) -> Result<mapi::EntryId> {
    add(folder, &[prop(tags::MESSAGE_CLASS, class)])
}

fn incoming(class: &str) -> MessageTree {
    let mut tree = MessageTree::default();
    tree.props.set(tags::MESSAGE_CLASS, class);
    tree.props.set(tags::SUBJECT, "m");
    tree
}

fn contacts(store: &MsgStore) -> Result<Folder> {
    store.special_folder(SpecialFolder::Contacts)
}

pub(super) const CASES: &[Case] = &[
    case!(
        "STO-12.1",
        needs(Associated),
        "a message has the icons of the form of the nearest class, else those of the default form",
        |f| {
            let session = f.session();
            let folder = f.folder("Mail")?;
            of_class(&folder, "IPM.Foo.Bar")?;
            let default = resolve(&session, "IPM", None)?;
            assert_eq!(default.source(), FormSource::Standard);
            let libraries = [
                (FormLibrary::Local, FormSource::Local),
                (FormLibrary::Folder(folder.clone()), FormSource::Folder),
                (FormLibrary::Personal, FormSource::Personal),
            ];
            for (library, source) in libraries {
                let container = install(&session, &library, "IPM.Foo", (7, 8))?;
                let form = form_of_listed(f, &folder)?;
                assert_eq!((form.message_class(), form.source()), ("IPM.Foo", source));
                let (large, mini) = (picture(&session, 7)?, picture(&session, 8)?);
                assert_eq!(form.icon().as_bytes(), large);
                assert_eq!(form.mini_icon().as_bytes(), mini);
                assert_eq!(icon_props(&form)?, [large.into(), mini.into()]);
                container.remove("ipm.foo")?;
                assert_eq!(code(container.remove("IPM.Foo")), Code::NOT_FOUND);
                let form = form_of_listed(f, &folder)?;
                assert_eq!(
                    (form.message_class(), form.source()),
                    ("IPM", FormSource::Standard)
                );
                assert_eq!(form.icon(), default.icon());
                assert_eq!(form.mini_icon(), default.mini_icon());
                assert_eq!(form.icon().sizes().collect::<Vec<_>>(), [(32, 32)]);
            }
            Ok(())
        }
    ),
    case!(
        "STO-12.2",
        needs(),
        "an unknown class that is not for people has no form, and is shown with a generic icon",
        |f| {
            let folder = f.folder("Mail")?;
            of_class(&folder, "IPC.Strange.Thing")?;
            assert_eq!(code(form_of_listed(f, &folder)), Code::NOT_FOUND);
            let forms = f.session().forms()?;
            let both = ["IPC.Strange", "IPM.Strange"];
            let found = forms.resolve_multiple(Some(&both), ANY, None)?;
            let classes: Vec<_> = found
                .iter()
                .map(|form| form.as_ref().map(FormInfo::message_class))
                .collect();
            assert_eq!(classes, [None, Some("IPM")]);
            let table = folder
                .contents()
                .columns(malle_views::LIST_COLUMNS)
                .open()?;
            let row = &table.query_rows(1)?[0];
            let shown = malle_views::list_row(row, String::new(), "", &[]);
            assert_eq!(shown.icon, "unknown");
            let id = of_class(&folder, "IPM.Contact.Customer")?;
            let rows = table.query_all_rows(0)?;
            let row = rows.iter().find(|row| row.entry_id() == &id).unwrap();
            let shown = malle_views::list_row(row, String::new(), "", &[]);
            assert_eq!(shown.icon, "x-office-contact");
            Ok(())
        }
    ),
    case!(
        "MSG-02",
        needs(),
        "classes that differ in case are one class, and each keeps its case",
        |f| {
            let folder = f.folder("Mail")?;
            let message = folder.create_message()?;
            let long = |n: usize| {
                [prop(
                    tags::MESSAGE_CLASS,
                    format!("IPM.{}", "x".repeat(n - 4)),
                )]
            };
            assert_eq!(code(message.set_props(&long(256))), Code::INVALID_PARAMETER);
            assert_eq!(message.set_props(&long(255))?, []);
            let wide = long(256)[0].1.clone();
            let narrow = mapi_props::PropTag::new(tags::MESSAGE_CLASS.id(), PropType::STRING8);
            assert_eq!(
                code(message.set_props(&[(narrow, wide)])),
                Code::INVALID_PARAMETER
            );

            let classes = ["ipm.note", "IPM.Note"];
            for class in classes {
                of_class(&folder, class)?;
            }
            let order = SortOrderSet {
                categories: 1,
                expanded: 1,
                ..SortOrderSet::by([
                    SortColumn::ascending(tags::MESSAGE_CLASS),
                    SortColumn::ascending(tags::CREATION_TIME),
                ])
            };
            let table = folder
                .contents()
                .columns(columns![tags::MESSAGE_CLASS])
                .order(order)
                .open()?;
            let rows = table.query_all_rows(0)?;
            let shown: Vec<_> = rows
                .iter()
                .skip(1)
                .map(|row| row.get(tags::MESSAGE_CLASS).unwrap())
                .collect();
            assert_eq!(rows.len(), 3, "one heading over both");
            assert_eq!(shown, classes, "as they were written");

            let store = f.store()?;
            store.set_receive_folder("IPM.NOTE", Some(&folder.entry_id()))?;
            let [one, other] = classes.map(|class| {
                (
                    resolve(&f.session(), class, Some(&folder)).unwrap(),
                    store.receive_folder(class).unwrap().entry_id(),
                    store.deliver(incoming(class)).unwrap(),
                )
            });
            assert_eq!(
                (one.0.message_class(), &one.1),
                ("IPM.Note", &folder.entry_id())
            );
            assert_eq!(
                (other.0.message_class(), &other.1),
                ("IPM.Note", &folder.entry_id())
            );
            assert_eq!(one.0.icon(), other.0.icon());
            for ((_, _, delivered), class) in [one, other].iter().zip(classes) {
                assert_eq!(delivered.folder_id, folder.entry_id());
                let message = store.open_message(&delivered.entry_id, OpenFlags::NONE)?;
                assert_eq!(message.get(tags::MESSAGE_CLASS)?, class);
            }
            Ok(())
        }
    ),
    case!(
        "OVR-02.2",
        needs(),
        "a class made from another keeps its own properties and is handled as its base class",
        |f| {
            let class = "IPM.Contact.Customer";
            let own = PropTag::new(0x6801, PropType::UNICODE);
            let last = PropTag::new(0x7BFF, PropType::LONG);
            let folder = f.folder("Customers")?;
            let message = draft(
                &folder,
                &[
                    prop(tags::MESSAGE_CLASS, class),
                    prop(own, "gold"),
                    prop(last, 7),
                ],
            )?;
            let name = PropName::text(guids::PS_PUBLIC_STRINGS, "Discount");
            let named = message.named_tag(&name, PropType::LONG)?;
            message.set_props(&[prop(named, 12)])?;
            message.save_changes(SaveFlags::NONE)?;
            let id = message.entry_id().unwrap();

            let session = f.restart()?;
            let store = session.default_store()?;
            let message = store.open_message(&id, OpenFlags::NONE)?;
            assert_eq!(message.get(tags::MESSAGE_CLASS)?, class);
            let named = message.named_tag(&name, PropType::LONG)?;
            let values: Vec<_> = message
                .get_props(&[own, last, named])?
                .value
                .into_iter()
                .map(|p| p.value)
                .collect();
            assert_eq!(values, ["gold".into(), 7.into(), 12.into()]);

            let form = resolve(&session, class, None)?;
            assert_eq!(
                (form.message_class(), form.icon_name()),
                ("IPM.Contact", "x-office-contact")
            );
            let base = contacts(&store)?.entry_id();
            store.set_receive_folder("IPM.Contact", Some(&base))?;
            assert_eq!(store.receive_folder(class)?.entry_id(), base);
            assert_eq!(store.deliver(incoming(class))?.folder_id, base);
            Ok(())
        }
    ),
    case!(
        "R-FormMgr.T1" + "R-FormMgr.T2",
        needs(Associated),
        "libraries are sought in their order, all of them for the exact class first",
        |f| {
            let session = f.session();
            let folder = f.folder("Mail")?;
            let open = |library| session.forms()?.open_container(&library);
            let local = open(FormLibrary::Local)?;
            let of_folder = open(FormLibrary::Folder(folder.clone()))?;
            let personal = open(FormLibrary::Personal)?;
            let found = |class: &str, folder| -> Result<_> {
                let form = resolve(&session, class, folder)?;
                Ok((form.message_class().to_owned(), form.source()))
            };
            for (container, name) in [(&local, "l"), (&of_folder, "f"), (&personal, "p")] {
                assert_eq!(plain(container, "IPM.Foo", name, KEEP)?, Installed::Added);
            }
            plain(&of_folder, "IPM.Foo.Bar", "f", KEEP)?;
            let is = |class: &str, source| (class.to_owned(), source);
            assert_eq!(
                found("IPM.Foo", Some(&folder))?,
                is("IPM.Foo", FormSource::Local)
            );
            assert_eq!(
                found("ipm.fOO.bar.baz", Some(&folder))?,
                is("IPM.Foo.Bar", FormSource::Folder)
            );
            assert_eq!(
                found("IPM.Foo.Bar", None)?,
                is("IPM.Foo", FormSource::Local)
            );
            local.remove("IPM.Foo")?;
            assert_eq!(
                found("IPM.FOO", Some(&folder))?,
                is("IPM.Foo", FormSource::Folder)
            );
            assert_eq!(found("IPM.FOO", None)?, is("IPM.Foo", FormSource::Personal));
            plain(&local, "IPM", "l", KEEP)?;
            assert_eq!(
                found("IPM.Note.X", None)?,
                is("IPM.Note", FormSource::Standard)
            );
            assert_eq!(found("IPM.Strange", None)?, is("IPM", FormSource::Local));
            let second = f.second_session()?;
            let seen = resolve(&second, "IPM.Foo.Bar", None)?;
            assert_eq!(seen.source(), FormSource::Personal, "another program");
            Ok(())
        }
    ),
    case!(
        "FM-06.T1",
        needs(),
        "an exact match takes no form of a class that the class inherits from",
        |f| {
            let session = f.session();
            let forms = session.forms()?;
            let local = forms.open_container(&FormLibrary::Local)?;
            plain(&local, "IPM.A", "A", KEEP)?;
            plain(&local, "IPM", "all", KEEP)?;
            let form = forms.resolve_message_class("IPM.A.B.C", ANY, None)?;
            assert_eq!(form.message_class(), "IPM.A");
            let exact = |class| forms.resolve_message_class(class, EXACT, None);
            assert_eq!(code(exact("IPM.A.B.C")), Code::NOT_FOUND);
            assert_eq!(exact("ipm.a")?.message_class(), "IPM.A");
            assert_eq!(code(exact("IPM.")), Code::INVALID_PARAMETER);
            Ok(())
        }
    ),
    case!(
        "R-FormContainer.T1",
        needs(Associated),
        "a form that is there stays as it is unless it is to be overwritten",
        |f| {
            let forms = f.session().forms()?;
            for library in [FormLibrary::Local, FormLibrary::Personal] {
                let container = forms.open_container(&library)?;
                let name = || -> Result<_> {
                    let form = container.resolve_message_class("IPM.Foo", EXACT)?;
                    Ok(form.description().display_name.clone())
                };
                assert_eq!(plain(&container, "IPM.Foo", "old", KEEP)?, Installed::Added);
                assert_eq!(
                    plain(&container, "ipm.foo", "new", KEEP)?,
                    Installed::Unchanged
                );
                assert_eq!(name()?, "old");
                let asked = OVERWRITE | InstallFormFlags::DIALOG;
                assert_eq!(
                    plain(&container, "IPM.Foo", "new", asked)?,
                    Installed::Unchanged
                );
                assert_eq!(
                    plain(&container, "IPM.Foo", "new", OVERWRITE)?,
                    Installed::Replaced
                );
                assert_eq!(name()?, "new");
                assert_eq!(container.forms()?.len(), 1);
                let bad = "[Description]\nMessageClass=IPM.Bad\n";
                let mut none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
                let refused = container.install_file(bad.as_bytes(), &mut none, KEEP);
                assert_eq!(code(refused), Code::EXTENDED_ERROR);
                let said = container.last_error().unwrap().detail;
                assert_eq!(said, "line 1: [Description] has no Clsid");
            }
            Ok(())
        }
    ),
    case!(
        "FM-05.T1" + "FM-05.T2" + "FM-05.T3",
        needs(Associated),
        "a folder takes its forms along, each profile has its own, all have the local ones",
        |f| {
            let session = f.session();
            let folder = f.folder("Mail")?;
            install(
                &session,
                &FormLibrary::Folder(folder.clone()),
                "IPM.Foo",
                (1, 2),
            )?;
            let inbox = f.inbox()?;
            let copied = inbox.copy_folder(
                &folder.entry_id(),
                &inbox,
                Some("Copy"),
                CopyFolderFlags::NONE,
            )?;
            assert_eq!(copied.warning, None);
            let copy = f.store()?.folder("Inbox/Copy")?;
            let form = resolve(&session, "IPM.Foo", Some(&copy))?;
            assert_eq!(form.source(), FormSource::Folder);
            assert_eq!(form.icon().as_bytes(), picture(&session, 1)?);

            install(&session, &FormLibrary::Personal, "IPM.Mine", (1, 2))?;
            install(&session, &FormLibrary::Local, "IPM.Ours", (1, 2))?;
            let home = Session::logon(&f.program(), mapi::Logon::profile("home").create())?;
            assert_eq!(
                resolve(&session, "IPM.Mine", None)?.source(),
                FormSource::Personal
            );
            assert_eq!(
                resolve(&home, "IPM.Mine", None)?.source(),
                FormSource::Standard
            );
            assert_eq!(
                resolve(&home, "IPM.Ours", None)?.source(),
                FormSource::Local
            );
            let forms = f.program().open_local_form_container()?.forms()?;
            let classes: Vec<_> = forms.iter().map(FormInfo::message_class).collect();
            assert_eq!(classes, ["IPM.Ours"], "without a session");
            Ok(())
        }
    ),
    case!(
        "FM-08.T2" + "FM-08.T3",
        needs(Associated),
        "what a class inherits says nothing of its sisters, and a damaged icon gives way to a default one",
        |f| {
            let session = f.session();
            let forms = session.forms()?;
            install(&session, &FormLibrary::Personal, "IPM.Note.Other", (5, 6))?;
            let icon = |class| -> Result<_> {
                Ok(forms
                    .resolve_message_class(class, ANY, None)?
                    .icon()
                    .clone())
            };
            let inherited = icon("IPM.Note.Meeting.Cancel")?;
            assert_eq!(inherited, icon("IPM.Note")?);
            assert_eq!(icon("IPM.Note.Other")?.as_bytes(), picture(&session, 5)?);
            assert_eq!(icon("IPM.Note.Meeting.Cancel")?, inherited);

            let root = f.store()?.root_folder()?;
            let rows = root
                .associated()
                .columns(columns![tags::MESSAGE_CLASS, tags::SUBJECT])
                .open()?
                .query_all_rows(0)?;
            let row = rows
                .iter()
                .find(|row| row.get(tags::SUBJECT).as_deref() == Some("IPM.Note.Other"))
                .unwrap();
            assert_eq!(
                row.get(tags::MESSAGE_CLASS).unwrap(),
                "IPM.Microsoft.FolderDesign.FormsDescription"
            );
            let definition = root.open_message_with(row.entry_id(), OpenFlags::MODIFY)?;
            definition.set(tags::ICON, b"no icon".as_slice())?;
            definition.save_changes(SaveFlags::NONE)?;
            forms.refresh();
            assert_eq!(icon("IPM.Note.Other")?, icon("IPM.Note")?);
            Ok(())
        }
    ),
];
