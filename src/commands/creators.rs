//! `creators`: flags → question → rows of the creators' index in the form asked for.

use std::io::Write;

use super::question::{NO_GROWTH, asked};
use crate::cli::ask::{AnswerFormat, CreatorsArgs, CreatorsSort};
use crate::insight::tiers::Tiers;
use crate::jobs::ask::creators::{CreatorRanking, rank};
use crate::model::CreatorSort;
use crate::output::creators::{Shown, write_csv, write_table};
use crate::output::{json, table};
use crate::settings::UsageError;
use crate::store::StoreReader;

/// Writes the answer to `out`, and where a window ends to `notes` (stderr).
pub async fn run(
    reader: &dyn StoreReader,
    args: &CreatorsArgs,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> anyhow::Result<()> {
    let tiers = args.tiers.clone().unwrap_or_default();
    let median = match &args.tier {
        None => (None, None),
        Some(name) => {
            let (from, below) = tiers.bounds(name).ok_or_else(|| unknown_tier(name, &tiers))?;
            (Some(from), below)
        }
    };
    let sort = match args.by {
        CreatorsSort::HitRate => CreatorSort::HitRate,
        CreatorsSort::MedianPlays => CreatorSort::MedianPlays,
        CreatorsSort::Engagement => CreatorSort::Engagement,
        CreatorsSort::Trend => CreatorSort::Trend,
        CreatorsSort::Growth => CreatorSort::Growth,
    };
    let scope = asked(reader, &args.ask, notes).await?.scope;
    let ranking = CreatorRanking { sort, median, min_judged: args.min_judged, limit: args.most.limit };
    let answer = rank(reader, &scope, &ranking).await?;
    if sort == CreatorSort::Growth && answer.rows.first().is_some_and(|row| row.growth.is_none()) {
        writeln!(notes, "{NO_GROWTH}")?;
    }
    let rows: Vec<Shown<'_>> = answer.rows.iter().map(|row| Shown::of(row, &tiers)).collect();
    match args.ask.format {
        AnswerFormat::Table if rows.is_empty() => {
            writeln!(out, "no creator matches with {} posts that could be judged (--min-judged)", args.min_judged)?;
        }
        AnswerFormat::Table => write_table(out, &rows, answer.total, table::width())?,
        AnswerFormat::Json => json::write_array(out, &rows)?,
        AnswerFormat::Ndjson => json::write_lines(out, &rows)?,
        AnswerFormat::Csv => write_csv(out, &rows)?,
    }
    Ok(out.flush()?)
}

fn unknown_tier(name: &str, tiers: &Tiers) -> UsageError {
    let known: Vec<&str> = tiers.names().collect();
    UsageError(format!("--tier {name}: there is none of this name; known are {} (--tiers sets them)", known.join(", ")))
}
