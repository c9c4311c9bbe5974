//! What to do first about an SLI in danger.

use slo::Sli;

/// What to do first; the order of the CORS guide's runbook: reproduce, edge, gateway, service, roll
/// back.
pub(crate) const fn next_steps(sli: Sli) -> &'static str {
    match sli {
        Sli::BlockRate => {
            "1. Open the failing endpoints on the dashboard and reproduce one from the same page origin. \
             2. Compare Access-Control-Allow-Origin at the edge, at the gateway and at the service. \
             3. Look for deploys just before the start; roll back or patch the headers. \
             4. Watch the block rate fall."
        }
        Sli::PreflightFailureRate => {
            "1. Send the OPTIONS request of a failing endpoint by hand. \
             2. It needs a 2xx answer without authentication or redirect, and Allow-Methods and Allow-Headers \
             that name what the page sends. \
             3. Look for rate limits and routes that do not answer OPTIONS, and for deploys just before the start."
        }
        Sli::CredentialedFailureRate => {
            "1. Credentialed requests need Access-Control-Allow-Credentials: true and an explicit origin; a \
             wildcard fails. \
             2. Check that responses vary by Origin, so that a cache does not serve one origin's answer to another. \
             3. Look for deploys just before the start."
        }
        Sli::ExposedHeaderMismatch => {
            "1. Name the header in Access-Control-Expose-Headers of every route that sends it. \
             2. Check whether the edge or a proxy strips it. \
             3. With credentials a wildcard exposes nothing."
        }
        Sli::PreflightLatency => {
            "1. Tell edge latency from the service's own: answer OPTIONS at the edge or gateway. \
             2. Set Access-Control-Max-Age so that browsers ask less often. \
             3. Look for cold starts."
        }
        Sli::UnknownRate => {
            "1. Break the unknown failures down by browser and release. \
             2. Send Timing-Allow-Origin, so that browsers give more evidence. \
             3. Until it falls, read the block rate with its band."
        }
    }
}
