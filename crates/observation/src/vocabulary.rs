//! The closed words of an observation.

/// A word that is not part of a closed vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not one of: {permitted}")]
pub struct UnknownWord {
    /// What was given.
    pub word: String,
    /// What is permitted, comma separated.
    pub permitted: String,
}

/// Declares an enum together with the text that stands for each value everywhere: label, JSON, column.
/// The crate that uses it depends on `serde`.
#[macro_export]
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident => $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The text that stands for this value in labels, JSON and columns.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownWord;
            fn from_str(word: &str) -> Result<Self, $crate::UnknownWord> {
                match word {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::UnknownWord {
                        word: word.to_owned(),
                        permitted: [$($text,)+].join(", "),
                    }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

vocabulary! {
    /// Who saw it. Each SLI names exactly one source: the same failure seen by two sources is shown
    /// side by side and never summed.
    Source {
        /// The SDK in a page or worker.
        Browser => "browser",
        /// Access logs of a gateway or ingress.
        Gateway => "gateway",
        /// Access logs of a CDN.
        Edge => "edge",
        /// Access logs of the origin server.
        OriginServer => "origin",
        /// Server spans (OpenTelemetry).
        Trace => "trace",
        /// Reporting API and Network Error Logging.
        Report => "report",
        /// Scheduled tests in a browser.
        Synthetic => "synthetic",
    }
}

vocabulary! {
    /// What is counted.
    Kind {
        /// A cross-origin CORS-mode request.
        Request => "request",
        /// An OPTIONS preflight, where the source sees preflights by themselves.
        Preflight => "preflight",
        /// A read of a response header that the application expects.
        HeaderRead => "header_read",
    }
}

vocabulary! {
    /// How the request ended, as far as the source can tell.
    Outcome {
        /// Readable response below 400.
        Ok => "ok",
        /// Readable 4xx or 5xx.
        HttpError => "http_error",
        /// Blocked by the CORS protocol.
        Blocked => "blocked",
        /// No answer: DNS, TCP, TLS, reset.
        Network => "network",
        /// Aborted by the application.
        Aborted => "aborted",
        /// The browser was offline.
        Offline => "offline",
        /// Blocked by the page's Content-Security-Policy.
        Csp => "csp",
        /// Blocked as mixed content.
        MixedContent => "mixed_content",
        /// Blocked by an extension or content filter.
        AdBlocked => "ad_blocked",
        /// The page went away first.
        Unloaded => "unloaded",
        /// Blocked by Local Network Access.
        LocalNetwork => "local_network",
        /// Failed, and the evidence does not say how.
        Unknown => "unknown",
    }
}

impl Outcome {
    /// Whether the request counts in the denominator of M1 and M3: it was not taken back by the
    /// page or the user, and the network layer was not closed to it.
    #[must_use]
    pub const fn counts_as_request(self) -> bool {
        !matches!(
            self,
            Self::Aborted | Self::Unloaded | Self::Offline | Self::LocalNetwork
        )
    }
}

vocabulary! {
    /// Where in the CORS protocol a block happened.
    Stage {
        /// The OPTIONS preflight.
        Preflight => "preflight",
        /// The response to the request itself.
        Response => "response",
        /// Following a redirect.
        Redirect => "redirect",
        /// Not known.
        Unknown => "unknown",
    }
}

vocabulary! {
    /// How sure the source is of outcome and stage.
    Confidence {
        /// The evidence leaves no other explanation.
        Proven => "proven",
        /// The evidence fits, others are possible.
        Likely => "likely",
    }
}

vocabulary! {
    /// Where the script ran.
    Context {
        /// A top-level page.
        Page => "page",
        /// A dedicated, shared or service worker.
        Worker => "worker",
        /// A frame inside a page.
        Iframe => "iframe",
        /// A place that this build does not know.
        Unknown => "unknown",
    }
}

vocabulary! {
    /// Whether a report is believed. Disputed ones are stored and shown, but are no part of what
    /// objectives are judged by.
    Standing {
        /// Nothing speaks against it.
        Undisputed => "undisputed",
        /// More than one page load or one network does.
        Excessive => "excessive",
        /// Beyond one network's share of the traffic.
        NetworkShare => "network_share",
        /// One network reports what the others do not see.
        Contradicted => "contradicted",
        /// The browser withheld the origin of the page, as for sandboxed frames of other sites.
        OpaqueOrigin => "opaque_origin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back_as_its_value() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.as_str().parse::<Outcome>().as_ref(), Ok(outcome));
        }
        let error = "blokced".parse::<Outcome>().expect_err("a misspelling");
        assert!(error.to_string().contains("blocked"), "{error}");
    }
}
