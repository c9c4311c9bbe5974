//! The closed words of a verdict, spelled as Chromium and the DevTools protocol spell them.

/// Declares an enum together with the text that stands for each value in JSON, labels and columns.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident => $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The text that stands for this value.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The value that `text` stands for.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What the browser does with the exchange.
    Ruling {
        /// The script gets its response.
        Allowed => "allowed",
        /// The script gets a `TypeError`.
        Blocked => "blocked",
        /// An answer that decides is missing from the exchange.
        Incomplete => "incomplete",
    }
}

words! {
    /// Where in the protocol a block happened.
    Stage {
        /// The OPTIONS preflight.
        Preflight => "preflight",
        /// A response to the request itself.
        Response => "response",
        /// Following a redirect.
        Redirect => "redirect",
    }
}

words! {
    /// Request mode, as `fetch` takes it.
    Mode {
        /// The CORS protocol decides.
        Cors => "cors",
        /// Opaque responses without a check.
        NoCors => "no-cors",
        /// Nothing cross-origin at all.
        SameOrigin => "same-origin",
        /// A document load; CORS has no part in it.
        Navigate => "navigate",
    }
}

words! {
    /// Credentials mode, as `fetch` takes it.
    Credentials {
        /// Never.
        Omit => "omit",
        /// Only to the page's own origin.
        SameOrigin => "same-origin",
        /// Always.
        Include => "include",
    }
}

words! {
    /// A browser engine. Firefox and WebKit follow Chromium but where real ones were seen not to.
    Engine {
        /// Chromium, and the browsers built on it.
        Chromium => "chromium",
        /// Gecko.
        Firefox => "firefox",
        /// WebKit: Safari, and every browser on iOS.
        WebKit => "webkit",
    }
}

words! {
    /// Why a request was blocked: `Network.CorsError` of the DevTools protocol.
    ///
    /// The engine itself never answers with the values about local networks, external requests or
    /// warnings: an exchange does not hold what they depend on. They are here because reports from
    /// real browsers carry them.
    CorsError {
        /// A cross-origin URL in mode `same-origin`.
        DisallowedByMode => "DisallowedByMode",
        /// The preflight died of something other than CORS.
        InvalidResponse => "InvalidResponse",
        /// `*` answers a request with credentials.
        WildcardOriginNotAllowed => "WildcardOriginNotAllowed",
        /// No `Access-Control-Allow-Origin`.
        MissingAllowOriginHeader => "MissingAllowOriginHeader",
        /// More than one value in `Access-Control-Allow-Origin`.
        MultipleAllowOriginValues => "MultipleAllowOriginValues",
        /// `Access-Control-Allow-Origin` is not a URL at all.
        InvalidAllowOriginValue => "InvalidAllowOriginValue",
        /// `Access-Control-Allow-Origin` names another origin.
        AllowOriginMismatch => "AllowOriginMismatch",
        /// `Access-Control-Allow-Credentials` is not exactly `true`.
        InvalidAllowCredentials => "InvalidAllowCredentials",
        /// The URL's scheme cannot be fetched across origins.
        CorsDisabledScheme => "CorsDisabledScheme",
        /// The preflight's status is not 200 to 299.
        PreflightInvalidStatus => "PreflightInvalidStatus",
        /// The preflight was redirected.
        PreflightDisallowedRedirect => "PreflightDisallowedRedirect",
        /// As [`Self::WildcardOriginNotAllowed`], on the preflight.
        PreflightWildcardOriginNotAllowed => "PreflightWildcardOriginNotAllowed",
        /// As [`Self::MissingAllowOriginHeader`], on the preflight.
        PreflightMissingAllowOriginHeader => "PreflightMissingAllowOriginHeader",
        /// As [`Self::MultipleAllowOriginValues`], on the preflight.
        PreflightMultipleAllowOriginValues => "PreflightMultipleAllowOriginValues",
        /// As [`Self::InvalidAllowOriginValue`], on the preflight.
        PreflightInvalidAllowOriginValue => "PreflightInvalidAllowOriginValue",
        /// As [`Self::AllowOriginMismatch`], on the preflight.
        PreflightAllowOriginMismatch => "PreflightAllowOriginMismatch",
        /// As [`Self::InvalidAllowCredentials`], on the preflight.
        PreflightInvalidAllowCredentials => "PreflightInvalidAllowCredentials",
        /// `Access-Control-Allow-External` is missing (an experiment that ended).
        PreflightMissingAllowExternal => "PreflightMissingAllowExternal",
        /// `Access-Control-Allow-External` is not `true` (an experiment that ended).
        PreflightInvalidAllowExternal => "PreflightInvalidAllowExternal",
        /// `Access-Control-Allow-Methods` is not a list of tokens.
        InvalidAllowMethodsPreflightResponse => "InvalidAllowMethodsPreflightResponse",
        /// `Access-Control-Allow-Headers` is not a list of tokens.
        InvalidAllowHeadersPreflightResponse => "InvalidAllowHeadersPreflightResponse",
        /// The method is not in `Access-Control-Allow-Methods`.
        MethodDisallowedByPreflightResponse => "MethodDisallowedByPreflightResponse",
        /// A header is not in `Access-Control-Allow-Headers`.
        HeaderDisallowedByPreflightResponse => "HeaderDisallowedByPreflightResponse",
        /// A redirect to another origin carries `user:password@`.
        RedirectContainsCredentials => "RedirectContainsCredentials",
        /// A page that is not secure asks a more private network.
        InsecureLocalNetwork => "InsecureLocalNetwork",
        /// The target is in another address space than announced.
        InvalidLocalNetworkAccess => "InvalidLocalNetworkAccess",
        /// The user did not let the page into the local network.
        LocalNetworkAccessPermissionDenied => "LocalNetworkAccessPermissionDenied",
        /// `no-cors` with a redirect mode other than `follow`.
        NoCorsRedirectModeNotFollow => "NoCorsRedirectModeNotFollow",
    }
}

impl CorsError {
    /// The name this error has when a preflight's answer makes it.
    #[must_use]
    pub const fn on_preflight(self) -> Self {
        match self {
            Self::WildcardOriginNotAllowed => Self::PreflightWildcardOriginNotAllowed,
            Self::MissingAllowOriginHeader => Self::PreflightMissingAllowOriginHeader,
            Self::MultipleAllowOriginValues => Self::PreflightMultipleAllowOriginValues,
            Self::InvalidAllowOriginValue => Self::PreflightInvalidAllowOriginValue,
            Self::AllowOriginMismatch => Self::PreflightAllowOriginMismatch,
            Self::InvalidAllowCredentials => Self::PreflightInvalidAllowCredentials,
            other => other,
        }
    }
}
