//! The configuration file, `viralmine.toml`: keys are the flags' names. An unknown key is an error.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::UsageError;
use crate::cli::When;
use crate::cli::api::ParamsIn;
use crate::insight::tiers::Tiers;
use crate::model::Secret;

/// The file read when no `--config` is given and it exists.
const DEFAULT_FILE: &str = "viralmine.toml";

/// The file's content; every key is optional.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConfigFile {
    /// `--store`.
    pub store: Option<String>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--index-prefix`.
    pub index_prefix: Option<String>,
    /// `--es-ca-cert`.
    pub es_ca_cert: Option<PathBuf>,
    /// `--compress`.
    #[serde(default, deserialize_with = "value_of")]
    pub compress: Option<When>,
    /// `ELASTICSEARCH_API_KEY`.
    #[serde(default, deserialize_with = "secret")]
    pub elasticsearch_api_key: Option<Secret>,
    /// `ELASTICSEARCH_USERNAME`.
    pub elasticsearch_username: Option<String>,
    /// `ELASTICSEARCH_PASSWORD`.
    #[serde(default, deserialize_with = "secret")]
    pub elasticsearch_password: Option<Secret>,
    /// `KIBANA_API_KEY`.
    #[serde(default, deserialize_with = "secret")]
    pub kibana_api_key: Option<Secret>,
    /// `KIBANA_USERNAME`.
    pub kibana_username: Option<String>,
    /// `KIBANA_PASSWORD`.
    #[serde(default, deserialize_with = "secret")]
    pub kibana_password: Option<Secret>,
    /// `--api-url`.
    pub api_url: Option<String>,
    /// `--api-keys-file`.
    pub api_keys_file: Option<PathBuf>,
    /// `--rate`.
    pub rate: Option<f64>,
    /// `--quota-margin`.
    pub quota_margin: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--page-size`.
    pub page_size: Option<u8>,
    /// `--params`.
    #[serde(default, deserialize_with = "value_of")]
    pub params: Option<ParamsIn>,
    /// `--budget`.
    pub budget: Option<u64>,
    /// `--give-up-after`.
    pub give_up_after: Option<String>,
    /// `--webhook`.
    #[serde(default, deserialize_with = "secret")]
    pub webhook: Option<Secret>,
    /// `--categories`.
    pub categories: Option<PathBuf>,
    /// `--tiers`.
    #[serde(default, deserialize_with = "tiers")]
    pub tiers: Option<Tiers>,
}

impl ConfigFile {
    /// Reads the file named, or `./viralmine.toml` where it exists, or nothing.
    pub fn load(named: Option<&Path>) -> Result<Self, UsageError> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(UsageError(format!("cannot read the configuration {}: {error}", path.display()))),
        };
        let config = Self::parse(&text, path)?;
        let secrets = [
            &config.elasticsearch_api_key,
            &config.elasticsearch_password,
            &config.kibana_api_key,
            &config.kibana_password,
            &config.webhook,
        ];
        if secrets.into_iter().any(Option::is_some) {
            super::api::warn_if_others_can_read(path);
        }
        Ok(config)
    }

    /// Reads the file's text; `path` names it in errors.
    #[doc(hidden)]
    pub fn parse(text: &str, path: &Path) -> Result<Self, UsageError> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            // Not the error's own display: it quotes the line, which may hold a password.
            UsageError(format!("{}:{line}: {}", path.display(), in_words(error.message())))
        })
    }
}

/// Without the names that numbers have in this program's language.
fn in_words(message: &str) -> String {
    let words = message.replace("expected f64", "expected a number");
    words
        .replace("expected u64", "expected a whole number, 0 or more")
        .replace("expected u8", "expected a whole number, 1 to 35")
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    // Not as a text at once: what is no text (a password of digits, say) would be quoted in the error.
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => Ok(Some(Secret::new(&text))),
        _ => Err(serde::de::Error::custom("a secret stands in quotes, even if it is a number")),
    }
}

fn tiers<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Tiers>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}

fn value_of<'de, D, V>(deserializer: D) -> Result<Option<V>, D::Error>
where
    D: serde::Deserializer<'de>,
    V: clap::ValueEnum,
{
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    V::from_str(&text, false).map(Some).map_err(|_| {
        let known: Vec<String> = V::value_variants()
            .iter()
            .filter_map(|variant| Some(variant.to_possible_value()?.get_name().to_owned()))
            .collect();
        serde::de::Error::custom(format!("{text:?} is none of {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> String {
        ConfigFile::parse(text, Path::new("viralmine.toml")).unwrap_err().0
    }

    #[test]
    fn keys_are_the_flags_names() {
        let config = ConfigFile::parse("page-size = 20\nparams = \"body\"\n", Path::new("x")).unwrap();
        assert_eq!((config.page_size, config.params), (Some(20), Some(ParamsIn::Body)));
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let message = error("rate = 3\npage_size = 20\n");
        assert!(message.starts_with("viralmine.toml:2: ") && message.contains("page_size"), "{message}");
    }

    #[test]
    fn a_wrong_value_names_what_is_known_and_secrets_stay_out() {
        assert!(error("params = \"header\"").contains("query, body"));
        assert!(error("budget = -1").ends_with("integer `-1`, expected a whole number, 0 or more"));
        assert!(error("rate = 3\ntiers = \"small\"").starts_with("viralmine.toml:2: \"small\" is no tier"));
        assert!(!error("elasticsearch-password = \"hunter2\"\nrate = \"x\"").contains("hunter2"));
        assert!(!error("elasticsearch-password = hunter2").contains("hunter2"));
        assert!(!error("webhook = \"https://h/hunter2\"\nrate = \"x\"").contains("hunter2"));
        for value in ["31415926", "3141.5926", "[\"31415926\"]", "{a = \"31415926\"}"] {
            let message = error(&format!("rate = 3\nelasticsearch-password = {value}"));
            assert!(message.contains("in quotes") && !message.contains("3141"), "{message}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_with_a_line_and_without_its_secret(
            before in r#"((rate|page-size|store|params|compress|x) ?=|["'\[\]0-9.\n ]|\PC){0,10}"#,
            quotes in r#"("|'|"{3}|'{3})?"#,
            after in r#"(\n|rate = 3\n|["'=x]|\PC){0,6}"#,
        ) {
            let text = format!("{before}\nelasticsearch-password = {quotes}hunter2{quotes}{after}");
            match ConfigFile::parse(&text, Path::new("x.toml")) {
                Ok(config) => {
                    let shown = format!("{:?}", config.elasticsearch_password);
                    prop_assert!(!shown.contains("hunter2"), "{}", shown);
                }
                Err(UsageError(told)) => {
                    prop_assert!(!told.contains("hunter2"), "{}", told);
                    let line = told.strip_prefix("x.toml:").and_then(|rest| rest.split_once(": ")?.0.parse().ok());
                    prop_assert!(line.is_some_and(|line: usize| line <= text.matches('\n').count() + 1), "{}", told);
                }
            }
        }
    }
}
