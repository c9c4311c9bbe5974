//! The CORS protocol of the Fetch standard as a pure function: exchange to verdict.
