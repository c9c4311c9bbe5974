//! Journal to store: batches, partial rollups, re-sends dropped, dead letters.
