//! Flag words of calls. Bits that a call does not know are `MAPI_E_UNKNOWN_FLAGS`.

use std::ops::BitOr;

use mapi_props::Code;
use mapi_spi::{Error, Result};

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident { $($(#[$bit_doc:meta])* $bit:ident = $value:literal;)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
            pub struct $name(u32);

            impl $name {
                /// No flag.
                pub const NONE: Self = Self(0);
                $($(#[$bit_doc])* pub const $bit: Self = Self($value);)*

                /// The flags of a raw word.
                ///
                /// # Errors
                /// `MAPI_E_UNKNOWN_FLAGS` for a bit that is none of them.
                pub fn from_bits(bits: u32) -> Result<Self> {
                    let known = 0 $(| $value)*;
                    if bits & !known == 0 {
                        return Ok(Self(bits));
                    }
                    Err(Error::new(
                        Code::UNKNOWN_FLAGS,
                        format!("0x{:08X} is not known to {}", bits & !known, stringify!($name)),
                    ))
                }

                /// The raw word.
                #[must_use]
                pub const fn bits(self) -> u32 {
                    self.0
                }

                /// These flags and those of `other`, in constants.
                #[must_use]
                pub const fn with(self, other: Self) -> Self {
                    Self(self.0 | other.0)
                }

                /// Whether every flag of `other` is set.
                #[must_use]
                pub const fn contains(self, other: Self) -> bool {
                    self.0 & other.0 == other.0
                }
            }

            impl BitOr for $name {
                type Output = Self;
                fn bitor(self, other: Self) -> Self {
                    Self(self.0 | other.0)
                }
            }
        )*
    };
}

flags! {
    /// How an object is opened. None: read-only.
    OpenFlags {
        /// MAPI_MODIFY: for reading and writing, or fail.
        MODIFY = 0x1;
        /// SHOW_SOFT_DELETES: soft-deleted objects too.
        SHOW_SOFT_DELETES = 0x2;
        /// MAPI_DEFERRED_ERRORS: an object that is gone, or that may not be opened so, is opened all the same; calls that
        /// need it say so.
        DEFERRED_ERRORS = 0x8;
        /// MAPI_BEST_ACCESS: as much as there is.
        BEST_ACCESS = 0x10;
        /// MAPI_NO_CACHE: accepted.
        NO_CACHE = 0x200;
        /// MAPI_CACHE_ONLY: accepted.
        CACHE_ONLY = 0x4000;
    }

    /// MAPILogonEx.
    LogonFlags {
        /// MAPI_LOGON_UI: a person may be asked, for a profile and for what services lack.
        LOGON_UI = 0x1;
        /// MAPI_NEW_SESSION: a session of its own, even if there is one to join.
        NEW_SESSION = 0x2;
        /// MAPI_APP_PROFILE: a person may also choose profiles that programs made for themselves.
        APP_PROFILE = 0x4;
        /// MAPI_ALLOW_OTHERS: others may join the session.
        ALLOW_OTHERS = 0x8;
        /// MAPI_EXPLICIT_PROFILE: a person who is asked for a profile is not offered the default one first. A profile that
        /// is named and does not exist is replaced by the default one only with USE_DEFAULT, with this or without.
        EXPLICIT_PROFILE = 0x10;
        /// MAPI_EXTENDED: always set.
        EXTENDED = 0x20;
        /// MAPI_USE_DEFAULT: the default profile, unless one is named that exists.
        USE_DEFAULT = 0x40;
        /// MAPI_FORCE_DOWNLOAD: transports are told to fetch everything.
        FORCE_DOWNLOAD = 0x1000;
        /// MAPI_SERVICE_UI_ALWAYS: a person sees the settings of every service first.
        SERVICE_UI_ALWAYS = 0x2000;
        /// MAPI_NO_MAIL: this logon neither sends nor receives.
        NO_MAIL = 0x8000;
        /// MAPI_NT_SERVICE: the program is a service of the system: nobody is ever asked.
        NT_SERVICE = 0x10000;
        /// MAPI_PASSWORD_UI: accepted, but not with LOGON_UI; profiles have no passwords to ask for.
        PASSWORD_UI = 0x20000;
        /// MAPI_TIMEOUT_SHORT: `MAPI_E_TIMEOUT` instead of waiting while somebody else logs on.
        TIMEOUT_SHORT = 0x10_0000;
        /// MAPI_BG_SESSION: accepted; every session leaves the foreground alone.
        BG_SESSION = 0x20_0000;
        /// MAPI_UNICODE: accepted; all texts are Unicode.
        UNICODE = 0x8000_0000;
    }

    /// What can be said of a property in memory (HrSetPropAccess).
    PropAccess {
        /// IPROP_READONLY.
        READ_ONLY = 0x1;
        /// IPROP_READWRITE.
        READ_WRITE = 0x2;
        /// IPROP_CLEAN: it is as it was.
        CLEAN = 0x1_0000;
        /// IPROP_DIRTY: it was set.
        DIRTY = 0x2_0000;
    }

    /// IMAPIStatus::ValidateState.
    ValidateFlags {
        /// SUPPRESS_UI: nobody is asked anything.
        SUPPRESS_UI = 0x1;
        /// REFRESH_XP_HEADER_CACHE: of transports: headers are to be fetched.
        REFRESH_XP_HEADER_CACHE = 0x1_0000;
        /// PROCESS_XP_HEADER_CACHE: of transports: what is marked is to be fetched or deleted.
        PROCESS_XP_HEADER_CACHE = 0x2_0000;
        /// FORCE_XP_CONNECT: of transports: go online.
        FORCE_XP_CONNECT = 0x4_0000;
        /// FORCE_XP_DISCONNECT: of transports: go offline.
        FORCE_XP_DISCONNECT = 0x8_0000;
        /// CONFIG_CHANGED: the settings in the profile are others now.
        CONFIG_CHANGED = 0x10_0000;
        /// ABORT_XP_HEADER_OPERATION: of transports: stop what was begun with headers.
        ABORT_XP_HEADER_OPERATION = 0x20_0000;
        /// SHOW_XP_SESSION_UI: of transports: show what they do.
        SHOW_XP_SESSION_UI = 0x40_0000;
    }

    /// IMAPIStatus::SettingsDialog.
    SettingsFlags {
        /// UI_READONLY: settings are shown and not changed.
        READ_ONLY = 0x1;
    }

    /// IMAPIStatus::FlushQueues.
    FlushFlags {
        /// FLUSH_UPLOAD: send.
        UPLOAD = 0x2;
        /// FLUSH_DOWNLOAD: fetch.
        DOWNLOAD = 0x4;
        /// FLUSH_FORCE: also what is not due yet.
        FORCE = 0x8;
        /// FLUSH_NO_UI: nothing is shown.
        NO_UI = 0x10;
        /// FLUSH_ASYNC_OK: the call may return before the work is done.
        ASYNC_OK = 0x20;
    }

    /// OpenMsgStore. None: everything in the store is open for reading only.
    StoreFlags {
        /// MDB_NO_DIALOG: nobody is asked anything; nobody ever is.
        NO_DIALOG = 0x1;
        /// MDB_WRITE: for reading and writing, or fail.
        WRITE = 0x4;
        /// MAPI_DEFERRED_ERRORS: accepted; errors are told at once all the same.
        DEFERRED_ERRORS = 0x8;
        /// MAPI_BEST_ACCESS: as much as there is.
        BEST_ACCESS = 0x10;
        /// MDB_TEMPORARY: without a row in the stores table, and open only as long as somebody uses it.
        TEMPORARY = 0x20;
        /// MDB_NO_MAIL: no standard folders are made.
        NO_MAIL = 0x80;
        /// MDB_ONLINE: accepted; there is no copy of a store to get around.
        ONLINE = 0x100;
    }

    /// OpenProfileSection. None: for reading.
    SectionFlags {
        /// MAPI_MODIFY: for writing; a section that does not exist is made.
        MODIFY = 0x1;
        /// MAPI_DEFERRED_ERRORS: accepted; errors are told at once all the same.
        DEFERRED_ERRORS = 0x8;
        /// MAPI_FORCE_ACCESS: also sections that belong to providers.
        FORCE_ACCESS = 0x8_0000;
    }

    /// LaunchWizard.
    WizardFlags {
        /// MAPI_PW_FIRST_PROFILE: the profile becomes the default one.
        FIRST_PROFILE = 0x1;
        /// MAPI_PW_LAUNCHED_BY_CONFIG: accepted; who launched it makes no difference.
        LAUNCHED_BY_CONFIG = 0x2;
        /// MAPI_PW_ADD_SERVICE_ONLY: services are added to the default profile, if there is one.
        ADD_SERVICE_ONLY = 0x4;
        /// MAPI_PW_PROVIDER_UI_ONLY: with ADD_SERVICE_ONLY: only the pages of the services are shown.
        PROVIDER_UI_ONLY = 0x8;
        /// MAPI_PW_HIDE_SERVICES_LIST: the services are those named, without a page to choose from.
        HIDE_SERVICES_LIST = 0x10;
    }

    /// CreateProfile, DeleteProfile and the like, and GetProfileTable.
    ProfileFlags {
        /// MAPI_DEFAULT_SERVICES: a new profile gets the services that the program names for it.
        DEFAULT_SERVICES = 0x1;
        /// MAPI_APP_PROFILE: profiles that programs made for themselves.
        APP_PROFILE = 0x4;
        /// MAPI_DIALOG: the entry points of services may ask a person.
        DIALOG = 0x8;
    }

    /// ConfigureMsgService, CreateProvider.
    ServiceFlags {
        /// SERVICE_UI_ALWAYS: a person is shown the settings, whatever is known.
        UI_ALWAYS = 0x2;
        /// UI_CURRENT_PROVIDER_FIRST: the settings of the provider that is used are shown first.
        UI_CURRENT_PROVIDER_FIRST = 0x4;
        /// MSG_SERVICE_UI_READ_ONLY: settings are shown, not changed.
        UI_READ_ONLY = 0x8;
        /// SERVICE_UI_ALLOWED: a person may be asked for what is missing.
        UI_ALLOWED = 0x10;
        /// SERVICE_NO_RESTART_WARNING: accepted; nobody is warned of anything.
        NO_RESTART_WARNING = 0x80;
    }

    /// SaveChanges. None: the handle becomes read-only.
    SaveFlags {
        /// KEEP_OPEN_READONLY.
        KEEP_OPEN_READONLY = 0x1;
        /// KEEP_OPEN_READWRITE: the handle stays writable, or nothing is saved.
        KEEP_OPEN_READWRITE = 0x2;
        /// FORCE_SAVE: over somebody else's save.
        FORCE_SAVE = 0x4;
        /// MAPI_DEFERRED_ERRORS: accepted.
        DEFERRED_ERRORS = 0x8;
        /// SPAMFILTER_ONSAVE: accepted.
        SPAMFILTER_ONSAVE = 0x80;
        /// NON_EMS_XP_SAVE: accepted.
        NON_EMS_XP_SAVE = 0x1000;
    }

    /// OpenProperty.
    PropertyFlags {
        /// MAPI_MODIFY: for writing too.
        MODIFY = 0x1;
        /// MAPI_CREATE: make it, or throw away what is there. Needs MODIFY.
        CREATE = 0x2;
        /// MAPI_DEFERRED_ERRORS: accepted.
        DEFERRED_ERRORS = 0x8;
    }

    /// CreateFolder.
    CreateFolderFlags {
        /// OPEN_IF_EXISTS: a folder of that name is opened instead of `MAPI_E_COLLISION`.
        OPEN_IF_EXISTS = 0x1;
    }

    /// DeleteFolder.
    DeleteFolderFlags {
        /// DEL_MESSAGES: messages are no obstacle.
        DEL_MESSAGES = 0x1;
        /// DEL_FOLDERS: sub-folders are no obstacle.
        DEL_FOLDERS = 0x4;
        /// DELETE_HARD_DELETE: for good.
        HARD_DELETE = 0x10;
    }

    /// EmptyFolder.
    EmptyFolderFlags {
        /// DEL_ASSOCIATED: associated messages too.
        DEL_ASSOCIATED = 0x8;
        /// DELETE_HARD_DELETE: for good.
        HARD_DELETE = 0x10;
    }

    /// DeleteMessages.
    DeleteFlags {
        /// DELETE_HARD_DELETE: for good, soft-deleted ones too.
        HARD_DELETE = 0x10;
    }

    /// CopyMessages.
    CopyFlags {
        /// MESSAGE_MOVE.
        MOVE = 0x1;
        /// MESSAGE_DIALOG: accepted; progress goes to the call's own.
        DIALOG = 0x2;
    }

    /// CopyTo and CopyProps.
    CopyPropFlags {
        /// MAPI_MOVE: what was copied is deleted from the source.
        MOVE = 0x1;
        /// MAPI_NOREPLACE: what the destination has, it keeps.
        NOREPLACE = 0x2;
        /// MAPI_DECLINE_OK: accepted; nothing here leaves copying to somebody else.
        DECLINE_OK = 0x4;
        /// MAPI_DIALOG: accepted; progress goes to the call's own.
        DIALOG = 0x8;
    }

    /// CopyFolder.
    CopyFolderFlags {
        /// FOLDER_MOVE; takes everything below with it.
        MOVE = 0x1;
        /// FOLDER_DIALOG: accepted; progress goes to the call's own.
        DIALOG = 0x2;
        /// COPY_SUBFOLDERS.
        COPY_SUBFOLDERS = 0x10;
    }

    /// SetReadFlag and SetReadFlags.
    ReadFlags {
        /// SUPPRESS_RECEIPT: mark as read, no read report.
        SUPPRESS_RECEIPT = 0x1;
        /// CLEAR_READ_FLAG: mark as unread.
        CLEAR_READ_FLAG = 0x4;
        /// MAPI_DEFERRED_ERRORS: accepted.
        DEFERRED_ERRORS = 0x8;
        /// GENERATE_RECEIPT_ONLY: send a pending read report, mark nothing.
        GENERATE_RECEIPT_ONLY = 0x10;
        /// CLEAR_RN_PENDING.
        CLEAR_RN_PENDING = 0x20;
        /// CLEAR_NRN_PENDING.
        CLEAR_NRN_PENDING = 0x40;
    }

    /// HrValidateIPMSubtree.
    TreeFlags {
        /// MAPI_FORCE_CREATE: verify even what the mask calls valid.
        FORCE_CREATE = 0x1;
        /// MAPI_FULL_IPM_TREE: all eight folders instead of the least three.
        FULL_IPM_TREE = 0x2;
    }

    /// GetNamesFromIDs.
    NameFlags {
        /// MAPI_NO_STRINGS: names by string are left out.
        NO_STRINGS = 0x1;
        /// MAPI_NO_IDS: names by number are left out.
        NO_IDS = 0x2;
    }

    /// SetColumns, Restrict and SortTable. None: done when the call returns.
    TableFlags {
        /// TBL_ASYNC: the call returns at once, the work goes on in the background.
        ASYNC = 0x1;
        /// TBL_BATCH: nothing is worked out, and no error told, before data is asked for. Stronger than ASYNC.
        BATCH = 0x2;
    }

    /// ScInitMapiUtil: no bit has a meaning.
    UtilityFlags {}

    /// SaveContentsSort.
    SortFlags {
        /// RECURSIVE_SORT: for all folders below too, those made later as well.
        RECURSIVE = 0x2;
    }

    /// MAPIInitialize.
    InitFlags {
        /// MAPI_MULTITHREAD_NOTIFICATIONS: sinks are called on a thread of the library's own. Without it, on the
        /// initialising thread, when that dispatches.
        MULTITHREAD_NOTIFICATIONS = 0x1;
        /// MAPI_NO_COINIT: accepted; there is no COM.
        NO_COINIT = 0x8;
        /// MAPI_NT_SERVICE: accepted.
        NT_SERVICE = 0x10000;
    }

    /// Logoff.
    LogoffFlags {
        /// MAPI_LOGOFF_SHARED: everybody else who is logged on to the same session is told.
        SHARED = 0x1;
        /// MAPI_LOGOFF_UI: accepted; nothing is ever shown.
        UI = 0x2;
    }

    /// StoreLogoff: one of the first five, and what goes on in the store.
    StoreLogoffFlags {
        /// LOGOFF_NO_WAIT: what is ready is sent, nobody waits for it.
        NO_WAIT = 0x1;
        /// LOGOFF_ORDERLY: what is being sent is sent, nobody waits for it.
        ORDERLY = 0x2;
        /// LOGOFF_PURGE: everything is sent and fetched first.
        PURGE = 0x4;
        /// LOGOFF_ABORT: what this session has sent and fetched is ended; not while anything else is.
        ABORT = 0x8;
        /// LOGOFF_QUIET: not while anything is being sent or fetched.
        QUIET = 0x10;
        /// LOGOFF_INBOUND: messages are being fetched.
        INBOUND = 0x20000;
        /// LOGOFF_OUTBOUND: a message is being sent.
        OUTBOUND = 0x40000;
        /// LOGOFF_OUTBOUND_QUEUE: messages wait to be sent.
        OUTBOUND_QUEUE = 0x80000;
    }

    /// Advise: which events are asked for (fnev…).
    EventMask {
        /// fnevCriticalError.
        CRITICAL_ERROR = 0x1;
        /// fnevNewMail.
        NEW_MAIL = 0x2;
        /// fnevObjectCreated.
        OBJECT_CREATED = 0x4;
        /// fnevObjectDeleted.
        OBJECT_DELETED = 0x8;
        /// fnevObjectModified.
        OBJECT_MODIFIED = 0x10;
        /// fnevObjectMoved.
        OBJECT_MOVED = 0x20;
        /// fnevObjectCopied.
        OBJECT_COPIED = 0x40;
        /// fnevSearchComplete.
        SEARCH_COMPLETE = 0x80;
        /// fnevTableModified: tables only.
        TABLE_MODIFIED = 0x100;
        /// fnevStatusObjectModified: nobody can register for it.
        STATUS_OBJECT_MODIFIED = 0x200;
        /// fnevExtended.
        EXTENDED = 0x8000_0000;
    }

    /// SetSearchCriteria. Of STOP and RESTART, RECURSIVE and SHALLOW, FOREGROUND and BACKGROUND one each may be set.
    SearchFlags {
        /// STOP_SEARCH: the folder stays as it is.
        STOP = 0x1;
        /// RESTART_SEARCH.
        RESTART = 0x2;
        /// RECURSIVE_SEARCH: with all folders below, those made later too.
        RECURSIVE = 0x4;
        /// SHALLOW_SEARCH: the folders of the list alone.
        SHALLOW = 0x8;
        /// FOREGROUND_SEARCH: populated before the call returns.
        FOREGROUND = 0x10;
        /// BACKGROUND_SEARCH: populated by a thread of the session.
        BACKGROUND = 0x20;
        /// NON_CONTENT_INDEXED_SEARCH: accepted.
        NON_CONTENT_INDEXED = 0x20000;
        /// STATIC_SEARCH: runs once, does not follow the store.
        STATIC = 0x40000;
    }

    /// GetSearchCriteria: what a search does (SEARCH_…).
    SearchState {
        /// SEARCH_RUNNING: the folder follows the store, or is being populated.
        RUNNING = 0x1;
        /// SEARCH_REBUILD: it is being populated.
        REBUILD = 0x2;
        /// SEARCH_RECURSIVE.
        RECURSIVE = 0x4;
        /// SEARCH_FOREGROUND.
        FOREGROUND = 0x8;
        /// SEARCH_COMPLETE: the last population came to its end.
        COMPLETE = 0x1000;
        /// SEARCH_PARTIAL: it was stopped before that.
        PARTIAL = 0x2000;
        /// SEARCH_STATIC.
        STATIC = 0x10000;
        /// SEARCH_MAYBE_STATIC: never set here.
        MAYBE_STATIC = 0x20000;
    }

    /// ResolveMessageClass.
    FormFlags {
        /// MAPIFORM_EXACTMATCH: no form of a class that it inherits from.
        EXACT_MATCH = 0x20;
    }

    /// InstallForm.
    InstallFormFlags {
        /// MAPI_DIALOG: nothing is shown; turns OVERWRITE_ON_CONFLICT off.
        DIALOG = 0x8;
        /// MAPIFORM_INSTALL_OVERWRITEONCONFLICT: a form of the same class is replaced.
        OVERWRITE_ON_CONFLICT = 0x10;
    }

    /// ShowForm.
    ShowFormFlags {
        /// MAPI_POST_MESSAGE: saved in its folder, not sent.
        POST_MESSAGE = 0x1;
        /// MAPI_NEW_MESSAGE: the message was never saved.
        NEW_MESSAGE = 0x2;
    }

    /// QueryRows.
    RowFlags {
        /// TBL_NOADVANCE: the cursor stays at the first row returned.
        NO_ADVANCE = 0x1;
    }

    /// WrapCompressedRTFStream and WrapCompressedRTFStreamEx.
    RtfFlags {
        /// MAPI_MODIFY: the stream takes the whole RTF anew; without it, it gives what is there.
        MODIFY = 0x1;
        /// STORE_UNCOMPRESSED_RTF: what is written is kept as it is, under a header that says so (`MELA`).
        UNCOMPRESSED = 0x8000;
        /// MAPI_NATIVE_BODY, of the Ex function alone: the stream gives what the sender wrote, be it RTF, HTML or text.
        NATIVE_BODY = 0x10000;
    }

    /// RTFSync: which bodies of the message were changed (RTF_SYNC_…).
    RtfSyncFlags {
        /// RTF_SYNC_RTF_CHANGED.
        RTF_CHANGED = 0x1;
        /// RTF_SYNC_BODY_CHANGED.
        BODY_CHANGED = 0x2;
    }
}

#[cfg(test)]
mod tests {
    use super::OpenFlags;
    use mapi_props::Code;

    #[test]
    fn unknown_bits_are_refused() {
        assert_eq!(
            OpenFlags::from_bits(0x11).unwrap(),
            OpenFlags::MODIFY | OpenFlags::BEST_ACCESS
        );
        assert_eq!(
            OpenFlags::from_bits(0x4000_0000).unwrap_err().code(),
            Code::UNKNOWN_FLAGS
        );
    }
}
