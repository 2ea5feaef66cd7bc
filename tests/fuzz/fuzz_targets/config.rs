//! Any text as the configuration file.
//!
//! Asserted besides that nothing panics: an error is one that names the file and a line of it; no secret that stands in
//! the file stands in the error, nor in what the configuration prints as.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use viralmine::settings::file::ConfigFile;

/// Put where the text has `@`: chance would not write it.
const PASSWORD: &str = "hunter2secret";

fuzz_target!(|text: &str| {
    let text = text.replace('@', PASSWORD);
    let printed = match ConfigFile::parse(&text, Path::new("viralmine.toml")) {
        Ok(config) => {
            for secret in [&config.elasticsearch_api_key, &config.elasticsearch_password].into_iter().flatten() {
                assert_eq!(secret.expose(), secret.expose().trim());
            }
            let mut shown = config.clone();
            // Only what is no secret may show what stands in it.
            shown.elasticsearch_username = None;
            (shown.store, shown.index_prefix, shown.api_url, shown.region) = (None, None, None, None);
            (shown.quota_margin, shown.give_up_after, shown.categories, shown.tiers) = (None, None, None, None);
            (shown.data_dir, shown.es_ca_cert, shown.api_keys_file) = (None, None, None);
            format!("{shown:?}")
        }
        Err(error) => {
            let lines = text.matches('\n').count() + 1;
            let line = error.0.strip_prefix("viralmine.toml:").and_then(|rest| rest.split_once(':'));
            let number: Option<usize> = line.and_then(|(number, _)| number.parse().ok());
            assert!(number.is_some_and(|number| (1..=lines).contains(&number)), "{error}");
            if is_key_or_choice(&text) { String::new() } else { error.0 }
        }
    };
    assert!(!printed.contains(PASSWORD), "{printed}");
});

/// An unknown key, or a wrong choice of `compress` or `params`, is repeated: there a password is a misplaced one.
fn is_key_or_choice(text: &str) -> bool {
    text.lines().any(|line| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        key.contains(PASSWORD) || (value.contains(PASSWORD) && !key.contains("elasticsearch-"))
    })
}
