//! What is opened for an attachment, and what is not.

use std::fs;
use std::io::{Read, Write};

use mapi_props::Code;
use mapi_spi::Call;
use testkit::TempHome;

use super::open_referenced;

fn code(path: &str) -> Code {
    let opened = open_referenced(path, &Call::default());
    opened.map(drop).unwrap_err().code()
}

fn read(path: &str) -> std::io::Result<Vec<u8>> {
    let mut file = open_referenced(path, &Call::default()).unwrap();
    let mut bytes = Vec::new();
    file.content.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[test]
fn an_ordinary_file_is_read_by_its_whole_path() {
    let home = TempHome::new().unwrap();
    let path = home.path().join("Zoë's plan.txt");
    fs::write(&path, b"1. agree").unwrap();
    let path = path.to_str().unwrap();
    let file = open_referenced(path, &Call::default()).unwrap();
    assert_eq!((file.name.as_str(), file.size), ("Zoë's plan.txt", 8));
    assert_eq!(read(path).unwrap(), b"1. agree");
    fs::write(path, b"").unwrap();
    assert_eq!(read(path).unwrap(), b"");
}

#[test]
fn what_is_no_whole_path_names_nothing() {
    for path in [
        "",
        "plan.txt",
        "./plan.txt",
        "../plan.txt",
        "~/plan.txt",
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "https://example.org/x",
        "/etc/pass\0wd",
    ] {
        assert_eq!(code(path), Code::INVALID_PARAMETER, "{path}");
    }
    let foreign = ["C:\\plan.txt", "\\\\server\\share\\plan.txt"];
    #[cfg(unix)]
    for path in foreign {
        assert_eq!(code(path), Code::INVALID_PARAMETER, "{path}");
    }
    #[cfg(windows)]
    for path in ["/etc/passwd", "\\\\.\\PhysicalDrive0", "\\\\.\\pipe\\x"] {
        assert_eq!(code(path), Code::INVALID_PARAMETER, "{path}");
        assert!(foreign.len() == 2);
    }
}

#[test]
fn what_is_not_there_or_no_file_says_so() {
    let home = TempHome::new().unwrap();
    let inside = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    assert_eq!(code(&inside("none")), Code::NOT_FOUND);
    fs::write(inside("file"), b"x").unwrap();
    assert_eq!(code(&inside("file/below")), Code::NOT_FOUND);
    assert_eq!(code(home.path().to_str().unwrap()), Code::NO_ACCESS);
}

#[cfg(unix)]
#[test]
fn links_are_followed_to_ordinary_files_only() {
    use std::os::unix::fs::symlink;
    let home = TempHome::new().unwrap();
    let inside = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    fs::write(inside("plan"), b"x").unwrap();
    symlink(inside("plan"), inside("link")).unwrap();
    assert_eq!(read(&inside("link")).unwrap(), b"x");
    symlink("/dev/zero", inside("zero")).unwrap();
    symlink(inside("loop"), inside("loop")).unwrap();
    assert_eq!(code(&inside("zero")), Code::NO_ACCESS);
    assert!(open_referenced(&inside("loop"), &Call::default()).is_err());
    for device in ["/dev/zero", "/dev/null", "/dev/tty"] {
        let refused = open_referenced(device, &Call::default()).unwrap_err();
        assert!(matches!(refused.code(), Code::NO_ACCESS | Code::NOT_FOUND));
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let home = TempHome::new().unwrap();
    let pipe = home.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    assert_eq!(code(pipe.to_str().unwrap()), Code::NO_ACCESS);
    // Also not by who has looked and finds another one when it opens.
    assert!(super::opened(&pipe).is_ok());
}

#[cfg(target_os = "linux")]
#[test]
fn files_of_the_system_without_a_size_are_refused() {
    let error = read("/proc/self/environ").unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
}

#[test]
fn a_file_that_changes_meanwhile_is_busy() {
    let home = TempHome::new().unwrap();
    let path = home.path().join("growing");
    let longer = |file: &mut fs::File| file.write_all(b"more").unwrap();
    let shorter = |file: &mut fs::File| file.set_len(10).unwrap();
    let changes: [fn(&mut fs::File); 2] = [longer, shorter];
    for change in changes {
        fs::write(&path, vec![7; 100_000]).unwrap();
        let path = path.to_str().unwrap();
        let mut opened = open_referenced(path, &Call::default()).unwrap();
        let mut piece = [0; 100];
        opened.content.read_exact(&mut piece).unwrap();
        change(&mut fs::File::options().append(true).open(path).unwrap());
        let mut rest = Vec::new();
        let error = opened.content.read_to_end(&mut rest).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy);
    }
}
