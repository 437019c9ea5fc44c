//! Signals as orders: SIGTERM and SIGINT end the daemon, SIGHUP has it read the profiles anew.

use std::io;
use std::sync::mpsc::Sender;

use super::Order;

/// Hands signals on as orders from now on. The second one that asks for the end ends the process at once with code 130.
///
/// # Errors
/// When the system does not let us.
#[cfg(unix)]
pub(super) fn forward(orders: Sender<Order>) -> io::Result<()> {
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    let (mut heard, tell) = UnixStream::pair()?;
    let (end, again, ended) = <(Arc<AtomicBool>, Arc<AtomicBool>, Arc<AtomicBool>)>::default();
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&ended))?;
        signal_hook::flag::register(signal, Arc::clone(&ended))?;
        signal_hook::flag::register(signal, Arc::clone(&end))?;
    }
    signal_hook::flag::register(SIGHUP, Arc::clone(&again))?;
    // After the flags: who is woken finds them set.
    for signal in [SIGTERM, SIGINT, SIGHUP] {
        signal_hook::low_level::pipe::register(signal, tell.try_clone()?)?;
    }
    let listen = move || {
        let mut bytes = [0; 16];
        while matches!(heard.read(&mut bytes), Ok(1..)) {
            if end.swap(false, Ordering::SeqCst) && orders.send(Order::Stop).is_err() {
                return;
            }
            if again.swap(false, Ordering::SeqCst) && orders.send(Order::Reload(None)).is_err() {
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().name("malle-signals".to_owned());
    thread.spawn(listen).map(drop)
}

/// Here Ctrl-C alone ends it.
#[cfg(not(unix))]
pub(super) fn forward(orders: Sender<Order>) -> io::Result<()> {
    let told = move || {
        if orders.send(Order::Stop).is_err() {
            std::process::exit(130);
        }
    };
    ctrlc::set_handler(told).map_err(io::Error::other)
}
