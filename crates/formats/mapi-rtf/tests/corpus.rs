//! Every RTF of the shared corpus, plain, packed and in messages: what comes back, and what the message itself says it says.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use mapi_msg::Limits;
use mapi_props::{MessageTree, PropKey, PropTag, PropValue, TreeContent, TreeValue, tags};
use mapi_rtf::compressed::{Damage, Decompressor, Header, Packing, compress, decompress, store};
use mapi_rtf::{Native, native, to_html, to_text};

/// Somebody wrote other names into it, and left the checksum.
const CHANGED: &str = "ruby-msg__test_rtf.data.lzfu";

#[test]
fn every_packed_rtf_is_unpacked_and_packed_as_well_as_it_was() {
    let Some(files) = testkit::corpus_files("rtf") else {
        return;
    };
    let (mut theirs, mut ours, mut count) = (0, 0, 0);
    for path in files.iter().filter(|path| is(path, "lzfu")) {
        let packed = fs::read(path).unwrap();
        let mut streamed = Vec::new();
        let mut stream = Decompressor::new(&packed[..]).unwrap();
        let ended = stream.read_to_end(&mut streamed);
        if path.ends_with(CHANGED) {
            let damage = decompress(&packed, 1 << 24);
            assert!(matches!(damage, Err(Damage::Crc { .. })), "{damage:?}");
            assert!(ended.is_err());
            continue;
        }
        let rtf = decompress(&packed, 1 << 24).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        ended.unwrap();
        assert!(rtf == streamed, "{path:?}: a stream gives something else");
        // Where the corpus has the RTF too, others unpacked it.
        if let Ok(expect) = fs::read(path.with_extension("rtf")) {
            assert_eq!(lines(&rtf), lines(&expect), "{path:?}");
            count += 1;
        }
        let again = compress(&rtf);
        assert!(decompress(&again, rtf.len()).unwrap() == rtf, "{path:?}");
        assert!(
            decompress(&store(&rtf), rtf.len()).unwrap() == rtf,
            "{path:?}"
        );
        if Header::of(&packed).unwrap().packing == Packing::Compressed {
            theirs += packed.len();
            ours += again.len();
        }
    }
    assert!(count > 5, "only {count} were unpacked by others");
    assert!(ours < theirs, "{ours} bytes, Outlook's are {theirs}");
}

#[test]
fn text_and_html_of_every_file_say_the_same() {
    let Some(files) = testkit::corpus_files("rtf") else {
        return;
    };
    for path in files.iter().filter(|path| is(path, "rtf")) {
        let rtf = fs::read(path).unwrap();
        let (text, page) = (to_text(&rtf).text, to_html(&rtf));
        if page.encapsulated {
            continue;
        }
        // Addresses of links are no text of HTML, and its lists count themselves.
        let words = |text: &str| -> Vec<String> {
            let words = text.split(|char: char| !char.is_alphabetic());
            words
                .filter(|word| word.chars().count() > 2)
                .map(str::to_owned)
                .collect()
        };
        let text = without_links(&text, &page.html);
        assert_eq!(words(&text), words(&shown(&page.html)), "{path:?}");
    }
}

/// Messages whose PR_BODY was made from something else than their RTF.
const OTHER_TEXTS: &[&str] = &[
    // Text was put before the RTF only, by a library without a licence.
    "aspose-net__SMTP--MsgHeaders.msg",
    "aspose-net__SMTP--outputAttachmentRemoved.msg",
    "aspose-net__outputAttachments.msg",
];

#[test]
fn the_text_of_rtf_is_the_body_of_its_message() {
    let mut exact = 0;
    let mut other = Vec::new();
    let all = each_message(|name, rtf, message| {
        let Some(body) = text(message, tags::BODY) else {
            return;
        };
        if native(rtf) == Native::Html {
            return;
        }
        let text = to_text(rtf).text;
        if text == body {
            exact += 1;
        } else if !text.split_whitespace().eq(body.split_whitespace()) {
            other.push(name.to_owned());
        }
    });
    if all == 0 {
        return;
    }
    other.sort();
    let mut expect: Vec<_> = OTHER_TEXTS.iter().map(|name| (*name).to_owned()).collect();
    expect.sort();
    assert_eq!(other, expect);
    assert!(
        exact >= 44,
        "{exact} texts are the bodies of their messages"
    );
}

#[test]
fn html_that_rtf_carries_is_the_html_of_its_message() {
    let mut results = BTreeMap::new();
    let all = each_message(|name, rtf, message| {
        let Some(html) = binary(message, tags::HTML) else {
            return;
        };
        if native(rtf) != Native::Html {
            return;
        }
        let page = to_html(rtf);
        assert!(page.encapsulated);
        let (mine, theirs) = (plain(&page.html), plain(&String::from_utf8_lossy(&html)));
        results.insert(name.to_owned(), mine == theirs);
    });
    if all == 0 {
        return;
    }
    let other: Vec<_> = results
        .iter()
        .filter(|(_, same)| !**same)
        .map(|(name, _)| name)
        .collect();
    // Its HTML went through Exchange once more than its RTF.
    assert_eq!(other, ["bbottema-omp__issue-87-client-submit-time.msg"]);
    assert!(results.len() >= 11, "{results:?}");
}

/// Calls `see` with each message of the corpus that has RTF, embedded ones included; how many there were.
fn each_message(mut see: impl FnMut(&str, &[u8], &MessageTree)) -> usize {
    let mut count = 0;
    for path in testkit::corpus_files("msg").unwrap_or_default() {
        let bytes = fs::read(&path).unwrap();
        let size = bytes.len() as u64;
        let Ok(tree) = mapi_msg::read(Arc::new(bytes), size, &Limits::default()) else {
            continue;
        };
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut messages = vec![&tree];
        while let Some(message) = messages.pop() {
            if let Some(packed) = binary(message, tags::RTF_COMPRESSED) {
                let rtf = decompress(&packed, 1 << 24).unwrap_or_else(|e| panic!("{name}: {e}"));
                assert!(
                    decompress(&compress(&rtf), rtf.len()).unwrap() == rtf,
                    "{name}"
                );
                see(&name, &rtf, message);
                count += 1;
            }
            for attachment in &message.attachments {
                if let TreeContent::Message(inner) = &attachment.content {
                    messages.push(inner);
                }
            }
        }
    }
    count
}

fn binary(message: &MessageTree, tag: impl Into<PropTag>) -> Option<Vec<u8>> {
    match message.props.get(&PropKey::Id(tag.into().id()))? {
        TreeValue::Value(PropValue::Binary(bytes)) => Some(bytes.clone()),
        TreeValue::Large(_, source) => {
            let mut bytes = Vec::new();
            source.open().unwrap().read_to_end(&mut bytes).unwrap();
            Some(bytes)
        }
        TreeValue::Value(_) => None,
    }
}

fn text(message: &MessageTree, tag: impl Into<PropTag>) -> Option<String> {
    let tag = tag.into();
    match message.props.get(&PropKey::Id(tag.id()))? {
        TreeValue::Value(PropValue::Unicode(text)) => Some(text.clone()),
        TreeValue::Value(_) => None,
        TreeValue::Large(..) => String::from_utf8(binary(message, tag)?).ok(),
    }
}

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// Lines without their ends, and without the zero that some have behind the text.
fn lines(rtf: &[u8]) -> Vec<String> {
    let text: String = rtf.iter().map(|byte| char::from(*byte)).collect();
    text.trim_end_matches(['\0', '\r', '\n'])
        .lines()
        .map(str::to_owned)
        .collect()
}

/// HTML without white space, and without what it says of its charset.
fn plain(html: &str) -> String {
    let html: String = html.chars().filter(|char| !char.is_whitespace()).collect();
    let mut parts = html.trim_end_matches('\0').split("charset=");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |html, part| {
        html + part.trim_start_matches(|char: char| char.is_alphanumeric() || char == '-')
    })
}

/// `text` without the addresses of the links that `html` has.
fn without_links(text: &str, html: &str) -> String {
    let targets = html
        .split("href=\"")
        .skip(1)
        .filter_map(|link| link.split('"').next());
    targets.fold(text.to_owned(), |text, target| {
        text.replacen(&format!(" <{}> ", target.replace("&amp;", "&")), "", 1)
    })
}

/// What stands between tags.
fn shown(html: &str) -> String {
    let ends = ["<br>", "</div>", "</td>", "</th>", "</li>"];
    let breaks = ends
        .iter()
        .fold(html.to_owned(), |html, end| html.replace(end, " "));
    between(&breaks, "<", ">")
        .replace("&nbsp;", " ")
        .replace("&shy;", "")
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
}

/// `text` without what stands between the two.
fn between(text: &str, start: &str, end: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(start) {
        let Some((_, after)) = after.split_once(end) else {
            break;
        };
        kept.push_str(before);
        rest = after;
    }
    kept + rest
}
