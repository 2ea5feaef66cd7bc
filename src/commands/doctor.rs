//! `viralmine doctor`: looks at settings, data folder, store and API, and says what is wrong and what to do. What a
//! killed run left turned off in the store is put back.

use std::io::{self, Write};

use serde::Serialize;
use tokio::sync::mpsc;

use super::exit::Exit;
use super::stores;
use crate::archive::DataFolder;
use crate::cli::GlobalArgs;
use crate::cli::backfill::ReportFormat;
use crate::cli::status::DoctorArgs;
use crate::jobs::doctor;
use crate::jobs::score::standing::standing;
use crate::model::{Collection, CreatorId};
use crate::output::findings::{text, word};
use crate::settings::file::ConfigFile;
use crate::settings::store::StoreSettings;
use crate::settings::{api, environment};
use crate::store::{Finding, Health, ScannedDocument};

#[derive(Serialize)]
struct FindingObject<'a> {
    about: &'a str,
    health: &'static str,
    words: &'a str,
    advice: Option<&'a str>,
}

/// Runs the command.
pub async fn run(global: &GlobalArgs, args: &DoctorArgs) -> anyhow::Result<Exit> {
    let file = ConfigFile::load(global.config.as_deref())?;
    let clock = environment::clock()?;
    let settings = StoreSettings::resolve(&global.store, &file)?;
    let data_dir = settings.data_dir.clone();
    let mut findings = tokio::task::spawn_blocking(move || doctor::data_folder(&data_dir)).await?;
    findings.extend(put_settings_back(&settings).await);
    findings.extend(stores::open_examine(&settings)?.examine().await);
    findings.extend(scores(&settings).await);
    let api = api::resolve(&args.api, &file);
    match (args.free, api) {
        (true, _) => {}
        // Somebody who only asks what is stored needs no API.
        (false, Err(error)) => findings.push(finding("API", Health::Warning, "is not asked", &error.to_string())),
        (false, Ok(api)) => findings.extend(doctor::api(api, any_creator(&settings).await, clock).await),
    }
    show(&findings, args.format)?;
    let is_wrong = findings.iter().any(|finding| finding.health == Health::Bad);
    Ok(if is_wrong { Exit::Failed } else { Exit::Done })
}

fn finding(about: &str, health: Health, words: &str, advice: &str) -> Finding {
    Finding { about: about.to_owned(), health, words: words.to_owned(), advice: Some(advice.to_owned()) }
}

/// Not while a run is under way with this data folder: they may be its own.
async fn put_settings_back(settings: &StoreSettings) -> Option<Finding> {
    if DataFolder::in_use_by(&settings.data_dir).is_some() {
        return None;
    }
    let store = match stores::connect_for_repair(settings) {
        Ok(store) => store?,
        Err(error) => {
            return Some(finding("store", Health::Bad, &error.to_string(), "correct the setting that it names"));
        }
    };
    let about = "index settings";
    match store.restore_settings().await {
        Ok(true) => Some(finding(
            about,
            Health::Warning,
            "refresh and replicas, which a run with --bulk-settings had left turned off, are put back",
            "nothing more is to be done",
        )),
        // What hinders it is found by looking at the store.
        Ok(false) | Err(_) => None,
    }
}

/// Whether they are those of what is stored. A store that cannot be read says so itself.
async fn scores(settings: &StoreSettings) -> Option<Finding> {
    let view = stores::open_view(settings).await.ok()?;
    let videos = view.count(Collection::Videos).await.ok().filter(|videos| *videos > 0)?;
    let standing = standing(view.as_ref(), videos).await.ok()?;
    let words = crate::output::status::scores(&standing);
    Some(if standing.behind {
        let words = words.split(';').next().unwrap_or_default();
        finding("scores", Health::Warning, words, "run `viralmine score`; it asks nothing of the API")
    } else {
        Finding { about: "scores".to_owned(), health: Health::Good, words, advice: None }
    })
}

/// A creator that the API knows, so that its answer says most; none when there is no store yet.
async fn any_creator(settings: &StoreSettings) -> Option<CreatorId> {
    let contents = stores::open_view(settings).await.ok()?;
    let (into, mut parts) = mpsc::channel::<Vec<ScannedDocument>>(1);
    let scanning = contents.scan(Collection::Checkpoints, into);
    let first = async move { parts.recv().await.and_then(|part| part.into_iter().next()) };
    let (_, first) = tokio::join!(scanning, first);
    CreatorId::parse(&first?.id).ok()
}

fn show(findings: &[Finding], format: ReportFormat) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match format {
        ReportFormat::Text => stdout.write_all(text(findings).as_bytes())?,
        ReportFormat::Json => {
            let objects: Vec<FindingObject<'_>> = findings.iter().map(object).collect();
            crate::output::json::write_array(&mut stdout, &objects)?;
        }
    }
    stdout.flush()
}

fn object(finding: &Finding) -> FindingObject<'_> {
    FindingObject {
        about: &finding.about,
        health: word(finding.health),
        words: &finding.words,
        advice: finding.advice.as_deref(),
    }
}
