//! What contracts say, and what is said about those that cannot be read.
#![allow(missing_docs)]

use contract::{Contract, Options, Reach, Vars, Verdict, read};

fn with(vars: &[(&str, &str)], target: Option<&str>, text: &str) -> Contract {
    let options = Options {
        target: target.map(|url| url.parse().expect("a URL")),
        vars: vars
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<Vars>(),
    };
    read(text, &options)
}

fn names(contract: &Contract) -> Vec<&str> {
    assert_eq!(contract.problems, [], "no problems");
    contract
        .cases
        .iter()
        .map(|case| case.name.as_str())
        .collect()
}

const SHOP: &str = r#"
url = "https://api.test/v1"
origin = "https://app.test"
headers = { x-tenant = "1" }

[[request]]
name = "list"
path = "/items"
expect = { status = "2xx", readable = ["X-Total-Count"], vary = ["Origin"] }

[[request]]
name = "change"
path = ["items/1", "items/2"]
origin = ["https://app.test", "https://m.app.test"]
blocked_origin = "https://evil.test"
method = ["PUT", "delete"]
credentials = "include"
[request.expect]
max_age = { min = "1m", max = "2h" }
preflight_within = "200ms"
preflight = true
"#;

#[test]
fn a_matrix_is_written_out() {
    let contract = with(&[], None, SHOP);
    let names = names(&contract);
    assert_eq!(names.len(), 1 + 3 * 2 * 2);
    assert_eq!(names[0], "list");
    assert_eq!(names[1], "change: PUT /v1/items/1 from https://app.test");
    assert_eq!(
        names[12],
        "change: DELETE /v1/items/2 from https://evil.test"
    );
    assert_eq!((contract.cases[0].line, contract.cases[12].line), (6, 11));
    assert_eq!(contract.cases[12].expect.verdict, Verdict::Blocked(None));
    assert_eq!(contract.cases[8].expect.verdict, Verdict::Allowed);
}

#[test]
fn an_unsafe_method_is_sent_only_on_demand() {
    let contract = with(&[], None, SHOP);
    assert_eq!(contract.cases[0].reach, Reach::Whole);
    assert_eq!(contract.cases[1].reach, Reach::PreflightOnly);
    let sent = SHOP.replace("name = \"change\"", "name = \"change\"\nsend = true");
    assert_eq!(with(&[], None, &sent).cases[1].reach, Reach::Whole);
}

#[test]
fn one_contract_is_kept_before_and_after_a_deploy() {
    let contract = with(&[], Some("http://127.0.0.1:8080/canary"), SHOP);
    let url = |at: usize| contract.cases[at].request.url().as_str();
    assert_eq!(url(0), "http://127.0.0.1:8080/canary/items");
    let absolute = "[[request]]\norigin = \"https://app.test\"\nurl = \"https://api.test/x?y=1\"";
    let moved = with(&[], Some("http://127.0.0.1:8080"), absolute);
    assert_eq!(
        moved.cases[0].request.url().as_str(),
        "http://127.0.0.1:8080/x?y=1"
    );
}

#[test]
fn secrets_come_from_outside_and_are_not_shown() {
    let text = "[[request]]\norigin = \"https://app.test\"\nurl = \"https://${HOST}/x\"\nheaders = { Authorization = \"Bearer ${TOKEN}\" }";
    let contract = with(&[("HOST", "api.test"), ("TOKEN", "s3cret")], None, text);
    assert_eq!(names(&contract), ["GET /x from https://app.test"]);
    let missing = with(&[("HOST", "api.test")], None, text);
    assert!(missing.problems[0].reason.contains("`${TOKEN}` is not set"));
    let vars: Vars = [("TOKEN".to_owned(), "s3cret".to_owned())]
        .into_iter()
        .collect();
    assert_eq!(format!("{vars:?}"), "{\"TOKEN\"}");
}

/// What follows a good request, the line of its mistake, and what is said. `REQUEST` has all it needs.
const UNREADABLE: &[(&str, usize, &str)] = &[
    (
        "[[request]]\nurl = 'https://api.test'",
        5,
        "`origin` is missing",
    ),
    (
        "[[request]]\norigin = 'app.test'\nurl = 'https://api.test'",
        5,
        "not an origin",
    ),
    (
        "[[request]]\norigin = 'https://app.test'",
        5,
        "`url` is missing",
    ),
    (
        "[[request]]\norigin = 'https://app.test'\nurl = 'ftp://x'",
        7,
        "not an http or https URL",
    ),
    ("[[request]]\norigin = []", 6, "the list is empty"),
    ("[[request]]\norigine = 'x'", 6, "unknown field `origine`"),
    ("REQUEST method = 'P UT'", 5, "is not a method"),
    ("REQUEST method = 'TRACE'", 5, "fetch refuses the method"),
    ("REQUEST method = 'POST'", 5, "without a preflight"),
    (
        "REQUEST method = 'PUT'\nexpect = { status = 200 }",
        5,
        "set `send = true`",
    ),
    ("REQUEST expect = { status = 99 }", 8, "99 is not a status"),
    (
        "REQUEST expect = { error = 'Nope' }",
        8,
        "unknown variant `Nope`",
    ),
    (
        "REQUEST expect = { verdict = 'allowed', error = 'InvalidResponse' }",
        8,
        "must be \"blocked\"",
    ),
    (
        "REQUEST expect = { verdict = 'blocked', status = 200 }",
        8,
        "neither `status` nor headers",
    ),
    (
        "REQUEST expect = { max_age = { min = '2h', max = '1m' } }",
        8,
        "is above",
    ),
    (
        "REQUEST expect = { preflight_within = 'soon' }",
        8,
        "a number with its unit is expected",
    ),
    ("REQUEST path = '/x'", 7, "exclude each other"),
    (
        "REQUEST headers = { Cookie = 'sid=1' }",
        5,
        "no page can set the header `cookie`",
    ),
    (
        "REQUEST headers = { sec-fetch-site = 'none' }",
        5,
        "browsers leave it out",
    ),
    (
        "REQUEST expect = { max_age = { min = '5m' } }",
        5,
        "`max_age` is about the preflight",
    ),
    (
        "REQUEST expect = { preflight_within = '1s' }",
        5,
        "`preflight_within` is about the preflight",
    ),
    (
        "REQUEST expect = { readable = 1 }",
        8,
        "a text or a list of texts",
    ),
    (
        "REQUEST expect = { status = '20' }",
        8,
        "20 is not a status",
    ),
    ("REQUEST name = 'good'", 5, "has the same name"),
];

#[test]
fn what_cannot_be_read_has_a_line_and_leaves_the_rest() {
    let good =
        "[[request]]\nname = 'good'\norigin = 'https://app.test'\nurl = 'https://api.test/'\n";
    let request = "[[request]]\norigin = 'https://app.test'\nurl = 'https://api.test/'\n";
    for (bad, line, reason) in UNREADABLE {
        let bad = bad.replace("REQUEST ", request);
        let contract = with(&[], None, &format!("{good}{bad}\n"));
        let [problem] = contract.problems.as_slice() else {
            panic!("{bad}: {:?}", contract.problems);
        };
        assert!(problem.reason.contains(reason), "{bad}: {problem}");
        assert_eq!(problem.line, *line, "{bad}: {problem}");
        assert_eq!(contract.cases[0].name, "good", "the rest counts");
    }
}

#[test]
fn one_name_is_written_as_a_list_or_alone() {
    let expecting = |expect: &str| {
        let text = format!(
            "[[request]]\norigin = 'https://app.test'\nurl = 'https://api.test/'\nmethod = ['GET', 'PUT']\nexpect = {{ {expect} }}\n"
        );
        let contract = with(&[], None, &text);
        assert_eq!(contract.problems, [], "{expect}");
        contract.cases[1].expect.clone()
    };
    assert_eq!(
        expecting("vary = 'Origin', preflight_within = '1s'"),
        expecting("vary = ['origin'], preflight_within = '1s'")
    );
    let with_get_alone = "[[request]]\norigin = 'https://app.test'\nurl = 'https://api.test/'\nexpect = { status = '404', readable = 'etag', vary = [] }\n";
    let contract = with(&[], None, with_get_alone);
    assert_eq!(contract.problems, []);
    let expect = &contract.cases[0].expect;
    assert_eq!(expect.readable, ["etag"]);
    assert!(
        expect
            .status
            .as_ref()
            .is_some_and(|statuses| statuses.has(404) && !statuses.has(200))
    );
}

#[test]
fn broken_toml_is_told_with_every_line() {
    let contract = with(&[], None, "url = \n\n[[request]\nname = 'x'\n");
    let lines: Vec<usize> = contract
        .problems
        .iter()
        .map(|problem| problem.line)
        .collect();
    assert_eq!(lines, [1, 3], "{:?}", contract.problems);
    assert_eq!(
        with(&[], None, "").problems[0].reason,
        "there is no `[[request]]`"
    );
}

#[test]
fn a_matrix_without_bounds_is_a_mistake() {
    let many: Vec<String> = (0..101).map(|n| format!("\"/{n}\"")).collect();
    let origins: Vec<String> = (0..101).map(|n| format!("\"https://a{n}.test\"")).collect();
    let text = format!(
        "url = \"https://api.test\"\n[[request]]\npath = [{}]\norigin = [{}]\n",
        many.join(","),
        origins.join(",")
    );
    let contract = with(&[], None, &text);
    assert!(contract.problems[0].reason.contains("more than"));
    assert!(contract.cases.is_empty());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\[\\[request\\]\\]\n|url|origin|path| = |\"https://a.test\"|\n|\\$\\{|\\[|\\]|[a-z{}\"',#0-9])*") {
        let contract = with(&[], None, &text);
        proptest::prop_assert!(!contract.problems.is_empty() || !contract.cases.is_empty());
    }
}
