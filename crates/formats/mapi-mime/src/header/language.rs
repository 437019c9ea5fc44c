//! Language tags and the locale identifiers of Windows.
//! RFC 5646, [MS-LCID] 2.2

/// The languages that mail names, with their regions where a language has several.
const LOCALES: &[(&str, i32)] = &[
    ("af-ZA", 0x436),
    ("am-ET", 0x45E),
    ("ar-AE", 0x3801),
    ("ar-BH", 0x3C01),
    ("ar-DZ", 0x1401),
    ("ar-EG", 0xC01),
    ("ar-IQ", 0x801),
    ("ar-JO", 0x2C01),
    ("ar-KW", 0x3401),
    ("ar-LB", 0x3001),
    ("ar-LY", 0x1001),
    ("ar-MA", 0x1801),
    ("ar-OM", 0x2001),
    ("ar-QA", 0x4001),
    ("ar-SA", 0x401),
    ("ar-SY", 0x2801),
    ("ar-TN", 0x1C01),
    ("ar-YE", 0x2401),
    ("as-IN", 0x44D),
    ("be-BY", 0x423),
    ("bg-BG", 0x402),
    ("bn-IN", 0x445),
    ("bo-CN", 0x451),
    ("ca-ES", 0x403),
    ("cs-CZ", 0x405),
    ("cy-GB", 0x452),
    ("da-DK", 0x406),
    ("de-AT", 0xC07),
    ("de-CH", 0x807),
    ("de-DE", 0x407),
    ("de-LI", 0x1407),
    ("de-LU", 0x1007),
    ("el-GR", 0x408),
    ("en-AU", 0xC09),
    ("en-BZ", 0x2809),
    ("en-CA", 0x1009),
    ("en-GB", 0x809),
    ("en-IE", 0x1809),
    ("en-IN", 0x4009),
    ("en-JM", 0x2009),
    ("en-MY", 0x4409),
    ("en-NZ", 0x1409),
    ("en-PH", 0x3409),
    ("en-SG", 0x4809),
    ("en-TT", 0x2C09),
    ("en-US", 0x409),
    ("en-ZA", 0x1C09),
    ("en-ZW", 0x3009),
    ("es-AR", 0x2C0A),
    ("es-BO", 0x400A),
    ("es-CL", 0x340A),
    ("es-CO", 0x240A),
    ("es-CR", 0x140A),
    ("es-DO", 0x1C0A),
    ("es-EC", 0x300A),
    ("es-ES", 0xC0A),
    ("es-GT", 0x100A),
    ("es-HN", 0x480A),
    ("es-MX", 0x80A),
    ("es-NI", 0x4C0A),
    ("es-PA", 0x180A),
    ("es-PE", 0x280A),
    ("es-PR", 0x500A),
    ("es-PY", 0x3C0A),
    ("es-SV", 0x440A),
    ("es-US", 0x540A),
    ("es-UY", 0x380A),
    ("es-VE", 0x200A),
    ("et-EE", 0x425),
    ("eu-ES", 0x42D),
    ("fa-IR", 0x429),
    ("fi-FI", 0x40B),
    ("fil-PH", 0x464),
    ("fo-FO", 0x438),
    ("fr-BE", 0x80C),
    ("fr-CA", 0xC0C),
    ("fr-CH", 0x100C),
    ("fr-FR", 0x40C),
    ("fr-LU", 0x140C),
    ("fr-MC", 0x180C),
    ("fy-NL", 0x462),
    ("ga-IE", 0x83C),
    ("gd-GB", 0x491),
    ("gl-ES", 0x456),
    ("gu-IN", 0x447),
    ("he-IL", 0x40D),
    ("hi-IN", 0x439),
    ("hr-HR", 0x41A),
    ("hu-HU", 0x40E),
    ("hy-AM", 0x42B),
    ("id-ID", 0x421),
    ("is-IS", 0x40F),
    ("it-CH", 0x810),
    ("it-IT", 0x410),
    ("ja-JP", 0x411),
    ("ka-GE", 0x437),
    ("kk-KZ", 0x43F),
    ("km-KH", 0x453),
    ("kn-IN", 0x44B),
    ("ko-KR", 0x412),
    ("ky-KG", 0x440),
    ("lb-LU", 0x46E),
    ("lo-LA", 0x454),
    ("lt-LT", 0x427),
    ("lv-LV", 0x426),
    ("mi-NZ", 0x481),
    ("mk-MK", 0x42F),
    ("ml-IN", 0x44C),
    ("mn-MN", 0x450),
    ("mr-IN", 0x44E),
    ("ms-MY", 0x43E),
    ("mt-MT", 0x43A),
    ("nb-NO", 0x414),
    ("ne-NP", 0x461),
    ("nl-BE", 0x813),
    ("nl-NL", 0x413),
    ("nn-NO", 0x814),
    ("or-IN", 0x448),
    ("pa-IN", 0x446),
    ("pl-PL", 0x415),
    ("ps-AF", 0x463),
    ("pt-BR", 0x416),
    ("pt-PT", 0x816),
    ("rm-CH", 0x417),
    ("ro-RO", 0x418),
    ("ru-RU", 0x419),
    ("sa-IN", 0x44F),
    ("si-LK", 0x45B),
    ("sk-SK", 0x41B),
    ("sl-SI", 0x424),
    ("sq-AL", 0x41C),
    ("sv-FI", 0x81D),
    ("sv-SE", 0x41D),
    ("sw-KE", 0x441),
    ("ta-IN", 0x449),
    ("te-IN", 0x44A),
    ("th-TH", 0x41E),
    ("tk-TM", 0x442),
    ("tr-TR", 0x41F),
    ("tt-RU", 0x444),
    ("uk-UA", 0x422),
    ("ur-PK", 0x420),
    ("vi-VN", 0x42A),
    ("zh-CN", 0x804),
    ("zh-HK", 0xC04),
    ("zh-MO", 0x1404),
    ("zh-SG", 0x1004),
    ("zh-TW", 0x404),
];

/// Tags that stand for another, or for a language with nothing of a region.
const OTHERS: &[(&str, i32)] = &[
    ("no", 0x14),
    ("iw", 0x0D),
    ("in", 0x21),
    ("no-NO", 0x414),
    ("sr", 0x7C1A),
    ("bs", 0x781A),
    ("zh-Hans", 0x04),
    ("zh-Hant", 0x7C04),
    ("zh-Hans-CN", 0x804),
    ("zh-Hant-TW", 0x404),
    ("zh-Hant-HK", 0xC04),
    ("sr-Latn", 0x701A),
    ("sr-Cyrl", 0x6C1A),
    ("sr-Latn-RS", 0x241A),
    ("sr-Cyrl-RS", 0x281A),
    ("ga", 0x3C),
    ("nn", 0x7814),
    ("nb", 0x7C14),
];

/// The locale of a tag; of a region that is not known, the language's.
pub(crate) fn locale_of(tag: &str) -> Option<i32> {
    let tag = tag
        .split(';')
        .next()
        .unwrap_or(tag)
        .trim()
        .replace('_', "-");
    let mut all = LOCALES.iter().chain(OTHERS);
    if let Some((_, locale)) = all.find(|(known, _)| known.eq_ignore_ascii_case(&tag)) {
        return Some(*locale);
    }
    let language = tag.split('-').next().filter(|l| !l.is_empty())?;
    let is = |known: &str| known.eq_ignore_ascii_case(language);
    if let Some((_, locale)) = OTHERS.iter().find(|(known, _)| is(known)) {
        return Some(*locale);
    }
    // The lower ten bits are the language.
    let of_language = |(known, _): &&(&str, i32)| known.split('-').next().is_some_and(is);
    LOCALES
        .iter()
        .find(of_language)
        .map(|(_, locale)| locale & 0x3FF)
}

/// The tag of a locale, or of its language where only that is told.
pub(crate) fn tag_of(locale: i32) -> Option<&'static str> {
    let mut all = LOCALES.iter().chain(OTHERS);
    if let Some((tag, _)) = all.find(|(_, known)| *known == locale) {
        return Some(tag);
    }
    let neutral = |(_, known): &&(&str, i32)| known & 0x3FF == locale;
    let (tag, _) = LOCALES.iter().find(neutral)?;
    tag.split('-').next()
}

#[cfg(test)]
mod tests {
    use super::{LOCALES, OTHERS, locale_of, tag_of};

    #[test]
    fn tags_of_locales_are_read_as_them() {
        let known = LOCALES.iter().chain(OTHERS).map(|(_, locale)| *locale);
        for locale in known.chain([0x07, 0x09, 0x0C]) {
            let tag = tag_of(locale).unwrap();
            assert_eq!(locale_of(tag), Some(locale), "{tag}");
        }
        assert_eq!(tag_of(-1), None);
    }

    #[test]
    fn tags_have_locales() {
        let check = |tag: &str, locale| assert_eq!(locale_of(tag), locale, "{tag}");
        check("en-US", Some(0x409));
        check("EN-us", Some(0x409));
        check("de", Some(0x07));
        check("fr;q=0.5", Some(0x0C));
        check("zh_TW", Some(0x404));
        check("zh-Hans", Some(0x04));
        check("es-XX", Some(0x0A));
        check("no", Some(0x14));
        check("x-klingon", None);
        check("", None);
    }
}
