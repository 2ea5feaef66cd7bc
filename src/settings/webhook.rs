//! Where what changed is sent: flag, environment and file, checked before any request. Its address is a secret.

use super::file::ConfigFile;
use super::{UsageError, environment};
use crate::cli::webhook::WebhookArgs;
use crate::notify::{WebhookAddress, WebhookSettings};

/// Resolves flags, environment and file; `None` when there is no webhook. An empty one in the environment counts as not
/// set, an empty flag turns it off.
pub fn resolve(args: &WebhookArgs, file: &ConfigFile) -> Result<Option<WebhookSettings>, UsageError> {
    let named = [
        ("--webhook", args.webhook.clone()),
        (environment::WEBHOOK, environment::secret(environment::WEBHOOK)),
        ("webhook, in the configuration file,", file.webhook.clone()),
    ];
    let Some((name, Some(text))) = named.into_iter().find(|(_, text)| text.is_some()) else { return Ok(None) };
    if text.expose().is_empty() {
        return Ok(None);
    }
    let address = WebhookAddress::parse(&text).map_err(|error| UsageError(format!("{name} {error}")))?;
    Ok(Some(WebhookSettings::new(address)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    fn resolved(flag: Option<&str>, key: Option<&str>) -> Result<Option<String>, String> {
        let args = WebhookArgs { webhook: flag.map(Secret::new) };
        let file = ConfigFile { webhook: key.map(Secret::new), ..ConfigFile::default() };
        let settings = resolve(&args, &file).map_err(|error| error.0)?;
        Ok(settings.map(|settings| format!("{:?}", settings.address)))
    }

    #[test]
    fn the_flag_goes_before_the_file_and_nothing_is_repeated() {
        let shown = |host: &str| Ok(Some(format!("https://{host}/…")));
        assert_eq!(resolved(None, None), Ok(None));
        assert_eq!(resolved(None, Some("https://file/s3cr3t")), shown("file"));
        assert_eq!(resolved(Some("https://flag/s3cr3t"), Some("https://file/s3cr3t")), shown("flag"));
        assert_eq!(resolved(Some(""), Some("https://file/s3cr3t")), Ok(None), "turned off");
        for (flag, key, named) in
            [(Some("s3cr3t"), None, "--webhook is no URL"), (None, Some("ftp://s3cr3t"), "webhook, in the")]
        {
            let words = resolved(flag, key).unwrap_err();
            assert!(words.starts_with(named) && !words.contains("s3cr3t"), "{words}");
        }
    }
}
