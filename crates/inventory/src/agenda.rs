//! When a target is audited.

use observation::UnixMillis;
use store::{AuditState, InventoryRow};

use crate::Config;
use crate::targets::Target;

/// Audits are spread by this share of their interval, each target by its own part of it.
const SPREAD_PERCENT: i64 = 20;

/// When `target` is to be audited, as far as it is known: `row` is what was found last, `changed` when
/// headers of its origin were last seen to change.
pub(crate) fn due(
    target: &Target,
    row: Option<&InventoryRow>,
    changed: Option<UnixMillis>,
    config: &Config,
) -> UnixMillis {
    let Some(row) = row else {
        return UnixMillis(0);
    };
    let again = row.last_at.plus(config.again_after.as_millis());
    let is_other = row.method != target.method || row.url != target.place.url;
    let is_changed = changed.is_some_and(|changed| changed > row.last_at);
    if is_other || is_changed || row.state != AuditState::Answered {
        return again;
    }
    let every = config.every.as_millis();
    let spread = every / 100 * SPREAD_PERCENT;
    // Below the spread, so it fits.
    let own = i64::try_from(target.key.spread() % spread.max(1).unsigned_abs()).unwrap_or(0);
    row.last_at.plus(every - spread / 2 + own)
}

#[cfg(test)]
mod tests {
    use browse::ProbeTarget;
    use settings::Span;

    use super::*;
    use crate::targets::Key;

    const HOUR: i64 = 3_600_000;

    fn target(endpoint: &str) -> Target {
        Target {
            key: Key {
                service: "api".to_owned(),
                target_origin: "https://api.test".to_owned(),
                endpoint: endpoint.to_owned(),
            },
            apps: Vec::new(),
            method: "GET".to_owned(),
            place: ProbeTarget {
                url: format!("https://api.test{}", endpoint),
                made_up: false,
            },
        }
    }

    fn audited(target: &Target, state: AuditState) -> InventoryRow {
        InventoryRow {
            last_at: UnixMillis(HOUR),
            state,
            ..crate::record::tests::row(target)
        }
    }

    #[test]
    fn a_target_is_due_at_first_sight_daily_and_soon_after_a_change_or_a_silence() {
        let config = Config {
            again_after: Span::secs(300),
            ..Config::default()
        };
        let target = target("/x");
        let answered = audited(&target, AuditState::Answered);
        let soon = UnixMillis(HOUR + 300_000);
        assert_eq!(due(&target, None, None, &config), UnixMillis(0));
        for (row, changed, expected) in [
            (audited(&target, AuditState::NoAnswer), None, soon),
            (audited(&target, AuditState::Refused), None, soon),
            (answered.clone(), Some(UnixMillis(HOUR + 1)), soon),
            (
                InventoryRow {
                    method: "PUT".to_owned(),
                    ..answered.clone()
                },
                None,
                soon,
            ),
        ] {
            assert_eq!(due(&target, Some(&row), changed, &config), expected);
        }
        let old_news = Some(UnixMillis(HOUR));
        let daily = due(&target, Some(&answered), old_news, &config);
        assert_eq!(daily, due(&target, Some(&answered), None, &config));
        assert!(daily > soon);
    }

    #[test]
    fn audits_are_spread_by_identity_around_their_interval() {
        let config = Config::default();
        let times: Vec<i64> = (0..200)
            .map(|n| {
                let target = target(&format!("/{n}"));
                let row = audited(&target, AuditState::Answered);
                let at = due(&target, Some(&row), None, &config);
                assert_eq!(at, due(&target, Some(&row), None, &config));
                (at.0 - HOUR) * 10 / HOUR
            })
            .collect();
        assert!(times.iter().all(|at| (216..264).contains(at)), "{times:?}");
        let early = times.iter().filter(|at| **at < 240).count();
        assert!((60..140).contains(&early), "{early} of 200 are early");
    }
}
