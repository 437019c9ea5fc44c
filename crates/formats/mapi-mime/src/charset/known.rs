//! The charsets that are read: how, under which labels, and as which Windows code page.
//! IANA's character sets, WHATWG Encoding §4.2, [MS-UCODEREF] 2.2.1

use std::collections::HashMap;
use std::sync::LazyLock;

use encoding_rs::{self as rs, Encoding};

use mapi_props::upper_halves as tables;

/// A charset.
#[derive(Debug)]
pub(super) struct Charset {
    /// Its Windows code page; 0 where there is none.
    pub(super) page: i32,
    /// The name that mail gives it.
    pub(super) label: &'static str,
    /// Further names, as [`key`] makes them; those that the WHATWG standard lists need not stand here.
    aliases: &'static [&'static str],
    pub(super) how: How,
}

/// How its bytes become text.
#[derive(Debug)]
pub(super) enum How {
    Ascii,
    Utf8,
    Utf7,
    /// UTF-16 and UTF-32, of this many bytes a unit.
    Wide(Wide),
    /// As browsers do.
    Web(&'static Encoding),
    /// ASCII, and these characters from 0x80 on.
    Table(&'static str),
    Viscii,
    /// Escape sequences; the national part is what 8-bit bytes and shifted ones mean.
    Iso2022(Nation),
    Hz,
    Johab,
}

/// A charset of wide units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wide {
    Utf16Le,
    Utf16Be,
    Utf32Le,
    Utf32Be,
}

/// Whose ISO 2022.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nation {
    Japan,
    Korea,
    China,
}

const fn charset(
    page: i32,
    label: &'static str,
    aliases: &'static [&'static str],
    how: How,
) -> Charset {
    Charset {
        page,
        label,
        aliases,
        how,
    }
}

/// Every charset. The first of a page is the one that reads it.
static CHARSETS: &[Charset] = {
    use How::{Ascii, Hz, Iso2022, Johab, Table, Utf7, Utf8, Viscii, Web};
    use Nation::{China, Japan, Korea};
    &[
        charset(
            65001,
            "utf-8",
            &["utf8mb4", "utf8sig", "xutf8", "unicodeutf8"],
            Utf8,
        ),
        charset(
            20127,
            "us-ascii",
            &[
                "ascii",
                "usascii7",
                "ansix341968",
                "ansix341986",
                "iso646us",
                "iso646",
                "isoir6",
                "cp367",
                "csascii",
                "us",
            ],
            Ascii,
        ),
        charset(1250, "windows-1250", &["winlatin2"], Web(rs::WINDOWS_1250)),
        charset(1251, "windows-1251", &["ansi1251"], Web(rs::WINDOWS_1251)),
        charset(
            1252,
            "windows-1252",
            &["ansi", "winlatin1", "ansi1252"],
            Web(rs::WINDOWS_1252),
        ),
        charset(1253, "windows-1253", &["wingreek"], Web(rs::WINDOWS_1253)),
        charset(1254, "windows-1254", &["winturkish"], Web(rs::WINDOWS_1254)),
        charset(1255, "windows-1255", &["winhebrew"], Web(rs::WINDOWS_1255)),
        charset(1256, "windows-1256", &["winarabic"], Web(rs::WINDOWS_1256)),
        charset(1257, "windows-1257", &["winbaltic"], Web(rs::WINDOWS_1257)),
        charset(
            1258,
            "windows-1258",
            &["winvietnamese"],
            Web(rs::WINDOWS_1258),
        ),
        charset(
            874,
            "windows-874",
            &["tis620", "tis6200", "tis62025291", "thai", "thai8"],
            Web(rs::WINDOWS_874),
        ),
        charset(
            28591,
            "iso-8859-1",
            &[
                "latin1",
                "l1",
                "isoir100",
                "cp819",
                "ibm819",
                "csisolatin1",
                "iso885911987",
                "isolatin1",
            ],
            Web(rs::WINDOWS_1252),
        ),
        charset(28592, "iso-8859-2", &["isolatin2"], Web(rs::ISO_8859_2)),
        charset(28593, "iso-8859-3", &["isolatin3"], Web(rs::ISO_8859_3)),
        charset(28594, "iso-8859-4", &["isolatin4"], Web(rs::ISO_8859_4)),
        charset(28595, "iso-8859-5", &["isocyrillic"], Web(rs::ISO_8859_5)),
        charset(28596, "iso-8859-6", &["isoarabic"], Web(rs::ISO_8859_6)),
        charset(28597, "iso-8859-7", &["isogreek"], Web(rs::ISO_8859_7)),
        charset(
            28598,
            "iso-8859-8",
            &["isohebrew", "visual"],
            Web(rs::ISO_8859_8),
        ),
        charset(
            38598,
            "iso-8859-8-i",
            &["iso88598i", "logical"],
            Web(rs::ISO_8859_8_I),
        ),
        charset(
            28599,
            "iso-8859-9",
            &[
                "latin5",
                "l5",
                "isoir148",
                "csisolatin5",
                "iso885991989",
                "isolatin5",
            ],
            Web(rs::WINDOWS_1254),
        ),
        charset(28600, "iso-8859-10", &["isolatin6"], Web(rs::ISO_8859_10)),
        charset(874, "iso-8859-11", &["iso885911"], Web(rs::WINDOWS_874)),
        charset(
            28603,
            "iso-8859-13",
            &["latin7", "l7", "isolatin7"],
            Web(rs::ISO_8859_13),
        ),
        charset(28604, "iso-8859-14", &["isolatin8"], Web(rs::ISO_8859_14)),
        charset(
            28605,
            "iso-8859-15",
            &["latin0", "latin9", "isolatin9"],
            Web(rs::ISO_8859_15),
        ),
        charset(28606, "iso-8859-16", &["isolatin10"], Web(rs::ISO_8859_16)),
        charset(20866, "koi8-r", &["koi8r", "cskoi8r"], Web(rs::KOI8_R)),
        charset(21866, "koi8-u", &["koi8u", "koi8ru"], Web(rs::KOI8_U)),
        charset(0, "koi8-t", &[], Table(tables::KOI8_T)),
        charset(437, "ibm437", &["cspc8codepage437"], Table(tables::CP437)),
        charset(737, "ibm737", &[], Table(tables::CP737)),
        charset(775, "ibm775", &["cspc775baltic"], Table(tables::CP775)),
        charset(
            850,
            "ibm850",
            &["cspc850multilingual"],
            Table(tables::CP850),
        ),
        charset(852, "ibm852", &["cspcp852"], Table(tables::CP852)),
        charset(855, "ibm855", &[], Table(tables::CP855)),
        charset(857, "ibm857", &[], Table(tables::CP857)),
        charset(
            858,
            "ibm00858",
            &["pcmultilingual850euro"],
            Table(tables::CP858),
        ),
        charset(860, "ibm860", &[], Table(tables::CP860)),
        charset(861, "ibm861", &["cpis"], Table(tables::CP861)),
        charset(
            862,
            "ibm862",
            &["cspc862latinhebrew", "dos862"],
            Table(tables::CP862),
        ),
        charset(863, "ibm863", &[], Table(tables::CP863)),
        charset(864, "ibm864", &[], Table(tables::CP864)),
        charset(865, "ibm865", &[], Table(tables::CP865)),
        charset(866, "ibm866", &["alt"], Web(rs::IBM866)),
        charset(869, "ibm869", &["cpgr"], Table(tables::CP869)),
        charset(0, "cp1125", &["cp866u", "ruscii"], Table(tables::CP1125)),
        charset(
            10000,
            "macintosh",
            &["macroman", "applemac"],
            Web(rs::MACINTOSH),
        ),
        charset(
            10004,
            "x-mac-arabic",
            &["macarabic"],
            Table(tables::MAC_ARABIC),
        ),
        charset(
            10006,
            "x-mac-greek",
            &["macgreek"],
            Table(tables::MAC_GREEK),
        ),
        charset(
            10007,
            "x-mac-cyrillic",
            &["maccyrillic"],
            Web(rs::X_MAC_CYRILLIC),
        ),
        charset(
            10010,
            "x-mac-romanian",
            &["macromanian", "macromania"],
            Table(tables::MAC_ROMANIAN),
        ),
        charset(
            10017,
            "x-mac-ukrainian",
            &["macukrainian", "macukraine"],
            Web(rs::X_MAC_CYRILLIC),
        ),
        charset(
            10029,
            "x-mac-ce",
            &[
                "macce",
                "maccenteuro",
                "maclatin2",
                "maccentraleurope",
                "xmaccentraleurroman",
            ],
            Table(tables::MAC_CENTRAL_EUROPE),
        ),
        charset(
            10079,
            "x-mac-icelandic",
            &["maciceland", "macicelandic"],
            Table(tables::MAC_ICELANDIC),
        ),
        charset(
            10081,
            "x-mac-turkish",
            &["macturkish"],
            Table(tables::MAC_TURKISH),
        ),
        charset(
            10082,
            "x-mac-croatian",
            &["maccroatian"],
            Table(tables::MAC_CROATIAN),
        ),
        charset(
            932,
            "shift_jis",
            &[
                "mskanji",
                "shiftjisx0213",
                "sjis2004",
                "xmacjapanese",
                "cp943",
            ],
            Web(rs::SHIFT_JIS),
        ),
        charset(
            51932,
            "euc-jp",
            &["eucjp", "ujis", "eucjpms", "eucjis2004"],
            Web(rs::EUC_JP),
        ),
        charset(20932, "euc-jp", &[], Web(rs::EUC_JP)),
        charset(
            50220,
            "iso-2022-jp",
            &[
                "iso2022jp1",
                "iso2022jp2",
                "iso2022jp3",
                "iso2022jp2004",
                "iso2022jpms",
                "csiso2022jp2",
                "jis",
                "xjis",
                "jis7",
            ],
            Iso2022(Japan),
        ),
        charset(50221, "csiso2022jp", &[], Iso2022(Japan)),
        charset(50222, "iso-2022-jp", &[], Iso2022(Japan)),
        charset(
            936,
            "gbk",
            &["gb2312", "xmacchinesesimp", "eucgb2312cn"],
            Web(rs::GBK),
        ),
        charset(51936, "euc-cn", &["euccn", "xeuccn"], Web(rs::GBK)),
        charset(
            54936,
            "gb18030",
            &["gb180302000", "gb180302005"],
            Web(rs::GB18030),
        ),
        charset(52936, "hz-gb-2312", &["hz", "hzgb"], Hz),
        charset(
            50227,
            "iso-2022-cn",
            &["csiso2022cn", "iso2022cnext", "xcp50227"],
            Iso2022(China),
        ),
        charset(
            950,
            "big5",
            &[
                "big5hkscs",
                "big5hkscs2004",
                "big5eten",
                "xmacchinesetrad",
                "cp951",
            ],
            Web(rs::BIG5),
        ),
        charset(
            949,
            "ks_c_5601-1987",
            &["uhc", "xmackorean"],
            Web(rs::EUC_KR),
        ),
        charset(51949, "euc-kr", &["euckr", "cseuckr"], Web(rs::EUC_KR)),
        charset(50225, "iso-2022-kr", &["csiso2022kr"], Iso2022(Korea)),
        charset(1361, "johab", &["ksc5601johab"], Johab),
        charset(
            65000,
            "utf-7",
            &[
                "unicode11utf7",
                "csunicode11utf7",
                "xunicode20utf7",
                "unicode20utf7",
            ],
            Utf7,
        ),
        charset(
            1200,
            "utf-16le",
            &["utf16", "unicode", "ucs2", "iso10646ucs2"],
            How::Wide(Wide::Utf16Le),
        ),
        charset(1201, "utf-16be", &["unicodefffe"], How::Wide(Wide::Utf16Be)),
        charset(
            12000,
            "utf-32le",
            &["utf32", "ucs4", "iso10646ucs4"],
            How::Wide(Wide::Utf32Le),
        ),
        charset(12001, "utf-32be", &[], How::Wide(Wide::Utf32Be)),
        charset(0, "viscii", &["csviscii", "viscii111"], Viscii),
        charset(
            0,
            "hp-roman8",
            &["roman8", "r8", "cshproman8"],
            Table(tables::HP_ROMAN8),
        ),
        charset(
            0,
            "ptcp154",
            &["csptcp154", "pt154", "cp154", "cyrillicasian"],
            Table(tables::PTCP154),
        ),
        charset(
            0,
            "kz-1048",
            &["strk10482002", "rk1048", "cskz1048"],
            Table(tables::KZ1048),
        ),
        charset(0, "armscii-8", &[], Table(tables::ARMSCII8)),
        charset(0, "georgian-ps", &[], Table(tables::GEORGIAN_PS)),
        charset(0, "x-user-defined", &[], Web(rs::X_USER_DEFINED)),
    ]
};

/// Charsets by their label and aliases as [`key`] makes them.
static BY_KEY: LazyLock<HashMap<String, &'static Charset>> = LazyLock::new(|| {
    let mut map = HashMap::new();
    for charset in CHARSETS {
        map.entry(key(charset.label)).or_insert(charset);
        for alias in charset.aliases {
            map.entry((*alias).to_owned()).or_insert(charset);
        }
    }
    map
});

/// Longest label that is looked up.
const LABEL_MAX: usize = 60;

/// The charset that a label means.
pub(super) fn by_label(label: &str) -> Option<&'static Charset> {
    if label.eq_ignore_ascii_case("utf-8") {
        return CHARSETS.first();
    }
    if label.len() > LABEL_MAX {
        return None;
    }
    let key = key(label);
    BY_KEY
        .get(&key)
        .copied()
        .or_else(|| by_web_label(label))
        .or_else(|| by_number(&key))
}

/// The charset that reads a Windows code page.
pub(super) fn by_page(page: i32) -> Option<&'static Charset> {
    CHARSETS.iter().find(|c| c.page == page && page != 0)
}

/// The charset that browsers mean, with a Windows page of its own where there is one.
pub(super) fn by_encoding(encoding: &'static Encoding) -> Option<&'static Charset> {
    let same = |c: &&Charset| match c.how {
        How::Web(e) => e == encoding,
        How::Utf8 => encoding == rs::UTF_8,
        How::Iso2022(Nation::Japan) => encoding == rs::ISO_2022_JP,
        _ => false,
    };
    CHARSETS.iter().find(same)
}

/// Letters and digits of a label in lower case: writers spell the rest as they like. `ISO_8859-1:1987` is cut before
/// its year.
fn key(label: &str) -> String {
    let name = label.split(':').next().unwrap_or(label);
    let kept = name.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

fn by_web_label(label: &str) -> Option<&'static Charset> {
    by_encoding(Encoding::for_label(label.as_bytes())?)
}

/// `cp-850`, `ibm850`, `win1252`, `8859_1`, `x-cp1250`.
fn by_number(key: &str) -> Option<&'static Charset> {
    let digits = key.find(|c: char| c.is_ascii_digit())?;
    let (prefix, digits) = key.split_at(digits);
    if let Some(part) = digits
        .strip_prefix("8859")
        .filter(|_| matches!(prefix, "" | "iso" | "xiso" | "csiso"))
    {
        return BY_KEY.get(&format!("iso8859{part}")).copied();
    }
    let known = matches!(
        prefix,
        "" | "cp"
            | "xcp"
            | "ibm"
            | "xibm"
            | "csibm"
            | "win"
            | "windows"
            | "xwindows"
            | "ms"
            | "dos"
            | "oem"
            | "pc"
            | "codepage"
            | "cspc"
    );
    let page = digits.parse().ok().filter(|_| known)?;
    by_page(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_however_they_are_spelt() {
        let check = |label: &str, page: i32| {
            assert_eq!(by_label(label).map(|c| c.page), Some(page), "{label}");
        };
        for label in [
            "UTF-8",
            "utf8",
            "utf_8",
            "unicode-1-1-utf-8",
            "cp65001",
            "utf-8;",
        ] {
            check(label, 65001);
        }
        for label in [
            "iso-8859-1",
            "ISO_8859-1:1987",
            "latin1",
            "latin-1",
            "l1",
            "iso8859-1",
            "8859_1",
            "ISO8859_1",
        ] {
            check(label, 28591);
        }
        for (label, page) in [
            ("ANSI_X3.4-1968", 20127),
            ("cp-850", 850),
            ("IBM850", 850),
            ("850", 850),
            ("cp00858", 858),
            ("win-1252", 1252),
            ("windows1251", 1251),
            ("x-cp1250", 1250),
            ("ms932", 932),
            ("Windows-31J", 932),
            ("unicode-1-1-utf-7", 65000),
            ("iso-8859-8-i", 38598),
            ("csISO88598I", 38598),
            ("iso-8859-11", 874),
            ("TIS-620", 874),
            ("euc-kr", 51949),
            ("ks_c_5601-1987", 949),
            ("gb2312", 936),
            ("gb_2312-80", 936),
            ("big5-hkscs", 950),
            ("hz-gb-2312", 52936),
            ("iso-2022-kr", 50225),
            ("iso-2022-cn", 50227),
            ("x-mac-roman", 10000),
            ("iso-8859-10", 28600),
            ("viscii", 0),
        ] {
            check(label, page);
        }
        for label in [
            "",
            "x-unknown",
            "unknown-8bit",
            "binary",
            "8bit",
            "utf",
            "999999",
        ] {
            assert!(by_label(label).is_none(), "{label}");
        }
    }

    #[test]
    fn every_label_means_its_charset() {
        for charset in CHARSETS.iter().filter(|c| !matches!(c.page, 20932 | 50222)) {
            let found = by_label(charset.label).unwrap();
            assert_eq!((found.page, found.label), (charset.page, charset.label));
            for alias in charset.aliases {
                assert_eq!(*alias, key(alias), "an alias is a key");
                assert_eq!(by_label(alias).unwrap().label, charset.label, "{alias}");
            }
            if let How::Table(table) = charset.how {
                assert_eq!(table.chars().count(), 128, "{}", charset.label);
            }
        }
    }
}
