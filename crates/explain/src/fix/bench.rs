//! The exchange under repair.

use cors::{Answer, Exchange, Headers, Judgement, Ruling, Stage};

use super::change::{Action, Fix, FixTarget};
use super::granted;
use crate::reason::{self, Source};

/// A repaired exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repair {
    /// The changes, in the order in which to make them.
    pub(crate) fixes: Vec<Fix>,
    /// The exchange after them.
    pub(crate) exchange: Exchange,
}

/// The exchange under repair, and what was done to it.
pub(super) struct Bench {
    pub(super) exchange: Exchange,
    source: Source,
    fixes: Vec<Fix>,
    changes: usize,
    /// Advice that holds beside the changes: what the page can do instead.
    instead: Vec<Fix>,
    /// Hops whose answer to the request is not recorded and must not be assumed to be good, because
    /// their preflight was not.
    doubted: Vec<usize>,
}

impl Bench {
    pub(super) fn new(exchange: &Exchange, source: Source) -> Self {
        Self {
            source,
            exchange: exchange.clone(),
            fixes: Vec::new(),
            changes: 0,
            instead: Vec::new(),
            doubted: Vec::new(),
        }
    }

    /// The answer that a judgement is about.
    pub(super) fn answer(&self, judgement: &Judgement, on: FixTarget) -> Option<&Answer> {
        let hop = self.exchange.hops.get(judgement.hop)?;
        match on {
            FixTarget::Preflight => hop.preflight.as_ref(),
            _ => hop.response.as_ref(),
        }
    }

    /// Makes a change and writes it down; a later one of the same thing replaces the earlier one.
    pub(super) fn change(&mut self, fix: Fix) {
        if fix.apply(&mut self.exchange).is_err() {
            return;
        }
        let is_access = matches!(
            fix.header(),
            Some("access-control-allow-origin" | "access-control-allow-credentials")
        );
        if fix.on == FixTarget::Preflight && is_access {
            self.doubted.push(fix.hop);
        }
        if !self.fixes.contains(&fix) {
            self.changes += 1;
        }
        self.fixes.retain(|other| !is_same_thing(other, &fix));
        self.fixes.push(fix);
    }

    /// Takes away what was answered at a hop: the page asks elsewhere now.
    pub(super) fn forget_answers(&mut self, hop: usize) {
        if let Some(hop) = self.exchange.hops.get_mut(hop) {
            (hop.preflight, hop.response) = (None, None);
        }
    }

    /// How many changes were made that were not made before.
    pub(super) const fn progress(&self) -> usize {
        self.changes
    }

    /// Notes what the page can do instead.
    pub(super) fn or(&mut self, fix: Fix) {
        if !self.instead.iter().any(|other| is_same_thing(other, &fix)) {
            self.instead.push(fix);
        }
    }

    /// Adds an answer that is not recorded. A server that answers the preflight well is taken to do
    /// so with the request; one that does not has to be mended there too.
    pub(super) fn supply(&mut self, judgement: &Judgement) {
        while self.exchange.hops.len() <= judgement.hop {
            self.exchange.hops.push(cors::Hop::default());
        }
        let hop = &mut self.exchange.hops[judgement.hop];
        if judgement.scene.missing == Some(Stage::Preflight) {
            hop.preflight = Some(granted::answer(judgement));
            return;
        }
        let headers = if self.doubted.contains(&judgement.hop) {
            Headers::new()
        } else {
            granted::answer(judgement).headers
        };
        hop.response = Some(Answer {
            status: 200,
            headers,
        });
    }

    pub(super) fn finish(mut self) -> Repair {
        self.fixes
            .sort_by_key(|fix| (order(fix), fix.hop, fix.on, rank(fix)));
        if self.instead.is_empty() {
            return self.done();
        }
        // All that is printed may be applied together.
        let request = self.exchange.request.clone();
        for fix in std::mem::take(&mut self.instead) {
            let before = self.exchange.request.clone();
            let applied = fix.apply(&mut self.exchange).is_ok();
            if applied && reason::decide(&self.exchange, self.source).0.ruling == Ruling::Allowed {
                self.fixes.push(fix);
            } else {
                self.exchange.request = before;
            }
        }
        self.exchange.request = request;
        self.done()
    }

    fn done(self) -> Repair {
        Repair {
            fixes: self.fixes,
            exchange: self.exchange,
        }
    }
}

/// What the page changes comes first.
fn order(fix: &Fix) -> bool {
    fix.on != FixTarget::Page
}

/// A status before headers, `Vary` last.
fn rank(fix: &Fix) -> u8 {
    match &fix.action {
        Action::Status(_) => 0,
        Action::Set { header, .. } => match header.as_str() {
            "access-control-allow-origin" => 1,
            "access-control-allow-credentials" => 2,
            "access-control-allow-methods" => 3,
            "access-control-allow-headers" => 4,
            _ => 5,
        },
        _ => 6,
    }
}

fn is_same_thing(one: &Fix, other: &Fix) -> bool {
    let kind = std::mem::discriminant;
    one.on == other.on
        && one.hop == other.hop
        && one.header() == other.header()
        && (one.header().is_some() || kind(&one.action) == kind(&other.action))
}
