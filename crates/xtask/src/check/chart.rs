//! The Helm chart: its lint, its unit tests, and what it renders under several values, held against the schemas
//! of Kubernetes.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::setup::linters::{self, Linter};
use crate::{shell, workspace};

const CHART: &str = "deploy/helm/corswatch";

/// The oldest version that the chart is for, and the newest whose schemas there are.
const KUBERNETES: [&str; 2] = ["1.25.0", "1.37.0"];

/// Values under which it is rendered.
const VALUES: &[(&str, &[&str])] = &[
    ("as it comes", &[]),
    (
        "everything switched on",
        &[
            "ingress.enabled=true",
            "ingress.host=cors.shop.example",
            "ingress.className=nginx",
            "ingress.tlsSecret=tls",
            "serviceMonitor.enabled=true",
            "serviceMonitor.tokenSecret=token",
            "grafanaDashboard.enabled=true",
            "existingSecret=corswatch",
            "secretFiles=corswatch-files",
            "collector.spool.storageClass=fast",
            "imagePullSecrets[0].name=registry",
            "nodeSelector.disk=ssd",
            "podAnnotations.team=web",
            "tolerations[0].key=edge",
            "tolerations[0].operator=Exists",
            "dashboardTokenSha256=1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a",
        ],
    ),
    (
        "one of each",
        &[
            "collector.replicas=1",
            "loader.replicas=1",
            "aggregator.replicas=1",
            "dashboard.replicas=1",
            "podDisruptionBudget.enabled=false",
        ],
    ),
];

/// Values that the schema has to refuse.
const WRONG: &[&str] = &[
    "collector.replicas=many",
    "collectors.replicas=2",
    "dashboardTokenSha256=secret",
    "collector.spool.size=ten",
    "ingress.hosts=cors.shop.example",
];

/// Everything that is wrong with it.
pub(super) fn problems() -> Result<Vec<String>> {
    linters::install()?;
    let mut problems = Vec::new();
    for (linter, args) in [
        (Linter::Helm, &["lint", "--strict", "--quiet", CHART][..]),
        (Linter::HelmUnittest, &["--strict", CHART]),
    ] {
        if let Err(error) = shell::run(&mut linters::command(linter, args.iter().copied())) {
            problems.push(error.to_string());
        }
    }
    let folder = workspace::target().join("chart");
    std::fs::create_dir_all(&folder)?;
    for (name, values) in VALUES {
        let manifests = rendered(values)?;
        let file = folder.join(format!("{}.yaml", name.replace(' ', "-")));
        std::fs::write(&file, manifests)
            .with_context(|| format!("cannot write {}", file.display()))?;
        problems.extend(invalid(&file).map(|version| {
            format!("{CHART}, {name}: Kubernetes {version} would refuse what is rendered")
        }));
    }
    for value in WRONG {
        if is_taken(value)? {
            problems.push(format!("{CHART}: the schema takes `{value}`"));
        }
    }
    Ok(problems)
}

/// Versions of Kubernetes whose schemas refuse something in the file. Kinds of others (`ServiceMonitor`) have none.
fn invalid(file: &Path) -> impl Iterator<Item = &'static str> {
    let file = file.to_string_lossy().into_owned();
    KUBERNETES.into_iter().filter(move |version| {
        let args = ["--strict", "--quiet", "--no-warn", "-k", version, &file];
        let mut validate = linters::command(Linter::KubernetesValidate, args);
        shell::run(&mut validate).is_err()
    })
}

fn rendered(values: &[&str]) -> Result<String> {
    shell::output(&mut template(values))
}

/// Whether the schema takes a value; what helm says against it is not shown.
fn is_taken(value: &str) -> Result<bool> {
    let output = template(&[value]).output().context("cannot start helm")?;
    Ok(output.status.success())
}

fn template(values: &[&str]) -> Command {
    // Helm built from source takes itself for one of Kubernetes 1.20.
    let args = [
        "template",
        "corswatch",
        CHART,
        "--kube-version",
        KUBERNETES[1],
    ];
    let mut helm = linters::command(Linter::Helm, args);
    for value in values {
        helm.args(["--set", value]);
    }
    helm
}
