//! Connections beyond this machine in clear text: refused where a secret travels on them.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use settings::Problem;
use url::{Host, Url};

use super::Config;
use super::warnings::warning;

/// A connection that secrets may travel on in clear text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Link {
    /// To the ClickHouse server.
    Store,
    /// To the brokers.
    Kafka,
    /// From people and programs to the admin server.
    Dashboard,
}

impl Link {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Kafka => "kafka",
            Self::Dashboard => "dashboard",
        }
    }
}

/// A connection in clear text beyond this machine, and what secret travels on it.
struct Open {
    problem: Problem,
    secret: Option<&'static str>,
}

pub(super) enum Plaintext {
    Refused(Problem),
    Tolerated(Problem),
}

impl Config {
    /// Secrets that would travel in clear text, where that is not allowed.
    pub(crate) fn leaks(&self) -> impl Iterator<Item = Problem> {
        self.plaintext().filter_map(|found| match found {
            Plaintext::Refused(problem) => Some(problem),
            Plaintext::Tolerated(_) => None,
        })
    }

    pub(super) fn plaintext(&self) -> impl Iterator<Item = Plaintext> {
        let links = [
            (Link::Store, self.open_store()),
            (Link::Kafka, self.open_kafka()),
            (Link::Dashboard, self.open_private_side()),
        ];
        links.into_iter().filter_map(|(link, open)| {
            let Open { problem, secret } = open?;
            let Some(secret) = secret else {
                return Some(Plaintext::Tolerated(problem));
            };
            if self.dangerously_allow_plaintext.contains(&link) {
                return Some(Plaintext::Tolerated(problem));
            }
            let reason = format!(
                "{}; {secret} is not sent so unless `dangerously_allow_plaintext = [\"{}\"]`",
                problem.reason,
                link.as_str()
            );
            Some(Plaintext::Refused(Problem { reason, ..problem }))
        })
    }

    fn open_store(&self) -> Option<Open> {
        let url = Url::parse(&self.store.url).ok()?;
        let is_open = url.scheme() == "http" && !is_local(url.host()?);
        let has_password =
            !self.store.password.is_empty() || !self.store.reader_password.is_empty();
        let reason = if has_password {
            "password and data travel in clear text: write https://"
        } else {
            "data travels in clear text: write https://"
        };
        is_open.then(|| Open {
            problem: warning("store.url", &format!("{:?}", self.store.url), reason),
            secret: has_password.then_some("a password"),
        })
    }

    fn open_kafka(&self) -> Option<Open> {
        let kafka = &self.journal.kafka;
        let protocol = kafka.properties.get("security.protocol");
        let protocol = protocol.map_or("plaintext", |protocol| protocol.reveal());
        let is_open = !protocol.to_lowercase().contains("ssl");
        let is_far = kafka.brokers.split(',').any(|broker| {
            let broker = Url::parse(&format!("kafka://{}", broker.trim())).ok();
            broker.is_some_and(|broker| broker.host().is_some_and(|host| !is_local(host)))
        });
        let reason = "beacons (and a password of SASL) travel in clear text: set \
                      `security.protocol` to \"ssl\" or \"sasl_ssl\"";
        let path = "journal.kafka.properties.security.protocol";
        (self.journal.kind == journal::Kind::Kafka && is_open && is_far).then(|| Open {
            problem: warning(path, protocol, reason),
            secret: (kafka.properties.keys())
                .any(|name| name.contains("password"))
                .then_some("a password"),
        })
    }

    fn open_private_side(&self) -> Option<Open> {
        let listen = self.dashboard.listen;
        let is_behind_tls =
            self.dashboard.tls.is_on() || self.alert.external_url.starts_with("https://");
        let reason = "bearer tokens travel in clear text: set `dashboard.tls`, or put a proxy with TLS \
                      before it and write the address that people use into `alert.external_url` (https://..)";
        (!listen.ip().is_loopback() && !is_behind_tls).then(|| Open {
            problem: warning("dashboard.listen", &format!("\"{listen}\""), reason),
            secret: self.dashboard.asks_who().then_some("a token or session"),
        })
    }
}

fn is_local(host: Host<&str>) -> bool {
    match host {
        // Of a scheme that `url` does not know, hosts are texts.
        Host::Domain(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(found: &[Problem]) -> Vec<&str> {
        found.iter().map(|problem| problem.path.as_str()).collect()
    }

    #[test]
    fn secrets_do_not_travel_in_clear_text_unless_that_is_allowed() {
        const FAR: &str = "[journal]\nkind = \"kafka\"\n[journal.kafka]\nbrokers = \"kafka.test:9092\"\n\
             [journal.kafka.properties]\n\"security.protocol\" = \"sasl_plaintext\"\n\
             \"sasl.password\" = \"x\"";
        let token = format!(
            "[[dashboard.tokens]]\nname = \"x\"\nsha256 = \"{}\"",
            "ab".repeat(32)
        );
        for (link, path, text) in [
            (
                "store",
                "store.url",
                "[store]\nurl = \"http://ch.test\"\npassword = \"x\"".to_owned(),
            ),
            (
                "store",
                "store.url",
                "[store]\nurl = \"http://ch.test\"\nreader_password = \"x\"".to_owned(),
            ),
            (
                "kafka",
                "journal.kafka.properties.security.protocol",
                FAR.to_owned(),
            ),
            (
                "dashboard",
                "dashboard.listen",
                format!("[dashboard]\nlisten = \"0.0.0.0:1\"\n{token}"),
            ),
        ] {
            let read = |text: &str| -> Config { toml::from_str(text).expect("well formed") };
            let found: Vec<_> = read(&text).leaks().collect();
            assert_eq!(paths(&found), [path], "{text}");
            let setting = format!("dangerously_allow_plaintext = [\"{link}\"]");
            assert!(found[0].reason.contains(&setting), "{}", found[0].reason);
            let allowed = read(&format!("{setting}\n{text}"));
            assert_eq!(allowed.leaks().count(), 0, "{text}");
            assert!(
                paths(&allowed.warnings()).contains(&path),
                "it is said all the same"
            );
        }
        let own = "[dashboard]\nlisten = \"0.0.0.0:1\"\ntls = { certificate_file = \"a\", key_file = \"b\" }";
        let own: Config = toml::from_str(&format!("{own}\n{token}")).expect("well formed");
        assert_eq!(paths(&own.leaks().collect::<Vec<_>>()), [""; 0]);
    }
}
