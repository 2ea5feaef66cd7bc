//! Flags that say where documents live.

use std::path::PathBuf;

use clap::Args;

use super::When;

/// Where documents live.
#[derive(Debug, Clone, Args)]
pub struct StoreArgs {
    /// Where documents live: a folder (embedded index) or an Elasticsearch URL [env: `VIRALMINE_STORE`] [default: the data folder]
    #[arg(long, global = true, value_name = "DIR|URL", help_heading = "Global options")]
    pub store: Option<String>,

    /// Folder of the raw archive, the dead letters and the embedded index [env: `VIRALMINE_DATA_DIR`] [default: ./viralmine-data]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub data_dir: Option<PathBuf>,

    /// Indices are named PREFIX-videos and PREFIX-checkpoints [default: viralmine]
    #[arg(long, global = true, value_name = "PREFIX", help_heading = "Global options")]
    pub index_prefix: Option<String>,

    /// PEM file of the certificate authority that signed Elasticsearch's certificate
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub es_ca_cert: Option<PathBuf>,

    /// Compress requests to Elasticsearch; auto: unless it is on this machine [default: auto]
    #[arg(long, global = true, value_name = "WHEN", help_heading = "Global options")]
    pub compress: Option<When>,
}
