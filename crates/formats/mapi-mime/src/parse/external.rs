//! Bodies that lie elsewhere: message/external-body as attachments by reference.
//! RFC 2046 §5.2.3, RFC 2017, [MS-OXCMSG] 2.2.2.9

use mapi_props::{AttachmentTree, TreeContent, attach_method, tags};

use super::Reader;
use crate::header::fields;
use crate::header::params::Parameterised;
use crate::names::{self, file_name};
use crate::structure::Entity;

/// Where a body lies.
struct Place {
    method: i32,
    path: String,
    name: String,
}

/// Reads a message/external-body whose place MAPI can say: a URL, a file of an FTP server, a local file.
///
/// The path is kept and never followed: a local one is ATTACH_BY_REF_ONLY, which no transport resolves, since it was
/// chosen by whoever sent the mail. Other kinds of access (`mail-server`, `tftp`) are attachments with their bytes.
pub(super) fn read(reader: &Reader<'_>, entity: &Entity) -> Option<AttachmentTree> {
    if !entity.mime.is("message/external-body") {
        return None;
    }
    let place = place(&entity.mime.content_type)?;
    let mut attachment = AttachmentTree::default();
    let props = &mut attachment.props;
    props.set(tags::RENDERING_POSITION, -1);
    props.set(tags::ATTACH_METHOD, place.method);
    props.set(tags::ATTACH_LONG_PATHNAME, place.path.as_str());
    let mut name = file_name(&place.name);
    // The body of the part is the header of what lies elsewhere.
    for field in fields(reader.source.slice(entity.body.clone())).take(100) {
        let value = field.text(reader.context.code_page);
        if field.is("content-type") {
            let declared = Parameterised::parse(&value).value;
            if declared.contains('/') {
                props.set(tags::ATTACH_MIME_TAG, declared);
            }
        } else if field.is("content-id") {
            let id = value.trim().trim_matches(['<', '>']);
            props.set(tags::ATTACH_CONTENT_ID, id);
        } else if field.is("content-disposition")
            && let Some(declared) = Parameterised::parse(&value).param("filename")
        {
            name = file_name(declared);
        }
    }
    if name.is_empty() {
        props.set(tags::DISPLAY_NAME, place.path);
    } else {
        names::set(props, &name);
    }
    attachment.content = TreeContent::None;
    Some(attachment)
}

fn place(declared: &Parameterised) -> Option<Place> {
    let param = |name: &str| declared.param(name).unwrap_or_default();
    let web = |path: String, name: &str| Place {
        method: attach_method::BY_WEBREFERENCE,
        path,
        name: name.to_owned(),
    };
    let access = param("access-type").to_ascii_lowercase();
    match access.as_str() {
        "url" => {
            // RFC 2017 §3: white space is no part of it, lines are cut anywhere.
            let url: String = param("url")
                .chars()
                .filter(|c| !c.is_whitespace())
                .collect();
            let scheme = url.split_once("://").map(|(s, _)| s.to_ascii_lowercase());
            let known = matches!(scheme.as_deref(), Some("http" | "https" | "ftp" | "ftps"));
            let path = url.split(['?', '#']).next().unwrap_or_default().to_owned();
            let name = path.splitn(4, '/').nth(3).unwrap_or_default();
            known.then(|| web(url.clone(), name))
        }
        "ftp" | "anon-ftp" => {
            let (site, name) = (param("site"), param("name"));
            let directory = param("directory").trim_matches('/');
            let inner = if directory.is_empty() { "" } else { "/" };
            let fine = !site.is_empty() && !name.is_empty();
            let path = || {
                format!(
                    "ftp://{site}/{directory}{inner}{}",
                    name.trim_start_matches('/')
                )
            };
            fine.then(|| web(path(), name))
        }
        "local-file" | "afs" => {
            let path = param("name");
            (!path.is_empty()).then(|| Place {
                method: attach_method::BY_REF_ONLY,
                path: path.to_owned(),
                name: path.to_owned(),
            })
        }
        _ => None,
    }
}
