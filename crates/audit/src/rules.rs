//! What an audit looks for. The numbers in `docs/audit.md` are the order here.

use findings::{Level, Rule};

macro_rules! rules {
    ($($(#[$meta:meta])* $name:ident = $id:literal, $level:ident, $security:expr, $title:literal, $description:literal;)+) => {
        /// Indices into [`RULES`], in its order.
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[derive(Clone, Copy)]
        enum At { $($name,)+ }

        $($(#[$meta])* pub(crate) const $name: &Rule = &RULES[At::$name as usize];)+

        /// Every rule of an audit.
        pub static RULES: &[Rule] = &[$(Rule {
            id: $id,
            title: $title,
            description: $description,
            level: Level::$level,
            security: $security,
        },)+];
    };
}

rules! {
    ARBITRARY = "origin-reflected", Error, Some("8.1"),
        "Any origin is answered with itself",
        "The server copies the Origin header into Access-Control-Allow-Origin without a look at it. With credentials every page on the web reads what its visitors may read.";
    NULL = "null-origin", Error, Some("8.1"),
        "The origin `null` is trusted",
        "Every sandboxed frame and every local file has the origin null, so trusting it trusts every site.";
    PREFIX = "origin-prefix", Error, Some("7.5"),
        "An origin is compared by its beginning only",
        "A host that begins with the trusted one (app.example.evil.example) belongs to anyone who registers that name.";
    SUFFIX = "origin-suffix", Error, Some("7.5"),
        "An origin is compared by its end only",
        "A host that ends with the trusted one (evilapp.example) belongs to anyone who registers that name.";
    UNESCAPED_DOT = "origin-unescaped-dot", Error, Some("7.5"),
        "A dot in the pattern of origins stands for any character",
        "In a regular expression a bare dot matches any character, so that appXexample.com passes for app.example.com.";
    SUBSTRING = "origin-substring", Error, Some("7.5"),
        "An origin is trusted because it holds, or is part of, a trusted one",
        "Looking for one text in another is not a comparison of origins.";
    SUBDOMAINS = "origin-any-subdomain", Warning, Some("4.8"),
        "Any subdomain is trusted",
        "One forgotten or taken-over subdomain, or one script injection in any of them, reads what this server protects.";
    INSECURE = "insecure-origin", Warning, Some("5.9"),
        "An http origin is trusted",
        "Whoever sits on the network can write the page of an http origin, and with it read over https.";
    UNDERSCORE = "origin-underscore", Error, Some("7.5"),
        "An underscore ends the comparison of origins",
        "Host names with an underscore can be registered as subdomains (app.example_.evil.example), and all browsers visit them.";
    BACKTICK = "origin-backtick", Error, Some("6.5"),
        "A backtick ends the comparison of origins",
        "Some browsers have visited hosts with a backtick; a parser that stops there trusts a foreign host.";
    SPECIAL = "origin-special-character", Error, Some("6.5"),
        "A special character ends the comparison of origins",
        "Some browsers visit hosts with characters such as `!` or `~`; a parser that stops there trusts a foreign host.";
    LOCALHOST = "localhost-origin", Warning, Some("5.4"),
        "A local origin, or one that looks local, is trusted",
        "Anything that runs on a visitor's machine speaks for localhost, and localhost.evil.example can be registered by anyone.";
    THIRD_PARTY = "shared-hosting-origin", Error, Some("7.1"),
        "An origin is trusted on which anyone can publish",
        "Code playgrounds and shared hosting give anyone a page of that origin.";
    WILDCARD = "wildcard-on-sensitive", Warning, Some("5.3"),
        "`*` answers for something that looks private",
        "Every page can read the response without credentials. That is right for public data; within a network, or behind an address filter, it is not.";
    WILDCARD_CREDENTIALS = "wildcard-with-credentials", Warning, None,
        "`*` stands beside Access-Control-Allow-Credentials",
        "Browsers refuse the pair for requests with credentials: what was meant to work does not.";
    INVALID_ORIGIN = "invalid-allow-origin", Error, None,
        "Access-Control-Allow-Origin holds no origin",
        "Browsers compare the header as it is, byte for byte; there are no lists and no patterns.";
    INVALID_CREDENTIALS = "invalid-allow-credentials", Warning, None,
        "Access-Control-Allow-Credentials is not `true`",
        "Only `true`, once and in lower case, permits credentials; requests with cookies are blocked.";
    WILDCARD_LISTS = "wildcard-list-with-credentials", Warning, None,
        "`*` in a list stands beside Access-Control-Allow-Credentials",
        "For requests with credentials `*` in Allow-Methods, Allow-Headers and Expose-Headers is a name like any other.";
    PUBLIC_SUFFIX = "public-suffix-subdomains", Error, Some("7.5"),
        "All names below a public suffix are trusted",
        "Neighbours on a shared suffix (github.io) are strangers.";
    UNUSUAL_ORIGIN = "unmatchable-allow-origin", Warning, None,
        "Access-Control-Allow-Origin is written as no browser writes an origin",
        "A default port, a trailing slash, capitals or letters beyond ASCII: the value equals no Origin header.";
    FORBIDDEN_NAMES = "pointless-list-entry", Note, None,
        "A list names what no script can send or read",
        "Forbidden methods and headers, and response headers among the request headers, show that a list was copied and not thought about.";
    MAX_AGE = "max-age", Note, None,
        "The time for which preflights are kept is missing or out of bounds",
        "Without Access-Control-Max-Age every request after five seconds costs a second round trip. Chromium keeps no answer longer than 2 hours, Firefox 24 hours, WebKit 10 minutes.";
    VARY = "vary-origin-missing", Warning, Some("4.3"),
        "The answer depends on Origin, and Vary does not say so",
        "A cache serves the answer for one origin to another: pages are blocked, now and then, depending on who came first.";
    PINNED = "cache-ignores-origin", Error, None,
        "A cache answers one origin with what another got",
        "Past the cache the server allows the page; through it the page is blocked.";
    AUTHORIZATION = "wildcard-without-authorization", Warning, None,
        "`*` in Access-Control-Allow-Headers does not cover Authorization",
        "The standard wants it by name. Firefox and WebKit block the request, and Chromium asks again before every one, because its cache holds to the standard.";
    UNREADABLE = "page-origin-not-allowed", Warning, None,
        "A page that is meant to read cannot",
        "The browser compares Access-Control-Allow-Origin with the page's origin character by character, and keeps the answer from the page.";
    PREFLIGHT_STATUS = "preflight-refused", Warning, None,
        "The preflight is not answered as one, with 2xx and a permission",
        "OPTIONS runs into authentication, routing or a redirect, or no one answers it as a preflight. Every request that is more than a form is blocked.";
    ERRORS = "errors-without-cors", Warning, None,
        "Errors lose the CORS headers",
        "The page cannot tell a 404 or 500 from a dead network: it sees a TypeError where it should see a status.";
    DUPLICATE = "duplicate-allow-origin", Error, None,
        "Access-Control-Allow-Origin is set more than once",
        "Usually the proxy and the application both set it. Browsers join the values, and the result equals no origin.";
    MISSPELT = "misspelt-header", Warning, None,
        "A CORS header is misspelt",
        "No browser knows the header, so that what it should say is not said.";
    METHOD_CASE = "method-case", Warning, None,
        "A list of methods is not written as methods are sent",
        "Methods are compared with their case: `put` permits nothing, and an element that is not a token makes the whole list void.";
    REDIRECT = "redirect-loses-origin", Warning, None,
        "A redirect leads to another origin",
        "After it the Origin header is null, which no server should allow; and a user name in the URL always blocks the request.";
    LOCAL_NETWORK = "private-network-allowed", Warning, Some("6.1"),
        "Any page is let into the private network",
        "Access-Control-Allow-Private-Network answers for an origin that no one knows.";
    EXPOSE = "header-not-exposed", Note, None,
        "A header that pages usually read is not exposed",
        "Scripts see only safelisted headers and those named in Access-Control-Expose-Headers.";
    DISAGREE = "answers-disagree", Warning, None,
        "Preflight and response, or two paths, or edge and origin disagree",
        "A preflight that allows what the response then refuses sends the request for nothing: it is carried out, and the page never learns.";
    TIMING = "timing-allow-origin-missing", Note, None,
        "Timing-Allow-Origin is missing",
        "Real-user monitoring sees neither status nor phases of these requests.";
    EXPIRED = "suppression-expired", Warning, None,
        "A suppression has expired",
        "The suppression of a finding has passed its expiry date.";
    REFUSED = "target-refused", Error, None,
        "The target may not be asked",
        "The address of the target is outside what the target policy permits; nothing was sent.";
    NO_ANSWER = "no-answer", Error, None,
        "The server did not answer",
        "No connection, or no complete answer in time.";
    UNCLEAR = "policy-unclear", Note, None,
        "The policy file does not tell what is answered",
        "A request is passed on to a server behind, or depends on something that is not in the file. Only a live server can be audited there.";
}
