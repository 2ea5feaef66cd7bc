//! Where Kibana is, and who asks it: the credentials of Elasticsearch, unless Kibana has some of its own.

use std::time::Duration;

use url::Url;

use super::UsageError;
use super::credentials::{InFile, KIBANA, credentials};
use super::file::ConfigFile;
use crate::kibana::KibanaSettings;
use crate::store::elastic::ElasticSettings;

/// An import is answered within seconds; Kibana is slow while it starts.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// Resolves flag, environment and file. `url` may be what stands in the browser's address line.
pub fn resolve(url: &str, store: &ElasticSettings, file: &ConfigFile) -> Result<KibanaSettings, UsageError> {
    let (api_key, password) = (file.kibana_api_key.clone(), file.kibana_password.clone());
    let in_file = InFile { api_key, username: file.kibana_username.clone(), password };
    Ok(KibanaSettings {
        url: address(url)?,
        credentials: credentials(&KIBANA, in_file)?.unwrap_or_else(|| store.credentials.clone()),
        ca_cert: store.ca_cert.clone(),
        request_timeout: REQUEST_TIMEOUT,
    })
}

/// The address up to the space, with a slash at its end. A text that may hold a password is not repeated.
fn address(text: &str) -> Result<Url, UsageError> {
    let wrong = |words: &str| Err(UsageError(format!("--kibana {words}")));
    let text = text.trim();
    if text.is_empty() {
        return wrong("is empty: name Kibana's address, like http://127.0.0.1:5601");
    }
    let Ok(mut url) = Url::parse(text) else {
        return wrong("is no URL: Kibana is named like http://127.0.0.1:5601, or http://127.0.0.1:5601/s/my-space");
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return wrong("must start with http:// or https:// and name a host, like http://127.0.0.1:5601");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong(
            "must hold no user or password, which would end up in logs and histories: set KIBANA_USERNAME and \
             KIBANA_PASSWORD, or KIBANA_API_KEY; without them, those of Elasticsearch are used",
        );
    }
    // What a browser shows, from the application on, is no part of the address.
    let path = format!("{}/", url.path().trim_end_matches('/'));
    let base = path.split_once("/app/").map_or(path.as_str(), |(before, _)| before);
    let is_of_browser = base.len() < path.len();
    if !is_of_browser && (url.query().is_some() || url.fragment().is_some()) {
        return wrong("must end with its host, port, path or space: no '?' and no '#'");
    }
    url.set_path(&format!("{}/", base.trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_base_paths_and_what_a_browser_shows_are_taken() {
        for (text, expected) in [
            ("http://127.0.0.1:5601", "http://127.0.0.1:5601/"),
            ("https://h/kibana/s/team//", "https://h/kibana/s/team/"),
            ("http://localhost:5601/app/home#/", "http://localhost:5601/"),
            ("https://h/s/team/app/dashboards?x=1#/view/a", "https://h/s/team/"),
            ("https://h/app", "https://h/"),
        ] {
            assert_eq!(address(text).unwrap().as_str(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_or_holds_a_password_is_refused_without_being_repeated() {
        for (text, words) in [
            ("", "is empty"),
            ("localhost:5601", "http://127.0.0.1:5601"),
            ("kibana.example", "is no URL"),
            ("ftp://h", "http://"),
            ("http://elastic:hunter2@h:5601", "KIBANA_PASSWORD"),
            ("http://h:5601/?x=hunter2", "no '?'"),
        ] {
            let message = address(text).unwrap_err().0;
            assert!(message.contains(words) && message.contains("--kibana"), "{text}: {message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
