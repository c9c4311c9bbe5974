//! Hosts the embedded engine for tests and tools; `corswatch` does the same by its hidden
//! subcommand.

fn main() {
    store::engine::child_main(std::env::args_os().skip(1));
}
