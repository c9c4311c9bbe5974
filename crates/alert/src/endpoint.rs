//! Where receivers listen, for whoever looks whether they can be reached.

use std::net::SocketAddr;

use crate::http::permitted;
use crate::{Config, NotifyError};

/// A socket that a receiver listens on. Its path, which may be a secret, is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Name of the receiver.
    pub receiver: String,
    /// Name or address of the host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How a connection begins.
    pub opening: Opening,
}

/// How a connection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// With TLS.
    Tls,
    /// In clear text, also where TLS follows later (`STARTTLS`).
    Plain,
}

impl Endpoint {
    /// The socket that a URL names; none for one that cannot be used.
    pub(crate) fn of_url(receiver: &str, url: &str) -> Option<Self> {
        let url = settings::web_url(url).ok()?;
        Some(Self {
            receiver: receiver.to_owned(),
            // Brackets are part of the notation of URLs.
            host: url.host_str()?.trim_matches(['[', ']']).to_owned(),
            port: url.port_or_known_default()?,
            opening: if url.scheme() == "https" {
                Opening::Tls
            } else {
                Opening::Plain
            },
        })
    }
}

impl Config {
    /// The sockets of all configured receivers.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let receivers = self.receivers().into_iter();
        receivers.flat_map(|(_, one)| one.endpoints()).collect()
    }

    /// The addresses of a receiver that may be connected to.
    ///
    /// # Errors
    /// [`NotifyError`]: the name does not resolve, or only to addresses that must not be called.
    pub async fn resolved(&self, endpoint: &Endpoint) -> Result<Vec<SocketAddr>, NotifyError> {
        permitted(&endpoint.host, endpoint.port, self.addresses()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_receiver_says_where_it_listens_and_no_secret() {
        let config: Config = serde_json::from_value(serde_json::json!({
            "webhooks": [{"name": "hook", "url": "https://hooks.test/T0P"}],
            "alertmanager": [{"name": "am", "urls": ["http://a.test:9093", "http://[::1]:9093"]}],
            "pagerduty": [{"name": "pd"}],
            "slack": [{"name": "s", "url": "https://hooks.slack.test/T0P"}, {"name": "bot", "token": "xoxb-T0P", "channel": "C1"}],
            "teams": [{"name": "t", "url": "https://teams.test:8443/T0P"}],
            "jsm": [{"name": "j"}],
            "incident_io": [{"name": "i", "url": "https://incident.test/T0P"}],
            "email": [{"name": "mail", "host": "smtp.test"}, {"name": "mails", "host": "smtp.test", "security": "tls"}],
        }))
        .expect("well formed");
        let found = config.endpoints();
        let shown: Vec<String> = found
            .iter()
            .map(|one| {
                format!(
                    "{} {}:{} {:?}",
                    one.receiver, one.host, one.port, one.opening
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "hook hooks.test:443 Tls",
                "am a.test:9093 Plain",
                "am ::1:9093 Plain",
                "pd events.pagerduty.com:443 Tls",
                "s hooks.slack.test:443 Tls",
                "bot slack.com:443 Tls",
                "t teams.test:8443 Tls",
                "j api.atlassian.com:443 Tls",
                "i incident.test:443 Tls",
                "mail smtp.test:587 Plain",
                "mails smtp.test:465 Tls",
            ]
        );
        assert!(!format!("{found:?}").contains("T0P"));
    }
}
