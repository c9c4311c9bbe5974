//! The objectives of a file alone, with the lines of their mistakes.

use aggregator::{FlowConfig, SloConfig};
use schemars::JsonSchema;
use serde::Deserialize;
use settings::{Problem, Problems};
use toml::{Table, Value};

use super::load::{self, Environment};
use super::schema::Schema;
use super::sources::Sources;
use super::syntax;

/// The part of a file that is about objectives.
#[derive(Debug, Deserialize, JsonSchema)]
struct SloFile {
    #[serde(default)]
    slo: Vec<SloConfig>,
    #[serde(default)]
    flows: Vec<FlowConfig>,
}

/// The objectives of a file.
#[derive(Debug)]
pub(crate) struct Objectives {
    pub(crate) slos: Vec<SloConfig>,
    pub(crate) flows: Vec<FlowConfig>,
    /// The apps that the file itself configures.
    pub(crate) apps: Vec<String>,
}

/// Reads the `[[slo]]` of `text`, which may be a whole configuration. `apps` are the configured ones where
/// they are known; otherwise those of the text, or any where it has none.
///
/// # Errors
/// Every mistake; paths begin with the line: `line 12: slo[0].window`.
pub(crate) fn objectives_of(
    text: &str,
    apps: Option<&[String]>,
) -> Result<Objectives, Vec<Problem>> {
    let mut tree: Table = text.parse().map_err(|error: toml::de::Error| {
        let path = error.span().map_or_else(String::new, |span| {
            format!("line {}", line(text, span.start))
        });
        vec![Problem {
            path,
            value: String::new(),
            reason: format!("is not TOML: {}", syntax::what(text, &error)),
        }]
    })?;
    let own = names(tree.get("apps"));
    tree.retain(|name: &str, _| ["slo", "flows"].contains(&name));
    let environment = Environment::default();
    let schema = Schema::of::<SloFile>();
    let reading = load::read::<SloFile>(tree.clone(), &environment, &schema);
    let mut found = reading.problems;
    let (slos, flows) = reading
        .value
        .map(|file| (file.slo, file.flows))
        .unwrap_or_default();
    let of_flows = flows.iter().map(|flow| &flow.app);
    let stated = slos.iter().map(|slo| &slo.app).chain(of_flows);
    let stated: Vec<String> = stated.cloned().collect();
    let permitted = match apps {
        Some(apps) => apps,
        None if own.is_empty() => &stated,
        None => &own,
    };
    let mut more = Vec::new();
    aggregator::problems((&slos, &flows), permitted, &mut Problems::at("", &mut more));
    found.extend(reading.dropped.own(more));
    if found.is_empty() {
        return Ok(Objectives {
            slos,
            flows,
            apps: own,
        });
    }
    let sources = Sources {
        text: Some(text),
        environment: &environment,
        tree: &tree,
        schema: &schema,
    };
    let found = found.into_iter().map(|problem| sources.located(problem));
    Err(found.collect())
}

fn names(apps: Option<&Value>) -> Vec<String> {
    let apps = apps.and_then(Value::as_array).into_iter().flatten();
    apps.filter_map(|app| Some(app.get("name")?.as_str()?.to_owned()))
        .collect()
}

fn line(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_reported_at_once_with_its_line_and_what_is_permitted() {
        let text = "[[slo]]\napp = \"shop\"\nsli = \"block_rate\"\nwindow = \"10m\"\n\n[[slo]]\napp = \"shop\"\n\
                    sli = \"blok_rate\"\n\n[[slo]]\napp = \"shp\"\nsli = \"block_rate\"\nobjective = 99.9\n";
        let found = objectives_of(text, Some(&["shop".to_owned()])).expect_err("mistakes");
        let texts: Vec<_> = found.iter().map(ToString::to_string).collect();
        for (line, part) in [
            ("line 4: slo[0].window = \"10m\"", "permitted: 1h to 366d"),
            ("line 8: slo[1].sli", "block_rate"),
            ("line 11: slo[2].app = \"shp\"", "write `app = \"shop\"`"),
            ("line 13: slo[2].objective = 99.9", "between 0 and 1"),
        ] {
            assert!(
                texts
                    .iter()
                    .any(|text| text.starts_with(line) && text.contains(part)),
                "{line}: {texts:#?}"
            );
        }
    }

    #[test]
    fn the_objectives_of_a_whole_configuration_are_read_with_its_own_apps() {
        let text = "data = \"x\"\n[[apps]]\nname = \"shop\"\nkeys = []\n[[slo]]\napp = \"blog\"\nsli = \"block_rate\"\n";
        let found = objectives_of(text, None).expect_err("another app");
        assert_eq!(found.len(), 1, "{found:?}");
        let alone = "[[slo]]\napp = \"blog\"\nsli = \"block_rate\"\n";
        let read = objectives_of(alone, None).expect("no mistake");
        assert_eq!((read.slos.len(), read.apps.len()), (1, 0));
        let broken = objectives_of("[[slo]\n", None).expect_err("not TOML");
        assert!(broken[0].path.starts_with("line 1"), "{broken:?}");
    }
}
