//! Questions and answers over real sockets, the hostile ones too.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mapi_spi::Call;
use testkit::{Chance, TempHome};

use super::*;

/// Tells what it was asked.
struct Echo;

impl Answers for Echo {
    fn answer(&self, request: Request, reply: &mut dyn FnMut(Reply) -> bool) {
        let message = format!("{request:?}");
        reply(Reply::Working { work: None });
        reply(Reply::Failed(Failure {
            about: String::new(),
            code: "echo".to_owned(),
            message,
        }));
    }
}

fn serve(run: &Path) -> Server {
    Server::begin(run).unwrap().serve(Arc::new(Echo)).unwrap()
}

fn asked(socket: &Path, request: &Request) -> Result<Reply, AskError> {
    let patience = Duration::from_secs(5);
    ask(socket, request, patience, &mut |_| (), &Call::default())
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn questions_are_answered_and_nobody_else_may_ask() {
    let home = TempHome::new().unwrap();
    let run = home.path().join("run");
    std::fs::create_dir(&run).unwrap();
    std::fs::set_permissions(&run, std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = serve(&run);
    assert_eq!((mode(&run), mode(server.path())), (0o700, 0o600));
    let request = Request::Flush {
        store: Some("x".to_owned()),
    };
    for request in [request, Request::Status, Request::Stop] {
        let Reply::Failed(echo) = asked(server.path(), &request).unwrap() else {
            panic!("another answer")
        };
        assert_eq!(echo.message, format!("{request:?}"));
    }
    assert_eq!(sockets_in(&run), [server.path()]);
    let socket = server.path().to_owned();
    drop(server);
    assert!(!socket.exists(), "it may end with the process");
    assert!(matches!(
        asked(&socket, &Request::Status),
        Err(AskError::Gone)
    ));
}

#[test]
fn a_home_whose_path_is_long_has_its_sockets_elsewhere() {
    let home = TempHome::new().unwrap();
    let run = home.path().join("x".repeat(120)).join("run");
    let server = serve(&run);
    assert!(server.path().as_os_str().len() <= 100);
    assert!(asked(server.path(), &Request::Status).is_ok());
    assert_eq!(sockets_in(&run), [server.path()]);
}

#[test]
fn a_socket_that_a_killed_process_left_is_taken_away() {
    let home = TempHome::new().unwrap();
    // No process has this id: it is above what any system gives.
    let dead = home.path().join("2147483647-00ff.sock");
    drop(std::os::unix::net::UnixListener::bind(&dead).unwrap());
    assert!(everybody(home.path(), Duration::from_secs(1), &Call::default()).is_empty());
    assert!(!dead.exists());
    // That of a process that lives stays, whatever is the matter with it.
    let alive = home
        .path()
        .join(format!("{}-00ff.sock", std::process::id()));
    drop(std::os::unix::net::UnixListener::bind(&alive).unwrap());
    assert!(everybody(home.path(), Duration::from_secs(1), &Call::default()).is_empty());
    assert!(alive.exists());
}

#[test]
fn a_process_that_says_nothing_keeps_nobody_waiting() {
    let home = TempHome::new().unwrap();
    let silent = home
        .path()
        .join(format!("{}-0001.sock", std::process::id()));
    let _listener = std::os::unix::net::UnixListener::bind(&silent).unwrap();
    let began = Instant::now();
    let patience = Duration::from_millis(200);
    let all = everybody(home.path(), patience, &Call::default());
    assert!(matches!(all[0].report, Err(AskError::Silent)), "{all:?}");
    assert!(began.elapsed() < Duration::from_secs(2));
    let call = Call::default();
    call.cancel.cancel();
    let stopped = ask(
        &silent,
        &Request::Status,
        patience * 100,
        &mut |_| (),
        &call,
    );
    assert!(matches!(stopped, Err(AskError::Call(_))));
}

/// Sends bytes, and gives what comes back until the end.
fn send(socket: &Path, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // A server that has seen enough closes its end in the middle.
    let _cut = stream.write_all(bytes);
    let _cut = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _reset = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

#[test]
fn hostile_questions_are_refused_and_do_no_harm() {
    let home = TempHome::new().unwrap();
    let server = serve(home.path());
    let refused = |bytes: &[u8]| {
        let answer = send(server.path(), bytes);
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
        assert!(
            answer.is_empty() || answer.contains("bad-question"),
            "{shown}: {answer}"
        );
    };
    let deep = format!("{}{}\n", "[".repeat(5000), "]".repeat(5000));
    let long = vec![b'a'; 4 << 20];
    let cases: [&[u8]; 11] = [
        b"",
        b"\n",
        b"{}\n",
        b"{\"malle\":1}\n",
        b"{\"malle\":2,\"ask\":\"status\"}\n",
        b"{\"malle\":1,\"ask\":\"destroy\"}\n",
        b"{\"malle\":1,\"ask\":\"flush\",\"store\":7}\n",
        b"{\"malle\":\"1\",\"ask\":\"status\"}\n",
        b"\x00\xff\xfe\n",
        deep.as_bytes(),
        &long,
    ];
    cases.into_iter().for_each(refused);
    let good = b"{\"malle\":1,\"ask\":\"flush\",\"new\":[1,2,3]}\n";
    assert!(send(server.path(), good).contains("echo"));
    let mut chance = Chance::from_seed(7);
    for _ in 0..300 {
        let mut line = good.to_vec();
        for _ in 0..chance.in_range(1..6) {
            let at = chance.in_range(0..line.len() - 1);
            line[at] = chance.bytes(1)[0];
        }
        let answer = send(server.path(), &line);
        assert!(
            answer.is_empty() || answer.contains("bad-question") || answer.contains("echo"),
            "{answer}"
        );
    }
    // Many who connect and say nothing do not keep others out for longer than their time.
    let idle: Vec<_> = (0..40)
        .map(|_| UnixStream::connect(server.path()).unwrap())
        .collect();
    drop(idle);
    let until = Instant::now() + Duration::from_secs(20);
    while asked(server.path(), &Request::Status).is_err() {
        assert!(Instant::now() < until, "nobody is answered any more");
    }
}

#[test]
fn rows_keep_their_shape() {
    let row = Report {
        pid: 7,
        program: "malle daemon".to_owned(),
        since: Moment(1),
        asked: Moment(2),
        standby: false,
        leases: vec![LeaseRow {
            profile: "work".to_owned(),
            letter: "a".to_owned(),
            service: "MALLE_LOCAL".to_owned(),
            store: None,
            role: "keeper".to_owned(),
            state: LeaseState::Waiting,
            epoch: None,
            since: Moment(1),
            works: Vec::new(),
            problem: None,
        }],
        failures: Vec::new(),
    };
    let reply = Reply::Status(Box::new(row));
    let text = serde_json::to_string(&reply).unwrap();
    assert_eq!(
        text,
        r#"{"answer":"status","pid":7,"program":"malle daemon","since":1,"asked":2,"standby":false,"leases":[{"profile":"work","letter":"a","service":"MALLE_LOCAL","role":"keeper","state":"waiting","since":1,"works":[]}],"failures":[]}"#
    );
    assert_eq!(serde_json::from_str::<Reply>(&text).unwrap(), reply);
}
