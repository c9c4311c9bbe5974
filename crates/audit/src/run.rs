//! An audit of one URL.

use findings::Finding;

use crate::checks;
use crate::drift::Stance;
use crate::look::{Look, Target};
use crate::server::Server;

/// What came of an audit.
#[derive(Debug, Clone)]
pub struct Audited {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// Whom the URL lets read; `None` where it did not answer.
    pub stance: Option<Stance>,
}

/// Asks a server everything about one URL: some 60 small requests, one after the other.
pub async fn audit(server: &impl Server, target: &Target) -> Audited {
    match Look::at(server, target).await {
        Ok(look) => Audited {
            findings: checks::all(&look),
            stance: Some(Stance::of(&look)),
        },
        Err(silence) => Audited {
            findings: vec![silence.finding()],
            stance: None,
        },
    }
}
