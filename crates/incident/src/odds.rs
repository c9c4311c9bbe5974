//! How likely each change is the one, as a share of certainty.
//!
//! One of the changes did it, or none that is known. Each weighs by what was seen under it against what chance brings:
//! how long before the first failure it was made, by how long failures take to show; divided by how usual such changes
//! are there, as a service that is deployed every hour is deployed shortly before anything; and by each further piece of
//! evidence, by how much more often it is seen with the change that did it than with another (Bayes' rule). That none
//! did it has the weight 1.

use observation::UnixMillis;

use crate::suspect::{LOOK_BACK, SLACK};

const MINUTE: f64 = 60_000.0;
/// Most failures are seen a few minutes after what caused them: that a roll-out takes.
const ROLL_OUT: f64 = 8.0 * MINUTE;
/// Some are seen much later: preflights that are cached keep passing (browsers keep them for two hours at most), and
/// what is asked for rarely fails late.
const CACHES: f64 = 60.0 * MINUTE;
/// Of all, so many are late.
const LATE: f64 = 0.1;
/// The busy part of a day. In working hours a deploy is nearer to anything than the day's count says.
const LATELY: i64 = 4 * 3_600_000;
/// Nobody can say of a change that it never happens: so many more are assumed in a day.
const UNSEEN: f64 = 1.0;
/// An answer of a target that changed is seen by so many of the looks at it.
const SEEN: f64 = 0.9;

/// How likely it is, before anything is seen, that a change of a kind did it rather than none.
///
/// Most outages of services are due to changes (about 70 %: Beyer et al. 2016, "Site Reliability Engineering", chapter 1).
pub(crate) mod prior {
    /// A deploy of the service that fails.
    pub(crate) const OWN: f64 = 1.0;
    /// A deploy that states no service, or where none is known of what fails.
    pub(crate) const UNSTATED: f64 = 0.7;
    /// A deploy of another service that changes CORS configuration.
    pub(crate) const OTHER: f64 = 0.1;
    /// The header at fault changed.
    pub(crate) const HEADER: f64 = 3.0;
}

/// How much more often something is seen with the change that did it than with another.
pub(crate) mod evidence {
    /// The target answers as before.
    pub(crate) const UNCHANGED: f64 = 0.02;
    /// It is said to change CORS configuration.
    pub(crate) const SAYS_SO: f64 = 2.0;
    /// Only its release fails.
    pub(crate) const ONLY_ITS_RELEASE: f64 = 50.0;
    /// The header is gone, and not merely another.
    pub(crate) const VANISHED: f64 = 2.0;
}

/// How usual a kind of change is: when those of the day before were made.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usual {
    of_a_day: u32,
    lately: u32,
}

impl Usual {
    /// From when changes of the kind were made; those after the first failure say nothing of what came before it.
    pub(crate) fn of(onset: UnixMillis, made: impl Iterator<Item = UnixMillis>) -> Self {
        made.fold(Self::default(), |usual, at| match onset.0 - at.0 {
            ago if !(-SLACK..=LOOK_BACK).contains(&ago) => usual,
            ago => Self {
                of_a_day: usual.of_a_day + 1,
                lately: usual.lately + u32::from(ago <= LATELY),
            },
        })
    }

    /// In a millisecond.
    fn rate(self) -> f64 {
        let of_a_day = (f64::from(self.of_a_day) + UNSEEN) / float(LOOK_BACK);
        // Beside the one that is judged.
        let others = f64::from(self.lately.saturating_sub(1));
        of_a_day.max(others / float(LATELY))
    }

    /// By how much a change at a time before the first failure is likelier if it did it than by chance.
    pub(crate) fn just_then(self, ago: i64) -> f64 {
        lag(float(ago.max(0))) / self.rate()
    }

    /// The same for a change that was made somewhere between two times.
    pub(crate) fn between(self, earliest: i64, latest: i64) -> f64 {
        let latest = float(latest.max(0));
        let earliest = float(earliest).max(latest + MINUTE);
        (later_than(latest) - later_than(earliest)) / (earliest - latest) / self.rate()
    }

    /// By how much likelier it is that such a change is seen around the one that did it than around another: by chance
    /// it is seen there as often as the time is long.
    pub(crate) fn around(self, from: UnixMillis, to: UnixMillis) -> f64 {
        let width = float((to.0 - from.0).max(0) + 2 * SLACK);
        (SEEN / (self.rate() * width)).max(1.0)
    }
}

/// How likely a failure is first seen in this millisecond after its cause.
fn lag(after: f64) -> f64 {
    let part = |share: f64, usual: f64| share / usual * (-after / usual).exp();
    part(1.0 - LATE, ROLL_OUT) + part(LATE, CACHES)
}

/// How likely it is first seen later than this.
fn later_than(after: f64) -> f64 {
    (1.0 - LATE) * (-after / ROLL_OUT).exp() + LATE * (-after / CACHES).exp()
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a few days")]
const fn float(millis: i64) -> f64 {
    millis as f64
}
