use slo::{Sli, Window};

use super::*;
use crate::openslo::export;
use crate::{Config, FlowConfig};

fn slos(text: &str) -> Vec<SloConfig> {
    #[derive(serde::Deserialize)]
    struct File {
        slo: Vec<SloConfig>,
    }
    toml::from_str::<File>(text).expect("well formed").slo
}

const EVERYTHING: &str = r#"
[[slo]]
name = "checkout_blocks"
app = "shop"
sli = "block_rate"
objective = 0.9995
calendar = { period = "month", time_zone = "Europe/Berlin" }
service = "cart"
endpoint = "/cart/:id"
environment = "production"
group_by = "endpoint"
at_most = "ticket"
guards = { min_bad = 7, min_total = 99 }
hold = "2m"
runbook = "https://runbooks.example/cors"
labels = { team = "checkout: \"a\"" }
rules = [
    { severity = "ticket", long = "1h", short = "10m", burn = 14.4 },
    { name = "slow", severity = "ticket", long = "1d", burn = 3 },
]

[[slo]]
name = "logs"
app = "shop"
sli = "preflight_failure_rate"
source = "gateway"
objective = 0.995
window = "7d"
rules = [{ name = "fast_burn", severity = "ticket", long = "1h", burn = 10 }]
"#;

#[test]
fn what_is_exported_reads_back_as_it_was() {
    let given = slos(EVERYTHING);
    let exported = export((&given, &[]), &Config::default());
    let read = import(&exported.yaml, None).expect("YAML");
    assert_eq!(read.problems, []);
    assert_eq!((read.added, read.lost), (vec![], vec![]));
    let named = |slos: &[SloConfig]| {
        let slos = slos.iter().cloned().map(|mut slo| {
            for rule in &mut slo.rules {
                rule.name = Some(rule.name().to_owned());
            }
            slo
        });
        serde_json::to_value(slos.collect::<Vec<_>>()).expect("plain data")
    };
    assert_eq!(named(&read.slos), named(&given));
    assert!(
        exported
            .lost
            .iter()
            .any(|note| note.text.contains("short window"))
    );
    assert!(
        exported
            .lost
            .iter()
            .any(|note| note.text.contains("group-by"))
    );
}

#[test]
fn usual_rules_are_written_out_so_that_other_tools_have_them() {
    let given = [SloConfig::of("shop", Sli::BlockRate)];
    let exported = export((&given, &[]), &Config::default());
    let read = import(&exported.yaml, None).expect("YAML").slos;
    let rows: Vec<_> = read[0]
        .rules
        .iter()
        .map(|row| (row.name(), row.long))
        .collect();
    assert!(rows.contains(&("fast_burn", Window::hours(1))), "{rows:?}");
    assert!(rows.contains(&("slow_burn", Window::days(3))), "{rows:?}");
}

/// As the specification's own examples are written, with references and a query of another system.
const FOREIGN: &str = r#"
apiVersion: openslo/v1
kind: SLO
metadata:
  name: web-blocks
  labels:
    env: [prod]
    many: [a, b]
  annotations:
    corswatch.dev/sli: M1
    other.example/x: y
spec:
  description: Blocked requests.
  service: shop
  indicatorRef: blocks
  timeWindow:
    - duration: 1w
      isRolling: false
      calendar: {startTime: "2026-01-05 00:00:00", timeZone: America/New_York}
  budgetingMethod: Timeslices
  objectives:
    - displayName: usual
      targetPercent: 99.9
    - displayName: painful
      target: 0.95
      op: lte
  alertPolicies:
    - alertPolicyRef: fast
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: blocks}
spec:
  ratioMetric:
    counter: true
    bad: {metricSource: {type: Prometheus, spec: {query: "sum(x)"}}}
    total: {metricSource: {type: Prometheus, spec: {query: "sum(y)"}}}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: fast}
spec:
  alertWhenNoData: true
  conditions: [{conditionRef: burns}]
  notificationTargets: [{targetRef: pager}]
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: burns}
spec:
  severity: page
  condition: {kind: burnrate, op: gt, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: pager}
spec: {target: email}
"#;

#[test]
fn a_file_of_others_is_read_and_what_is_added_and_lost_is_said() {
    let read = import(FOREIGN, None).expect("YAML");
    assert_eq!(read.problems, []);
    let told: Vec<_> = read
        .slos
        .iter()
        .map(|slo| {
            (
                slo.name.as_str(),
                slo.app.as_str(),
                slo.sli,
                slo.objective().share(),
            )
        })
        .collect();
    let sli = Sli::BlockRate;
    assert_eq!(
        told,
        [
            ("web-blocks-1", "shop", sli, 0.999),
            ("web-blocks-2", "shop", sli, 0.95)
        ]
    );
    let slo = &read.slos[0];
    assert_eq!(
        slo.calendar.expect("a calendar").to_string(),
        "week (America/New_York)"
    );
    assert_eq!(slo.rules[0].long, Window::hours(1));
    assert_eq!(slo.hold, Some(Span::secs(300)));
    assert_eq!(slo.labels["env"], "prod");
    let said = |notes: &[Note], part: &str| notes.iter().any(|note| note.text.contains(part));
    for part in ["app `shop`", "short window of 5m"] {
        assert!(said(&read.added, part), "{part}: {:#?}", read.added);
    }
    for part in [
        "queries",
        "Timeslices",
        "objectives[1].op",
        "alertWhenNoData",
        "notificationTargets",
        "alertAfter",
        "label many",
        "annotation other.example/x",
        "kind AlertNotificationTarget",
        "description",
    ] {
        assert!(said(&read.lost, part), "{part}: {:#?}", read.lost);
    }
}

#[test]
fn flows_read_back_as_they_were_with_the_objectives_that_are_limited_to_them() {
    #[derive(serde::Deserialize)]
    struct File {
        flows: Vec<FlowConfig>,
        slo: Vec<SloConfig>,
    }
    let given: File = toml::from_str(
        r#"
[[flows]]
name = "checkout"
app = "shop"
endpoints = ["PUT /cart/:id", "/pay"]
objective = 0.9995
calendar = { period = "month", time_zone = "Europe/Berlin" }
at_most = "ticket"
owner = "team-checkout"
runbook = "https://runbooks.example/checkout"

[[flows]]
name = "login"
app = "shop"
endpoints = ["/login"]
objective = 0.999

[[slo]]
name = "checkout-preflights"
app = "shop"
sli = "preflight_failure_rate"
objective = 0.995
flow = "checkout"
rules = [{ name = "fast", severity = "ticket", long = "1h", short = "5m", burn = 10 }]
"#,
    )
    .expect("well formed");
    let exported = export((&given.slo, &given.flows), &Config::default());
    let read = import(&exported.yaml, None).expect("YAML");
    assert_eq!(read.problems, []);
    assert_eq!(
        (read.added, read.lost),
        (vec![], vec![]),
        "{}",
        exported.yaml
    );
    let values = |flows: &[FlowConfig]| serde_json::to_value(flows).expect("plain data");
    assert_eq!(
        values(&read.flows),
        values(&given.flows),
        "{}",
        exported.yaml
    );
    let names: Vec<_> = read
        .slos
        .iter()
        .map(|slo| (slo.name.as_str(), slo.flow.as_deref()))
        .collect();
    assert_eq!(names, [("checkout-preflights", Some("checkout"))]);
}

#[test]
fn what_a_file_says_of_a_flow_and_what_corswatch_adds_is_told() {
    let document = |name: &str, sli: &str, more: &str| {
        format!(
            "---\napiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: {name}}}\nspec:\n  service: shop\n  \
             indicator: {{metadata: {{name: a}}, spec: {{ratioMetric: {{bad: {{metricSource: {{type: corswatch, spec: \
             {{app: shop, sli: {sli}, flow: pay{more}}}}}}}}}}}}}\n  \
             timeWindow: [{{duration: 30d, isRolling: true}}]\n  objectives: [{{target: 0.999}}]\n"
        )
    };
    let calls = ", flow_endpoints: [\"PUT /pay\"]";
    for (documents, added, lost, problem) in [
        (document("x", "block_rate", ""), "as [[flows]]", "", ""),
        (
            document("x", "preflight_failure_rate", calls),
            "an objective of its own",
            "",
            "",
        ),
        (
            document("pay", "block_rate", &format!("{calls}, release: \"7\"")),
            "",
            "`release`: the objective of a flow has none",
            "",
        ),
        (
            document("x", "block_rate", calls)
                + &document("y", "block_rate", ", flow_endpoints: [/other]"),
            "",
            "",
            "spec.flow_endpoints = /other",
        ),
        (
            document("x", "block_rate", ", flow_endpoints: [7]"),
            "",
            "",
            "spec.flow_endpoints[0] = 7",
        ),
    ] {
        let read = import(&documents, None).expect("YAML");
        let has = |notes: &[Note], part: &str| {
            part.is_empty() || notes.iter().any(|note| note.text.contains(part))
        };
        assert!(has(&read.added, added), "{added}: {:?}", read.added);
        assert!(has(&read.lost, lost), "{lost}: {:?}", read.lost);
        let told: Vec<_> = read.problems.iter().map(ToString::to_string).collect();
        assert!(
            told.is_empty() == problem.is_empty() && told.iter().all(|one| one.contains(problem)),
            "{problem}: {told:?}"
        );
    }
}

#[test]
fn every_mistake_is_reported_at_once() {
    let text = r#"
apiVersion: openslo/v1alpha
kind: SLO
metadata: {name: a}
spec:
  service: shop
  indicator: {metadata: {name: latency}, spec: {}}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: b}
spec:
  service: shop
  indicator: {metadata: {name: block-rate}, spec: {}}
  timeWindow: [{duration: soon, isRolling: true}]
  objectives: [{target: 99.9}]
  alertPolicies: [gone]
"#;
    let read = import(text, None).expect("YAML");
    let told: Vec<_> = read.problems.iter().map(ToString::to_string).collect();
    for part in [
        "line 2: apiVersion = openslo/v1alpha",
        "line 2: a: spec.indicator = latency",
        "b: spec.timeWindow[0].duration = soon",
        "b: spec.objectives[0].target",
        "b: spec.alertPolicies[0]",
    ] {
        assert!(
            told.iter().any(|text| text.contains(part)),
            "{part}: {told:#?}"
        );
    }
    assert!(read.slos.is_empty());
    assert!(import("kind: [", None).is_err());
}
