//! Whatever a journal record holds, reading it ends, and what could be read is written as it was.
//!
//! From `crates/intake`: `cargo +nightly fuzz run entry`, or on a stable compiler
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run -s none entry`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use observation::Entry;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(entry) = Entry::decode(bytes) {
        assert_eq!(Entry::decode(&entry.encode()).expect("own bytes"), entry);
    }
});
