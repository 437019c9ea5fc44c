//! TXT-08, OUT-04: one body in several forms.

use std::io::{Read, Write};

use mapi::{
    Code, Folder, MapiProp, Message, OpenFlags, PropTag, PropType, PropValue, PropertyFlags,
    Result, SaveFlags, attach_method, tags,
};

use crate::fixture::{add, code, draft, edit, prop};
use crate::{Case, case};

const MODIFY: PropertyFlags = PropertyFlags::MODIFY;

pub(super) const CASES: &[Case] = &[
    case!(
        "TXT-08",
        needs(),
        "HTML set as bytes is read as text, and the other way round",
        |f| {
            let mask = f.store()?.get(tags::STORE_SUPPORT_MASK)?.cast_unsigned();
            assert_ne!(mask & mapi::store_support::HTML_OK, 0);
            let folder = f.folder("Mail")?;
            let html = "<p>Größe: 5 €</p>";
            let western = b"<p>Gr\xF6\xDFe: 5 \x80</p>";
            let as_bytes = [
                prop(tags::HTML, western.as_slice()),
                prop(tags::INTERNET_CPID, 1252),
            ];
            let as_text = [prop(tags::BODY_HTML, html), prop(tags::INTERNET_CPID, 1252)];
            let utf_8 = [
                prop(tags::BODY_HTML, html),
                prop(tags::INTERNET_CPID, 65001),
            ];
            for (props, bytes) in [
                (&as_bytes, western.as_slice()),
                (&as_text, western.as_slice()),
                (&utf_8, html.as_bytes()),
            ] {
                let unsaved = draft(&folder, props)?;
                check_html(&unsaved, html, bytes)?;
                unsaved.save_changes(SaveFlags::NONE)?;
                check_html(
                    &folder.open_message(&unsaved.entry_id().unwrap())?,
                    html,
                    bytes,
                )?;
            }
            // Another code page, other text.
            let cyrillic = b"<p>\xC6\xF3\xEA</p>";
            let props = [
                prop(tags::HTML, cyrillic.as_slice()),
                prop(tags::INTERNET_CPID, 1251),
            ];
            check_html(&draft(&folder, &props)?, "<p>Жук</p>", cyrillic)?;
            // As PT_STRING8 it is in the message's own code page.
            let message = draft(&folder, &as_bytes)?;
            let narrow = tags::BODY_HTML.raw().with_type(PropType::STRING8);
            let got = message.get_props(&[narrow])?.value.remove(0);
            assert_eq!(got.tag, narrow);
            let PropValue::String8(text) = got.value else {
                panic!("{:?}", got.tag);
            };
            assert_eq!(text.bytes, western);
            // What is set in one form replaces what was set in the other.
            assert_eq!(message.set_props(&[prop(tags::BODY_HTML, "<b>x</b>")])?, []);
            assert_eq!(message.get(tags::HTML)?, b"<b>x</b>");
            let ids = message.prop_list()?;
            let of_html = ids.iter().filter(|t| t.id() == tags::HTML.id()).count();
            assert_eq!(of_html, 1, "one property");
            message.delete_props(&[tags::HTML.into()])?;
            assert_eq!(message.find(tags::BODY_HTML)?, None);
            Ok(())
        }
    ),
    case!(
        needs(),
        "a message with HTML only has a text, and one with text only has HTML",
        |f| {
            let folder = f.folder("Mail")?;
            let html = "<p>Dear <b>Ann</b>,</p><ul><li>one<li>two</ul>";
            let text = "Dear Ann,\n\n- one\n- two";
            let id = add(&folder, &[prop(tags::HTML, html.as_bytes())])?;
            let message = folder.open_message(&id)?;
            let listed = message.prop_list()?;
            for tag in [
                tags::BODY.raw(),
                tags::HTML.raw(),
                tags::NATIVE_BODY_INFO.raw(),
            ] {
                assert!(listed.contains(&tag), "{tag}");
            }
            assert_eq!(message.get(tags::BODY)?, text);
            assert_eq!(message.get_props(&[tags::BODY.into()])?.warning, None);
            assert_eq!(stream(&message, tags::BODY.raw())?, wide(text));
            assert_eq!(message.get(tags::NATIVE_BODY_INFO)?, 3);
            let all = message.get_all_props()?.value;
            assert!(all.iter().any(|p| p.value == text.into()));
            // It is made when it is read: the message takes the place of its HTML only.
            let stored: Vec<_> = message
                .to_tree()?
                .props
                .iter()
                .map(|(k, _)| k.clone())
                .collect();
            assert!(!stored.contains(&mapi_props::PropKey::Id(tags::BODY.id())));

            let id = add(&folder, &[prop(tags::BODY, "1 < 2\n會議")])?;
            let message = folder.open_message(&id)?;
            assert_eq!(message.get(tags::NATIVE_BODY_INFO)?, 1);
            assert!(message.prop_list()?.contains(&tags::HTML.raw()));
            let made = String::from_utf8(message.get(tags::HTML)?).unwrap();
            assert!(made.contains("1 &lt; 2<br>\r\n會議"), "{made}");
            assert_eq!(message.get(tags::BODY_HTML)?, made);
            assert_eq!(stream(&message, tags::HTML.raw())?, made.as_bytes());
            // A code page without these characters gets references to them.
            let in_page = [prop(tags::BODY, "會議"), prop(tags::INTERNET_CPID, 1252)];
            let made = draft(&folder, &in_page)?.get(tags::HTML)?;
            assert!(
                String::from_utf8(made)
                    .unwrap()
                    .contains("&#26371;&#35696;")
            );
            let neither = draft(&folder, &[])?;
            for tag in [
                tags::BODY.raw(),
                tags::HTML.raw(),
                tags::NATIVE_BODY_INFO.raw(),
            ] {
                let got = neither.get_props(&[tag])?.value.remove(0);
                assert_eq!(got.value, PropValue::Error(Code::NOT_FOUND), "{tag}");
                assert!(!neither.prop_list()?.contains(&tag));
            }
            Ok(())
        }
    ),
    case!(
        needs(),
        "a body that is made follows the one it is made from, and gives way to one that is set",
        |f| {
            let folder = f.folder("Mail")?;
            let id = add(&folder, &[prop(tags::HTML, b"<p>old</p>".as_slice())])?;
            let message = edit(&folder, &id)?;
            assert_eq!(message.get(tags::BODY)?, "old");
            message.set(tags::HTML, b"<p>new</p>".as_slice())?;
            assert_eq!(message.get(tags::BODY)?, "new");
            assert_eq!(folder.open_message(&id)?.get(tags::BODY)?, "old");
            // Code page: the same bytes, another text.
            message.set(tags::HTML, b"\xE9".as_slice())?;
            assert_eq!(message.get(tags::BODY)?, "é");
            message.set(tags::INTERNET_CPID, 1251)?;
            assert_eq!(message.get(tags::BODY)?, "й");
            let mut made = message.open_property(tags::BODY.raw(), MODIFY)?;
            std::io::Seek::seek(&mut made, std::io::SeekFrom::End(0))?;
            made.write_all(&wide("!"))?;
            made.commit()?;
            drop(made);
            assert_eq!(message.get(tags::BODY)?, "й!");
            assert_eq!(message.get(tags::HTML)?, b"\xE9");
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            // The best body is the one that was written last.
            message.set(tags::BODY, "text again")?;
            message.save_changes(SaveFlags::KEEP_OPEN_READWRITE)?;
            assert_eq!(message.get(tags::NATIVE_BODY_INFO)?, 1);
            message.set(tags::HTML, b"<i>html again</i>".as_slice())?;
            message.save_changes(SaveFlags::NONE)?;
            let message = folder.open_message(&id)?;
            assert_eq!(message.get(tags::NATIVE_BODY_INFO)?, 3);
            assert_eq!(message.get(tags::BODY)?, "text again");
            Ok(())
        }
    ),
    case!(
        needs(),
        "a large body is made too: by value for one, as a stream, in an embedded message",
        |f| {
            let folder = f.folder("Mail")?;
            let line = "<p>All work and no play makes Jack a dull boy.</p>\n";
            let html = line.repeat(4000);
            let id = add(&folder, &[prop(tags::HTML, html.as_bytes())])?;
            check_large(&folder.open_message(&id)?)?;
            let outer = folder.create_message()?;
            let part = outer.create_attachment()?;
            part.set(tags::ATTACH_METHOD, attach_method::EMBEDDED_MSG)?;
            let inner = part.open_embedded(PropertyFlags::CREATE | MODIFY)?;
            inner.set(tags::HTML, html.as_bytes())?;
            inner.save_changes(SaveFlags::NONE)?;
            part.save_changes(SaveFlags::NONE)?;
            outer.save_changes(SaveFlags::NONE)?;
            let outer = reopened(f, &folder, &outer)?;
            let part = outer.open_attachment(0, OpenFlags::NONE)?;
            check_large(&part.open_embedded(PropertyFlags::NONE)?)
        }
    ),
];

fn check_html(message: &Message, text: &str, bytes: &[u8]) -> Result<()> {
    assert_eq!(message.get(tags::BODY_HTML)?, text);
    assert_eq!(message.get(tags::HTML)?, bytes);
    let tags = [tags::BODY_HTML.raw(), tags::HTML.raw()];
    let both = message.get_props(&tags)?;
    assert_eq!(both.warning, None);
    assert_eq!(both.value[0].value, text.into());
    assert_eq!(both.value[1].value, bytes.into());
    assert_eq!(stream(message, tags[0])?, wide(text));
    assert_eq!(stream(message, tags[1])?, bytes);
    Ok(())
}

fn check_large(message: &Message) -> anyhow::Result<()> {
    let text = message.get(tags::BODY)?;
    assert_eq!(text.lines().count(), 7999);
    let got = message.get_props(&[tags::BODY.into()])?;
    assert_eq!(
        got.value[0].value,
        PropValue::Error(Code::NOT_ENOUGH_MEMORY)
    );
    assert_eq!(got.warning, Some(Code::W_ERRORS_RETURNED));
    assert_eq!(stream(message, tags::BODY.raw())?, wide(&text));
    let readable = message.open_property(tags::BODY.raw(), MODIFY);
    assert_eq!(code(readable), Code::NO_ACCESS);
    Ok(())
}

fn reopened(f: &crate::Fixture, folder: &Folder, message: &Message) -> Result<Message> {
    let (folder, id) = (folder.entry_id(), message.entry_id().unwrap());
    let store = f.restart()?.default_store()?;
    store
        .open_folder(&folder, OpenFlags::NONE)?
        .open_message(&id)
}

fn stream(message: &Message, tag: PropTag) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut stream = message.open_property(tag, PropertyFlags::NONE)?;
    stream.read_to_end(&mut bytes).unwrap();
    Ok(bytes)
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
