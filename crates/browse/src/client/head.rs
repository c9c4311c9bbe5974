//! The heads of messages: what is written, and what is read without changing a byte.

use std::io;
use std::time::Duration;

use cors::{Answer, Headers};
use httparse::{Header, ParserConfig, Response, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use web::is_token;

use super::Call;
use super::connect::Stream;
use crate::error::CallError;

/// More header lines than this are taken for an attack.
const MAX_LINES: usize = 256;
/// A body is read this far, so that the server can finish its answer undisturbed.
const DRAINED_BYTES: u64 = 64 * 1024;
const DRAINED_TIME: Duration = Duration::from_millis(300);

/// The head of the request.
pub(super) fn write(call: Call<'_>) -> Result<Vec<u8>, CallError> {
    if !is_token(call.method.as_bytes()) {
        return Err(CallError::Unwritable("the method is not a token"));
    }
    let url = call.url;
    let mut head = format!("{} {}", call.method, url.path());
    if let Some(query) = url.query() {
        head.push('?');
        head.push_str(query);
    }
    head.push_str(" HTTP/1.1\r\nHost: ");
    head.push_str(url.host_str().unwrap_or_default());
    if let Some(port) = url.port() {
        head.push_str(&format!(":{port}"));
    }
    head.push_str("\r\nConnection: close\r\n");
    // RFC 9110, section 8.6: a method that anticipates content says that there is none.
    if matches!(call.method, "POST" | "PUT" | "PATCH") {
        head.push_str("Content-Length: 0\r\n");
    }
    let mut head = head.into_bytes();
    for (name, value) in call.headers.iter() {
        let breaks = |byte: &u8| matches!(byte, 0 | b'\r' | b'\n');
        if !is_token(name) || value.iter().any(breaks) {
            return Err(CallError::Unwritable("a header is not one line"));
        }
        head.extend_from_slice(name);
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    Ok(head)
}

/// Sends the request and reads the head of the final answer; how many bytes of the body came with
/// it is the second value.
pub(super) async fn exchange(
    stream: &mut Box<dyn Stream>,
    request: &[u8],
    limit: usize,
) -> Result<(Answer, u64), CallError> {
    stream.write_all(request).await.map_err(CallError::Broken)?;
    stream.flush().await.map_err(CallError::Broken)?;
    let mut bytes = Vec::with_capacity(4096);
    loop {
        if let Some((answer, length)) = parse(&bytes)? {
            bytes.drain(..length);
            // 1xx announces another answer (RFC 9110, section 15.2).
            if answer.status >= 200 {
                return Ok((answer, bytes.len() as u64));
            }
            continue;
        }
        if bytes.len() >= limit {
            return Err(CallError::TooLarge(limit));
        }
        let read = (&mut *stream)
            .take((limit - bytes.len()) as u64)
            .read_buf(&mut bytes)
            .await
            .map_err(CallError::Broken)?;
        if read == 0 {
            return Err(CallError::Broken(io::ErrorKind::UnexpectedEof.into()));
        }
    }
}

/// The head at the start of `bytes` and its length; none where it is not complete.
fn parse(bytes: &[u8]) -> Result<Option<(Answer, usize)>, CallError> {
    let mut lines = [httparse::EMPTY_HEADER; MAX_LINES];
    let mut response = Response::new(&mut lines);
    // As lenient as browsers are with what servers send.
    let mut config = ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_response_status_delimiters(true);
    let status = config
        .parse_response(&mut response, bytes)
        .map_err(CallError::Malformed)?;
    let Status::Complete(length) = status else {
        return Ok(None);
    };
    let headers: Headers = response
        .headers
        .iter()
        .map(|Header { name, value }| (name, value))
        .collect();
    let answer = Answer {
        status: response.code.unwrap_or_default(),
        headers,
    };
    Ok(Some((answer, length)))
}

/// Reads on for a moment where a body follows, and closes the connection.
pub(super) async fn drain(
    mut stream: Box<dyn Stream>,
    method: &str,
    answer: &Answer,
    already: u64,
) {
    let announced = answer
        .headers
        .all("content-length")
        .next()
        .and_then(|value| std::str::from_utf8(value).ok())
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(DRAINED_BYTES);
    let left = announced.min(DRAINED_BYTES).saturating_sub(already);
    if left == 0 || method == "HEAD" || matches!(answer.status, 204 | 304) {
        return;
    }
    let reading = async {
        let mut rest = (&mut stream).take(left);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    // What becomes of the body concerns no one.
    let _ = tokio::time::timeout(DRAINED_TIME, reading).await;
}
