//! What keeps alerts from being set up.

/// A receiver that cannot be set up from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// The address is not one to send to.
    #[error("receiver {name}: {reason}")]
    Target {
        /// Name of the receiver.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The HTTP client cannot be built.
    #[error("receiver {name}: the HTTP client cannot be built")]
    Client {
        /// Name of the receiver.
        name: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The routes cannot be used.
    #[error("alert.routes: {0}")]
    Routes(String),
    /// A silence of the configuration cannot be used.
    #[error("alert.silences: {0}")]
    Silences(String),
}
