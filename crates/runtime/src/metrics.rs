//! The metrics registry of a process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::Registry;

/// Registries by the part that they are of; the empty name is that of the process itself.
type Published = BTreeMap<&'static str, Arc<Mutex<Registry>>>;

/// Metrics of all parts of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    published: Arc<Mutex<Published>>,
    own: Arc<Mutex<Registry>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let own = registry();
        Self {
            published: Arc::new(Mutex::new(Published::from([("", Arc::clone(&own))]))),
            own,
        }
    }
}

fn registry() -> Arc<Mutex<Registry>> {
    Arc::new(Mutex::new(Registry::with_prefix("corswatch")))
}

impl Metrics {
    /// Registers the metrics of one part under `corswatch_<stage>_`.
    pub fn register<T>(&self, stage: &str, register: impl FnOnce(&mut Registry) -> T) -> T {
        let mut registry = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        register(registry.sub_registry_with_prefix(stage))
    }

    /// A registry for a part that is rebuilt while the process runs. What is registered there is not shown
    /// before [`Self::publish`].
    #[must_use]
    pub fn unpublished(&self) -> Self {
        Self {
            published: Arc::clone(&self.published),
            own: registry(),
        }
    }

    /// Shows what was registered here as the metrics of `part`, in place of those that were shown for it before:
    /// its counters begin again, as after a restart.
    pub fn publish(&self, part: &'static str) {
        let mut published = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        published.insert(part, Arc::clone(&self.own));
    }

    /// All metrics in the text format of Prometheus, version 0.0.4: what a reader gets that does not ask for
    /// OpenMetrics. Counters are families under the names of their samples there, and units have no line.
    #[must_use]
    pub fn encode_text(&self) -> String {
        let encoded = self.encode();
        let mut text = String::with_capacity(encoded.len());
        let mut help = None;
        for line in encoded.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                help = rest.split_once(' ');
            } else if let Some((name, kind)) = line
                .strip_prefix("# TYPE ")
                .and_then(|rest| rest.split_once(' '))
            {
                let (suffix, kind) = match kind {
                    "counter" => ("_total", kind),
                    "info" => ("_info", "gauge"),
                    kind => ("", kind),
                };
                if let Some((_, about)) = help.take() {
                    text.push_str(&format!("# HELP {name}{suffix} {about}\n"));
                }
                text.push_str(&format!("# TYPE {name}{suffix} {kind}\n"));
            } else if !line.starts_with('#') {
                text.push_str(line);
                text.push('\n');
            }
        }
        text
    }

    /// All metrics in the OpenMetrics text format.
    #[must_use]
    pub fn encode(&self) -> String {
        let published = self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for registry in published.values() {
            let registry = registry.lock().unwrap_or_else(PoisonError::into_inner);
            // Writing into a String cannot fail.
            let _ = encode_registry(&mut text, &registry);
        }
        let _ = encode_eof(&mut text);
        text
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::metrics::counter::Counter;

    use super::*;

    fn counter(metrics: &Metrics, name: &str, value: u64) {
        let counter = <Counter>::default();
        counter.inc_by(value);
        metrics.register("part", |registry| registry.register(name, name, counter));
    }

    #[test]
    fn a_part_that_is_built_anew_shows_its_own_metrics_once_it_is_published() {
        let metrics = Metrics::default();
        counter(&metrics, "of_process", 1);
        let first = metrics.unpublished();
        counter(&first, "of_part", 7);
        assert!(!metrics.encode().contains("of_part"), "not shown yet");
        first.publish("part");
        let next = metrics.unpublished();
        counter(&next, "of_part", 0);
        assert!(metrics.encode().contains("corswatch_part_of_part_total 7"));
        next.publish("part");
        let text = next.encode();
        assert!(text.contains("corswatch_part_of_process_total 1"), "{text}");
        assert!(text.contains("corswatch_part_of_part_total 0"), "{text}");
        assert_eq!(text.matches("# HELP corswatch_part_of_part").count(), 1);
        assert!(text.ends_with("# EOF\n"), "{text}");
        let text = next.encode_text();
        let help = "# HELP corswatch_part_of_part_total of_part.\n# TYPE corswatch_part_of_part_total counter\n\
                    corswatch_part_of_part_total 0\n";
        assert!(text.contains(help), "{text}");
        assert!(!text.contains("EOF"), "{text}");
    }
}
