//! Every question of the dashboards for Grafana is answered by the engine.

mod support;

use std::path::PathBuf;

use serde_json::Value;
use store::Store;
use support::sql::Sql;
use testkit::{Engine, checkout};

/// What Grafana's plug-in for ClickHouse and its variables put into a query.
fn filled(sql: &str) -> String {
    let mut sql = sql
        .replace("${app}", "shop")
        .replace("${service}", "cart")
        .replace(
            "$__timeInterval(minute)",
            "toStartOfInterval(toDateTime(minute), INTERVAL 300 second)",
        );
    while let Some(at) = sql.find("$__timeFilter(") {
        let inner = at + "$__timeFilter(".len();
        let end = inner + sql[inner..].find(')').expect("closed");
        let column = sql[inner..end].to_owned();
        let filter =
            format!("{column} >= toDateTime(1795000000) AND {column} <= toDateTime(1795090000)");
        sql.replace_range(at..=end, &filter);
    }
    assert!(!sql.contains('$'), "not understood: {sql}");
    sql
}

fn dashboards() -> Vec<(PathBuf, Value)> {
    let folder = checkout::root().join("deploy/grafana/clickhouse");
    let files = std::fs::read_dir(folder).expect("dashboards");
    let read = files.map(|file| {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("read");
        (path, serde_json::from_str(&text).expect("JSON"))
    });
    read.collect()
}

fn queries(dashboard: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let targets = list(&dashboard["panels"])
        .into_iter()
        .flat_map(|panel| list(&panel["targets"]));
    let asked = targets.map(|target| target["rawSql"].clone());
    let variables = list(&dashboard["templating"]["list"]);
    let variables = variables
        .into_iter()
        .filter(|variable| variable["type"] == "query");
    let of_variables = variables.map(|variable| variable["query"].clone());
    let all = asked.chain(of_variables);
    all.map(|sql| sql.as_str().expect("a query").to_owned())
        .collect()
}

#[tokio::test]
async fn every_query_of_the_dashboards_is_answered_from_the_views_alone() {
    let engine = Engine::shared().await;
    let config = engine.config();
    Store::embedded(&config, engine.access())
        .migrate()
        .await
        .expect("migrated");
    let sql = Sql::new(engine, &config);
    let dashboards = dashboards();
    assert_eq!(dashboards.len(), 3);
    for (path, dashboard) in dashboards {
        let queries = queries(&dashboard);
        assert!(queries.len() > 3, "{}", path.display());
        for query in queries {
            let tables = query.split("FROM ").skip(1);
            for table in tables.filter_map(|rest| rest.split_whitespace().next()) {
                assert!(table.starts_with("v1_"), "{table} of {query}");
            }
            sql.ask(&filled(&query)).await;
        }
    }
}
