//! `search`: flags → question → videos in the form asked for.

use std::io::Write;

use super::question::{query, question};
use crate::cli::ask::{AnswerFormat, SearchArgs, SearchSort};
use crate::jobs::ask;
use crate::model::Sort;
use crate::output::{json, table, videos};
use crate::store::StoreReader;

/// Writes the answer to `out`, and where a window ends to `notes` (stderr).
pub async fn run(
    reader: &dyn StoreReader,
    args: &SearchArgs,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> anyhow::Result<()> {
    let sort = match args.sort {
        SearchSort::Plays => Sort::Plays,
        SearchSort::Score => Sort::Score,
        SearchSort::Date => Sort::Date,
        SearchSort::Engagement => Sort::Engagement,
    };
    let question = question(reader, query(&args.query.0)?, &args.filters, sort, args.limit, notes).await?;
    let hits = ask::search(reader, &question).await?;
    match args.format {
        AnswerFormat::Table => videos::write_table(out, &hits, &args.filters.timezone, table::width())?,
        AnswerFormat::Json => json::write_hits(out, &hits)?,
        AnswerFormat::Ndjson => json::write_documents(out, &hits)?,
        AnswerFormat::Csv => videos::write_csv(out, &hits, &args.filters.timezone)?,
    }
    Ok(out.flush()?)
}
