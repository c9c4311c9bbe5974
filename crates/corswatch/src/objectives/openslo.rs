//! `corswatch slo import` and `corswatch slo export`: objectives as OpenSLO v1.

use std::process::ExitCode;

use aggregator::openslo::{self, Note};
use aggregator::prometheus;
use aggregator::{FlowConfig, SloConfig};
use settings::{Problem, Problems};
use toml::{Table, Value};

use super::MOST_BYTES;
use crate::cli::{Export, ExportFormat, Import};
use crate::config::{Config, Objectives};
use crate::exit::Failure;

pub(super) fn import(args: &Import) -> Result<ExitCode, Failure> {
    let name = args.file.display();
    let input = |reason: String| Failure::Input(format!("{name}: {reason}"));
    let (text, _) = crate::file::text(&args.file, MOST_BYTES).map_err(input)?;
    let imported = openslo::import(&text, args.app.as_deref())
        .map_err(|error| input(format!("is not YAML: {error}")))?;
    let mut problems = imported.problems;
    let apps: Vec<String> = imported.slos.iter().map(|slo| slo.app.clone()).collect();
    let of_flows = imported.flows.iter().map(|flow| flow.app.clone());
    let apps: Vec<String> = apps.into_iter().chain(of_flows).collect();
    // Where a file has the name of a flow alone, its calls are in the configuration.
    let has = |slo: &SloConfig, name: &String| {
        let mut flows = imported.flows.iter();
        flows.any(|flow| flow.app == slo.app && flow.name == *name)
    };
    let checked = imported.slos.iter().map(|slo| SloConfig {
        name: slo.name(),
        flow: slo.flow.clone().filter(|name| has(slo, name)),
        ..slo.clone()
    });
    let checked: Vec<_> = checked.collect();
    let mut found = Problems::at("", &mut problems);
    aggregator::problems((&checked, &imported.flows), &apps, &mut found);
    if !problems.is_empty() {
        let named = |problem: Problem| Problem {
            path: format!("{name}: {}", problem.path),
            ..problem
        };
        return Err(Failure::Config(problems.into_iter().map(named).collect()));
    }
    for (word, notes) in [("added", &imported.added), ("lost", &imported.lost)] {
        for line in notes.iter().map(|note| note_line(word, note)) {
            complain!("{line}");
            say!("# {line}");
        }
    }
    for slo in &imported.slos {
        say!("\n{}", written(slo)?);
    }
    for flow in &imported.flows {
        say!("\n{}", written_flow(flow)?);
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn export(args: &Export) -> Result<ExitCode, Failure> {
    let objectives = super::read(&args.config, None)?;
    if args.format == ExportFormat::Prometheus {
        return rules(&objectives);
    }
    let (mut slos, flows) = (objectives.slos, objectives.flows);
    if slos.is_empty() {
        let starting = |app: &String| {
            let measured = slo::Sli::ALL
                .iter()
                .filter(|sli| sli.definition().metric.is_some());
            let starting = measured.map(|sli| SloConfig::of(app, *sli));
            starting.collect::<Vec<_>>()
        };
        slos = objectives.apps.iter().flat_map(starting).collect();
    }
    let exported = openslo::export((&slos, &flows), &Config::default().aggregator);
    for note in &exported.lost {
        complain!("{}", note_line("lost to other tools", note));
    }
    say!("{}", exported.yaml.trim_end());
    Ok(ExitCode::SUCCESS)
}

/// With the defaults of `aggregator`, which a file of objectives alone does not have.
fn rules(objectives: &Objectives) -> Result<ExitCode, Failure> {
    let promised = (objectives.slos.as_slice(), objectives.flows.as_slice());
    let slos = Config::default().resolved(promised, &objectives.apps);
    let rules = prometheus::rules(&slos);
    for note in &rules.lost {
        complain!("{}", note_line("lost to Prometheus", note));
    }
    say!("{}", rules.yaml.trim_end());
    Ok(ExitCode::SUCCESS)
}

fn note_line(word: &str, note: &Note) -> String {
    let (of, text) = (printable::line(&note.of), printable::line(&note.text));
    format!("{word}: {of}: {text}")
}

/// An objective as `[[slo]]`, without what stands for itself.
fn written(slo: &SloConfig) -> anyhow::Result<String> {
    let usual = Table::try_from(SloConfig::of(&slo.app, slo.sli))?;
    let mut table = Table::try_from(slo)?;
    table.retain(|name: &str, value| {
        ["app", "sli"].contains(&name) || usual.get(name) != Some(value)
    });
    listed("slo", table)
}

/// A flow as `[[flows]]`, without what stands for itself.
fn written_flow(flow: &FlowConfig) -> anyhow::Result<String> {
    let usual = Table::try_from(FlowConfig::of("", "", Vec::new()))?;
    let mut table = Table::try_from(flow)?;
    table.retain(|name: &str, value| usual.get(name) != Some(value));
    listed("flows", table)
}

fn listed(section: &str, table: Table) -> anyhow::Result<String> {
    let mut file = Table::new();
    file.insert(section.to_owned(), Value::Array(vec![Value::Table(table)]));
    Ok(toml::to_string(&file)?.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same_objective() {
        let text = "[[slo]]\nname = \"a\"\napp = \"shop\"\nsli = \"block_rate\"\nobjective = 0.995\n\
                    calendar = { period = \"month\", time_zone = \"Europe/Berlin\" }\n\
                    rules = [{ severity = \"page\", long = \"1h\", burn = 14.4 }]\nlabels = { team = \"x\" }\n";
        let read = |text: &str| {
            crate::config::objectives_of(text, None)
                .expect("objectives")
                .slos
        };
        let slos = read(text);
        let again = written(&slos[0]).expect("TOML");
        let values = |slos: &[SloConfig]| serde_json::to_value(slos).expect("plain data");
        assert_eq!(values(&read(&again)), values(&slos), "{again}");
        assert!(!again.contains("group_by"), "{again}");
    }

    #[test]
    fn a_flow_is_written_as_it_is_read() {
        let text = "[[flows]]\napp = \"shop\"\nendpoints = [\"PUT /cart/:id\", \"/pay\"]\nname = \"checkout\"\n\
                    objective = 0.9995\nowner = \"team\"";
        let flows = crate::config::objectives_of(text, None)
            .expect("flows")
            .flows;
        assert_eq!(written_flow(&flows[0]).expect("TOML"), text);
    }
}
