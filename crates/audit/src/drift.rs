//! Paths of one server that were configured apart.

use findings::{Finding, Level};

use crate::look::{Look, reflects, text, with_credentials};
use crate::rules;

/// Whom a URL lets read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stance {
    server: String,
    url: String,
    /// The page that was asked for.
    page: String,
    reads: &'static str,
    credentials: bool,
}

impl Stance {
    pub(crate) fn of(look: &Look<'_>) -> Self {
        let (page, response) = match look.pages.first() {
            Some(pair) => (pair.origin.clone(), &pair.response),
            None => (look.stranger.origin.clone(), &look.stranger.response),
        };
        let reads = if reflects(response, "*") {
            "everybody"
        } else if reflects(response, &page) {
            "that page"
        } else if text(response, "access-control-allow-origin").is_some() {
            "another page"
        } else {
            "no one"
        };
        Self {
            server: cors::Origin::of(&look.target.url).as_str().to_owned(),
            url: look.target.url.to_string(),
            page,
            reads,
            credentials: with_credentials(response),
        }
    }

    /// What is odd beside the URLs that were audited before: a page that may read one of them and
    /// not the other.
    #[must_use]
    pub fn beside(&self, others: &[Self]) -> Option<Finding> {
        let other = others.iter().find(|other| {
            other.server == self.server
                && other.page == self.page
                && (other.reads, other.credentials) != (self.reads, self.credentials)
        })?;
        let words = |stance: &Self| {
            let credentials = if stance.credentials {
                " with credentials"
            } else {
                ""
            };
            format!("{} lets {} read{credentials}", stance.url, stance.reads)
        };
        let message = format!(
            "{}, and {}: two paths of one server that were configured apart. {}",
            words(self),
            words(other),
            rules::DISAGREE.description
        );
        Some(
            Finding::new(rules::DISAGREE, message)
                .at(Level::Note)
                .keyed("paths")
                .mended_by("Set the policy in one place for the whole server, or say with a suppression why the paths differ."),
        )
    }
}
