//! Browser family and major version from the User-Agent.

use observation::Browser;

/// What a User-Agent says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserAgent {
    /// The browser.
    pub(crate) browser: Browser<&'static str>,
    /// Whether it calls itself headless.
    pub(crate) headless: bool,
}

/// Product tokens in the order in which they are believed: every Chromium also calls itself Chrome,
/// and nearly every browser calls itself Safari. On iOS all browsers run WebKit, whose CORS differs
/// from that of their namesakes: they are families of their own.
const PRODUCTS: [(&str, &str); 15] = [
    ("EdgiOS", "edge_ios"),
    ("CriOS", "chrome_ios"),
    ("FxiOS", "firefox_ios"),
    ("OPT", "opera_ios"),
    ("OPiOS", "opera_ios"),
    ("Edg", "edge"),
    ("EdgA", "edge"),
    ("Edge", "edge_legacy"),
    ("OPR", "opera"),
    ("SamsungBrowser", "samsung"),
    ("Firefox", "firefox"),
    ("HeadlessChrome", "chrome"),
    ("Chrome", "chrome"),
    ("Chromium", "chrome"),
    ("Version", "safari"),
];

/// Reads a User-Agent. Whatever is not recognised is family `other`, version 0.
#[must_use]
pub(crate) fn read_user_agent(text: &str) -> UserAgent {
    let headless = text.contains("HeadlessChrome/");
    let (family, major) = find(text).unwrap_or(("other", 0));
    UserAgent {
        browser: Browser { family, major },
        headless,
    }
}

fn find(text: &str) -> Option<(&'static str, u16)> {
    let mut best: Option<(usize, u16)> = None;
    for product in text.split([' ', '(', ')', ';']) {
        let Some((name, version)) = product.split_once('/') else {
            continue;
        };
        let Some(rank) = rank_of(name) else { continue };
        if best.is_none_or(|(found, _)| rank < found) {
            best = Some((rank, major_of(version)));
        }
    }
    let (rank, major) = best?;
    let family = PRODUCTS[rank].1;
    // `Version/` alone is Safari only beside `Safari/`; old Android browsers say so too.
    let is_other = family == "safari" && (!text.contains("Safari/") || text.contains("Android"));
    (!is_other).then_some((family, major))
}

fn rank_of(name: &str) -> Option<usize> {
    PRODUCTS.iter().position(|(product, _)| *product == name)
}

fn major_of(version: &str) -> u16 {
    let digits = version.bytes().take_while(u8::is_ascii_digit).count();
    version[..digits].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEBKIT: &str = "Mozilla/5.0 (X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
    const CHROMIUM: &str = "Mozilla/5.0 (X) AppleWebKit/537.36 (KHTML, like Gecko)";

    fn check(start: &str, cases: &[(&str, &str, u16)]) {
        for &(rest, family, major) in cases {
            let found = read_user_agent(&format!("{start}{rest}"));
            let expected = (family, major);
            assert_eq!(
                (found.browser.family, found.browser.major),
                expected,
                "{rest}"
            );
            assert_eq!(found.headless, rest.contains("Headless"), "{rest}");
        }
    }

    #[test]
    fn browsers_on_chromium_are_told_apart() {
        check(
            CHROMIUM,
            &[
                (" Chrome/131.0.0.0 Safari/537.36", "chrome", 131),
                (" Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "edge", 131),
                (" Chrome/131.0 Mobile Safari/537.36 EdgA/130.1", "edge", 130),
                (
                    " Chrome/64.0 Safari/537.36 Edge/17.17134",
                    "edge_legacy",
                    17,
                ),
                (" Chrome/130.0 Safari/537.36 OPR/115.0.0.0", "opera", 115),
                (
                    " SamsungBrowser/27.0 Chrome/125.0 Safari/537.36",
                    "samsung",
                    27,
                ),
                (" HeadlessChrome/131.0.0.0 Safari/537.36", "chrome", 131),
                (" Version/4.0 Chrome/129.0.1 Safari/537.36", "chrome", 129),
            ],
        );
    }

    #[test]
    fn browsers_on_ios_are_not_their_namesakes() {
        check(
            WEBKIT,
            &[
                (" Version/18.1 Safari/605.1.15", "safari", 18),
                (
                    " CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1",
                    "chrome_ios",
                    131,
                ),
                (
                    " FxiOS/133.0 Mobile/15E148 Safari/605.1.15",
                    "firefox_ios",
                    133,
                ),
                (" Version/17.0 EdgiOS/131.0 Safari/604.1", "edge_ios", 131),
                (" Version/18.1 Safari/604.1 OPT/5.1.0", "opera_ios", 5),
                (" Mobile/15E148", "other", 0),
            ],
        );
    }

    #[test]
    fn anything_else_is_other_and_a_bad_version_is_zero() {
        check(
            "",
            &[
                (
                    "Mozilla/5.0 (X11; rv:133.0) Gecko/20100101 Firefox/133.0",
                    "firefox",
                    133,
                ),
                ("curl/8.5.0", "other", 0),
                ("", "other", 0),
                ("Chrome/", "chrome", 0),
                ("Chrome/99999999", "chrome", 0),
                (
                    "Mozilla/5.0 (Linux; U; Android 4.0) Version/4.0 Safari/534.30",
                    "other",
                    0,
                ),
            ],
        );
    }
}
