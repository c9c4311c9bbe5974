use std::net::Ipv4Addr;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use web::{OriginPattern, Schemes};

use super::*;
use crate::addresses::Addresses;

/// Names below one host, all of which lead to this machine.
fn client(port: u16, names: usize) -> Client {
    let pattern = format!("http://*.shop.test:{port}");
    let origins = OriginPattern::read(&pattern, Schemes::Web).expect("a pattern");
    let loopback = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    let given = (0..names).map(|n| (format!("n{n}.shop.test"), loopback.clone()));
    Client::trusting(
        TargetPolicy::default().allow(origins, Addresses::Private),
        Names {
            given: given.collect(),
        },
        Limits::default(),
        rustls::RootCertStore::empty(),
    )
}

async fn ask(client: &Client, port: u16, name: usize) -> Result<CallResponse, CallError> {
    let url = format!("http://n{name}.shop.test:{port}/");
    client
        .call(Call {
            method: "GET",
            url: &url.parse().expect("a URL"),
            headers: &Headers::new(),
        })
        .await
}

/// Asks one name after the other until the pace ends it; how many messages were sent.
async fn asked_in_a_row(client: &Client, port: u16, names: usize) -> usize {
    for name in 0..names {
        if let Err(CallError::Paced(wait)) = ask(client, port, name).await {
            assert!(!wait.is_zero());
            return name;
        }
    }
    names
}

#[tokio::test]
async fn the_names_below_a_wildcard_have_one_rate_where_they_lead_to_one_address() {
    const NAMES: usize = 90;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut answering = JoinSet::new();
    answering.spawn(async move {
        let mut answered = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            answered += 1;
            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
            stream.write_all(answer).await.expect("a listener");
            if answered == NAMES {
                break;
            }
        }
        answered
    });
    let unpaced = client(port, NAMES);
    let paced = unpaced.paced(Arc::new(Pace::new(1)));
    let sent = asked_in_a_row(&paced, port, NAMES).await;
    assert!(sent < NAMES, "every name was asked");
    // Whoever is not paced is not held up by who is.
    for name in sent..NAMES {
        ask(&unpaced, port, name).await.expect("an answer");
    }
    let answered = answering.join_next().await.expect("a task");
    assert_eq!(answered.expect("no panic"), NAMES);
}

#[tokio::test]
async fn connections_that_are_refused_count_too() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    drop(listener);
    let paced = client(port, 90).paced(Arc::new(Pace::new(1)));
    assert!(asked_in_a_row(&paced, port, 90).await < 90);
}
