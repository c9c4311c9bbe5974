//! Page origins whose beacons are refused, logged once each: whoever sets an application up sees there
//! that a page is opened as `http://127.0.0.1:5173` and configured as `http://localhost:5173`.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Strangers can name any number of origins: this many are logged until the configuration is read again.
const MOST: usize = 32;

#[derive(Debug, Default)]
pub(crate) struct Unlisted {
    logged: Mutex<HashSet<String>>,
}

impl Unlisted {
    /// Logs a refusal, which names the origin.
    pub(crate) fn log(&self, app: &str, refusal: &str) {
        if self.is_news(app, refusal) {
            tracing::warn!(
                app,
                "beacons are refused: {refusal}; `apps.page_origins` lists those that are taken"
            );
        }
    }

    fn is_news(&self, app: &str, refusal: &str) -> bool {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        logged.len() < MOST && logged.insert(format!("{app} {refusal}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refused_origin_is_logged_once_and_not_without_end() {
        let unlisted = Unlisted::default();
        assert!(unlisted.is_news("shop", "http://127.0.0.1:5173 is not listed"));
        assert!(!unlisted.is_news("shop", "http://127.0.0.1:5173 is not listed"));
        assert!(unlisted.is_news("blog", "http://127.0.0.1:5173 is not listed"));
        let news =
            (0..10_000).filter(|n| unlisted.is_news("shop", &format!("https://{n}.test is not")));
        assert_eq!(news.count(), MOST - 2);
    }
}
