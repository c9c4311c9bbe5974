//! What pages ask for: request shapes with how they end, and the response headers that are read.

use std::collections::HashMap;

use clickhouse::Row;
use observation::UnixMillis;
use serde::Deserialize;

use super::Reader;
use super::scope::{Scope, Tiers};
use crate::{RequestShape, SliFilter, StoreError, wire};

/// What tells one shape from another; [`Told`] has it in this order.
const SHAPE: &str = "page_origin, target_origin, endpoint, service, method, parameter, \
    credentialed, preflighted";

/// Shapes of so many requests are answered for at most.
pub const MAX_SHAPES: u32 = 10_000;

#[derive(Debug, Row, Deserialize)]
struct Told {
    page_origin: String,
    target_origin: String,
    endpoint: String,
    service: String,
    method: String,
    parameter: String,
    credentialed: bool,
    preflighted: bool,
    count: u64,
    outcomes: (Vec<String>, Vec<u64>),
}

#[derive(Debug, Row, Deserialize)]
struct Reads {
    page_origin: String,
    target_origin: String,
    endpoint: String,
    method: String,
    names: Vec<String>,
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
        let rows = scope.rollup_rows(Tiers::All);
        let compactions = self.compactions().await?;
        let asked = format!(
            "SELECT {SHAPE}, sum(n) AS total, sumMap([toString(outcome)], [n]) FROM {rows} \
             WHERE kind = 'request' GROUP BY {SHAPE} ORDER BY total DESC, {SHAPE} LIMIT {MAX_SHAPES}"
        );
        let read = format!(
            "SELECT page_origin, target_origin, endpoint, method, \
               groupUniqArray(64)(toString(parameter)) FROM {rows} \
             WHERE kind = 'header_read' AND parameter != '' \
             GROUP BY page_origin, target_origin, endpoint, method LIMIT {MAX_SHAPES}"
        );
        let bound = |sql: &str| compactions.bind(scope.bind(self.client.sql(sql)));
        let asked: Vec<Told> = self.client.fetch(bound(&asked)).await?;
        let read: Vec<Reads> = self.client.fetch(bound(&read)).await?;
        let read: ReadsAt<'_> = read.iter().map(|reads| (reads.at(), reads)).collect();
        asked.into_iter().map(|told| shape(told, &read)).collect()
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

fn shape(told: Told, read: &ReadsAt<'_>) -> Result<RequestShape, StoreError> {
    let at = [
        told.page_origin.as_str(),
        &told.target_origin,
        &told.endpoint,
        &told.method,
    ];
    let mut reads = read
        .get(&at)
        .map(|reads| reads.names.clone())
        .unwrap_or_default();
    reads.sort_unstable();
    let (words, counts) = told.outcomes;
    let outcomes = words.iter().zip(counts);
    let outcomes = outcomes.map(|(word, count)| Ok((wire::word(word)?, count)));
    Ok(RequestShape {
        page_origin: told.page_origin,
        target_origin: told.target_origin,
        endpoint: told.endpoint,
        service: told.service,
        method: told.method,
        headers: told.parameter,
        credentialed: told.credentialed,
        preflighted: told.preflighted,
        reads,
        outcomes: outcomes.collect::<Result<_, StoreError>>()?,
        count: told.count,
    })
}
