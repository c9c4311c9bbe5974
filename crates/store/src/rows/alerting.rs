//! What is kept of alerting: silences, and what receivers made of notifications.

use observation::UnixMillis;

use crate::wire::fields;

fields! {
    /// A silence or a maintenance window. A row with a higher version replaces the one before.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SilenceRow in "silences" {
        /// Identity.
        pub id: String,
        /// Grows with every change.
        pub version: u64,
        /// Which of the two.
        pub kind: String,
        /// The one app whose alerts it matches; empty where it may match those of others.
        pub app: String,
        /// Everything else, as JSON of its owner.
        pub body: String,
        /// When it was made.
        pub created_at: UnixMillis,
        /// Name of the token that it was made with.
        pub created_by: String,
        /// When it was taken back, if it was.
        pub deleted_at: Option<UnixMillis>,
        /// Name of the token that it was taken back with.
        pub deleted_by: String,
        /// When it may be forgotten.
        pub keep_until: UnixMillis,
    }
}

fields! {
    /// How one notification ended at one receiver.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DeliveryRow in "deliveries" {
        /// When it ended.
        pub at: UnixMillis,
        /// The alert.
        pub alert: String,
        /// Which of its transitions.
        pub sequence: u64,
        /// Configured application; empty for alerts about the pipeline.
        pub app: String,
        /// Its summary.
        pub summary: String,
        /// Whether it fired.
        pub status: String,
        /// The receiver; empty where a silence held it back from all.
        pub receiver: String,
        /// How it ended.
        pub outcome: String,
        /// Attempts that were made.
        pub attempts: u32,
        /// What was answered last.
        pub answer: String,
        /// From queueing to the end, in milliseconds.
        pub millis: u64,
    }
}
