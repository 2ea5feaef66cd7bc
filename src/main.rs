//! viralmine's entry: reads what was typed, runs it, ends with its exit code.

use std::process::ExitCode;

use clap::Parser;
use viralmine::cli::Cli;
use viralmine::commands;

/// The system's own keeps what was freed, a heap for each few threads: a long run on a busy machine held five times
/// what it used. `.cargo/config.toml` says how soon this one gives memory back. Elsewhere the system's own was not
/// found wanting.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return commands::not_understood(&error).into(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => {
            let exit = runtime.block_on(commands::run(cli));
            // Work that blocks (a stalled disk) must not hold up the end.
            runtime.shutdown_background();
            exit.into()
        }
        Err(error) => {
            viralmine::output::log::plain(&format!("error: cannot start: {error}"));
            ExitCode::FAILURE
        }
    }
}
