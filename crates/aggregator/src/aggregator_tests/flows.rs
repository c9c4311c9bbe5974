//! Critical flows: whose they are, and how much of them an incident reaches.

use store::Failure;

use super::failures::failure;
use super::rig::{Hand, Rig};
use crate::FlowConfig;

fn flow(name: &str, endpoint: &str) -> FlowConfig {
    let toml = format!(
        "name = \"{name}\"\napp = \"shop\"\nendpoints = [\"{endpoint}\"]\nowner = \"team-{name}\""
    );
    toml::from_str(&toml).expect("well formed")
}

#[tokio::test(start_paused = true)]
async fn an_incident_says_what_share_of_each_flow_it_reaches_and_whose_flow_it_is() {
    let mut rig = Rig::new();
    rig.flows = vec![
        flow("checkout", "PUT /cart/:id"),
        flow("browsing", "GET /cart/:id"),
        flow("login", "/login"),
    ];
    rig.healthy_day();
    rig.happen("", 100, 100);
    rig.world.facts().sessions = 12;
    rig.world.facts().failures = vec![Failure {
        sessions: 12,
        ..failure(100)
    }];
    let mut hand = Hand::of(rig.aggregator());
    hand.settle(&rig).await;
    let sent = rig.pager.take();
    assert_eq!(
        sent.len(),
        1,
        "one incident, whatever number of objectives: {sent:#?}"
    );
    let summary = &sent[0].annotations["summary"];
    let text = "checkout: 4 % of sessions (12 of 300 page loads).";
    assert!(summary.ends_with(text), "{summary}");
    assert!(
        sent[0].annotations["description"].contains(text),
        "{sent:#?}"
    );
    for other in ["browsing", "login"] {
        assert!(!summary.contains(other), "{summary}");
    }
    hand.stop().await;
}
