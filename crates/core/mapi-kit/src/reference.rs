//! Attachments that name a file instead of holding it: whose word it is, and what becomes of them when the message is submitted.
//! Reference: "PR_ATTACH_METHOD", "PR_ATTACH_LONG_PATHNAME" (requirement OUT-06); docs/design/references.md
//!
//! ATTACH_BY_REF_RESOLVE has the file read when the message is sent. Whoever may say that reads any file of the user. So only what a
//! client of this machine said through the API counts: that leaves [`OWN_WORD`] beside it, which is taken from everything that comes
//! in any other way ([`forget`]).

use mapi_props::{Bag, PropTag, PropType, PropValue, attach_method, tags};

/// The path that a client of this machine wrote (PT_UNICODE, provider range, never transmitted, never shown).
pub const OWN_WORD: PropTag = PropTag::new(0x66E1, PropType::UNICODE);

/// What says that an attachment is a reference, and to what.
const SAYS: [PropTag; 3] = [
    tags::ATTACH_METHOD.raw(),
    tags::ATTACH_LONG_PATHNAME.raw(),
    tags::ATTACH_PATHNAME.raw(),
];

/// Whether changing this property of an attachment says something of a reference.
#[must_use]
pub fn is_said_by(id: u16) -> bool {
    SAYS.iter().any(|tag| tag.id() == id)
}

/// A client of this machine has changed what these properties say of a reference.
pub fn say(props: &mut Bag) {
    match path(props).map(str::to_owned) {
        Some(path) if method(props) == attach_method::BY_REF_RESOLVE => {
            props.set(OWN_WORD, path.as_str());
        }
        _ => forget(props),
    }
}

/// These properties came from somewhere else: what they say of files is somebody's word, and not this user's.
pub fn forget(props: &mut Bag) {
    props.remove(&OWN_WORD.id());
}

/// The path of an attachment that names a file (ATTACH_BY_REFERENCE, ATTACH_BY_REF_RESOLVE, ATTACH_BY_REF_ONLY); `None` for any
/// other. It may be empty.
#[must_use]
pub fn named(props: &Bag) -> Option<&str> {
    let named = [
        attach_method::BY_REFERENCE,
        attach_method::BY_REF_RESOLVE,
        attach_method::BY_REF_ONLY,
    ];
    named
        .contains(&method(props))
        .then(|| path(props).unwrap_or_default())
}

/// The file that is read when the message is submitted; `None` for an attachment that is no such reference, or somebody else's.
#[must_use]
pub fn to_resolve(props: &Bag) -> Option<&str> {
    let path = path(props)?;
    let own = props.text(OWN_WORD) == Some(path);
    (own && method(props) == attach_method::BY_REF_RESOLVE).then_some(path)
}

/// The attachment holds its file from now on, as one whose bytes were given (ATTACH_BY_VALUE): `name` is the file's, where the
/// attachment has none, and the path stays behind.
pub fn resolved(props: &mut Bag, name: &str) {
    for said in [tags::ATTACH_LONG_PATHNAME, tags::ATTACH_PATHNAME] {
        props.remove(&said.id());
    }
    forget(props);
    props.set(tags::ATTACH_METHOD, attach_method::BY_VALUE);
    for named in [tags::ATTACH_LONG_FILENAME, tags::DISPLAY_NAME] {
        if props.text(named).is_none_or(str::is_empty) {
            props.set(named, name);
        }
    }
}

/// Where the file lies, if that is said (PR_ATTACH_LONG_PATHNAME, else PR_ATTACH_PATHNAME).
fn path(props: &Bag) -> Option<&str> {
    let said = [tags::ATTACH_LONG_PATHNAME, tags::ATTACH_PATHNAME];
    let mut said = said.into_iter().filter_map(|tag| props.text(tag));
    said.find(|path| !path.is_empty())
}

fn method(props: &Bag) -> i32 {
    let method = props.value(tags::ATTACH_METHOD);
    method.and_then(PropValue::as_long).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bag(method: i32, path: &str) -> Bag {
        let mut bag = Bag::new();
        bag.set(tags::ATTACH_METHOD, method);
        bag.set(tags::ATTACH_LONG_PATHNAME, path);
        bag
    }

    #[test]
    fn only_what_was_said_here_of_this_file_is_resolved() {
        let mut own = bag(attach_method::BY_REF_RESOLVE, "/a");
        assert_eq!(to_resolve(&own), None, "nobody has said it here");
        say(&mut own);
        assert_eq!(to_resolve(&own), Some("/a"));
        // Another path by another way is somebody else's word.
        own.set(tags::ATTACH_LONG_PATHNAME, "/b");
        assert_eq!(to_resolve(&own), None);
        for method in [
            attach_method::BY_VALUE,
            attach_method::BY_REFERENCE,
            attach_method::BY_REF_ONLY,
        ] {
            let mut other = bag(method, "/a");
            say(&mut other);
            assert_eq!(to_resolve(&other), None, "{method}");
            assert!(!other.contains(&OWN_WORD.id()));
        }
        let mut nothing = bag(attach_method::BY_REF_RESOLVE, "");
        say(&mut nothing);
        assert_eq!((to_resolve(&nothing), named(&nothing)), (None, Some("")));
    }

    #[test]
    fn what_is_resolved_is_an_attachment_like_any_other() {
        let mut own = bag(attach_method::BY_REF_RESOLVE, "/home/me/plan.txt");
        own.set(tags::DISPLAY_NAME, "The plan");
        say(&mut own);
        resolved(&mut own, "plan.txt");
        assert_eq!(named(&own), None);
        assert_eq!(own.text(tags::ATTACH_LONG_FILENAME), Some("plan.txt"));
        assert_eq!(own.text(tags::DISPLAY_NAME), Some("The plan"));
        assert_eq!(own.iter().count(), 3);
        assert!(!OWN_WORD.is_transmittable());
    }
}
