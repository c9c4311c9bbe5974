//! Lists page by page.

mod setting;

use serde_json::{Value, json};
use setting::{get, post, well};

#[tokio::test]
async fn pages_neither_repeat_nor_skip_a_row_whatever_comes_meanwhile() {
    let router = well();
    for n in 0..7 {
        let deploy =
            json!({"id": format!("d{n}"), "app": "shop", "at": format!("2026-11-01T11:5{n}:00Z")});
        post(&router, "/api/v1/deploys", &deploy).await;
    }
    let ids = |page: &Value| -> Vec<String> {
        let rows = page["deploys"].as_array().expect("a list").iter();
        rows.map(|row| row["id"].as_str().expect("an id").to_owned())
            .collect()
    };
    let path = "/api/v1/deploys?app=shop&window=7d";
    let all = ids(&get(&router, path).await.json());
    assert_eq!(all.len(), 7, "without pages all");
    let (mut seen, mut next) = (Vec::new(), None::<String>);
    for page in 0..4 {
        let after = next
            .map(|next| format!("&after={next}"))
            .unwrap_or_default();
        let answer = get(&router, &format!("{path}&limit=2{after}")).await;
        let body = answer.json();
        seen.extend(ids(&body));
        next = body["next"].as_str().map(str::to_owned);
        let link = answer
            .headers
            .get("link")
            .map(|link| link.to_str().expect("text").to_owned());
        let expected = next
            .as_ref()
            .map(|next| format!("<{path}&limit=2&after={next}>; rel=\"next\""));
        assert_eq!(link, expected, "page {page}");
    }
    assert_eq!((seen, next), (all, None));
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused_and_rows_as_csv_have_the_way_to_the_next() {
    let router = well();
    let zeros = "0".repeat(24);
    for (query, field, permitted) in [
        ("limit=0", "limit", "1 to 500"),
        ("limit=501", "limit", "1 to 500"),
        ("limit=many", "limit", "1 to 500"),
        ("limit=1&limit=2", "limit", "one value for each parameter"),
        ("after=7", "after", "`next` of the page before, as it came"),
        (
            &*format!("after={zeros}"),
            "after",
            "begin again without it",
        ),
    ] {
        let answer = get(&router, &format!("/api/v1/alerts?{query}")).await;
        assert_eq!(answer.status.as_u16(), 400, "{query}: {}", answer.text);
        let error = answer.json()["errors"][0].clone();
        assert_eq!(error["field"], field, "{query}");
        let given = error["permitted"].as_str().expect("text").to_owned();
        assert!(given.contains(permitted), "{query}: {given}");
    }
    let rows = get(&router, "/api/v1/alerts?limit=1&format=csv").await;
    assert_eq!(rows.text.lines().count(), 2, "{}", rows.text);
    assert!(rows.headers.contains_key("link"));
}

#[tokio::test]
async fn every_list_that_is_read_whole_has_pages() {
    let router = well();
    let api = get(&router, "/openapi.json").await.json();
    let mut paged = 0;
    for (path, item) in api["paths"].as_object().expect("paths") {
        let parameters = item["get"]["parameters"].as_array();
        let has = |name: &str| {
            parameters
                .into_iter()
                .flatten()
                .any(|one| one["name"] == name)
        };
        if !has("after") || path == "/api/v1/failures" {
            continue;
        }
        assert!(has("limit"), "{path}");
        let question = if path == "/api/v1/deploys" {
            "?app=shop&"
        } else {
            "?"
        };
        let answer = get(&router, &format!("{path}{question}limit=500")).await;
        assert_eq!(
            answer.json()["next"],
            Value::Null,
            "{path}: {}",
            answer.text
        );
        paged += 1;
    }
    assert_eq!(paged, 8);
}
