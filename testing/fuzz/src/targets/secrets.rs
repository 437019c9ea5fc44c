//! What keeps secrets: the encrypted file, which lies where others may write, and the session bus, where any program answers.

use malle_host::secrets::foreign::{opened, sealed, secrets_in};

use crate::target::Target;

/// The first byte says whether the rest is a file, or the text in a sound one.
pub(super) static FILE: Target = Target {
    name: "secrets-file",
    about: "any file opens or is refused, whoever sealed it; any text in it is secrets or none of ours",
    longest: 8 * 1024,
    seeds: || {
        let file = sealed(TEXT, PASSPHRASE);
        vec![[&[0], &*file].concat(), [&[1], TEXT].concat()]
    },
    takes_mail: false,
    tokens: &[
        b"age-encryption.org/v1\n",
        b"-> scrypt ",
        b"-> X25519 ",
        b"\n--- ",
        b" 1\n",
        b" 18446744073709551616\n",
        b"\r\n",
        b"#",
        b"AA",
        b"=",
        b"{00000000-0000-0000-0000-000000000001}/",
        b"00000000-0000-0000-0000-000000000001/password ",
    ],
    run: |input, seen| {
        let Some((kind, bytes)) = input.split_first() else {
            return;
        };
        let file = match kind % 2 {
            0 => bytes.to_vec(),
            _ => sealed(bytes, PASSPHRASE),
        };
        let plain = match opened(&file, PASSPHRASE) {
            Ok(plain) => plain,
            Err(error) => {
                assert_eq!(kind % 2, 0, "what was sealed does not open: {error}");
                return seen.mark("refused", error.to_string());
            }
        };
        let Some(plain) = plain else {
            return seen.mark("too much work", ());
        };
        assert!(plain == bytes || plain == TEXT, "it holds something else");
        match secrets_in(&plain) {
            Some(count) => {
                let lines = plain.split(|b| *b == b'\n').count();
                assert!(count <= lines, "{count} secrets in {lines} lines");
                seen.count("secrets", count);
            }
            None => seen.mark("none of ours", ()),
        }
    },
};

const PASSPHRASE: &[u8] = b"open sesame";

const TEXT: &[u8] =
    b"# Secrets of malle.\n00000000-0000-0000-0000-000000000001/password aHVudGVyMg\n";

/// Answers of the Secret Service.
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) static BUS: Target = Target {
    name: "keyring-bus",
    about: "any bytes from the session bus are a message or none, whatever lengths and types they name",
    longest: 4 * 1024,
    seeds: || vec![ANSWER.to_vec(), mirrored(ANSWER)],
    takes_mail: false,
    tokens: &[
        b"\x05\x01u\0",
        b"\x08\x01g\0",
        b"\x01\x01o\0",
        b"\x04\x01s\0",
        b"a{sv}",
        b"(oayays)",
        b"a{o(oayays)}",
        b"aaaaaaaaaaaaaaaaaaaaaaaa",
        b"((((((((((((((((((((((((",
        b"v\0",
        b"\xFF\xFF\xFF\xFF",
        b"\x00\x00\x10\x00",
        b"\0\0\0\0",
    ],
    run: |input, seen| {
        seen.mark(
            "message",
            malle_host::secrets::foreign::is_bus_message(input),
        );
        seen.mark("order", input.first().copied());
    },
};

/// A reply to the call of number 3: two paths of objects.
#[cfg(all(unix, not(target_os = "macos")))]
const ANSWER: &[u8] = b"l\x02\x01\x01\x0E\0\0\0\x01\0\0\0\x10\0\0\0\x05\x01u\0\x03\0\0\0\x08\x01g\0\x02oo\0\x03\0\0\0/ab\0\x01\0\0\0/\0";

/// The same words, numbers in the other order.
#[cfg(all(unix, not(target_os = "macos")))]
fn mirrored(message: &[u8]) -> Vec<u8> {
    let mut all = message.to_vec();
    if let Some(first) = all.first_mut() {
        *first = b'B';
    }
    for at in [4, 8, 12, 20, 32, 40] {
        if let Some(number) = all.get_mut(at..at + 4) {
            number.reverse();
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_what_they_say() {
        assert_eq!(secrets_in(TEXT), Some(1));
        #[cfg(all(unix, not(target_os = "macos")))]
        for seed in (BUS.seeds)() {
            assert!(malle_host::secrets::foreign::is_bus_message(&seed));
        }
    }
}
