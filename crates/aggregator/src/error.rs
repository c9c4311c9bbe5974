//! What ends the aggregator.

/// Why the aggregator cannot start or go on. What the store refuses for a while is not among it:
/// that is tried again, and said in the board.
#[derive(Debug, thiserror::Error)]
pub enum AggregatorError {
    /// A receiver of alerts cannot be set up.
    #[error("alerts cannot be set up")]
    Alert(#[from] alert::AlertError),
    /// The part that carries notifications ended by itself.
    #[error("the dispatcher of alerts ended before it was stopped")]
    Dispatcher,
}
