//! Incidents that turn out to have one cause.

use observation::UnixMillis;

use crate::incident::{ClosedAs, Happening, Phase};
use crate::membership::is_same_place;
use crate::register::Register;

impl Register {
    /// Of open incidents with one cause only the oldest goes on.
    pub(crate) fn merge(&mut self, now: UnixMillis) {
        let mut open: Vec<_> = self
            .incidents
            .values()
            .filter(|incident| incident.is_open() && incident.cause.is_some())
            .map(|incident| (incident.opened_at, incident.id.clone()))
            .collect();
        open.sort_unstable();
        let mut kept: Vec<String> = Vec::new();
        for (_, id) in open {
            let elder = kept
                .iter()
                .find(|elder| self.share_a_cause(elder, &id))
                .cloned();
            match elder {
                Some(elder) => self.absorb(&elder, &id, now),
                None => kept.push(id),
            }
        }
    }

    fn share_a_cause(&self, one: &str, other: &str) -> bool {
        let (Some(one), Some(other)) = (self.get(one), self.get(other)) else {
            return false;
        };
        let roots = [one, other].map(|incident| incident.cause.as_ref().map(crate::Cause::root));
        one.failing == other.failing
            && roots[0] == roots[1]
            && is_same_place(one, &other.target_origin, &other.service)
    }

    fn absorb(&mut self, elder: &str, younger: &str, now: UnixMillis) {
        let Some(mut merged) = self.incidents.remove(younger) else {
            return;
        };
        let announced = merged.is_announced();
        if let Some(elder) = self.incidents.get_mut(elder) {
            for (app, part) in &merged.apps {
                let pages: Vec<_> = part.page_origins.iter().cloned().collect();
                elder.add(app, None, &pages, &part.service);
                for slice in &part.slices {
                    elder.add(app, Some(slice.clone()), &[], "");
                }
            }
            for evidence in &merged.alerts {
                if !elder
                    .alerts
                    .iter()
                    .any(|known| known.alert == evidence.alert)
                {
                    elder.alerts.push(evidence.clone());
                }
            }
            elder.severity = elder.severity.max(merged.severity);
            elder.suspicious &= merged.suspicious;
            elder.started_at = elder.started_at.min(merged.started_at);
            elder.last_bad = elder.last_bad.max(merged.last_bad);
            if announced {
                let text =
                    format!("Incident {younger} has the same cause and was merged into this one.");
                elder.note(now, Happening::Absorbed, text, "");
            }
        }
        // No receiver has heard of one that was not announced.
        if announced {
            merged.merged_into = Some(elder.to_owned());
            merged.phase = Phase::Closed {
                at: now,
                how: ClosedAs::Merged,
            };
            let text = format!("Merged into {elder}: a diagnosis shows the same cause.");
            merged.note(now, Happening::Closed, text, "");
            self.incidents.insert(younger.to_owned(), merged);
        }
    }
}
