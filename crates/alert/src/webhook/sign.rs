//! Signatures as the Standard Webhooks specification has them: HMAC-SHA256 over
//! `id.timestamp.body`, in the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use settings::Secret;
use sha2::Sha256;

/// A timestamp may be off by this many seconds in either direction.
const TOLERANCE: i64 = 5 * 60;
/// What the specification asks of a key.
const SHORTEST_KEY: usize = 24;

/// A key that signs messages.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey([redacted])")
    }
}

/// A secret that is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Too easily guessed.
    #[error("a key has at least {SHORTEST_KEY} bytes")]
    Short,
    /// `whsec_` is not followed by base64.
    #[error("`whsec_` is followed by base64")]
    Encoding,
}

impl SigningKey {
    /// Reads `whsec_` and base64, or any other text as its own bytes.
    ///
    /// # Errors
    /// [`InvalidKey`].
    pub fn read(secret: &Secret) -> Result<Self, InvalidKey> {
        let bytes = match secret.reveal().strip_prefix("whsec_") {
            Some(encoded) => STANDARD.decode(encoded).map_err(|_| InvalidKey::Encoding)?,
            None => secret.reveal().as_bytes().to_vec(),
        };
        if bytes.len() < SHORTEST_KEY {
            return Err(InvalidKey::Short);
        }
        let mac = Hmac::new_from_slice(&bytes).expect("HMAC takes keys of any length");
        Ok(Self(mac))
    }

    /// The signature of a message: `v1,` and base64.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let tag = self.mac(id, timestamp, body).finalize().into_bytes();
        format!("v1,{}", STANDARD.encode(tag))
    }

    fn mac(&self, id: &str, timestamp: i64, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        mac
    }
}

/// What a receiver finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// One of the signatures is of this key, and the message is fresh.
    Genuine,
    /// The message is older or newer than five minutes: a replay, or a clock that is off.
    Stale,
    /// No signature is of this key.
    Forged,
}

/// Checks a message as its receiver does. `signatures` is the `webhook-signature` header: one
/// signature a key, separated by spaces.
#[must_use]
pub fn verify(
    key: &SigningKey,
    (id, timestamp): (&str, i64),
    body: &[u8],
    signatures: &str,
    now: i64,
) -> Verdict {
    let genuine = signatures.split(' ').any(|signature| {
        let tag = signature
            .strip_prefix("v1,")
            .and_then(|tag| STANDARD.decode(tag).ok());
        // Compares in constant time.
        tag.is_some_and(|tag| key.mac(id, timestamp, body).verify_slice(&tag).is_ok())
    });
    match genuine {
        true if now.abs_diff(timestamp) <= TOLERANCE.unsigned_abs() => Verdict::Genuine,
        true => Verdict::Stale,
        false => Verdict::Forged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> SigningKey {
        SigningKey::read(&Secret::new(text.to_owned())).expect("a key")
    }

    /// The example of the Standard Webhooks specification and its libraries.
    #[test]
    fn a_message_is_signed_as_the_specification_shows() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signature = key.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_receiver_tells_genuine_from_forged_and_stale() {
        let (old, new, other) = (
            key(&"o".repeat(24)),
            key(&"n".repeat(24)),
            key(&"x".repeat(24)),
        );
        let message = ("alert.1", 1_000_000);
        let body = b"{}";
        let both = format!(
            "{} {}",
            old.sign(message.0, message.1, body),
            new.sign(message.0, message.1, body)
        );
        for (key, body, now, verdict) in [
            (&old, &b"{}"[..], 1_000_010, Verdict::Genuine),
            (&new, b"{}", 999_990, Verdict::Genuine),
            (&other, b"{}", 1_000_000, Verdict::Forged),
            (&new, b"{ }", 1_000_000, Verdict::Forged),
            (&new, b"{}", 1_000_301, Verdict::Stale),
            (&new, b"{}", 999_699, Verdict::Stale),
        ] {
            assert_eq!(verify(key, message, body, &both, now), verdict);
        }
        assert_eq!(
            verify(&new, message, body, "v1,!!! v1 v2,AAAA", 1_000_000),
            Verdict::Forged
        );
    }

    #[test]
    fn what_is_no_key_says_why() {
        let read = |text: &str| SigningKey::read(&Secret::new(text.to_owned())).map(|_| ());
        assert_eq!(read("whsec_@@@"), Err(InvalidKey::Encoding));
        assert_eq!(read("whsec_AAAA"), Err(InvalidKey::Short));
        assert_eq!(read("short"), Err(InvalidKey::Short));
        assert_eq!(
            format!("{:?}", key(&"s".repeat(24))),
            "SigningKey([redacted])"
        );
    }
}
