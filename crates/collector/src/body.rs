//! The body of a request: read within its limits, unpacked within its limits.

use std::error::Error as _;
use std::io::{self, Read};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::admission::InFlight;
use crate::outcome::{Outcome, Refused, Shed};
use crate::received::Received;

/// What is read of a body that no one wants, so that the sender gets to see the answer: a connection
/// that is closed with unread data in it is reset, and the answer may be lost (RFC 9112, 9.6).
const DISCARD: usize = 1 << 20;
const DISCARD_TIME: Duration = Duration::from_secs(2);

/// The body on its way.
#[derive(Debug)]
pub(crate) struct Upload {
    incoming: Incoming,
    ended: bool,
}

impl Upload {
    pub(crate) fn new(incoming: Incoming) -> Self {
        let ended = incoming.is_end_stream();
        Self { incoming, ended }
    }

    /// Whether nothing of the body is left on the connection.
    pub(crate) const fn ended(&self) -> bool {
        self.ended
    }

    /// The length that the header states.
    fn stated(&self) -> Option<u64> {
        self.incoming.size_hint().exact()
    }

    /// The next piece, or nothing at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Outcome> {
        loop {
            match self.incoming.frame().await {
                None => {
                    self.ended = true;
                    return Ok(None);
                }
                Some(Err(error)) if is_malformed(&error) => {
                    return Err(Refused::BadChunks.into());
                }
                Some(Err(_)) => return Err(Shed::Disconnected.into()),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.ended = self.incoming.is_end_stream();
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    /// Reads on for a little while, for the sender's sake.
    pub(crate) async fn discard(&mut self) {
        let mut left = DISCARD;
        let read = async {
            while let Ok(Some(piece)) = self.next().await {
                if piece.len() >= left {
                    return;
                }
                left -= piece.len();
            }
        };
        // Out of time or not: what is left is seen by `ended`.
        let _ = tokio::time::timeout(DISCARD_TIME, read).await;
    }

    /// Reads all of it.
    pub(crate) async fn read(
        &mut self,
        limit: u64,
        received: &mut Received,
        in_flight: &InFlight,
    ) -> Result<Bytes, Outcome> {
        if self.stated().is_some_and(|length| length > limit) {
            return Err(Refused::BodyTooLarge.into());
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let Some(first) = self.next().await? else {
            return Ok(Bytes::new());
        };
        received.held.bytes(in_flight, first.len())?;
        // Most bodies arrive in one piece together with the header: nothing is copied then.
        if self.ended && first.len() <= limit {
            return Ok(first);
        }
        let mut whole = BytesMut::from(first);
        while let Some(piece) = self.next().await? {
            received.held.bytes(in_flight, piece.len())?;
            whole.extend_from_slice(&piece);
            if whole.len() > limit {
                break;
            }
        }
        if whole.len() > limit {
            return Err(Refused::BodyTooLarge.into());
        }
        Ok(whole.freeze())
    }
}

/// Whether the chunks are at fault, and not the connection.
fn is_malformed(error: &hyper::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    cause.is_some_and(|cause: &io::Error| {
        matches!(
            cause.kind(),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
        )
    })
}

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    Gzip,
    /// With the zlib header, as RFC 9110 has it.
    Deflate,
}

impl Encoding {
    pub(crate) fn read(header: Option<&http::HeaderValue>) -> Result<Self, Refused> {
        let Some(header) = header else {
            return Ok(Self::Plain);
        };
        let name = header.as_bytes();
        for (known, encoding) in [
            (&b"gzip"[..], Self::Gzip),
            (b"x-gzip", Self::Gzip),
            (b"deflate", Self::Deflate),
            (b"identity", Self::Plain),
            (b"", Self::Plain),
        ] {
            if name.eq_ignore_ascii_case(known) {
                return Ok(encoding);
            }
        }
        Err(Refused::ContentEncoding)
    }

    /// Unpacks a body. What it unpacks to is limited while it unpacks.
    pub(crate) fn unpack(self, body: Bytes, limit: usize) -> Result<Bytes, Refused> {
        let unpacked = match self {
            Self::Plain if body.len() > limit => return Err(Refused::UnpackedTooLarge),
            Self::Plain => return Ok(body),
            Self::Gzip => unpack(MultiGzDecoder::new(&body[..]), &body, limit),
            Self::Deflate => unpack(ZlibDecoder::new(&body[..]), &body, limit),
        }?;
        Ok(unpacked.into())
    }
}

fn unpack(decoder: impl Read, body: &[u8], limit: usize) -> Result<Vec<u8>, Refused> {
    let mut unpacked = Vec::with_capacity((body.len() * 4).min(limit));
    let one_more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    decoder
        .take(one_more)
        .read_to_end(&mut unpacked)
        .map_err(|_| Refused::BadCompression)?;
    if unpacked.len() > limit {
        return Err(Refused::UnpackedTooLarge);
    }
    Ok(unpacked)
}
