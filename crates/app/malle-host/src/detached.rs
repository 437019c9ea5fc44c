//! A process that goes on by itself when the one that began it has ended.

use std::io;
use std::process::{Command, Stdio};

/// Starts a command that reads nothing, says nothing and is waited for by nobody. What ends this process by its terminal (Ctrl-C,
/// a window that is closed) does not end it.
///
/// # Errors
/// Those of starting it.
pub fn start_detached(command: &mut Command) -> io::Result<()> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt as _;
        const DETACHED_PROCESS: u32 = 0x0000_0008;
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
        command.creation_flags(DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
    }
    command.spawn().map(drop)
}
