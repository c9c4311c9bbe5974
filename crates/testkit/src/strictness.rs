//! Requests that readers may understand differently, and what a server must do with each (RFC 9112).

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What a server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It is understood as every reader understands it; what it asks for is not there.
    Taken,
    /// The same, and nothing after it on the connection is answered.
    TakenAsTheLast,
    /// It is answered with this status, and nothing after it on the connection is.
    Refused(u16),
}

use Expected::{Refused, Taken, TakenAsTheLast};

/// A request to a path that does not exist: name, bytes, what becomes of it.
const HEADS: &[(&str, &str, Expected)] = &[
    (
        "a plain request",
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n",
        Taken,
    ),
    (
        "a body with a length",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
        Taken,
    ),
    (
        "a body in chunks",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        Taken,
    ),
    (
        "chunks in other letters",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
        Taken,
    ),
    // RFC 9112, 3.2.2: the host of the target holds, whatever the header says.
    (
        "an absolute target",
        "GET http://localhost/nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n",
        Taken,
    ),
    (
        "an absolute target and another host",
        "GET http://localhost/nowhere HTTP/1.1\r\nHost: other.test\r\n\r\n",
        Taken,
    ),
    // RFC 9112, 2.2: a single line feed may be taken for the end of a line.
    (
        "bare line feeds",
        "GET /nowhere HTTP/1.1\nHost: localhost\n\n",
        Taken,
    ),
    (
        "no Host",
        "GET /nowhere HTTP/1.1\r\nAccept: */*\r\n\r\n",
        Refused(400),
    ),
    (
        "two Hosts",
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        Refused(400),
    ),
    (
        "two Hosts that differ",
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nHost: other.test\r\n\r\n",
        Refused(400),
    ),
    (
        "two Hosts in HTTP/1.0",
        "GET /nowhere HTTP/1.0\r\nHost: localhost\r\nHost: other.test\r\n\r\n",
        Refused(400),
    ),
    (
        "a Host with a space",
        "GET /nowhere HTTP/1.1\r\nHost: local host\r\n\r\n",
        Refused(400),
    ),
    (
        "a Host with user information",
        "GET /nowhere HTTP/1.1\r\nHost: other.test@localhost\r\n\r\n",
        Refused(400),
    ),
    (
        "a Host with a path",
        "GET /nowhere HTTP/1.1\r\nHost: localhost/x\r\n\r\n",
        Refused(400),
    ),
    (
        "a Host with a strange port",
        "GET /nowhere HTTP/1.1\r\nHost: localhost:8o\r\n\r\n",
        Refused(400),
    ),
    // RFC 9112, 6.1: it may be understood by its chunks alone, and then the connection has to be closed.
    (
        "chunks beside a length",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        TakenAsTheLast,
    ),
    (
        "a length beside chunks",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        TakenAsTheLast,
    ),
    (
        "a coding like chunked",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    (
        "chunked with a parameter",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    (
        "chunked in quotes",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    (
        "no coding at all",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    (
        "chunked that is not the last",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    (
        "chunked twice",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    (
        "chunked on two lines",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    (
        "an empty member beside chunked",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    (
        "another coding before chunked",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        Refused(501),
    ),
    (
        "another coding on a line of its own",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Refused(501),
    ),
    (
        "identity before chunked",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        Refused(501),
    ),
    (
        "chunks in HTTP/1.0",
        "POST /nowhere HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    (
        "a vertical tab before chunked",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    (
        "a space before the colon",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        Refused(400),
    ),
    (
        "a tab before the colon",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length\t: 5\r\n\r\nhello",
        Refused(400),
    ),
    (
        "two lengths that differ",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        Refused(400),
    ),
    // RFC 9112, 6.3: equal ones may be taken for one.
    (
        "two lengths",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        Taken,
    ),
    (
        "a list of lengths",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5, 5\r\n\r\nhello",
        Refused(400),
    ),
    (
        "a length with a sign",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\nhello",
        Refused(400),
    ),
    (
        "a negative length",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\nhello",
        Refused(400),
    ),
    (
        "a hexadecimal length",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x5\r\n\r\nhello",
        Refused(400),
    ),
    (
        "a length that is none",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: five\r\n\r\nhello",
        Refused(400),
    ),
    (
        "no length after its colon",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length:\r\n\r\nhello",
        Refused(400),
    ),
    (
        "a length beyond all numbers",
        "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\nhello",
        Refused(400),
    ),
    (
        "a folded line",
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\n\r\n",
        Refused(400),
    ),
    (
        "a folded first line",
        "GET /nowhere HTTP/1.1\r\n Host: localhost\r\n\r\n",
        Refused(400),
    ),
    (
        "a NUL in a value",
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nX-A: b\0c\r\n\r\n",
        Refused(400),
    ),
    (
        "a carriage return in a value",
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nX-A: b\rc\r\n\r\n",
        Refused(400),
    ),
    (
        "a line without a colon",
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nnothing\r\n\r\n",
        Refused(400),
    ),
    (
        "a name that is none",
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nX(A): b\r\n\r\n",
        Refused(400),
    ),
    (
        "a line without a name",
        "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n: b\r\n\r\n",
        Refused(400),
    ),
    (
        "two spaces before the target",
        "GET  /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n",
        Refused(400),
    ),
    (
        "no version",
        "GET /nowhere\r\nHost: localhost\r\n\r\n",
        Refused(400),
    ),
    (
        "an unknown version",
        "GET /nowhere HTTP/1.9\r\nHost: localhost\r\n\r\n",
        Refused(400),
    ),
    (
        "a method that is none",
        "GE(T /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n",
        Refused(400),
    ),
    (
        "a NUL in the target",
        "GET /no\0where HTTP/1.1\r\nHost: localhost\r\n\r\n",
        Refused(400),
    ),
];

/// Bodies in chunks that are none, or end differently for different readers (RFC 9112, 7.1).
const CHUNKS: &[(&str, &str)] = &[
    ("no digit", "g\r\nhello\r\n0\r\n\r\n"),
    ("no size", "\r\nhello\r\n0\r\n\r\n"),
    ("a sign", "+5\r\nhello\r\n0\r\n\r\n"),
    ("a negative size", "-1\r\nhello\r\n0\r\n\r\n"),
    ("a prefix", "0x5\r\nhello\r\n0\r\n\r\n"),
    ("a space before", " 5\r\nhello\r\n0\r\n\r\n"),
    ("a space within", "5 5\r\nhello\r\n0\r\n\r\n"),
    ("an underscore", "1_0\r\nhello\r\n0\r\n\r\n"),
    (
        "a size beyond all numbers",
        "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    ),
    ("a bare line feed after the size", "5\nhello\r\n0\r\n\r\n"),
    (
        "a line feed in an extension",
        "5;a=\nb\r\nhello\r\n0\r\n\r\n",
    ),
    ("more data than its size", "4\r\nhello\r\n0\r\n\r\n"),
    ("less data than its size", "6\r\nhello\r\n0\r\n\r\n"),
    ("data without its end", "5\r\nhello0\r\n\r\n"),
    ("a bare line feed after data", "5\r\nhello\n0\r\n\r\n"),
    ("a NUL after the size", "5\0\r\nhello\r\n0\r\n\r\n"),
    (
        "a trailer that is none",
        "5\r\nhello\r\n0\r\nbad trailer\r\n\r\n",
    ),
];

/// What follows each of them on its connection.
const NEXT: &str = "GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const DEADLINE: Duration = Duration::from_secs(20);

/// What the server at `address` does otherwise than it should. `reads` is the start of a request whose body it
/// reads: request line and headers, without those of the body's length and without the empty line.
///
/// # Panics
/// When it does not answer in time.
pub async fn faults(address: SocketAddr, reads: &str) -> Vec<String> {
    let heads = HEADS
        .iter()
        .map(|(name, request, expected)| ((*name).to_owned(), (*request).to_owned(), *expected));
    let chunks = CHUNKS.iter().map(|(name, body)| {
        let request = format!("{reads}Transfer-Encoding: chunked\r\n\r\n{body}");
        (format!("a chunk: {name}"), request, Refused(400))
    });
    let mut faults = Vec::new();
    for (name, request, expected) in heads.chain(chunks) {
        let statuses = asked(address, &format!("{request}{NEXT}")).await;
        let is_as_expected = match expected {
            // What it says to the second is its own business: it may close after a body that no one reads.
            Taken => statuses.first() == Some(&404) && statuses.len() <= 2,
            TakenAsTheLast => statuses == [404],
            Refused(status) => statuses == [status],
        };
        if !is_as_expected {
            faults.push(format!("{name}: expected {expected:?}, got {statuses:?}"));
        }
    }
    faults
}

/// The status of every answer until the connection ends.
async fn asked(address: SocketAddr, bytes: &str) -> Vec<u16> {
    let mut stream = TcpStream::connect(address).await.expect("a listener");
    // It may have refused and gone before all was written.
    let _ = stream.write_all(bytes.as_bytes()).await;
    let mut answers = Vec::new();
    let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answers)).await;
    // Reset at the end or not: what was said counts.
    let _ = read.expect("the connection ends");
    let text = String::from_utf8_lossy(&answers);
    let starts = text.split("HTTP/1.").skip(1);
    starts
        .filter_map(|answer| answer.split(' ').nth(1)?.parse().ok())
        .collect()
}
