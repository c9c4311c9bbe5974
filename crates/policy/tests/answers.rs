//! What policies answer, form by form, and what is said about what cannot be read.

#[path = "answering/asked.rs"]
mod asked;

use policy::{Form, Policy, Prediction, Rest, Source};

fn read(form: Form, text: &str) -> (Policy, Vec<String>) {
    let load = |name: &str| match name {
        "cors.inc" => Ok(vec![(
            "cors.inc".to_owned(),
            "add_header Access-Control-Allow-Origin *;\n".to_owned(),
        )]),
        name => Err(format!("{name} is not here")),
    };
    let source = Source {
        name: "file",
        text,
        load: &load,
    };
    let (policy, problems) = Policy::read(form, &source);
    let problems = problems.iter().map(ToString::to_string).collect();
    (policy, problems)
}

/// What is answered to `METHOD URL ORIGIN [HEADER,..]`; with `?METHOD` it is a preflight for it.
fn ask(policy: &Policy, what: &str) -> String {
    match asked::predicted(policy, what, Rest::OfBrowser) {
        Prediction::Uncovered => "uncovered".to_owned(),
        Prediction::Unknown { reason, place } => {
            let line = place
                .map(|place| format!("{} ", place.line))
                .unwrap_or_default();
            format!("unknown: {line}{reason}")
        }
        Prediction::Response(told) => {
            let mut text = told.status.to_string();
            for line in told.lines.iter().filter(|line| line.name != "Vary") {
                let name = line
                    .name
                    .to_ascii_lowercase()
                    .replace("access-control-", "");
                text.push_str(&format!(" {name}={}", line.value));
            }
            text
        }
    }
}

fn check(form: Form, text: &str, cases: &[(&str, &str)]) {
    let (policy, problems) = read(form, text);
    assert_eq!(problems, Vec::<String>::new(), "{text}");
    for (what, expected) in cases {
        assert_eq!(ask(&policy, what), *expected, "{what}\n{text}");
    }
}

#[test]
fn of_the_own_rules_the_most_exact_one_that_names_the_origin_answers() {
    check(
        Form::Corswatch,
        r#"
[[rule]]
hosts = ["api.test"]
origins = ["*"]
[[rule]]
hosts = ["api.test"]
paths = ["/cart/:id"]
origins = ["https://*.shop.test"]
methods = ["PUT", "DELETE"]
headers = ["x-a"]
expose = ["x-total"]
credentials = true
max_age = 600
[[rule]]
hosts = ["*.test"]
paths = ["/cart/:id"]
origins = ["https://b.test"]
"#,
        &[
            (
                "GET https://api.test/x https://any.test",
                "200 allow-origin=*",
            ),
            (
                "?PUT https://api.test/cart/1 https://a.shop.test",
                "204 allow-origin=https://a.shop.test allow-credentials=true allow-methods=PUT, DELETE allow-headers=x-a max-age=600",
            ),
            (
                "PUT https://api.test/cart/1 https://a.shop.test",
                "200 allow-origin=https://a.shop.test allow-credentials=true expose-headers=x-total",
            ),
            ("PUT https://api.test/cart/1 https://shop.test", "200"),
            ("?PUT https://api.test/cart/1 https://b.test", "204"),
            (
                "GET https://www.test/cart/1 https://b.test",
                "200 allow-origin=https://b.test",
            ),
            ("GET https://www.test/cart https://b.test", "uncovered"),
            ("GET https://other.example/ https://b.test", "uncovered"),
        ],
    );
}

const OPEN: &str = r#"server {
  server_name api.test;
  error_page 405 /sorry.html;
  location / { add_header Access-Control-Allow-Origin *; proxy_pass http://backend; }
  location /lua { content_by_lua_block { ngx.say("}") } }
  location /filter { header_filter_by_lua_block { x() } return 204; }
  location /odd { more_magic on; return 204; }
  location /page { if ($request_method = OPTIONS) { return 405; } return 200; }
  location /cookie { if ($cookie_a) { return 403; } add_header Access-Control-Allow-Origin *; return 200; }
  location /both { if ($http_accept) { set $x 1; } add_header Access-Control-Allow-Origin *; return 200; }
  location /var { add_header Access-Control-Allow-Origin $geoip_country; return 200; }
  location /else { add_header X-Else $geoip_country; return 200; }
  location /auth { auth_request /in; add_header Access-Control-Allow-Origin *; proxy_pass http://backend; }
  location /close { return 444; }
  location /loop { rewrite ^ /loop last; }
}"#;

#[test]
fn what_nginx_does_not_tell_is_not_told() {
    check(
        Form::Nginx,
        OPEN,
        &[
            ("GET https://api.test/ https://a.test", "200 allow-origin=*"),
            (
                "?PUT https://api.test/ https://a.test",
                "unknown: 4 the preflight is passed on to `http://backend`, and what that answers does not stand in the file",
            ),
            (
                "GET https://api.test/lua https://a.test",
                "unknown: 5 `content_by_lua_block` answers, and the file does not tell what",
            ),
            (
                "GET https://api.test/filter https://a.test",
                "unknown: 6 `header_filter_by_lua_block` may change the headers",
            ),
            (
                "GET https://api.test/odd https://a.test",
                "unknown: 7 `more_magic` is not a directive that is understood here",
            ),
            (
                "?PUT https://api.test/page https://a.test",
                "unknown: 3 `error_page` sends the status 405 to another page",
            ),
            ("GET https://api.test/page https://a.test", "200"),
            (
                "GET https://api.test/cookie https://a.test",
                "unknown: 9 the file does not tell what `$cookie_a` is",
            ),
            (
                "GET https://api.test/both https://a.test",
                "200 allow-origin=*",
            ),
            (
                "GET https://api.test/var https://a.test",
                "unknown: the value of `Access-Control-Allow-Origin`: the file does not tell what `$geoip_country` is",
            ),
            ("GET https://api.test/else https://a.test", "200"),
            (
                "?PUT https://api.test/auth https://a.test",
                "unknown: 13 `auth_request` decides about the preflight, and the file does not tell how",
            ),
            (
                "GET https://api.test/auth https://a.test",
                "200 allow-origin=*",
            ),
            (
                "GET https://api.test/close https://a.test",
                "unknown: 14 `return 444` closes the connection",
            ),
            (
                "GET https://api.test/loop https://a.test",
                "unknown: 1 the path is changed in a circle",
            ),
            ("GET https://other.test/ https://a.test", "uncovered"),
        ],
    );
}

#[test]
fn a_server_is_chosen_by_port_and_name() {
    check(
        Form::Nginx,
        r"http {
server { listen 80; server_name api.test; return 301 https://$host$request_uri; }
server { listen 443 ssl; server_name api.test; location / { include cors.inc; return 200; } }
server { listen 443 ssl; server_name *.test; return 201; }
server { listen 443 ssl; server_name .example; return 202; }
server { listen 443 ssl default_server; server_name x; return 203; }
}",
        &[
            ("GET https://api.test/ https://a.test", "200 allow-origin=*"),
            (
                "GET http://api.test/x?y=1 https://a.test",
                "301 location=https://api.test/x?y=1",
            ),
            ("GET https://b.a.test/ https://a.test", "201"),
            ("GET https://example/ https://a.test", "202"),
            ("GET https://a.example/ https://a.test", "202"),
            ("GET https://else/ https://a.test", "203"),
            (
                "GET https://api.test:8443/ https://a.test",
                "unknown: 3 `api.test` is the name of two servers, and none listens on port 8443",
            ),
        ],
    );
}

#[test]
fn a_piece_stands_for_the_one_server_that_everything_meets() {
    let list = "map $http_origin $ok { default \"\"; \"https://a.test\" $http_origin; }\n";
    let headers = "add_header Access-Control-Allow-Origin $ok always;\n";
    let simple = (
        "GET https://any.test/x https://a.test",
        "200 allow-origin=https://a.test",
    );
    let elsewhere = |line| {
        format!(
            "unknown: {line}the preflight is passed on to `the rest of the server`, and what that answers does not stand in the file"
        )
    };
    let preflight = "?PUT https://any.test/x https://a.test";
    let of_server = format!("{list}{headers}if ($request_method = OPTIONS) {{ return 204; }}\n");
    check(
        Form::Nginx,
        &of_server,
        &[simple, (preflight, "204 allow-origin=https://a.test")],
    );
    check(
        Form::Nginx,
        &format!("{list}{headers}"),
        &[simple, (preflight, &elsewhere("2 "))],
    );
    let of_location = format!(
        "{list}{headers}if ($request_method = OPTIONS) {{ add_header Access-Control-Max-Age 5; return 204; }}\n"
    );
    check(
        Form::Nginx,
        &of_location,
        &[simple, (preflight, "204 max-age=5")],
    );
}

#[test]
fn names_of_servers_and_locations_capture() {
    check(
        Form::Nginx,
        "server { server_name ~^(?<zone>[a-z]+)\\.api\\.test$; location ~ ^/(\\w+)/ { add_header Access-Control-Allow-Origin https://$1.$zone.test; return 200; } }",
        &[(
            "GET https://eu.api.test/shop/x https://a.test",
            "200 allow-origin=https://shop.eu.test",
        )],
    );
}

#[test]
fn headers_more_sets_and_clears_on_every_status() {
    check(
        Form::Nginx,
        r"server {
  more_set_headers 'Access-Control-Allow-Origin: *' 'X-A: 1';
  location / { more_clear_headers 'X-*'; return 404; }
  location /s { more_set_headers -s '200 404' 'Access-Control-Max-Age: 5'; return 404; }
  location /t { more_set_headers -s '500' 'Access-Control-Max-Age: 5'; return 404; }
}",
        &[
            ("GET https://api.test/ https://a.test", "404 allow-origin=*"),
            (
                "GET https://api.test/s https://a.test",
                "404 allow-origin=* x-a=1 max-age=5",
            ),
            (
                "GET https://api.test/t https://a.test",
                "404 allow-origin=* x-a=1",
            ),
        ],
    );
}

fn ingress(annotations: &str, paths: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  annotations:\n    nginx.ingress.kubernetes.io/enable-cors: \"true\"\n{annotations}spec:\n  rules:\n    - host: api.test\n      http:\n        paths:\n{paths}"
    )
}

const ROOT: &str = "          - {path: /, pathType: Prefix, backend: {}}\n";

#[test]
fn ingress_nginx_answers_with_the_defaults_of_its_controller() {
    const LISTS: &str = "allow-methods=GET, PUT, POST, DELETE, PATCH, OPTIONS allow-headers=DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization max-age=1728000";
    check(
        Form::IngressNginx,
        &ingress("", ROOT),
        &[(
            "?PUT https://api.test/x https://a.test",
            &format!("204 allow-origin=* allow-credentials=true {LISTS}"),
        )],
    );
    let annotations = "    nginx.ingress.kubernetes.io/cors-allow-origin: \"https://a.test, https://*.b.test:8443\"\n    nginx.ingress.kubernetes.io/cors-allow-credentials: \"false\"\n    nginx.ingress.kubernetes.io/cors-expose-headers: \"x-total\"\n    nginx.ingress.kubernetes.io/cors-max-age: \"5\"\n    nginx.ingress.kubernetes.io/cors-allow-methods: \"PUT\"\n    nginx.ingress.kubernetes.io/cors-allow-headers: \"x-a\"\n";
    let rest = "allow-methods=PUT allow-headers=x-a expose-headers=x-total max-age=5";
    check(
        Form::IngressNginx,
        &ingress(annotations, ROOT),
        &[
            (
                "?PUT https://api.test/x https://a.test",
                &format!("204 allow-origin=https://a.test {rest}"),
            ),
            (
                "GET https://api.test/x https://A.test",
                &format!("200 allow-origin=https://A.test {rest}"),
            ),
            (
                "GET https://api.test/x https://x.b.test:8443",
                &format!("200 allow-origin=https://x.b.test:8443 {rest}"),
            ),
            ("GET https://api.test/x https://y.x.b.test:8443", "200"),
            ("GET https://api.test/x https://aXtest", "200"),
            (
                "?PUT https://api.test/x https://evil.test",
                "unknown: 17 the preflight is passed on to `http://upstream_balancer`, and what that answers does not stand in the file",
            ),
            ("GET https://other.test/x https://a.test", "uncovered"),
        ],
    );
}

#[test]
fn paths_of_an_ingress_are_whole_segments() {
    let paths = "          - {path: /a, pathType: Prefix, backend: {}}\n          - {path: /b, pathType: Exact, backend: {}}\n";
    let any = "    nginx.ingress.kubernetes.io/cors-allow-credentials: \"false\"\n";
    let (policy, problems) = read(Form::IngressNginx, &ingress(any, paths));
    assert_eq!(problems, Vec::<String>::new());
    for (path, covered) in [
        ("/a", true),
        ("/a/x", true),
        ("/ab", false),
        ("/b", true),
        ("/b/x", false),
    ] {
        let answer = ask(
            &policy,
            &format!("GET https://api.test{path} https://a.test"),
        );
        assert_eq!(
            answer.contains("allow-origin=*"),
            covered,
            "{path}: {answer}"
        );
    }
}

const ROUTE: &str = r#"
kind: HTTPRoute
spec:
  hostnames: ["api.test", "*.shop.test"]
  rules:
    - matches:
        - path: {type: PathPrefix, value: /a}
      filters:
        - type: CORS
          cors: {allowOrigins: ["https://*.test"], allowMethods: ["*"], allowHeaders: ["*"], allowCredentials: true}
    - matches:
        - path: {type: PathPrefix, value: /a}
          headers: [{name: Origin, value: "https://one.test"}]
      filters:
        - type: CORS
          cors: {allowOrigins: ["*"], allowMethods: [PUT], exposeHeaders: [x-total], maxAge: 7}
    - matches: [{path: {type: Exact, value: /a/exact}}]
    - matches: [{path: {type: PathPrefix, value: /m}, method: PUT}]
      filters: [{type: CORS, cors: {allowOrigins: ["*"]}}]
    - matches: [{path: {value: /to}}]
      filters: [{type: RequestRedirect, requestRedirect: {hostname: x.test}}]
"#;

#[test]
fn a_route_of_gateway_api_answers_as_its_texts_say() {
    check(
        Form::GatewayApi,
        ROUTE,
        &[
            (
                "?PUT https://api.test/a/b https://x.test x-a,x-b",
                "204 allow-origin=https://x.test allow-credentials=true allow-methods=PUT allow-headers=x-a,x-b max-age=5",
            ),
            (
                "GET https://m.shop.test/a https://x.test",
                "200 allow-origin=https://x.test allow-credentials=true",
            ),
            ("?PUT https://api.test/a https://evil.example", "204"),
            (
                "?PUT https://api.test/a https://one.test x-a",
                "204 allow-origin=* allow-methods=PUT max-age=7",
            ),
            (
                "GET https://api.test/a https://one.test",
                "200 allow-origin=* expose-headers=x-total",
            ),
            ("GET https://api.test/ab https://one.test", "404"),
            (
                "?PUT https://api.test/a/exact https://one.test",
                "unknown: 17 no CORS filter answers the preflight: it is passed on to the backend, and what that answers does not stand in the file",
            ),
            (
                "?PUT https://api.test/m https://one.test",
                "unknown: 18 the rule matches by method, and whether it gets the preflight is up to the implementation",
            ),
            (
                "PUT https://api.test/m https://one.test",
                "200 allow-origin=*",
            ),
            (
                "GET https://api.test/to https://one.test",
                "unknown: 21 what the filter `RequestRedirect` does to answers is not followed",
            ),
            ("GET https://shop.test/a https://one.test", "uncovered"),
        ],
    );
}

#[test]
fn what_cannot_be_read_has_its_line_and_costs_nothing_else() {
    let cases: [(Form, &str, &[&str], &str, &str); 5] = [
        (
            Form::Corswatch,
            "[[rule]]\norigins = [\"https://a.test\"]\n[[rule]]\norigins = [\"a.test\"]\n[[rule]]\norigin = [\"https://b.test\"]\n",
            &[
                "file:4: `a.test` is not an origin",
                "file:6: unknown field `origin`",
            ],
            "GET https://x.test/ https://a.test",
            "200 allow-origin=https://a.test",
        ),
        (
            Form::Nginx,
            "server {\n add_header A b c;\n location ~ ( { }\n if ($x) { if ($y) { return 200; } }\n include gone.inc;\n set x 1;\n}\nserver { server_name b; return 204; }\n}\n",
            &[
                "file:2: `add_header` takes a name, a value and `always`, not `c`",
                "file:3: the regular expression `(` cannot be read",
                "file:4: nginx takes no `if` in an `if`",
                "file:5: `include gone.inc`: gone.inc is not here",
                "file:6: `x` is not a variable",
                "file:9: `}` closes no block",
            ],
            "GET http://b/ https://a.test",
            "204",
        ),
        (
            Form::Nginx,
            "server {\n location / {\n return 200;\n",
            &[
                "file:1: the block of `server` has no end",
                "file:2: the block of `location` has no end",
            ],
            "GET http://b/ https://a.test",
            "200",
        ),
        (
            Form::IngressNginx,
            "kind: Ingress\nmetadata:\n  annotations:\n    nginx.ingress.kubernetes.io/enable-cors: true\n    nginx.ingress.kubernetes.io/cors-max-age: \"soon\"\n    nginx.ingress.kubernetes.io/cors-allow-origin: \"a.test, https://b.test\"\n    nginx.ingress.kubernetes.io/cors-allow-header: \"x\"\nspec:\n  rules:\n    - http:\n        paths:\n          - {path: /, pathType: Prefix}\n          - {path: /x, pathType: Wrong}\n",
            &[
                "file:4: `enable-cors` needs quotes",
                "file:5: `cors-max-age`: the controller ignores this value",
                "file:6: `a.test` is not an origin",
                "file:7: ingress-nginx knows no annotation `cors-allow-header`",
                "file:13: `pathType` is one of",
            ],
            "GET http://b/ https://c.test",
            "200",
        ),
        (
            Form::GatewayApi,
            "kind: HTTPRoute\nspec:\n  rules:\n    - filters:\n        - type: CORS\n          cors:\n            allowOrigin: [\"*\"]\n            allowOrigins: [\"a.test\", \"https://b.test\"]\n            maxAge: \"0\"\n    - matches: [{path: {type: Glob, value: /x}}]\n",
            &[
                "file:7: unknown field `allowOrigin`",
                "file:8: `a.test` is not an origin",
                "file:9: `maxAge` is a number",
                "file:10: `Glob` is not a type",
            ],
            "GET http://b/ https://b.test",
            "200 allow-origin=https://b.test",
        ),
    ];
    for (form, text, expected, what, answer) in cases {
        let (policy, problems) = read(form, text);
        assert_eq!(problems.len(), expected.len(), "{problems:#?}");
        for (problem, expected) in problems.iter().zip(expected) {
            assert!(problem.starts_with(expected), "{problem}\n{expected}");
        }
        assert_eq!(ask(&policy, what), answer, "{text}");
    }
}

/// The policy of a reported file, as of its form.
fn reported(form: Form, file: &str) -> (Policy, Vec<String>) {
    let path = format!("{}/tests/reports/{file}", env!("CARGO_MANIFEST_DIR"));
    read(form, &std::fs::read_to_string(path).expect("a report"))
}

#[test]
fn ingress_nginx_takes_origins_of_any_scheme() {
    let (policy, problems) = reported(Form::IngressNginx, "40-ingress-custom-scheme.yaml");
    assert_eq!(problems, Vec::<String>::new());
    for origin in ["https://app.example.com", "capacitor://localhost"] {
        let question = format!("GET https://api.example.net/v1/items {origin}");
        let answered = ask(&policy, &question);
        assert!(
            answered.starts_with(&format!("200 allow-origin={origin} ")),
            "{answered}"
        );
    }
}

#[test]
fn one_malformed_origin_makes_ingress_nginx_allow_everybody() {
    let (policy, problems) = reported(Form::IngressNginx, "42-ingress-malformed-origin.yaml");
    let [problem] = problems.as_slice() else {
        panic!("{problems:?}")
    };
    assert!(
        problem.contains("`http://localhost:*` is not an origin that the controller takes")
            && problem.contains("allows `*`, everybody"),
        "{problem}"
    );
    let question = "GET https://api.example.net/v1/items https://stranger.example";
    let stranger = ask(&policy, question);
    assert!(stranger.starts_with("200 allow-origin=* "), "{stranger}");
}

#[test]
fn ingress_nginx_validates_the_list_of_origins_as_a_whole() {
    // A list, and whom it lets read: its own page, an app, a page without an origin, a stranger.
    let cases = [
        ("https://a.test", [true, false, false, false]),
        (
            "https://a.test,ionic://localhost:8080",
            [true, true, false, false],
        ),
        ("https://a.test, null", [true, false, true, false]),
        ("null", [false, false, true, false]),
        ("https://*.test", [true, false, false, false]),
        ("a.test, https://b.test", [false, false, false, false]),
        ("https://a.test, *", [true; 4]),
        ("*", [true; 4]),
        ("", [true; 4]),
        ("https://a.test/", [true; 4]),
        ("https://a.test https://b.test", [false; 4]),
        ("HTTPS://a.test", [true; 4]),
        ("https://a.test, https://(x|y).test", [true; 4]),
        ("https://a.test:*", [true; 4]),
        ("https://*.*.test", [false; 4]),
    ];
    for (list, expected) in cases {
        let annotation = format!("    nginx.ingress.kubernetes.io/cors-allow-origin: \"{list}\"\n");
        let (policy, _) = read(Form::IngressNginx, &ingress(&annotation, ROOT));
        let origins = [
            "https://a.test",
            "ionic://localhost:8080",
            "null",
            "https://stranger.example",
        ];
        let reads = origins.map(|origin| {
            let answered = ask(&policy, &format!("GET https://api.test/x {origin}"));
            answered.contains("allow-origin=*")
                || answered.contains(&format!("allow-origin={origin} "))
        });
        assert_eq!(reads, expected, "{list}");
    }
}

#[test]
fn snippets_of_an_ingress_are_read_where_the_controller_puts_them() {
    let snippet = "    nginx.ingress.kubernetes.io/configuration-snippet: |\n      more_set_headers \"Access-Control-Expose-Headers: x-a\";\n      if ($request_method = PURGE) {\n        return 405;\n      }\n      add_header Access-Control-Allow-Origin https://b.test;\n";
    let text = ingress(snippet, ROOT).replace("enable-cors: \"true\"", "enable-cors: \"false\"");
    check(
        Form::IngressNginx,
        &text,
        &[
            (
                "GET https://api.test/x https://b.test",
                "200 expose-headers=x-a allow-origin=https://b.test",
            ),
            (
                "PURGE https://api.test/x https://b.test",
                "405 expose-headers=x-a",
            ),
        ],
    );
    let (policy, _) = read(Form::IngressNginx, &text);
    let granted = policy
        .grants()
        .into_iter()
        .find(|grant| grant.value == "https://b.test");
    let line = (1..)
        .zip(text.lines())
        .find(|(_, line)| line.contains("add_header"));
    assert_eq!(
        granted.map(|grant| grant.place.line),
        line.map(|(number, _)| number)
    );
    let of_server = "    nginx.ingress.kubernetes.io/server-snippet: |\n      if ($request_method = OPTIONS) {\n        return 204;\n      }\n";
    check(
        Form::IngressNginx,
        &ingress(of_server, ROOT),
        &[("?PUT https://api.test/x https://a.test", "204")],
    );
}

#[test]
fn what_is_no_file_goes_to_the_program_behind_try_files() {
    let text = "server { server_name api.test; location / { try_files $uri $uri/ /index.php?$query_string; } location ~ \\.php$ { add_header Access-Control-Allow-Origin *; fastcgi_pass unix:/run/php.sock; } }";
    check(
        Form::Nginx,
        text,
        &[
            (
                "GET https://api.test/v1/carts https://a.test",
                "200 allow-origin=*",
            ),
            (
                "GET https://api.test/app.js https://a.test",
                "unknown: 1 `try_files` depends on which files there are",
            ),
        ],
    );
}
