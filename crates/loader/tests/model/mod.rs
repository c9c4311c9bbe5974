//! Log, store, loaders and aggregators as state machines, and a source of schedules.

pub(crate) mod log;
pub(crate) mod store;
pub(crate) mod worker;

use loader::Settings;

/// The settings of the simulation: small chunks, so that schedules cross many borders.
pub(crate) const SETTINGS: Settings = Settings {
    epoch: 1,
    chunk_size: 4,
    resend_window: 600_000,
};
pub(crate) const PARTITION: u32 = 0;

/// xorshift64*: enough for schedules, and the same everywhere.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }

    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("fits")
    }
}
