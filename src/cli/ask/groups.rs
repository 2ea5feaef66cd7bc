//! The flags of the commands whose rows are groups of posts: `hashtags`, `keywords`, `sounds`, `categories`.

use clap::{Args, ValueEnum};
use unicode_script::Script;

use super::filters::{AskArgs, LimitArgs, hashtag};
use crate::jobs::ask::period::window_length;
use crate::jobs::ask::script;

/// Flags of `hashtags`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "viralmine hashtags [OPTIONS] [QUERY]...",
    after_help = "\
Examples:
  viralmine hashtags                            the tags with most posts
  viralmine hashtags --sort growth --no-generic what comes up this week, without #fyp and its like
  viralmine hashtags --sort median --since 30d  what did well lately
  viralmine hashtags --related ootd             which tags go with #ootd
  viralmine hashtags --hashtag ootd --limit all --format csv > with-ootd.csv"
)]
pub struct HashtagsArgs {
    /// Only tags that go with this one, the closest first (NPMI); generic tags are left out
    #[arg(long, value_name = "TAG", value_parser = hashtag)]
    pub related: Option<String>,
    /// Leave out generic tags, like #fyp: a tenth of all creators use them (20 at least), they do not come up, and
    /// nothing is claimed of them
    #[arg(long)]
    pub no_generic: bool,
    /// What all groups have in common.
    #[command(flatten)]
    pub groups: GroupArgs,
}

/// Flags of `keywords`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "viralmine keywords [OPTIONS] [QUERY]...",
    after_help = "\
Examples:
  viralmine keywords                            what viral posts speak of, and others do not
  viralmine keywords --region JP --script han
  viralmine keywords dress --sort growth        what is said of dresses more than a week ago
  viralmine keywords --category phone-cases --format csv > words.csv"
)]
pub struct KeywordsArgs {
    /// Only words with a letter of this script: latin, han, cyrillic, arabic, thai, …
    #[arg(long, value_name = "SCRIPT", value_parser = script)]
    pub script: Option<Script>,
    /// What all groups have in common.
    #[command(flatten)]
    pub groups: GroupArgs,
}

/// Flags of `sounds`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "viralmine sounds [OPTIONS] [QUERY]...",
    after_help = "\
Examples:
  viralmine sounds                              the sounds with most posts
  viralmine sounds --sort growth --window 3d    what comes up
  viralmine sounds --hashtag ootd --sort lift"
)]
pub struct SoundsArgs {
    /// What all groups have in common.
    #[command(flatten)]
    pub groups: GroupArgs,
}

/// Flags of `categories`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "viralmine categories [OPTIONS] [QUERY]...",
    // All that the user named.
    mut_arg("limit", |limit| limit.default_value("all")),
    after_help = "\
Examples:
  viralmine categories                          fashion and consumer goods, by plays
  viralmine categories --region JP --sort growth
  viralmine categories --sample > mine.toml     a file to start from
  viralmine categories --categories mine.toml
  viralmine viral --category dresses --categories mine.toml"
)]
pub struct CategoriesArgs {
    /// Print the sample of a categories' file, and do nothing else
    #[arg(long)]
    pub sample: bool,
    /// What all groups have in common.
    #[command(flatten)]
    pub groups: GroupArgs,
}

/// What the commands whose rows are groups of posts share.
#[derive(Debug, Clone, Args)]
pub struct GroupArgs {
    /// Order, highest first; median: of plays, withheld ones left out; lift: among viral posts; growth: of one window
    /// over the one before [default: posts for hashtags and sounds, lift for keywords, plays for categories]
    #[arg(long, value_enum)]
    pub sort: Option<GroupSort>,
    /// How many rows.
    #[command(flatten)]
    pub most: LimitArgs,
    /// Length of the windows of growth; the later one ends at --until, else at the newest fetch
    #[arg(long, value_name = "7d", default_value = "7d", value_parser = window_length)]
    pub window: i64,
    /// By median, lift and growth: only what has so many posts (by growth: in the later window)
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub min_posts: u64,
    /// By median, lift and growth: only what so many creators post (by growth: in the later window)
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub min_creators: u64,
    /// Which posts.
    #[command(flatten)]
    pub ask: AskArgs,
}

/// `--sort` of groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GroupSort {
    /// Most posts first.
    #[value(help = None::<&str>)]
    Posts,
    /// Most plays in all first.
    #[value(help = None::<&str>)]
    Plays,
    /// Highest median of plays first.
    #[value(help = None::<&str>)]
    Median,
    /// Highest lift first.
    #[value(help = None::<&str>)]
    Lift,
    /// Highest growth first.
    #[value(help = None::<&str>)]
    Growth,
}

fn script(text: &str) -> Result<Script, String> {
    script::named(text).ok_or_else(|| "give a script's name, such as latin, han, cyrillic, arabic or thai".to_owned())
}
