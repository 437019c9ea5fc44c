//! The parts of a message and their structure.
//! [MS-OXCMAIL] 2.1.3.3–2.1.3.4, [MS-OXBBODY] 2.1.3.1, RFC 2046 §5.1, RFC 2387

use std::borrow::Cow;
use std::io::Read;

use mapi_props::{
    AttachmentTree, MessageTree, PropKey, PropTag, PropValue, Tag, TreeContent, TreeProps,
    TreeValue, attach_method, tags,
};

use super::{Writer, part, report, text_of};
use crate::charset;

/// A part to be written.
pub(super) enum Part<'a> {
    Multi {
        subtype: &'static str,
        /// A parameter beside the boundary.
        parameter: Option<(&'static str, &'static str)>,
        parts: Vec<Part<'a>>,
    },
    Text {
        media_type: &'static str,
        charset: &'static str,
        bytes: Cow<'a, [u8]>,
    },
    /// Lines of ASCII fields, made here.
    Fields {
        media_type: &'static str,
        text: String,
    },
    /// An attachment, and its place among those of the message.
    Attachment(&'a AttachmentTree, usize),
}

/// The outermost part: mixed [ alternative [ text, related [ html, shown ], invitation ], others ], as far as there is
/// need; of a report: report [ text, machine-readable part, others ].
pub(super) fn root<'a>(writer: &mut Writer<'_>, tree: &'a MessageTree) -> Part<'a> {
    let bodies = Bodies::of(writer, tree);
    let mut parts = Attachments::sort(writer, tree, bodies.html.is_some());
    let kind = report::kind(text_of(&tree.props, tags::MESSAGE_CLASS));
    if let Some(kind) = kind {
        return report(writer, tree, kind, bodies, parts);
    }
    let others = std::mem::take(&mut parts.others);
    match bodies.into_part(parts) {
        Some(body) => multi_if("mixed", None, body, others),
        None if others.is_empty() => empty(),
        None => {
            let mut parts = others.into_iter();
            let first = parts.next().unwrap_or_else(empty);
            multi_if("mixed", None, first, parts.collect())
        }
    }
}

/// The text and HTML of a message, as far as they are to be written.
struct Bodies<'a> {
    text: Option<Part<'a>>,
    html: Option<Part<'a>>,
}

/// PR_NATIVE_BODY_INFO of a message whose text is its best body, [MS-OXBBODY] 2.1.3.1.
const PLAIN: i32 = 1;

impl<'a> Bodies<'a> {
    fn of(writer: &mut Writer<'_>, tree: &'a MessageTree) -> Self {
        let props = &tree.props;
        let mut html = bytes_of(props, tags::HTML.raw()).map(|bytes| html_part(props, bytes));
        let mut text = bytes_of(props, tags::BODY.raw());
        match mapi_rtf::best_body(props) {
            Some(Ok(rtf)) => {
                text = text.or_else(|| Some(mapi_rtf::to_text(&rtf).text.into_bytes().into()));
                html = html_of_rtf(writer, &rtf).or(html);
            }
            Some(Err(damage)) => {
                writer.loss("rtf-body", format!("the RTF cannot be read: {damage}"));
            }
            None => {}
        }
        let native = long(props, tags::NATIVE_BODY_INFO);
        if native == Some(PLAIN) && text.is_some() && html.take().is_some() {
            // The text was written last, so that the HTML says something else.
            writer.loss("body-out-of-date", "the HTML is older than the text");
        }
        Self {
            text: text.map(|bytes| Part::Text {
                media_type: "text/plain",
                charset: "utf-8",
                bytes,
            }),
            html,
        }
    }

    /// The bodies as one part with what the HTML shows and an invitation; `None` if there are none.
    fn into_part(self, attachments: Attachments<'a>) -> Option<Part<'a>> {
        let html = self.html.map(|html| {
            let related = Some(("type", "text/html"));
            multi_if("related", related, html, attachments.shown)
        });
        let mut forms: Vec<Part<'a>> = self.text.into_iter().chain(html).collect();
        if forms.is_empty() && attachments.invitation.is_none() {
            return None;
        }
        forms.extend(attachments.invitation);
        Some(match forms.len() {
            1 => forms.remove(0),
            _ => multi("alternative", None, forms),
        })
    }
}

/// The attachments of a message by where they go.
#[derive(Default)]
struct Attachments<'a> {
    /// Shown by the HTML.
    shown: Vec<Part<'a>>,
    /// A meeting's text/calendar, which stands beside the text that says the same.
    invitation: Option<Part<'a>>,
    others: Vec<Part<'a>>,
}

impl<'a> Attachments<'a> {
    fn sort(writer: &mut Writer<'_>, tree: &'a MessageTree, has_html: bool) -> Self {
        let mut sorted = Self::default();
        for (n, attachment) in tree.attachments.iter().enumerate() {
            let part = Part::Attachment(attachment, n);
            if !has_content(attachment) && part::place(attachment).is_none() {
                let name = text_of(&attachment.props, tags::DISPLAY_NAME);
                writer.loss("attachment-without-data", name);
            } else if has_html && is_shown(attachment) {
                sorted.shown.push(part);
            } else if sorted.invitation.is_none() && part::is_invitation(attachment, n) {
                sorted.invitation = Some(part);
            } else {
                sorted.others.push(part);
            }
        }
        sorted
    }
}

/// RFC 6522 §3: what people read, what programs read, what came back.
fn report<'a>(
    writer: &Writer<'_>,
    tree: &'a MessageTree,
    kind: report::Kind,
    bodies: Bodies<'a>,
    mut attachments: Attachments<'a>,
) -> Part<'a> {
    let mut others = std::mem::take(&mut attachments.others);
    let told = others
        .iter()
        .position(|p| matches!(p, Part::Attachment(a, _) if kind.is_told_by(a)))
        .map(|n| others.remove(n));
    let mut parts = Vec::new();
    match bodies.into_part(attachments) {
        Some(body) => parts.push(body),
        // One that came without a text stays without.
        None if told.is_some() => {}
        None => parts.push(report::text(tree, kind)),
    }
    parts.push(told.unwrap_or_else(|| report::status(writer, tree, kind)));
    parts.append(&mut others);
    multi("report", Some(("report-type", kind.report_type())), parts)
}

/// What RTF carries or shows, as HTML; none of what is plain text. Formatting stays; pictures do not.
fn html_of_rtf<'a>(writer: &mut Writer<'_>, rtf: &[u8]) -> Option<Part<'a>> {
    if mapi_rtf::native(rtf) == mapi_rtf::Native::Text {
        return None;
    }
    let mapi_rtf::Html { html, encapsulated } = mapi_rtf::to_html(rtf);
    // The pictures of HTML are attachments.
    let pictures = if encapsulated {
        0
    } else {
        mapi_rtf::pictures(rtf)
    };
    if pictures > 0 {
        writer.loss("rtf-body", format!("pictures within the text: {pictures}"));
    }
    Some(Part::Text {
        media_type: "text/html",
        charset: "utf-8",
        bytes: html.into_bytes().into(),
    })
}

fn html_part<'a>(props: &TreeProps, bytes: Cow<'a, [u8]>) -> Part<'a> {
    let page = long(props, tags::INTERNET_CPID);
    let wide = matches!(page, Some(1200 | 1201)) || bytes.contains(&0);
    let known = page.and_then(charset::label_of).filter(|l| is_common(l));
    let (charset, bytes) = match known {
        _ if bytes.is_ascii() && !wide => ("us-ascii", bytes),
        Some("utf-8") if std::str::from_utf8(&bytes).is_ok() && !wide => ("utf-8", bytes),
        Some(label) if label != "utf-8" && label != "us-ascii" && !wide => (label, bytes),
        // What few readers know is better said in UTF-8.
        _ => {
            let page = page.unwrap_or(charset::UTF_8);
            let text = charset::decode_code_page(&bytes, page);
            ("utf-8", Cow::Owned(text.into_bytes()))
        }
    };
    Part::Text {
        media_type: "text/html",
        charset,
        bytes,
    }
}

/// Charsets whose name every reader knows.
fn is_common(label: &str) -> bool {
    label.starts_with("iso-8859-") && label != "iso-8859-8-i"
        || label.starts_with("windows-125")
        || matches!(
            label,
            "utf-8"
                | "us-ascii"
                | "koi8-r"
                | "koi8-u"
                | "shift_jis"
                | "euc-jp"
                | "iso-2022-jp"
                | "gb2312"
                | "gbk"
                | "gb18030"
                | "big5"
                | "euc-kr"
        )
}

fn empty<'a>() -> Part<'a> {
    Part::Text {
        media_type: "text/plain",
        charset: "utf-8",
        bytes: Cow::Borrowed(b""),
    }
}

fn multi<'a>(
    subtype: &'static str,
    parameter: Option<(&'static str, &'static str)>,
    parts: Vec<Part<'a>>,
) -> Part<'a> {
    Part::Multi {
        subtype,
        parameter,
        parts,
    }
}

/// `first` alone, or a multipart of it and `rest`.
fn multi_if<'a>(
    subtype: &'static str,
    parameter: Option<(&'static str, &'static str)>,
    first: Part<'a>,
    rest: Vec<Part<'a>>,
) -> Part<'a> {
    if rest.is_empty() {
        return first;
    }
    multi(
        subtype,
        parameter,
        std::iter::once(first).chain(rest).collect(),
    )
}

/// Whether an attachment's data is at hand rather than somewhere else.
fn has_content(attachment: &AttachmentTree) -> bool {
    let elsewhere = matches!(
        long(&attachment.props, tags::ATTACH_METHOD),
        Some(
            attach_method::BY_REFERENCE
                | attach_method::BY_REF_RESOLVE
                | attach_method::BY_REF_ONLY
                | attach_method::BY_WEBREFERENCE
        )
    );
    !elsewhere && !matches!(attachment.content, TreeContent::None)
}

/// Whether the HTML body shows an attachment, or may: what has a place in a web page is part of one.
fn is_shown(attachment: &AttachmentTree) -> bool {
    let props = &attachment.props;
    let flags = long(props, tags::ATTACH_FLAGS).unwrap_or(0);
    let shown = part::is_hidden(props) || flags & 4 != 0;
    let placed = !text_of(props, tags::ATTACH_CONTENT_LOCATION).is_empty();
    placed || (shown && !text_of(props, tags::ATTACH_CONTENT_ID).is_empty())
}

fn long(props: &TreeProps, tag: Tag<i32>) -> Option<i32> {
    props.value(tag).and_then(PropValue::as_long)
}

/// The bytes of a text or binary property; text as UTF-8. A source that cannot be read counts as none.
pub(super) fn bytes_of(props: &TreeProps, tag: PropTag) -> Option<Cow<'_, [u8]>> {
    match props.get(&PropKey::from(tag))? {
        TreeValue::Value(PropValue::Unicode(text)) => Some(Cow::Borrowed(text.as_bytes())),
        TreeValue::Value(PropValue::Binary(bytes)) => Some(Cow::Borrowed(bytes)),
        TreeValue::Large(_, source) => {
            let mut bytes = Vec::new();
            source.open().ok()?.read_to_end(&mut bytes).ok()?;
            Some(Cow::Owned(bytes))
        }
        TreeValue::Value(_) => None,
    }
}
