//! `corswatch mcp`: the questions of the API as tools of the Model Context Protocol (modelcontextprotocol.io), over
//! standard input and output. It asks the API with a token like any other caller, and only with GET: what
//! it can see is what the token may see, and it can change nothing.

mod answer;
mod server;
mod tools;

use std::process::ExitCode;

use anyhow::Context as _;
use rmcp::ServiceExt as _;
use rmcp::service::ServerInitializeError;

use crate::api::Client;
use crate::cli::Api;
use crate::exit::Failure;

/// Serves until the client closes standard input.
pub(crate) fn run(api: &Api) -> Result<ExitCode, Failure> {
    // Standard output belongs to the protocol: the log goes to standard error.
    runtime::logging::init("warn", runtime::logging::Format::Text);
    let tools = tools::all().context("the description of the API")?;
    let server = server::Server::new(Client::of(api)?, tools);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    let served = runtime.block_on(async {
        let running = match server.serve(rmcp::transport::stdio_pipes()).await {
            Ok(running) => running,
            // A client that leaves before the first message has nothing to be told.
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(anyhow::Error::from(error)),
        };
        running.waiting().await?;
        Ok(())
    });
    served.context("the client does not speak the Model Context Protocol")?;
    Ok(ExitCode::SUCCESS)
}
