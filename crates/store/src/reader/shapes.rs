//! What pages ask for: request shapes with how they end, and the response headers that are read.

use std::collections::HashMap;

use observation::{Outcome, UnixMillis};

use super::Reader;
use super::scope::Scope;
use crate::rollup::Tier;
use crate::wire::{Fields as _, Flat, fields};
use crate::{RequestShape, SliFilter, StoreError};

/// Shapes of so many requests are answered for at most.
pub const MAX_SHAPES: u32 = 10_000;

/// The columns of [`Asked`] that SLIs are not counted by.
const ASKED: &[&str] = &[
    "page_origin",
    "target_origin",
    "endpoint",
    "service",
    "method",
    "parameter",
];

fields! {
    /// What tells one shape from another.
    #[derive(Debug)]
    struct Asked {
        page_origin: String,
        target_origin: String,
        endpoint: String,
        service: String,
        method: String,
        parameter: String,
        credentialed: bool,
        preflighted: bool,
    }
}

fields! {
    #[derive(Debug)]
    struct Asking {
        asked: Asked as Flat,
        total: u64,
        /// In the order of [`Outcome::ALL`].
        outcomes: Vec<u64>,
    }
}

fields! {
    #[derive(Debug)]
    struct Reads {
        page_origin: String,
        target_origin: String,
        endpoint: String,
        method: String,
        names: Vec<String>,
    }
}

impl Reader {
    /// The shapes of the requests of a window, most requests first, at most [`MAX_SHAPES`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn shapes(
        &self,
        filter: &SliFilter,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<Vec<RequestShape>, StoreError> {
        let scope = Scope::new(filter, from, to);
        let rows = scope.rollup_rows(Tier::Days, ASKED);
        let compactions = self.compactions().await?;
        let shape = Asked::expressions("").join(", ");
        let of = |outcome| format!("sumIf(n, outcome = '{outcome}')");
        let outcomes: Vec<_> = Outcome::ALL.iter().map(of).collect();
        let asked = format!(
            "SELECT tuple({shape}) AS asked, sum(n) AS total, [{outcomes}] AS outcomes FROM {rows} \
             WHERE kind = 'request' GROUP BY {shape} ORDER BY total DESC, {shape} LIMIT {MAX_SHAPES}",
            outcomes = outcomes.join(", "),
        );
        let read = format!(
            "SELECT page_origin, target_origin, endpoint, method, \
               groupUniqArray(64)(toString(parameter)) AS names FROM {rows} \
             WHERE kind = 'header_read' AND parameter != '' \
             GROUP BY page_origin, target_origin, endpoint, method LIMIT {MAX_SHAPES}"
        );
        let bound = |sql: &str| compactions.bind(scope.bind(self.client.sql(sql)));
        let asked: Vec<Asking> = self.client.fetch(bound(&asked)).await?;
        let read: Vec<Reads> = self.client.fetch(bound(&read)).await?;
        let read: ReadsAt<'_> = read.iter().map(|reads| (reads.at(), reads)).collect();
        let shapes = asked.into_iter().map(|asking| self::shape(asking, &read));
        Ok(shapes.collect())
    }
}

/// Reads by page origin, target origin, endpoint and method.
type ReadsAt<'a> = HashMap<[&'a str; 4], &'a Reads>;

impl Reads {
    fn at(&self) -> [&str; 4] {
        [
            &self.page_origin,
            &self.target_origin,
            &self.endpoint,
            &self.method,
        ]
    }
}

fn shape(asking: Asking, read: &ReadsAt<'_>) -> RequestShape {
    let asked = asking.asked;
    let at = [
        asked.page_origin.as_str(),
        &asked.target_origin,
        &asked.endpoint,
        &asked.method,
    ];
    let reads = read.get(&at).map(|reads| reads.names.clone());
    let mut reads = reads.unwrap_or_default();
    reads.sort_unstable();
    let outcomes = Outcome::ALL.iter().copied().zip(asking.outcomes);
    let mut outcomes: Vec<_> = outcomes.filter(|(_, count)| *count > 0).collect();
    outcomes.sort_unstable_by_key(|(outcome, _)| outcome.as_str());
    RequestShape {
        page_origin: asked.page_origin,
        target_origin: asked.target_origin,
        endpoint: asked.endpoint,
        service: asked.service,
        method: asked.method,
        headers: asked.parameter,
        credentialed: asked.credentialed,
        preflighted: asked.preflighted,
        reads,
        outcomes,
        count: asking.total,
    }
}
