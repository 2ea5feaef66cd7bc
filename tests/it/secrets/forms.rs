//! A secret in all its spellings: as it is, as JSON, URLs and HTML write it, as base64, and what it is made of.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::{API_KEY, OTHER_KEY, PASSWORD, STORE_KEY, USERNAME};

pub struct Forms(Vec<(&'static str, String)>);

impl Forms {
    /// All that must not be shown.
    pub fn of_all() -> Self {
        let (_, store_key_alone) = STORE_KEY.split_once(':').unwrap();
        let user = format!("{USERNAME}:{PASSWORD}");
        let mut forms = Vec::new();
        for (name, secret) in [
            ("the API key", API_KEY),
            ("the other API key", OTHER_KEY),
            ("the store's key", STORE_KEY),
            ("the store's key without its id", store_key_alone),
            ("the password", PASSWORD),
            ("user and password", &user),
        ] {
            forms.extend(spellings(secret).into_iter().map(|spelling| (name, spelling)));
        }
        Self(forms)
    }

    #[track_caller]
    pub fn are_not_in(&self, whence: &str, text: &str) {
        for (name, form) in &self.0 {
            assert!(!text.contains(form.as_str()), "{whence}: {name} stands there as {form}, in {text}");
        }
    }
}

pub fn spellings(secret: &str) -> Vec<String> {
    let json = as_json(secret);
    let unpadded = |encoded: String| encoded.trim_end_matches('=').to_owned();
    let mut spellings = vec![
        secret.to_owned(),
        json.clone(),
        json.replace('/', "\\/"),
        as_json(&json),
        in_unicode(secret),
        in_url(secret),
        in_url(secret).to_lowercase(),
        in_html(secret),
        unpadded(STANDARD.encode(secret)),
        unpadded(URL_SAFE.encode(secret)),
        format!("{:?}", secret.as_bytes()),
    ];
    // The beginning of a secret that is cut off is one, too.
    let cut = |text: &String| text.chars().take(text.chars().count() * 2 / 3).collect::<String>();
    spellings.extend(spellings.iter().map(cut).collect::<Vec<_>>());
    spellings
}

pub fn as_json(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

/// As some servers write JSON: everything but letters and digits escaped.
pub fn in_unicode(text: &str) -> String {
    let escaped = |letter: char| match letter {
        letter if letter.is_ascii_alphanumeric() => letter.to_string(),
        letter => format!("\\u{:04x}", u32::from(letter)),
    };
    text.chars().map(escaped).collect()
}

pub fn in_url(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(escaped).collect()
}

pub fn in_html(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

#[test]
fn a_secret_that_shows_is_found_in_every_spelling() {
    let forms = Forms::of_all();
    for text in [API_KEY.to_owned(), as_json(PASSWORD), in_url(STORE_KEY), STANDARD.encode(STORE_KEY), in_html(API_KEY)]
    {
        let found = std::panic::catch_unwind(|| forms.are_not_in("a test", &format!("...{text}...")));
        assert!(found.is_err(), "{text}");
    }
    forms.are_not_in("a test", "nothing of it");
}
