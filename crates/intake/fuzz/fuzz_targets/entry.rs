//! Whatever a journal record holds, reading it ends, and what could be read is written as it was.
//!
//! `cargo +nightly fuzz run entry`, from `crates/intake`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use observation::Entry;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entry) = Entry::decode(bytes) {
        assert_eq!(Entry::decode(&entry.encode()).expect("own bytes"), entry);
    }
});
