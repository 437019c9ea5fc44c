//! Flag words and closed numbers that travel as PT_LONG.

/// PR_OBJECT_TYPE.
pub mod object_type {
    /// MAPI_STORE.
    pub const STORE: i32 = 1;
    /// MAPI_ADDRBOOK.
    pub const ADDRBOOK: i32 = 2;
    /// MAPI_FOLDER.
    pub const FOLDER: i32 = 3;
    /// MAPI_ABCONT.
    pub const ABCONT: i32 = 4;
    /// MAPI_MESSAGE.
    pub const MESSAGE: i32 = 5;
    /// MAPI_MAILUSER.
    pub const MAILUSER: i32 = 6;
    /// MAPI_ATTACH.
    pub const ATTACH: i32 = 7;
    /// MAPI_DISTLIST.
    pub const DISTLIST: i32 = 8;
    /// MAPI_PROFSECT.
    pub const PROFSECT: i32 = 9;
    /// MAPI_STATUS.
    pub const STATUS: i32 = 10;
    /// MAPI_SESSION.
    pub const SESSION: i32 = 11;
}

/// PR_RESOURCE_TYPE: what a row of the status table, or a provider, is about.
pub mod resource_type {
    /// MAPI_STORE_PROVIDER.
    pub const STORE_PROVIDER: i32 = 33;
    /// MAPI_AB: the address book of the session.
    pub const ADDRESS_BOOK: i32 = 34;
    /// MAPI_AB_PROVIDER.
    pub const ADDRESS_BOOK_PROVIDER: i32 = 35;
    /// MAPI_TRANSPORT_PROVIDER.
    pub const TRANSPORT_PROVIDER: i32 = 36;
    /// MAPI_SPOOLER.
    pub const SPOOLER: i32 = 37;
    /// MAPI_SUBSYSTEM.
    pub const SUBSYSTEM: i32 = 39;
}

/// PR_STATUS_CODE.
pub mod status_code {
    /// STATUS_AVAILABLE.
    pub const AVAILABLE: i32 = 0x1;
    /// STATUS_OFFLINE: works with what there is here.
    pub const OFFLINE: i32 = 0x2;
    /// STATUS_FAILURE: does not work.
    pub const FAILURE: i32 = 0x4;
    /// STATUS_INBOUND_ENABLED: may fetch.
    pub const INBOUND_ENABLED: i32 = 0x0001_0000;
    /// STATUS_INBOUND_ACTIVE: fetches.
    pub const INBOUND_ACTIVE: i32 = 0x0002_0000;
    /// STATUS_INBOUND_FLUSH: was told to fetch everything.
    pub const INBOUND_FLUSH: i32 = 0x0004_0000;
    /// STATUS_OUTBOUND_ENABLED: may send.
    pub const OUTBOUND_ENABLED: i32 = 0x0010_0000;
    /// STATUS_OUTBOUND_ACTIVE: sends.
    pub const OUTBOUND_ACTIVE: i32 = 0x0020_0000;
    /// STATUS_OUTBOUND_FLUSH: was told to send everything.
    pub const OUTBOUND_FLUSH: i32 = 0x0040_0000;
    /// STATUS_REMOTE_ACCESS: shows headers before it fetches messages.
    pub const REMOTE_ACCESS: i32 = 0x0080_0000;
}

/// PR_RESOURCE_METHODS: which methods a status object has.
pub mod resource_methods {
    /// STATUS_VALIDATE_STATE.
    pub const VALIDATE_STATE: i32 = 0x1;
    /// STATUS_SETTINGS_DIALOG.
    pub const SETTINGS_DIALOG: i32 = 0x2;
    /// STATUS_CHANGE_PASSWORD.
    pub const CHANGE_PASSWORD: i32 = 0x4;
    /// STATUS_FLUSH_QUEUES.
    pub const FLUSH_QUEUES: i32 = 0x8;
}

/// PR_MESSAGE_FLAGS.
pub mod message_flags {
    /// MSGFLAG_READ.
    pub const READ: u32 = 0x1;
    /// MSGFLAG_UNMODIFIED.
    pub const UNMODIFIED: u32 = 0x2;
    /// MSGFLAG_SUBMIT.
    pub const SUBMIT: u32 = 0x4;
    /// MSGFLAG_UNSENT.
    pub const UNSENT: u32 = 0x8;
    /// MSGFLAG_HASATTACH.
    pub const HASATTACH: u32 = 0x10;
    /// MSGFLAG_FROMME.
    pub const FROMME: u32 = 0x20;
    /// MSGFLAG_ASSOCIATED.
    pub const ASSOCIATED: u32 = 0x40;
    /// MSGFLAG_RESEND.
    pub const RESEND: u32 = 0x80;
    /// MSGFLAG_RN_PENDING.
    pub const RN_PENDING: u32 = 0x100;
    /// MSGFLAG_NRN_PENDING.
    pub const NRN_PENDING: u32 = 0x200;
    /// MSGFLAG_ORIGIN_X400.
    pub const ORIGIN_X400: u32 = 0x1000;
    /// MSGFLAG_ORIGIN_INTERNET.
    pub const ORIGIN_INTERNET: u32 = 0x2000;
    /// MSGFLAG_ORIGIN_MISC_EXT.
    pub const ORIGIN_MISC_EXT: u32 = 0x8000;
}

/// PR_RECIPIENT_TYPE.
pub mod recipient_type {
    /// MAPI_ORIG.
    pub const ORIG: i32 = 0;
    /// MAPI_TO.
    pub const TO: i32 = 1;
    /// MAPI_CC.
    pub const CC: i32 = 2;
    /// MAPI_BCC.
    pub const BCC: i32 = 3;
    /// MAPI_P1: resend only.
    pub const P1: i32 = 0x1000_0000;
    /// MAPI_SUBMITTED, beside the others: resend only, and this one has it.
    pub const SUBMITTED: i32 = i32::MIN;
}

/// PR_ATTACH_METHOD.
pub mod attach_method {
    /// NO_ATTACHMENT.
    pub const NONE: i32 = 0;
    /// ATTACH_BY_VALUE.
    pub const BY_VALUE: i32 = 1;
    /// ATTACH_BY_REFERENCE.
    pub const BY_REFERENCE: i32 = 2;
    /// ATTACH_BY_REF_RESOLVE.
    pub const BY_REF_RESOLVE: i32 = 3;
    /// ATTACH_BY_REF_ONLY.
    pub const BY_REF_ONLY: i32 = 4;
    /// ATTACH_EMBEDDED_MSG.
    pub const EMBEDDED_MSG: i32 = 5;
    /// ATTACH_OLE.
    pub const OLE: i32 = 6;
    /// ATTACH_BY_WEBREFERENCE.
    pub const BY_WEBREFERENCE: i32 = 7;
}

/// PR_FOLDER_TYPE.
pub mod folder_type {
    /// FOLDER_ROOT.
    pub const ROOT: i32 = 0;
    /// FOLDER_GENERIC.
    pub const GENERIC: i32 = 1;
    /// FOLDER_SEARCH.
    pub const SEARCH: i32 = 2;
}

/// PR_ACCESS.
pub mod access {
    /// MAPI_ACCESS_MODIFY.
    pub const MODIFY: i32 = 0x1;
    /// MAPI_ACCESS_READ.
    pub const READ: i32 = 0x2;
    /// MAPI_ACCESS_DELETE.
    pub const DELETE: i32 = 0x4;
    /// MAPI_ACCESS_CREATE_HIERARCHY.
    pub const CREATE_HIERARCHY: i32 = 0x8;
    /// MAPI_ACCESS_CREATE_CONTENTS.
    pub const CREATE_CONTENTS: i32 = 0x10;
    /// MAPI_ACCESS_CREATE_ASSOCIATED.
    pub const CREATE_ASSOCIATED: i32 = 0x20;
}

/// PR_STORE_SUPPORT_MASK.
pub mod store_support {
    /// STORE_ENTRYID_UNIQUE: identifiers are never reused.
    pub const ENTRYID_UNIQUE: u32 = 0x1;
    /// STORE_READONLY.
    pub const READONLY: u32 = 0x2;
    /// STORE_SEARCH_OK: search folders.
    pub const SEARCH_OK: u32 = 0x4;
    /// STORE_MODIFY_OK.
    pub const MODIFY_OK: u32 = 0x8;
    /// STORE_CREATE_OK.
    pub const CREATE_OK: u32 = 0x10;
    /// STORE_ATTACH_OK.
    pub const ATTACH_OK: u32 = 0x20;
    /// STORE_OLE_OK.
    pub const OLE_OK: u32 = 0x40;
    /// STORE_SUBMIT_OK.
    pub const SUBMIT_OK: u32 = 0x80;
    /// STORE_NOTIFY_OK.
    pub const NOTIFY_OK: u32 = 0x100;
    /// STORE_MV_PROPS_OK.
    pub const MV_PROPS_OK: u32 = 0x200;
    /// STORE_CATEGORIZE_OK.
    pub const CATEGORIZE_OK: u32 = 0x400;
    /// STORE_RTF_OK.
    pub const RTF_OK: u32 = 0x800;
    /// STORE_RESTRICTION_OK.
    pub const RESTRICTION_OK: u32 = 0x1000;
    /// STORE_SORT_OK.
    pub const SORT_OK: u32 = 0x2000;
    /// STORE_PUBLIC_FOLDERS.
    pub const PUBLIC_FOLDERS: u32 = 0x4000;
    /// STORE_UNCOMPRESSED_RTF.
    pub const UNCOMPRESSED_RTF: u32 = 0x8000;
    /// STORE_HTML_OK.
    pub const HTML_OK: u32 = 0x1_0000;
    /// STORE_ANSI_OK.
    pub const ANSI_OK: u32 = 0x2_0000;
    /// STORE_UNICODE_OK.
    pub const UNICODE_OK: u32 = 0x4_0000;
}
