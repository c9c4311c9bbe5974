//! Arguments of `partner-link`.

use clap::{Args, Subcommand};

use super::{Api, Format};

/// Arguments of `partner-link`.
#[derive(Debug, Args)]
pub(crate) struct PartnerLinks {
    #[command(subcommand)]
    pub(crate) command: PartnerLinkCommand,
}

/// What is done with links for partners.
#[derive(Debug, Subcommand)]
pub(crate) enum PartnerLinkCommand {
    /// Makes a link that shows the SLI of one page origin and how to mend what fails there, and prints it. It is shown
    /// here alone.
    Create {
        /// Configured app.
        #[arg(long)]
        app: String,
        /// The page origin that it shows: https://partner.example.
        #[arg(long, value_name = "ORIGIN")]
        page_origin: String,
        /// How long it lasts: 1m to 90d.
        #[arg(long, value_name = "SPAN", default_value = "7d")]
        lasts: String,
        /// What it is for.
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        api: Api,
    },
    /// Lists links, the latest first; those that are over are kept for 90 days.
    List {
        /// How they are written.
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
        #[command(flatten)]
        api: Api,
    },
    /// Revokes a link: from now on it says so, and shows nothing.
    Revoke {
        /// Its identity.
        id: String,
        #[command(flatten)]
        api: Api,
    },
}
