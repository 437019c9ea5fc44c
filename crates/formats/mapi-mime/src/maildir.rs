//! Names in a Maildir: unique names, flags, and Maildir++ folders. Pure functions; who calls them does the I/O.
//! <https://cr.yp.to/proto/maildir.html>, Maildir++ as Courier and Dovecot write it, RFC 3501 §5.1.3

use mapi_props::FileTime;

/// The flags of a file in `cur/`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flags {
    letters: Vec<char>,
}

macro_rules! flags {
    ($($(#[$doc:meta])* $get:ident, $set:ident, $letter:literal;)*) => {
        impl Flags {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $get(&self) -> bool {
                    self.has($letter)
                }

                /// Sets that flag, or takes it away.
                #[must_use]
                pub fn $set(self, on: bool) -> Self {
                    self.with($letter, on)
                }
            )*
        }
    };
}

flags! {
    /// `S`: the message was read.
    seen, with_seen, 'S';
    /// `R`: it was answered.
    replied, with_replied, 'R';
    /// `F`: it was marked for attention.
    flagged, with_flagged, 'F';
    /// `D`: it is a draft.
    draft, with_draft, 'D';
    /// `T`: it is to be deleted.
    trashed, with_trashed, 'T';
    /// `P`: it was forwarded, resent or bounced.
    passed, with_passed, 'P';
}

impl Flags {
    fn has(&self, letter: char) -> bool {
        self.letters.contains(&letter)
    }

    fn with(mut self, letter: char, on: bool) -> Self {
        self.letters.retain(|l| *l != letter);
        if on {
            self.letters.push(letter);
        }
        // The rules ask for ASCII order.
        self.letters.sort_unstable();
        self
    }

    /// The letters, in ASCII order; those with no meaning here, as Dovecot's keywords `a` to `z`, are kept.
    #[must_use]
    pub fn letters(&self) -> String {
        self.letters.iter().collect()
    }
}

/// Splits a file name into its unique part and its flags.
///
/// Without `:2,` there are no flags: the message is new. `;` and `!` stand for the colon where the file system forbids it.
#[must_use]
pub fn parse_name(name: &str) -> (&str, Flags) {
    let info = [":2,", ";2,", "!2,"]
        .iter()
        .filter_map(|mark| name.rfind(mark))
        .max();
    let Some((unique, info)) = info.and_then(|at| name.split_at_checked(at)) else {
        return (name, Flags::default());
    };
    let letters = info
        .chars()
        .skip(3)
        .take_while(|c| *c != ',')
        .filter(char::is_ascii_alphabetic);
    let flags = letters.fold(Flags::default(), |flags, letter| flags.with(letter, true));
    (unique, flags)
}

/// The name in `cur/` of a message: `unique:2,FS`.
#[must_use]
pub fn format_name(unique: &str, flags: &Flags) -> String {
    format!("{unique}:2,{}", flags.letters())
}

/// A unique name: `seconds.M…P…Q….host`, as the rules recommend. `counter` counts the deliveries of this process.
#[must_use]
pub fn unique_name(time: FileTime, process: u32, counter: u64, host: &str) -> String {
    let micros = time.unix_nanos().rem_euclid(1_000_000_000) / 1000;
    let host = host.replace('/', "\\057").replace(':', "\\072");
    let host = if host.is_empty() { "localhost" } else { &host };
    format!(
        "{}.M{micros}P{process}Q{counter}.{host}",
        time.unix_seconds()
    )
}

/// When a file was delivered, by its unique name: the seconds with which it begins.
#[must_use]
pub fn delivered(name: &str) -> Option<FileTime> {
    let digits = name.split('.').next()?;
    let seconds: i64 = digits.parse().ok()?;
    // Nine digits and more are dates since 2001 (or 1973); a message number is none.
    (digits.len() >= 9 && digits.len() <= 11).then(|| FileTime::from_unix(seconds))
}

/// The folder path of a Maildir++ directory name: `.Lists.Rust` → `["Lists", "Rust"]`; `None` if it is no folder.
#[must_use]
pub fn parse_folder(directory: &str) -> Option<Vec<String>> {
    let names = directory.strip_prefix('.')?;
    let names: Vec<String> = names.split('.').map(decode_utf7).collect();
    (!names.iter().any(String::is_empty)).then_some(names)
}

/// The Maildir++ directory name of a folder path. A dot or slash inside a name is written in modified UTF-7.
#[must_use]
pub fn format_folder<S: AsRef<str>>(path: &[S]) -> String {
    path.iter().fold(String::new(), |mut out, name| {
        out.push('.');
        out.push_str(&encode_utf7(name.as_ref()));
        out
    })
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// Modified UTF-7 to text; what does not decode stays as it is. RFC 3501 §5.1.3
#[must_use]
pub fn decode_utf7(name: &str) -> String {
    let mut out = String::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((coded, tail)) = after.split_once('-') else {
            out.push('&');
            rest = after;
            continue;
        };
        match (coded, decode_units(coded)) {
            ("", _) => out.push('&'),
            (_, Some(text)) => out.push_str(&text),
            (_, None) => {
                out.push('&');
                out.push_str(coded);
                out.push('-');
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

fn decode_units(coded: &str) -> Option<String> {
    let (mut bits, mut have) = (0u32, 0u32);
    let mut units = Vec::new();
    for byte in coded.bytes() {
        let value = ALPHABET.iter().position(|b| *b == byte)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        have += 6;
        if have >= 16 {
            have -= 16;
            units.push(u16::try_from(bits >> have & 0xFFFF).ok()?);
        }
    }
    String::from_utf16(&units).ok()
}

/// Text to modified UTF-7, with `.` and `/` encoded too, since they separate names.
#[must_use]
pub fn encode_utf7(name: &str) -> String {
    let mut out = String::new();
    let mut run = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') && !matches!(c, '.' | '/') {
            flush(&mut run, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            run.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
    }
    flush(&mut run, &mut out);
    out
}

fn flush(run: &mut Vec<u16>, out: &mut String) {
    if run.is_empty() {
        return;
    }
    let digit = |n: u32| char::from(ALPHABET.get((n & 63) as usize).copied().unwrap_or(b'A'));
    out.push('&');
    let (mut bits, mut have) = (0u32, 0u32);
    for unit in run.drain(..) {
        bits = bits << 16 | u32::from(unit);
        have += 16;
        while have >= 6 {
            have -= 6;
            out.push(digit(bits >> have));
        }
        bits &= (1 << have) - 1;
    }
    if have > 0 {
        out.push(digit(bits << (6 - have)));
    }
    out.push('-');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |name: &str, unique: &str, letters: &str| {
            let (u, f) = parse_name(name);
            assert_eq!((u, f.letters().as_str()), (unique, letters), "{name}");
        };
        check("1.2.host", "1.2.host", "");
        check("1.2.host:2,", "1.2.host", "");
        check("1.2.host:2,SF", "1.2.host", "FS");
        check("1.2.host,S=12:2,RSa", "1.2.host,S=12", "RSa");
        check("1.2.host;2,T", "1.2.host", "T");
        let flags = Flags::default()
            .with_seen(true)
            .with_draft(true)
            .with_seen(false);
        assert_eq!(format_name("u", &flags), "u:2,D");
        assert!(flags.draft() && !flags.seen());
    }

    #[test]
    fn unique_names() {
        let time = FileTime::from_unix_nanos(1_795_357_205_123_456_700);
        let name = unique_name(time, 7, 1, "a/b:c");
        assert_eq!(name, "1795357205.M123456P7Q1.a\\057b\\072c");
        assert_eq!(delivered(&name), Some(FileTime::from_unix(1_795_357_205)));
        assert_eq!(delivered("12.x"), None);
    }

    #[test]
    fn folders() {
        for (directory, path) in [
            (".Lists.Rust", vec!["Lists", "Rust"]),
            (".Entw&APw-rfe", vec!["Entwürfe"]),
            (".A&-B", vec!["A&B"]),
            (".&ZeVnLIqe-", vec!["日本語"]),
            (".x&AC4-y", vec!["x.y"]),
            (".&2D3eAA-", vec!["😀"]),
        ] {
            assert_eq!(parse_folder(directory).unwrap(), path);
            assert_eq!(format_folder(&path), directory);
        }
        assert_eq!(parse_folder("cur"), None);
        assert_eq!(parse_folder(".."), None);
        assert_eq!(decode_utf7("a&b"), "a&b");
        assert_eq!(decode_utf7("&*-"), "&*-");
    }
}
