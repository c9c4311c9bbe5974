//! Compacts rollups, evaluates SLOs at the watermark, runs the alert state machine.
