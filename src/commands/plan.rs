//! `viralmine backfill --plan`: what a backfill would cost. Reads checkpoints and archive, makes nothing, asks no API.

use std::io::{self, Write};

use anyhow::Context;

use super::exit::Exit;
use super::{backfill, stores};
use crate::archive;
use crate::cli::GlobalArgs;
use crate::cli::backfill::{BackfillArgs, ReportFormat};
use crate::jobs::plan::{PlanBasis, plan};
use crate::model::{Checkpoint, Collection, CreatorId};
use crate::output;
use crate::pipeline::Fatal;
use crate::settings::api::{self, Pace};
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::settings::{UsageError, creators, environment};

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &BackfillArgs) -> anyhow::Result<Exit> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let clock = environment::clock()?;
    let creators = creators::read(&args.creators, args.creators_file.as_deref())?;
    let (pace, keys) = (Pace::resolve(&args.api, &file)?, api::keys_given(&args.api, &file)?);
    let price_per_request = args.price_per_request.map(price).transpose()?;
    let store = StoreSettings::resolve(&global.store, &file)?;
    let bounds = backfill::bounds(args, None, &clock)?;
    let checkpoints = checkpoints(&store, &creators).await?;
    let data_dir = store.data_dir.clone();
    let measured = tokio::task::spawn_blocking(move || archive::bytes_per_record(&data_dir)).await;
    let report = plan(&PlanBasis {
        creators: &creators,
        checkpoints: &checkpoints,
        bounds: &bounds,
        now_ms: clock.now_ms(),
        requests_per_second: pace.requests_per_second(keys.max(1)),
        page_size: pace.page_size,
        measured_page_bytes: measured.context("the archive cannot be measured")??,
        archive: !args.no_archive,
        price_per_request,
        budget: pace.budget,
    });
    let mut stdout = io::stdout().lock();
    match args.format {
        ReportFormat::Text => stdout.write_all(output::plan::text(&report).as_bytes())?,
        ReportFormat::Json => {
            serde_json::to_writer(&mut stdout, &report)?;
            writeln!(stdout)?;
        }
    }
    Ok(Exit::Done)
}

fn price(price: f64) -> Result<f64, UsageError> {
    let wrong = || UsageError(format!("--price-per-request {price} is no price: write a number such as 0.002"));
    (price.is_finite() && price >= 0.0).then_some(price).ok_or_else(wrong)
}

/// The stored checkpoints, position by position; none where there is no store yet.
async fn checkpoints(store: &StoreSettings, creators: &[CreatorId]) -> anyhow::Result<Vec<Option<Checkpoint>>> {
    let ids: Vec<String> = creators.iter().map(ToString::to_string).collect();
    let Some(stored) = stores::look_up(store, Collection::Checkpoints, &ids).await? else {
        return Ok(vec![None; ids.len()]);
    };
    let read = |(id, stored): (&String, Option<crate::store::StoredDocument>)| {
        let checkpoint = stored.map(|stored| serde_json::from_slice(&stored.source)).transpose();
        checkpoint.map_err(|error| Fatal::UnreadableCheckpoint { creator: id.clone(), reason: error.to_string() })
    };
    Ok(ids.iter().zip(stored).map(read).collect::<Result<_, _>>()?)
}
