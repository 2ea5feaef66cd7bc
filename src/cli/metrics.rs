//! `--metrics`, a flag of the long runs.

use clap::Args;

use crate::metrics::ListenAddress;

const METRICS: &str =
    "Serve Prometheus metrics and /healthz there while the run lasts: 127.0.0.1:9464, or :9464 for the same";

/// Where a run shows how it fares.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct MetricsArgs {
    /// Serve Prometheus metrics and `/healthz` there.
    #[arg(long, value_name = "ADDR", help = METRICS)]
    pub metrics: Option<ListenAddress>,
}
