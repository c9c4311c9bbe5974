use super::*;

#[derive(Deserialize)]
struct File {
    slo: Vec<SloConfig>,
}

fn found(toml: &str) -> Vec<String> {
    let file: File = toml::from_str(toml).expect("well formed");
    let mut list = Vec::new();
    let mut collect = Problems::at("", &mut list);
    problems((&file.slo, &[]), &["shop".to_owned()], &mut collect);
    list.iter().map(ToString::to_string).collect()
}

#[test]
fn an_objective_needs_an_app_and_an_sli_and_nothing_else() {
    assert_eq!(
        found("[[slo]]\napp = \"shop\"\nsli = \"block_rate\""),
        [""; 0]
    );
}

#[test]
fn every_mistake_is_reported_at_once_with_its_place() {
    let found = found(
        r#"
        [[slo]]
        name = "a"
        app = "shp"
        sli = "block_rate"
        window = "10m"
        runbook = "wiki"
        labels = { severity = "x" }

        [[slo]]
        name = "a"
        app = "shop"
        sli = "exposed_header_mismatch"
        window = "7d"
        rules = [
            { severity = "page", long = "8d", short = "1h", burn = 2 },
            { name = "x", severity = "ticket", long = "5m", short = "5m", burn = -1 },
            { name = "x", severity = "ticket", long = "1h", burn = 1, budget = 0.1 },
        ]

        [[slo]]
        app = "shop"
        sli = "block_rate"
        objective = 0.9
        rules = [
            { name = "a b", severity = "page", long = "1h", burn = 14.4 },
            { name = "y", severity = "page", long = "1h", burn = 2 },
            { name = "y", severity = "ticket", long = "2h", burn = 2 },
        ]
        "#,
    );
    let paths: Vec<_> = found
        .iter()
        .map(|text| text.split(" = ").next().unwrap_or(""))
        .collect();
    assert_eq!(
        paths,
        [
            "slo[0].app",
            "slo[0].window",
            "slo[0].runbook",
            "slo[0].labels",
            "slo[1].name",
            "slo[1].rules[0].long",
            "slo[1].rules[0].severity",
            "slo[1].rules[1].short",
            "slo[1].rules[1].burn",
            "slo[1].rules[2].burn",
            "slo[2].rules[0].burn",
            "slo[2].rules[0].name",
            "slo[2].rules[2].severity",
        ],
        "{found:#?}"
    );
}

#[test]
fn words_that_do_not_exist_are_refused_while_reading() {
    for (line, part) in [
        ("sli = \"blocks\"", "block_rate"),
        ("sli = \"block_rate\"\nobjective = 99.9", "0.999"),
        ("sli = \"block_rate\"\nwindow = \"90s\"", "whole minutes"),
        ("sli = \"block_rate\"\ngroupby = \"service\"", "group_by"),
    ] {
        let error = toml::from_str::<File>(&format!("[[slo]]\napp = \"shop\"\n{line}"));
        let error = error
            .map(|file| file.slo.len())
            .expect_err(line)
            .to_string();
        assert!(error.contains(part), "{error}");
    }
}
