//! How an alert wants to be treated.

use observation::vocabulary;

vocabulary! {
    /// How an alert wants to be treated; a page is more than a ticket.
    #[derive(schemars::JsonSchema)]
    Severity {
        /// Someone looks at it in working hours.
        Ticket => "ticket",
        /// Someone is woken.
        Page => "page",
    }
}
