//! `--metrics`, for every command that has the flag: listens before anything is asked, and says where.

use std::sync::Arc;

use serde_json::json;

use crate::cli::metrics::MetricsArgs;
use crate::metrics::{Metrics, MetricsError, Stage};
use crate::model::Counters;
use crate::output::log;

/// The metrics of a command, served until this is dropped; or nothing, when none were asked for.
#[derive(Debug)]
pub(super) struct Served(Option<Metrics>);

impl Served {
    /// Serves these counters, if the flag was typed.
    ///
    /// # Errors
    /// The address is taken, or is none of this machine's.
    pub(super) async fn start(
        args: MetricsArgs,
        command: &'static str,
        stage: Stage,
        counters: &Arc<Counters>,
        quiet: bool,
    ) -> Result<Self, MetricsError> {
        let Some(address) = args.metrics else { return Ok(Self::nothing()) };
        let metrics = Metrics::start(address, command).await?;
        metrics.watch(stage, Arc::clone(counters));
        if !quiet {
            say_where(&metrics);
        }
        Ok(Self(Some(metrics)))
    }

    /// No metrics.
    pub(super) fn nothing() -> Self {
        Self(None)
    }

    /// Serves other counters in place of those of the same stage, or beside those of other stages.
    pub(super) fn watch(&self, stage: Stage, counters: &Arc<Counters>) {
        if let Some(metrics) = &self.0 {
            metrics.watch(stage, Arc::clone(counters));
        }
    }
}

/// With port 0 this line alone tells the port.
fn say_where(metrics: &Metrics) {
    let address = metrics.address();
    let url = format!("http://{address}/metrics");
    let whom = if address.ip().is_loopback() { "" } else { ", to every computer that reaches this one" };
    let text = format!("metrics are served at {url}{whom}");
    log::told(&text, &text, &json!({ "url": url }));
}
