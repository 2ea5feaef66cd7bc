//! Which store, and how it is reached.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::UsageError;
use super::credentials::{ELASTICSEARCH, InFile, credentials};
use super::environment;
use super::file::ConfigFile;
use crate::cli::When;
use crate::cli::store::StoreArgs;
use crate::model::host::is_loopback;
use crate::store::elastic::{Credentials, ElasticSettings};

const DEFAULT_DATA_DIR: &str = "viralmine-data";
const DEFAULT_PREFIX: &str = "viralmine";

/// One request to Elasticsearch may take so long; a bulk of a few MiB takes a second on a busy node.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// Where documents live.
#[derive(Debug, Clone)]
pub enum StorePlace {
    /// An embedded index in this folder.
    Embedded(PathBuf),
    /// A server.
    Elastic(Box<ElasticSettings>),
}

/// The store and the data folder.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Where documents live.
    pub place: StorePlace,
    /// The folder of the raw archive and the dead letters.
    pub data_dir: PathBuf,
    /// Indices are named after it.
    pub prefix: String,
}

impl StoreSettings {
    /// Resolves flags, environment and file.
    pub fn resolve(args: &StoreArgs, file: &ConfigFile) -> Result<Self, UsageError> {
        let prefix = args.index_prefix.clone().or_else(|| file.index_prefix.clone());
        let prefix = prefix.unwrap_or_else(|| DEFAULT_PREFIX.into());
        check_prefix(&prefix)?;
        let store = args.store.clone().or_else(|| environment::get(environment::STORE)).or_else(|| file.store.clone());
        let data_dir = args
            .data_dir
            .clone()
            .or_else(|| environment::get(environment::DATA_DIR).map(PathBuf::from))
            .or_else(|| file.data_dir.clone());
        let Some(store) = store else {
            let data_dir = data_dir.unwrap_or_else(|| DEFAULT_DATA_DIR.into());
            return Ok(Self { place: StorePlace::Embedded(data_dir.clone()), data_dir, prefix });
        };
        if is_web_address(&store) {
            let place = StorePlace::Elastic(Box::new(elastic(&store, &prefix, args, file)?));
            return Ok(Self { place, data_dir: data_dir.unwrap_or_else(|| DEFAULT_DATA_DIR.into()), prefix });
        }
        let folder = folder(store)?;
        Ok(Self { place: StorePlace::Embedded(folder.clone()), data_dir: data_dir.unwrap_or(folder), prefix })
    }

    /// The store in a word, for the archive's records and for messages: `embedded`, or the URL.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.place {
            StorePlace::Embedded(_) => "embedded".into(),
            StorePlace::Elastic(settings) => settings.url.to_string(),
        }
    }
}

fn is_web_address(store: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| store.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// A folder, unless the text is a server's address in a spelling that we do not take. It may hold a password, so it
/// is repeated only where it cannot.
fn folder(store: String) -> Result<PathBuf, UsageError> {
    if store.trim().is_empty() {
        return Err(UsageError::new("--store is empty: name a folder or the http(s) URL of an Elasticsearch"));
    }
    if store.contains("://") {
        return Err(UsageError::new(
            "--store is neither a folder nor an http(s) URL: an Elasticsearch is named like http://127.0.0.1:9200",
        ));
    }
    if is_user_at_host(&store) && !PathBuf::from(&store).exists() {
        return Err(UsageError::new(
            "--store looks like a user and a password in front of a server's address: write http://host:port alone and set \
             ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD, or ELASTICSEARCH_API_KEY (a folder of that name: ./…)",
        ));
    }
    let port = store.split_once(':').filter(|(host, _)| !host.contains(['/', '\\']));
    let port = port.map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if port.is_some_and(is_port) && !PathBuf::from(&store).exists() {
        return Err(UsageError(format!(
            "--store {store} looks like a server's address: write http://{store}, or ./{store} for a folder of that name"
        )));
    }
    Ok(store.into())
}

/// `user:password@host…`, which would stand in messages and as a folder's name.
fn is_user_at_host(store: &str) -> bool {
    let user = store.rsplit_once('@').and_then(|(before, _)| before.split_once(':')).map(|(user, _)| user);
    user.is_some_and(|user| !user.is_empty() && !user.contains(['/', '\\']))
}

fn elastic(url: &str, prefix: &str, args: &StoreArgs, file: &ConfigFile) -> Result<ElasticSettings, UsageError> {
    let parsed = Url::parse(url).map_err(|error| UsageError(format!("--store: not a URL ({error})")))?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(UsageError::new(
            "--store: a user or password inside the URL would end up in logs and histories; take them out and set \
             ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD, or ELASTICSEARCH_API_KEY",
        ));
    }
    let compress = match args.compress.or(file.compress).unwrap_or(When::Auto) {
        When::Always => true,
        When::Never => false,
        When::Auto => !parsed.host_str().is_some_and(is_loopback),
    };
    let ca_cert = args.es_ca_cert.clone().or_else(|| file.es_ca_cert.clone());
    Ok(ElasticSettings {
        url: parsed,
        prefix: prefix.to_owned(),
        credentials: credentials(&ELASTICSEARCH, elasticsearch_in(file))?.unwrap_or(Credentials::None),
        ca_cert,
        compress,
        request_timeout: REQUEST_TIMEOUT,
    })
}

fn elasticsearch_in(file: &ConfigFile) -> InFile {
    let (api_key, password) = (file.elasticsearch_api_key.clone(), file.elasticsearch_password.clone());
    InFile { api_key, username: file.elasticsearch_username.clone(), password }
}

/// What both stores take as part of an index name.
fn check_prefix(prefix: &str) -> Result<(), UsageError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    let fits = (1..=100).contains(&prefix.len()) && prefix.bytes().all(allowed);
    if fits && prefix.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(UsageError(format!(
        "--index-prefix: {prefix:?} cannot name an index; use lower-case letters, digits, '-' and '_', a letter or digit first"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(store: Option<&str>, data_dir: Option<&str>) -> StoreArgs {
        StoreArgs {
            store: store.map(Into::into),
            data_dir: data_dir.map(Into::into),
            index_prefix: None,
            es_ca_cert: None,
            compress: None,
        }
    }

    fn resolve(store: Option<&str>, data_dir: Option<&str>) -> Result<StoreSettings, UsageError> {
        StoreSettings::resolve(&args(store, data_dir), &ConfigFile::default())
    }

    #[test]
    fn a_store_folder_alone_is_the_data_folder_too() {
        let settings = resolve(Some("here"), None).unwrap();
        assert_eq!(settings.data_dir, PathBuf::from("here"));
        let settings = resolve(Some("here"), Some("there")).unwrap();
        assert_eq!(settings.data_dir, PathBuf::from("there"));
        assert!(matches!(settings.place, StorePlace::Embedded(folder) if folder == std::path::Path::new("here")));
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_not_repeated() {
        let error = resolve(Some("http://elastic:hunter2@127.0.0.1:9200"), None).unwrap_err();
        assert!(error.0.contains("ELASTICSEARCH_PASSWORD") && !error.0.contains("hunter2"));
    }

    #[test]
    fn requests_to_this_machine_are_not_compressed_unless_told() {
        let compresses = |url: &str| match resolve(Some(url), None).unwrap().place {
            StorePlace::Elastic(settings) => settings.compress,
            StorePlace::Embedded(_) => panic!("{url} is a server"),
        };
        assert!(
            !compresses("http://127.0.0.1:9200")
                && !compresses("http://localhost:9200")
                && !compresses("http://[::1]:9200")
        );
        assert!(compresses("https://search.example:9200"));
    }

    #[test]
    fn what_cannot_name_an_index_is_refused() {
        for prefix in ["", "Viral", "-x", "a b", "a/b"] {
            assert!(check_prefix(prefix).is_err(), "{prefix:?}");
        }
        assert!(check_prefix("viralmine-2").is_ok());
    }

    #[test]
    fn what_is_neither_a_folder_nor_a_web_address_is_refused() {
        for (store, words) in [
            ("ftp://u:hunter2@x", "http(s) URL"),
            ("", "is empty"),
            ("elastic:hunter2@localhost:9200", "ELASTICSEARCH_PASSWORD"),
            ("elastic:hunter2/@x@search.example", "ELASTICSEARCH_PASSWORD"),
            ("localhost:9200", "write http://localhost:9200, or ./localhost:9200"),
            ("search.example:9200/path", "write http://search.example:9200/path"),
        ] {
            let error = resolve(Some(store), None).unwrap_err();
            assert!(error.0.contains(words) && !error.0.contains("hunter2"), "{store}: {}", error.0);
        }
        for folder in ["./localhost:9200", "a:b", "C:\\data", "data:2025-01", "mail@home", "./a:b@c"] {
            assert!(matches!(resolve(Some(folder), None).unwrap().place, StorePlace::Embedded(_)), "{folder}");
        }
        assert!(matches!(resolve(Some("HTTP://localhost:9200"), None).unwrap().place, StorePlace::Elastic(_)));
    }
}
