//! The examples that the SDK walks too: what it makes of paths is what everybody else reads.

use serde::Deserialize;
use web::{EndpointTemplate, GraphqlPaths, RequestPath};

#[derive(Deserialize)]
struct Examples {
    other: String,
    generalised: Vec<Generalised>,
    templates: Vec<Template>,
    graphql: Vec<Graphql>,
    refused: Vec<String>,
}

#[derive(Deserialize)]
struct Generalised {
    path: String,
    endpoint: String,
    /// The path that is asked, where it is a real one.
    asked: Option<String>,
    /// The path that is asked, where it may be none.
    stand_in: Option<String>,
    #[serde(default)]
    cut: bool,
}

#[derive(Deserialize)]
struct Template {
    template: String,
    fits: Vec<String>,
    not: Vec<String>,
}

#[derive(Deserialize)]
struct Graphql {
    paths: Vec<String>,
    path: String,
    endpoint: String,
    operation: Option<String>,
}

fn examples() -> Examples {
    let text = include_str!("../../../schemas/endpoints/examples.json");
    serde_json::from_str(text).expect("the examples are of this form")
}

fn read(text: &str) -> EndpointTemplate {
    EndpointTemplate::read(text).expect(text)
}

#[test]
fn what_the_sdk_makes_of_a_path_is_read_and_can_be_asked() {
    for example in examples().generalised {
        let Generalised { path, endpoint, .. } = &example;
        let template = read(endpoint);
        assert_eq!(template.matches(path), !example.cut, "{endpoint} {path}");
        let found = RequestPath::of(endpoint, "GET", &GraphqlPaths::default());
        let expected = match (example.asked.clone(), example.stand_in.clone()) {
            (Some(asked), None) => RequestPath::Real(asked),
            (None, Some(stand_in)) => RequestPath::StandIn(stand_in),
            _ => panic!("{endpoint}: either `asked` or `stand_in`"),
        };
        assert_eq!(found, Ok(expected), "{endpoint}");
    }
}

#[test]
fn a_path_of_a_log_becomes_the_endpoint_that_the_sdk_makes_of_it() {
    for Generalised { path, endpoint, .. } in examples().generalised {
        assert_eq!(EndpointTemplate::generalise(&path), endpoint, "{path}");
    }
    for path in ["/a/../b", "/a\\b", "/a b", "a", ""] {
        assert_eq!(
            EndpointTemplate::generalise(path),
            EndpointTemplate::OTHER,
            "{path}"
        );
    }
}

#[test]
fn a_template_fits_the_paths_that_the_sdk_lets_it_fit_and_no_other() {
    for Template {
        template,
        fits,
        not,
    } in examples().templates
    {
        let read = read(&template);
        for path in fits {
            assert!(read.matches(&path), "{template} {path}");
        }
        for path in not {
            assert!(!read.matches(&path), "{template} {path}");
        }
        for stand_in in ["1", "abc", "0b8e5f6c-2f3b-4c1d-9a57-3f1f6f0c9a11"] {
            let filled = read.filled(stand_in);
            assert!(read.matches(&filled), "{template} {filled}");
        }
    }
}

#[test]
fn an_operation_is_asked_at_the_path_that_it_is_sent_to() {
    for example in examples().graphql {
        let Graphql { path, endpoint, .. } = &example;
        let graphql = GraphqlPaths::with(example.paths.clone());
        let operation = graphql.operation(endpoint, "POST");
        let name = operation.map(|operation| operation.name.to_owned());
        assert_eq!(name, example.operation, "{endpoint}");
        if name.is_some() {
            let asked = RequestPath::of(endpoint, "POST", &graphql);
            assert_eq!(asked, Ok(RequestPath::Real(path.clone())), "{endpoint}");
        }
    }
}

#[test]
fn no_path_leads_to_what_is_counted_together() {
    let other = examples().other;
    assert_eq!(other, EndpointTemplate::OTHER);
    let asked = RequestPath::of(&other, "GET", &GraphqlPaths::default());
    assert_eq!(asked, Ok(RequestPath::None));
    assert!(read(&other).matches("/what/ever"));
}

#[test]
fn what_no_browser_sends_is_refused() {
    for text in examples().refused {
        assert!(EndpointTemplate::read(&text).is_err(), "{text}");
    }
}
