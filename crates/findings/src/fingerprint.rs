//! What makes a finding the same in two runs.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::finding::Finding;
use crate::report::{Case, Suite};

/// Hands out fingerprints: of the rule, the suite, the case and the key, never of a line, so that a
/// finding stays itself when the file around it is edited.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints {
    given: HashMap<String, usize>,
}

impl Fingerprints {
    /// The fingerprint of a finding; two that are alike in all parts are numbered.
    pub(crate) fn of(&mut self, suite: &Suite, case: &Case, finding: &Finding) -> String {
        let mut hash = Sha256::new();
        for part in [finding.rule.id, &suite.name, &case.name, &finding.key] {
            hash.update(part.len().to_le_bytes());
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        let text = HEXLOWER.encode(&digest[..8]);
        let number = self.given.entry(text.clone()).or_default();
        *number += 1;
        format!("{text}:{number}")
    }
}
