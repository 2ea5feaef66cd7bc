//! Flags that say where documents live.

use std::path::PathBuf;

use clap::Args;

use super::When;

// Not doc comments: those of this crate put variables between backticks, which a terminal would show.
const STORE: &str = "Where documents live: a folder (embedded index) or the URL of an Elasticsearch \
                     [env: VIRALMINE_STORE] [default: the data folder]";
const DATA_DIR: &str = "Folder of the raw archive, the dead letters and the embedded index \
                        [env: VIRALMINE_DATA_DIR] [default: ./viralmine-data]";

/// Where documents live.
#[derive(Debug, Clone, Args)]
pub struct StoreArgs {
    /// Where documents live.
    #[arg(long, global = true, value_name = "DIR|URL", help_heading = "Global options", help = STORE)]
    pub store: Option<String>,

    /// Where everything else lives.
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options", help = DATA_DIR)]
    pub data_dir: Option<PathBuf>,

    /// Start of the indices' names: PREFIX-videos, PREFIX-checkpoints [default: viralmine]
    #[arg(long, global = true, value_name = "PREFIX", help_heading = "Global options")]
    pub index_prefix: Option<String>,

    /// PEM file of the certificate authority that signed Elasticsearch's certificate
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub es_ca_cert: Option<PathBuf>,

    /// Compress what is sent to Elasticsearch; auto: unless it is on this machine [default: auto]
    #[arg(long, global = true, value_name = "WHEN", help_heading = "Global options")]
    pub compress: Option<When>,
}
