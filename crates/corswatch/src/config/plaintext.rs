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
    /// To receivers of alerts.
    Alert,
}

impl Link {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Kafka => "kafka",
            Self::Dashboard => "dashboard",
            Self::Alert => "alert",
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
        let links = links
            .into_iter()
            .filter_map(|(link, open)| Some((link, open?)));
        let receivers = self.open_receivers().into_iter();
        let links = links.chain(receivers.map(|open| (Link::Alert, open)));
        links.map(|(link, open)| {
            let Open { problem, secret } = open;
            let Some(secret) = secret else {
                return Plaintext::Tolerated(problem);
            };
            if self.dangerously_allow_plaintext.contains(&link) {
                return Plaintext::Tolerated(problem);
            }
            let reason = format!(
                "{}; {secret} is not sent so unless `dangerously_allow_plaintext = [\"{}\"]`",
                problem.reason,
                link.as_str()
            );
            Plaintext::Refused(Problem { reason, ..problem })
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
            problem: warning("store.url", &format!("{:?}", self.shown_store()), reason),
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

    /// Receivers that are sent a secret: a token, or an address that is one.
    fn open_receivers(&self) -> Vec<Open> {
        let alert = &self.alert;
        let slack = alert.slack.iter().enumerate().map(|(at, one)| {
            let (field, url) = match one.url.reveal() {
                "" => ("api_url", one.api_url.as_str()),
                url => ("url", url),
            };
            (format!("slack[{at}].{field}"), url)
        });
        let teams = alert.teams.iter().enumerate();
        let teams = teams.map(|(at, one)| (format!("teams[{at}].url"), one.url.reveal()));
        let incident_io = alert.incident_io.iter().enumerate();
        let incident_io =
            incident_io.map(|(at, one)| (format!("incident_io[{at}].url"), one.url.reveal()));
        let pagerduty = alert.pagerduty.iter().enumerate();
        let pagerduty =
            pagerduty.map(|(at, one)| (format!("pagerduty[{at}].url"), one.url.as_str()));
        let jsm = alert.jsm.iter().enumerate();
        let jsm = jsm.map(|(at, one)| (format!("jsm[{at}].url"), one.url.as_str()));
        let peers = alert.alertmanager.iter().enumerate();
        let peers = peers.flat_map(|(at, one)| {
            let urls = one.urls.iter();
            let urls = urls.filter(|url| !one.bearer_token.is_empty() || url.contains('@'));
            urls.map(move |url| (format!("alertmanager[{at}].urls"), url.as_str()))
        });
        let webhooks = alert.webhooks.iter().enumerate();
        let webhooks = webhooks.filter(|(_, one)| one.url.contains('@'));
        let webhooks = webhooks.map(|(at, one)| (format!("webhooks[{at}].url"), one.url.as_str()));
        let all = slack.chain(teams).chain(incident_io).chain(pagerduty);
        let all = all.chain(webhooks);
        let far = all.chain(jsm).chain(peers).filter(|(_, url)| {
            let url = Url::parse(url).ok();
            url.is_some_and(|url| {
                url.scheme() == "http" && url.host().is_some_and(|host| !is_local(host))
            })
        });
        far.map(|(path, _)| Open {
            problem: warning(
                &format!("alert.{path}"),
                "[redacted]",
                "alerts and what opens the receiver travel in clear text: write https://",
            ),
            secret: Some("a secret of a receiver"),
        })
        .collect()
    }

    /// The address of the store without user, password and parameters.
    pub(super) fn shown_store(&self) -> String {
        let Ok(mut url) = Url::parse(&self.store.url) else {
            return "[redacted]".to_owned();
        };
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_query(None);
        url.as_str().trim_end_matches('/').to_owned()
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

    fn refused_unless_allowed(link: &str, path: &str, text: &str) {
        let read = |text: &str| -> Config { toml::from_str(text).expect("well formed") };
        let found: Vec<_> = read(text).leaks().collect();
        assert_eq!(paths(&found), [path], "{text}");
        let setting = format!("dangerously_allow_plaintext = [\"{link}\"]");
        assert!(found[0].reason.contains(&setting), "{}", found[0].reason);
        assert!(!found[0].to_string().contains("T0P"), "{}", found[0]);
        let allowed = read(&format!("{setting}\n{text}"));
        assert_eq!(allowed.leaks().count(), 0, "{text}");
        assert!(
            paths(&allowed.warnings()).contains(&path),
            "it is said all the same"
        );
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
            refused_unless_allowed(link, path, &text);
        }
        let own = "[dashboard]\nlisten = \"0.0.0.0:1\"\ntls = { certificate_file = \"a\", key_file = \"b\" }";
        let own: Config = toml::from_str(&format!("{own}\n{token}")).expect("well formed");
        assert_eq!(paths(&own.leaks().collect::<Vec<_>>()), [""; 0]);
    }

    #[test]
    fn secrets_of_receivers_do_not_travel_in_clear_text_unless_that_is_allowed() {
        for (field, settings) in [
            ("slack[0].url", "url = \"http://hooks.test/T0P\""),
            (
                "slack[0].api_url",
                "token = \"xoxb-T0P\"\napi_url = \"http://slack.test\"",
            ),
            ("teams[0].url", "url = \"http://teams.test/T0P\""),
            (
                "incident_io[0].url",
                "url = \"http://incident.test\"\ntoken = \"T0P\"",
            ),
            ("pagerduty[0].url", "url = \"http://events.test\""),
            ("jsm[0].url", "url = \"http://jsm.test\""),
            ("webhooks[0].url", "url = \"http://me:T0P@hooks.test\""),
            (
                "alertmanager[0].urls",
                "urls = [\"http://am.test:9093\"]\nbearer_token = \"T0P\"",
            ),
            (
                "alertmanager[0].urls",
                "urls = [\"http://me:T0P@am.test:9093\"]",
            ),
        ] {
            let kind = field.split('[').next().expect("a name");
            let text = format!("[[alert.{kind}]]\n{settings}");
            refused_unless_allowed("alert", &format!("alert.{field}"), &text);
        }
        let near = "[[alert.slack]]\nurl = \"http://127.0.0.1:1/x\"\n\
             [[alert.alertmanager]]\nurls = [\"http://am.test:9093\"]";
        let near: Config = toml::from_str(near).expect("well formed");
        assert_eq!(near.leaks().count(), 0, "no secret leaves this machine");
    }

    #[test]
    fn a_password_in_the_address_of_the_store_is_refused_and_shown_nowhere() {
        for address in [
            "http://corswatch:T0P@ch.test:9000",
            "https://T0P@ch.test",
            "https://ch.test/?user=x&password=T0P",
            "http://user:T0P@ch test",
        ] {
            let mut config = Config::default();
            address.clone_into(&mut config.store.url);
            let mut found = Vec::new();
            config.problems(&mut found);
            let of_store = found.iter().find(|found| found.path == "store.url");
            assert!(of_store.is_some(), "{address}: {found:?}");
            found.extend(config.warnings());
            let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert!(!texts.join("\n").contains("T0P"), "{texts:#?}");
        }
    }
}
