//! Ctrl-C and the system's wish to end: the call is cancelled, so that work ends at a safe place.

use std::sync::OnceLock;

use mapi_spi::CancelToken;

static SWITCH: OnceLock<CancelToken> = OnceLock::new();

/// The switch that Ctrl-C, SIGTERM and SIGHUP turn from now on, instead of ending the process at once.
///
/// Only long work that ends well by itself asks for it. The signal that comes second ends the process with code 130,
/// for the case that the work hangs: stores are built to be killed.
#[must_use]
pub fn interruptible() -> CancelToken {
    SWITCH
        .get_or_init(|| {
            let token = CancelToken::default();
            let seen = token.clone();
            let installed = ctrlc::set_handler(move || {
                if seen.is_cancelled() {
                    std::process::exit(130);
                }
                seen.cancel();
            });
            if let Err(error) = installed {
                // Without the handler Ctrl-C still ends the process, only less politely.
                tracing::warn!(%error, "no handler for Ctrl-C");
            }
            token
        })
        .clone()
}

/// From now on a limit on file sizes (RLIMIT_FSIZE) is an error of the write that meets it, `MAPI_E_NOT_ENOUGH_DISK`,
/// instead of the end of the process.
pub fn see_file_limits() {
    #[cfg(unix)]
    {
        let noticed = std::sync::Arc::default();
        if let Err(error) = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noticed) {
            tracing::warn!(%error, "no handler for SIGXFSZ");
        }
    }
}
