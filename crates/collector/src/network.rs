//! The network of a client as a number that cannot be turned back.

use std::net::IpAddr;

use observation::{MILLIS_PER_HOUR, UnixMillis};
use sha2::{Digest, Sha256};

use crate::address::network_of;

const HOURS_PER_DAY: i64 = 24;

/// Hashes networks with a salt, differently every day, so that a network can be told from another within a
/// day and followed no longer.
#[derive(Clone)]
pub(crate) struct Networks {
    salted: Sha256,
}

impl Networks {
    pub(crate) fn new(salt: &[u8]) -> Self {
        let mut salted = Sha256::new();
        salted.update((salt.len() as u64).to_be_bytes());
        salted.update(salt);
        Self { salted }
    }

    /// The hash; never 0, which stands for "unknown".
    pub(crate) fn hash(&self, client: IpAddr, now: UnixMillis) -> u32 {
        let day = now.0.div_euclid(MILLIS_PER_HOUR * HOURS_PER_DAY);
        let mut digest = self.salted.clone();
        digest.update(day.to_be_bytes());
        match network_of(client) {
            IpAddr::V4(network) => digest.update(network.octets()),
            IpAddr::V6(network) => digest.update(network.octets()),
        }
        let hash = digest.finalize();
        u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = MILLIS_PER_HOUR * HOURS_PER_DAY;

    fn hash(salt: &str, client: &str, at: i64) -> u32 {
        let client = client.parse().expect("an address");
        Networks::new(salt.as_bytes()).hash(client, UnixMillis(at))
    }

    #[test]
    fn clients_of_one_network_share_a_number_for_a_day() {
        for (a, b, same) in [
            ("198.51.100.1", "198.51.100.254", true),
            ("198.51.100.1", "198.51.101.1", false),
            ("2001:db8:1:2::3", "2001:db8:1:ffff::1", true),
            ("2001:db8:1::1", "2001:db8:2::1", false),
        ] {
            assert_eq!(hash("s", a, 0) == hash("s", b, DAY_MS - 1), same, "{a} {b}");
        }
        assert_ne!(
            hash("s", "198.51.100.1", 0),
            hash("s", "198.51.100.1", DAY_MS)
        );
        assert_ne!(hash("s", "198.51.100.1", 0), hash("t", "198.51.100.1", 0));
    }
}
