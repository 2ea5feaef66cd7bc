//! Credentials of a server: from the environment, else from the configuration file; a key or a user, not both.

use super::{UsageError, environment};
use crate::model::{Credentials, Secret};

/// What the variables of one server are called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    server: &'static str,
    api_key: &'static str,
    username: &'static str,
    password: &'static str,
}

/// Those of Elasticsearch.
pub(super) const ELASTICSEARCH: Names = Names {
    server: "an Elasticsearch",
    api_key: environment::ELASTICSEARCH_API_KEY,
    username: environment::ELASTICSEARCH_USERNAME,
    password: environment::ELASTICSEARCH_PASSWORD,
};

/// Those of Kibana, where they differ from Elasticsearch's.
pub(super) const KIBANA: Names = Names {
    server: "a Kibana",
    api_key: environment::KIBANA_API_KEY,
    username: environment::KIBANA_USERNAME,
    password: environment::KIBANA_PASSWORD,
};

/// What the configuration file says.
pub(super) struct InFile {
    pub(super) api_key: Option<Secret>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
}

/// The credentials that are given; `None` when none are.
pub(super) fn credentials(names: &Names, in_file: InFile) -> Result<Option<Credentials>, UsageError> {
    let in_environment = InFile {
        api_key: environment::secret(names.api_key),
        username: environment::get(names.username),
        password: environment::secret(names.password),
    };
    for given in [in_environment, in_file] {
        match (given.api_key, given.username, given.password) {
            (Some(key), None, None) => return Ok(Some(Credentials::ApiKey(key))),
            (None, Some(username), Some(password)) => return Ok(Some(Credentials::Basic { username, password })),
            (None, None, None) => {}
            (Some(_), _, _) => {
                return Err(UsageError(format!(
                    "both {} API key and a user or password are given; keep one: {}, or {} with {}",
                    names.server, names.api_key, names.username, names.password
                )));
            }
            (None, _, _) => {
                return Err(UsageError(format!(
                    "{} and {} go together; one is missing",
                    names.username, names.password
                )));
            }
        }
    }
    Ok(None)
}
