//! Clocks, against the one of this machine.

use super::finding::{Check, Finding};

/// What clocks may differ by, beside what the question took.
const ALLOWED_MS: i64 = 1_000;
/// From here on the order of events of two machines is wrong by whole minutes, which are the unit of windows.
const BROKEN_MS: i64 = 60_000;

/// What is to be said about a clock that is `ahead` milliseconds (negative: behind), give or take `uncertain`.
pub(super) fn judged(about: &str, ahead: i64, uncertain: i64) -> Finding {
    let by = ahead.abs();
    let direction = if ahead < 0 { "behind" } else { "ahead" };
    if by <= ALLOWED_MS.saturating_add(uncertain) {
        return Finding::ok(
            Check::Clock,
            about,
            format!("within {} ms of this one", by.max(uncertain)),
        );
    }
    let found = format!("{} s {direction} of this machine", by / 1000);
    let finding = match by {
        BROKEN_MS.. => Finding::failed(Check::Clock, about, found),
        _ => Finding::warning(Check::Clock, about, found),
    };
    finding.so("synchronise both clocks (chrony, systemd-timesyncd): windows and leases go by them")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn a_clock_is_judged_by_what_it_differs_beyond_what_the_question_took() {
        for (ahead, uncertain, status) in [
            (0, 5, Status::Ok),
            (-999, 0, Status::Ok),
            (1_500, 600, Status::Ok),
            (1_500, 100, Status::Warning),
            (-59_000, 0, Status::Warning),
            (60_000, 0, Status::Failed),
            (-3_600_000, 1_000, Status::Failed),
        ] {
            assert_eq!(
                judged("x", ahead, uncertain).status,
                status,
                "{ahead} {uncertain}"
            );
        }
    }
}
