//! Waiting for a condition, never for a time.

use std::future::Future;
use std::time::Duration;

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Waits until `condition` holds.
///
/// # Panics
/// With `what` when it does not within `deadline`.
pub async fn wait_until<F>(what: &str, deadline: Duration, mut condition: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    wait_for(what, deadline, || {
        let holds = condition();
        async move { holds.await.then_some(()) }
    })
    .await;
}

/// Waits until `look` finds something, and returns it.
///
/// # Panics
/// With `what` when it does not within `deadline`.
pub async fn wait_for<T, F>(what: &str, deadline: Duration, look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let Some(found) = found_within(deadline, look).await else {
        panic!("not within {deadline:?}: {what}");
    };
    found
}

/// What `look` finds, unless it finds nothing within `deadline`.
pub(crate) async fn found_within<T, F>(deadline: Duration, mut look: impl FnMut() -> F) -> Option<T>
where
    F: Future<Output = Option<T>>,
{
    let search = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(POLL).await;
        }
    };
    tokio::time::timeout(deadline, search).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_comes_to_pass_is_returned() {
        let mut looks = 0;
        let found = wait_for("the third look", Duration::from_secs(1), || {
            looks += 1;
            std::future::ready((looks == 3).then_some(looks))
        });
        assert_eq!(found.await, 3);
    }

    #[tokio::test(start_paused = true)]
    #[should_panic(expected = "not within 1s: pigs fly")]
    async fn what_does_not_is_named() {
        wait_until("pigs fly", Duration::from_secs(1), || {
            std::future::ready(false)
        })
        .await;
    }
}
