//! The life of one connection.
//!
//! hyper keeps several KiB of buffers for each connection, and browsers keep connections open long
//! after their last beacon. So a connection that has been idle for a moment is *parked*: hyper's part
//! is dropped, and made again when the next byte arrives.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use http::header::{CONNECTION, EXPECT, HeaderValue};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use runtime::Stop;
use tokio::time::{Instant, sleep_until};

use crate::answer::{self, Answer};
use crate::body::Upload;
use crate::edge::Edge;
use crate::metrics::Cut;
use crate::outcome::{Served, Shed};
use crate::routes;
use crate::watch::{Look, Noted, PARK_AFTER, Phase, Watch};

/// Room for the header of a request; the body does not pass through it.
const HEADER_ROOM: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
/// How long idle connections stay open once the edge is to stop, for requests that are on their way
/// already: they are answered, with `Connection: close`.
const LAME_DUCK: Duration = Duration::from_millis(500);

/// Whether a connection takes another request after this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Another,
    Close,
}

/// Serves a connection until it ends.
pub(crate) async fn serve(
    edge: Arc<Edge>,
    stream: tokio::net::TcpStream,
    peer: IpAddr,
    stop: Stop,
) {
    let watch = Arc::new(Watch::new());
    let mut next = Next::Another;
    let mut noted = Noted {
        stream,
        ahead: bytes::Bytes::new(),
        watch: Arc::clone(&watch),
    };
    loop {
        edge.metrics.parked.inc();
        let first = first_byte(&edge, &noted, &mut next, &stop).await;
        edge.metrics.parked.dec();
        if let Err(cut) = first {
            // Idle connections that end with the edge did nothing wrong.
            if !stop.is_cancelled() {
                edge.metrics.cut(cut);
            }
            return;
        }
        if stop.is_cancelled() {
            next = Next::Close;
        }
        // Boxed, so that a parked connection takes no room for it.
        match Box::pin(requests(&edge, noted, peer, next, &stop)).await {
            Some(kept) => noted = kept,
            None => return,
        }
    }
}

/// Waits for something to read.
async fn first_byte(edge: &Edge, noted: &Noted, next: &mut Next, stop: &Stop) -> Result<(), Cut> {
    if !noted.ahead.is_empty() {
        return Ok(());
    }
    // Peeking tells for sure; readiness alone is a guess at first. An end or an error of the
    // connection is for hyper to find.
    let mut byte = [0];
    let now = Instant::now();
    let (deadline, cut) = noted
        .watch
        .deadline(&edge.timeouts)
        .unwrap_or((now, Cut::Idle));
    if *next == Next::Another {
        tokio::select! {
            biased;
            _ = noted.stream.peek(&mut byte) => return Ok(()),
            () = sleep_until(deadline) => return Err(cut),
            () = stop.cancelled() => *next = Next::Close,
        }
    }
    let deadline = deadline.min(Instant::now() + LAME_DUCK);
    tokio::select! {
        biased;
        _ = noted.stream.peek(&mut byte) => Ok(()),
        () = sleep_until(deadline) => Err(cut),
    }
}

/// Serves requests until the connection ends, or is handed back to be parked or closed.
async fn requests(
    edge: &Arc<Edge>,
    noted: Noted,
    peer: IpAddr,
    next: Next,
    stop: &Stop,
) -> Option<Noted> {
    let watch = Arc::clone(&noted.watch);
    let service = service_fn(|request| answer_request(edge, &watch, request, peer));
    let mut connection = http1::Builder::new()
        .keep_alive(next == Next::Another)
        .max_buf_size(HEADER_ROOM)
        .max_headers(MAX_HEADERS)
        // The time-outs of this edge are finer: `Watch`.
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(noted), service);
    let mut look = pin!(sleep_until(Instant::now() + PARK_AFTER));
    let mut stopped = pin!(stop.cancelled());
    let mut stopping = next == Next::Close;
    loop {
        tokio::select! {
            biased;
            ended = &mut connection => {
                if ended.is_err() {
                    edge.metrics.broken.inc();
                }
                return None;
            }
            () = &mut look => match watch.look(&edge.timeouts) {
                Look::Again(at) => look.as_mut().reset(at),
                Look::Park => break,
                Look::Cut(cut) => {
                    edge.metrics.cut(cut);
                    return None;
                }
            },
            () = &mut stopped, if !stopping => {
                stopping = true;
                if !watch.is_busy() {
                    break;
                }
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    }
    let parts = connection.into_parts();
    let mut noted = parts.io.into_inner();
    // A copy, mostly of nothing: a view, even an empty one, would keep hyper's buffer.
    noted.ahead = bytes::Bytes::copy_from_slice(&parts.read_buf);
    Some(noted)
}

async fn answer_request(
    edge: &Arc<Edge>,
    watch: &Watch,
    request: Request<Incoming>,
    peer: IpAddr,
) -> Result<Answer, Infallible> {
    watch.enter(Phase::Busy);
    let (request, incoming) = request.into_parts();
    let mut upload = Upload::new(incoming);
    if let Err(fault) = web::framing(request.version, &request.headers) {
        edge.metrics.served(Served::BadFraming);
        let mut refusal = answer::problem(fault.status(), "bad_framing", &fault.to_string(), "");
        // What follows may be a part of it, or not.
        upload.discard().await;
        let close = HeaderValue::from_static("close");
        refusal.headers_mut().insert(CONNECTION, close);
        watch.enter(Phase::Idle);
        return Ok(refusal);
    }
    let answering = routes::answer(edge, &request, &mut upload, peer);
    let mut answer = AssertUnwindSafe(answering)
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            // The panic itself has been reported by the panic hook; a beacon has been counted as shed.
            edge.metrics.panics.inc();
            let shed = Shed::Panicked;
            answer::problem(
                StatusCode::SERVICE_UNAVAILABLE,
                shed.as_str(),
                shed.detail(),
                "",
            )
        });
    if !upload.ended() {
        // Who waits for "100 Continue" has not sent anything yet.
        if !request.headers.contains_key(EXPECT) {
            upload.discard().await;
        }
        if !upload.ended() {
            answer
                .headers_mut()
                .insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    watch.enter(Phase::Idle);
    Ok(answer)
}
