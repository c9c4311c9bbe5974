//! Answers as rows, and answers that have not changed.

mod setting;

use std::sync::Arc;

use axum::body::Body;
use dashboard::Config;
use http::StatusCode;
use setting::{Fake, get, request, router_of, send, well};

#[tokio::test]
async fn every_listing_is_given_as_rows_too() {
    let router = well();
    let api = get(&router, "/openapi.json").await.json();
    let mut tables = 0;
    for (path, item) in api["paths"].as_object().expect("paths") {
        let content = &item["get"]["responses"]["200"]["content"];
        if content["text/csv"].is_null() {
            continue;
        }
        tables += 1;
        let question = match path.as_str() {
            "/api/v1/breakdown" => "?app=shop&by=release&format=csv",
            "/api/v1/inventory/history" => "?format=csv",
            "/api/v1/apps"
            | "/api/v1/silences"
            | "/api/v1/maintenance"
            | "/api/v1/partner-links" => "?format=csv",
            _ => "?app=shop&format=csv",
        };
        let answer = get(&router, &format!("{path}{question}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        let kind = answer.headers["content-type"].to_str().expect("text");
        assert!(kind.starts_with("text/csv"), "{path}: {kind}");
        let mut reader = csv::Reader::from_reader(answer.text.as_bytes());
        let columns = reader.headers().expect("a header").len();
        for row in reader.records() {
            assert_eq!(row.expect("a row").len(), columns, "{path}");
        }
    }
    assert!(tables > 15, "{tables}");
}

#[tokio::test]
async fn rows_are_asked_for_by_header_as_well_and_say_what_json_says() {
    let router = well();
    let path = "/api/v1/breakdown?app=shop&by=browser_family";
    let json = get(&router, path).await.json();
    let asked = request(path).header("accept", "text/csv, */*;q=0.1");
    let answer = send(&router, asked.body(Body::empty()).expect("a request")).await;
    let mut reader = csv::Reader::from_reader(answer.text.as_bytes());
    let columns = reader.headers().expect("a header").clone();
    let at = columns
        .iter()
        .position(|name| name == "value")
        .expect("a column");
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
    let expect = json["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), expect.len());
    for (row, expect) in rows.iter().zip(expect) {
        assert_eq!(row.get(at), expect["value"].as_str());
    }
}

#[tokio::test]
async fn a_format_that_is_not_known_is_refused_with_those_that_are() {
    let answer = get(&well(), "/api/v1/sli?app=shop&format=xml").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let problem = answer.json();
    assert_eq!(problem["errors"][0]["field"], "format");
    assert_eq!(problem["errors"][0]["permitted"], "one of json, csv");
}

#[tokio::test]
async fn who_has_the_current_answer_is_told_so_without_a_question_to_the_store() {
    let fake = Arc::new(Fake::default());
    let router = router_of(&fake, Config::default());
    let asked = || fake.asked.lock().expect("not poisoned").len();
    let path = "/api/v1/sli?app=shop&window=1h";
    let first = get(&router, path).await;
    let tag = first.headers["etag"].clone();
    let before = asked();
    let again = request(path).header("if-none-match", tag.clone());
    let again = send(&router, again.body(Body::empty()).expect("a request")).await;
    assert_eq!(
        (again.status, again.text.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
    assert_eq!(again.headers["etag"], tag);
    assert_eq!(asked(), before, "nothing was asked");
    for other in [
        "/api/v1/sli?app=shop&window=2h",
        "/api/v1/sli?app=admin&window=1h",
    ] {
        let request = request(other).header("if-none-match", tag.clone());
        let answer = send(&router, request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::OK, "{other}");
    }
}
