//! The MIME reader: any bytes give a message within the limits, and come back from it.

use mapi_mime::ImportContext;

use super::mail;
use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "mime-read",
    about: "any bytes are read within the limits, and the recipe gives them back",
    longest: 64 * 1024,
    seeds,
    takes_mail: true,
    tokens: mail::TOKENS,
    run,
};

fn run(input: &[u8], seen: &mut Seen) {
    mail::read(input, &mail::context(), seen);
    // Limits that are reached early take other ways through the reader.
    let tight = ImportContext {
        limits: mail::tight(),
        ..mail::context()
    };
    mail::read(input, &tight, seen);
}

fn seeds() -> Vec<Vec<u8>> {
    let long = format!(
        "Content-Type: application/x; name=a\nContent-Transfer-Encoding: base64\n\n{}\n",
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0\n"
            .repeat(120)
    );
    let nested =
        "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: message/rfc822\n\n"
            .repeat(8);
    vec![long.into_bytes(), nested.into_bytes()]
}
