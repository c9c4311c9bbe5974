//! Which preflight belongs to which request.

use std::collections::{HashMap, HashSet};

use super::entry::{Entry, bare};

/// A preflight starts at most this long before or behind its request: Chromium writes it a moment
/// behind the request that waits for it, proxies before it.
const SAME_MOMENT_MS: i64 = 10_000;

/// How many requests of one URL before and behind a preflight are looked at.
const NEIGHBOURS: usize = 64;

/// The entries of a file with what finds them.
pub(super) struct Index<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    times: Vec<Option<i64>>,
    /// Requests (not preflights) by URL, in the order of the file.
    requests: HashMap<String, Vec<usize>>,
    /// Preflights by URL, in the order of time.
    preflights: HashMap<String, Vec<usize>>,
    /// The preflight of a request's own.
    own: HashMap<usize, usize>,
    claimed: HashSet<usize>,
    /// Requests that were answered with a 200, by URL.
    full: HashMap<String, Vec<usize>>,
    /// Whether the tool notes failures: it did so somewhere in the file.
    pub(super) notes_failures: bool,
}

impl<'a> Index<'a> {
    pub(super) fn new(entries: Vec<Entry<'a>>) -> Self {
        let times = entries.iter().map(Entry::started).collect();
        let notes_failures = entries
            .iter()
            .any(|entry| entry.error().is_some_and(|error| !error.is_empty()));
        let mut index = Self {
            entries,
            times,
            requests: HashMap::new(),
            preflights: HashMap::new(),
            own: HashMap::new(),
            claimed: HashSet::new(),
            full: HashMap::new(),
            notes_failures,
        };
        index.sort_in();
        index.pair();
        index
    }

    fn sort_in(&mut self) {
        for (at, entry) in self.entries.iter().enumerate() {
            let url = || entry.bare_url().to_owned();
            if entry.is_preflight() {
                self.preflights.entry(url()).or_default().push(at);
                continue;
            }
            self.requests.entry(url()).or_default().push(at);
            if entry.status() == Some(200) {
                self.full.entry(url()).or_default().push(at);
            }
        }
        let times = &self.times;
        for list in self.preflights.values_mut() {
            list.sort_by_key(|at| (times[*at], *at));
        }
    }

    /// Gives each preflight, in the order of time, to the nearest request that has none yet.
    fn pair(&mut self) {
        let mut pairs = Vec::new();
        for (url, preflights) in &self.preflights {
            let mut requests = self.requests.get(url).cloned().unwrap_or_default();
            requests.sort_by_key(|at| (self.times[*at], *at));
            let mut taken = vec![false; requests.len()];
            for preflight in preflights {
                let here = (self.times[*preflight], *preflight);
                let middle = requests.partition_point(|at| (self.times[*at], *at) < here);
                let around =
                    middle.saturating_sub(NEIGHBOURS)..requests.len().min(middle + NEIGHBOURS);
                let nearest = around
                    .filter(|slot| !taken[*slot] && self.asks_for(*preflight, requests[*slot]))
                    .filter_map(|slot| Some((self.distance(*preflight, requests[slot])?, slot)))
                    .min();
                if let Some((_, slot)) = nearest {
                    taken[slot] = true;
                    pairs.push((requests[slot], *preflight));
                }
            }
        }
        for (request, preflight) in pairs {
            self.own.insert(request, preflight);
            self.claimed.insert(preflight);
        }
    }

    /// Whether a preflight asks for a request of that kind.
    fn asks_for(&self, preflight: usize, request: usize) -> bool {
        let (preflight, request) = (&self.entries[preflight], &self.entries[request]);
        let method = preflight.header("access-control-request-method");
        let same_origin = match (preflight.origin(), request.origin()) {
            (Some(asked), Some(sent)) => asked == sent,
            _ => true,
        };
        same_origin
            && method.is_some_and(|method| method.eq_ignore_ascii_case(&request.request.method))
    }

    /// How far a preflight is from a request, in time and then in the file; `None` where it is too far
    /// to be of the same moment.
    fn distance(&self, preflight: usize, request: usize) -> Option<(i64, usize)> {
        let apart = match (self.times[preflight], self.times[request]) {
            (Some(asked), Some(sent)) => (asked - sent).abs(),
            _ => 0,
        };
        (apart <= SAME_MOMENT_MS).then_some((apart, preflight.abs_diff(request)))
    }

    /// The preflight that decides over a request: its own, or the nearest one before it whose answer
    /// the browser may still have.
    pub(super) fn preflight(&self, request: usize) -> Option<&Entry<'a>> {
        if let Some(own) = self.own.get(&request) {
            return Some(&self.entries[*own]);
        }
        let answered = self.entries[request].status().is_some();
        let list = self.preflights.get(self.entries[request].bare_url())?;
        let here = (self.times[request], request);
        let before = list.partition_point(|at| (self.times[*at], *at) < here);
        list[..before]
            .iter()
            .rev()
            .take(NEIGHBOURS)
            .find(|at| self.asks_for(**at, request) && self.may_spare(**at, answered))
            .map(|at| &self.entries[*at])
    }

    /// Whether a preflight was sent for just this request.
    pub(super) fn has_own_preflight(&self, request: usize) -> bool {
        self.own.contains_key(&request)
    }

    /// Whether an earlier preflight may have spared a request its own. One that is answered had a
    /// permission from somewhere; it need not be this one's.
    fn may_spare(&self, preflight: usize, answered: bool) -> bool {
        let granted = |status| (200..300).contains(&status);
        !answered || self.entries[preflight].status().is_some_and(granted)
    }

    /// Whether a request of the file waited for this preflight.
    pub(super) fn is_claimed(&self, preflight: usize) -> bool {
        self.claimed.contains(&preflight)
    }

    /// The next request of a URL behind an entry that `used` does not hold.
    pub(super) fn next_request(
        &self,
        url: &str,
        after: usize,
        used: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let candidates = self.requests.get(bare(url))?;
        let from = candidates.partition_point(|at| *at <= after);
        candidates[from..].iter().copied().find(|at| !used(*at))
    }

    /// The whole answer of a URL that a browser got last before an entry.
    pub(super) fn stored(&self, at: usize) -> Option<&Entry<'a>> {
        let full = self.full.get(self.entries[at].bare_url())?;
        let before = full.partition_point(|other| *other < at);
        Some(&self.entries[*full[..before].last()?])
    }
}
