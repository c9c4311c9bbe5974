//! Single failures, as browsers reported them: raw observations, latest first, page by page.

use data_encoding::HEXLOWER;
use observation::{
    BeaconId, Confidence, Context, Kind, Outcome, SessionId, Stage, Standing, UnixMillis,
};

use super::Reader;
use super::scope::Scope;
use crate::rollup::FAILED;
use crate::wire::{Seconds, columns, fields};
use crate::{SliFilter, StoreError};

/// Hours with failures that are looked through for one page.
const MAX_HOURS: u32 = 10_000;

fields! {
    /// One observation that failed. `count` requests where the page summed them up.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct SingleFailure {
        /// Start of the minute.
        pub minute: UnixMillis as Seconds,
        /// The beacon that reported it.
        pub beacon ["beacon_id"]: BeaconId,
        /// Index within the beacon.
        pub idx: u16,
        /// When it happened, by the page's clock as the edge corrected it.
        pub at: UnixMillis,
        /// When the edge took the beacon in.
        pub received_at: UnixMillis,
        /// What failed.
        pub kind: Kind,
        /// Configured service, or empty.
        pub service: String,
        /// Origin of the page.
        pub page_origin: String,
        /// Origin of the server.
        pub target_origin: String,
        /// Path template.
        pub endpoint: String,
        /// Request method.
        pub method: String,
        /// Header names, or empty.
        pub parameter: String,
        /// Whether credentials could be sent.
        pub credentialed: bool,
        /// Whether a preflight was needed.
        pub preflighted: bool,
        /// HTTP status, or 0.
        pub status: u16,
        /// How it ended.
        pub outcome: Outcome,
        /// Where in the protocol.
        pub stage: Option<Stage>,
        /// Chromium's `CorsError` name, or empty.
        pub cause: String,
        /// How sure the source is.
        pub confidence: Option<Confidence>,
        /// Code of the evidence, or empty.
        pub evidence: String,
        /// Release of the page.
        pub release: String,
        /// Deployment environment.
        pub environment: String,
        /// Browser family.
        pub browser_family: String,
        /// Browser major version, or 0.
        pub browser_major: u16,
        /// Where the script ran.
        pub context: Context,
        /// The page load.
        pub session: SessionId,
        /// Whether it is believed.
        pub standing: Standing,
        /// How many.
        pub count: u32,
    }
}

fields! {
    #[derive(Debug)]
    struct Hour {
        hour: UnixMillis as Seconds,
        failures: u64,
    }
}

/// Where a page of single failures begins: after this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SinglePlace {
    /// Start of its minute.
    pub minute: UnixMillis,
    /// Its beacon.
    pub beacon: BeaconId,
    /// Its index within the beacon.
    pub idx: u16,
}

impl SingleFailure {
    /// Its place in the order of pages.
    #[must_use]
    pub const fn place(&self) -> SinglePlace {
        SinglePlace {
            minute: self.minute,
            beacon: self.beacon,
            idx: self.idx,
        }
    }
}

/// Which single failures: those of a signature, where it is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SinglesOf {
    /// What failed.
    pub kind: Option<Kind>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Where in the protocol.
    pub stage: Option<Stage>,
    /// Request method.
    pub method: Option<String>,
    /// Header names.
    pub parameter: Option<String>,
    /// Browser family.
    pub browser_family: Option<String>,
}

impl SinglesOf {
    fn limits(&self) -> Vec<(&'static str, &str)> {
        let limits = [
            ("kind", self.kind.map(Kind::as_str)),
            ("outcome", self.outcome.map(Outcome::as_str)),
            ("stage", self.stage.map(Stage::as_str)),
            ("method", self.method.as_deref()),
            ("parameter", self.parameter.as_deref()),
            ("browser_family", self.browser_family.as_deref()),
        ];
        let given = limits.into_iter();
        given
            .filter_map(|(column, value)| Some((column, value?)))
            .collect()
    }

    fn condition(&self) -> String {
        let limits = self.limits().into_iter();
        limits.fold(FAILED.to_owned(), |text, (column, _)| {
            format!("{text} AND {column} = {{{column}:String}}")
        })
    }

    fn bind(&self, statement: crate::client::Statement) -> crate::client::Statement {
        let limits = self.limits().into_iter();
        limits.fold(statement, |statement, (column, value)| {
            statement.param(column, value)
        })
    }
}

impl Reader {
    /// Single failures of a window, latest first, at most `limit`, after the place `after`. The order
    /// is total and stays, so that pages neither repeat nor skip what was there at the first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn single_failures(
        &self,
        (filter, which): (&SliFilter, &SinglesOf),
        from: UnixMillis,
        to: UnixMillis,
        after: Option<SinglePlace>,
        limit: u32,
    ) -> Result<Vec<SingleFailure>, StoreError> {
        let to = after.map_or(to, |place| place.minute.plus(60_000).min(to));
        let mut end = to;
        let mut found = Vec::new();
        // Rollups tell in which hours there are failures: raw rows of others are not read.
        for (first, hours_end) in self.busy_hours((filter, which), from, to, limit).await? {
            let window = (first.max(from), hours_end.min(end));
            let wanted = limit - u32::try_from(found.len()).unwrap_or(limit);
            found.extend(self.singles((filter, which), window, after, wanted).await?);
            end = first;
            if found.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                break;
            }
        }
        Ok(found)
    }

    /// Runs of hours that hold about `limit` failures each, latest first.
    async fn busy_hours(
        &self,
        (filter, which): (&SliFilter, &SinglesOf),
        from: UnixMillis,
        to: UnixMillis,
        limit: u32,
    ) -> Result<Vec<(UnixMillis, UnixMillis)>, StoreError> {
        let scope = Scope::new(filter, from, to);
        let compactions = self.compactions().await?;
        let sql = format!(
            "SELECT toStartOfHour(minute) AS hour, sum(n) AS failures FROM {rows} \
             WHERE {condition} GROUP BY hour ORDER BY hour DESC LIMIT {MAX_HOURS}",
            rows = scope.failure_rows(),
            condition = which.condition(),
        );
        let statement = compactions.bind(which.bind(scope.bind(self.client.sql(&sql))));
        let hours: Vec<Hour> = self.client.fetch(statement).await?;
        let mut runs: Vec<(UnixMillis, UnixMillis, u64)> = Vec::new();
        for hour in hours {
            match runs.last_mut() {
                Some((first, _, held)) if *held < u64::from(limit) => {
                    *first = hour.hour;
                    *held += hour.failures;
                }
                _ => runs.push((hour.hour, hour.hour.plus(3_600_000), hour.failures)),
            }
        }
        Ok(runs
            .into_iter()
            .map(|(first, end, _)| (first, end))
            .collect())
    }

    async fn singles(
        &self,
        (filter, which): (&SliFilter, &SinglesOf),
        (from, to): (UnixMillis, UnixMillis),
        after: Option<SinglePlace>,
        limit: u32,
    ) -> Result<Vec<SingleFailure>, StoreError> {
        let scope = Scope::new(filter, from, to);
        let later = match after {
            Some(_) => {
                "AND (minute, beacon_id, idx) < (toDateTime({after:Int64}, 'UTC'), \
                 toFixedString(unhex({beacon:String}), 12), {idx:UInt16})"
            }
            None => "",
        };
        let sql = format!(
            "SELECT {columns} FROM observations FINAL WHERE {window} AND {condition} {later} \
             ORDER BY minute DESC, beacon_id DESC, idx DESC LIMIT {limit}",
            columns = columns::<SingleFailure>(),
            window = scope.raw_condition(),
            condition = which.condition(),
        );
        let mut statement = which.bind(scope.bind(self.client.sql(&sql)));
        if let Some(place) = after {
            statement = statement
                .param("after", place.minute.seconds())
                .param("beacon", HEXLOWER.encode(&place.beacon.0))
                .param("idx", i64::from(place.idx));
        }
        self.client.fetch(statement).await
    }

    /// The failure at `place`; none where there is none, or its raw observation is no longer kept.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn single_failure(
        &self,
        app: &str,
        place: SinglePlace,
    ) -> Result<Option<SingleFailure>, StoreError> {
        let sql = format!(
            "SELECT {columns} FROM observations FINAL \
             WHERE app = {{app:String}} AND minute = toDateTime({{after:Int64}}, 'UTC') \
               AND beacon_id = toFixedString(unhex({{beacon:String}}), 12) AND idx = {{idx:UInt16}} \
               AND {FAILED}",
            columns = columns::<SingleFailure>(),
        );
        let statement = self
            .client
            .sql(&sql)
            .param("app", app)
            .param("after", place.minute.seconds())
            .param("beacon", HEXLOWER.encode(&place.beacon.0))
            .param("idx", i64::from(place.idx));
        let rows = self.client.fetch(statement).await?;
        Ok(rows.into_iter().next())
    }
}
