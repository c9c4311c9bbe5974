//! An entry of every list, as the reference shows it.

/// Path of a list and an entry of it, with the tables below it.
pub(crate) const EXAMPLES: [(&str, &str); 22] = [
    (
        "alert.webhooks",
        r#"[[alert.webhooks]]
name = "on-call"
url = "https://hooks.example/corswatch"
secrets_file = ["/run/secrets/corswatch-webhook"]
"#,
    ),
    (
        "alert.alertmanager",
        r#"[[alert.alertmanager]]
name = "alertmanager"
urls = ["http://am-0.example:9093", "http://am-1.example:9093"]
"#,
    ),
    (
        "alert.pagerduty",
        r#"[[alert.pagerduty]]
name = "pagerduty"
routing_key_file = "/run/secrets/pagerduty"
"#,
    ),
    (
        "alert.slack",
        r##"[[alert.slack]]
name = "slack-checkout"
token_file = "/run/secrets/slack"
channel = "C0123456789"
"##,
    ),
    (
        "alert.teams",
        r#"[[alert.teams]]
name = "teams"
url_file = "/run/secrets/teams-workflow"
shape = "message"
"#,
    ),
    (
        "alert.jsm",
        r#"[[alert.jsm]]
name = "jsm"
api_key_file = "/run/secrets/jsm"
page_priority = "P1"
ticket_priority = "P3"
"#,
    ),
    (
        "alert.reports",
        r#"[[alert.reports]]
app = "shop"
period = "week"
at = "08:00"
time_zone = "Europe/Berlin"
"#,
    ),
    (
        "alert.incident_io",
        r#"[[alert.incident_io]]
name = "incident.io"
url_file = "/run/secrets/incident-io-url"
token_file = "/run/secrets/incident-io-token"
"#,
    ),
    (
        "alert.email",
        r#"[[alert.email]]
name = "mail"
host = "smtp.shop.example"
security = "starttls"
user = "corswatch"
password_file = "/run/secrets/smtp"
from = "corswatch <corswatch@shop.example>"
to = ["on-call@shop.example"]
"#,
    ),
    (
        "alert.routes",
        r#"[[alert.routes]]
match = { owner = "team-checkout", severity = "page" }
receivers = ["pagerduty", "slack-checkout"]
continue = false
"#,
    ),
    (
        "alert.silences",
        r#"[[alert.silences]]
match = { app = "shop", endpoint = { regex = "/legacy/.*" } }
starts_at = "2026-12-24T18:00:00Z"
ends_at = "2027-01-06T06:00:00Z"
author = "ops"
reason = "the legacy API is switched off"
"#,
    ),
    (
        "alert.maintenance",
        r#"[[alert.maintenance]]
match = { app = "shop" }
starts_at = "2026-01-04T02:00:00+01:00"
ends_at = "2026-01-04T04:00:00+01:00"
author = "ops"
reason = "weekly deploy window"
rrule = "FREQ=WEEKLY;BYDAY=SU"
time_zone = "Europe/Berlin"
"#,
    ),
    (
        "prober.samples",
        r#"[[prober.samples]]
endpoint = "/cart/:id"
path = "/cart/7"
"#,
    ),
    (
        "dashboard.deploy_hooks",
        r#"[[dashboard.deploy_hooks]]
name = "github"
kind = "github"
secret_file = "/run/secrets/github-webhook"
apps = ["shop"]
services = { "acme/cart" = "cart" }
environments = { "prod" = "production" }
touches_cors = false
"#,
    ),
    (
        "dashboard.oidc",
        r#"[dashboard.oidc]
issuer = "https://login.example/realms/ops"
client_id = "corswatch"
client_secret_file = "/run/secrets/corswatch-oidc"
url = "https://cors.example"
scopes = ["email", "groups"]
grants = [{ claim = "groups", value = "sre", role = "operator", apps = ["shop"] }]
"#,
    ),
    (
        "dashboard.proxy_sign_in",
        r#"[dashboard.proxy_sign_in]
peers = ["10.0.0.7"]
grants = [{ claim = "groups", value = "sre", role = "operator" }]
"#,
    ),
    (
        "dashboard.tokens",
        r#"[[dashboard.tokens]]
name = "grafana"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
expires = "2027-12-31T00:00:00Z"
apps = ["shop"]
access = "read"
"#,
    ),
    (
        "apps",
        r#"[[apps]]
name = "shop"
keys = ["shop-web-1f0c9a"]
page_origins = ["https://shop.example", "https://*.shop.example"]
endpoints = ["/cart/:id"]
environment = "production"
"#,
    ),
    (
        "apps.log_keys",
        r#"[[apps.log_keys]]
key_file = "/run/secrets/corswatch-logs"
source = "gateway"
"#,
    ),
    (
        "services",
        r#"[[services]]
name = "checkout"
owner = "team-checkout"
runbook = "https://runbooks.example/checkout"
match = [{ origin = "https://api.shop.example", path = "/cart" }]
"#,
    ),
    (
        "flows",
        r#"[[flows]]
name = "checkout"
app = "shop"
endpoints = ["PUT /cart/:id", "/pay"]
objective = 0.9995
owner = "team-checkout"
runbook = "https://runbooks.example/checkout"
"#,
    ),
    (
        "slo",
        r#"[[slo]]
name = "checkout-blocks"
app = "shop"
sli = "block_rate"
objective = 0.999
window = "30d"
service = "checkout"
group_by = "endpoint"
runbook = "https://runbooks.example/cors"
labels = { team = "checkout" }
rules = [
    { severity = "page", long = "1h", short = "5m", burn = 14.4 },
    { severity = "ticket", long = "3d", budget = 0.1 },
]
"#,
    ),
];

/// The example of the list at `path`.
pub(crate) fn of(path: &str) -> Option<&'static str> {
    let found = EXAMPLES.iter().find(|(list, _)| *list == path);
    found.map(|(_, example)| *example)
}
