//! What failing requests have in common, and what is still healthy.

use serde::Serialize;
use store::DifferenceRow;
use utoipa::ToSchema;

use super::rate::ratio;

/// A value is ranked where it holds at least this share of all failures: with less, chance decides.
const MIN_SHARE_OF_FAILING: f64 = 0.01;

/// The values of one dimension.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct DimensionDifference {
    /// The dimension; `browser` is family and major version, `parameter` the names of request headers.
    by: String,
    /// Values with failures, highest lift first; after them those with less than 1 % of all failures,
    /// whose lift says little.
    values: Vec<ValueDifference>,
    /// Values without any failure, most requests first: what is still healthy.
    healthy: Vec<HealthyValue>,
}

/// Failing against passing for one value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ValueDifference {
    /// The value; empty where none is stated.
    value: String,
    /// How many failed.
    failing: u64,
    /// How many passed.
    passing: u64,
    /// Share of what failed with this value among all with this value.
    ratio: Option<f64>,
    /// Share of this value among all that failed.
    share_of_failing: Option<f64>,
    /// Share of this value among all that passed; null where nothing passed.
    share_of_passing: Option<f64>,
    /// How many times more often this value fails than all together: 1 where it makes no difference.
    lift: Option<f64>,
}

/// A value of which nothing failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct HealthyValue {
    /// The value; empty where none is stated.
    value: String,
    /// How many passed.
    passing: u64,
}

/// The dimensions in which failing and passing requests differ, the one with the highest lift first.
/// Dimensions with a single value tell nothing apart and come last.
pub(crate) fn dimensions(
    rows: &[DifferenceRow],
    limit: usize,
) -> (u64, u64, Vec<DimensionDifference>) {
    let all = rows.iter().find(|row| row.dimension.is_empty());
    let (failing, total) = all.map_or((0, 0), |row| (row.bad, row.total));
    let mut found: Vec<DimensionDifference> = store::COMPARED
        .iter()
        .map(|dimension| {
            let of = |row: &&DifferenceRow| row.dimension == dimension.as_str();
            DimensionDifference::of(
                dimension.as_str(),
                rows.iter().filter(of),
                (failing, total),
                limit,
            )
        })
        .collect();
    found.sort_by(|one, other| other.most().total_cmp(&one.most()));
    (failing, total - failing, found)
}

impl DimensionDifference {
    fn of<'a>(
        by: &str,
        rows: impl Iterator<Item = &'a DifferenceRow>,
        (failing, total): (u64, u64),
        limit: usize,
    ) -> Self {
        let (bad, good): (Vec<_>, Vec<_>) = rows.partition(|row| row.bad > 0);
        let mut values: Vec<_> = bad
            .iter()
            .map(|row| ValueDifference::of(row, failing, total))
            .collect();
        values.sort_by(|one, other| {
            let rank = |value: &ValueDifference| (value.tells(), value.lift.unwrap_or_default());
            let ((tells, lift), (other_tells, other_lift)) = (rank(one), rank(other));
            other_tells
                .cmp(&tells)
                .then(other_lift.total_cmp(&lift))
                .then(other.failing.cmp(&one.failing))
                .then(one.value.cmp(&other.value))
        });
        values.truncate(limit);
        let healthy = good.iter().take(limit).map(|row| HealthyValue {
            value: row.value.clone(),
            passing: row.total,
        });
        Self {
            by: by.to_owned(),
            healthy: healthy.collect(),
            values,
        }
    }

    /// The highest lift of a value that holds enough failures.
    fn most(&self) -> f64 {
        let telling = self.values.iter().filter(|value| value.tells());
        telling.filter_map(|value| value.lift).fold(0.0, f64::max)
    }
}

impl ValueDifference {
    fn of(row: &DifferenceRow, failing: u64, total: u64) -> Self {
        let passing = row.total.saturating_sub(row.bad);
        let (own, all) = (ratio(row.bad, row.total), ratio(failing, total));
        Self {
            value: row.value.clone(),
            failing: row.bad,
            passing,
            ratio: own,
            share_of_failing: ratio(row.bad, failing),
            share_of_passing: ratio(passing, total.saturating_sub(failing)),
            lift: own.zip(all).map(|(own, all)| own / all),
        }
    }

    fn tells(&self) -> bool {
        self.share_of_failing
            .is_some_and(|share| share >= MIN_SHARE_OF_FAILING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(dimension: &str, value: &str, bad: u64, total: u64) -> DifferenceRow {
        DifferenceRow {
            dimension: dimension.into(),
            value: value.into(),
            bad,
            total,
        }
    }

    #[test]
    fn the_dimension_that_tells_failing_from_passing_comes_first_and_rare_values_last() {
        let rows = [
            row("", "", 1000, 10_000),
            row("release", "2", 990, 1000),
            row("release", "1", 10, 8999),
            row("release", "0", 0, 1),
            row("browser", "odd 1", 1, 1),
            row("browser", "chrome 156", 999, 9999),
        ];
        let (failing, passing, found) = dimensions(&rows, 10);
        assert_eq!((failing, passing), (1000, 9000));
        assert_eq!(found[0].by, "release");
        let values = |at: usize| -> Vec<_> {
            let values = found[at].values.iter();
            values.map(|value| value.value.as_str()).collect()
        };
        assert_eq!(values(0), ["2", "1"]);
        let lift = found[0].values[0].lift.unwrap();
        assert!((lift - 9.9).abs() < 1e-9, "{lift}");
        assert_eq!(found[0].values[0].share_of_failing, Some(0.99));
        assert_eq!(found[0].healthy[0].value, "0");
        let browser = found.iter().position(|one| one.by == "browser").unwrap();
        assert_eq!(values(browser), ["chrome 156", "odd 1"]);
    }

    #[test]
    fn without_failures_everything_is_healthy_and_nothing_is_divided_by_zero() {
        let rows = [row("", "", 0, 50), row("service", "cart", 0, 50)];
        let (failing, passing, found) = dimensions(&rows, 10);
        assert_eq!((failing, passing), (0, 50));
        let service = found.iter().find(|one| one.by == "service").unwrap();
        assert_eq!((service.values.len(), service.healthy[0].passing), (0, 50));
    }
}
