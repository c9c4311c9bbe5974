//! What the client does not do: it connects to nothing that the policy does not allow.

mod support;

use std::net::IpAddr;

use browse::{Addresses, Call, CallError, Client, Names, Rule, TargetPolicy};
use cors::Headers;
use runtime::Causes as _;
use support::{Server, limits};
use web::{OriginPattern, PathPrefix, Schemes};

fn policy(addresses: Addresses) -> TargetPolicy {
    [
        "https://api.test",
        "http://api.test:8080",
        "http://api.test:25",
        "https://*.shop.test",
        "http://127.0.0.1",
        "http://10.0.0.1",
        "http://169.254.169.254",
        "http://[::1]",
        "http://[::ffff:7f00:1]",
    ]
    .into_iter()
    .fold(TargetPolicy::default(), |policy, origin| {
        policy.allow(
            OriginPattern::read(origin, Schemes::Web).expect(origin),
            addresses,
        )
    })
}

async fn call(client: &Client, url: &str) -> Result<browse::CallResponse, CallError> {
    let url = url.parse().expect(url);
    client
        .call(Call {
            method: "GET",
            url: &url,
            headers: &Headers::new(),
        })
        .await
}

fn rule(policy: &TargetPolicy, url: &str) -> Option<Rule> {
    let url = url.parse().expect(url);
    policy.target(&url).err().map(|refusal| refusal.rule())
}

#[test]
fn a_url_is_judged_by_scheme_origin_port_and_literal_address() {
    let public = policy(Addresses::Public);
    for (url, expected) in [
        ("https://api.test/x?y", None),
        ("https://a.shop.test/", None),
        ("http://api.test:8080/", None),
        ("ftp://api.test/", Some(Rule::Scheme)),
        ("file:///etc/passwd", Some(Rule::Scheme)),
        ("gopher://api.test/", Some(Rule::Scheme)),
        ("https://user:pass@api.test/", Some(Rule::Userinfo)),
        ("https://api.test@evil.test/", Some(Rule::Userinfo)),
        ("http://api.test/", Some(Rule::Origin)),
        ("https://api.test:8443/", Some(Rule::Origin)),
        ("https://api.test.evil.test/", Some(Rule::Origin)),
        ("https://evilshop.test/", Some(Rule::Origin)),
        ("http://api.test:25/", Some(Rule::Port)),
        ("http://127.0.0.1/", Some(Rule::Address)),
        ("http://2130706433/", Some(Rule::Address)),
        ("http://0x7f.1/", Some(Rule::Address)),
        ("http://017700000001/", Some(Rule::Address)),
        ("http://10.0.0.1/", Some(Rule::Address)),
        ("http://169.254.169.254/", Some(Rule::Address)),
        ("http://[::1]/", Some(Rule::Address)),
        ("http://[::ffff:127.0.0.1]/", Some(Rule::Address)),
    ] {
        assert_eq!(rule(&public, url), expected, "{url}");
    }
    let private = policy(Addresses::Private);
    for (url, expected) in [
        ("http://127.0.0.1/", None),
        ("http://10.0.0.1/", None),
        ("http://[::1]/", None),
        ("http://169.254.169.254/", Some(Rule::Address)),
        ("http://192.168.0.1/", Some(Rule::Origin)),
    ] {
        assert_eq!(rule(&private, url), expected, "{url}");
    }
    let nothing = TargetPolicy::default();
    assert_eq!(rule(&nothing, "https://api.test/"), Some(Rule::Origin));
}

#[tokio::test]
async fn a_name_that_stands_for_an_address_inside_is_refused_before_anything_is_connected() {
    let server = Server::start(|_| "HTTP/1.1 200 OK\r\n\r\n".to_owned()).await;
    let origin = server.origin("api.test");
    let rule = OriginPattern::read(&origin, Schemes::Web).expect("an origin");
    for (addresses, given, answered) in [
        (Addresses::Public, "127.0.0.1", false),
        (Addresses::Public, "10.1.2.3", false),
        (Addresses::Public, "169.254.169.254", false),
        (Addresses::Public, "168.63.129.16", false),
        (Addresses::Public, "100.64.0.1", false),
        (Addresses::Public, "0.0.0.0", false),
        (Addresses::Public, "224.0.0.1", false),
        (Addresses::Public, "::1", false),
        (Addresses::Public, "fd00::1", false),
        (Addresses::Public, "fe80::1", false),
        (Addresses::Public, "::ffff:127.0.0.1", false),
        (Addresses::Private, "169.254.169.254", false),
        (Addresses::Private, "0.0.0.0", false),
        (Addresses::Private, "127.0.0.1", true),
        // Of several addresses only those that are permitted are tried.
        (Addresses::Private, "169.254.169.254 127.0.0.1", true),
    ] {
        let given_addresses: Vec<IpAddr> = given
            .split(' ')
            .map(|text| text.parse().expect(text))
            .collect();
        let names = Names {
            given: [("api.test".to_owned(), given_addresses)].into(),
        };
        let policy = TargetPolicy::default().allow(rule.clone(), addresses);
        let roots = rustls::RootCertStore::empty();
        let client = Client::trusting(policy, names, limits(), roots);
        let before = server.asked().len();
        match call(&client, &format!("{origin}/")).await {
            Ok(reply) => {
                assert!(answered, "{given}");
                assert_eq!(reply.remote.ip().to_string(), "127.0.0.1");
            }
            Err(CallError::Refused(refusal)) => {
                assert!(!answered, "{given}: {refusal}");
                assert_eq!(refusal.rule(), Rule::Address);
                assert!(refusal.to_string().contains(given), "{refusal}");
            }
            Err(other) => panic!("{given}: {}", other.with_causes()),
        }
        assert_eq!(
            server.asked().len() - before,
            usize::from(answered),
            "{given}"
        );
    }
}

#[test]
fn the_path_of_a_rule_binds_whoever_asks() {
    let rule = |policy: TargetPolicy, path, addresses| {
        let origins = OriginPattern::read("https://10.0.0.1", Schemes::Web).expect("an origin");
        let paths = PathPrefix::read(path).expect(path);
        policy.allow_below(origins, paths, addresses)
    };
    let policy = rule(TargetPolicy::default(), "/cart", Addresses::Private);
    let policy = rule(policy, "/shops/:shop/carts", Addresses::Private);
    let policy = rule(policy, "/public", Addresses::Public);
    for (path, expected) in [
        ("/cart", None),
        ("/cart?x=/other", None),
        ("/cart/7/items", None),
        ("/shops/7/carts/8", None),
        ("/", Some(Rule::Path)),
        ("/outside", Some(Rule::Path)),
        ("/cartoon", Some(Rule::Path)),
        ("/cart/../admin/delete-all", Some(Rule::Path)),
        ("/cart/%2e%2e/admin/dot", Some(Rule::Path)),
        ("/cart/..\\..\\adm", Some(Rule::Path)),
        ("/shops/7/orders", Some(Rule::Path)),
        // What one rule permits, no other lends.
        ("/public", Some(Rule::Address)),
    ] {
        let url = format!("https://10.0.0.1{path}");
        assert_eq!(self::rule(&policy, &url), expected, "{url}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_says_so() {
    let policy = support::allowing(&["http://nowhere.invalid"]);
    let roots = rustls::RootCertStore::empty();
    let client = Client::trusting(policy, Names::default(), limits(), roots);
    let error = call(&client, "http://nowhere.invalid/")
        .await
        .expect_err("no such name");
    assert!(matches!(&error, CallError::Unresolved { host, .. } if host == "nowhere.invalid"));
}
