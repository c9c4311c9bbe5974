//! Rules of storage and gateways in clouds: one for each need, or one for all where the platform has
//! no more. They know no hosts and paths.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Host, MAX_AGE_SECONDS, Need};
use crate::cloud::Platform;

/// What is written, and what cannot be said in it.
pub(super) struct Written {
    pub(super) text: String,
    pub(super) notes: Vec<String>,
}

pub(super) fn write(platform: Platform, hosts: &[Host]) -> Written {
    let mut notes = Vec::new();
    let mut by_origin: BTreeMap<&String, Need> = BTreeMap::new();
    let (mut paths, mut needs) = (0, 0);
    for group in hosts.iter().flat_map(|host| &host.groups) {
        paths += group.paths.len();
        needs += 1;
        notes.extend(group.doubtful());
        for (origin, need) in &group.origins {
            let own = by_origin.remove(origin).unwrap_or_default();
            by_origin.insert(origin, own.with(need));
        }
    }
    if hosts.len() > 1 || paths > 1 && needs > 1 {
        notes.push(format!(
            "The platform's rules are for everything behind them: {} hosts and {paths} endpoints get what any of them needs. A file for each with --target-origin keeps hosts apart.",
            hosts.len()
        ));
    }
    let mut rules: BTreeMap<Need, Vec<&String>> = BTreeMap::new();
    for (origin, need) in by_origin {
        rules.entry(need).or_default().push(origin);
    }
    let is_one = !matches!(
        platform,
        Platform::S3 | Platform::Google | Platform::AzureStorage
    );
    if is_one && rules.len() > 1 {
        notes.push("The platform has one list for all origins, which need different things: each gets what any of them needs.".to_owned());
        let together = rules.keys().fold(Need::default(), Need::with);
        let origins = rules.into_values().flatten().collect();
        rules = BTreeMap::from([(together, origins)]);
    }
    let written: Vec<Value> = rules
        .iter()
        .map(|(need, origins)| rule(platform, need, origins))
        .collect();
    let value = match platform {
        Platform::S3 => json!({"CORSRules": written}),
        Platform::Google | Platform::AzureStorage => Value::Array(written),
        _ => written.into_iter().next().unwrap_or_default(),
    };
    Written {
        text: format!("{value:#}\n"),
        notes,
    }
}

fn rule(platform: Platform, need: &Need, origins: &[&String]) -> Value {
    // Methods that need no permission of browsers need one of the platform.
    let mut methods: Vec<&str> = vec!["GET", "HEAD", "POST"];
    methods.extend(need.methods.iter().map(String::as_str));
    let plain: Vec<&str> = need.methods.iter().map(String::as_str).collect();
    let items = |list: &[&str]| json!({"Quantity": list.len(), "Items": list});
    let names = |list: &std::collections::BTreeSet<String>| -> Vec<String> {
        list.iter().cloned().collect()
    };
    match platform {
        Platform::S3 => json!({
            "AllowedOrigins": origins,
            "AllowedMethods": methods,
            "AllowedHeaders": need.headers,
            "ExposeHeaders": need.expose,
            "MaxAgeSeconds": MAX_AGE_SECONDS,
        }),
        Platform::Google => {
            let mut listed = names(&need.headers);
            listed.extend(names(&need.expose));
            json!({"origin": origins, "method": methods, "responseHeader": listed, "maxAgeSeconds": MAX_AGE_SECONDS})
        }
        Platform::AzureStorage => json!({
            "AllowedOrigins": origins,
            "AllowedMethods": methods,
            "AllowedHeaders": need.headers,
            "ExposedHeaders": need.expose,
            "MaxAgeInSeconds": MAX_AGE_SECONDS,
        }),
        Platform::AzureAppService => json!({
            "cors": {"allowedOrigins": origins, "supportCredentials": need.credentials},
        }),
        Platform::ApiGateway => json!({
            "AllowOrigins": origins,
            "AllowMethods": plain,
            "AllowHeaders": need.headers,
            "ExposeHeaders": need.expose,
            "MaxAge": MAX_AGE_SECONDS,
            "AllowCredentials": need.credentials,
        }),
        Platform::CloudFront => json!({
            "AccessControlAllowOrigins": items(&origins.iter().map(|origin| origin.as_str()).collect::<Vec<_>>()),
            "AccessControlAllowMethods": items(&methods),
            "AccessControlAllowHeaders": items(&need.headers.iter().map(String::as_str).collect::<Vec<_>>()),
            "AccessControlExposeHeaders": items(&need.expose.iter().map(String::as_str).collect::<Vec<_>>()),
            "AccessControlMaxAgeSec": MAX_AGE_SECONDS,
            "AccessControlAllowCredentials": need.credentials,
            "OriginOverride": true,
        }),
    }
}
