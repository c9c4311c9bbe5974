//! Whom an audit asks: a live server, or a policy that answers as one would.

use browse::{Call, CallError, Client};
use cors::{Answer, Headers};
use findings::{Finding, Rule};
use runtime::Causes as _;
use url::Url;

use crate::rules;

/// Something that answers requests.
pub trait Server: Sync {
    /// Its answer to one request.
    ///
    /// # Errors
    /// [`NoResponse`], where there is none.
    fn ask(
        &self,
        method: &str,
        url: &Url,
        headers: &Headers,
    ) -> impl Future<Output = Result<Answer, NoResponse>> + Send;
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoResponse {
    rule: &'static Rule,
    reason: String,
}

impl NoResponse {
    pub(crate) const fn new(rule: &'static Rule, reason: String) -> Self {
        Self { rule, reason }
    }

    /// No answer came, for this reason.
    #[must_use]
    pub const fn no_answer(reason: String) -> Self {
        Self::new(rules::NO_ANSWER, reason)
    }

    /// Whether a policy file does not tell, which says nothing against what it tells elsewhere.
    pub(crate) fn is_unclear(&self) -> bool {
        self.rule.id == rules::UNCLEAR.id
    }

    pub(crate) fn finding(self) -> Finding {
        Finding::new(self.rule, self.reason)
    }
}

impl Server for Client {
    async fn ask(&self, method: &str, url: &Url, headers: &Headers) -> Result<Answer, NoResponse> {
        let call = Call {
            method,
            url,
            headers,
        };
        match self.call(call).await {
            Ok(reply) => Ok(reply.answer),
            Err(CallError::Refused(refusal)) => Err(NoResponse {
                rule: rules::REFUSED,
                reason: format!(
                    "refused by the rule `{}`: {refusal}{}",
                    refusal.rule(),
                    refusal.way_out()
                ),
            }),
            Err(error) => Err(NoResponse::no_answer(error.with_causes().to_string())),
        }
    }
}
