//! The long-running tasks of a process and the order in which they drain.

use crate::Causes as _;
use std::future::Future;
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

/// Tells a task to finish what it holds and end. Cheap to clone.
pub type Stop = CancellationToken;

/// Why a task failed.
pub type TaskError = Box<dyn std::error::Error + Send + Sync>;

/// A task ended badly or before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum TaskFailure {
    /// The task returned an error.
    #[error("{task} failed")]
    Failed {
        /// Its name.
        task: &'static str,
        /// What it returned.
        #[source]
        source: TaskError,
    },
    /// The task ended although no one asked.
    #[error("{task} ended before it was stopped")]
    Ended {
        /// Its name.
        task: &'static str,
    },
    /// The task panicked.
    #[error("{task} panicked")]
    Panicked {
        /// Its name.
        task: &'static str,
        /// The panic.
        #[source]
        source: JoinError,
    },
    /// The task did not end within its deadline and was aborted.
    #[error("{task} did not drain within {deadline:?} and was aborted")]
    Late {
        /// Its name.
        task: &'static str,
        /// How long it had.
        deadline: Duration,
    },
}

struct Task {
    name: &'static str,
    stop: Stop,
    deadline: Duration,
    handle: JoinHandle<Result<(), TaskError>>,
}

/// Tasks in the order in which they drain: the order in which they were spawned.
#[derive(Default)]
pub struct Tasks(Vec<Task>);

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|task| task.name))
            .finish()
    }
}

impl Tasks {
    /// Starts a task that has `deadline` to end once its [`Stop`] is cancelled.
    #[expect(clippy::disallowed_methods, reason = "the one place that owns tasks")]
    pub fn spawn<F>(&mut self, name: &'static str, deadline: Duration, task: impl FnOnce(Stop) -> F)
    where
        F: Future<Output = Result<(), TaskError>> + Send + 'static,
    {
        let stop = Stop::new();
        let handle = tokio::spawn(task(stop.clone()));
        self.0.push(Task {
            name,
            stop,
            deadline,
            handle,
        });
    }

    /// Runs until `asked` completes or a task ends by itself, then stops the tasks one after the
    /// other in order.
    ///
    /// # Errors
    /// The first [`TaskFailure`], after everything else has been drained.
    pub async fn run(mut self, asked: impl Future<Output = ()>) -> Result<(), TaskFailure> {
        let mut first = tokio::select! {
            () = asked => None,
            failure = self.first_to_end() => Some(failure),
        };
        if let Some(failure) = &first {
            tracing::error!(failure = %failure.with_causes(), "stopping");
        }
        for task in self.0 {
            if let Err(failure) = drain(task).await {
                tracing::error!(
                    failure = %failure.with_causes(),
                    "while draining"
                );
                first.get_or_insert(failure);
            }
        }
        first.map_or(Ok(()), Err)
    }

    async fn first_to_end(&mut self) -> TaskFailure {
        if self.0.is_empty() {
            return std::future::pending().await;
        }
        let (ended, at, _) =
            futures::future::select_all(self.0.iter_mut().map(|task| &mut task.handle)).await;
        let task = self.0.remove(at).name;
        outcome(task, ended)
            .err()
            .unwrap_or(TaskFailure::Ended { task })
    }
}

async fn drain(mut task: Task) -> Result<(), TaskFailure> {
    task.stop.cancel();
    if let Ok(ended) = tokio::time::timeout(task.deadline, &mut task.handle).await {
        return outcome(task.name, ended);
    }
    task.handle.abort();
    Err(TaskFailure::Late {
        task: task.name,
        deadline: task.deadline,
    })
}

fn outcome(
    task: &'static str,
    ended: Result<Result<(), TaskError>, JoinError>,
) -> Result<(), TaskFailure> {
    match ended {
        Ok(Ok(())) => Ok(()),
        Ok(Err(source)) => Err(TaskFailure::Failed { task, source }),
        Err(source) => Err(TaskFailure::Panicked { task, source }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const TEST_TIMEOUT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn tasks_drain_in_the_order_of_their_start() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Tasks::default();
        for name in ["edge", "journal", "store"] {
            let order = Arc::clone(&order);
            tasks.spawn(name, TEST_TIMEOUT, |stop| async move {
                stop.cancelled().await;
                order.lock().expect("not poisoned").push(name);
                Ok(())
            });
        }
        tasks
            .run(std::future::ready(()))
            .await
            .expect("all drained");
        assert_eq!(
            *order.lock().expect("not poisoned"),
            ["edge", "journal", "store"]
        );
    }

    #[tokio::test]
    async fn a_task_that_ends_early_stops_the_process_and_the_others_still_drain() {
        let drained = Arc::new(Mutex::new(false));
        let seen = Arc::clone(&drained);
        let mut tasks = Tasks::default();
        tasks.spawn("ends", TEST_TIMEOUT, |_| std::future::ready(Ok(())));
        tasks.spawn("stays", TEST_TIMEOUT, |stop| async move {
            stop.cancelled().await;
            *seen.lock().expect("not poisoned") = true;
            Ok(())
        });
        let failure = tasks
            .run(std::future::pending())
            .await
            .expect_err("one ended");
        assert!(
            matches!(failure, TaskFailure::Ended { task: "ends" }),
            "{failure}"
        );
        assert!(*drained.lock().expect("not poisoned"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_drain_is_aborted_at_its_deadline() {
        let mut tasks = Tasks::default();
        tasks.spawn("stuck", TEST_TIMEOUT, |_| std::future::pending());
        let failure = tasks.run(std::future::ready(())).await.expect_err("stuck");
        assert!(
            matches!(failure, TaskFailure::Late { task: "stuck", .. }),
            "{failure}"
        );
    }
}
