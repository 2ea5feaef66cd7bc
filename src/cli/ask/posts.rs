//! The flags of `search`, `viral`, `creators` and `timing`.

use clap::{Args, ValueEnum};

use super::filters::{AskArgs, LimitArgs};
use crate::insight::tiers::Tiers;

/// Flags of `search`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "viralmine search [OPTIONS] [QUERY]...",
    after_help = "\
Examples:
  viralmine search summer dress             both words, anywhere in text or hashtags
  viralmine search '\"summer dress\" -sale'   the phrase, without \"sale\"
  viralmine search '#ootd' --since 30d      by hashtag; the window ends at the newest fetch stored
  viralmine search 'bag*' --sort date --format csv > bags.csv
  viralmine search --creator lily_fashion_us --limit all --format ndjson"
)]
pub struct SearchArgs {
    /// Order, highest or newest first; score: how well the text matches, as each store judges it; z: how unusual for
    /// its creator; growth: the share of plays gained per day between two looks
    #[arg(long, value_enum, default_value_t)]
    pub sort: SearchSort,
    /// How many posts.
    #[command(flatten)]
    pub most: LimitArgs,
    /// Which posts.
    #[command(flatten)]
    pub ask: AskArgs,
    /// Whether matches are marked by colour codes, as `--color` and the terminal have it; nobody types it here.
    #[arg(skip)]
    pub is_coloured: bool,
}

const VIRAL_BY: &str = "\
z and multiple: viral posts only, by how far they are above their creator's others; engagement: interactions per play, \
smoothed; plays_per_hour: what is rising; growth: what is rising most for its size, the share of plays gained per day \
between two looks";

const CREATORS_BY: &str = "\
Order, highest first; hit_rate: share of posts with three times the creator's median plays; trend: median plays of the \
recent posts over that of those before; growth: the share of plays that its posts gained per day between two looks";

/// Flags of `viral`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "viralmine viral [OPTIONS] [QUERY]...",
    after_help = "\
Examples:
  viralmine viral                               what is unusual for its creator, the most unusual first
  viralmine viral --by plays_per_hour           what is rising
  viralmine viral --by growth                   what is rising most for its size, of posts looked at twice
  viralmine viral '#ootd' --since 30d --region US
  viralmine viral --category dresses --format csv > dresses.csv"
)]
pub struct ViralArgs {
    /// What the order goes by.
    #[arg(long, value_enum, default_value_t, help = VIRAL_BY)]
    pub by: ViralSort,
    /// How many posts.
    #[command(flatten)]
    pub most: LimitArgs,
    /// Which posts.
    #[command(flatten)]
    pub ask: AskArgs,
}

/// Flags of `creators`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "viralmine creators [OPTIONS] [QUERY]...",
    after_help = "\
Examples:
  viralmine creators                            whose posts go far beyond their usual most often
  viralmine creators --tier micro --by trend    small ones on their way up
  viralmine creators '#ootd' --region US --by engagement
  viralmine creators --tiers small=0,big=50k --tier big"
)]
pub struct CreatorsArgs {
    /// What the order goes by.
    #[arg(long, value_enum, default_value_t, help = CREATORS_BY)]
    pub by: CreatorsSort,
    /// Only creators of this tier, by median plays: nano, micro, mid, macro or mega, or one of --tiers
    #[arg(long, value_name = "NAME")]
    pub tier: Option<String>,
    /// The tiers, by the median plays that each starts at [default: nano=0,micro=1000,mid=10k,macro=100k,mega=1M]
    #[arg(long, value_name = "NAME=PLAYS,…")]
    pub tiers: Option<Tiers>,
    /// Only creators with so many posts that could be judged
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub min_judged: u64,
    /// How many creators.
    #[command(flatten)]
    pub most: LimitArgs,
    /// Whose posts: creators with at least one such post.
    #[command(flatten)]
    pub ask: AskArgs,
}

/// Flags of `timing`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "viralmine timing [OPTIONS] [QUERY]...",
    after_help = "\
Examples:
  viralmine timing --timezone America/New_York --region US
  viralmine timing --category dresses --format csv > hours.csv"
)]
pub struct TimingArgs {
    /// Which posts.
    #[command(flatten)]
    pub ask: AskArgs,
}

/// `--sort` of `search`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum SearchSort {
    /// Most plays first.
    #[value(help = None::<&str>)]
    #[default]
    Plays,
    /// Best match first.
    #[value(help = None::<&str>)]
    Score,
    /// Newest first.
    #[value(help = None::<&str>)]
    Date,
    /// Highest engagement rate first.
    #[value(help = None::<&str>)]
    Engagement,
    /// Most unusual for its creator first.
    #[value(help = None::<&str>)]
    Z,
    /// Highest multiple of its creator's median first.
    #[value(help = None::<&str>)]
    Multiple,
    /// Most plays an hour first.
    #[value(help = None::<&str>)]
    PlaysPerHour,
    /// Largest share of plays gained per day first.
    #[value(help = None::<&str>)]
    Growth,
}

/// `--by` of `viral`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum ViralSort {
    /// Most unusual for its creator first.
    #[value(help = None::<&str>)]
    #[default]
    Z,
    /// Highest multiple of its creator's median first.
    #[value(help = None::<&str>)]
    Multiple,
    /// Highest smoothed engagement first.
    #[value(help = None::<&str>)]
    Engagement,
    /// Most plays an hour first.
    #[value(help = None::<&str>)]
    PlaysPerHour,
    /// Largest share of plays gained per day first.
    #[value(help = None::<&str>)]
    Growth,
}

/// `--by` of `creators`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum CreatorsSort {
    /// Highest share of hits first.
    #[value(help = None::<&str>)]
    #[default]
    HitRate,
    /// Highest median of plays first.
    #[value(help = None::<&str>)]
    MedianPlays,
    /// Highest median engagement first.
    #[value(help = None::<&str>)]
    Engagement,
    /// Steepest rise first.
    #[value(help = None::<&str>)]
    Trend,
    /// Largest share of plays gained per day first.
    #[value(help = None::<&str>)]
    Growth,
}
