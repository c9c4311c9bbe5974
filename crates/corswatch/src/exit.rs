//! How a process ends: codes of sysexits.h, so that scripts and service managers can tell.

use std::process::ExitCode;

use settings::Problem;

/// Why a command failed, by what the caller does about it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The configuration is wrong: change it.
    Config(Vec<Problem>),
    /// Some input could not be read; the rest was answered.
    Input(String),
    /// Something that is needed is not there: install or start it.
    Missing(anyhow::Error),
    /// Anything else.
    Software(anyhow::Error),
}

impl Failure {
    /// Prints the failure and returns the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Config(problems) => {
                let count = problems.len();
                let noun = if count == 1 { "problem" } else { "problems" };
                complain!("corswatch: {count} {noun} in the configuration:");
                for problem in problems {
                    complain!("  {problem}");
                }
                ExitCode::from(64)
            }
            Self::Input(text) => {
                complain!("corswatch: {text}");
                ExitCode::from(2)
            }
            Self::Missing(error) => {
                complain!("corswatch: {error:#}");
                ExitCode::from(69)
            }
            Self::Software(error) => {
                complain!("corswatch: {error:#}");
                ExitCode::from(70)
            }
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Software(error)
    }
}
