use super::*;

#[test]
fn a_pattern_covers_what_it_says_and_nothing_beside() {
    let cases = [
        ("https://app.test", "https://app.test", true),
        ("https://app.test", "http://app.test", false),
        ("https://app.test", "https://app.test:8443", false),
        ("https://*.example.com", "https://shop.example.com", true),
        ("https://*.example.com", "https://a.b.example.com", true),
        ("https://*.example.com", "https://example.com", false),
        ("https://*.example.com", "https://.example.com", false),
        ("https://*.example.com", "http://shop.example.com", false),
        (
            "https://*.example.com",
            "https://shop.example.com:8443",
            false,
        ),
        (
            "https://*.example.com:8443",
            "https://shop.example.com:8443",
            true,
        ),
        ("https://*.example.com", "https://evilexample.com", false),
        (
            "https://*.example.com",
            "https://shop.example.com.evil.test",
            false,
        ),
        (
            "https://*.example.com",
            "https://evil.test/.example.com",
            false,
        ),
        (
            "https://*.example.com",
            "https://evil.test:80@.example.com",
            false,
        ),
        ("http://*.localhost:3000", "http://a.localhost:3000", true),
        ("app://*.shop", "app://a.shop", false),
    ];
    for (pattern, origin, expected) in cases {
        let read = OriginPattern::read(pattern, Schemes::Any);
        let admitted = read.is_ok_and(|read| read.admits(origin));
        assert_eq!(admitted, expected, "{pattern} {origin}");
    }
}

#[test]
fn other_wildcards_are_mistakes() {
    for text in [
        "*",
        "https://*",
        "https://*example.com",
        "https://a.*.example.com",
        "https://*.*.example.com",
        "https://a*.example.com",
        "*://shop.example.com",
        "https://shop.example.com:*",
    ] {
        let read = OriginPattern::read(text, Schemes::Any);
        assert_eq!(read, Err(NotAPattern::Wildcard), "{text}");
    }
    for text in [
        "https://*.example.com/a",
        "https://*.0.0.1",
        "https://*.example..com",
    ] {
        assert!(OriginPattern::read(text, Schemes::Any).is_err(), "{text}");
    }
}

#[test]
fn a_wildcard_needs_an_owner_to_its_right() {
    for (host, nobody) in [
        ("com", Some("com")),
        ("co.uk", Some("co.uk")),
        ("github.io", Some("github.io")),
        ("vercel.app", Some("vercel.app")),
        ("kawasaki.jp", Some("kawasaki.jp")),
        ("xn--p1ai", Some("xn--p1ai")),
        ("ck", Some("ck")),
        ("unlisted", Some("unlisted")),
        ("com.", Some("com")),
        ("example.com", None),
        ("shop.co.uk", None),
        ("shop.github.io", None),
        ("city.kawasaki.jp", None),
        ("example", None),
        ("localhost", None),
        ("svc.cluster.local", None),
        ("corp.internal", None),
        ("home.arpa", None),
    ] {
        let read = OriginPattern::read(&format!("https://*.{host}"), Schemes::Web);
        let expected = nobody.map(|name| NotAPattern::PublicSuffix(name.to_owned()));
        assert_eq!(read.err(), expected, "{host}");
    }
}

#[test]
fn what_browsers_write_otherwise_is_said_with_what_they_write() {
    for (text, instead) in [
        ("https://APP.test:443/", "https://app.test"),
        ("https://*.APP.test:443", "https://*.app.test"),
        ("http://127.1", "http://127.0.0.1"),
        ("https://b\u{fc}cher.test", "https://xn--bcher-kva.test"),
    ] {
        let error = OriginPattern::read(text, Schemes::Any).expect_err(text);
        let expected = format!("write `{instead}`");
        assert!(error.to_string().ends_with(&expected), "{error}");
    }
    for (text, expected) in [
        (
            "null",
            "is not scheme://host[:port], such as https://shop.example",
        ),
        (
            "5173",
            "is not scheme://host[:port]: write `http://localhost:5173`",
        ),
        (
            "70000",
            "is not scheme://host[:port], such as https://shop.example",
        ),
        (
            "http://localhost:5173/",
            "an origin has no path: write `http://localhost:5173`",
        ),
        (
            "https://Shop.test/cart?a#b",
            "an origin has no path: write `https://shop.test`",
        ),
        (
            "https://shop.test:443",
            "browsers leave out: write `https://shop.test`",
        ),
        (
            "localhost:5173",
            "is not scheme://host[:port]: write `http://localhost:5173`",
        ),
        (
            "shop.test",
            "is not scheme://host[:port]: write `https://shop.test`",
        ),
        (" https://shop.test ", "write `https://shop.test`"),
        (
            "https://*.example.com/",
            "an origin has no path: write `https://*.example.com`",
        ),
        ("*.example.com", "write `https://*.example.com`"),
        (
            "shop",
            "the origin is not scheme://host[:port], such as https://shop.example",
        ),
        (
            "",
            "the origin is not scheme://host[:port], such as https://shop.example",
        ),
        ("ftp://app.test", "other than http and https"),
    ] {
        let error = OriginPattern::read(text, Schemes::Web).expect_err(text);
        assert!(error.to_string().ends_with(expected), "{error}");
    }
}

#[test]
fn a_host_knows_the_public_suffix_above_it() {
    for (host, expected) in [
        ("shop.co.uk", Some(("co.uk", false))),
        ("a.shop.github.io", Some(("github.io", true))),
        ("shop.example", None),
        ("github.io", None),
        ("localhost", None),
    ] {
        let found = PublicSuffix::above(host).map(|found| (found.name, found.is_private));
        assert_eq!(found, expected, "{host}");
    }
}
