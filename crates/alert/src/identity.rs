//! What makes two alerts the same alert.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Identity of an alert: a pure function of SLO, rule and group, so that every process, before and
/// after a restart, speaks of the same alert by the same name. 16 hexadecimal digits, as
/// Alertmanager's fingerprints.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertId(String);

impl AlertId {
    /// The identity of `rule` of `slo` for a group, given as sorted pairs of label and value.
    #[must_use]
    pub fn of<'a>(
        slo: &str,
        rule: &str,
        group: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            // The length in front keeps `ab` + `c` apart from `a` + `bc`.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        part(slo);
        part(rule);
        for (label, value) in group {
            part(label);
            part(value);
        }
        let digest = hash.finalize();
        Self(HEXLOWER.encode(&digest[..8]))
    }

    /// The identity of an incident, which its owner gives it.
    #[must_use]
    pub fn of_incident(id: &str) -> Self {
        Self(id.to_owned())
    }

    /// The text itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_slo_rule_and_group_is_the_same_alert_and_nothing_else_is() {
        let id = AlertId::of("shop", "fast_burn", [("service", "cart")]);
        assert_eq!(id, AlertId::of("shop", "fast_burn", [("service", "cart")]));
        assert_eq!(id.as_str().len(), 16);
        let others = [
            AlertId::of("shop", "fast_burn", []),
            AlertId::of("shop", "slow_burn", [("service", "cart")]),
            AlertId::of("shopf", "ast_burn", [("service", "cart")]),
            AlertId::of("shop", "fast_burn", [("servicec", "art")]),
            AlertId::of("shop", "fast_burn", [("endpoint", "cart")]),
        ];
        for other in others {
            assert_ne!(id, other);
        }
    }
}
