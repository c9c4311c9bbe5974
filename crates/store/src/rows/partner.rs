//! Links for partners.

use observation::UnixMillis;

use crate::wire::fields;

fields! {
    /// A link by which a partner sees one page origin of one app. A row with a higher version replaces the one before.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PartnerLinkRow in "partner_links" {
        /// Identity.
        pub id: String,
        /// Grows with every change.
        pub version: u64,
        /// Configured application.
        pub app: String,
        /// The page origin that it shows.
        pub page_origin: String,
        /// SHA-256 of its secret, in hexadecimal.
        pub sha256: String,
        /// What it is for.
        pub note: String,
        /// When it was made.
        pub created_at: UnixMillis,
        /// Who made it.
        pub created_by: String,
        /// When it ends.
        pub expires_at: UnixMillis,
        /// When it was revoked, if it was.
        pub revoked_at: Option<UnixMillis>,
        /// Who revoked it.
        pub revoked_by: String,
        /// When it may be forgotten.
        pub keep_until: UnixMillis,
    }
}
