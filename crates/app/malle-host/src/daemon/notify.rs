//! Telling the service manager how far the daemon is.
//! Reference: sd_notify(3)

use std::io;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It has begun, or has read the profiles anew.
    Ready,
    /// It reads the profiles anew.
    Reloading,
    /// It ends.
    Stopping,
}

/// Logs a stage, and tells whoever started this process of it.
pub fn announce(stage: Stage) {
    match stage {
        Stage::Ready => tracing::info!("ready"),
        Stage::Reloading => tracing::info!("reads the profiles anew"),
        Stage::Stopping => tracing::info!("ends"),
    }
    if let Err(error) = notify(stage) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

/// Tells whoever started this process, if it asked for that (`NOTIFY_SOCKET`).
///
/// # Errors
/// Those of the socket. The daemon works on all the same.
fn notify(stage: Stage) -> io::Result<()> {
    let text = match stage {
        Stage::Ready => "READY=1\n".to_owned(),
        Stage::Reloading => format!("RELOADING=1\nMONOTONIC_USEC={}\n", monotonic_micros()),
        Stage::Stopping => "STOPPING=1\n".to_owned(),
    };
    send(text.as_bytes())
}

#[cfg(unix)]
fn send(text: &[u8]) -> io::Result<()> {
    use std::os::unix::net::UnixDatagram;
    let Some(to) = std::env::var_os("NOTIFY_SOCKET").filter(|to| !to.is_empty()) else {
        return Ok(());
    };
    let from = UnixDatagram::unbound()?;
    let sent = from.send_to_addr(text, &address(&to)?)?;
    if sent == text.len() {
        return Ok(());
    }
    Err(io::ErrorKind::WriteZero.into())
}

/// A path, or, on Linux, a name that begins with `@` and lies in no directory.
#[cfg(unix)]
fn address(to: &std::ffi::OsStr) -> io::Result<std::os::unix::net::SocketAddr> {
    use std::os::unix::net::SocketAddr;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::ffi::OsStrExt;
        if let Some(name) = to.as_bytes().strip_prefix(b"@") {
            return SocketAddr::from_abstract_name(name);
        }
    }
    SocketAddr::from_pathname(to)
}

#[cfg(not(unix))]
fn send(_: &[u8]) -> io::Result<()> {
    Ok(())
}

/// CLOCK_MONOTONIC, by which the service manager knows that a reload is not an older one.
#[cfg(unix)]
fn monotonic_micros() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec * 1_000_000 + now.tv_nsec / 1000
}

#[cfg(not(unix))]
const fn monotonic_micros() -> i64 {
    0
}
