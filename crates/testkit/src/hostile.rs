//! Clients that mean harm: many sockets that say little, and bodies that cost much.
//!
//! Each comes from an address of its own below 127.0.0.0/8, as an attacker with many machines would,
//! so that limits by address do not end it.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// Sockets of one address.
const SOCKETS_EACH: usize = 80;
/// Pause of a socket that was closed, and between two bytes of one that dribbles.
const RECONNECT: Duration = Duration::from_millis(200);
const DRIBBLE: Duration = Duration::from_secs(1);
/// Pause between two bodies of one sender: 20 senders make 400 bodies a second.
const BETWEEN: Duration = Duration::from_millis(50);
const SENDERS: usize = 20;
/// How long a sender waits for an answer.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
/// What a bomb unpacks to.
const BOMB: usize = 64 << 20;
/// Unexpected answers that are kept to be shown.
const MAX_ODD: usize = 20;

/// What the clients saw.
#[derive(Debug, Default)]
pub struct Seen {
    /// Sockets that are open.
    pub open: AtomicU64,
    /// Sockets that the server closed.
    pub closed: AtomicU64,
    /// Bodies that were answered with a refusal.
    pub refused: AtomicU64,
    odd: Mutex<Vec<String>>,
}

impl Seen {
    /// Answers that are no refusal, as they came; at most a few.
    #[must_use]
    pub fn odd(&self) -> Vec<String> {
        let odd = self.odd.lock().unwrap_or_else(PoisonError::into_inner);
        odd.clone()
    }

    fn answered(&self, what: &str, answer: &str) {
        // A shed request is refused as well: the attacker gets no better answer than that.
        if ["400", "413", "415", "429", "503"]
            .iter()
            .any(|status| answer.starts_with(&format!("HTTP/1.1 {status}")))
        {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let mut odd = self.odd.lock().unwrap_or_else(PoisonError::into_inner);
        if odd.len() < MAX_ODD {
            odd.push(format!(
                "{what}: {}",
                answer.lines().next().unwrap_or_default()
            ));
        }
    }
}

/// Hostile clients at work; they end with this value.
#[derive(Debug)]
pub struct Hostile {
    /// What they saw.
    pub seen: Arc<Seen>,
    _tasks: JoinSet<()>,
}

impl Hostile {
    /// Starts `sockets` sockets that send nothing, half a header, or a header byte by byte, and
    /// senders of bodies that are bombs, deep, huge, or not what they should be, with the key `key`.
    #[must_use]
    pub fn start(server: SocketAddr, key: &str, sockets: usize) -> Self {
        let seen = Arc::<Seen>::default();
        let mut tasks = JoinSet::new();
        for number in 0..sockets {
            let seen = Arc::clone(&seen);
            let from = address(1, number / SOCKETS_EACH);
            tasks.spawn(async move {
                loop {
                    if let Ok(stream) = connect(from, server).await {
                        seen.open.fetch_add(1, Ordering::Relaxed);
                        hold(stream, number).await;
                        seen.open.fetch_sub(1, Ordering::Relaxed);
                        seen.closed.fetch_add(1, Ordering::Relaxed);
                    }
                    tokio::time::sleep(RECONNECT).await;
                }
            });
        }
        let requests = Arc::new(requests(key));
        for number in 0..SENDERS {
            let (seen, requests) = (Arc::clone(&seen), Arc::clone(&requests));
            let from = address(2, number);
            tasks.spawn(async move {
                for turn in number.. {
                    let (what, request) = &requests[turn % requests.len()];
                    if let Some(answer) = ask(from, server, request).await {
                        seen.answered(what, &answer);
                    }
                    tokio::time::sleep(BETWEEN).await;
                }
            });
        }
        Self {
            seen,
            _tasks: tasks,
        }
    }
}

/// The `number`th client address of a kind of clients.
#[must_use]
pub fn address(kind: u8, number: usize) -> Ipv4Addr {
    let [.., high, low] = (number + 1).to_be_bytes();
    Ipv4Addr::new(127, kind, high, low)
}

/// Connects from an address of the loopback network.
///
/// # Errors
/// When the server does not take the connection.
pub async fn connect(from: Ipv4Addr, server: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(server).await
}

/// Lets this process, and those it starts, open as many files as the system permits.
///
/// # Panics
/// When that is less than `needed`.
pub fn raise_file_limit(needed: u64) {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).expect("up to the maximum is permitted");
    let maximum = limit.maximum.unwrap_or(u64::MAX);
    assert!(
        maximum >= needed,
        "{needed} open files are needed, {maximum} permitted"
    );
}

/// Keeps a socket until the server closes it.
async fn hold(mut stream: TcpStream, number: usize) {
    let header = b"POST /v1/b/whatever HTTP/1.1\r\nhost: edge\r\nx-padding: ";
    let sent = match number % 3 {
        0 => Ok(()),
        1 => stream.write_all(header).await,
        _ => {
            for byte in header.iter().chain(std::iter::repeat(&b'a')) {
                let mut nothing = [0];
                tokio::select! {
                    _ = stream.read(&mut nothing) => return,
                    () = tokio::time::sleep(DRIBBLE) => {}
                }
                if stream.write_all(&[*byte]).await.is_err() {
                    return;
                }
            }
            Ok(())
        }
    };
    if sent.is_ok() {
        let mut nothing = [0; 64];
        while stream.read(&mut nothing).await.is_ok_and(|read| read > 0) {}
    }
}

/// The beginning of the answer; none where the server closed the connection instead, or waits for
/// what will never come.
async fn ask(from: Ipv4Addr, server: SocketAddr, request: &[u8]) -> Option<String> {
    let mut stream = connect(from, server).await.ok()?;
    // A server that has seen enough may answer and close before everything is sent.
    let _ = stream.write_all(request).await;
    let mut answer = [0; 512];
    match tokio::time::timeout(RESPONSE_TIMEOUT, stream.read(&mut answer)).await {
        Ok(Ok(read)) if read > 0 => Some(String::from_utf8_lossy(&answer[..read]).into_owned()),
        _ => None,
    }
}

fn requests(key: &str) -> Vec<(&'static str, Vec<u8>)> {
    let beacon = |rows: &str| {
        format!(
            r#"{{"v":1,"id":"AAAAAAAAAAAAAAAA","age":0,"s":"EjRWeJq8","page":"https://shop.example","rows":[{rows}]}}"#
        )
    };
    let row = r#"{"at":-1,"to":"https://api.shop.example","ep":"/x","st":200}"#;
    let bomb = gzip(BOMB);
    let deep = "[".repeat(100_000);
    let nested = beacon(&format!("{{\"at\":-1,\"x\":{}", "{\"a\":".repeat(20_000)));
    let many = beacon(&vec![row; 2000].join(","));
    let long = beacon(&row.replace("/x", &format!("/{}", "x".repeat(100_000))));
    let twice = beacon(row).replace("\"v\":1", "\"v\":1,\"v\":1");
    let types = beacon(r#"{"at":"now","to":[],"ep":{},"st":"ok"}"#);
    let mut broken = beacon(row).into_bytes();
    broken[40] = 0xff;
    let whole = post(key, "", deep.as_bytes());
    let head = |lines: &str| format!("POST /v1/b/{key} HTTP/1.1\r\nhost: edge\r\n{lines}\r\n{{}}");
    vec![
        ("half a body", whole[..whole.len() / 2].to_vec()),
        (
            "garbage behind a request",
            [whole, vec![0xff; 64 << 10]].concat(),
        ),
        ("no HTTP", b"\x16\x03\x01 hello\r\n\r\n".repeat(100)),
        (
            "two lengths",
            head("content-length: 2\r\ncontent-length: 3\r\n").into(),
        ),
        ("a negative length", head("content-length: -1\r\n").into()),
        (
            "a chunk without a size",
            head("transfer-encoding: chunked\r\n").into(),
        ),
        ("a bomb", post(key, "content-encoding: gzip\r\n", &bomb)),
        ("deep JSON", post(key, "", deep.as_bytes())),
        ("nested members", post(key, "", nested.as_bytes())),
        ("too many rows", post(key, "", many.as_bytes())),
        ("a long string", post(key, "", long.as_bytes())),
        ("a member twice", post(key, "", twice.as_bytes())),
        ("wrong types", post(key, "", types.as_bytes())),
        ("no UTF-8", post(key, "", &broken)),
        ("a huge body", post(key, "", &vec![b' '; 4 << 20])),
        (
            "no gzip",
            post(key, "content-encoding: gzip\r\n", deep.as_bytes()),
        ),
    ]
}

fn gzip(zeros: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let piece = vec![0; 1 << 20];
    for _ in 0..zeros / piece.len() {
        encoder.write_all(&piece).expect("into memory");
    }
    encoder.finish().expect("into memory")
}

fn post(key: &str, header: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST /v1/b/{key} HTTP/1.1\r\nhost: edge\r\ncontent-type: text/plain\r\n\
         content-length: {length}\r\n{header}\r\n"
    );
    [head.as_bytes(), body].concat()
}
