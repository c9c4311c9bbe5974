//! What can go wrong, by what the caller does about it.

use clickhouse::error::Error;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The server cannot be reached, is overloaded, or did not answer in time. Whether the work was
    /// done is not known; every write may be repeated.
    #[error("the store is unavailable ({reason})")]
    Unavailable {
        /// What kind of failure, for logs and metrics.
        reason: &'static str,
        /// The failure.
        #[source]
        source: Source,
    },
    /// The server refuses what it was given, and will refuse it again: a poison row, a bad query.
    #[error("the store refuses the request (ClickHouse code {code})")]
    Rejected {
        /// ClickHouse's error code; 0 where it gave none.
        code: u32,
        /// The failure.
        #[source]
        source: Source,
    },
    /// A query went over its limits of time, rows or memory: ask for less.
    #[error("the query is over its limits (ClickHouse code {code}); ask for a smaller window")]
    Limits {
        /// ClickHouse's error code.
        code: u32,
        /// The failure.
        #[source]
        source: Source,
    },
    /// The database does not have the schema of this build.
    #[error("{0}")]
    Schema(String),
    /// The configuration cannot be used.
    #[error("{0}")]
    Config(String),
}

/// The cause of a [`StoreError`].
pub type Source = Box<dyn std::error::Error + Send + Sync>;

/// Whether the failed call would have changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Call {
    Read,
    Write,
}

impl Call {
    pub(crate) const ALL: [Self; 2] = [Self::Read, Self::Write];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl StoreError {
    /// Whether the same call may succeed later. Writes are idempotent, so repeating is safe.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// Whether the server refuses the user, or what it asked for.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        let (Self::Unavailable { source, .. } | Self::Rejected { source, .. }) = self else {
            return false;
        };
        exception_code(&source.to_string()).is_some_and(|code| DENIED.contains(&code))
    }

    /// Every reason that [`StoreError::reason`] gives.
    pub(crate) const REASONS: [&'static str; 11] = [
        "restarting",
        "busy",
        "timeout",
        "network",
        "bad_answer",
        "server",
        "unclassified",
        "rejected",
        "limits",
        "schema",
        "config",
    ];

    /// The kind of failure as a label.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Unavailable { reason, .. } => reason,
            Self::Rejected { .. } => "rejected",
            Self::Limits { .. } => "limits",
            Self::Schema(_) => "schema",
            Self::Config(_) => "config",
        }
    }

    pub(crate) fn engine_restarting() -> Self {
        Self::Unavailable {
            reason: "restarting",
            source: "the embedded engine is being restarted".into(),
        }
    }

    pub(crate) fn busy() -> Self {
        Self::Unavailable {
            reason: "busy",
            source: "all connections to the store are in use".into(),
        }
    }

    pub(crate) fn of(call: Call, error: Error) -> Self {
        match &error {
            Error::Network(_) => Self::Unavailable {
                reason: "network",
                source: error.into(),
            },
            Error::TimedOut => Self::Unavailable {
                reason: "timeout",
                source: error.into(),
            },
            Error::BadResponse(text) => match exception_code(text) {
                Some(code) => Self::of_code(call, code, error.into()),
                // An answer that is not the server's own: a proxy in between.
                None => Self::Unavailable {
                    reason: "bad_answer",
                    source: error.into(),
                },
            },
            // The answer is not what this build reads: another schema, or a word it does not know.
            Error::SchemaMismatch(text) | Error::Custom(text) => Self::Schema(text.clone()),
            _ => Self::Rejected {
                code: 0,
                source: error.into(),
            },
        }
    }

    fn of_code(call: Call, code: u32, source: Source) -> Self {
        match (call, code) {
            // UNKNOWN_TABLE, UNKNOWN_DATABASE, NO_SUCH_COLUMN_IN_TABLE, UNKNOWN_IDENTIFIER
            (_, 60 | 81 | 16 | 47) => Self::Schema(format!(
                "the database does not have the schema of this build; migrate it first: {source}"
            )),
            // TIMEOUT_EXCEEDED, TOO_SLOW, TOO_MANY_ROWS, TOO_MANY_BYTES, TOO_MANY_ROWS_OR_BYTES,
            // MEMORY_LIMIT_EXCEEDED
            (Call::Read, 158 | 159 | 160 | 241 | 307 | 396) => Self::Limits { code, source },
            _ if TRANSIENT.contains(&code) => Self::Unavailable {
                reason: "server",
                source,
            },
            (Call::Read, _) => Self::Rejected { code, source },
            (Call::Write, _) if POISON.contains(&code) => Self::Rejected { code, source },
            // Giving up data for a code that no one has thought of would lose it.
            (Call::Write, _) => Self::Unavailable {
                reason: "unclassified",
                source,
            },
        }
    }
}

/// Codes that say "not now": the server's trouble, not the caller's.
#[rustfmt::skip]
const TRANSIENT: [u32; 38] = [
    3,    // UNEXPECTED_END_OF_FILE
    74,   // CANNOT_READ_FROM_FILE_DESCRIPTOR
    75,   // CANNOT_WRITE_TO_FILE_DESCRIPTOR
    76,   // CANNOT_OPEN_FILE
    159,  // TIMEOUT_EXCEEDED
    160,  // TOO_SLOW
    164,  // READONLY
    192,  // UNKNOWN_USER
    193,  // WRONG_PASSWORD
    201,  // QUOTA_EXCEEDED
    202,  // TOO_MANY_SIMULTANEOUS_QUERIES
    203,  // NO_FREE_CONNECTION
    209,  // SOCKET_TIMEOUT
    210,  // NETWORK_ERROR
    225,  // NO_ZOOKEEPER
    236,  // ABORTED
    241,  // MEMORY_LIMIT_EXCEEDED
    242,  // TABLE_IS_READ_ONLY
    243,  // NOT_ENOUGH_SPACE
    244,  // UNEXPECTED_ZOOKEEPER_ERROR
    252,  // TOO_MANY_PARTS
    279,  // ALL_CONNECTION_TRIES_FAILED
    285,  // TOO_FEW_LIVE_REPLICAS
    286,  // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
    319,  // UNKNOWN_STATUS_OF_INSERT
    341,  // UNFINISHED
    373,  // SESSION_IS_LOCKED
    394,  // QUERY_WAS_CANCELLED
    425,  // SYSTEM_ERROR
    439,  // CANNOT_SCHEDULE_TASK
    473,  // DEADLOCK_AVOIDED
    497,  // ACCESS_DENIED
    516,  // AUTHENTICATION_FAILED
    700,  // USER_SESSION_LIMIT_EXCEEDED
    735,  // QUERY_WAS_CANCELLED_BY_CLIENT
    999,  // KEEPER_EXCEPTION
    1000, // POCO_EXCEPTION
    1001, // STD_EXCEPTION
];

/// Codes that say "not you": UNKNOWN_USER, WRONG_PASSWORD, ACCESS_DENIED, AUTHENTICATION_FAILED.
const DENIED: [u32; 4] = [192, 193, 497, 516];

/// Codes that say "never": the rows themselves cannot be read or stored.
#[rustfmt::skip]
const POISON: [u32; 19] = [
    6,   // CANNOT_PARSE_TEXT
    26,  // CANNOT_PARSE_QUOTED_STRING
    27,  // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    32,  // ATTEMPT_TO_READ_AFTER_EOF
    33,  // CANNOT_READ_ALL_DATA
    38,  // CANNOT_PARSE_DATE
    41,  // CANNOT_PARSE_DATETIME
    43,  // ILLEGAL_TYPE_OF_ARGUMENT
    53,  // TYPE_MISMATCH
    69,  // ARGUMENT_OUT_OF_BOUND
    70,  // CANNOT_CONVERT_TYPE
    72,  // CANNOT_PARSE_NUMBER
    117, // INCORRECT_DATA
    128, // TOO_LARGE_ARRAY_SIZE
    131, // TOO_LARGE_STRING_SIZE
    190, // SIZES_OF_ARRAYS_DONT_MATCH
    321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
    349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    469, // VIOLATED_CONSTRAINT
];

/// The code in an answer such as `Code: 60. DB::Exception: ...`.
fn exception_code(text: &str) -> Option<u32> {
    let digits = text.split_once("Code: ")?.1;
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(call: Call, answer: &str, expect: &str) {
        let error = StoreError::of(call, Error::BadResponse(answer.to_owned()));
        let got = match &error {
            StoreError::Unavailable { reason, .. } => (*reason).to_owned(),
            StoreError::Rejected { code, .. } => format!("rejected {code}"),
            StoreError::Limits { code, .. } => format!("limits {code}"),
            StoreError::Schema(_) => "schema".to_owned(),
            StoreError::Config(_) => "config".to_owned(),
        };
        assert_eq!(got, expect, "{call:?} {answer}");
        assert!(StoreError::REASONS.contains(&error.reason()), "{error:?}");
        assert_eq!(
            error.is_retryable(),
            matches!(error, StoreError::Unavailable { .. })
        );
    }

    #[test]
    fn answers_are_told_apart_by_what_to_do_about_them() {
        check(
            Call::Write,
            "Code: 252. DB::Exception: Too many parts",
            "server",
        );
        check(
            Call::Write,
            "Code: 241. DB::Exception: Memory limit",
            "server",
        );
        check(
            Call::Read,
            "Code: 241. DB::Exception: Memory limit",
            "limits 241",
        );
        check(
            Call::Read,
            "Code: 159. DB::Exception: Timeout exceeded",
            "limits 159",
        );
        check(
            Call::Write,
            "Code: 117. DB::Exception: Incorrect data",
            "rejected 117",
        );
        check(
            Call::Write,
            "Code: 60. DB::Exception: Unknown table",
            "schema",
        );
        check(
            Call::Read,
            "Code: 62. DB::Exception: Syntax error",
            "rejected 62",
        );
        check(Call::Write, "502 Bad Gateway", "bad_answer");
    }

    #[test]
    fn a_write_is_never_given_up_for_a_code_that_is_not_known_to_be_poison() {
        check(
            Call::Write,
            "Code: 7777. DB::Exception: new in a later version",
            "unclassified",
        );
    }
}
