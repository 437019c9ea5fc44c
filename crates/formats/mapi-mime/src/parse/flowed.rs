//! Text whose lines a writer broke at a soft space, to be joined again.
//! RFC 3676 §4

/// Joins the lines of paragraphs in `text` of format=flowed; `delsp` says that the space before a soft break goes too.
///
/// Quoted lines keep their breaks: joined, only the first line of a paragraph would show its `>` on a screen that wraps.
pub(super) fn joined(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The last line is to go on.
    let mut open = false;
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let ended = lines.peek().is_some();
        let (line, end) = match line.strip_suffix('\r') {
            Some(line) => (line, "\r\n"),
            None => (line, "\n"),
        };
        let fixed = line.starts_with('>') || line == "-- ";
        if fixed && open {
            out.push_str(end);
        }
        // §4.4: one space was put before what a reader could mistake.
        let line = line.strip_prefix(' ').filter(|_| !fixed).unwrap_or(line);
        open = !fixed && ended && line.ends_with(' ');
        let next = lines.peek().and_then(|next| next.chars().next());
        out.push_str(match line.strip_suffix(' ') {
            Some(line) if open && delsp && !parts_words(line, next) => line,
            _ => line,
        });
        if ended && !open {
            out.push_str(end);
        }
    }
    out
}

/// Whether the space between a line and the `next` character parts words of Latin script. A writer that means DelSp
/// writes two there, but some only say so.
fn parts_words(line: &str, next: Option<char>) -> bool {
    line.ends_with(|c: char| c.is_ascii_alphanumeric())
        && next.is_some_and(|c| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn paragraphs_are_joined() {
        let check =
            |text: &str, delsp, expect: &str| assert_eq!(joined(text, delsp), expect, "{text:?}");
        check("a \r\nb\r\nc\r\n", false, "a b\r\nc\r\n");
        check("a \nb \nc", false, "a b c");
        check("会 \n議\n", true, "会議\n");
        check("a  \nb\n", true, "a b\n");
        check("is \na lie\n", true, "is a lie\n");
        check(" >b\n  c\n From x\n", false, ">b\n c\nFrom x\n");
        check("> a \n> b\nc\n", false, "> a \n> b\nc\n");
        check("a \n> b\n", false, "a \n> b\n");
        check("a \n-- \nme\n", false, "a \n-- \nme\n");
        check("a \n\nb", false, "a \nb");
        check("a ", false, "a ");
        check("a \n", false, "a ");
        check("", true, "");
    }
}
