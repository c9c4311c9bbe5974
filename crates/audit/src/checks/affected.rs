//! Whether a finding is about people with a browser, or only about what scanners read.

use findings::{Affected, Finding, Level};

use crate::rules;

/// Says of each finding who notices, where its check has not said so.
pub(super) fn tell(findings: &mut [Finding]) {
    for finding in findings {
        finding.affects = finding.affects.or_else(|| by_rule(finding));
    }
}

fn by_rule(finding: &Finding) -> Option<Affected> {
    let only_scanners = [
        // No script can use such an entry, and none misses it.
        rules::FORBIDDEN_NAMES,
        // Browsers ask the user now, whatever this header says
        // (<https://wicg.github.io/local-network-access/>).
        rules::LOCAL_NETWORK,
        rules::TIMING,
        // Without cookies a page gets what anybody gets who asks the server.
        rules::WILDCARD,
    ];
    let of_no_one = [
        rules::REFUSED,
        rules::NO_ANSWER,
        rules::UNCLEAR,
        rules::EXPIRED,
    ];
    let is_one_of = |list: &[&findings::Rule]| list.iter().any(|rule| rule.id == finding.rule.id);
    if is_one_of(&of_no_one) {
        return None;
    }
    let is_harmless = match finding.rule.id {
        // Nothing keeps the answer; browsers cap what is too long by themselves.
        id if id == rules::VARY.id => finding.level == Level::Note,
        _ => false,
    };
    Some(match is_harmless || is_one_of(&only_scanners) {
        true => Affected::ScannersOnly,
        false => Affected::BrowserUsers,
    })
}
