//! What a process of a role connects to: on its machine nothing else has to be in reach.

use super::network::{Server, Trust};
use crate::config::{Config, Role};

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Kafka,
    Store,
    Receivers,
    Edge,
    Api,
}

/// Whether a process of `role` (all of them where there is none) has to do with `part`.
pub(super) fn covers(role: Option<Role>, part: Part) -> bool {
    role.is_none_or(|role| match part {
        // The dashboard asks for the log's end.
        Part::Kafka => matches!(role, Role::Collector | Role::Loader | Role::Dashboard),
        Part::Store => role != Role::Collector,
        Part::Receivers => role == Role::Aggregator,
        Part::Edge => role == Role::Collector,
        Part::Api => role == Role::Dashboard,
    })
}

/// The receivers of alerts that are looked at.
pub(super) fn receivers(config: &Config, role: Option<Role>) -> Vec<alert::Endpoint> {
    match covers(role, Part::Receivers) {
        true => config.alert.endpoints(),
        false => Vec::new(),
    }
}

/// The servers of the configuration that are looked at, whatever they speak.
pub(super) fn servers(config: &Config, role: Option<Role>) -> Vec<Server> {
    let mut all = Vec::new();
    if config.journal.kind == journal::Kind::Kafka && covers(role, Part::Kafka) {
        all.extend(brokers(&config.journal.kafka));
    }
    let urls = [
        (Part::Store, "store.url", config.store.url.as_str()),
        (Part::Edge, "public_url", config.public_url.as_str()),
        (
            Part::Api,
            "alert.external_url",
            config.alert.external_url.as_str(),
        ),
    ];
    let urls = urls.iter().filter(|(part, ..)| covers(role, *part));
    all.extend(urls.filter_map(|(_, setting, url)| Server::of_url(setting, url)));
    let receivers = receivers(config, role).into_iter();
    all.extend(receivers.map(|endpoint| Server {
        setting: format!("receiver {}", endpoint.receiver),
        trust: match endpoint.opening {
            alert::Opening::Tls => Trust::Public,
            alert::Opening::Plain => Trust::NoTls,
        },
        host: endpoint.host,
        port: endpoint.port,
    }));
    all.dedup();
    all
}

fn brokers(kafka: &journal::KafkaConfig) -> Vec<Server> {
    const SETTING: &str = "journal.kafka.brokers";
    let protocol = kafka.properties.get("security.protocol");
    let has_tls = protocol.is_some_and(|protocol| protocol.reveal().to_lowercase().contains("ssl"));
    let trust = if has_tls { Trust::Own } else { Trust::NoTls };
    let brokers = kafka.brokers.split(',').map(str::trim);
    let servers = brokers.filter_map(|broker| {
        let server = Server::of_url(SETTING, &format!("kafka://{broker}"));
        server.or_else(|| Server::of_url(SETTING, &format!("kafka://{broker}:9092")))
    });
    servers.map(|server| Server { trust, ..server }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_looks_at_what_it_connects_to_and_the_whole_at_everything() {
        let config: Config = toml::from_str(
            "public_url = \"https://cors.test\"\n\
             [journal]\nkind = \"kafka\"\n[journal.kafka]\nbrokers = \"a.test:9093, b.test\"\n\
             [journal.kafka.properties]\n\"security.protocol\" = \"SASL_SSL\"\n\
             [store]\nurl = \"https://ch.test:8443\"\n\
             [alert]\nexternal_url = \"https://people.test\"\n\
             [[alert.webhooks]]\nname = \"hook\"\nurl = \"https://hooks.test/T0P\"\n",
        )
        .expect("well formed");
        let hosts = |role| -> Vec<String> {
            let servers = servers(&config, role).into_iter();
            servers
                .map(|one| format!("{}:{}", one.host, one.port))
                .collect()
        };
        let brokers = ["a.test:9093", "b.test:9092"];
        assert_eq!(
            hosts(Some(Role::Collector)),
            [brokers[0], brokers[1], "cors.test:443"]
        );
        assert_eq!(
            hosts(Some(Role::Loader)),
            [brokers[0], brokers[1], "ch.test:8443"]
        );
        assert_eq!(
            hosts(Some(Role::Aggregator)),
            ["ch.test:8443", "hooks.test:443"]
        );
        assert_eq!(hosts(Some(Role::Prober)), ["ch.test:8443"]);
        let dashboard = [brokers[0], brokers[1], "ch.test:8443", "people.test:443"];
        assert_eq!(hosts(Some(Role::Dashboard)), dashboard);
        assert_eq!(hosts(None).len(), 6);
        let kafka = &servers(&config, None)[0];
        assert_eq!(kafka.trust, Trust::Own);
    }
}
