//! How the API is reached: flags, environment and file, checked before any request.

use std::path::Path;
use std::time::Duration;

use super::file::ConfigFile;
use super::{UsageError, duration, environment};
use crate::cli::api::{ApiArgs, ParamsIn};
use crate::model::Secret;
use crate::source::{ApiSettings, ApiUrl, Params};

/// What is said of requests, wherever they go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Requests a second that the provider allows for each key.
    pub rate: f64,
    /// What is added to each second of quota.
    pub quota_margin: Duration,
    /// Posts a page at most.
    pub page_size: u8,
    /// Requests at most.
    pub budget: Option<u64>,
}

impl Pace {
    /// Resolves flags and file.
    pub fn resolve(args: &ApiArgs, file: &ConfigFile) -> Result<Self, UsageError> {
        let margin = args.quota_margin.as_ref().or(file.quota_margin.as_ref());
        let pace = Self {
            rate: args.rate.or(file.rate).unwrap_or(ApiSettings::USUAL_RATE),
            quota_margin: margin.map_or(Ok(ApiSettings::USUAL_MARGIN), |margin| duration("--quota-margin", margin))?,
            page_size: args.page_size.or(file.page_size).unwrap_or(ApiSettings::LARGEST_PAGE),
            budget: args.budget.or(file.budget),
        };
        ApiSettings::check_pace(pace.rate, pace.page_size).map_err(|error| UsageError(error.to_string()))?;
        Ok(pace)
    }

    /// Requests a second that so many keys send together.
    #[must_use]
    pub fn requests_per_second(&self, keys: usize) -> f64 {
        self.rate * keys as f64 / (1.0 + self.quota_margin.as_secs_f64())
    }
}

/// How many keys are given; none is no fault.
pub fn keys_given(args: &ApiArgs, file: &ConfigFile) -> Result<usize, UsageError> {
    Ok(keys(args, file)?.len())
}

/// Resolves flags, environment and file.
pub fn resolve(args: &ApiArgs, file: &ConfigFile) -> Result<ApiSettings, UsageError> {
    let Pace { rate, quota_margin, page_size, budget } = Pace::resolve(args, file)?;
    let mut settings = ApiSettings::new(base_url(args, file)?, keys(args, file)?);
    settings = ApiSettings { rate, quota_margin, page_size, budget, ..settings };
    let region = args.region.clone().or_else(|| file.region.clone());
    settings.region = region.map(|region| region.trim().to_uppercase()).filter(|region| !region.is_empty());
    settings.params = match args.params.or(file.params) {
        Some(ParamsIn::Body) => Params::Body,
        Some(ParamsIn::Query) | None => Params::Query,
    };
    settings.check().map_err(|error| UsageError(error.to_string()))?;
    Ok(settings)
}

fn base_url(args: &ApiArgs, file: &ConfigFile) -> Result<ApiUrl, UsageError> {
    let given =
        args.api_url.clone().or_else(|| environment::get(environment::API_URL)).or_else(|| file.api_url.clone());
    let text = given.ok_or_else(|| {
        UsageError::new(
            "no API is given: set --api-url URL or VIRALMINE_API_URL to your provider's base URL \
             (to try it without one: viralmine demo, or viralmine simulate)",
        )
    })?;
    ApiUrl::parse(&text).map_err(|error| UsageError(error.to_string()))
}

fn keys(args: &ApiArgs, file: &ConfigFile) -> Result<Vec<Secret>, UsageError> {
    // A file named on the command line beats the environment, which beats a file named in the configuration.
    let text = match (&args.api_keys_file, environment::get(environment::API_KEYS), &file.api_keys_file) {
        (Some(path), _, _) | (None, None, Some(path)) => read_keys(path)?,
        (None, Some(text), _) => text.split(',').map(Secret::new).collect(),
        (None, None, None) => Vec::new(),
    };
    Ok(without_duplicates(text))
}

fn read_keys(path: &Path) -> Result<Vec<Secret>, UsageError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| UsageError(format!("--api-keys-file: cannot read {}: {error}", path.display())))?;
    let keys: Vec<Secret> = text.trim_start_matches('\u{feff}').lines().map(without_comment).map(Secret::new).collect();
    if keys.iter().all(|key| key.expose().is_empty()) {
        return Err(UsageError(format!("--api-keys-file: {} holds no key; write one a line", path.display())));
    }
    warn_if_others_can_read(path);
    Ok(keys)
}

/// A `#` opens a comment at a line's start or behind a blank; elsewhere it may be part of a key.
fn without_comment(line: &str) -> &str {
    let opens = |&(position, _): &(usize, &str)| line[..position].chars().next_back().is_none_or(char::is_whitespace);
    line.match_indices('#').find(opens).map_or(line, |(position, _)| &line[..position])
}

fn without_duplicates(keys: Vec<Secret>) -> Vec<Secret> {
    let mut kept: Vec<Secret> = Vec::new();
    for key in keys {
        if !key.expose().is_empty() && !kept.contains(&key) {
            kept.push(key);
        }
    }
    kept
}

/// Warns of a file with secrets that its group or everybody may read.
pub(super) fn warn_if_others_can_read(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let readable = std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o044 != 0);
        if readable {
            let path = path.display();
            tracing::warn!("{path} holds secrets and can be read by others; close it with: chmod 600 {path}");
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> ApiArgs {
        ApiArgs { api_url: Some("http://127.0.0.1:1".into()), ..ApiArgs::default() }
    }

    #[test]
    fn page_sizes_out_of_range_are_refused_before_anything_else() {
        for page_size in [0, 36, 255] {
            let error = resolve(&ApiArgs { page_size: Some(page_size), ..args() }, &ConfigFile::default()).unwrap_err();
            assert!(error.0.contains("--page-size") && error.0.contains("1 to 35"), "{}", error.0);
        }
    }

    #[test]
    fn keys_are_read_with_comments_and_blanks_and_without_duplicates() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        std::fs::write(&path, "\u{feff}# mine\r\nkey-1\r\n\n key-2 # second\nkey-1\nkey#3\t# third\n").unwrap();
        let settings = resolve(&ApiArgs { api_keys_file: Some(path), ..args() }, &ConfigFile::default()).unwrap();
        let keys: Vec<&str> = settings.keys.iter().map(Secret::expose).collect();
        assert_eq!(keys, ["key-1", "key-2", "key#3"]);
    }

    #[test]
    fn rates_and_urls_that_make_no_sense_are_refused() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(resolve(&ApiArgs { rate: Some(rate), ..args() }, &ConfigFile::default()).is_err());
        }
        for url in ["", "127.0.0.1", "file:///x", "http://user:pw@host"] {
            assert!(
                base_url(&ApiArgs { api_url: Some(url.into()), ..args() }, &ConfigFile::default()).is_err(),
                "{url}"
            );
        }
    }
}
