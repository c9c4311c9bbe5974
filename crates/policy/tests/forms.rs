//! What the controllers and clouds answer that no test here can start, form by form, and what is said
//! of what cannot be read.

mod answering;

use answering::{answer, check, read, source};
use policy::{Ask, Form, Policy, Prediction, Rest, Upstream};
use url::Url;

const TRAEFIK: &str = r#"
http:
  routers:
    api:
      rule: "Host(`api.test`) && PathPrefix(`/v1`)"
      middlewares: [cors]
      service: api
    login:
      rule: "Host(`api.test`) && PathPrefix(`/v1/login`)"
      middlewares: [auth, cors@file]
      service: api
    open:
      rule: "Host(`open.test`) || HostRegexp(`^o[0-9]\\.test$`)"
      middlewares: [chained]
      service: api
  middlewares:
    cors:
      headers:
        accessControlAllowOriginList: ["https://shop.test"]
        accessControlAllowOriginListRegex: ["^https://[a-z]+\\.shop\\.test$"]
        accessControlAllowMethods: [GET, PUT]
        accessControlAllowHeaders: ["*"]
        accessControlAllowCredentials: true
        accessControlMaxAge: 100
        addVaryHeader: true
    auth:
      basicAuth: {users: ["x:y"]}
    chained:
      chain: {middlewares: [star]}
    star:
      headers: {accessControlAllowOriginList: ["*"]}
"#;

#[test]
fn traefik_answers_every_preflight_and_lets_the_longest_rule_win() {
    check(
        Form::Traefik,
        TRAEFIK,
        &[
            (
                "?PUT http://api.test/v1/x https://shop.test x-a",
                "200 allow-credentials=true allow-headers=x-a allow-methods=GET,PUT allow-origin=https://shop.test max-age=100",
            ),
            // An origin that is not allowed is answered too.
            (
                "?PUT http://api.test/v1/x https://evil.test x-a",
                "200 allow-credentials=true allow-headers=x-a allow-methods=GET,PUT max-age=100",
            ),
            (
                "GET http://api.test/v1/x https://a.shop.test",
                "200 allow-credentials=true allow-origin=https://a.shop.test vary=Origin",
            ),
            ("?PUT http://api.test/v1/login https://shop.test", "401"),
            ("GET http://api.test/other https://shop.test", "404"),
            ("GET http://o1.test/ https://any.test", "200 allow-origin=*"),
            ("?PUT http://open.test/ null", "200 allow-origin=*"),
            ("GET http://elsewhere.test/ https://any.test", "uncovered"),
        ],
    );
}

#[test]
fn traefik_is_read_from_kubernetes_labels_and_toml_alike() {
    let kubernetes = "apiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: cors, namespace: web}\nspec:\n  headers:\n    accessControlAllowOriginList: [\"https://shop.test\"]\n---\napiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: api}\nspec:\n  routes:\n    - match: Host(`api.test`)\n      kind: Rule\n      middlewares: [{name: cors, namespace: web}]\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: old\n  annotations:\n    traefik.ingress.kubernetes.io/router.middlewares: web-cors@kubernetescrd\nspec:\n  rules: [{host: old.test, http: {paths: [{path: /a, pathType: Prefix}]}}]\n";
    let labels = "services:\n  api:\n    labels:\n      - traefik.http.routers.api.rule=Host(`api.test`)\n      - traefik.http.routers.api.middlewares=cors\n      - traefik.http.middlewares.cors.headers.accesscontrolalloworiginlist=https://shop.test,https://admin.test\n";
    let toml = "[http.routers.api]\nrule = \"Host(`api.test`)\"\nmiddlewares = [\"cors\"]\n[http.middlewares.cors.headers]\naccessControlAllowOriginList = [\"https://shop.test\"]\n";
    for (name, text) in [
        ("a.yaml", kubernetes),
        ("compose.yml", labels),
        ("t.toml", toml),
    ] {
        let source = source(name, text);
        assert_eq!(Form::of(&source), Ok(Form::Traefik), "{name}");
        let (policy, problems) = Policy::read(Form::Traefik, &source);
        assert_eq!(problems, [], "{text}");
        let found = answer(&policy, "GET http://api.test/ https://shop.test");
        assert_eq!(found, "200 allow-origin=https://shop.test", "{text}");
    }
    let (policy, _) = read(Form::Traefik, kubernetes);
    let found = answer(&policy, "GET http://old.test/a https://shop.test");
    assert_eq!(found, "200 allow-origin=https://shop.test");
}

const ISTIO: &str = r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: api}
spec:
  hosts: [api.test]
  http:
    - route: [{destination: {host: rest}}]
    - match:
        - uri: {prefix: /v1}
      corsPolicy:
        allowOrigins:
          - exact: https://shop.test
          - regex: https://[a-z]+\.shop\.test
        allowMethods: [GET, PUT]
        allowHeaders: [x-a, content-type]
        exposeHeaders: [x-total]
        allowCredentials: true
        maxAge: 24h
      route: [{destination: {host: v1}}]
"#;

#[test]
fn istio_puts_routes_for_everything_last_and_joins_lists() {
    check(
        Form::Istio,
        ISTIO,
        &[
            (
                "?PUT https://api.test:8443/v1 https://a.shop.test",
                "200 allow-credentials=true allow-headers=x-a,content-type allow-methods=GET,PUT allow-origin=https://a.shop.test expose-headers=x-total max-age=86400",
            ),
            (
                "GET https://api.test/v1/x https://shop.test",
                "200 allow-credentials=true allow-origin=https://shop.test expose-headers=x-total",
            ),
            (
                "?PUT https://api.test/v1 https://evil.test",
                "unknown: the preflight is passed on to the cluster, and what that answers does not stand in the file",
            ),
            ("GET https://api.test/other https://shop.test", "200"),
        ],
    );
}

const SECURITY: &str = r#"
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: api}
spec:
  parentRefs: [{name: eg}]
  hostnames: [api.test]
  rules:
    - matches: [{path: {type: PathPrefix, value: /v1}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: other}
spec:
  parentRefs: [{name: eg}]
  hostnames: [other.test]
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: {name: all}
spec:
  targetRefs: [{kind: Gateway, name: eg}]
  cors: {allowOrigins: ["*"]}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: {name: own}
spec:
  targetRef: {kind: HTTPRoute, name: api}
  cors:
    allowOrigins: ["https://*.shop.test"]
    allowMethods: [PUT, DELETE]
    maxAge: 10m
"#;

#[test]
fn a_policy_of_a_route_replaces_that_of_its_gateway() {
    check(
        Form::EnvoyGateway,
        SECURITY,
        &[
            (
                "?PUT https://api.test/v1 https://a.b.shop.test",
                "200 allow-methods=PUT, DELETE allow-origin=https://a.b.shop.test max-age=600",
            ),
            ("GET https://api.test/v1 https://evil.test", "200"),
            ("GET https://api.test/v2 https://a.shop.test", "404"),
        ],
    );
    let rule = SECURITY.replace(
        "hostnames: [other.test]",
        "hostnames: [other.test]\n  rules: [{}]",
    );
    check(
        Form::EnvoyGateway,
        &rule,
        &[("GET https://other.test/ null", "200 allow-origin=null")],
    );
}

const S3: &str = r#"{"CORSRules": [
  {"AllowedOrigins": ["https://*.shop.test"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["x-amz-*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 3000},
  {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
]}"#;

#[test]
fn s3_takes_the_first_rule_that_fits_origin_method_and_every_header() {
    let cases = [
        (
            "?PUT https://b.s3.test/k https://a.shop.test x-amz-acl",
            "200 allow-credentials=true allow-headers=x-amz-acl allow-methods=GET, PUT allow-origin=https://a.shop.test expose-headers=ETag max-age=3000 vary=Origin",
        ),
        (
            "?PUT https://b.s3.test/k https://a.shop.test x-other",
            "403",
        ),
        ("?PUT https://b.s3.test/k https://evil.test", "403"),
        (
            "GET https://b.s3.test/k https://evil.test",
            "200 allow-methods=GET allow-origin=*",
        ),
        ("OPTIONS https://b.s3.test/k https://evil.test", "400"),
        ("DELETE https://b.s3.test/k https://a.shop.test", "200"),
    ];
    check(Form::S3, S3, &cases);
    let xml = "<CORSConfiguration>\n<CORSRule><AllowedOrigin>https://*.shop.test</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>\n<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>\n</CORSConfiguration>";
    check(Form::S3, xml, &cases);
}

#[test]
fn the_clouds_answer_each_in_its_way() {
    check(
        Form::ApiGateway,
        r#"{"CorsConfiguration": {"AllowOrigins": ["https://*"], "AllowMethods": ["PUT"], "AllowHeaders": ["x-a"], "MaxAge": 5}}"#,
        &[
            (
                "?PUT https://x.test/ https://a.test",
                "204 allow-headers=x-a allow-methods=PUT allow-origin=https://a.test max-age=5",
            ),
            ("?PUT https://x.test/ http://a.test", "204"),
            (
                "GET https://x.test/ https://a.test",
                "200 allow-origin=https://a.test",
            ),
        ],
    );
    check(
        Form::Gcs,
        r#"[{"origin": ["https://a.test"], "method": ["GET", "PUT"], "responseHeader": ["x-a"], "maxAgeSeconds": 5}]"#,
        &[
            (
                "?PUT https://x.test/ https://a.test x-a",
                "200 allow-headers=x-a allow-methods=GET, PUT allow-origin=https://a.test max-age=5 vary=Origin",
            ),
            ("?PUT https://x.test/ https://a.test x-b", "200"),
            (
                "GET https://x.test/ https://a.test",
                "200 allow-origin=https://a.test expose-headers=x-a vary=Origin",
            ),
        ],
    );
    check(
        Form::AzureStorage,
        "<Cors><CorsRule><AllowedOrigins>https://a.test,https://b.test</AllowedOrigins><AllowedMethods>GET,PUT</AllowedMethods><AllowedHeaders>x-ms-*</AllowedHeaders><ExposedHeaders>x-ms-id</ExposedHeaders><MaxAgeInSeconds>5</MaxAgeInSeconds></CorsRule></Cors>",
        &[
            (
                "?PUT https://x.test/ https://b.test x-ms-date",
                "200 allow-credentials=true allow-headers=x-ms-date allow-methods=PUT allow-origin=https://b.test max-age=5 vary=Origin",
            ),
            ("?PUT https://x.test/ https://c.test", "403"),
        ],
    );
    check(
        Form::AzureAppService,
        r#"{"cors": {"allowedOrigins": ["https://a.test"], "supportCredentials": true}}"#,
        &[
            (
                "?PUT https://x.test/ https://a.test x-a",
                "204 allow-credentials=true allow-headers=x-a allow-methods=PUT allow-origin=https://a.test vary=Origin",
            ),
            ("GET https://x.test/ https://b.test", "200"),
        ],
    );
    check(
        Form::CloudFront,
        r#"{"CorsConfig": {"AccessControlAllowOrigins": {"Items": ["https://*.a.test"]}, "AccessControlAllowMethods": {"Items": ["ALL"]}, "AccessControlAllowHeaders": {"Items": ["*"]}, "AccessControlAllowCredentials": false, "OriginOverride": true}}"#,
        &[
            (
                "GET https://x.test/ https://b.a.test",
                "200 allow-origin=https://b.a.test vary=Origin",
            ),
            (
                "?PUT https://x.test/ https://b.a.test",
                "unknown: the preflight is passed on to what is behind, and what that answers does not stand in the file",
            ),
        ],
    );
}

#[test]
fn what_a_controller_refuses_is_a_problem_with_its_line() {
    for (form, text, expected) in [
        (
            Form::Traefik,
            "http:\n  middlewares:\n    c:\n      headers:\n        accessControlAllowOrigin: x\n",
            "file:5: `accessControlAllowOrigin` is of Traefik 1",
        ),
        (
            Form::Traefik,
            "http:\n  routers:\n    r:\n      rule: Hosts(`a`)\n",
            "file:3: `Hosts` is not a matcher",
        ),
        (
            Form::Envoy,
            "virtual_hosts:\n- domains: [a]\n  routes:\n  - match: {prefix: /}\n    route: {cluster: x}\n    typed_per_filter_config:\n      envoy.filters.http.cors:\n        allow_methods: [GET]\n",
            "file:8: `allow_methods` is one text with commas",
        ),
        (
            Form::Istio,
            "kind: VirtualService\nspec:\n  http:\n  - corsPolicy:\n      allowedOrigins: []\n",
            "file:5: unknown field `allowedOrigins`",
        ),
        (
            Form::S3,
            "[{\"AllowedOrigins\": [\"https://*.*.test\"], \"AllowedMethods\": [\"PATCH\"]}]",
            "S3 knows no method `PATCH`",
        ),
        (
            Form::ApiGateway,
            "AllowOrigins: [\"*\"]\nAllowCredentials: true\n",
            "file:1: `*` does not go with credentials",
        ),
        (
            Form::HaProxy,
            "frontend f\n  bind :80\n  http-response set-header A %[req.hdr(origin)]\n",
            "file:3: `req.hdr` is of the request",
        ),
        (
            Form::HaProxy,
            "frontend f\n  rspadd Access-Control-Allow-Origin:\\ *\n",
            "file:2: `rspadd` is gone",
        ),
        (
            Form::Apache,
            "Header put X 1\n",
            "file:1: `Header` has no action `put`",
        ),
        (
            Form::Caddy,
            "a.test {\n  header @nobody X 1\n}\n",
            "file:2: there is no matcher `@nobody`",
        ),
    ] {
        let (_, problems) = read(form, text);
        assert!(
            problems.iter().any(|problem| problem.contains(expected)),
            "{form} {problems:?}\n{text}"
        );
    }
}

#[test]
fn a_file_is_known_by_what_stands_in_it_and_an_unknown_one_says_which_there_are() {
    for (name, text, form) in [
        ("x.json", S3, Form::S3),
        (
            "cors.xml",
            "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>",
            Form::S3,
        ),
        (
            "x.json",
            "[{\"origin\": [\"*\"], \"method\": [\"GET\"], \"maxAgeSeconds\": 5}]",
            Form::Gcs,
        ),
        ("x.json", "{\"AllowOrigins\": [\"*\"]}", Form::ApiGateway),
        (
            "x.json",
            "{\"cors\": {\"allowedOrigins\": [], \"supportCredentials\": false}}",
            Form::AzureAppService,
        ),
        (
            "x.json",
            "[{\"origin\": [\"*\"], \"method\": [\"GET\"]}]",
            Form::Gcs,
        ),
        (
            "x.json",
            "{\"properties\": {\"cors\": {\"allowedOrigins\": [\"*\"]}}}",
            Form::AzureAppService,
        ),
        ("x.json", "{\"kind\":\"Ingress\"}", Form::IngressNginx),
        ("x.yaml", ISTIO, Form::Istio),
        ("x.yaml", SECURITY, Form::EnvoyGateway),
        ("x.yaml", TRAEFIK, Form::Traefik),
        (
            "x.yaml",
            "http:\n  routers:\n    api: {rule: \"Host(`a.test`)\", middlewares: [c], service: s}\n  middlewares:\n    c:\n      headers:\n        customResponseHeaders: {Access-Control-Allow-Origin: \"*\"}\n",
            Form::Traefik,
        ),
        ("x.yaml", "virtual_hosts: []", Form::Envoy),
        ("Caddyfile", "x", Form::Caddy),
        (
            "site",
            "a.test {\n  header X 1\n  respond 204\n}\n",
            Form::Caddy,
        ),
        (".htaccess", "Header set X 1\n", Form::Apache),
        (
            "x.conf",
            "<VirtualHost *:80>\n</VirtualHost>\n",
            Form::Apache,
        ),
        ("x.cfg", "frontend web\n  bind :80\n", Form::HaProxy),
        ("x.conf", "server { add_header A 1; }\n", Form::Nginx),
    ] {
        assert_eq!(Form::of(&source(name, text)), Ok(form), "{name} {text}");
    }
    for (name, text) in [("x.yaml", "a: 1\n"), ("x.txt", "nothing of interest\n")] {
        let error = Form::of(&source(name, text)).expect_err(text);
        for form in Form::ALL {
            assert!(error.contains(form.as_str()), "{error}");
        }
    }
}

#[test]
fn a_file_of_a_platform_that_is_not_known_is_told_apart() {
    for (name, text, words) in [
        (
            "main.tf",
            "resource \"aws_lambda_function_url\" \"x\" {\n  cors {\n    allow_origins = [\"*\"]\n  }\n}\n",
            "Terraform",
        ),
        (
            "host.json",
            "{\"version\": \"2.0\"}",
            "az functionapp cors show",
        ),
        (
            "app.yaml",
            "properties:\n  configuration:\n    ingress:\n      corsPolicy:\n        allowedOrigins: [\"https://shop.test\"]\n        allowedMethods: [GET]\n",
            "Container Apps",
        ),
    ] {
        let error = Form::of(&source(name, text)).expect_err(text);
        assert!(error.contains(words) && error.contains("--form"), "{error}");
    }
}

/// Why a header is missing, for the preflight of a request.
fn lost(form: Form, text: &str, what: &str) -> Vec<String> {
    let (policy, problems) = read(form, text);
    assert_eq!(problems, Vec::<String>::new());
    let url = Url::parse("http://api.test/x").expect("a URL");
    let known = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    let ask = Ask {
        method: what,
        url: &url,
        headers: vec![
            known("origin", "https://a.test"),
            known("access-control-request-method", "PUT"),
        ],
        rest: Rest::Absent,
    };
    let sent = |status: u16| cors::Answer {
        status,
        headers: [("Access-Control-Allow-Origin", "*")].into_iter().collect(),
    };
    let upstream = Upstream {
        preflight: Some(sent(405)),
        response: Some(sent(200)),
    };
    match policy.answer(&ask, &upstream) {
        Prediction::Response(told) => told
            .lost
            .iter()
            .map(|lost| format!("{} {}: {}", lost.place.line, lost.header, lost.reason))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_is_told_why_a_header_that_is_set_is_missing() {
    const NAME: &str = "Access-Control-Allow-Origin";
    for (form, text, method, expected) in [
        (
            Form::Nginx,
            "server {\n  add_header Access-Control-Allow-Origin *;\n  location / {\n    add_header X-A 1;\n    return 200;\n  }\n}",
            "GET",
            format!(
                "2 {NAME}: the `add_header` at file:4 hides those of the levels around it: a level with one of its own inherits none"
            ),
        ),
        (
            Form::Nginx,
            "server {\n  add_header Access-Control-Allow-Origin *;\n  return 405;\n}",
            "OPTIONS",
            format!("2 {NAME}: `add_header` without `always` adds nothing to an answer 405"),
        ),
        (
            Form::Nginx,
            "server {\n  location / {\n    if ($http_origin) {\n      add_header Access-Control-Allow-Origin *;\n    }\n    if ($request_method = OPTIONS) {\n      add_header X-A 1;\n      return 204;\n    }\n    return 200;\n  }\n}",
            "OPTIONS",
            format!(
                "4 {NAME}: the `if` at file:6 holds too: the last that holds takes the place of all before it, with their headers"
            ),
        ),
        (
            Form::Nginx,
            "server {\n  proxy_hide_header Access-Control-Allow-Origin;\n  location / { proxy_pass http://x; }\n}",
            "GET",
            format!("2 {NAME}: the server behind sends it, and `proxy_hide_header` takes it away"),
        ),
        (
            Form::Apache,
            "Header set Access-Control-Allow-Origin *\nRewriteEngine On\nRewriteCond %{REQUEST_METHOD} OPTIONS\nRewriteRule ^ - [R=204,L]\n",
            "OPTIONS",
            format!(
                "1 {NAME}: `Header` without `always` sets nothing in an answer 204 of the server's own"
            ),
        ),
        (
            Form::HaProxy,
            "frontend f\n  bind :80\n  http-request return status 204 if METH_OPTIONS\n  http-response set-header Access-Control-Allow-Origin *\n",
            "OPTIONS",
            format!(
                "4 {NAME}: `http-response` does nothing to an answer of HAProxy's own: that is what `http-after-response` is for"
            ),
        ),
        (
            Form::Caddy,
            "api.test {\n  header >Access-Control-Allow-Origin *\n  error 403\n}\n",
            "GET",
            format!(
                "2 {NAME}: the header is set as an answer is written (`defer`, `?`, `-` or `>` in its directive), which Caddy's own errors pass by"
            ),
        ),
    ] {
        assert_eq!(lost(form, text, method), vec![expected], "{text}");
    }
}
