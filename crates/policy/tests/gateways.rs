//! What gateways answer whose configuration holds a policy beside routes of their own (Contour, Kong,
//! Caddy's JSON), and clouds whose settings stand in files of other tools (Terraform and others).
#![allow(missing_docs)]

mod answering;

use answering::{answer, check, read, source};
use policy::{Form, Kind};

const CONTOUR: &str = r#"
apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: root}
spec:
  virtualhost:
    fqdn: api.test
    tls: {secretName: tls}
    corsPolicy:
      allowCredentials: true
      allowOrigin: ["https://shop.test", 'https://[a-z]+\.shop\.test']
      allowMethods: [GET, PUT]
      allowHeaders: [x-a]
      exposeHeaders: [x-total]
      maxAge: 10m
  includes:
    - name: inner
      conditions: [{prefix: /inner}]
    - name: elsewhere
      conditions: [{prefix: /elsewhere}]
  routes:
    - conditions: [{prefix: /}]
      services: [{name: api, port: 80}]
    - conditions: [{exact: /gone}]
      directResponsePolicy: {statusCode: 410}
---
apiVersion: projectcontour.io/v1
kind: HTTPProxy
metadata: {name: inner}
spec:
  routes:
    - conditions: [{prefix: /deep}, {header: {name: x-v, present: true}}]
      permitInsecure: true
      services: [{name: api, port: 80}]
"#;

#[test]
fn contour_has_one_policy_for_a_host_and_its_includes() {
    let preflight = "200 allow-credentials=true allow-headers=x-a allow-methods=GET,PUT allow-origin=https://shop.test expose-headers=x-total max-age=600";
    check(
        Form::Contour,
        CONTOUR,
        &[
            ("?PUT https://api.test/x https://shop.test x-a", preflight),
            // Exact origins are compared in any case, expressions as they are.
            (
                "GET https://api.test/x https://a.shop.test",
                "200 allow-credentials=true allow-origin=https://a.shop.test expose-headers=x-total",
            ),
            (
                "GET https://api.test/x https://a.shop.test.evil.test",
                "200",
            ),
            // http is led to https, the preflight too.
            (
                "?PUT http://api.test/x https://shop.test x-a",
                "301 location=https://api.test/x",
            ),
            ("GET https://api.test/gone https://shop.test", "410"),
            (
                "GET https://api.test/elsewhere/x https://shop.test",
                "unknown: what `include of `elsewhere`` does is not followed",
            ),
            ("GET https://other.test/ https://shop.test", "uncovered"),
        ],
    );
}

#[test]
fn contour_takes_nothing_of_a_proxy_with_a_policy_that_is_not_valid() {
    for (what, told) in [
        ("'*.shop.test'", "no regular expression either"),
        ("", "needs `allowOrigin`"),
    ] {
        let text = format!(
            "kind: HTTPProxy\nmetadata: {{name: a}}\nspec:\n  virtualhost:\n    fqdn: api.test\n    corsPolicy:\n      allowOrigin: [{what}]\n      allowMethods: [GET]\n  routes:\n    - services: [{{name: api, port: 80}}]\n"
        );
        assert_eq!(Form::of(&source("a.yaml", &text)), Ok(Form::Contour));
        let (policy, problems) = read(Form::Contour, &text);
        assert!(problems[0].contains(told), "{problems:?}");
        let found = answer(&policy, "GET https://api.test/ https://a.shop.test");
        assert_eq!(found, "uncovered");
    }
}

const KONG: &str = r#"
_format_version: "3.0"
services:
  - name: api
    url: http://api:8080
    plugins:
      - name: cors
        config: {origins: ["https://shop.test"], headers: [x-a], exposed_headers: [x-total]}
    routes:
      - {name: all, hosts: [api.test]}
      - name: star
        hosts: [api.test]
        paths: [/star]
        plugins: [{name: cors, config: {origins: ["*"], credentials: true, methods: [GET]}}]
      - name: some
        hosts: [api.test]
        paths: ["~/some/[0-9]+$"]
        plugins: [{name: cors, config: {origins: ["https://one.test", '.*\.shop\.test', "two.test"]}}]
      - name: through
        hosts: [api.test]
        paths: [/through]
        plugins: [{name: cors, config: {origins: ["https://shop.test"], preflight_continue: true}}]
  - name: get
    url: http://get:8080
    routes: [{name: get, hosts: [get.test], methods: [GET]}]
plugins:
  - {name: cors, service: get, config: {origins: ["https://shop.test"]}}
"#;

#[test]
fn kong_answers_by_the_plugin_of_the_route_or_of_its_service() {
    let all = "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT";
    check(
        Form::Kong,
        KONG,
        &[
            (
                "?PUT http://api.test/x https://shop.test x-b",
                &format!(
                    "200 allow-headers=x-a allow-methods={all} allow-origin=https://shop.test vary=Origin"
                ),
            ),
            // One origin is told to everybody.
            (
                "GET http://api.test/x https://evil.test",
                "200 allow-origin=https://shop.test expose-headers=x-total vary=Origin",
            ),
            (
                "GET http://api.test/star https://any.test",
                "200 allow-credentials=true allow-origin=https://any.test vary=Origin",
            ),
            (
                "?GET http://api.test/star/x https://any.test x-q",
                "200 allow-credentials=true allow-headers=x-q allow-methods=GET allow-origin=https://any.test vary=Origin",
            ),
            // An expression without `:` is about the host.
            (
                "GET http://api.test/some/1 http://a.shop.test:8080",
                "200 allow-origin=http://a.shop.test:8080 vary=Origin",
            ),
            (
                "GET http://api.test/some/1 https://one.test",
                "200 allow-origin=https://one.test vary=Origin",
            ),
            // A name without a scheme is no origin.
            (
                "GET http://api.test/some/1 https://two.test",
                "200 vary=Origin",
            ),
            (
                "GET http://api.test/through https://shop.test",
                "200 allow-origin=https://shop.test vary=Origin",
            ),
            // A route that lists its methods without OPTIONS has no preflights.
            ("?GET http://get.test/ https://shop.test x-a", "404"),
            (
                "GET http://get.test/ https://shop.test",
                "200 allow-origin=https://shop.test vary=Origin",
            ),
            ("GET http://elsewhere.test/ https://shop.test", "uncovered"),
        ],
    );
}

#[test]
fn kong_is_read_from_its_controller_and_its_admin_api() {
    let plugin = "apiVersion: configuration.konghq.com/v1\nkind: KongPlugin\nmetadata: {name: cors}\nplugin: cors\nconfig: {origins: [\"https://shop.test\"]}\n";
    let ingress = "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: api\n  annotations: {konghq.com/plugins: cors}\nspec:\n  rules: [{host: api.test, http: {paths: [{path: /a, pathType: Prefix}]}}]\n";
    let admin = r#"{"data": [{"name": "cors", "enabled": true, "service": {"id": "x"}, "config": {"origins": ["https://shop.test"], "preflight_continue": false, "methods": null}}]}"#;
    let both = format!("{plugin}{ingress}");
    for text in [plugin, both.as_str(), admin] {
        assert_eq!(Form::of(&source("a.yaml", text)), Ok(Form::Kong), "{text}");
        check(
            Form::Kong,
            text,
            &[(
                "GET http://api.test/a https://shop.test",
                "200 allow-origin=https://shop.test vary=Origin",
            )],
        );
    }
    // What the API shows has every member, and many are null.
    let exported = r#"{"_format_version": "3.0",
      "services": [{"name": "api", "routes": [{"name": "r", "hosts": ["api.test"], "paths": null, "methods": null, "headers": null, "snis": []}]}],
      "plugins": [{"name": "cors", "service": null, "route": null, "consumer": null, "config": {"origins": ["https://shop.test"], "methods": ["PUT"], "headers": null, "exposed_headers": null, "max_age": null}}]}"#;
    check(
        Form::Kong,
        exported,
        &[(
            "?PUT http://api.test/a https://shop.test x-a",
            "200 allow-headers=x-a allow-methods=PUT allow-origin=https://shop.test vary=Origin",
        )],
    );
    let (_, problems) = read(Form::Kong, &plugin.replace("origins", "allow_origins"));
    assert!(
        problems[0].contains("unknown field `allow_origins`"),
        "{problems:?}"
    );
}

const CADDY: &str = r#"{"apps": {"http": {"servers": {"srv0": {"listen": [":443"], "routes": [
  {"match": [{"host": ["api.test"]}], "terminal": true, "handle": [{"handler": "subroute", "routes": [
    {"match": [{"header": {"Origin": ["https://shop.test"]}}, {"header_regexp": {"Origin": {"name": "o", "pattern": "^https://[a-z]+\\.shop\\.test$"}}}],
     "handle": [{"handler": "headers", "response": {"set": {
        "Access-Control-Allow-Origin": ["{http.request.header.Origin}"],
        "Access-Control-Allow-Methods": ["GET, PUT"]}}}]},
    {"group": "g", "match": [{"method": ["OPTIONS"], "not": [{"path": ["/raw/*"]}]}],
     "handle": [{"handler": "static_response", "status_code": 204, "headers": {"Access-Control-Max-Age": ["60"]}}]},
    {"group": "g", "match": [{"path": ["/api/*"]}], "handle": [
      {"handler": "rewrite", "strip_path_prefix": "/api"},
      {"handler": "headers", "response": {"deferred": true, "delete": ["Access-Control-Allow-Methods"]}},
      {"handler": "reverse_proxy", "upstreams": [{"dial": "api:80"}]}]},
    {"group": "g", "handle": [{"handler": "forward_auth"}]}
  ]}]}
]}, "plain": {"listen": [":8080"], "routes": [{"handle": [{"handler": "error", "status_code": 403}]}]}}}}}"#;

#[test]
fn the_json_of_caddy_is_followed_in_its_own_order() {
    assert_eq!(Form::of(&source("caddy.json", CADDY)), Ok(Form::Caddy));
    check(
        Form::Caddy,
        CADDY,
        &[
            (
                "?PUT https://api.test/api/x https://shop.test x-a",
                "204 allow-methods=GET, PUT allow-origin=https://shop.test max-age=60",
            ),
            (
                "GET https://api.test/api/x https://a.shop.test",
                "200 allow-origin=https://a.shop.test",
            ),
            (
                "?PUT https://api.test/api/x https://evil.test",
                "204 max-age=60",
            ),
            (
                "GET https://api.test/other https://shop.test",
                "unknown: what `forward_auth` does is not followed",
            ),
            ("GET http://any.test:8080/ https://shop.test", "403"),
            ("GET https://elsewhere.test/ https://shop.test", "uncovered"),
        ],
    );
    let (policy, _) = read(Form::Caddy, CADDY);
    let origins: Vec<String> = policy
        .grants()
        .into_iter()
        .filter(|grant| grant.kind == Kind::Origin)
        .map(|grant| grant.value)
        .collect();
    assert_eq!(
        origins,
        ["https://shop.test", r"~^https://[a-z]+\.shop\.test$"]
    );
}

#[test]
fn terraform_holds_the_settings_of_the_clouds_that_it_makes() {
    let preflight = "?PUT https://api.test/x https://shop.test x-a";
    let cases = [
        (
            Form::S3,
            "resource \"aws_s3_bucket_cors_configuration\" \"b\" {\n  bucket = aws_s3_bucket.b.id\n  cors_rule {\n    allowed_methods = [\"GET\"]\n    allowed_origins = [\"*\"]\n  }\n  cors_rule {\n    allowed_headers = [\"*\"]\n    allowed_methods = [\"PUT\"]\n    allowed_origins = [\"https://shop.test\"]\n    max_age_seconds = 60\n  }\n}\n",
            "200 allow-credentials=true allow-headers=x-a allow-methods=PUT allow-origin=https://shop.test max-age=60 vary=Origin",
        ),
        (
            Form::ApiGateway,
            "variable \"origins\" {\n  default = [\"https://shop.test\"]\n}\nlocals {\n  names = [\"x-a\"]\n}\nresource \"aws_apigatewayv2_api\" \"api\" {\n  cors_configuration {\n    allow_origins = toset(var.origins)\n    allow_methods = [\"PUT\"]\n    allow_headers = concat(local.names, [\"x-b\"])\n  }\n}\n",
            "204 allow-headers=x-a, x-b allow-methods=PUT allow-origin=https://shop.test",
        ),
        (
            Form::AzureAppService,
            "resource \"azurerm_linux_web_app\" \"app\" {\n  site_config {\n    cors {\n      allowed_origins     = [\"https://shop.test\"]\n      support_credentials = true\n    }\n  }\n}\n",
            "204 allow-credentials=true allow-headers=x-a allow-methods=PUT allow-origin=https://shop.test vary=Origin",
        ),
        (
            Form::Gcs,
            "resource \"google_storage_bucket\" \"b\" {\n  cors {\n    origin          = [\"https://shop.test\"]\n    method          = [\"PUT\"]\n    response_header = [\"x-a\"]\n  }\n}\n",
            "200 allow-headers=x-a allow-methods=PUT allow-origin=https://shop.test vary=Origin",
        ),
        (
            Form::AzureStorage,
            "resource \"azurerm_storage_account\" \"s\" {\n  blob_properties {\n    cors_rule {\n      allowed_origins    = [\"https://${local.host}\"]\n      allowed_methods    = [\"PUT\"]\n      allowed_headers    = [\"x-a\"]\n      exposed_headers    = []\n      max_age_in_seconds = 60\n    }\n  }\n}\nlocals { host = \"shop.test\" }\n",
            "200 allow-credentials=true allow-headers=x-a allow-methods=PUT allow-origin=https://shop.test max-age=60 vary=Origin",
        ),
    ];
    for (form, text, expected) in cases {
        assert_eq!(Form::of(&source("main.tf", text)), Ok(form), "{text}");
        check(form, text, &[(preflight, expected)]);
    }
    // A variable without a default, and values that are computed, are not guessed.
    for value in [
        "var.origins",
        "[for d in var.domains : \"https://${d}\"]",
        "[\"https://${var.domain}\"]",
    ] {
        let text = format!(
            "variable \"origins\" {{ type = list(string) }}\nresource \"aws_apigatewayv2_api\" \"api\" {{\n  cors_configuration {{\n    allow_origins = {value}\n    allow_methods = [\"PUT\"]\n  }}\n}}\n"
        );
        let (policy, problems) = read(Form::ApiGateway, &text);
        assert_eq!(problems, Vec::<String>::new());
        let found = answer(&policy, preflight);
        assert!(
            found.starts_with("unknown: the file does not tell what `"),
            "{found}"
        );
    }
    let (_, problems) = read(
        Form::S3,
        "resource \"aws_s3_bucket\" \"b\" {\n  cors_rule {\n    allowed_origins = [\n}\n",
    );
    assert!(problems[0].starts_with("file:4"), "{problems:?}");
}

#[test]
fn settings_of_clouds_are_found_in_the_files_of_their_tools() {
    let cases = [
        (
            Form::AzureAppService,
            r#"{"IsEncrypted": false, "Values": {}, "Host": {"LocalHttpPort": 7071, "CORS": "https://a.test,https://shop.test", "CORSCredentials": true}}"#,
            "204 allow-credentials=true allow-headers=x-a allow-methods=PUT allow-origin=https://shop.test vary=Origin",
        ),
        (
            Form::ApiGateway,
            "provider:\n  name: aws\n  httpApi:\n    cors:\n      allowedOrigins: [https://shop.test]\n      allowedHeaders: [x-a]\n      allowedMethods: [PUT]\n",
            "204 allow-headers=x-a allow-methods=PUT allow-origin=https://shop.test",
        ),
        (
            Form::S3,
            r#"{"type": "aws_s3_bucket_cors_configuration", "values": {"cors_rule": [{"allowed_headers": ["x-a"], "allowed_methods": ["PUT"], "allowed_origins": ["https://shop.test"]}]}}"#,
            "200 allow-credentials=true allow-headers=x-a allow-methods=PUT allow-origin=https://shop.test vary=Origin",
        ),
    ];
    for (form, text, expected) in cases {
        assert_eq!(Form::of(&source("settings.json", text)), Ok(form), "{text}");
        check(
            form,
            text,
            &[("?PUT https://api.test/x https://shop.test x-a", expected)],
        );
    }
}
