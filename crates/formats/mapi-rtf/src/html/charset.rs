//! The charset that HTML declares.
//! WHATWG HTML 4.2.5.4

/// `html` with each charset that a `<meta>` declares made `utf-8`.
pub(super) fn declare_utf8(html: String) -> String {
    let mut made = String::new();
    let mut done = 0;
    let mut from = 0;
    while let Some(start) = find(&html, from, "<meta") {
        let end = html
            .get(start..)
            .and_then(|rest| rest.find('>'))
            .map_or(html.len(), |len| start + len);
        from = end;
        let tag = html.get(start..end).unwrap_or_default();
        if let Some((value, value_end)) = declared(tag) {
            made.push_str(html.get(done..start + value).unwrap_or_default());
            made.push_str("utf-8");
            done = start + value_end;
        }
    }
    if done == 0 {
        return html;
    }
    made.push_str(html.get(done..).unwrap_or_default());
    made
}

/// Where in a tag the name of a charset stands.
fn declared(tag: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(word) = find(tag, from, "charset") {
        from = word + "charset".len();
        let rest = tag.get(from..)?;
        let value = rest.trim_start().strip_prefix('=').map(str::trim_start);
        let value = value.map(|value| value.strip_prefix(['"', '\'']).unwrap_or(value));
        if let Some(value) = value {
            let start = tag.len() - value.len();
            let len = value.find(|char: char| char.is_whitespace() || "\"';/".contains(char));
            return Some((start, start + len.unwrap_or(value.len())));
        }
    }
    None
}

/// Where `needle`, in small letters, stands next in any letters.
fn find(text: &str, from: usize, needle: &str) -> Option<usize> {
    let bytes = text.as_bytes().get(from..)?;
    let place = bytes
        .windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle.as_bytes()))?;
    Some(from + place)
}
