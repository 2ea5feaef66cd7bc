//! `viralmine simulate`: flags → a simulator that runs until it is told to stop.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::interrupt::Interrupts;
use crate::cli::simulate::SimulateArgs;
use crate::simulator::{Simulator, SimulatorOptions};

/// Prints the URL as the first line on stdout, and serves until Ctrl-C or SIGTERM.
pub async fn run(args: SimulateArgs) -> anyhow::Result<()> {
    let (creators_out, truth) = (args.creators_out.clone(), args.truth.clone());
    let simulator = Simulator::start(options(args)).await?;
    if let Some(path) = creators_out {
        write_creators(&simulator, &path).await?;
    }
    if let Some(path) = truth {
        write_truth(&simulator, &path).await?;
    }
    // Before the URL is out: whoever reads it may stop us at once.
    let mut interrupts = Interrupts::listen().context("signals cannot be listened for")?;
    announce(&simulator.url()).context("the URL cannot be printed")?;
    interrupts.next().await;
    simulator.shutdown().await;
    Ok(())
}

fn options(args: SimulateArgs) -> SimulatorOptions {
    SimulatorOptions {
        port: args.port,
        creators: args.creators,
        videos: args.videos,
        seed: args.seed,
        now: args.now,
        passed: args.passed,
        clock_speed: args.clock_speed,
        rate: args.rate,
        latency: Duration::from_millis(args.latency_ms),
        keys: args.keys,
        from: args.from,
        faults: args.faults,
        strength: args.strength,
    }
}

async fn write_creators(simulator: &Simulator, path: &Path) -> anyhow::Result<()> {
    let mut lines = String::new();
    for creator in simulator.creators() {
        writeln!(lines, "{creator}")?;
    }
    tokio::fs::write(path, lines)
        .await
        .with_context(|| format!("{} cannot be written (--creators-out)", path.display()))
}

async fn write_truth(simulator: &Simulator, path: &Path) -> anyhow::Result<()> {
    let truth = simulator.truth().context("recorded pages have no truth that was planted (--truth)")?;
    let mut text = serde_json::to_vec_pretty(&truth)?;
    text.push(b'\n');
    tokio::fs::write(path, text).await.with_context(|| format!("{} cannot be written (--truth)", path.display()))
}

/// Whoever started the simulator reads this line to know where it is and that it is ready.
fn announce(url: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{url}")?;
    stdout.flush()
}
