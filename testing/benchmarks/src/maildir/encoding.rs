//! The encodings of mail as its senders write them. RFC 2045 §6.7, §6.8; RFC 2047

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 in lines of 76.
pub(super) fn base64_lines(data: &[u8]) -> String {
    let mut out = String::with_capacity(data.len() / 3 * 4 + data.len() / 28);
    for line in data.chunks(57) {
        push_base64(line, &mut out);
        out.push_str("\r\n");
    }
    out
}

fn push_base64(data: &[u8], out: &mut String) {
    for group in data.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let letter = LETTERS.get(usize::try_from(bits >> shift & 63).unwrap_or(0));
            let there = at <= group.len();
            out.push(letter.filter(|_| there).map_or('=', |b| char::from(*b)));
        }
    }
}

/// Text in lines of 76 at most.
pub(super) fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_terminator('\n') {
        let mut column = 0;
        for byte in line.bytes() {
            let plain = matches!(byte, b' '..=b'~') && byte != b'=';
            let width = if plain { 1 } else { 3 };
            if column + width > 75 {
                out.push_str("=\r\n");
                column = 0;
            }
            if plain {
                out.push(char::from(byte));
            } else {
                out.push_str(&format!("={byte:02X}"));
            }
            column += width;
        }
        out.push_str("\r\n");
    }
    out
}

/// Plain ASCII as it is, other text as encoded words of at most 75 characters.
pub(super) fn encoded_words(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut piece = String::new();
    for c in text.chars() {
        if piece.len() + c.len_utf8() > 42 {
            words.push(encoded_word(&piece));
            piece.clear();
        }
        piece.push(c);
    }
    words.push(encoded_word(&piece));
    words.join("\r\n ")
}

fn encoded_word(text: &str) -> String {
    let mut out = String::from("=?utf-8?b?");
    push_base64(text.as_bytes(), &mut out);
    out + "?="
}

/// `Tue, 13 May 2014 16:53:20 -0000` for seconds since 1970. RFC 5322 §3.3
pub(super) fn date(seconds: i64) -> String {
    const WEEK: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb",
    ];
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let name = |names: &[&'static str], at: i64| {
        let name = usize::try_from(at).ok().and_then(|at| names.get(at));
        name.copied().unwrap_or_default()
    };
    let weekday = name(&WEEK, days.rem_euclid(7));
    // Years that begin in March put the leap day last.
    let since = days + 719_468;
    let (era, of_era) = (since.div_euclid(146_097), since.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let year = year + era * 400 + i64::from(month > 9);
    format!(
        "{weekday}, {day:02} {} {year} {:02}:{:02}:{:02} -0000",
        name(&MONTHS, month),
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_rules_say() {
        assert_eq!(base64_lines(b"Man"), "TWFu\r\n");
        assert_eq!(base64_lines(b"Ma"), "TWE=\r\n");
        assert_eq!(base64_lines(b"M"), "TQ==\r\n");
        assert_eq!(quoted_printable("a=é\n"), "a=3D=C3=A9\r\n");
        let long = quoted_printable(&"é".repeat(100));
        assert!(long.lines().all(|line| line.len() <= 76));
        assert_eq!(date(1_400_000_000), "Tue, 13 May 2014 16:53:20 -0000");
        assert_eq!(date(1_709_208_000), "Thu, 29 Feb 2024 12:00:00 -0000");
        assert_eq!(encoded_words("é"), "=?utf-8?b?w6k=?=");
    }
}
