//! Flag words and closed numbers by name.

use mapi_props::tags;

type Names = &'static [(u32, &'static str)];

enum Meaning {
    Flags(Names),
    One(Names),
}

/// The names of a PT_LONG's bits, or of its value.
pub(super) fn describe(id: u16, number: i32) -> Option<String> {
    let bits = number.cast_unsigned();
    match meaning(id)? {
        Meaning::Flags(names) => flags(names, bits),
        Meaning::One(names) => {
            let found = names.iter().find(|(value, _)| *value == bits);
            found.map(|(_, name)| (*name).to_owned())
        }
    }
}

fn flags(names: Names, bits: u32) -> Option<String> {
    let mut rest = bits;
    let mut told = Vec::new();
    for (bit, name) in names.iter().filter(|(bit, _)| bits & bit == *bit) {
        told.push((*name).to_owned());
        rest &= !bit;
    }
    if told.is_empty() {
        return None;
    }
    if rest != 0 {
        told.push(format!("0x{rest:X}"));
    }
    Some(told.join(" | "))
}

fn meaning(id: u16) -> Option<Meaning> {
    let table: [(u16, Meaning); 17] = [
        (tags::MESSAGE_FLAGS.id(), Meaning::Flags(MESSAGE_FLAGS)),
        (tags::MSG_STATUS.id(), Meaning::Flags(MSG_STATUS)),
        (tags::STORE_SUPPORT_MASK.id(), Meaning::Flags(STORE_SUPPORT)),
        (tags::ACCESS.id(), Meaning::Flags(ACCESS)),
        (tags::VALID_FOLDER_MASK.id(), Meaning::Flags(VALID_FOLDERS)),
        (tags::ATTACH_FLAGS.id(), Meaning::Flags(ATTACH_FLAGS)),
        (tags::OBJECT_TYPE.id(), Meaning::One(OBJECT_TYPE)),
        (tags::DISPLAY_TYPE.id(), Meaning::One(DISPLAY_TYPE)),
        (tags::RECIPIENT_TYPE.id(), Meaning::One(RECIPIENT_TYPE)),
        (tags::ATTACH_METHOD.id(), Meaning::One(ATTACH_METHOD)),
        (tags::FOLDER_TYPE.id(), Meaning::One(FOLDER_TYPE)),
        (tags::IMPORTANCE.id(), Meaning::One(IMPORTANCE)),
        (tags::PRIORITY.id(), Meaning::One(PRIORITY)),
        (tags::SENSITIVITY.id(), Meaning::One(SENSITIVITY)),
        (tags::FLAG_STATUS.id(), Meaning::One(FLAG_STATUS)),
        (tags::LAST_VERB_EXECUTED.id(), Meaning::One(LAST_VERB)),
        (tags::NATIVE_BODY_INFO.id(), Meaning::One(NATIVE_BODY)),
    ];
    table
        .into_iter()
        .find(|(known, _)| *known == id)
        .map(|(_, meaning)| meaning)
}

const MESSAGE_FLAGS: Names = &[
    (0x1, "MSGFLAG_READ"),
    (0x2, "MSGFLAG_UNMODIFIED"),
    (0x4, "MSGFLAG_SUBMIT"),
    (0x8, "MSGFLAG_UNSENT"),
    (0x10, "MSGFLAG_HASATTACH"),
    (0x20, "MSGFLAG_FROMME"),
    (0x40, "MSGFLAG_ASSOCIATED"),
    (0x80, "MSGFLAG_RESEND"),
    (0x100, "MSGFLAG_RN_PENDING"),
    (0x200, "MSGFLAG_NRN_PENDING"),
    (0x1000, "MSGFLAG_ORIGIN_X400"),
    (0x2000, "MSGFLAG_ORIGIN_INTERNET"),
    (0x8000, "MSGFLAG_ORIGIN_MISC_EXT"),
];
const MSG_STATUS: Names = &[
    (0x1, "MSGSTATUS_HIGHLIGHTED"),
    (0x2, "MSGSTATUS_TAGGED"),
    (0x4, "MSGSTATUS_HIDDEN"),
    (0x8, "MSGSTATUS_DELMARKED"),
    (0x100, "MSGSTATUS_DRAFT"),
    (0x200, "MSGSTATUS_ANSWERED"),
    (0x1000, "MSGSTATUS_REMOTE_DOWNLOAD"),
    (0x2000, "MSGSTATUS_REMOTE_DELETE"),
];
const STORE_SUPPORT: Names = &[
    (0x1, "STORE_ENTRYID_UNIQUE"),
    (0x2, "STORE_READONLY"),
    (0x4, "STORE_SEARCH_OK"),
    (0x8, "STORE_MODIFY_OK"),
    (0x10, "STORE_CREATE_OK"),
    (0x20, "STORE_ATTACH_OK"),
    (0x40, "STORE_OLE_OK"),
    (0x80, "STORE_SUBMIT_OK"),
    (0x100, "STORE_NOTIFY_OK"),
    (0x200, "STORE_MV_PROPS_OK"),
    (0x400, "STORE_CATEGORIZE_OK"),
    (0x800, "STORE_RTF_OK"),
    (0x1000, "STORE_RESTRICTION_OK"),
    (0x2000, "STORE_SORT_OK"),
    (0x4000, "STORE_PUBLIC_FOLDERS"),
    (0x8000, "STORE_UNCOMPRESSED_RTF"),
    (0x1_0000, "STORE_HTML_OK"),
    (0x2_0000, "STORE_ANSI_OK"),
    (0x4_0000, "STORE_UNICODE_OK"),
];
const ACCESS: Names = &[
    (0x1, "MAPI_ACCESS_MODIFY"),
    (0x2, "MAPI_ACCESS_READ"),
    (0x4, "MAPI_ACCESS_DELETE"),
    (0x8, "MAPI_ACCESS_CREATE_HIERARCHY"),
    (0x10, "MAPI_ACCESS_CREATE_CONTENTS"),
    (0x20, "MAPI_ACCESS_CREATE_ASSOCIATED"),
];
const VALID_FOLDERS: Names = &[
    (0x1, "FOLDER_IPM_SUBTREE_VALID"),
    (0x2, "FOLDER_IPM_INBOX_VALID"),
    (0x4, "FOLDER_IPM_OUTBOX_VALID"),
    (0x8, "FOLDER_IPM_WASTEBASKET_VALID"),
    (0x10, "FOLDER_IPM_SENTMAIL_VALID"),
    (0x20, "FOLDER_VIEWS_VALID"),
    (0x40, "FOLDER_COMMON_VIEWS_VALID"),
    (0x80, "FOLDER_FINDER_VALID"),
];
const ATTACH_FLAGS: Names = &[
    (0x1, "ATT_INVISIBLE_IN_HTML"),
    (0x2, "ATT_INVISIBLE_IN_RTF"),
    (0x4, "ATT_MHTML_REF"),
];
const OBJECT_TYPE: Names = &[
    (1, "MAPI_STORE"),
    (2, "MAPI_ADDRBOOK"),
    (3, "MAPI_FOLDER"),
    (4, "MAPI_ABCONT"),
    (5, "MAPI_MESSAGE"),
    (6, "MAPI_MAILUSER"),
    (7, "MAPI_ATTACH"),
    (8, "MAPI_DISTLIST"),
    (9, "MAPI_PROFSECT"),
    (10, "MAPI_STATUS"),
    (11, "MAPI_SESSION"),
];
const DISPLAY_TYPE: Names = &[
    (0, "DT_MAILUSER"),
    (1, "DT_DISTLIST"),
    (2, "DT_FORUM"),
    (3, "DT_AGENT"),
    (4, "DT_ORGANIZATION"),
    (5, "DT_PRIVATE_DISTLIST"),
    (6, "DT_REMOTE_MAILUSER"),
];
const RECIPIENT_TYPE: Names = &[
    (0, "MAPI_ORIG"),
    (1, "MAPI_TO"),
    (2, "MAPI_CC"),
    (3, "MAPI_BCC"),
    (0x1000_0000, "MAPI_P1"),
];
const ATTACH_METHOD: Names = &[
    (0, "NO_ATTACHMENT"),
    (1, "ATTACH_BY_VALUE"),
    (2, "ATTACH_BY_REFERENCE"),
    (3, "ATTACH_BY_REF_RESOLVE"),
    (4, "ATTACH_BY_REF_ONLY"),
    (5, "ATTACH_EMBEDDED_MSG"),
    (6, "ATTACH_OLE"),
    (7, "ATTACH_BY_WEBREFERENCE"),
];
const FOLDER_TYPE: Names = &[
    (0, "FOLDER_ROOT"),
    (1, "FOLDER_GENERIC"),
    (2, "FOLDER_SEARCH"),
];
const IMPORTANCE: Names = &[(0, "low"), (1, "normal"), (2, "high")];
const PRIORITY: Names = &[(0xFFFF_FFFF, "not urgent"), (0, "normal"), (1, "urgent")];
const SENSITIVITY: Names = &[
    (0, "none"),
    (1, "personal"),
    (2, "private"),
    (3, "company confidential"),
];
const FLAG_STATUS: Names = &[(1, "complete"), (2, "flagged")];
const LAST_VERB: Names = &[
    (102, "replied to sender"),
    (103, "replied to all"),
    (104, "forwarded"),
];
const NATIVE_BODY: Names = &[
    (0, "undefined"),
    (1, "plain text"),
    (2, "RTF"),
    (3, "HTML"),
    (4, "clear-signed"),
];
