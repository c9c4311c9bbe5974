//! Bytes from a source become observations, or a closed refusal.
