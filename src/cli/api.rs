//! Flags that say how the API is reached.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How the API is reached. Keys come from `VIRALMINE_API_KEYS` or a file, never from a flag.
#[derive(Debug, Clone, Default, Args)]
pub struct ApiArgs {
    /// Base URL of the API [env: `VIRALMINE_API_URL`]
    #[arg(long, value_name = "URL", help_heading = "API options")]
    pub api_url: Option<String>,

    /// File of API keys, one a line (# comments); else the comma-separated `VIRALMINE_API_KEYS`
    #[arg(long, value_name = "FILE", help_heading = "API options")]
    pub api_keys_file: Option<PathBuf>,

    /// Requests a second per key [default: 3]
    #[arg(long, value_name = "N", help_heading = "API options")]
    pub rate: Option<f64>,

    /// Added to each second of the quota, against a clock that runs otherwise at the other end [default: 20ms]
    #[arg(long, value_name = "DURATION", help_heading = "API options")]
    pub quota_margin: Option<String>,

    /// Region to ask for: US, GB, JP, …
    #[arg(long, value_name = "CODE", help_heading = "API options")]
    pub region: Option<String>,

    /// Posts a page, 1 to 35 [default: 35]
    #[arg(long, value_name = "N", help_heading = "API options")]
    pub page_size: Option<u8>,

    /// Where the parameters go [default: query]
    #[arg(long, value_name = "WHERE", help_heading = "API options")]
    pub params: Option<ParamsIn>,
}

/// Where the parameters of a request go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ParamsIn {
    /// In the query string.
    Query,
    /// As a JSON body.
    Body,
}
