//! `hashtags`: flags → question → rows per hashtag in the form asked for.

use std::io::Write;

use super::question::question;
use crate::cli::ask::{AnswerFormat, HashtagsArgs, HashtagsSort};
use crate::insight::hashtags::HashtagSort;
use crate::jobs::ask;
use crate::model::{Query, Sort};
use crate::output::{hashtags, json, table};
use crate::store::StoreReader;

/// Writes the answer to `out`, and where a window ends to `notes` (stderr).
pub async fn run(
    reader: &dyn StoreReader,
    args: &HashtagsArgs,
    out: &mut dyn Write,
    notes: &mut dyn Write,
) -> anyhow::Result<()> {
    let sort = match args.sort {
        HashtagsSort::Posts => HashtagSort::Posts,
        HashtagsSort::Plays => HashtagSort::Plays,
        HashtagsSort::Median => HashtagSort::Median,
    };
    let question = question(reader, Query::All, &args.filters, Sort::Plays, usize::MAX, notes).await?;
    let answer = ask::hashtags(reader, &question, sort, args.limit).await?;
    match args.format {
        AnswerFormat::Table => hashtags::write_table(out, &answer.rows, answer.total, table::width())?,
        AnswerFormat::Json => json::write_array(out, &answer.rows)?,
        AnswerFormat::Ndjson => json::write_lines(out, &answer.rows)?,
        AnswerFormat::Csv => hashtags::write_csv(out, &answer.rows)?,
    }
    Ok(out.flush()?)
}
