//! Objectives, ready to be evaluated.

use std::collections::BTreeMap;

use alert::Timing;
use observation::{Source, UnixMillis};
use settings::Span;
use slo::{
    Calendar, Guards, Objective, Ratio, Row, Rule, Severity, Sli, Sums, Window, default_rules,
};
use store::{Failure, SliFilter};

use crate::{Config, FlowConfig, GroupBy, SloConfig};

/// One objective with everything resolved.
#[derive(Debug, Clone)]
pub struct Slo {
    /// Its name.
    pub name: String,
    /// The application.
    pub app: String,
    /// What is measured.
    pub sli: Sli,
    /// The share of good events that is promised.
    pub objective: Objective,
    /// The rolling window of the error budget; the usual length of a calendar's.
    pub window: Window,
    /// Where the budget is for a day, week, month, quarter or year of a place.
    pub calendar: Option<Calendar>,
    /// Which observations it is of.
    pub filter: SliFilter,
    /// What its alerts are told apart by.
    pub group_by: GroupBy,
    /// When it alerts.
    pub rules: Vec<Rule>,
    /// What too little traffic must not be judged by.
    pub guards: Guards,
    /// How long things have to last.
    pub timing: Timing,
    /// Address of the runbook, or empty.
    pub runbook: String,
    /// Labels of its alerts.
    pub labels: BTreeMap<String, String>,
}

/// The configured objectives, or the starting set for `apps`: the metrics of the CORS guide, M1 to M5. Those of
/// flows stand after them.
#[must_use]
pub fn objectives(
    (slos, flows): (&[SloConfig], &[FlowConfig]),
    apps: &[String],
    config: &Config,
    remind_after: Span,
) -> Vec<Slo> {
    let resolve = |slo: &SloConfig| Slo::resolve((slo, flows), config, remind_after);
    let of_flows = flows.iter().map(|flow| resolve(&flow.slo()));
    if !slos.is_empty() {
        return slos.iter().map(resolve).chain(of_flows).collect();
    }
    let starting = |sli: &&Sli| sli.definition().metric.is_some();
    apps.iter()
        .flat_map(|app| {
            let slis = Sli::ALL.iter().filter(starting);
            slis.map(|&sli| resolve(&SloConfig::of(app, sli)))
        })
        .chain(of_flows)
        .collect()
}

impl Slo {
    fn resolve(
        (config, flows): (&SloConfig, &[FlowConfig]),
        aggregator: &Config,
        remind_after: Span,
    ) -> Self {
        let mut filter = config.filter();
        let mut labels = config.labels.clone();
        if let Some(name) = &config.flow {
            let own = |flow: &&FlowConfig| flow.app == config.app && flow.name == *name;
            filter.flow = flows.iter().find(own).map(FlowConfig::flow);
            labels.insert("flow".to_owned(), name.clone());
        }
        Self {
            name: config.name(),
            app: config.app.clone(),
            sli: config.sli,
            objective: config.objective(),
            window: config.window(),
            calendar: config.calendar,
            group_by: config.group_by,
            rules: rules(config, filter.source),
            filter,
            guards: config.guards,
            timing: Timing {
                hold: config.hold.unwrap_or(aggregator.hold),
                resolve_after: config.resolve_after.unwrap_or(aggregator.resolve_after),
                remind_after,
            },
            runbook: config.runbook.clone(),
            labels,
        }
    }

    /// What the SLI is of sums that its source saw.
    #[must_use]
    pub fn ratio(&self, sums: &Sums) -> Ratio {
        self.sli.ratio(sums, self.filter.source)
    }

    /// Whether a failure may be one of the bad events, by what is known of it.
    pub(crate) fn may_count(&self, failure: &Failure) -> bool {
        let source = self.filter.source;
        self.sli
            .may_count(source, failure.kind, failure.outcome, failure.stage)
    }

    /// Every window that has to be read at `at`.
    pub fn windows(&self, at: UnixMillis) -> impl Iterator<Item = Window> + '_ {
        let rules = self.rules.iter().flat_map(Rule::windows);
        rules.chain([self.budget_window(at)])
    }

    /// The window of the budget as it is at `at`: of a calendar's what has passed of it.
    #[must_use]
    pub fn budget_window(&self, at: UnixMillis) -> Window {
        self.calendar
            .map_or(self.window, |calendar| calendar.elapsed(at))
    }

    /// The longest window that is ever read.
    #[must_use]
    pub fn longest_window(&self) -> Window {
        let budget = self
            .calendar
            .map_or(self.window, |calendar| calendar.period.longest());
        let rules = self.rules.iter().flat_map(Rule::windows);
        rules.fold(budget, Window::max)
    }

    /// The window of the budget, for people: `30d`, `this month`.
    #[must_use]
    pub fn window_text(&self) -> String {
        match self.calendar {
            Some(calendar) => format!("this {}", calendar.period),
            None => self.window.to_string(),
        }
    }

    /// The filter of one group.
    #[must_use]
    pub fn filter_of(&self, group: Option<&str>) -> SliFilter {
        let mut filter = self.filter.clone();
        let value = group.map(str::to_owned);
        match self.group_by {
            GroupBy::None => {}
            GroupBy::Service => filter.service = value,
            GroupBy::Endpoint => filter.endpoint = value,
        }
        filter
    }

    /// The labels of one group.
    #[must_use]
    pub fn group_labels(&self, group: Option<&str>) -> BTreeMap<String, String> {
        let pair = self.group_by.label().zip(group);
        pair.map(|(label, value)| (label.to_owned(), value.to_owned()))
            .into_iter()
            .collect()
    }
}

fn rules(config: &SloConfig, source: Source) -> Vec<Rule> {
    let mut rules: Vec<Rule> = if config.rules.is_empty() {
        default_rules(config.window())
    } else {
        let mut named: Vec<Rule> = Vec::new();
        for row in &config.rules {
            let condition = Row {
                long: row.long,
                short: row.short(),
                // `problems` has reported a row without a burn rate; such a row never fires.
                burn: row.burn_rate(config.window()).unwrap_or(f64::INFINITY),
            };
            match named.iter_mut().find(|rule| rule.name == row.name()) {
                Some(rule) => rule.rows.push(condition),
                None => named.push(Rule {
                    name: row.name().to_owned(),
                    severity: row.severity,
                    rows: vec![condition],
                }),
            }
        }
        named
    };
    let most = if config.sli.counts_blocks(source) {
        config.at_most
    } else {
        Severity::Ticket
    };
    for rule in &mut rules {
        rule.severity = rule.severity.min(most);
        reachable(rule, config.objective());
    }
    rules
}

/// A burn rate above what total failure reaches would never fire: a lenient objective is told about
/// when nearly everything fails.
fn reachable(rule: &mut Rule, objective: Objective) {
    let most = 0.9 / objective.allowance();
    for row in &mut rule.rows {
        row.burn = row.burn.min(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(toml: &str) -> Slo {
        let config: SloConfig = toml::from_str(toml).expect("well formed");
        Slo::resolve((&config, &[]), &Config::default(), Span::secs(3600))
    }

    #[test]
    fn without_configuration_every_app_starts_with_m1_to_m5_and_only_blocks_wake_somebody() {
        let apps = ["shop".to_owned(), "blog".to_owned()];
        let slos = objectives((&[], &[]), &apps, &Config::default(), Span::secs(3600));
        let names: Vec<_> = slos.iter().map(|slo| slo.name.as_str()).collect();
        assert_eq!(names.len(), 10);
        let pages = |slo: &Slo| slo.rules.iter().any(|rule| rule.severity == Severity::Page);
        for slo in &slos {
            assert_eq!(
                pages(slo),
                slo.sli.counts_blocks(slo.filter.source),
                "{}",
                slo.name
            );
        }
        assert!(
            names.contains(&"shop-block_rate") && names.contains(&"blog-exposed_header_mismatch")
        );
    }

    #[test]
    fn rows_of_one_name_are_one_alert_and_budgets_become_burn_rates() {
        let slo = resolve(
            r#"
            app = "shop"
            sli = "block_rate"
            window = "30d"
            rules = [
                { severity = "page", long = "1h", short = "5m", burn = 14.4 },
                { severity = "page", long = "6h", burn = 6 },
                { name = "budget", severity = "ticket", long = "7d", budget = 0.25 },
            ]"#,
        );
        let rules: Vec<_> = slo
            .rules
            .iter()
            .map(|rule| (rule.name.as_str(), rule.rows.len()))
            .collect();
        assert_eq!(rules, [("fast_burn", 2), ("budget", 1)]);
        assert_eq!(slo.rules[0].rows[1].short, Window::minutes(30));
        let burn = slo.rules[1].rows[0].burn;
        assert!((burn - 1.0714).abs() < 1e-3, "{burn}");
    }

    #[test]
    fn what_cannot_be_corroborated_or_wakes_nobody_is_a_ticket() {
        for toml in [
            "app = \"shop\"\nsli = \"exposed_header_mismatch\"",
            "app = \"shop\"\nsli = \"block_rate\"\nenvironment = \"staging\"\nat_most = \"ticket\"",
        ] {
            let slo = resolve(toml);
            assert!(
                slo.rules
                    .iter()
                    .all(|rule| rule.severity == Severity::Ticket),
                "{toml}"
            );
        }
    }

    #[test]
    fn a_lenient_objective_can_still_fire() {
        let slo = resolve("app = \"shop\"\nsli = \"preflight_latency\"\nobjective = 0.95");
        for row in slo.rules.iter().flat_map(|rule| &rule.rows) {
            assert!(row.burn * slo.objective.allowance() <= 0.9 + 1e-9);
        }
    }

    #[test]
    fn a_group_narrows_the_filter_and_labels_the_alert() {
        let slo = resolve("app = \"shop\"\nsli = \"block_rate\"\ngroup_by = \"service\"");
        assert_eq!(slo.filter_of(Some("cart")).service.as_deref(), Some("cart"));
        assert_eq!(slo.group_labels(Some("cart"))["service"], "cart");
        assert!(slo.group_labels(None).is_empty());
    }
}
