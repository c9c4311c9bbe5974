//! The Helm chart, where helm is installed: its own lint, and rendering with and without what can be switched on.

use anyhow::Result;

use crate::shell;

const CHART: &str = "deploy/helm/corswatch";

/// Values that switch everything on.
const EVERYTHING: &[&str] = &[
    "ingress.enabled=true",
    "ingress.host=cors.shop.example",
    "ingress.tlsSecret=tls",
    "serviceMonitor.enabled=true",
    "serviceMonitor.tokenSecret=token",
    "grafanaDashboard.enabled=true",
    "existingSecret=corswatch",
];

/// Values that the schema has to refuse.
const WRONG: &[&str] = &[
    "collector.replicas=many",
    "collectors.replicas=2",
    "dashboardTokenSha256=secret",
];

/// What each rendered manifest has to have: the rules of PodSecurity `restricted`.
const RESTRICTED: &[&str] = &[
    "runAsNonRoot: true",
    "allowPrivilegeEscalation: false",
    "readOnlyRootFilesystem: true",
    "type: RuntimeDefault",
    "drop: [\"ALL\"]",
];

/// Everything that is wrong with it; nothing where helm is missing.
pub(super) fn problems() -> Result<Vec<String>> {
    if !shell::has("helm") {
        eprintln!("    helm is not installed: the workflow of releases lints the chart");
        return Ok(Vec::new());
    }
    let mut problems = Vec::new();
    if let Err(error) = shell::run(&mut shell::command("helm", ["lint", "--strict", CHART])) {
        problems.push(error.to_string());
    }
    let plain = rendered(&[])?;
    let all = rendered(EVERYTHING)?;
    for (kind, at_least) in [
        ("kind: StatefulSet", 1),
        ("kind: Deployment", 4),
        ("kind: Service\n", 5),
        ("kind: PodDisruptionBudget", 4),
        ("kind: ServiceMonitor", 1),
        ("kind: Ingress", 1),
        ("grafana_dashboard:", 1),
    ] {
        if all.matches(kind).count() < at_least {
            problems.push(format!(
                "{CHART}: fewer than {at_least} of `{}`",
                kind.trim()
            ));
        }
    }
    for rule in RESTRICTED {
        let pods = plain.matches("terminationGracePeriodSeconds").count();
        if plain.matches(rule).count() < pods {
            problems.push(format!("{CHART}: a pod without `{rule}`"));
        }
    }
    for value in WRONG {
        if rendered(&[value]).is_ok() {
            problems.push(format!("{CHART}: the schema takes `{value}`"));
        }
    }
    Ok(problems)
}

fn rendered(values: &[&str]) -> Result<String> {
    let mut helm = shell::command("helm", ["template", "corswatch", CHART]);
    for value in values {
        helm.args(["--set", value]);
    }
    shell::output(&mut helm)
}
