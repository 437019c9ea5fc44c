//! Domain names of other scripts in ASCII.
//! RFC 3492 §6.3, RFC 5890 §2.3.2.1

/// A domain with each label beyond ASCII in its `xn--` form; `None` if a label cannot be had in 63 characters.
///
/// Letters are made small first, as every look-up does; nothing else is mapped.
pub(super) fn to_ascii(domain: &str) -> Option<String> {
    let labels: Option<Vec<String>> = domain.split('.').map(label).collect();
    Some(labels?.join("."))
}

fn label(label: &str) -> Option<String> {
    if label.is_ascii() {
        return Some(label.to_owned());
    }
    let small = label.to_lowercase();
    let ascii = format!("xn--{}", punycode(&small)?);
    (ascii.len() <= 63).then_some(ascii)
}

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;

/// RFC 3492 §6.3. A label of more than 63 characters has no form that fits.
fn punycode(label: &str) -> Option<String> {
    let points: Vec<u32> = label.chars().map(u32::from).collect();
    if points.len() > 63 {
        return None;
    }
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut handled) = (128u32, 0u32, 72u32, basic);
    while usize::try_from(handled).ok()? < points.len() {
        let next = points.iter().copied().filter(|p| *p >= n).min()?;
        delta = delta.checked_add((next - n).checked_mul(handled + 1)?)?;
        n = next;
        for point in &points {
            if *point < n {
                delta = delta.checked_add(1)?;
            }
            if *point == n {
                push_number(delta, bias, &mut out);
                bias = adapt(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        n += 1;
    }
    Some(out)
}

/// A generalized variable-length integer, RFC 3492 §3.3.
fn push_number(delta: u32, bias: u32, out: &mut String) {
    let mut q = delta;
    let mut k = BASE;
    loop {
        let t = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if q < t {
            return out.push(digit(q));
        }
        out.push(digit(t + (q - t) % (BASE - t)));
        q = (q - t) / (BASE - t);
        k += BASE;
    }
}

fn digit(d: u32) -> char {
    char::from_digit(d.saturating_sub(26), 10)
        .filter(|_| d >= 26)
        .or_else(|| u8::try_from(d).ok().map(|d| char::from(b'a' + d.min(25))))
        .unwrap_or('a')
}

/// RFC 3492 §6.1.
fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut k = 0;
    while delta > ((BASE - T_MIN) * T_MAX) / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::to_ascii;

    #[test]
    fn labels_are_those_of_the_standard() {
        for (domain, ascii) in [
            ("example.org", "example.org"),
            ("Bücher.example", "xn--bcher-kva.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            // RFC 3492 §7.1 (B), (I) without its capital.
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
            (
                "почемужеонинеговорятпорусски",
                "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l",
            ),
        ] {
            assert_eq!(to_ascii(domain).as_deref(), Some(ascii), "{domain}");
        }
        assert_eq!(to_ascii(&"é".repeat(64)), None);
        assert_eq!(to_ascii(&"\u{10FFFF}é".repeat(30)), None);
    }
}
