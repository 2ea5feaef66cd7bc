//! Flags that say how the API is reached.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

const API_URL: &str = "Base URL of the API, such as https://api.example.com [env: VIRALMINE_API_URL]";
const API_KEYS_FILE: &str = "File of API keys, one a line (# comments); or set VIRALMINE_API_KEYS (comma-separated)";

/// How the API is reached. Keys come from `VIRALMINE_API_KEYS` or a file, never from a flag.
#[derive(Debug, Clone, Default, Args)]
pub struct ApiArgs {
    /// Base URL of the API.
    #[arg(long, value_name = "URL", help_heading = "API options", help = API_URL)]
    pub api_url: Option<String>,

    /// File of API keys.
    #[arg(long, value_name = "FILE", help_heading = "API options", help = API_KEYS_FILE)]
    pub api_keys_file: Option<PathBuf>,

    /// Requests a second that the provider allows for each key [default: 3]
    #[arg(long, value_name = "N", help_heading = "API options")]
    pub rate: Option<f64>,

    /// Safety added to each second of the quota, for clocks that differ [default: 20ms]
    #[arg(long, value_name = "DURATION", help_heading = "API options")]
    pub quota_margin: Option<String>,

    /// Region to ask for: US, GB, JP, … [default: none]
    #[arg(long, value_name = "CODE", help_heading = "API options")]
    pub region: Option<String>,

    /// Posts per page (a page is a paid request), 1 to 35 [default: 35]
    #[arg(long, value_name = "N", help_heading = "API options")]
    pub page_size: Option<u8>,

    /// Send parameters in the query string, or as a JSON body [default: query]
    #[arg(long, value_name = "WHERE", help_heading = "API options")]
    pub params: Option<ParamsIn>,

    /// At most so many requests, retries and failed ones included; 0 asks nothing [default: no limit]
    #[arg(long, value_name = "N", help_heading = "API options")]
    pub budget: Option<u64>,
}

/// Where the parameters of a request go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ParamsIn {
    /// In the query string.
    #[value(help = None::<&str>)]
    Query,
    /// As a JSON body.
    #[value(help = None::<&str>)]
    Body,
}
