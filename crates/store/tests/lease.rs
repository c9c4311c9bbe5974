//! One aggregator leads.

use std::time::Duration;

use testkit::Engine;

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn one_holder_has_a_lease_renews_it_and_gives_it_back() {
    let store = Engine::database().await;
    let first = store
        .acquire_lease("leader", "a", LONG)
        .await
        .expect("asked")
        .expect("free");
    assert_eq!((first.term, first.holder.as_str()), (1, "a"));
    assert_eq!(
        store
            .acquire_lease("leader", "b", LONG)
            .await
            .expect("asked"),
        None
    );
    let renewed = store
        .acquire_lease("leader", "a", LONG)
        .await
        .expect("asked")
        .expect("held");
    assert_eq!(renewed.term, 1);
    assert!(renewed.expires_at >= first.expires_at);
    let other = store
        .acquire_lease("other", "b", LONG)
        .await
        .expect("asked");
    assert!(other.is_some(), "another name is another lease");
    store.release_lease(&renewed).await.expect("released");
    let next = store
        .acquire_lease("leader", "b", LONG)
        .await
        .expect("asked")
        .expect("free");
    assert_eq!((next.term, next.holder.as_str()), (2, "b"));
    assert_eq!(
        store
            .acquire_lease("leader", "a", LONG)
            .await
            .expect("asked"),
        None
    );
}

#[tokio::test]
async fn a_lease_whose_holder_is_gone_passes_on() {
    let store = Engine::database().await;
    let first = store
        .acquire_lease("leader", "a", SHORT)
        .await
        .expect("asked")
        .expect("free");
    let next = testkit::wait_for("the lease ends", Duration::from_secs(30), || async {
        store
            .acquire_lease("leader", "b", LONG)
            .await
            .expect("asked")
    })
    .await;
    assert!(next.term > first.term);
    assert_eq!(
        store
            .acquire_lease("leader", "a", SHORT)
            .await
            .expect("asked"),
        None
    );
}

#[tokio::test]
async fn of_many_that_ask_at_once_at_most_one_gets_the_lease() {
    let store = Engine::database().await;
    let mut won = 0;
    for round in 0..10 {
        let name = format!("leader-{round}");
        let ask = |holder: &'static str| {
            let (store, name) = (store.clone(), name.clone());
            async move {
                store
                    .acquire_lease(&name, holder, LONG)
                    .await
                    .expect("asked")
            }
        };
        let (a, b, c) = tokio::join!(ask("a"), ask("b"), ask("c"));
        let holders = [a, b, c].into_iter().flatten().count();
        assert!(holders <= 1, "round {round}: {holders} holders");
        won += holders;
    }
    assert!(won <= 10);
}
