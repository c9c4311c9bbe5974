//! Whether pages still ask for anything: silence is not a recovery.

use std::collections::HashMap;
use std::sync::Arc;

use incident::Incident;
use observation::UnixMillis;

use crate::decide::AlertDecider;
use crate::incidents::{RECENT, Times};
use crate::segments::end;
use crate::{Evidence, GroupBy};
use store::Written;

/// What is known of the traffic of each app, until something is written or the minute is over.
pub(crate) struct Alive {
    source: Arc<dyn Evidence>,
    known: HashMap<String, ((Written, UnixMillis), bool)>,
}

impl Alive {
    pub(crate) fn new(source: Arc<dyn Evidence>) -> Self {
        Self {
            source,
            known: HashMap::new(),
        }
    }

    /// Whether pages of an incident's apps ask for anything.
    pub(crate) async fn of(
        &mut self,
        incident: &Incident,
        judge: &AlertDecider,
        times: Times,
    ) -> bool {
        for app in incident.apps.keys() {
            if self.asks(app, judge, times).await {
                return true;
            }
        }
        false
    }

    async fn asks(&mut self, app: &str, judge: &AlertDecider, times: Times) -> bool {
        let at = times.watermark;
        let since = (times.written, at.minute());
        if let Some((_, alive)) = self.known.get(app).filter(|(known, _)| *known == since) {
            return *alive;
        }
        let filter = judge.slices.filter(app);
        let span = (at.plus(-RECENT).minute(), end(at));
        let Ok(groups) = self.source.sums(&filter, GroupBy::None, 1, span).await else {
            return false;
        };
        let alive = groups.values().any(|sums| sums.requests > 0);
        self.known.insert(app.to_owned(), (since, alive));
        alive
    }
}
