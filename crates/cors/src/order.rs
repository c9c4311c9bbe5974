//! The order in which Chromium looks at request headers, which decides the name in an error where
//! several headers are not allowed.
//!
//! The renderer keeps headers in a hash table that it walks bucket by bucket, so the order is that
//! of the hashes: case-folded UTF-16 names under rapidhash with its default seed, 24 bits of it, in
//! an open-addressed table that starts with 8 buckets and doubles when it is half full
//! (`third_party/blink/renderer/platform/wtf/hash_table.h`, `third_party/rapidhash`). What the
//! browser adds itself takes part: it fills the table.

use url::{Host, Url};

/// What the browser adds after the page's own headers; the client hints go to secure URLs only.
const CLIENT_HINTS: [&str; 3] = ["sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"];
const REFERER: &str = "referer";

/// Puts headers, sorted by name, into the order in which the network service sees them.
pub(crate) fn arrange(headers: Vec<(String, Vec<u8>)>, url: &Url) -> Vec<(String, Vec<u8>)> {
    if headers.len() < 2 {
        return headers;
    }
    let hints = if is_trustworthy(url) {
        CLIENT_HINTS.as_slice()
    } else {
        &[]
    };
    let mut table = Table::new();
    for (name, _) in &headers {
        table.insert(name);
    }
    for name in hints.iter().chain([&REFERER]) {
        table.insert(name);
    }
    let order = table.walk();
    let place = |name: &str| order.iter().position(|other| *other == name);
    let mut arranged = headers.clone();
    arranged.sort_by_key(|(name, _)| place(name));
    arranged
}

/// Whether a URL counts as secure: <https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy>.
fn is_trustworthy(url: &Url) -> bool {
    match url.host() {
        _ if url.scheme() == "https" => true,
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The buckets of the table; each holds a name and its hash.
struct Table<'a> {
    buckets: Vec<Option<(u64, &'a str)>>,
    count: usize,
}

impl<'a> Table<'a> {
    fn new() -> Self {
        Self {
            buckets: vec![None; 8],
            count: 0,
        }
    }

    fn insert(&mut self, name: &'a str) {
        place(&mut self.buckets, (hash(name), name));
        self.count += 1;
        if self.count * 2 >= self.buckets.len() {
            let mut larger = vec![None; self.buckets.len() * 2];
            self.buckets
                .iter()
                .flatten()
                .for_each(|entry| place(&mut larger, *entry));
            self.buckets = larger;
        }
    }

    fn walk(&self) -> Vec<&'a str> {
        self.buckets
            .iter()
            .flatten()
            .map(|(_, name)| *name)
            .collect()
    }
}

/// Quadratic probing: 1, 3, 6, .. buckets on.
fn place<'a>(buckets: &mut [Option<(u64, &'a str)>], entry: (u64, &'a str)) {
    let mask = buckets.len() - 1;
    let mut at = usize::try_from(entry.0).unwrap_or_default() & mask;
    let mut step = 0;
    while buckets[at].is_some() {
        step += 1;
        at = (at + step) & mask;
    }
    buckets[at] = Some(entry);
}

const SECRET: [u64; 3] = [
    0x2d35_8dcc_aa6c_78a5,
    0x8bb8_4b93_962e_acc9,
    0x4b33_a62e_d433_d4a3,
];
const SEED: u64 = 0xbdd8_9aa9_8270_4029;
/// The table keeps 24 bits of a hash; zero stands for a hash that is not computed yet.
const HASH_BITS: u64 = 0x00ff_ffff;
const INSTEAD_OF_ZERO: u64 = 0x0080_0000;

fn hash(name: &str) -> u64 {
    let bytes: Vec<u8> = name
        .bytes()
        .flat_map(|byte| [byte.to_ascii_lowercase(), 0])
        .collect();
    match rapidhash(&bytes) & HASH_BITS {
        0 => INSTEAD_OF_ZERO,
        hash => hash,
    }
}

fn multiply(a: u64, b: u64) -> (u64, u64) {
    let product = u128::from(a) * u128::from(b);
    (product as u64, (product >> 64) as u64)
}

fn mix(a: u64, b: u64) -> u64 {
    let (low, high) = multiply(a, b);
    low ^ high
}

fn read<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word[..N].copy_from_slice(&bytes[at..at + N]);
    u64::from_le_bytes(word)
}

/// rapidhash, first version (<https://github.com/Nicoshev/rapidhash>).
fn rapidhash(bytes: &[u8]) -> u64 {
    let length = bytes.len() as u64;
    let mut seed = SEED ^ mix(SEED ^ SECRET[0], SECRET[1]) ^ length;
    let (a, b) = match bytes.len() {
        0 => (0, 0),
        count @ 1..=3 => {
            let middle = u64::from(bytes[count >> 1]) << 32;
            (
                u64::from(bytes[0]) << 56 | middle | u64::from(bytes[count - 1]),
                0,
            )
        }
        count @ 4..=16 => {
            let (last, delta) = (count - 4, if count >= 8 { 4 } else { 0 });
            (
                read::<4>(bytes, 0) << 32 | read::<4>(bytes, last),
                read::<4>(bytes, delta) << 32 | read::<4>(bytes, last - delta),
            )
        }
        count => {
            seed = absorb(bytes, seed);
            (read::<8>(bytes, count - 16), read::<8>(bytes, count - 8))
        }
    };
    let (a, b) = multiply(a ^ SECRET[1], b ^ seed);
    mix(a ^ SECRET[0] ^ length, b ^ SECRET[1])
}

/// Everything of a long input but its last 16 bytes.
fn absorb(mut bytes: &[u8], mut seed: u64) -> u64 {
    let step = |bytes: &[u8], at: usize, secret: u64, state: u64| {
        mix(
            read::<8>(bytes, at) ^ secret,
            read::<8>(bytes, at + 8) ^ state,
        )
    };
    if bytes.len() > 48 {
        let (mut second, mut third) = (seed, seed);
        while bytes.len() >= 48 {
            seed = step(bytes, 0, SECRET[0], seed);
            second = step(bytes, 16, SECRET[1], second);
            third = step(bytes, 32, SECRET[2], third);
            bytes = &bytes[48..];
        }
        seed ^= second ^ third;
    }
    if bytes.len() > 16 {
        seed = step(bytes, 0, SECRET[2], seed ^ SECRET[1]);
    }
    if bytes.len() > 32 {
        seed = step(bytes, 16, SECRET[2], seed);
    }
    seed
}
