//! View descriptors: any bytes are a view that is written as the same bytes, or refused with the place.

use mapi_props::view_descriptor::{ViewColumn, ViewDescriptor, ViewSort};
use mapi_props::{
    PropName, PropType, PropValue, RelOp, Restriction, codec::encode_restriction, guids, tags,
};

use crate::choices::Choices;
use crate::seen::Seen;
use crate::target::Target;

pub(super) static TARGET: Target = Target {
    name: "view",
    about: "views that are read are written as the same bytes, edited or not; a filter that is written is read as itself",
    longest: 4096,
    seeds,
    takes_mail: false,
    tokens: TOKENS,
    run,
};

fn run(input: &[u8], seen: &mut Seen) {
    // The strings are what stands before the first zero that no text has.
    let mut choices = Choices::new(input);
    let strings = choices.text();
    whole(input, &strings, seen);
    whole(choices.rest(), &strings, seen);
}

fn whole(binary: &[u8], strings: &str, seen: &mut Seen) {
    let view = match ViewDescriptor::decode(binary, strings) {
        Ok(view) => view,
        Err(error) => {
            assert!(error.at <= binary.len());
            seen.mark("refused", std::mem::discriminant(&error.problem));
            return;
        }
    };
    let (again, texts) = view.encode().expect("a view that was read can be written");
    assert_eq!(again, binary);
    assert_eq!(
        ViewDescriptor::decode(&again, &texts).as_ref(),
        Ok(&view),
        "what is written is read as the same"
    );
    seen.mark("columns", view.columns.len().min(8));
    seen.mark("groups", view.groups.min(4));
    seen.count("size", binary.len());
    for column in &view.columns {
        seen.mark("column", std::mem::discriminant(&column.property));
    }
    let Some(filter) = view.filter() else { return };
    seen.mark("filter", std::mem::discriminant(filter));
    encode_restriction(filter, &mut Vec::new()).expect("a filter is not nested deeper than others");
    let mut other = ViewDescriptor::default();
    if other.set_filter(Some(filter)).is_ok() {
        let (binary, strings) = other
            .encode()
            .expect("titles and filters have no line feed");
        let read = ViewDescriptor::decode(&binary, &strings).expect("what is written is read");
        assert_eq!(read.filter(), Some(filter));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut view = ViewDescriptor::default();
    let plain = view.encode().unwrap_or_default();
    view.columns.push(ViewColumn::new(tags::SUBJECT, "Subject"));
    let keywords = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
    let ty = PropType::MV_UNICODE;
    view.columns
        .push(ViewColumn::named(keywords, ty, "Categories"));
    let reminder = PropName::id(guids::PSETID_COMMON, 0x8503);
    let ty = PropType::BOOLEAN;
    view.columns
        .push(ViewColumn::named(reminder, ty, "Reminder"));
    view.groups = 1;
    view.sort = ViewSort::Conversations;
    let unfiltered = view.encode().unwrap_or_default();
    let filter = Restriction::And(vec![
        Restriction::property(tags::SUBJECT, RelOp::Eq, "x"),
        Restriction::property(tags::SEARCH_KEY, RelOp::Ne, PropValue::Binary(vec![1, 2])),
        Restriction::exist(tags::BODY).negate(),
        Restriction::Comment {
            props: vec![(tags::IMPORTANCE.raw(), PropValue::Long(2))],
            child: Some(Box::new(Restriction::exist(tags::SUBJECT))),
        },
    ]);
    let written = view.set_filter(Some(&filter));
    debug_assert!(written.is_ok(), "a seed is a view");
    let filtered = view.encode().unwrap_or_default();
    [plain, unfiltered, filtered]
        .into_iter()
        .map(|(binary, _)| binary)
        .collect()
}

const TOKENS: &[&[u8]] = &[
    b"\x08\0\0\0",
    b"\0\0\0\0",
    b"\x01\0\0\0",
    b"\x02\0\0\0",
    b"\x0A\0\0\0",
    b"\x1E\0\x37\0",
    b"\x1F\0\x37\0",
    b"\x02\x01\x0B\x30",
    b"\x00\x30\0\0",
    b"\x00\x10\0\0",
    b"\xFF\xFF\xFF\xFF",
    b"\n",
];
