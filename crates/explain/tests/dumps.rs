//! What command line tools print, and the commands themselves.
#![allow(missing_docs)]

use cors::{Credentials, Ruling};
use explain::dump::{self, BadDump, Dump, Given};
use explain::recorded;

fn report(file: &str) -> Vec<u8> {
    let path = format!("{}/tests/reports/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("a file of the tests")
}

/// The verdict as `METHOD URL from ORIGIN credentials: verdict error-or-missing-stage parameter`.
fn shown(dump: &Dump) -> String {
    let exchange = &dump.exchange;
    let request = &exchange.request;
    let judgement = recorded(exchange).judgement;
    let why = match (judgement.error, judgement.scene.missing) {
        (Some(error), _) => error.as_str(),
        (None, Some(stage)) => stage.as_str(),
        (None, None) => "",
    };
    let text = format!(
        "{} {} from {} {}: {} {why} {}",
        request.method(),
        request.url(),
        request.page_origin(),
        request.credentials(),
        judgement.ruling,
        judgement.parameter_text().unwrap_or_default()
    );
    text.trim_end().to_owned()
}

fn check(what: &str, text: &str, expected: &str) -> Dump {
    let dump = dump::read(text.as_bytes(), &Given::default())
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(shown(&dump), expected, "{what}\n{text}");
    dump
}

fn given(method: &str, header: Option<(&str, &str)>) -> Given {
    Given {
        origin: Some("https://app.test".to_owned()),
        url: Some("https://api.test/x".to_owned()),
        method: Some(method.to_owned()),
        headers: header.into_iter().collect(),
        credentials: Some(Credentials::Omit),
    }
}

#[test]
fn an_answer_that_is_printed_twice_counts_once() {
    let text = String::from_utf8(report("35-curl-iv.txt")).expect("UTF-8");
    let expected = "PUT https://api.example.net/v1/items from https://app.example.com same-origin: incomplete response";
    check("one stream behind the other", &text, expected);
    // On a terminal both streams come line by line.
    let mixed = "> OPTIONS /v1/items HTTP/2\n> Host: api.example.net\n> Origin: https://app.example.com\n> Access-Control-Request-Method: PUT\n> \n\
        < HTTP/2 204 \nHTTP/2 204 \n< access-control-allow-origin: *\naccess-control-allow-origin: *\n< access-control-allow-methods: PUT\naccess-control-allow-methods: PUT\n< \n\n";
    check("line by line", mixed, expected);
    let both = format!("{mixed}HTTP/2 200 \ncontent-type: text/plain\n\n");
    check(
        "and the answer of curl -i behind it",
        &both,
        "PUT https://api.example.net/v1/items from https://app.example.com same-origin: blocked MissingAllowOriginHeader",
    );
}

#[test]
fn answers_are_paired_with_their_requests_and_not_by_their_order() {
    let text = String::from_utf8(report("37-curl-get-then-options.txt")).expect("UTF-8");
    check(
        "the GET comes first",
        &text,
        "GET http://localhost:2703/travellers/version from http://localhost:2702 same-origin: blocked PreflightMissingAllowOriginHeader",
    );
}

#[test]
fn what_the_options_say_goes_before_what_the_dump_says() {
    let dump = b"> OPTIONS /x HTTP/2\r\n> origin: https://app.test\r\n> access-control-request-method: PUT\r\n>\r\n< HTTP/2 204 \r\n< access-control-allow-origin: https://app.test\r\n< access-control-allow-methods: PUT\r\n< access-control-allow-headers: x-custom\r\n< \r\n\
        HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nbody: not a header\n";
    let read = dump::read(dump, &given("PUT", Some(("x-custom", "1")))).expect("a dump");
    // The second answer belongs to no request that is shown: it is the one that is missing.
    assert_eq!(
        shown(&read),
        "PUT https://api.test/x from https://app.test omit: blocked MissingAllowOriginHeader"
    );
    let plain = b"HTTP/1.1 204 No Content\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: *\n\nHTTP/1.1 200 OK\n\n";
    let read = dump::read(plain, &given("PUT", Some(("x-custom", "1")))).expect("a dump");
    assert_eq!(
        shown(&read),
        "PUT https://api.test/x from https://app.test omit: blocked MissingAllowOriginHeader"
    );
}

#[test]
fn tools_print_answers_each_in_their_own_way() {
    let expected = "GET https://api.test/x from https://app.test same-origin: blocked AllowOriginMismatch https://other.test";
    let head = "Access-Control-Allow-Origin: https://other.test\nContent-Type: text/plain\n";
    let indented = |by: usize| {
        head.lines()
            .map(|line| format!("{}{line}\n", " ".repeat(by)))
            .collect::<String>()
    };
    let request = "GET /x HTTP/1.1\nHost: api.test\nOrigin: https://app.test\n";
    let rows = [
        ("curl -i behind its command", format!("$ curl -i -H 'Origin: https://app.test' https://api.test/x\nHTTP/2 200 \n{head}\nbody\n")),
        ("lower case", format!("curl -i -H 'Origin: https://app.test' https://api.test/x\nhttp/2 200\n{head}\n")),
        ("through a proxy", format!("curl -i -H 'Origin: https://app.test' https://api.test/x\nHTTP/1.1 200 Connection established\n\nHTTP/1.1 200 OK\n{head}\n")),
        ("through a proxy, curl -v", format!("* Trying\n> CONNECT api.test:443 HTTP/1.1\n> Host: api.test:443\n> \n< HTTP/1.1 200 OK\n< Via: proxy\n< \n* SSL connection using TLSv1.3\n> {}> \n< HTTP/1.1 200 OK\n< {}< \n", request.trim_end().replace('\n', "\n> ") + "\n", head.trim_end().replace('\n', "\n< ") + "\n")),
        ("HTTPie -v", format!("{request}Accept: */*\n\n\n\nHTTP/1.1 200 OK\n{head}\n{{}}\n")),
        ("HTTPie with colours", "https GET api.test/x Origin:https://app.test\n\u{1b}[34mHTTP\u{1b}[39;49;00m/1.1 200 OK\n\u{1b}[36mAccess-Control-Allow-Origin\u{1b}[0m: https://other.test\n\n".to_owned()),
        ("wget -S", format!("$ wget -S --header='Origin: https://app.test' https://api.test/x\n--2026-05-04 10:00:00--  https://api.test/x\nHTTP request sent, awaiting response... \n  HTTP/1.1 200 OK\n{}Length: 2 [text/plain]\n", indented(2))),
        ("PowerShell, raw", format!("PS C:\\> Invoke-WebRequest -Uri https://api.test/x -Headers @{{Origin='https://app.test'}}\n\nStatusCode        : 200\nStatusDescription : OK\nContent           : {{}}\nRawContent        : HTTP/1.1 200 OK\n{}                    \n                    {{}}\nForms             : {{}}\n", indented(20))),
        ("PowerShell, list", "PS C:\\> iwr https://api.test/x -Headers @{'Origin'='https://app.test'}\nStatusCode        : 200\nHeaders           : {[Access-Control-Allow-Origin, https://other.test], [Content-Type, \n                    text/plain]}\nImages            : {}\n".to_owned()),
        ("PowerShell on Linux", "PS /srv/shop> Invoke-WebRequest -Uri https://api.test/x -Headers @{Origin='https://app.test'} -SkipHttpErrorCheck\n\nStatusCode        : 200\nRawContent        : HTTP/1.1 200 OK\n                    Access-Control-Allow-Origin: https://other.test\n\nHeaders           : {[Access-Control-Allow-Origin, System.String[]]}\n".to_owned()),
        ("PowerShell, table of 5", "PS C:\\> (Invoke-WebRequest -Uri https://api.test/x -Headers @{Origin='https://app.test'}).Headers\n\nKey                         Value\n---                         -----\nAccess-Control-Allow-Origin https://other.test\nContent-Type                text/plain\n\n".to_owned()),
        ("PowerShell, table of 7", "$h = @{\n  Origin = 'https://app.test'\n}\n(iwr https://api.test/x -Headers $h).Headers\n\nKey                         Value\n---                         -----\nAccess-Control-Allow-Origin {https://other.test}\n".to_owned()),
        ("wget -d", format!("--2026-05-04 10:00:00--  https://api.test/x\n---request begin---\n{request}\n---request end---\nHTTP request sent, awaiting response... \n---response begin---\nHTTP/1.1 200 OK\n{head}\n---response end---\n200 OK\nLength: 2 [text/plain]\n")),
        ("a prompt with user and host", format!("me@host:~/shop$ curl -i -H 'Origin: https://app.test' https://api.test/x\nHTTP/2 200\n{head}\n")),
        ("a prompt of zsh", format!("me@mac shop % curl -i -H 'Origin: https://app.test' https://api.test/x\nHTTP/3 200\n{head}\n")),
        ("curl 8 -v, HTTP/2", format!("* [HTTP/2] [1] OPENED stream for https://api.test/x\n* [HTTP/2] [1] [origin: https://app.test]\n> GET /x HTTP/2\n> Host: api.test\n> Origin: https://app.test\n> \n{{ [5 bytes data]\n* Request completely sent off\n< HTTP/2 200 \n< {}< \n{{ [10 bytes data]\n* Connection #0 to host api.test left intact\n", head.trim_end().replace('\n', "\n< ") + "\n")),
        ("Insomnia", format!("* Preparing request to https://api.test/x\n\n> GET /x HTTP/1.1\n> Host: api.test\n> Origin: https://app.test\n\n* Mark bundle as not supporting multiuse\n\n< HTTP/1.1 200 OK\n< {}\n* Received 2 B chunk\n", head.trim_end().replace('\n', "\n< ") + "\n")),
    ];
    for (what, text) in rows {
        check(what, &text, expected);
    }
    // Windows PowerShell writes UTF-16 where output goes to a file.
    let text = format!(
        "curl.exe -i -H \"Origin: https://app.test\" https://api.test/x\r\nHTTP/1.1 200 OK\r\n{head}\r\n"
    );
    let mut wide = vec![0xff, 0xfe];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let read = dump::read(&wide, &Given::default()).expect("a dump");
    assert_eq!(shown(&read), expected);
}

#[test]
fn redirects_are_followed_as_curl_followed_them() {
    let text = "$ curl -iL -H 'Origin: https://app.test' https://api.test/x\nHTTP/2 301\nlocation: /y\naccess-control-allow-origin: *\n\nHTTP/2 200\nx: 1\n\n";
    let dump = check(
        "-L",
        text,
        "GET https://api.test/x from https://app.test same-origin: blocked MissingAllowOriginHeader",
    );
    assert_eq!(recorded(&dump.exchange).judgement.hop, 1);
}

#[test]
fn a_copied_command_tells_method_headers_and_origin() {
    let expected =
        "PUT https://api.test/x?a=1&b=2 from https://app.test include: incomplete preflight";
    let rows = [
        (
            "bash",
            "curl 'https://api.test/x?a=1&b=2' \\\n  -X 'PUT' \\\n  -H 'accept: */*' \\\n  -H 'content-type: application/json' \\\n  -b 'sid=1' \\\n  -H 'origin: https://app.test' \\\n  -H 'sec-fetch-mode: cors' \\\n  -H 'x-tenant: it'\\''s' \\\n  --data-raw $'{\"a\":\"\\u0021\\'\"}'",
        ),
        (
            "cmd",
            "curl ^\"https://api.test/x?a=1^&b=2^\" ^\n  -X ^\"PUT^\" ^\n  -H ^\"accept: */*^\" ^\n  -H ^\"content-type: application/json^\" ^\n  -b ^\"sid=1^\" ^\n  -H ^\"origin: https://app.test^\" ^\n  -H ^\"x-tenant: it's^\" ^\n  --data-raw ^\"^{^\\^\"a^\\^\":1^}^\"",
        ),
        (
            "cmd as it was",
            "curl \"https://api.test/x?a=1&b=2\" ^\n  -X \"PUT\" ^\n  -H \"content-type: application/json\" ^\n  -H \"cookie: sid=1\" ^\n  -H \"origin: https://app.test\" ^\n  -H \"x-tenant: it's\" ^\n  --data-raw \"{\\\"a\\\":1}\" ^\n  --compressed",
        ),
        (
            "PowerShell",
            "$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\n$session.Cookies.Add((New-Object System.Net.Cookie(\"sid\", \"1\", \"/\", \"api.test\")))\nInvoke-WebRequest -UseBasicParsing -Uri \"https://api.test/x?a=1&b=2\" `\n-Method \"PUT\" `\n-WebSession $session `\n-Headers @{\n\"authority\"=\"api.test\"\n  \"method\"=\"PUT\"\n  \"origin\"=\"https://app.test\"\n  \"x-tenant\"=\"it's\"\n} `\n-ContentType \"application/json\" `\n-Body \"{`\"a`\":1}\"",
        ),
        (
            "PowerShell of Firefox",
            "$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\n$session.Cookies.Add((New-Object System.Net.Cookie(\"sid\", \"1\", \"/\", \"api.test\")))\nInvoke-WebRequest -UseBasicParsing -Uri \"https://api.test/x?a=1&b=2\" `\n-Method PUT `\n-WebSession $session `\n-UserAgent \"Mozilla/5.0\" `\n-Headers @{\n\"Accept\" = \"*/*\"\n  \"Origin\" = \"https://app.test\"\n  \"X-Tenant\" = \"it's\"\n} `\n-ContentType \"application/json\" `\n-Body ([System.Text.Encoding]::UTF8.GetBytes(\"{`\"a`\":1}\"))",
        ),
        (
            "fetch of Chromium",
            "fetch(\"https://api.test/x?a=1&b=2\", {\n  \"headers\": {\n    \"accept\": \"*/*\",\n    \"content-type\": \"application/json\",\n    \"sec-ch-ua\": \"\\\"Chromium\\\";v=\\\"140\\\"\",\n    \"x-tenant\": \"it's\"\n  },\n  \"referrer\": \"https://app.test/cart\",\n  \"body\": \"{\\\"a\\\":1}\",\n  \"method\": \"PUT\",\n  \"mode\": \"cors\",\n  \"credentials\": \"include\"\n});",
        ),
        (
            "fetch of Firefox",
            "await fetch(\"https://api.test/x?a=1&b=2\", {\n    \"credentials\": \"include\",\n    \"headers\": {\n        \"Accept\": \"*/*\",\n        \"Content-Type\": \"application/json\",\n        \"X-Tenant\": \"it's\"\n    },\n    \"referrer\": \"https://app.test/\",\n    \"body\": \"{}\",\n    \"method\": \"PUT\",\n    \"mode\": \"cors\"\n});",
        ),
        (
            "as people type",
            "curl -isXPUT https://api.test/x?a=1\\&b=2 -HOrigin:https://app.test --header=\"X-Tenant: it's\" -H content-type:application/json -bsid=1 -o /dev/null",
        ),
    ];
    for (shell, text) in rows {
        let dump = check(shell, text, expected);
        let question = dump.exchange.request.question();
        assert_eq!(
            question.headers.as_deref(),
            Some("content-type,x-tenant"),
            "{shell}"
        );
        let tenant = dump
            .exchange
            .request
            .headers()
            .iter()
            .find(|(name, _)| name == "x-tenant");
        assert_eq!(tenant.expect("sent").1, b"it's", "{shell}");
    }
}

#[test]
fn what_people_type_tells_the_request_too() {
    let upload = "curl -T file https://api.test/x -e https://app.test/cart";
    let dump = check(
        "an upload is a PUT, and the page may be known by Referer",
        upload,
        "PUT https://api.test/x from https://app.test same-origin: incomplete preflight",
    );
    assert!(
        dump.notes[0].contains("inferred from Referer"),
        "{:?}",
        dump.notes
    );
    let two = "curl -i -X OPTIONS https://api.test/x -H 'Origin: https://app.test' -H 'Access-Control-Request-Method: PUT' --next -i -X PUT https://api.test/x -H 'Origin: https://app.test'\nHTTP/1.1 204 No Content\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: PUT\n\nHTTP/1.1 200 OK\n\n";
    check(
        "two requests in one command",
        two,
        "PUT https://api.test/x from https://app.test same-origin: blocked MissingAllowOriginHeader",
    );
    let post = "curl https://api.test/x -H 'Origin: https://app.test' -d a=b";
    check(
        "a body makes it a POST",
        post,
        "POST https://api.test/x from https://app.test same-origin: incomplete response",
    );
    let json = "curl https://api.test/x -H 'Origin: https://app.test' --json '{}'";
    check(
        "of JSON",
        json,
        "POST https://api.test/x from https://app.test same-origin: incomplete preflight",
    );
}

#[test]
fn a_preflight_by_command_is_one_for_the_request_that_it_asks_for() {
    let text = "$ curl -i -X OPTIONS https://api.test/x -H 'Origin: https://app.test' -H 'Access-Control-Request-Method: DELETE' -H 'Access-Control-Request-Headers: x-a'\nHTTP/1.1 200 OK\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: DELETE\n\n";
    check(
        "curl",
        text,
        "DELETE https://api.test/x from https://app.test same-origin: blocked HeaderDisallowedByPreflightResponse x-a",
    );
}

#[test]
fn what_a_dump_does_not_tell_is_refused_with_what_to_do() {
    let refused = |text: &str, given: &Given| dump::read(text.as_bytes(), given).expect_err(text);
    let none = Given::default();
    assert_eq!(refused("curl: (7) Failed", &none), BadDump::NoAnswer);
    assert_eq!(
        refused("HTTP/1.1 200 OK\nno colon\n", &given("GET", None)),
        BadDump::Header {
            line: 2,
            text: "no colon".into()
        }
    );
    assert_eq!(refused("HTTP/1.1 200 OK\n\n", &none), BadDump::NoOrigin);
    let origin = Given {
        origin: Some("https://app.test".to_owned()),
        ..Given::default()
    };
    assert_eq!(refused("HTTP/1.1 200 OK\n\n", &origin), BadDump::NoUrl);
    let bare = refused(
        "> OPTIONS /x HTTP/1.1\n> Host: api.test\n> Origin: https://app.test\n>\n< HTTP/1.1 200 OK\n<\n",
        &given("PUT", None),
    );
    assert!(
        matches!(bare, BadDump::BareOptions { line: 5, .. }),
        "{bare}"
    );
    assert!(
        bare.to_string()
            .contains("-H 'Access-Control-Request-Method: PUT' https://api.test/x"),
        "{bare}"
    );
    let error = "Invoke-WebRequest : The remote server returned an error: (403) Forbidden.\n";
    assert_eq!(
        refused(error, &given("GET", None)),
        BadDump::WindowsError(403)
    );
    let cut = "StatusCode        : 200\nHeaders           : {[Access-Control-Allow-Origin, *], [Cache-Control, no-st...}\n";
    assert_eq!(refused(cut, &given("GET", None)), BadDump::Cut { line: 2 });
    let cut = "StatusCode        : 200\nRawContent        : HTTP/1.1 200 OK\n                    Access-Control-Allow-Or...\nForms             : {}\n";
    assert_eq!(refused(cut, &given("GET", None)), BadDump::Cut { line: 3 });
}

#[test]
fn what_was_asked_otherwise_than_a_browser_does_is_noted() {
    let text = "> GET /x HTTP/1.1\n> Host: api.test\n>\n< HTTP/1.1 200 OK\n<\n";
    let given = Given {
        origin: Some("https://app.test".to_owned()),
        ..Given::default()
    };
    let dump = dump::read(text.as_bytes(), &given).expect("a dump");
    assert_eq!(recorded(&dump.exchange).judgement.ruling, Ruling::Blocked);
    assert!(dump.notes[0].contains("without Origin"), "{:?}", dump.notes);
    let dump = dump::read(
        text.replace(">\n", "> Origin: https://b.test\n>\n")
            .as_bytes(),
        &given,
    )
    .expect("a dump");
    assert!(
        dump.notes[0].contains("not of the page's origin"),
        "{:?}",
        dump.notes
    );
}
