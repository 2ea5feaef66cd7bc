//! `timing`: flags → question → the hours of a week in the form asked for.

use std::io::Write;

use super::question::asked;
use crate::cli::ask::{AnswerFormat, TimingArgs};
use crate::jobs::ask::timing::hours;
use crate::output::{json, table, timing};
use crate::store::StoreReader;

/// Writes the answer to `out`, and where a window ends to `notes` (stderr).
pub async fn run(
    reader: &dyn StoreReader,
    args: &TimingArgs,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> anyhow::Result<()> {
    let scope = asked(reader, &args.ask.query, &args.ask.filters, notes).await?.scope;
    let timezone = &args.ask.filters.timezone;
    let rows = hours(reader, &scope, timezone).await?;
    match args.ask.format {
        AnswerFormat::Table if rows.iter().all(|row| row.posts == 0) => {
            writeln!(
                out,
                "no post that matches could be judged: it takes a known time, and three other posts of its creator"
            )?;
        }
        AnswerFormat::Table => timing::write_table(out, &rows, timezone, table::width())?,
        AnswerFormat::Json => json::write_array(out, &rows)?,
        AnswerFormat::Ndjson => json::write_lines(out, &rows)?,
        AnswerFormat::Csv => timing::write_csv(out, &rows)?,
    }
    Ok(out.flush()?)
}
