//! Every environment variable that viralmine reads, in one place.

use jiff::Timestamp;

use super::UsageError;
use crate::model::Secret;
use crate::throttle::clock::Clock;

/// Where documents live.
pub const STORE: &str = "VIRALMINE_STORE";
/// The data folder.
pub const DATA_DIR: &str = "VIRALMINE_DATA_DIR";
/// The API's base URL.
pub const API_URL: &str = "VIRALMINE_API_URL";
/// API keys, comma-separated.
pub const API_KEYS: &str = "VIRALMINE_API_KEYS";
/// Where what changed is sent.
pub const WEBHOOK: &str = "VIRALMINE_WEBHOOK";
/// Where the wall clock starts (RFC 3339), so that tests are the same every day.
pub const NOW: &str = "VIRALMINE_NOW";
/// Elasticsearch API key (the encoded form).
pub const ELASTICSEARCH_API_KEY: &str = "ELASTICSEARCH_API_KEY";
/// Elasticsearch user.
pub const ELASTICSEARCH_USERNAME: &str = "ELASTICSEARCH_USERNAME";
/// Elasticsearch password.
pub const ELASTICSEARCH_PASSWORD: &str = "ELASTICSEARCH_PASSWORD";

/// Kibana API key (the encoded form), where it is another than Elasticsearch's.
pub const KIBANA_API_KEY: &str = "KIBANA_API_KEY";
/// Kibana user, where it is another than Elasticsearch's.
pub const KIBANA_USERNAME: &str = "KIBANA_USERNAME";
/// Kibana password.
pub const KIBANA_PASSWORD: &str = "KIBANA_PASSWORD";

/// The value of a variable; empty counts as not set.
#[must_use]
pub fn get(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The value of a variable that is secret.
#[must_use]
pub fn secret(name: &str) -> Option<Secret> {
    get(name).map(|value| Secret::new(&value))
}

/// The wall clock: the system's, or one that starts at [`NOW`].
pub fn clock() -> Result<Clock, UsageError> {
    let Some(text) = get(NOW) else { return Ok(Clock::system()) };
    let moment: Timestamp = text
        .trim()
        .parse()
        .map_err(|_| UsageError(format!("{NOW}: {text:?} is no RFC 3339 time, such as 2025-06-18T02:06:05Z")))?;
    Ok(Clock::starting_at(moment))
}
