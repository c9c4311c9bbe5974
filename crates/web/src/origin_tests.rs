use proptest::prelude::*;

use super::*;

#[test]
fn origins_as_browsers_write_them_are_read() {
    for text in [
        "https://shop.test",
        "http://localhost:3000",
        "https://xn--bcher-kva.example:8443",
        "http://[::1]:8080",
        "http://[::ffff:102:304]",
        "http://127.0.0.1",
        "https://a_b.test",
        "https://1.test",
        "https://0x.test",
        // Browsers keep the dot of the root: it is another origin than the one without.
        "https://shop.test.",
    ] {
        assert_eq!(Origin::check(text, Schemes::Web), Ok(()), "{text}");
    }
    for text in [
        "capacitor://localhost",
        "ionic://localhost",
        "tauri://localhost",
        "app://127.1",
        "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
        "moz-extension://2f2ba4d6-0000-4000-8000-0123456789ab",
    ] {
        assert_eq!(Origin::check(text, Schemes::Any), Ok(()), "{text}");
        assert_eq!(
            Origin::check(text, Schemes::Web),
            Err(NotAnOrigin::Scheme),
            "{text}"
        );
    }
}

#[test]
fn anything_else_says_what_is_wrong() {
    use NotAnOrigin::*;
    for (text, expected) in [
        ("", Form),
        ("null", Form),
        ("shop.test", Form),
        ("ftp://shop.test", Scheme),
        ("HTTPS://shop.test", Scheme),
        ("https://", Host),
        ("https://Shop.test", Host),
        ("https://shop.test/", Host),
        ("https://shop.test/a", Host),
        ("https://shop.test\\a", Host),
        ("https://user@shop.test", User),
        ("https://user:secret@shop.test", User),
        ("https://shop.test@evil.test", User),
        ("https://b\u{fc}cher.test", Host),
        ("https://xn--a.test", Host),
        ("https://a.xn--a", Host),
        ("https://shop..test", Host),
        ("https://.shop.test", Host),
        ("https://%73hop.test", Host),
        ("https://shop.test:", Port),
        ("https://shop.test:0", Port),
        ("https://shop.test:0443", Port),
        ("https://shop.test:65536", Port),
        ("https://shop.test:443", DefaultPort),
        ("http://shop.test:80", DefaultPort),
        ("http://[::1", Host),
        ("http://[::1]x", Host),
        ("http://[0:0:0:0:0:0:0:1]", Address),
        ("http://[::FFFF:102:304]", Address),
        ("http://[::ffff:1.2.3.4]", Address),
        ("http://[::1%25eth0]", Host),
        ("http://127.1", Address),
        ("http://0x7f000001", Address),
        ("http://0x7f.0.0.1", Address),
        ("http://2130706433", Address),
        ("http://017700000001", Address),
        ("http://0177.0.0.1", Address),
        ("http://127.0.0.1.", Address),
        ("http://127.0.0.01", Address),
        ("http://127.0.0.256", Address),
        ("http://shop.1", Address),
        ("http://shop.0x", Address),
        ("https://a b.test", Host),
        ("https://a?b", Host),
    ] {
        assert_eq!(Origin::check(text, Schemes::Web), Err(expected), "{text}");
    }
    for (text, expected) in [
        ("file://shop.test", OpaqueScheme),
        ("data://shop.test", OpaqueScheme),
        ("app://Localhost", Host),
        ("9p://localhost", Scheme),
        ("ws://shop.test:80", DefaultPort),
    ] {
        assert_eq!(Origin::check(text, Schemes::Any), Err(expected), "{text}");
    }
}

#[test]
fn what_people_write_becomes_what_browsers_send() {
    for (written, expected) in [
        ("https://APP.test:443/", Some("https://app.test")),
        ("http://127.1", Some("http://127.0.0.1")),
        (
            "https://b\u{fc}cher.test",
            Some("https://xn--bcher-kva.test"),
        ),
        ("capacitor://Localhost/", Some("capacitor://localhost")),
        ("app://host:80", Some("app://host:80")),
        ("chrome-extension://abc", Some("chrome-extension://abc")),
        ("null", Some("null")),
        ("https://app.test/a", None),
        ("https://app.test?a", None),
        ("https://user@app.test", None),
        ("https://:secret@app.test", None),
        ("file:///etc", None),
        ("about:blank", None),
        ("app.test", None),
    ] {
        let read = Origin::parse(written);
        assert_eq!(read.as_ref().map(Origin::as_str), expected, "{written}");
    }
}

#[test]
fn one_server_has_one_text_however_it_is_written() {
    for spelling in [
        "http://127.0.0.1:81",
        "http://127.1:81",
        "http://0x7f000001:81",
        "http://2130706433:81",
        "http://127.0.0.1.:81",
        "HTTP://127.0.0.1:81/",
    ] {
        assert_eq!(Origin::server_of(spelling), "http://127.0.0.1:81");
    }
    assert_eq!(Origin::server_of("https://A.test.:443"), "https://a.test");
    assert_eq!(Origin::server_of("http://[0::1]"), "http://[::1]");
    assert_ne!(
        Origin::server_of("https://a.test"),
        Origin::server_of("http://a.test")
    );
    assert_eq!(Origin::server_of("no origin"), "no origin");
}

fn text() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(&["http", "https"][..]);
    let label = prop_oneof![
        "[a-zA-Z0-9_.-]{0,6}",
        "[0-9]{1,4}",
        "0[xX][0-9a-fA-F]{0,9}",
        "xn--[a-z0-9-]{0,8}",
        "[ -~]{0,4}",
        "\\[[0-9a-fA-F:.]{0,20}\\]",
    ];
    let host = prop::collection::vec(label, 1..4).prop_map(|labels| labels.join("."));
    let port = prop_oneof![Just(String::new()), "(:[0-9]{0,6})?"];
    (scheme, host, port).prop_map(|(scheme, host, port)| format!("{scheme}://{host}{port}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    // The fast reader and the URL standard's parser are held together.
    #[test]
    fn what_is_read_is_what_the_url_standard_serialises(text in text()) {
        if Origin::check(&text, Schemes::Web).is_ok() {
            let url = Url::parse(&text);
            prop_assert!(url.is_ok(), "{}", text);
            let serialised = url.map(|url| url.origin().ascii_serialization());
            prop_assert_eq!(serialised.ok(), Some(text));
        }
    }
}
