//! The unit by which systemd runs the daemon for a user.
//! Reference: systemd.service(5), systemd.exec(5)

use std::path::Path;

/// The text of `~/.config/systemd/user/malle.service` for this program, home and profile; none: as the environment says, all.
///
/// # Errors
/// The path that no unit can hold: it has a line break, or is no Unicode.
pub fn unit(program: &Path, home: Option<&Path>, profile: Option<&str>) -> Result<String, String> {
    let mut command = quoted(program)?;
    let mut writable = "%h %t".to_owned();
    if let Some(home) = home {
        command.push_str(&format!(" --home {}", quoted(home)?));
        writable.push_str(&format!(" {}", quoted(home)?));
    }
    if let Some(profile) = profile {
        command.push_str(&format!(" -p {}", quoted(Path::new(profile))?));
    }
    Ok(format!(
        "\
[Unit]
Description=malle: background work for mail stores
Documentation=man:malle-daemon(1)

[Service]
Type=notify
ExecStart={command} daemon
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=5
TimeoutStopSec=10
UMask=0077
Nice=5
# Where users may have no namespaces of their own, take out the lines that begin with Protect and ReadWritePaths.
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
PrivateTmp=no
ProtectSystem=strict
ReadWritePaths={writable}
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=default.target
"
    ))
}

/// A word of a command line in a unit.
fn quoted(path: &Path) -> Result<String, String> {
    let shown = || path.display().to_string();
    let text = path.to_str().ok_or_else(shown)?;
    if text.contains(['\n', '\r', '\0']) {
        return Err(shown());
    }
    let mut word = String::with_capacity(text.len() + 2);
    word.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => word.extend(['\\', c]),
            '%' | '$' => word.extend([c, c]),
            c => word.push(c),
        }
    }
    word.push('"');
    Ok(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_words_whatever_they_hold() {
        let unit = unit(
            Path::new("/opt/my malle/malle"),
            Some(Path::new(r#"/home/a"b\c%d$e"#)),
            Some("work"),
        );
        let line =
            r#"ExecStart="/opt/my malle/malle" --home "/home/a\"b\\c%%d$$e" -p "work" daemon"#;
        let unit = unit.unwrap();
        assert!(unit.lines().any(|l| l == line), "{unit}");
        assert!(super::unit(Path::new("/a\nb"), None, None).is_err());
    }
}
