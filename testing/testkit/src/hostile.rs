//! Mail made to hurt: what each kind costs must be bounded, and nothing else of a run may be lost by it.

use std::fmt::Write as _;

/// One kind of hostile mail, in any size.
#[derive(Debug, Clone, Copy)]
pub struct Hostile {
    /// Its name, fit for a file.
    pub name: &'static str,
    /// The size that it must be survived in, in units of its own: parts, fields, bytes.
    pub full: usize,
    /// Makes the mail in this size.
    pub make: fn(usize) -> Vec<u8>,
}

/// Every kind.
pub const HOSTILE: &[Hostile] = &[
    of("nested-parts", 10_000, nested_parts),
    of("nested-messages", 10_000, nested_messages),
    of("headers", 1_000_000, headers),
    of("long-header", 100_000_000, |n| {
        long("Subject: ", n, "\n\nbody\n")
    }),
    of("long-address", 100_000_000, |n| {
        long("To: ", n, "\n\nbody\n")
    }),
    of("long-line", 100_000_000, |n| {
        long("Subject: long line\n\n", n, "")
    }),
    of("long-html-line", 100_000_000, |n| {
        long("Subject: long html\nContent-Type: text/html\n\n<p>", n, "")
    }),
    of("long-base64-line", 100_000_000, |n| {
        let head = "Subject: long base64\nContent-Type: application/x; name=a\nContent-Transfer-Encoding: base64\n\n";
        long(head, n, "\n")
    }),
    of("messages-in-base64", 24, messages_in_base64),
    of("boundaries", 100_000, boundaries),
    of("boundary-of-boundary", 2_000, boundary_of_boundary),
    of("near-boundaries", 1_000_000, near_boundaries),
    of("multiparts-without-end", 20_000, multiparts_without_end),
    of("references", 100_000, |n| {
        listed("References:", " <a@b.example>", n)
    }),
    of("received", 100_000, |n| {
        "Received: from a by b; Thu, 1 Jan 2015 00:00:00 +0000\n"
            .repeat(n)
            .into_bytes()
    }),
    of("comments", 1_000_000, comments),
    of("quotes", 1_000_000, |n| listed("To:", "\"\\", n)),
    of("encoded-words", 1_000_000, |n| {
        listed("Subject:", " =?utf-8?q?=C3=A9?=", n)
    }),
    of("parameter-pieces", 100_000, parameter_pieces),
    of("angles", 1_000_000, |n| listed("To:", "<", n)),
    of("angles-and-commas", 500_000, |n| listed("To:", "<,", n)),
    of("quoted-angles", 250_000, |n| listed("To:", " <\">", n)),
    of("brackets", 1_000_000, |n| listed("To:", "[", n)),
    of("reference-angles", 1_000_000, |n| {
        listed("References:", "<", n)
    }),
    of("half-words", 500_000, |n| listed("Subject:", "=?", n)),
    of("words-without-end", 100_000, |n| {
        listed("Subject:", "=?utf-8?q?", n)
    }),
    of("blanks", 1_000_000, |n| listed("Subject: x", " \t", n)),
    of("folds", 250_000, |n| listed("Subject: x", "\n ", n)),
    of("nameless-parameters", 250_000, |n| {
        listed("Content-Type: a/b", ";=\"a", n)
    }),
    of("parameters", 250_000, |n| {
        listed("Content-Type: a/b", "; a=b", n)
    }),
    of("forgotten-semicolons", 250_000, |n| {
        listed("Content-Disposition: a", " =b c", n)
    }),
    of("dates", 500_000, |n| listed("Date:", " 1", n)),
    of("received-semicolons", 1_000_000, |n| {
        listed("Received:", ";", n)
    }),
    of("groups", 100_000, |n| {
        listed("To:", " g: a@b.example, c@d.example;", n)
    }),
    of("empty-groups", 100_000, |n| listed("Cc:", " g:;", n)),
    of("recipients", 200_000, |n| listed("To:", " a@b.example,", n)),
    of("nested-html", 1_000_000, |n| html("<div>", n)),
    of("nested-tables", 100_000, |n| html("<table><tr><td>", n)),
    of("unclosed-tags", 1_000_000, |n| html("<a <b ", n)),
    of("attributes", 1_000_000, |n| html("<p a='", n)),
    of("entities", 1_000_000, |n| html("&amp", n)),
    of("content-ids", 20_000, content_ids),
    of("files-in-text", 100_000, |n| {
        "Subject: files\n\n"
            .to_owned()
            .into_bytes()
            .into_iter()
            .chain(b"=ybegin line=8 size=1 name=x\n2\n=yend size=1\n".repeat(n))
            .collect()
    }),
    of("uuencode-without-end", 100_000, |n| {
        ("Subject: uu\n\n".to_owned() + &"begin 644 x\n#0V%T\n".repeat(n)).into_bytes()
    }),
    of("zeros", 10_000_000, |n| {
        [b"Subject: zeros\n\n".as_slice(), &vec![0; n]].concat()
    }),
    of("bare-returns", 10_000_000, |n| {
        [b"Subject: returns\r\r".as_slice(), &vec![b'\r'; n]].concat()
    }),
];

const fn of(name: &'static str, full: usize, make: fn(usize) -> Vec<u8>) -> Hostile {
    Hostile { name, full, make }
}

fn long(before: &str, bytes: usize, after: &str) -> Vec<u8> {
    [before.as_bytes(), &vec![b'x'; bytes], after.as_bytes()].concat()
}

fn listed(field: &str, item: &str, count: usize) -> Vec<u8> {
    format!("{field}{}\n\nbody\n", item.repeat(count)).into_bytes()
}

fn html(piece: &str, count: usize) -> Vec<u8> {
    format!(
        "Subject: html\nContent-Type: text/html\n\n{}end",
        piece.repeat(count)
    )
    .into_bytes()
}

/// `text` with the number of each repetition for every `#`.
fn numbered(text: &str, count: usize) -> String {
    (0..count).fold(String::new(), |mut out, n| {
        out.push_str(&text.replace('#', &n.to_string()));
        out
    })
}

fn nested_parts(count: usize) -> Vec<u8> {
    let parts = numbered(
        "Content-Type: multipart/mixed; boundary=b#\n\n--b#\n",
        count,
    );
    format!("Subject: nested parts\n{parts}\nthe end\n").into_bytes()
}

fn nested_messages(count: usize) -> Vec<u8> {
    let inner = "Content-Type: message/rfc822\n\n".repeat(count);
    format!("Subject: nested messages\n{inner}\nthe end\n").into_bytes()
}

fn headers(count: usize) -> Vec<u8> {
    let fields = numbered("X-#: #\n", count);
    format!("Subject: many fields\n{fields}\nbody\n").into_bytes()
}

/// A message in base64 in a message in base64 …; each level is a third larger.
fn messages_in_base64(levels: usize) -> Vec<u8> {
    let mut mail = b"Subject: innermost\n\nThe end.\n".repeat(40);
    for level in 0..levels {
        let head = format!(
            "Subject: level {level}\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        );
        mail = [head.as_bytes(), &base64(&mail)].concat();
    }
    mail
}

/// RFC 4648 §4, in lines of 76.
fn base64(data: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::with_capacity(data.len() / 2 * 3);
    for (n, three) in data.chunks(3).enumerate() {
        if n > 0 && n % 19 == 0 {
            out.push(b'\n');
        }
        let byte = |at: usize| three.get(at).copied().map_or(0, u32::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4_usize {
            let shift = 18 - 6 * at;
            let digit = usize::try_from(bits >> shift & 63).unwrap_or(0);
            let sign = if at > three.len() {
                b'='
            } else {
                *DIGITS.get(digit).unwrap_or(&b'=')
            };
            out.push(sign);
        }
    }
    out.push(b'\n');
    out
}

fn boundaries(count: usize) -> Vec<u8> {
    let head = "Subject: parts\nContent-Type: multipart/mixed; boundary=b\n\n";
    (head.to_owned() + &"--b\n\nx\n".repeat(count)).into_bytes()
}

/// Each boundary begins with the one around it.
fn boundary_of_boundary(count: usize) -> Vec<u8> {
    let mut mail = "Subject: boundaries\n".to_owned();
    let mut boundary = String::new();
    for _ in 0..count {
        boundary.push('b');
        // Writing to a string cannot fail.
        let _written = write!(
            mail,
            "Content-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n"
        );
    }
    mail.push_str("\nthe end\n");
    mail.into_bytes()
}

fn near_boundaries(count: usize) -> Vec<u8> {
    let head = "Subject: near\nContent-Type: multipart/mixed; boundary=bbbbbbbb\n\n--bbbbbbbb\n\n";
    (head.to_owned() + &"--bbbbbbb\n".repeat(count)).into_bytes()
}

fn multiparts_without_end(count: usize) -> Vec<u8> {
    let head = "Subject: without end\nContent-Type: multipart/mixed; boundary=b\n\n";
    let parts = numbered(
        "--b\nContent-Type: multipart/mixed; boundary=never#\n\n",
        count,
    );
    (head.to_owned() + &parts).into_bytes()
}

fn comments(depth: usize) -> Vec<u8> {
    let nested = "(".repeat(depth);
    format!("Date: {nested}\nTo: a@b.example {nested}\nContent-Type: text/plain {nested}\n\nbody\n")
        .into_bytes()
}

fn parameter_pieces(count: usize) -> Vec<u8> {
    let pieces = numbered(";\n name*#=a", count);
    format!("Subject: pieces\nContent-Type: application/x{pieces}\n\nbody\n").into_bytes()
}

fn content_ids(count: usize) -> Vec<u8> {
    let shown = numbered("<img src=cid:c#>", count);
    let parts = numbered(
        "--b\nContent-Type: image/png\nContent-ID: <c#>\n\nx\n",
        count,
    );
    format!(
        "Subject: pictures\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n{shown}\n{parts}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_grows_with_its_size() {
        for kind in HOSTILE {
            let (small, large) = ((kind.make)(2).len(), (kind.make)(9).len());
            assert!(
                small < large && large < 40_000,
                "{}: {small} {large}",
                kind.name
            );
        }
    }

    #[test]
    fn base64_is_that_of_the_standard() {
        assert_eq!(base64(b"foobar"), b"Zm9vYmFy\n");
        assert_eq!(base64(b"fooba"), b"Zm9vYmE=\n");
        assert_eq!(base64(b"f"), b"Zg==\n");
        assert!(
            base64(&[7; 200])
                .split(|b| *b == b'\n')
                .all(|line| line.len() <= 76)
        );
    }
}
