//! What stands around commands and answers where people copy them from: prompts, other programs, variables,
//! pipes; and the forms that are no output of a command line.
#![allow(missing_docs)]

use explain::dump::{self, BadDump, Given};
use explain::recorded;

const ASKS: &str = "-i -X OPTIONS https://api.test/x -H 'Origin: https://app.test' -H 'Access-Control-Request-Method: PUT'";
const ANSWER: &str = "HTTP/2 204 \naccess-control-allow-origin: https://app.test\naccess-control-allow-methods: GET\n\n";
const REFUSED: &str =
    "PUT https://api.test/x from https://app.test: blocked MethodDisallowedByPreflightResponse";

/// The verdict as `METHOD URL from ORIGIN: verdict error-or-missing-stage`.
fn shown(what: &str, text: &str) -> String {
    let dump = dump::read(text.as_bytes(), &Given::default())
        .unwrap_or_else(|error| panic!("{what}: {error}\n{text}"));
    let request = &dump.exchange.request;
    let judgement = recorded(&dump.exchange).judgement;
    let why = match (judgement.error, judgement.scene.missing) {
        (Some(error), _) => error.as_str(),
        (None, Some(stage)) => stage.as_str(),
        (None, None) => "",
    };
    let (method, url, origin) = (request.method(), request.url(), request.page_origin());
    let ruling = judgement.ruling;
    format!("{method} {url} from {origin}: {ruling} {why}")
        .trim_end()
        .to_owned()
}

fn refusal(text: &str) -> BadDump {
    dump::read(text.as_bytes(), &Given::default()).expect_err(text)
}

#[test]
fn a_command_is_found_behind_any_prompt_and_program() {
    for before in [
        "$ ",
        "C:\\Users\\me>",
        "PS C:\\Users\\me> ",
        "[user@localhost ~]$ ",
        "root@web-1:/# ",
        "/ # ",
        "\u{276f} ",
        "\u{279c}  shop git:(main) \u{2717} ",
        "$ time ",
        "$ sudo docker exec web ",
        "$ kubectl exec -it web-0 -- ",
        "headers=$(",
        "Steps: run `",
    ] {
        let text = format!("{before}curl {ASKS}\n{ANSWER}");
        assert_eq!(shown(before, &text), REFUSED, "{before}");
    }
    let wrapped = format!("```\n$ curl {ASKS} 2>/dev/null | head -20\n{ANSWER}```\n");
    assert_eq!(shown("a pipe", &wrapped), REFUSED);
    let goes_on = format!(
        "$ curl -i --request OPTIONS \\\n>   --url https://api.test/x \\\n>   -H 'Access-Control-Request-Method: PUT' \\\n>   -H 'Origin: https://app.test'\n{ANSWER}"
    );
    assert_eq!(shown("prompts of further lines", &goes_on), REFUSED);
}

#[test]
fn a_quote_without_an_end_does_not_swallow_the_answer() {
    let text = format!("$ curl {ASKS} # it's the preflight\n{ANSWER}");
    assert_eq!(shown("a comment", &text), REFUSED);
}

#[test]
fn variables_have_the_values_that_the_dump_gives_them() {
    let asks = "-H 'Access-Control-Request-Method: PUT'";
    for (given, command) in [
        (
            "API=https://api.test/x\nexport ORIGIN='https://app.test'",
            "curl -i -X OPTIONS \"$API\" -H \"Origin: ${ORIGIN}\"",
        ),
        (
            "set API=https://api.test\nset ORIGIN=https://app.test",
            "C:\\>curl -i -X OPTIONS \"%API%/x\" -H \"Origin: %ORIGIN%\"",
        ),
    ] {
        let text = format!("{given}\n{command} {}\n{ANSWER}", asks.replace('\'', "\""));
        assert_eq!(shown(given, &text), REFUSED);
    }
    let unknown =
        format!("curl -i -X OPTIONS \"$API/x\" -H 'Origin: https://app.test' {asks}\n{ANSWER}");
    assert_eq!(refusal(&unknown), BadDump::Variable("$API".to_owned()));
    let unknown =
        format!("curl -i -X OPTIONS https://api.test/x -H \"Origin: $ORIGIN\" {asks}\n{ANSWER}");
    assert_eq!(refusal(&unknown), BadDump::Variable("$ORIGIN".to_owned()));
    let odata = format!(
        "curl -i 'https://api.test/$metadata?$top=1' -H 'Origin: https://app.test'\n{ANSWER}"
    );
    let expected = "GET https://api.test/$metadata?$top=1 from https://app.test: allowed";
    assert_eq!(shown("a path with a dollar", &odata), expected);
}

#[test]
fn a_method_of_its_own_goes_before_that_of_an_option() {
    for options in [
        "-X OPTIONS -I",
        "-I -XOPTIONS",
        "--head --request OPTIONS",
        "-vIX OPTIONS",
    ] {
        let text = format!(
            "curl {options} --request-target '*' https://api.test/x -H 'Origin: https://app.test' -H 'Access-Control-Request-Method: PUT'\n{ANSWER}"
        );
        assert_eq!(shown(options, &text), REFUSED);
    }
    let spider = "$ wget -S --spider --header 'Origin: https://app.test' https://api.test/x\n  HTTP/1.1 200 OK\n  Server: x\n";
    assert_eq!(
        shown("wget", spider),
        "HEAD https://api.test/x from https://app.test: blocked MissingAllowOriginHeader"
    );
}

#[test]
fn single_quotes_are_read_as_fish_and_as_bash_write_them() {
    for (shell, note) in [
        ("fish", r"'x-note: it\'s'"),
        ("fish, an even number", r"'x-note: \'it\' \\ is'"),
        ("bash", r"'x-note: it'\''s'"),
        ("bash with C's escapes", r"$'x-note: it\'s'"),
    ] {
        let text = format!(
            "curl 'https://api.test/x' -X PUT -H 'origin: https://app.test' -H {note} -H 'x-tenant: b'"
        );
        let dump = dump::read(text.as_bytes(), &Given::default()).expect(shell);
        let question = dump.exchange.request.question();
        assert_eq!(
            question.headers.as_deref(),
            Some("x-note,x-tenant"),
            "{shell}"
        );
    }
}

#[test]
fn lines_come_with_times_and_values_go_on() {
    let timed = "10:00:00.123456 [0-0] > GET /x HTTP/1.1\n10:00:00.123460 > Host: api.test\n10:00:00.123461 > Origin: https://app.test\n10:00:00.123462 > \n10:00:00.223460 < HTTP/1.1 200 OK\n10:00:00.223460 < Server: nginx\n10:00:00.223460 < \n";
    assert_eq!(
        shown("--trace-time", timed),
        "GET https://api.test/x from https://app.test: blocked MissingAllowOriginHeader"
    );
    let folded = format!(
        "curl {ASKS}\nHTTP/1.1 204 No Content\nAccess-Control-Allow-Methods: GET,\n PUT\nAccess-Control-Allow-Origin: *\n\n"
    );
    assert_eq!(
        shown("folded", &folded),
        "PUT https://api.test/x from https://app.test: incomplete response"
    );
}

#[test]
fn what_surrounds_a_command_is_not_part_of_it() {
    let curly = ASKS
        .replace(" 'Origin", " \u{2018}Origin")
        .replace(".test' -H '", ".test\u{2019} -H \u{2018}");
    let curly = curly.replacen("PUT'", "PUT\u{2019}", 1);
    assert_eq!(
        shown("curly quotes", &format!("curl {curly}\n{ANSWER}")),
        REFUSED
    );
    let ended = format!(
        "curl -i -X OPTIONS -H 'Origin: https://app.test' -H 'Access-Control-Request-Method: PUT' 'https://api.test/x';echo\n{ANSWER}"
    );
    assert_eq!(shown("the next command", &ended), REFUSED);
    let secure = format!(
        "$ xh OPTIONS api.test/x Origin:https://app.test Access-Control-Request-Method:PUT --https\n{ANSWER}"
    );
    assert_eq!(shown("xh --https", &secure), REFUSED);
    let script = "> GET /x HTTP/2\n> Host: api.test\n> Origin: https://app.test\n>\n< HTTP/2 200\n< access-control-allow-origin: *\n<\n<script>\nconst r = await fetch('https://other.test/y', {method: 'PUT'});\n  run `curl -X PUT https://other.test/y`\n";
    assert_eq!(
        shown("a script in a body", script),
        "GET https://api.test/x from https://app.test: allowed"
    );
    let body = "$ curl -i -H 'Origin: https://app.test' https://api.test/x\nHTTP/1.1 200 OK\nAccess-Control-Allow-Origin: *\n\nGET / HTTP/1.1\nHost: x\nno header\n";
    assert_eq!(
        shown("a request in a body", body),
        "GET https://api.test/x from https://app.test: allowed"
    );
}

#[test]
fn a_preflight_may_ask_in_several_lines() {
    let text = "> OPTIONS /x HTTP/2\n> Host: api.test\n> Origin: https://app.test\n> Access-Control-Request-Method: GET\n> Access-Control-Request-Headers: x-a\n> Access-Control-Request-Headers: x-b\n>\n< HTTP/2 204\n< access-control-allow-origin: *\n< access-control-allow-headers: x-a\n<\n";
    assert_eq!(
        shown("two lines", text),
        "GET https://api.test/x from https://app.test: blocked HeaderDisallowedByPreflightResponse"
    );
}

#[test]
fn answers_of_proxies_are_not_the_servers() {
    let text = format!(
        "curl {ASKS} -x http://proxy:3128\nHTTP/1.1 407 Proxy Authentication Required\nproxy-authenticate: Basic\n\nHTTP/1.1 200 Connection established\n\n{ANSWER}"
    );
    assert_eq!(shown("407", &text), REFUSED);
}

#[test]
fn a_call_of_fetch_is_read_as_people_write_it() {
    let expected = "PUT https://api.test/x from https://app.test: incomplete preflight";
    for (what, call) in [
        (
            "unquoted names",
            "const r = await fetch('https://api.test/x', {\n  method: 'PUT',\n  headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}`, },\n  // a comment, with a bracket (\n  credentials: 'include',\n  body: JSON.stringify({ a: [1, ')'] }),\n}).then(r => r.json())\n",
        ),
        (
            "expressions",
            "return fetch(`https://api.test/x`, { ...options, headers: {authorization: auth(1, 2), 'content-type': \"application/\" + kind}, method: \"PUT\" });",
        ),
    ] {
        let given = Given {
            origin: Some("https://app.test".to_owned()),
            ..Given::default()
        };
        let dump =
            dump::read(call.as_bytes(), &given).unwrap_or_else(|error| panic!("{what}: {error}"));
        let judgement = recorded(&dump.exchange).judgement;
        let request = &dump.exchange.request;
        let (method, url, origin) = (request.method(), request.url(), request.page_origin());
        let missing = judgement.scene.missing.map_or("", cors::Stage::as_str);
        assert_eq!(
            format!(
                "{method} {url} from {origin}: {} {missing}",
                judgement.ruling
            ),
            expected,
            "{what}"
        );
        assert_eq!(
            request.question().headers.as_deref(),
            Some("authorization,content-type"),
            "{what}"
        );
    }
    let given = refusal("fetch(API + '/x', {method: 'PUT'})");
    assert_eq!(given, BadDump::NoOrigin);
}

#[test]
fn headers_of_powershell_are_read_as_list_and_as_json() {
    let command = "PS C:\\> (iwr https://api.test/x -Method Options -Headers @{Origin='https://app.test';'Access-Control-Request-Method'='PUT'}).Headers";
    for (what, output) in [
        (
            "list",
            " | fl\n\n\nKey   : Access-Control-Allow-Origin\nValue : {https://app.test}\n\nKey   : Access-Control-Allow-Methods\nValue : {GET}\n\n",
        ),
        (
            "JSON",
            " | ConvertTo-Json\n{\n  \"Access-Control-Allow-Origin\": [\n    \"https://app.test\"\n  ],\n  \"Access-Control-Allow-Methods\": \"GET\"\n}\n",
        ),
    ] {
        assert_eq!(shown(what, &format!("{command}{output}")), REFUSED);
    }
}

#[test]
fn the_panel_of_devtools_is_read() {
    let below = "General\nRequest URL:\nhttps://api.test/x\nRequest Method:\nOPTIONS\nStatus Code:\n204 No Content\nResponse Headers\naccess-control-allow-origin:\nhttps://app.test\naccess-control-allow-methods:\nGET\nRequest Headers\n:authority:\napi.test\naccess-control-request-method:\nPUT\norigin:\nhttps://app.test\n";
    let beside = "Request URL: https://api.test/x\nRequest Method: OPTIONS\nStatus Code: 204 No Content\nResponse Headers view source\nAccess-Control-Allow-Origin: https://app.test\nAccess-Control-Allow-Methods: GET\nRequest Headers (2)\nOrigin: https://app.test\nAccess-Control-Request-Method: PUT\n";
    for panel in [below, beside] {
        assert_eq!(shown("a panel", panel), REFUSED);
    }
    let headless = beside
        .replace("Response Headers view source\n", "")
        .replace("Request Headers (2)\n", "");
    assert_eq!(
        shown("what is marked without the headings", &headless),
        REFUSED
    );
}

#[test]
fn a_preflight_that_nothing_needs_is_judged_where_it_is_all_there_is() {
    let asks = "$ curl -i -X OPTIONS https://api.test/x -H 'Origin: https://app.test' -H 'Access-Control-Request-Method: POST' -H 'Access-Control-Allow-Headers: content-type'\n";
    let text = format!("{asks}HTTP/1.1 405 Method Not Allowed\nAllow: GET, POST\n\n");
    let dump = dump::read(text.as_bytes(), &Given::default()).expect("a dump");
    let verdict = recorded(&dump.exchange);
    let error = verdict.judgement.error.map(cors::CorsError::as_str);
    assert_eq!(error, Some("PreflightMissingAllowOriginHeader"));
    let notes = dump.notes.join(" ");
    assert!(notes.contains("access-control-request-headers"), "{notes}");
    assert!(notes.contains("needs no preflight"), "{notes}");
    let with_answer = format!(
        "{text}$ curl -i -X POST https://api.test/x -H 'Origin: https://app.test'\nHTTP/1.1 200 OK\nAccess-Control-Allow-Origin: *\n\n"
    );
    assert_eq!(
        shown("the request itself passes", &with_answer),
        "POST https://api.test/x from https://app.test: allowed"
    );
}

#[test]
fn why_there_is_no_answer_is_told() {
    let failed = "$ curl -i https://api.test/x -H 'Origin: https://app.test'\ncurl: (60) SSL certificate problem: certificate has expired\n";
    assert!(matches!(refusal(failed), BadDump::Failed { line: 2, .. }));
    assert!(
        refusal(failed)
            .to_string()
            .contains("certificate has expired")
    );
    let tunnel = "> CONNECT api.test:443 HTTP/1.1\n> Host: api.test:443\n>\n< HTTP/1.1 407 Proxy Authentication Required\n<\n* CONNECT tunnel failed, response 407\ncurl: (56) CONNECT tunnel failed, response 407\n";
    assert!(
        refusal(tunnel)
            .to_string()
            .contains("the proxy answered CONNECT with 407")
    );
    let piped = format!("curl {ASKS} | grep -i access\naccess-control-allow-origin: *\n");
    assert_eq!(refusal(&piped), BadDump::NoStatus { line: 2 });
}

#[test]
fn a_status_that_is_not_shown_is_assumed_and_said_to_be() {
    let headers = "content-type: text/plain\naccess-control-allow-origin: https://www.test\n";
    let asked = "curl https://api.test/x -H 'Origin: https://app.test'\n";
    let panel = format!(
        "Request URL: https://api.test/x\nRequest Method: GET\nResponse Headers\n{headers}Request Headers\norigin: https://app.test\n"
    );
    for text in [
        format!("{asked}{headers}"),
        format!("{asked}\n{headers}\n<p>a: b</p>\n"),
        panel.clone(),
    ] {
        let dump = dump::read(text.as_bytes(), &Given::default()).expect(&text);
        let judgement = recorded(&dump.exchange).judgement;
        assert_eq!(
            judgement.error,
            Some(cors::CorsError::AllowOriginMismatch),
            "{text}"
        );
        assert!(
            dump.notes.concat().contains("assumed to be 200"),
            "{:?}",
            dump.notes
        );
    }
    // Of a preflight it decides, so what tells of another one is not guessed over.
    for other in ["location: /login", "www-authenticate: Bearer", "allow: GET"] {
        let text = format!("{asked}{headers}{other}\n");
        assert_eq!(refusal(&text), BadDump::NoStatus { line: 2 }, "{other}");
        assert!(
            dump::read(
                format!("{panel}\n")
                    .replace("Request Headers", &format!("{other}\nRequest Headers"))
                    .as_bytes(),
                &Given::default()
            )
            .is_err()
        );
    }
    // A status that stands alone is one.
    let console = "GET https://api.test/x\n404 Not Found\n81 ms\nRequest Headers\nOrigin: https://app.test\nResponse Headers\nContent-Type: text/plain\n";
    assert_eq!(
        shown("a console of a REST client", console),
        "GET https://api.test/x from https://app.test: blocked MissingAllowOriginHeader"
    );
    let dump = dump::read(console.as_bytes(), &Given::default()).expect(console);
    let answer = dump.exchange.hops[0].response.as_ref().expect("an answer");
    assert_eq!((answer.status, dump.notes.len()), (404, 0));
}

#[test]
fn a_panel_of_firefox_has_values_below_their_names() {
    let text = "GET\n\thttps://api.test/x\nStatus\n200\nVersionHTTP/2\nTransferred1.2 kB\n\n\t\naccess-control-allow-origin\n\thttps://www.test\nContent-Type\n\ttext/plain\n\n\t\nAccept\n\t*/*\nOrigin\n\thttps://app.test\n";
    assert_eq!(
        shown("a panel", text),
        "GET https://api.test/x from https://app.test: blocked AllowOriginMismatch"
    );
}

#[test]
fn a_panel_of_devtools_is_read_without_its_headings() {
    let values = [
        ("Request URL", "https://api.test/x"),
        ("Request Method", "GET"),
        ("Status Code", "200 OK"),
        ("Remote Address", "192.0.2.1:443"),
        ("Referrer Policy", "strict-origin-when-cross-origin"),
        ("access-control-allow-origin", "https://www.test"),
        ("content-type", "text/plain"),
        ("accept", "*/*"),
        ("origin", "https://app.test"),
        ("x-tenant", "1"),
    ];
    for (end, what) in [("\n", "no colon"), (":\n", "a colon"), (": ", "one line")] {
        let text: Vec<String> = values[..9]
            .iter()
            .map(|(name, value)| format!("{name}{end}{value}\n"))
            .collect();
        assert_eq!(
            shown(what, &text.concat()),
            "GET https://api.test/x from https://app.test: blocked AllowOriginMismatch"
        );
        let text: Vec<String> = values
            .iter()
            .map(|(name, value)| format!("{name}{end}{value}\n"))
            .collect();
        assert_eq!(
            shown(what, &text.concat()),
            "GET https://api.test/x from https://app.test: incomplete preflight",
            "the page's own headers stand behind the answer's"
        );
    }
}

#[test]
fn safari_shows_the_url_in_its_summary() {
    let text = "Summary\nURL: https://api.test/x\nStatus: 200\nSource: Network\n\nRequest\nGET /x HTTP/1.1\nOrigin: https://app.test\n\nResponse\nHTTP/1.1 200 OK\nContent-Type: text/plain\n";
    assert_eq!(
        shown("Safari", text),
        "GET https://api.test/x from https://app.test: blocked MissingAllowOriginHeader"
    );
}

#[test]
fn a_request_of_a_rest_client_has_no_version() {
    let text = "### list\nGET https://api.test/x\nOrigin: https://app.test\n\nHTTP/1.1 200 OK\nContent-Type: text/plain\n";
    assert_eq!(
        shown("a request", text),
        "GET https://api.test/x from https://app.test: blocked MissingAllowOriginHeader"
    );
    let sentence = "GET https://api.test/x\nfails, see below.\n\n$ curl -i -H 'Origin: https://app.test' https://api.test/x\nHTTP/1.1 200 OK\n\n";
    assert_eq!(
        shown("a sentence", sentence),
        "GET https://api.test/x from https://app.test: blocked MissingAllowOriginHeader"
    );
}

#[test]
fn what_tools_and_proxies_add_makes_no_preflight_necessary() {
    for added in [
        "Postman-Token: 1\nCache-Control: no-cache",
        "X-Forwarded-For: 192.0.2.1\nX-Forwarded-Proto: https\nX-Real-IP: 192.0.2.1",
        "CF-Ray: 1\nCF-Connecting-IP: 192.0.2.1\nCDN-Loop: cloudflare",
        "X-Request-Start: t=1\nX-Vercel-Id: a\nFly-Client-IP: 192.0.2.1",
        "X-Amzn-Trace-Id: Root=1\nForwarded: for=192.0.2.1",
    ] {
        let text = format!(
            "GET /x HTTP/1.1\nHost: api.test\nOrigin: https://app.test\n{added}\n\nHTTP/1.1 200 OK\n\n"
        );
        assert_eq!(
            shown(added, &text),
            "GET https://api.test/x from https://app.test: blocked MissingAllowOriginHeader"
        );
    }
}
