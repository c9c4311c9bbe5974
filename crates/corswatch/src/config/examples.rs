//! An entry of every list, as the reference shows it.

/// Path of a list and an entry of it, with the tables below it.
pub(crate) const EXAMPLES: [(&str, &str); 6] = [
    (
        "alert.webhooks",
        r#"[[alert.webhooks]]
name = "on-call"
url = "https://hooks.example/corswatch"
secrets_file = ["/run/secrets/corswatch-webhook"]
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
        "services",
        r#"[[services]]
name = "checkout"
owner = "team-checkout"
runbook = "https://runbooks.example/checkout"
match = [{ origin = "https://api.shop.example", path = "/cart" }]
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
