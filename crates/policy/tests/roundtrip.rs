//! What is generated reads back, lets everything pass, and gives nothing that no one needs.

use std::collections::BTreeMap;

use policy::{Form, Grant, Options, Outcome, Policy, Shape, Source, generate, simulate, unused};
use proptest::prelude::*;

fn read(form: Form, text: &str) -> Policy {
    let source = Source {
        name: "policy",
        text,
        load: &|name| Err(format!("{name} is not here")),
    };
    let (policy, problems) = Policy::read(form, &source);
    assert_eq!(problems, [], "{form}\n{text}");
    policy
}

fn pick(from: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(from).prop_map(str::to_owned)
}

fn names(from: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set(pick(from), 0..3).prop_map(|names| names.into_iter().collect())
}

const PAGES: &[&str] = &[
    "https://shop.test",
    "https://admin.shop.test",
    "http://localhost:3000",
    "https://a-b.test:8443",
];
const TARGETS: &[&str] = &[
    "https://api.test",
    "https://api.test:8443",
    "http://other.test",
];
const ENDPOINTS: &[&str] = &[
    "/",
    "/cart",
    "/cart/:id",
    "/cart/:id/items",
    "/v1.0/x",
    "/files/*",
    "/__other__",
    "/:any/items",
];
const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"];
const HEADERS: &[&str] = &["content-type", "x-tenant", "authorization", "if-none-match"];
const READS: &[&str] = &["x-total", "etag", "content-type"];

fn shape() -> impl Strategy<Value = Shape> {
    let outcome = prop::sample::select(&["ok", "blocked"][..]);
    let parts = (
        pick(PAGES),
        pick(TARGETS),
        pick(ENDPOINTS),
        pick(METHODS),
        names(HEADERS),
        names(READS),
    );
    (parts, any::<bool>(), outcome, 1..500_u64).prop_map(|(parts, credentialed, outcome, count)| {
        let (page_origin, target_origin, endpoint, method, headers, reads) = parts;
        Shape {
            page_origin,
            target_origin,
            endpoint,
            method,
            headers: Some(headers),
            credentialed,
            reads,
            outcomes: BTreeMap::from([(outcome.to_owned(), count)]),
            count,
            ..Shape::default()
        }
    })
}

/// Forms whose rules have one list for all origins.
const ONE_LIST: &[Form] = &[
    Form::IngressNginx,
    Form::Contour,
    Form::Kong,
    Form::AzureAppService,
    Form::ApiGateway,
    Form::CloudFront,
];

/// Forms whose platforms want to be told about methods that browsers do not ask for.
const WITH_SIMPLE_METHODS: &[Form] = &[Form::S3, Form::Gcs, Form::AzureStorage, Form::CloudFront];

/// What a form can let pass at all.
fn taken(form: Form, shapes: &[Shape]) -> Vec<Shape> {
    let takes = |shape: &&Shape| match form {
        Form::S3 => shape.method != "PATCH",
        Form::Gcs => !shape.credentialed,
        Form::AzureAppService => shape.reads.is_empty(),
        _ => true,
    };
    shapes.iter().filter(takes).cloned().collect()
}

/// What is behind CloudFront answers preflights.
fn options(form: Form) -> Options {
    let mut options = Options::default();
    if form == Form::CloudFront {
        options.upstream.preflight = Some(cors::Answer {
            status: 200,
            ..cors::Answer::default()
        });
    }
    options
}

fn breaks(policy: &Policy, shapes: &[Shape]) -> Vec<String> {
    simulate(policy, shapes, &options(policy.form()))
        .iter()
        .filter(|one| one.outcome != Outcome::Allowed || !one.hidden.is_empty())
        .map(|one| format!("{:?} {:?}", one.shape, one.outcome))
        .collect()
}

/// The policy without one of its elements, as a text: the element is taken out of its line.
fn without(text: &str, grant: &Grant) -> String {
    let lines = text.lines().enumerate().map(|(number, line)| {
        if number + 1 != grant.place.line {
            return line.to_owned();
        }
        // Something of the same form that no one asks for.
        let instead = if grant.value.contains("://") {
            "https://nobody.test"
        } else {
            "x-nobody"
        };
        line.replacen(&grant.value, instead, 1)
    });
    lines.map(|line| line + "\n").collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn everything_that_was_seen_passes_a_generated_policy(shapes in prop::collection::vec(shape(), 1..14)) {
        for form in Form::ALL {
            let shapes = taken(*form, &shapes);
            let generated = generate(*form, &shapes, &[]);
            prop_assert_eq!(&generated.left_out, &vec![]);
            if shapes.is_empty() {
                continue;
            }
            let policy = read(*form, &generated.text);
            prop_assert_eq!(breaks(&policy, &shapes), Vec::<String>::new(), "{}\n{}", form, generated.text);
            let predicted = simulate(&policy, &shapes, &options(*form));
            // Words that give nothing, where an empty list would give much, or is not valid.
            let gives_nothing = |grant: &Grant| match form {
                Form::IngressNginx | Form::Contour | Form::Kong => matches!(grant.value.as_str(), "GET" | "Accept"),
                Form::Gcs => true,
                form => WITH_SIMPLE_METHODS.contains(form) && matches!(grant.value.as_str(), "GET" | "HEAD" | "POST"),
            };
            let idle: Vec<Grant> = unused(&policy.grants(), &predicted)
                .into_iter()
                .filter(|grant| !gives_nothing(grant))
                .collect();
            prop_assert_eq!(idle, vec![], "{}\n{}", form, generated.text);
        }
    }

    #[test]
    fn nothing_can_be_taken_from_a_generated_policy(shapes in prop::collection::vec(shape(), 1..6)) {
        for form in [Form::Corswatch, Form::Nginx, Form::GatewayApi, Form::Traefik, Form::Envoy, Form::Istio, Form::EnvoyGateway, Form::Caddy] {
            let generated = generate(form, &shapes, &[]);
            for grant in read(form, &generated.text).grants() {
                let less = without(&generated.text, &grant);
                if less.trim_end() == generated.text.trim_end() {
                    // The origins of nginx stand in regular expressions.
                    prop_assert!(grant.value.starts_with('~'), "{:?}\n{}", grant, generated.text);
                    continue;
                }
                let policy = read(form, &less);
                prop_assert!(!breaks(&policy, &shapes).is_empty(), "{} {:?}\n{}", form, grant, generated.text);
            }
        }
    }

    #[test]
    fn strangers_get_nothing_from_a_generated_policy(shapes in prop::collection::vec(shape(), 1..8)) {
        for form in Form::ALL {
            let shapes = taken(*form, &shapes);
            if shapes.is_empty() {
                continue;
            }
            let policy = read(*form, &generate(*form, &shapes, &[]).text);
            let strangers: Vec<Shape> = shapes
                .iter()
                .map(|shape| Shape { page_origin: "https://evil.test".to_owned(), ..shape.clone() })
                .collect();
            for one in simulate(&policy, &strangers, &options(*form)) {
                prop_assert!(!matches!(one.outcome, Outcome::Allowed), "{} {:?}", form, one);
            }
        }
    }
}

#[test]
fn two_origins_do_not_get_the_union_of_their_needs() {
    let put = Shape {
        page_origin: "https://shop.test".to_owned(),
        target_origin: "https://api.test".to_owned(),
        endpoint: "/cart/:id".to_owned(),
        method: "PUT".to_owned(),
        headers: Some(vec!["x-tenant".to_owned()]),
        credentialed: true,
        count: 5,
        ..Shape::default()
    };
    let delete = Shape {
        page_origin: "https://admin.test".to_owned(),
        method: "DELETE".to_owned(),
        headers: Some(Vec::new()),
        credentialed: false,
        ..put.clone()
    };
    let crossed = [
        Shape {
            page_origin: delete.page_origin.clone(),
            ..put.clone()
        },
        Shape {
            page_origin: put.page_origin.clone(),
            ..delete.clone()
        },
    ];
    for form in Form::ALL {
        let mut seen = [put.clone(), delete.clone()];
        seen[0].credentialed = *form != Form::Gcs;
        let generated = generate(*form, &seen, &[]);
        let policy = read(*form, &generated.text);
        let predicted = simulate(&policy, &crossed, &options(*form));
        let blocked = predicted
            .iter()
            .filter(|one| matches!(one.outcome, Outcome::Blocked(_)))
            .count();
        let is_one = ONE_LIST.contains(form);
        // App Service takes every method and name.
        let expected = if is_one { 0 } else { 2 };
        assert_eq!(blocked, expected, "{form}\n{}", generated.text);
        let told = format!("{}{}", generated.text, generated.notes.join("\n"));
        assert_eq!(
            told.contains("one list for all origins"),
            is_one,
            "what a form cannot say stands in a comment, or beside it: {form}"
        );
    }
}

#[test]
fn what_no_policy_should_let_in_is_left_out_and_named() {
    let shape = |page: &str, endpoint: &str| Shape {
        page_origin: page.to_owned(),
        target_origin: "https://api.test".to_owned(),
        endpoint: endpoint.to_owned(),
        method: "GET".to_owned(),
        count: 1,
        ..Shape::default()
    };
    let shapes = [
        shape("null", "/a"),
        shape("https://shop.test\n}", "/a"),
        shape("https://shop.test", "/a\"; return 200; #"),
        shape("https://shop.test", "/$host"),
        shape("https://shop.test", "/a{2}"),
        shape("https://shop.test", "/a"),
    ];
    for form in Form::ALL {
        let generated = generate(*form, &shapes, &["two\nlines".to_owned()]);
        let heading = generated
            .notes
            .first()
            .map_or_else(|| generated.text.clone(), |note| note.replace('\n', " "));
        let heading = heading.trim_start_matches("# ");
        assert!(heading.starts_with("two lines"), "{}", generated.text);
        let left_out: Vec<&str> = generated
            .left_out
            .iter()
            .map(|(shape, _)| shape.endpoint.as_str())
            .collect();
        assert_eq!(
            left_out,
            ["/a", "/a", "/a\"; return 200; #", "/a{2}"],
            "{form}"
        );
        let policy = read(*form, &generated.text);
        assert_eq!(
            breaks(&policy, &shapes[3..4]),
            Vec::<String>::new(),
            "{form}\n{}",
            generated.text
        );
        assert_eq!(
            breaks(&policy, &shapes[5..]),
            Vec::<String>::new(),
            "{form}\n{}",
            generated.text
        );
    }
}
