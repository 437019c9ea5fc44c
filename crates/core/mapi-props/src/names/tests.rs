//! Lookups and their inverses, over every row of the tables.

use proptest::prelude::*;

use super::*;
use crate::generated::{named as named_table, tag_names};
use crate::tags;

fn name(set: &str, id: u32) -> PropName {
    PropName::id(guid(set).unwrap(), id)
}

#[test]
fn tables_are_in_order() {
    assert!(tag_names::NAMES.is_sorted_by_key(|(tag, _)| *tag));
    assert_eq!(tag_names::NAMES.len(), tag_names::NAMES_BY_NAME.len());
    assert!(guids::GUIDS.is_sorted_by_key(|(_, name)| *name));
    assert!(protocol_codes::CODES.is_sorted_by_key(|(code, _)| *code));
}

#[test]
fn every_row_is_found() {
    for (value, name) in tag_names::NAMES {
        assert_eq!(tag(name), Some(PropTag(*value)), "{name}");
        assert!(all_names(PropTag(*value)).any(|n| n == *name), "{name}");
    }
    for (set, id, ty, text) in named_table::LIDS {
        assert_eq!(named_by_name(text), Some((PropName::id(*set, *id), *ty)));
        assert!(
            named_all(&PropName::id(*set, *id)).any(|n| n.name == *text && n.ty == *ty),
            "{text}"
        );
    }
    for (set, key, ty, text) in named_table::TEXTS {
        assert_eq!(named_by_name(text), Some((PropName::text(*set, *key), *ty)));
        assert!(
            named_all(&PropName::text(*set, *key)).any(|n| n.name == *text && n.ty == *ty),
            "{text}"
        );
    }
    for (value, text) in guids::GUIDS {
        assert_eq!(guid(text), Some(*value));
        assert_eq!(guid_name(*value), Some(*text));
    }
    for (_, text) in protocol_codes::CODES {
        let code = protocol_code(text).unwrap();
        assert!(protocol_code_name(code).is_some());
    }
}

#[test]
fn tags_have_the_names_of_the_reference() {
    let data = include_str!("../../tests/data/reference_tags.csv");
    let mut seen = 0;
    for line in data.lines().skip(1) {
        let mut fields = line.split(',');
        let (Some(value), Some(pr), Some(pid)) = (fields.next(), fields.next(), fields.next())
        else {
            panic!("{line}")
        };
        let wanted = match parse_tag(value) {
            Ok(TagOrName::Tag(tag)) => tag,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(tag(pr), Some(wanted), "{line}");
        assert!(all_names(wanted).any(|n| n == pr), "{line}");
        assert!(
            all_names(wanted).any(|n| n == pid) || tag(pid).is_some_and(|t| t.id() == wanted.id()),
            "{line}"
        );
        seen += 1;
    }
    assert!(seen > 150);
}

#[test]
fn every_tag_of_the_reference_has_a_constant() {
    let source = include_str!("../generated/tags.rs");
    for line in include_str!("../../tests/data/reference_tags.csv")
        .lines()
        .skip(1)
    {
        let name = line
            .split(',')
            .nth(1)
            .and_then(|n| n.strip_prefix("PR_"))
            .unwrap();
        let name = name.strip_suffix("_W").unwrap_or(name);
        assert!(source.contains(&format!("pub const {name}: ")), "{name}");
    }
}

#[test]
fn address_book_identifiers_are_not_a_stores() {
    let text = "PR_EMS_AB_PROXY_ADDRESSES";
    assert_eq!(parse_tag(text), Ok(TagOrName::Tag(PropTag(0x800F_101F))));
    assert!(matches!(
        parse_local_tag(text, &NoNames),
        Err(NameError::NotInStore { .. })
    ));
    assert_eq!(
        parse_local_tag("0x800F101F", &NoNames),
        Ok(PropTag(0x800F_101F))
    );
}

#[test]
fn preferred_names() {
    let canonical = |tag: PropTag| canonical_name(tag);
    assert_eq!(canonical(tags::SUBJECT.raw()), Some("PidTagSubject"));
    assert_eq!(canonical(PropTag(0x0037_001E)), Some("PidTagSubject"));
    assert_eq!(canonical(PropTag(0x0037_0000)), Some("PidTagSubject"));
    assert_eq!(canonical(PropTag(0x0037_000A)), Some("PidTagSubject"));
    assert_eq!(canonical(PropTag(0x0037_0003)), None);
    assert_eq!(canonical(tags::ENTRYID.raw()), Some("PidTagEntryId"));
    assert_eq!(canonical(PropTag::NULL), Some("PidTagNull"));
    assert_eq!(pr_name(tags::SUBJECT.raw()), Some("PR_SUBJECT"));
    assert_eq!(pr_name(PropTag(0x0037_001E)), Some("PR_SUBJECT_A"));
    assert_eq!(
        pr_name(PropTag(0x000B_001F)),
        Some("PR_CERT_DISPLAY_NAME_A")
    );
    assert_eq!(canonical(PropTag(0x800F_101F)), None);
    assert_eq!(
        address_book_name(PropTag(0x800F_101F)),
        Some("PidTagAddressBookProxyAddresses")
    );
    assert_eq!(protocol_code_name(0x3EA), Some("ecJetError"));
}

#[test]
fn properties_are_read() {
    let file_under = TagOrName::Name(name("PSETID_Address", 0x8005), PropType::UNICODE);
    let keywords = PropName::text(guids::PS_PUBLIC_STRINGS, "Keywords");
    let tag = |value| TagOrName::Tag(PropTag(value));
    let check =
        |input: &str, expect: TagOrName| assert_eq!(parse_tag(input), Ok(expect), "{input}");
    check("PidTagSubject", tag(0x0037_001F));
    check("PR_SUBJECT", tag(0x0037_001F));
    check("PR_SUBJECT_W", tag(0x0037_001F));
    check("PR_SUBJECT_A", tag(0x0037_001E));
    check("0x0037001F", tag(0x0037_001F));
    check(" Subject ", tag(0x0037_001F));
    check("Subject:PT_STRING8", tag(0x0037_001E));
    check("PidLidFileUnder", file_under.clone());
    check("dispidFileUnder", file_under.clone());
    check("FileUnder", file_under.clone());
    check("PSETID_Address:0x8005", file_under.clone());
    check("PSETID_Address:32773", file_under.clone());
    check(
        "{00062004-0000-0000-C000-000000000046}:0x8005",
        file_under.clone(),
    );
    check("00062004-0000-0000-c000-000000000046:0x8005", file_under);
    check(
        "PidNameKeywords",
        TagOrName::Name(keywords.clone(), PropType::MV_UNICODE),
    );
    check(
        "PS_PUBLIC_STRINGS:Keywords",
        TagOrName::Name(keywords.clone(), PropType::MV_UNICODE),
    );
    check(
        "PidNameKeywords:PT_MV_UNICODE|MV_INSTANCE",
        TagOrName::Name(keywords.clone(), PropType(0x301F)),
    );
    check(
        "PS_PUBLIC_STRINGS:Keywords:PT_LONG",
        TagOrName::Name(keywords, PropType::LONG),
    );
    let odd = PropName::text(guids::PS_PUBLIC_STRINGS, "a:\"b\" c");
    check(
        r#"PS_PUBLIC_STRINGS:"a:\"b\" c":PT_LONG"#,
        TagOrName::Name(odd, PropType::LONG),
    );
    let url = PropName::text(guids::PS_PUBLIC_STRINGS, "http://example.org/x");
    check(
        "PS_PUBLIC_STRINGS:http://example.org/x",
        TagOrName::Name(url, PropType::UNSPECIFIED),
    );
    let five = PropName::text(guids::PS_PUBLIC_STRINGS, "5");
    check(
        r#"PS_PUBLIC_STRINGS:"5""#,
        TagOrName::Name(five, PropType::UNSPECIFIED),
    );
}

#[test]
fn bad_properties_are_named() {
    let check =
        |input: &str, expect: &str| assert_eq!(parse_tag(input).unwrap_err().to_string(), expect);
    check(
        "PidTagSubjekt",
        "`PidTagSubjekt` is no known property; did you mean PidTagSubject?",
    );
    check(
        "0x37",
        "`0x37` is no property: 0x and eight hexadecimal digits are expected",
    );
    check(
        "PSETID_Adress:1",
        "`PSETID_Adress` is no known property; did you mean PSETID_Address?",
    );
    check(
        "PS_MAPI:",
        "`PS_MAPI:` is no property: a number or a name is expected after the property set",
    );
    check(
        "Subject:Foo",
        "`Subject:Foo` is no property: a property set is expected before the colon, or a property type after it",
    );
    check(
        "PS_MAPI:\"x",
        "`PS_MAPI:\"x` is no property: the quoted name does not end or has a bad escape",
    );
    check("", "`` is no known property");
}

#[test]
fn every_known_tag_writes_and_reads() {
    for (value, _) in tag_names::NAMES {
        let text = tag_text(PropTag(*value), &NoNames);
        assert_eq!(
            parse_local_tag(&text, &NoNames),
            Ok(PropTag(*value)),
            "{text}"
        );
    }
    assert_eq!(tag_text(tags::SUBJECT.raw(), &NoNames), "PidTagSubject");
    assert_eq!(tag_text(PropTag(0x0037_001E), &NoNames), "PR_SUBJECT_A");
    assert_eq!(tag_text(PropTag(0x6801_001F), &NoNames), "0x6801001F");
}

proptest! {
    #[test]
    fn any_named_property_writes_and_reads(guid: [u8; 16], known in 0usize..8, text: String, id: u32, is_id: bool, ty: u16) {
        let sets = [guids::PS_MAPI, guids::PS_PUBLIC_STRINGS, guids::PSETID_ADDRESS];
        let guid = sets.get(known).copied().unwrap_or(Guid(guid));
        let name = if is_id { PropName::id(guid, id) } else { PropName::text(guid, text) };
        let ty = PropType(ty);
        let written = name_text(&name, ty);
        prop_assert_eq!(parse_tag(&written), Ok(TagOrName::Name(name, ty)), "{}", written);
    }

}

proptest! {
    // Each refusal looks for the closest of thousands of names.
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_text_is_read_or_refused(text: String) {
        let _ = parse_tag(&text);
    }
}
