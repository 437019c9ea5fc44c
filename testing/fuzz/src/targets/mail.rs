//! What the targets about mail share: how mail is read, what is compared, what is marked.

use std::io::Read;

use mapi_mime::{ImportContext, Limits, WriteOptions, open_attachment, parse, rebuild, write};
use mapi_props::{
    AttachmentTree, FileTime, LargeSource, MessageTree, PropKey, PropValue, Segment, TreeContent,
    TreeProps, TreeValue, tags,
};

use crate::seen::Seen;

/// The time of every import.
const NOW: FileTime = FileTime(134_398_308_050_000_000);
/// Header names that become named properties, beside the registered ones.
const NAMED: &[&str] = &["x-a", "x-b", "list-id", "x-mailer", "received-spf"];

/// How mail is read.
pub(super) fn context() -> ImportContext {
    ImportContext {
        named_headers: NAMED
            .iter()
            .map(|name| ((*name).to_owned(), (*name).to_owned()))
            .collect(),
        ..ImportContext::new(NOW)
    }
}

/// Limits that small inputs reach.
pub(super) fn tight() -> Limits {
    Limits {
        depth: 3,
        parts: 6,
        header_fields: 8,
        header_text: 120,
        recipients: 4,
        named_headers: 2,
        in_memory: 16,
        ..Limits::default()
    }
}

/// Reads `mail` and asserts what is promised for any bytes; `None` if it holds no message.
pub(super) fn read(mail: &[u8], context: &ImportContext, seen: &mut Seen) -> Option<MessageTree> {
    let tree = match parse(mail.to_vec(), context) {
        Ok(tree) => tree,
        Err(reason) => {
            seen.mark("no message", reason.to_string());
            return None;
        }
    };
    comes_back(&tree, mail);
    let mut counted = Counted::default();
    counted.message(&tree, 0, seen);
    let references = tree.original.iter().flat_map(|recipe| &recipe.segments);
    let references = references.filter(|s| matches!(s, Segment::Attachment { .. }));
    seen.count("references", references.count());
    let limits = context.limits;
    assert!(counted.parts <= limits.parts, "{} parts", counted.parts);
    assert!(counted.depth <= limits.depth + 1, "depth {}", counted.depth);
    assert!(
        counted.recipients <= limits.recipients,
        "{} recipients",
        counted.recipients
    );
    assert!(tree.defects.len() <= 1000, "{} defects", tree.defects.len());
    for defect in &tree.defects {
        seen.mark("defect", defect.code);
    }
    let mut codes: Vec<_> = tree.defects.iter().map(|defect| defect.code).collect();
    codes.sort_unstable();
    codes.dedup();
    seen.mark("together", codes);
    seen.mark("shape", shape(&tree).chars().take(24).collect::<String>());
    seen.count("defects", tree.defects.len());
    seen.count("parts", counted.parts);
    seen.count("recipients", counted.recipients);
    seen.count("depth", counted.depth);
    Some(tree)
}

/// What stands in a message, a letter for each part.
pub(super) fn shape(tree: &MessageTree) -> String {
    let parts = tree
        .attachments
        .iter()
        .map(|attachment| match &attachment.content {
            TreeContent::None => "-".to_owned(),
            TreeContent::Data(data) if data.size() == 0 => "0".to_owned(),
            TreeContent::Data(_) => "d".to_owned(),
            TreeContent::Storage(_) => "s".to_owned(),
            TreeContent::Message(inner) => format!("({})", shape(inner)),
        });
    let has = |tag: mapi_props::PropTag| tree.props.contains(&PropKey::from(tag));
    let text = if has(tags::BODY.into()) { "t" } else { "" };
    let html = if has(tags::HTML.into()) { "h" } else { "" };
    parts.fold(format!("{text}{html}"), |shape, part| shape + &part)
}

/// The recipe gives the very bytes.
fn comes_back(tree: &MessageTree, mail: &[u8]) {
    let recipe = tree
        .original
        .as_ref()
        .expect("a message that was read has its recipe");
    let mut again = Vec::new();
    rebuild(recipe, |path| open_attachment(tree, path))
        .read_to_end(&mut again)
        .expect("the recipe of a message that was read can be followed");
    assert!(
        again == mail,
        "the recipe gives {} bytes instead of {}",
        again.len(),
        mail.len()
    );
}

/// Sizes of a whole tree.
#[derive(Debug, Default)]
struct Counted {
    parts: usize,
    recipients: usize,
    depth: usize,
}

impl Counted {
    fn message(&mut self, tree: &MessageTree, depth: usize, seen: &mut Seen) {
        self.depth = self.depth.max(depth);
        self.recipients += tree.recipients.len();
        let class = tree.props.text(tags::MESSAGE_CLASS).unwrap_or_default();
        let known = class.starts_with("IPM") || class.starts_with("REPORT");
        seen.mark("class", known.then_some(class));
        mark_props("message", &tree.props, depth, seen);
        for row in &tree.recipients {
            mark_props("recipient", row, 0, seen);
        }
        for attachment in &tree.attachments {
            self.attachment(attachment, depth, seen);
        }
    }

    fn attachment(&mut self, attachment: &AttachmentTree, depth: usize, seen: &mut Seen) {
        self.parts += 1;
        mark_props("attachment", &attachment.props, 0, seen);
        match &attachment.content {
            TreeContent::None => seen.mark("content", 0),
            TreeContent::Data(data) | TreeContent::Storage(data) => {
                seen.count("data", bytes_of(data).len());
            }
            TreeContent::Message(inner) => self.message(inner, depth + 1, seen),
        }
    }
}

fn mark_props(whose: &str, props: &TreeProps, depth: usize, seen: &mut Seen) {
    for (key, value) in props.iter() {
        match key {
            PropKey::Id(id) => seen.mark(whose, (id, depth.min(2))),
            PropKey::Named(_) => seen.mark("named", whose),
        }
        match value {
            TreeValue::Value(PropValue::Unicode(text)) => {
                seen.count("text", text.len());
                seen.mark("replaced", text.contains('\u{FFFD}'));
            }
            TreeValue::Value(_) => {}
            TreeValue::Large(ty, source) => {
                seen.mark("large", ty.0);
                bytes_of(source);
            }
        }
    }
    let page = props
        .value(tags::INTERNET_CPID)
        .and_then(PropValue::as_long);
    seen.mark("code page", page);
}

/// All bytes of a source, which must be as many as it says.
pub(super) fn bytes_of(source: &LargeSource) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut reader = source
        .open()
        .expect("what was read from memory can be opened");
    reader
        .read_to_end(&mut bytes)
        .expect("what was read from memory can be read");
    assert!(
        bytes.len() as u64 == source.size(),
        "a source of {} bytes gives {}",
        source.size(),
        bytes.len()
    );
    bytes
}

/// Writes a tree with its Bcc.
pub(super) fn written(tree: &MessageTree) -> Vec<u8> {
    let options = WriteOptions {
        with_bcc: true,
        ..WriteOptions::default()
    };
    let mut mail = Vec::new();
    write(tree, &options, &mut mail).expect("memory takes what is written");
    mail
}

/// What new MIME must keep of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Essence {
    subject: String,
    from: String,
    message_id: String,
    recipients: Vec<(i32, String, String)>,
    attachments: Vec<(String, usize, Option<Box<Self>>)>,
}

impl Essence {
    /// The first part that differs: its name, and both forms.
    pub(super) fn difference(&self, other: &Self) -> Option<(&'static str, String, String)> {
        let all = |e: &Self| {
            [
                ("subject", format!("{:?}", e.subject)),
                ("from", format!("{:?}", e.from)),
                ("message id", format!("{:?}", e.message_id)),
                ("recipients", format!("{:?}", e.recipients)),
                ("attachments", format!("{:?}", e.attachments)),
            ]
        };
        let mut pairs = all(self).into_iter().zip(all(other));
        let found = pairs.find(|(a, b)| a != b);
        found.map(|((name, a), (_, b))| (name, a, b))
    }
}

/// What new MIME must keep of `tree`.
pub(super) fn essence(tree: &MessageTree) -> Essence {
    let text = |props: &TreeProps, tag| props.text(tag).unwrap_or_default().to_owned();
    let recipients = tree.recipients.iter().map(|row| {
        let kind = row.value(tags::RECIPIENT_TYPE).and_then(PropValue::as_long);
        (
            kind.unwrap_or_default(),
            text(row, tags::DISPLAY_NAME),
            text(row, tags::EMAIL_ADDRESS),
        )
    });
    let mut recipients: Vec<_> = recipients.collect();
    // One field for each kind: their order among each other is not kept.
    recipients.sort_by_key(|(kind, ..)| *kind);
    let attachments = tree.attachments.iter().map(|attachment| {
        let name = text(&attachment.props, tags::ATTACH_LONG_FILENAME);
        match &attachment.content {
            TreeContent::Message(inner) => (name, 0, Some(Box::new(essence(inner)))),
            TreeContent::Data(data) | TreeContent::Storage(data) => {
                (name, bytes_of(data).len(), None)
            }
            TreeContent::None => (name, 0, None),
        }
    });
    Essence {
        subject: text(&tree.props, tags::SUBJECT),
        from: text(&tree.props, tags::SENT_REPRESENTING_EMAIL_ADDRESS),
        message_id: text(&tree.props, tags::INTERNET_MESSAGE_ID),
        attachments: attachments.collect(),
        recipients,
    }
}

/// Pieces of mail.
pub(super) const TOKENS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\n ",
    b"--a",
    b"--a--",
    b"\n--a\n",
    b"\n--a--\n",
    b"--ab\n",
    b"From x Thu Jan  1 00:00:00 1970\n",
    b">From x\n",
    b"Content-Type: multipart/mixed; boundary=a\n",
    b"Content-Type: multipart/alternative; boundary=\"ab\"\r\n",
    b"Content-Type: multipart/related; boundary=a; type=\"text/html\"; start=\"<c@d>\"\n",
    b"Content-Type: multipart/digest; boundary=a\n",
    b"Content-Type: multipart/appledouble; boundary=a\n",
    b"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=a\n",
    b"Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=a\n",
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\n",
    b"Content-Type: multipart/report; report-type=disposition-notification; boundary=a\n",
    b"Content-Type: multipart/report; report-type=feedback-report; boundary=a\n",
    b"Content-Type: message/rfc822\n",
    b"Content-Type: message/global\n",
    b"Content-Type: message/partial; id=x; number=1; total=3\n",
    b"Content-Type: message/external-body; access-type=URL; URL=\"http://a\"\n",
    b"Content-Type: message/delivery-status\n",
    b"Content-Type: message/disposition-notification\n",
    b"Content-Type: message/feedback-report\n",
    b"Content-Type: text/html; charset=utf-8\n",
    b"Content-Type: text/plain; charset=iso-2022-jp; format=flowed; delsp=yes\n",
    b"Content-Type: text/plain; charset=utf-7\n",
    b"Content-Type: text/calendar; method=REQUEST; charset=utf-8\n",
    b"Content-Type: application/ms-tnef; name=winmail.dat\n",
    b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n",
    b"Content-Type: application/octet-stream; name*0*=utf-8''a%20; name*1=b; name*2*=%C3%A9\n",
    b"Content-Transfer-Encoding: base64\n",
    b"Content-Transfer-Encoding: quoted-printable\n",
    b"Content-Transfer-Encoding: 8bit\n",
    b"Content-Transfer-Encoding: x-uuencode\n",
    b"Content-Transfer-Encoding: x-yencode\n",
    b"Content-Disposition: attachment; filename=\"x.txt\"\n",
    b"Content-Disposition: inline; filename*=utf-8''%e2%82%ac\n",
    b"Content-ID: <c@d>\n",
    b"Content-Location: http://a/b.png\n",
    b"MIME-Version: 1.0\n",
    b"begin 644 x.bin\n",
    b"#0V%T\n`\nend\n",
    b"=ybegin line=128 size=3 name=x\n",
    b"=yend size=3\n",
    b"=ypart begin=1 end=3\n",
    b"-----BEGIN PGP MESSAGE-----\n",
    b"-----BEGIN PGP SIGNED MESSAGE-----\n",
    b"Action: failed\n",
    b"Final-Recipient: rfc822; a@b\n",
    b"Original-Recipient: rfc822;a@b\n",
    b"Status: 5.1.1\n",
    b"Diagnostic-Code: smtp; 550 no\n",
    b"Reporting-MTA: dns; x\n",
    b"Disposition: manual-action/MDN-sent-manually; displayed\n",
    b"Original-Message-ID: <x@y>\n",
    b"Feedback-Type: abuse\n",
    b"Date: Thu, 1 Jan 1970 00:00:00 +0000\n",
    b"Received: from a by b; Thu, 1 Jan 1970 00:00:00 -0800\n",
    b"Subject: =?utf-8?q?=C3=A9?= =?utf-8?b?w6k=?=\n",
    b"To: a <b@c>, \"d\" (e) f@g, group: h@i;, undisclosed:;\n",
    b"Cc: =?iso-8859-1?q?=E9?= <a@b>\n",
    b"Bcc: a@b\n",
    b"Reply-To: a@b, c@d\n",
    b"Sender: s@t\n",
    b"Message-ID: <x@y>\n",
    b"References: <a@b> <c@d>\n",
    b"In-Reply-To: <a@b>\n",
    b"Thread-Index: AdAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
    b"Importance: high\n",
    b"X-Priority: 1\n",
    b"Disposition-Notification-To: a@b\n",
    b"List-Unsubscribe: <mailto:a@b>, <http://c>\n",
    b"Keywords: a, b\n",
    b"X-A: a\n",
    b"X-Message-Flag: x\n",
    b"Status: RO\n",
    b"X-Mozilla-Keys: a\n",
    b"<img src=\"cid:c@d\">\n",
    b"<meta http-equiv=content-type content='text/html; charset=koi8-r'>\n",
    b"aGVsbG8=\n",
    b"=C3=A9=\n",
    b"=?utf-8?b?",
    b"=?utf-8?q?",
    b"?=",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\0",
    b"\xC3",
    b"\x1b$B2q5D\x1b(B",
    b"+AGE-",
    b"(((",
    b"\"\\\"",
    b"; boundary=",
    b"; charset=",
    b"; name=",
    b"; filename*0*=",
];
