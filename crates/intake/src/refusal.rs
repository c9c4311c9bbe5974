//! Why a beacon is refused: a closed set of reasons, each with the place and a sentence.

/// What a refusal means to the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The body is not a beacon: HTTP 400.
    Malformed,
    /// The body is a beacon, but not one that this key may send: HTTP 403.
    Forbidden,
}

/// Declares the reasons with their label, their class and their meaning.
macro_rules! reasons {
    ($($(#[$meta:meta])* $variant:ident => $label:literal, $class:ident;)+) => {
        /// Why a beacon is refused. The text is the label of the metric and the `reason` of the answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $($(#[$meta])* $variant,)+ }

        impl Reason {
            /// Every reason, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The label.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// What it means to the sender.
            #[must_use]
            pub const fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class,)+ }
            }
        }
    };
}

reasons! {
    /// The bytes are not UTF-8.
    NotUtf8 => "not_utf8", Malformed;
    /// The text is not one JSON value.
    NotJson => "not_json", Malformed;
    /// A value is nested too deeply.
    TooDeep => "too_deep", Malformed;
    /// A member stands twice.
    DuplicateMember => "duplicate_member", Malformed;
    /// An object has too many members that are not known.
    TooManyMembers => "too_many_members", Malformed;
    /// A member is missing.
    MissingMember => "missing_member", Malformed;
    /// A value is of another type.
    WrongType => "wrong_type", Malformed;
    /// A number lies outside its range.
    OutOfRange => "out_of_range", Malformed;
    /// A text is too long.
    TooLong => "too_long", Malformed;
    /// A text holds control characters, or characters that its grammar does not have.
    BadText => "bad_text", Malformed;
    /// The format has another version.
    UnsupportedVersion => "unsupported_version", Malformed;
    /// An identity is not base64url of its length.
    BadId => "bad_id", Malformed;
    /// An origin is not as browsers serialise it.
    BadOrigin => "bad_origin", Malformed;
    /// An endpoint is not a path without query and fragment.
    BadEndpoint => "bad_endpoint", Malformed;
    /// A method is not a token.
    BadMethod => "bad_method", Malformed;
    /// A latency is not pairs of bucket and count that fit the row.
    BadLatency => "bad_latency", Malformed;
    /// There are no rows, or none of a kind that is known.
    NoRows => "no_rows", Malformed;
    /// There are too many rows.
    TooManyRows => "too_many_rows", Malformed;
    /// The beacon is older than the retry horizon.
    TooOld => "too_old", Malformed;
    /// The beacon names another page origin than the browser does.
    PageOriginMismatch => "page_origin_mismatch", Forbidden;
    /// The page origin is not one of the key's application.
    PageOriginNotAllowed => "page_origin_not_allowed", Forbidden;
}

/// A beacon that is not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", if field.is_empty() { "body" } else { field })]
pub struct Refusal {
    /// The reason.
    pub reason: Reason,
    /// Path of the member, such as `rows[3].st`; empty for the body as a whole.
    pub field: String,
    /// What is wrong and what is permitted, as a sentence for a person.
    pub detail: String,
}
