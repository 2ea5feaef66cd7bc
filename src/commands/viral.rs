//! `viral`: posts that are unusual for their creator, or rising, in the form asked for.

use std::io::Write;

use super::question::{NO_GROWTH, asked};
use crate::cli::ask::{AnswerFormat, ViralArgs, ViralSort};
use crate::jobs::ask;
use crate::model::{Corpus, Filters, Question, Sort};
use crate::output::{json, table, videos, viral};
use crate::store::StoreReader;

/// Writes the answer to `out`; where a window ends, and how much of it chance would make (as the `corpus` has it), to
/// `notes` (stderr).
pub async fn run(
    reader: &dyn StoreReader,
    corpus: Option<&Corpus>,
    args: &ViralArgs,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> anyhow::Result<()> {
    let (sort, only_viral) = match args.by {
        ViralSort::Z => (Sort::Z, true),
        ViralSort::Multiple => (Sort::Multiple, true),
        // Neither says that a post is unusual.
        ViralSort::Engagement => (Sort::SmoothedEngagement, false),
        ViralSort::PlaysPerHour => (Sort::PlaysPerHour, false),
        ViralSort::Growth => (Sort::Growth, false),
    };
    let scope = asked(reader, &args.ask, notes).await?.scope;
    if let Some(corpus) = corpus.filter(|corpus| only_viral && corpus.viral > 0 && !corpus.unfinished) {
        writeln!(notes, "{}", viral::beside_chance(corpus))?;
    }
    let filters = Filters { only_viral, ..scope.filters };
    let hits = ask::search(reader, &Question { query: scope.query, filters, sort, limit: args.most.limit }).await?;
    if sort == Sort::Growth && videos::has_no_growth(&hits) {
        writeln!(notes, "{NO_GROWTH}")?;
    }
    match args.ask.format {
        AnswerFormat::Table if hits.videos.is_empty() && only_viral => {
            writeln!(
                out,
                "no viral post matches (z of 3.5 at least, 72 hours old when fetched); --by plays_per_hour shows what is rising"
            )?;
        }
        AnswerFormat::Table if hits.videos.is_empty() => writeln!(out, "no video matches")?,
        AnswerFormat::Table => viral::write_table(out, &hits, table::width())?,
        AnswerFormat::Json => json::write_document_array(out, &hits)?,
        AnswerFormat::Ndjson => json::write_documents(out, &hits)?,
        AnswerFormat::Csv => videos::write_csv(out, &hits, &args.ask.filters.timezone)?,
    }
    Ok(out.flush()?)
}
