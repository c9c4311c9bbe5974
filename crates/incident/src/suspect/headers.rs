//! Headers and the status of a target that were seen to change, as suspects.

use super::{Changes, Observed, STATUS, Suspect, SuspectKind, is_before, is_between};
use crate::odds::{evidence, prior};

/// Changes that are named beside the one that tells the most.
const TOGETHER: usize = 3;

impl Changes<'_> {
    /// What one look at the target saw change is one change: it is named after what tells the most, and as likely as the
    /// likeliest of it.
    pub(super) fn headers(&self) -> Vec<(&Observed, Suspect)> {
        let mut looks: Vec<(&Observed, Suspect, Vec<&str>)> = Vec::new();
        let mut about = self.about.clone();
        about.sort_by_key(|seen| self.tells(seen));
        for seen in about {
            let Some(suspect) = self.header(seen) else {
                continue;
            };
            let same = |(lead, _, _): &&mut (&Observed, Suspect, Vec<&str>)| {
                (lead.from, lead.to, &lead.app) == (seen.from, seen.to, &seen.app)
            };
            if let Some((_, lead, with)) = looks.iter_mut().find(same) {
                lead.score = lead.score.max(suspect.score);
                with.push(&seen.what);
            } else {
                looks.push((seen, suspect, Vec::new()));
            }
        }
        let told = looks.into_iter().map(|(seen, mut suspect, with)| {
            if let Some(with) = together(&with) {
                suspect.why = format!("{}; with it {with}", suspect.why);
            }
            (seen, suspect)
        });
        told.collect()
    }

    /// The least is what tells the most of what fails.
    fn tells(&self, seen: &Observed) -> u8 {
        let refuses = |status: &str| status.parse().is_ok_and(|status: u16| status >= 300);
        match seen.header.as_str() {
            header if header.eq_ignore_ascii_case(self.scope.header) => 0,
            STATUS if refuses(&seen.after) && !refuses(&seen.before) => 1,
            header if header.starts_with("access-control-") => 2,
            _ => 3,
        }
    }

    /// The header, scored by the weight of a change that was not reported.
    fn header(&self, seen: &Observed) -> Option<Suspect> {
        let onset = self.scope.onset;
        if !is_before(onset, seen.from) {
            return None;
        }
        let mut weight = prior::HEADER
            * self
                .usual
                .between(onset.0 - seen.from.0, onset.0 - seen.to.0);
        let mut why = vec![seen.what.clone()];
        if seen.after.is_empty() && !seen.before.is_empty() {
            weight *= evidence::VANISHED;
        }
        if is_between(onset, seen.from, seen.to) {
            why.push("just when the first failure was seen".to_owned());
        }
        Some(Suspect {
            kind: SuspectKind::HeaderChange,
            id: seen.header.clone(),
            // Seen later than it happened: what it broke was seen first.
            at: seen.to.min(onset).max(seen.from),
            score: weight,
            why: why.join("; "),
            app: seen.app.clone(),
            service: self.scope.service.to_owned(),
            undo: match (seen.header.as_str(), seen.before.as_str()) {
                (STATUS, before) => format!("Answer with status {before} again."),
                (header, "") => format!("Remove {header} again."),
                (header, before) => format!("Set {header} to `{before}` again."),
            },
            link: String::new(),
        })
    }
}

/// Some of what changed, in words.
fn together(what: &[&str]) -> Option<String> {
    let named = what.iter().take(TOGETHER).copied().collect::<Vec<_>>();
    let more = what.len() - named.len();
    match (named.join(", "), more) {
        (text, _) if text.is_empty() => None,
        (text, 0) => Some(text),
        (text, more) => Some(format!("{text}, and {more} more")),
    }
}
