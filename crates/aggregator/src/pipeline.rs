//! The alert about the pipeline itself: while it lags, nothing else can be concluded.

use std::collections::BTreeMap;

use alert::{Alert, AlertId, AlertText, Evaluation, Severity, Timing, Transition};
use observation::UnixMillis;
use settings::Span;

use crate::metrics::PIPELINE;
use crate::words::dashboard_url;
use crate::{Config, GroupBy};

const RULE: &str = "lagging";

/// The alert `corswatch_pipeline_lagging`.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) id: AlertId,
    threshold: Span,
    severity: Severity,
    timing: Timing,
    external_url: String,
}

/// How far behind the store is, and why that is known.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lag<'a> {
    pub(crate) millis: i64,
    pub(crate) problem: &'a str,
}

impl Pipeline {
    pub(crate) fn new(config: &Config, alert: &alert::Config) -> Self {
        Self {
            id: AlertId::of(PIPELINE, RULE, []),
            threshold: config.lag_threshold,
            severity: config.lag_severity,
            timing: Timing {
                hold: config.lag_hold,
                resolve_after: config.lag_hold,
                remind_after: alert.remind_after,
            },
            external_url: alert.external_url.clone(),
        }
    }

    pub(crate) fn is_behind(&self, lag: i64) -> bool {
        lag > self.threshold.as_millis()
    }

    pub(crate) fn quiet() -> Alert {
        Alert::quiet("", PIPELINE, RULE, BTreeMap::new())
    }

    /// One step, by the clock: the watermark stands still while this matters.
    pub(crate) fn step(&self, mut alert: Alert, lag: Lag<'_>, now: UnixMillis) -> Alert {
        let evaluation = if self.is_behind(lag.millis) {
            Evaluation::Exceeded(self.severity)
        } else {
            Evaluation::Calm
        };
        if let Some(transition) = alert.advance(evaluation, &self.timing, now) {
            let words = self.words(transition, lag);
            alert.say(words);
        }
        alert
    }

    pub(crate) fn words(&self, transition: Transition, lag: Lag<'_>) -> AlertText {
        let seconds = lag.millis / 1000;
        let (summary, description) = if let Transition::Resolved(_) = transition {
            (
                "The pipeline has caught up: SLO alerts are evaluated again.".to_owned(),
                format!("The store is {seconds} s behind."),
            )
        } else {
            (
                format!("The pipeline is {seconds} s behind: SLO alerts are frozen."),
                format!(
                    "The store is complete only up to {seconds} s ago; {} are tolerated. Until it has \
                     caught up no SLO alert fires or resolves, so silence means nothing. {}",
                    self.threshold, lag.problem
                ),
            )
        };
        let next = "1. Is the loader running, and does its log name an error? 2. Can it reach the store \
                    and the journal? 3. Is the store out of disk or memory? Beacons are kept by the journal \
                    meanwhile and are counted afterwards.";
        let filter = store::SliFilter::app("");
        let url = dashboard_url(&self.external_url, &filter);
        let annotations = [
            ("summary", summary),
            ("description", description.trim_end().to_owned()),
            ("next_steps", next.to_owned()),
            ("dashboard_url", url.clone()),
        ];
        let labels = [
            ("alertname", "corswatch_pipeline_lagging"),
            ("slo", PIPELINE),
            ("rule", RULE),
            ("severity", self.severity.as_str()),
        ];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
        AlertText::new(labels.into(), annotations, url)
    }
}

/// Whether an alert of an objective is still one that the configuration asks for.
pub(crate) fn is_asked_for(alert: &Alert, slos: &[std::sync::Arc<crate::Slo>]) -> bool {
    slos.iter().any(|slo| {
        let grouped = alert.group.keys().next().map(String::as_str);
        slo.name == alert.slo
            && slo.rules.iter().any(|rule| rule.name == alert.rule)
            && (grouped.is_none() || grouped == slo.group_by.label())
            && (grouped.is_some() || slo.group_by == GroupBy::None)
    })
}
