//! Header fields: addresses, dates, encoded words, parameters, ids, of any value in any field that is known.

use mapi_mime::parse;

use super::mail::{self, essence};
use crate::choices::Choices;
use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "header",
    about: "any value of any field is read, and what it says survives being written and read again",
    longest: 16 * 1024,
    seeds,
    takes_mail: false,
    tokens: TOKENS,
    run,
};

/// Fields with a grammar of their own, and some without.
const NAMES: &[&str] = &[
    "To",
    "Subject",
    "From",
    "Date",
    "Content-Type",
    "Content-Disposition",
    "Cc",
    "Bcc",
    "Reply-To",
    "Sender",
    "Message-ID",
    "References",
    "In-Reply-To",
    "Received",
    "Thread-Index",
    "Thread-Topic",
    "Importance",
    "X-Priority",
    "Sensitivity",
    "Content-Transfer-Encoding",
    "Content-ID",
    "Content-Location",
    "Content-Description",
    "Content-Class",
    "List-Id",
    "List-Unsubscribe",
    "Keywords",
    "Return-Path",
    "Disposition-Notification-To",
    "Return-Receipt-To",
    "Auto-Submitted",
    "Precedence",
    "Authentication-Results",
    "ARC-Seal",
    "DKIM-Signature",
    "X-A",
    "X-Message-Flag",
    "Expires",
    "Reply-By",
    "Resent-From",
    "Resent-Date",
    "Content-Language",
    "Apparently-To",
    "Errors-To",
    "X-MS-Exchange-Organization-SCL",
];

fn run(input: &[u8], seen: &mut Seen) {
    let mut choices = Choices::new(input);
    let name = choices.pick(NAMES);
    let mut mail = format!("{name}: ").into_bytes();
    for byte in choices.rest() {
        mail.push(*byte);
        if *byte == b'\n' {
            // Folded: all of it is one field.
            mail.push(b' ');
        }
    }
    mail.extend_from_slice(b"\n\nbody\n");
    let Some(first) = mail::read(&mail, &mail::context(), seen) else {
        return;
    };
    seen.mark(
        "field",
        (name, first.props.len(), first.recipients.len().min(5)),
    );
    let read = |mail: Vec<u8>| parse(mail, &mail::context()).expect("new MIME is mail");
    let second = read(mail::written(&first));
    let third = read(mail::written(&second));
    let difference = essence(&third).difference(&essence(&second));
    assert_eq!(difference, None);
}

fn seeds() -> Vec<Vec<u8>> {
    let values: &[&[u8]] = &[
        b"Ann <ann@example.org>, \"B, C\" <b@c.example>, (comment) d@e, team: f@g, h@i;, undisclosed-recipients:;",
        b"=?utf-8?q?caf=C3=A9?= =?iso-2022-jp?b?GyRCMnE1RBsoQg==?= x",
        b"Thu, 01 Jan 2015 10:20:30 +0100 (CET)",
        b"text/plain; charset=\"utf-8\"; name*0*=utf-8''%e2%82%ac; name*1=b.txt; boundary=\"a b\"",
        b"<a@b> <c.d@e.f>\n <g@h>",
        b"from a (b [1.2.3.4]) by c with ESMTP id d for <e@f>; Fri, 2 Jan 2015 00:00:00 GMT",
        b"\"a\\\"b\" <\"x y\"@[127.0.0.1]>, <@r,@s:t@u>",
    ];
    let all = values.iter().flat_map(|value| {
        (0..u8::try_from(NAMES.len()).unwrap_or(u8::MAX))
            .step_by(3)
            .map(|name| [&[name], *value].concat())
    });
    all.collect()
}

const TOKENS: &[&[u8]] = &[
    b"=?utf-8?q?",
    b"=?utf-8?b?",
    b"=?",
    b"?=",
    b"=?us-ascii*en?q?a?=",
    b"=?x?x?x?=",
    b"=?iso-2022-jp?b?GyRC?=",
    b"=C3=A9",
    b"_",
    b"(",
    b")",
    b"((",
    b"\\",
    b"\"",
    b"<",
    b">",
    b"@",
    b",",
    b";",
    b":",
    b"[",
    b"]",
    b".",
    b"\n",
    b"\r\n",
    b"\r",
    b"\t",
    b" ",
    b"\n \n",
    b"*0*=",
    b"*1=",
    b"*=utf-8''",
    b"'en'",
    b"%C3%A9",
    b"%",
    b"=",
    b"charset=",
    b"boundary=",
    b"name=",
    b"filename=",
    b"text/html",
    b"multipart/mixed",
    b"attachment",
    b"group: a@b;",
    b"undisclosed-recipients:;",
    b"a@b",
    b"<a@b>",
    b"\"q\" <a@b>",
    b"<@a,@b:c@d>",
    b"a@[1.2.3.4]",
    b"Mon, ",
    b" Jan ",
    b"2020",
    b"23:59:60",
    b" +0000",
    b" -2359",
    b" GMT",
    b" EST",
    b" 99:99:99",
    b"(x(y)z)",
    b"base64",
    b"quoted-printable",
    b"high",
    b"Private",
    b"\xC3\xA9",
    b"\xE9",
    b"\xFF",
    b"\0",
    b"\xF0\x9F\x98\x80",
    b"/O=X/OU=Y/CN=Z",
    b"mailto:a@b?subject=c",
    b"=?utf-7?q?+AGE-?=",
    b"=?gb18030?b?/v7+/g==?=",
];
