//! What the system calls this machine: the one place that asks.

/// Its name in lower case, and the name without its domain; nothing where the system tells none.
pub(crate) fn names() -> Vec<String> {
    let Some(full) = name().map(|n| n.trim_end_matches('.').to_lowercase()) else {
        return Vec::new();
    };
    let short = full.split('.').next().unwrap_or_default().to_owned();
    let mut names = vec![full, short];
    names.retain(|n| crate::address::is_domain(n));
    names.dedup();
    names
}

#[cfg(unix)]
fn name() -> Option<String> {
    let system = rustix::system::uname();
    system.nodename().to_str().ok().map(str::to_owned)
}

#[cfg(not(unix))]
fn name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}
