//! Links for partners.

use super::Reader;
use crate::wire::columns;
use crate::{MAX_PARTNER_LINKS, PartnerLinkRow, StoreError};

impl Reader {
    /// The latest state of every link that is kept, latest first, at most [`MAX_PARTNER_LINKS`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn partner_links(&self) -> Result<Vec<PartnerLinkRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM partner_links FINAL ORDER BY created_at DESC, id LIMIT {MAX_PARTNER_LINKS}",
            columns::<PartnerLinkRow>()
        );
        self.client.fetch(self.client.sql(&sql)).await
    }

    /// The link of a secret, by its hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn partner_link(&self, sha256: &str) -> Result<Option<PartnerLinkRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM partner_links FINAL WHERE sha256 = {{sha256:String}} LIMIT 1",
            columns::<PartnerLinkRow>()
        );
        let statement = self.client.sql(&sql).param("sha256", sha256);
        Ok(self.client.fetch(statement).await?.pop())
    }
}
