//! The client of `check` and `audit`: it asks what it was told to ask and nothing else.

use std::collections::BTreeSet;
use std::process::ExitCode;

use browse::{Addresses, Client, Limits, Names, TargetPolicy};
use cors::Origin;
use url::Url;
use web::{OriginPattern, Schemes};

use crate::cli::Asking;
use crate::exit::Failure;

/// A client for the origins of `urls` and those of the command line.
pub(crate) fn client<'a>(
    urls: impl IntoIterator<Item = &'a Url>,
    asking: &Asking,
) -> Result<Client, Failure> {
    let addresses = if asking.allow_private_networks {
        Addresses::Private
    } else {
        Addresses::Public
    };
    let mut origins: BTreeSet<String> = urls
        .into_iter()
        .map(|url| Origin::of(url).as_str().to_owned())
        .collect();
    origins.extend(asking.allow_origins.iter().cloned());
    let mut policy = TargetPolicy::default();
    for origin in origins {
        let rule = OriginPattern::read(&origin, Schemes::Web)
            .map_err(|reason| Failure::Input(format!("{origin}: {reason}")))?;
        policy = policy.allow(rule, addresses);
    }
    let limits = Limits {
        timeout: asking.timeout.duration(),
        ..Limits::default()
    };
    Ok(Client::new(policy, Names::default(), limits))
}

/// Runs what asks.
pub(crate) fn run(
    work: impl Future<Output = Result<ExitCode, Failure>>,
) -> Result<ExitCode, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?
        .block_on(work)
}
