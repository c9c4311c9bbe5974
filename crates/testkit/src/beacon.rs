//! Beacons as the SDK sends them: see `schemas/beacon/v1.schema.json`.

use observation::{BeaconId, SessionId};
use serde_json::{Value, json};

/// A beacon on the wire. Starts with no rows; every part can be replaced.
///
/// ```
/// use testkit::Beacon;
/// let beacon = Beacon::new(7).ok("/items", 6).blocked("PUT", "/cart");
/// assert_eq!(beacon.value()["rows"][0]["n"], 6);
/// ```
#[derive(Debug, Clone)]
pub struct Beacon(Value);

/// Page that the beacons of the tests come from.
pub const PAGE: &str = "https://shop.test";
/// Server that their requests go to.
pub const TARGET: &str = "https://api.shop.test";

impl Beacon {
    /// The beacon number `n`: its identity follows from `n`, spread over all partitions.
    #[must_use]
    pub fn new(n: u64) -> Self {
        Self(json!({
            "v": 1, "id": id(n).to_string(), "age": 0, "s": SessionId(n).to_string(),
            "page": PAGE, "sdk": "0.1.0", "rows": [],
        }))
    }

    /// With another value of a member; `Value::Null` takes the member away.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        match value.into() {
            Value::Null => {
                if let Some(members) = self.0.as_object_mut() {
                    members.remove(member);
                }
            }
            value => self.0[member] = value,
        }
        self
    }

    /// With one more row, as it is.
    ///
    /// # Panics
    /// When the rows were replaced by something that is not an array.
    #[must_use]
    pub fn row(mut self, row: Value) -> Self {
        let rows = self.0["rows"].as_array_mut();
        rows.expect("rows are an array").push(row);
        self
    }

    /// With a row of `count` requests that were answered with 200.
    #[must_use]
    pub fn ok(self, endpoint: &str, count: u32) -> Self {
        self.row(json!({
            "at": -100, "to": TARGET, "ep": endpoint, "st": 200, "n": count, "l": [55, count],
        }))
    }

    /// With a row of one request that was blocked at its preflight.
    #[must_use]
    pub fn blocked(self, method: &str, endpoint: &str) -> Self {
        self.row(json!({
            "at": -100, "to": TARGET, "ep": endpoint, "m": method, "p": 1, "o": "blocked",
            "stage": "preflight", "cf": "proven", "ev": "A+pre", "by": "x-tenant",
        }))
    }

    /// What the beacon says.
    #[must_use]
    pub const fn value(&self) -> &Value {
        &self.0
    }

    /// The body to send.
    #[must_use]
    pub fn body(&self) -> String {
        self.0.to_string()
    }
}

/// The identity of the beacon number `n`.
#[must_use]
pub fn id(n: u64) -> BeaconId {
    // The partition follows from the first four bytes: multiplied, so that neighbours part.
    let spread = n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    let n = n.to_be_bytes();
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&spread[..4]);
    bytes[4..].copy_from_slice(&n);
    BeaconId(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beacons_have_their_own_identities_and_reach_all_partitions() {
        let ids: std::collections::BTreeSet<_> = (0..1000).map(id).collect();
        assert_eq!(ids.len(), 1000);
        for partition in 0..4 {
            let there = ids.iter().filter(|id| id.partition(4) == partition).count();
            assert!((200..300).contains(&there), "{partition}: {there}");
        }
    }

    #[test]
    fn a_beacon_can_be_made_wrong_on_purpose() {
        let beacon = Beacon::new(1)
            .ok("/a", 1)
            .with("v", 2)
            .with("id", Value::Null);
        assert_eq!(beacon.value()["v"], 2);
        assert!(beacon.value().get("id").is_none());
    }
}
