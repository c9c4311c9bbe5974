//! How a request ends: one of a closed set of outcomes, each counted once.

use http::StatusCode;
use intake::{Class, Reason, Refusal};

/// Declares an enum with label, status and sentence.
macro_rules! endings {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident => $label:literal, $status:ident, $detail:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$vmeta])* $variant,)+ }

        impl $name {
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)+];

            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)+ }
            }

            pub(crate) const fn detail(self) -> &'static str {
                match self { $(Self::$variant => $detail,)+ }
            }
        }
    };
}

endings! {
    /// Refused for good, before the body was understood.
    Refused {
        /// The key is not one of ours.
        UnknownKey => "unknown_key", UNAUTHORIZED, "the key is not known";
        /// The secret key of a server is not one of ours.
        UnknownLogKey => "unknown_log_key", UNAUTHORIZED, "send `Authorization: Bearer KEY` with a key of `apps.log_keys`";
        /// The key is disabled: the SDK puts everything back and falls silent.
        KeyDisabled => "key_disabled", GONE, "the key is disabled; stop sending";
        /// The body is too large as sent.
        BodyTooLarge => "body_too_large", PAYLOAD_TOO_LARGE, "the body is too large";
        /// The body is too large once unpacked.
        UnpackedTooLarge => "unpacked_too_large", PAYLOAD_TOO_LARGE, "the unpacked body is too large";
        /// The journal takes no record of this size.
        RecordTooLarge => "record_too_large", PAYLOAD_TOO_LARGE, "the beacon is too large to be kept";
        /// The content type is another.
        ContentType => "content_type", UNSUPPORTED_MEDIA_TYPE, "send text/plain or application/json";
        /// The content type is another than those of logs.
        LogContentType => "log_content_type", UNSUPPORTED_MEDIA_TYPE, "send application/x-ndjson, application/json or text/plain";
        /// The content encoding is another.
        ContentEncoding => "content_encoding", UNSUPPORTED_MEDIA_TYPE, "send gzip, deflate or no encoding";
        /// The chunks of the body are none.
        BadChunks => "bad_chunks", BAD_REQUEST, "the chunks of the body are malformed";
        /// The body cannot be unpacked.
        BadCompression => "bad_compression", BAD_REQUEST, "the body does not unpack as its encoding says";
    }
}

endings! {
    /// Not taken now, to be sent again.
    Shed {
        /// The key's quota is used up.
        KeyRate => "key_rate", TOO_MANY_REQUESTS, "too many beacons with this key";
        /// The client sends too much.
        ClientRate => "client_rate", TOO_MANY_REQUESTS, "too many requests from this address";
        /// The key's quota of bytes is used up.
        KeyBytes => "key_bytes", TOO_MANY_REQUESTS, "too many bytes with this key";
        /// The client's network sends too many bytes.
        NetworkBytes => "network_bytes", TOO_MANY_REQUESTS, "too many bytes from this network";
        /// Too many requests wait for the journal.
        Requests => "requests_in_flight", SERVICE_UNAVAILABLE, "too many requests at once";
        /// Too much is held in memory.
        Bytes => "bytes_in_flight", SERVICE_UNAVAILABLE, "too many bytes at once";
        /// The journal has no room.
        JournalFull => "journal_full", SERVICE_UNAVAILABLE, "no room to keep the beacon";
        /// The journal did not answer in time; the beacon may be durable, a copy does no harm.
        JournalTimeout => "journal_timeout", SERVICE_UNAVAILABLE, "the beacon could not be kept in time";
        /// The journal cannot make anything durable.
        JournalUnavailable => "journal_unavailable", SERVICE_UNAVAILABLE, "the beacon could not be kept";
        /// The body did not arrive in time.
        SlowBody => "slow_body", SERVICE_UNAVAILABLE, "the body did not arrive in time";
        /// The client went away before its body was complete.
        Disconnected => "disconnected", SERVICE_UNAVAILABLE, "the body is not complete";
        /// A mistake of ours.
        Panicked => "panicked", SERVICE_UNAVAILABLE, "something went wrong here";
    }
}

/// How a request ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Durable.
    Appended,
    /// Refused for good, before the body was understood.
    Refused(Refused),
    /// Refused for good, for what the body says.
    Body(Refusal),
    /// Not taken now.
    Shed(Shed),
}

impl From<Refused> for Outcome {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Shed> for Outcome {
    fn from(shed: Shed) -> Self {
        Self::Shed(shed)
    }
}

/// The status that a reason of the intake stands for.
pub(crate) const fn status_of(reason: Reason) -> StatusCode {
    match reason.class() {
        Class::Malformed => StatusCode::BAD_REQUEST,
        Class::Forbidden => StatusCode::FORBIDDEN,
    }
}

/// What is served beside beacons: the label of a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Served {
    /// The answer to a preflight.
    Preflight,
    /// The way to the current script.
    ScriptRedirect,
    /// The script by its hash.
    Script,
    /// The script by key.
    KeyedScript,
    /// No such path.
    NotFound,
    /// No such method.
    MethodNotAllowed,
    /// Nothing: where the request ends, or for whom it is, is not certain.
    BadFraming,
}

impl Served {
    pub(crate) const ALL: &'static [Self] = &[
        Self::Preflight,
        Self::ScriptRedirect,
        Self::Script,
        Self::KeyedScript,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::BadFraming,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::ScriptRedirect => "script_redirect",
            Self::Script => "script",
            Self::KeyedScript => "keyed_script",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::BadFraming => "bad_framing",
        }
    }
}
