//! The SLIs, as the table in `slo` says.

use std::collections::BTreeMap;

use observation::Source;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use slo::{Beside, LatencySummary, Ratio, Sums, Term};
use utoipa::openapi::schema::{
    AllOfBuilder, ArrayBuilder, KnownFormat, ObjectBuilder, Ref, Schema, SchemaFormat, SchemaType,
    Type,
};
use utoipa::openapi::{Object, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::rate::{Rate, ratio};

/// The SLIs of one window or step: a member for each that is a rate, the latency of preflights, and
/// the requests by outcome.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sli {
    rates: BTreeMap<slo::Sli, SliRate>,
    preflight_latency_ms: PreflightLatency,
    outcomes: BTreeMap<&'static str, u64>,
}

/// An SLI that is a rate.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct SliRate {
    #[serde(flatten)]
    pub rate: Rate,
    /// There where it is asked for: what is disputed, which `rate` leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disputed: Option<Disputed>,
    /// There where the evidence may leave a range; none in it where nothing was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub band: Option<Option<[f64; 2]>>,
    /// What is shown beside it.
    #[serde(flatten)]
    pub beside: BTreeMap<&'static str, Rate>,
}

/// What is reported beside a rate, and not believed: more than one page load or network does, what
/// other networks contradict, pages without an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, ToSchema)]
pub(crate) struct Disputed {
    /// How many count against it.
    pub bad: u64,
    /// Of how many.
    pub total: u64,
}

/// M5: distribution of preflight durations, in milliseconds. From buckets of 9 % width; the border
/// at 200 ms is exact.
#[derive(Debug, Clone, PartialEq, serde::Serialize, ToSchema)]
pub(crate) struct PreflightLatency {
    /// Median; null where nothing was measured.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// Share below 200 ms, the target; null where nothing was measured.
    pub under_200_ms: Option<f64>,
    /// How many took 200 ms or longer.
    pub slow: u64,
    /// How many were measured.
    pub measured: u64,
    /// Share of preflights that were measured: browsers show the duration only where the
    /// server sends `Timing-Allow-Origin`.
    pub coverage: Option<f64>,
}

const LATENCY: (&str, &str) = ("preflight_latency_ms", "M5: how long preflights take.");
const OUTCOMES: (&str, &str) = (
    "outcomes",
    "Requests by outcome, also those that do not count.",
);

/// The SLIs that are shown as a rate. Those of durations are shown as their distribution.
fn rates() -> impl Iterator<Item = slo::Sli> {
    let of_durations = |formula: &slo::Formula| formula.total == Term::MeasuredPreflights;
    let is_rate = move |sli: &slo::Sli| !sli.definition().formulas.iter().any(of_durations);
    slo::Sli::ALL.iter().copied().filter(is_rate)
}

impl Sli {
    /// The SLIs of `sums`, which `source` saw.
    pub(crate) fn of(sums: &Sums, source: Source) -> Self {
        let outcomes = sums.by_outcome.iter();
        Self {
            rates: rates()
                .map(|sli| (sli, SliRate::of(sli, sums, source)))
                .collect(),
            preflight_latency_ms: PreflightLatency::of(sums, source),
            outcomes: outcomes
                .map(|(outcome, n)| (outcome.as_str(), *n))
                .collect(),
        }
    }
}

impl Sli {
    /// The same, with what is disputed beside each rate.
    pub(crate) fn beside_disputed(mut self, disputed: &Sums, source: Source) -> Self {
        for (sli, rate) in &mut self.rates {
            let Ratio { bad, total } = sli.ratio(disputed, source);
            rate.disputed = Some(Disputed { bad, total });
        }
        self
    }
}

impl SliRate {
    fn of(sli: slo::Sli, sums: &Sums, source: Source) -> Self {
        let beside = sli.definition().beside.iter();
        let band = sli.band(sums, source);
        Self {
            rate: sli.ratio(sums, source).into(),
            disputed: None,
            band: band.map(|band| Some([band.low.share()?, band.high.share()?])),
            beside: beside
                .map(|beside| (beside.name, beside.ratio(sums).into()))
                .collect(),
        }
    }
}

impl PreflightLatency {
    fn of(sums: &Sums, source: Source) -> Self {
        let summary = LatencySummary::of(sums, source);
        let Ratio {
            bad: slow,
            total: measured,
        } = summary.slow;
        Self {
            p50: summary.p50.map(tenths),
            p95: summary.p95.map(tenths),
            p99: summary.p99.map(tenths),
            under_200_ms: ratio(measured - slow, measured),
            slow,
            measured,
            coverage: summary.coverage,
        }
    }
}

/// More digits than a bucket of 9 % width has would pretend.
fn tenths(ms: f64) -> f64 {
    (ms * 10.0).round() / 10.0
}

impl Serialize for Sli {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(self.rates.len() + 2))?;
        for (sli, rate) in &self.rates {
            members.serialize_entry(sli.as_str(), rate)?;
        }
        members.serialize_entry(LATENCY.0, &self.preflight_latency_ms)?;
        members.serialize_entry(OUTCOMES.0, &self.outcomes)?;
        members.end()
    }
}

impl PartialSchema for Sli {
    fn schema() -> RefOr<Schema> {
        let object = ObjectBuilder::new().description(Some("The SLIs of one window or step."));
        let rates = rates().fold(object, |object, sli| {
            let name = sli.as_str();
            object.property(name, rate_schema(sli)).required(name)
        });
        let latency = reference("PreflightLatency", LATENCY.1);
        let count = u64::schema();
        let outcomes = ObjectBuilder::new()
            .description(Some(OUTCOMES.1))
            .additional_properties(Some(count));
        rates
            .property(LATENCY.0, latency)
            .required(LATENCY.0)
            .property(OUTCOMES.0, outcomes)
            .required(OUTCOMES.0)
            .build()
            .into()
    }
}

impl ToSchema for Sli {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Rate::name().into_owned(), Rate::schema()));
        schemas.push((Disputed::name().into_owned(), Disputed::schema()));
        schemas.push((
            PreflightLatency::name().into_owned(),
            PreflightLatency::schema(),
        ));
    }
}

fn reference(name: &str, description: &str) -> Ref {
    Ref::builder()
        .ref_location_from_schema_name(name)
        .description(Some(description.trim()))
        .build()
}

fn rate_schema(sli: slo::Sli) -> RefOr<Schema> {
    let definition = sli.definition();
    let meaning = "What is reported beside it and not believed; there in `/api/v1/sli` alone.";
    let mut more = ObjectBuilder::new().property("disputed", reference("Disputed", meaning));
    if definition.undecided.is_some() {
        more = more.property("band", band_schema());
    }
    for Beside { name, meaning, .. } in definition.beside {
        more = more
            .property(*name, reference("Rate", meaning))
            .required(*name);
    }
    let rate = AllOfBuilder::new()
        .description(Some(sli.meaning().trim()))
        .item(Ref::from_schema_name("Rate"))
        .item(more);
    Schema::AllOf(rate.build()).into()
}

fn band_schema() -> Schema {
    let share = Object::builder()
        .schema_type(Type::Number)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)));
    let description = "Lowest and highest ratio that the evidence allows: failures of unknown kind \
        may be bad. Null where nothing was seen.";
    ArrayBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Array, Type::Null]))
        .items(share.build())
        .description(Some(description))
        .build()
        .into()
}

#[cfg(test)]
mod tests {
    use slo::Sli::{BlockRate, PreflightFailureRate};

    use super::*;

    fn sums() -> Sums {
        Sums {
            requests: 4000,
            blocked: 3,
            unknown: 1,
            credentialed: 100,
            credentialed_blocked: 1,
            credentialed_denied: 2,
            preflighted: 50,
            preflight_blocked: 2,
            preflights: 10,
            preflights_failed: 5,
            preflight_latency: vec![(40, 10), (63, 10), (64, 5)],
            ..Sums::default()
        }
    }

    #[test]
    fn ratios_of_nothing_are_null_and_never_zero_or_one() {
        let sli = Sli::of(&Sums::default(), Source::Browser);
        assert_eq!(sli.rates[&BlockRate].rate.ratio, None);
        assert_eq!(sli.rates[&BlockRate].band, Some(None));
        assert_eq!(sli.rates[&PreflightFailureRate].rate.ratio, None);
        assert_eq!(sli.preflight_latency_ms.p50, None);
        assert_eq!(sli.preflight_latency_ms.under_200_ms, None);
    }

    #[test]
    fn the_block_rate_has_a_band_up_to_what_unknown_failures_may_add() {
        let sli = Sli::of(&sums(), Source::Browser);
        assert_eq!(sli.rates[&BlockRate].rate.ratio, Some(0.000_75));
        assert_eq!(sli.rates[&BlockRate].band, Some(Some([0.000_75, 0.001])));
    }

    #[test]
    fn m2_counts_what_its_source_can_see() {
        assert_eq!(
            Sli::of(&sums(), Source::Browser).rates[&PreflightFailureRate].rate,
            Rate::new(2, 50)
        );
        assert_eq!(
            Sli::of(&sums(), Source::Gateway).rates[&PreflightFailureRate].rate,
            Rate::new(5, 10)
        );
    }

    #[test]
    fn the_share_under_200_ms_is_exact_because_200_is_a_border() {
        let latency = Sli::of(&sums(), Source::Browser).preflight_latency_ms;
        assert_eq!(latency.under_200_ms, Some(0.8));
        assert_eq!(latency.coverage, Some(0.5));
    }
}
