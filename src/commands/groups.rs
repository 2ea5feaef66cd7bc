//! What `hashtags`, `keywords`, `sounds` and `categories` have in common: flags → ranking → rows in the form asked for.

use std::io::Write;

use super::question::{Asked, asked, growth_windows, uncut_windows};
use crate::cli::ask::{AnswerFormat, GroupArgs, GroupSort};
use crate::insight::groups::{GroupKind, GroupOrder, GroupRow};
use crate::jobs::ask::ranking::{Floors, Ranking, rank};
use crate::output::{groups, json, table};
use crate::store::StoreReader;

/// The order that was typed.
pub(super) fn order(args: &GroupArgs) -> Option<GroupOrder> {
    Some(match args.sort? {
        GroupSort::Posts => GroupOrder::Posts,
        GroupSort::Plays => GroupOrder::Plays,
        GroupSort::Median => GroupOrder::Median,
        GroupSort::Lift => GroupOrder::Lift,
        GroupSort::Growth => GroupOrder::Growth,
    })
}

/// What all flags of groups mean.
pub(super) async fn ranking(
    reader: &dyn StoreReader,
    args: &GroupArgs,
    kind: GroupKind,
    default: GroupOrder,
    notes: &mut dyn Write,
) -> anyhow::Result<(Asked, Ranking)> {
    let order = order(args).unwrap_or(default);
    let asked = asked(reader, &args.ask.query, &args.ask.filters, notes).await?;
    let timezone = &args.ask.filters.timezone;
    let is_needed = order == GroupOrder::Growth;
    let windows = growth_windows(reader, &asked, args.window, is_needed, timezone, notes).await?;
    let whole_windows = match windows {
        None if kind == GroupKind::Hashtag => uncut_windows(reader, &asked, args.window).await?,
        _ => windows.clone(),
    };
    let floors = Floors { posts: args.min_posts, creators: args.min_creators };
    Ok((asked, Ranking { floors, windows, whole_windows, ..Ranking::new(kind, order, args.most.limit) }))
}

/// Ranks, and writes the answer to `out`.
pub(super) async fn answer(
    reader: &dyn StoreReader,
    asked: &Asked,
    ranking: &Ranking,
    format: AnswerFormat,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let rows = rank(reader, &asked.scope, ranking).await?;
    write(&rows, ranking, format, out)
}

/// Writes rows to `out`.
pub(super) fn write(
    rows: &[GroupRow],
    ranking: &Ranking,
    format: AnswerFormat,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match format {
        AnswerFormat::Table => groups::write_table(out, rows, ranking, table::width())?,
        AnswerFormat::Json => json::write_array(out, rows)?,
        AnswerFormat::Ndjson => json::write_lines(out, rows)?,
        AnswerFormat::Csv => groups::write_csv(out, rows, ranking)?,
    }
    Ok(out.flush()?)
}
