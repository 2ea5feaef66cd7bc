//! Flags of `viralmine setup`: templates, indices, aliases, and what Kibana shows of them.

use std::path::PathBuf;

use clap::Args;

use super::backfill::ReportFormat;

/// Flags of `setup`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Makes what is missing and leaves what is there, as the first backfill does by itself; for rights to be checked, or given, \
before. With --kibana it also brings data views, two saved searches and a dashboard into Kibana 8.9 or later; those of an \
earlier setup are replaced, other prefixes have their own. Kibana is asked with Elasticsearch's credentials, unless \
KIBANA_API_KEY, or KIBANA_USERNAME and KIBANA_PASSWORD, are set. docs/kibana.md tells what is on the dashboard.

Examples:
  viralmine setup --store http://127.0.0.1:9200 --kibana http://127.0.0.1:5601
  viralmine setup --store https://search.example:9200 --kibana https://kibana.example/s/marketing
  viralmine setup --kibana-export viralmine.ndjson       to be imported by hand")]
pub struct SetupArgs {
    /// Import data views, searches and the dashboard into the Kibana at this address
    #[arg(
        long,
        value_name = "URL",
        help = "Import data views, searches and the dashboard into this Kibana (…/s/NAME: that space)"
    )]
    pub kibana: Option<String>,

    /// Write Kibana's objects to a file (-: stdout) and do nothing else
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kibana", "format"])]
    pub kibana_export: Option<PathBuf>,

    /// Form of the report on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
}
