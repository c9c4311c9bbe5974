//! Alert identity, state and notifiers.
