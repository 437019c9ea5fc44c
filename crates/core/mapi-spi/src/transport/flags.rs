//! The flag words of status objects. Reference: "IMAPIStatus" (requirements SES-10, ST-01)

/// ValidateState.
pub mod validate_flags {
    /// SUPPRESS_UI: nobody is asked anything.
    pub const SUPPRESS_UI: u32 = 0x1;
    /// REFRESH_XP_HEADER_CACHE: headers are to be fetched.
    pub const REFRESH_XP_HEADER_CACHE: u32 = 0x0001_0000;
    /// PROCESS_XP_HEADER_CACHE: what is marked is to be fetched or deleted.
    pub const PROCESS_XP_HEADER_CACHE: u32 = 0x0002_0000;
    /// FORCE_XP_CONNECT: go online.
    pub const FORCE_XP_CONNECT: u32 = 0x0004_0000;
    /// FORCE_XP_DISCONNECT: go offline.
    pub const FORCE_XP_DISCONNECT: u32 = 0x0008_0000;
    /// CONFIG_CHANGED: settings are others now.
    pub const CONFIG_CHANGED: u32 = 0x0010_0000;
    /// ABORT_XP_HEADER_OPERATION: stop what was begun with headers.
    pub const ABORT_XP_HEADER_OPERATION: u32 = 0x0020_0000;
    /// SHOW_XP_SESSION_UI: show what it does.
    pub const SHOW_XP_SESSION_UI: u32 = 0x0040_0000;
}

/// FlushQueues.
pub mod flush_flags {
    /// FLUSH_UPLOAD: send.
    pub const UPLOAD: u32 = 0x2;
    /// FLUSH_DOWNLOAD: fetch.
    pub const DOWNLOAD: u32 = 0x4;
    /// FLUSH_FORCE: also what is not due yet.
    pub const FORCE: u32 = 0x8;
    /// FLUSH_NO_UI: nothing is shown.
    pub const NO_UI: u32 = 0x10;
    /// FLUSH_ASYNC_OK: the call may return before the work is done.
    pub const ASYNC_OK: u32 = 0x20;
}
