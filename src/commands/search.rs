//! `search`: flags → question → videos in the form asked for.

use std::io::Write;

use super::question::{NO_GROWTH, asked};
use crate::cli::ask::{AnswerFormat, SearchArgs, SearchSort};
use crate::jobs::ask;
use crate::model::{Marks, Question, Sort};
use crate::output::{json, table, videos};
use crate::store::StoreReader;

/// Whether the order goes by what the score pass stores.
pub(super) fn needs_scores(args: &SearchArgs) -> bool {
    matches!(args.sort, SearchSort::Z | SearchSort::Multiple | SearchSort::PlaysPerHour | SearchSort::Growth)
}

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
        SearchSort::Z => Sort::Z,
        SearchSort::Multiple => Sort::Multiple,
        SearchSort::PlaysPerHour => Sort::PlaysPerHour,
        SearchSort::Growth => Sort::Growth,
    };
    let scope = asked(reader, &args.ask, notes).await?.scope;
    let question = Question { query: scope.query, filters: scope.filters, sort, limit: args.most.limit };
    let hits = ask::search(reader, &question).await?;
    if sort == Sort::Growth && videos::has_no_growth(&hits) {
        writeln!(notes, "{NO_GROWTH}")?;
    }
    let timezone = &args.ask.filters.timezone;
    match args.ask.format {
        AnswerFormat::Table => {
            let marks = Marks::of(&question.query, &question.filters);
            videos::write_table(out, &hits, (&marks, args.is_coloured), timezone, table::width())?;
        }
        AnswerFormat::Json => json::write_hits(out, &hits)?,
        AnswerFormat::Ndjson => json::write_documents(out, &hits)?,
        AnswerFormat::Csv => videos::write_csv(out, &hits, timezone)?,
    }
    Ok(out.flush()?)
}
