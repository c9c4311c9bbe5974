//! Signatures as the Standard Webhooks specification has them: HMAC-SHA256 over
//! `id.timestamp.body`, in the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac};
use settings::Secret;
use sha2::Sha256;

/// What the specification asks of a key.
const SHORTEST_KEY: usize = 24;

/// A key that signs messages.
#[derive(Clone)]
pub(crate) struct SigningKey(Hmac<Sha256>);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey([redacted])")
    }
}

/// A secret that is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidKey {
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
    pub(crate) fn read(secret: &Secret) -> Result<Self, InvalidKey> {
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
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
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
