//! Who asks a server: an API key or a user. What goes into the request's header, and what must never be shown of it,
//! however a server spells it. Elasticsearch and Kibana are asked with the same.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Secret;
use super::redact::{REDACTED, without_secret};

/// How the server is told who asks.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// Not at all.
    None,
    /// An API key: encoded as Elasticsearch hands it out, or `id:key`.
    ApiKey(Secret),
    /// A user.
    Basic {
        /// The user's name.
        username: String,
        /// The user's password.
        password: Secret,
    },
}

impl Credentials {
    /// The value of the `Authorization` header; `None` without credentials.
    #[must_use]
    pub fn authorization(&self) -> Option<Secret> {
        match self {
            Self::None => None,
            Self::ApiKey(key) if key.expose().contains(':') => {
                Some(Secret::new(&format!("ApiKey {}", STANDARD.encode(key.expose()))))
            }
            Self::ApiKey(encoded) => Some(Secret::new(&format!("ApiKey {}", encoded.expose()))),
            Self::Basic { username, password } => {
                let whole = format!("{username}:{}", password.expose());
                Some(Secret::new(&format!("Basic {}", STANDARD.encode(whole))))
            }
        }
    }

    /// What must never be shown: the secret, what it is made of, and what is made of it for the request's header.
    #[must_use]
    pub fn spellings(&self) -> Vec<Secret> {
        let texts = match self {
            Self::None => Vec::new(),
            Self::ApiKey(key) if key.expose().contains(':') => {
                let whole = key.expose();
                let key = whole.split_once(':').map(|(_, key)| key).unwrap_or_default();
                vec![STANDARD.encode(whole), whole.to_owned(), key.to_owned()]
            }
            Self::ApiKey(encoded) => {
                let decoded = STANDARD.decode(encoded.expose()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let key = decoded.as_deref().and_then(|whole| whole.split_once(':')).map(|(_, key)| key.to_owned());
                [Some(encoded.expose().to_owned()), decoded, key].into_iter().flatten().collect()
            }
            Self::Basic { username, password } => {
                let whole = format!("{username}:{}", password.expose());
                vec![STANDARD.encode(&whole), whole, password.expose().to_owned()]
            }
        };
        // The longest first: one may be a part of another.
        let mut secrets: Vec<Secret> = texts.iter().map(|text| Secret::new(text)).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        secrets.retain(|secret| !secret.expose().is_empty());
        secrets
    }
}

/// Words of a server without the credentials. It, or what stands before it, may quote what it was sent: the secret
/// itself, or the header made of it.
#[must_use]
pub fn without_credentials(words: String, spellings: &[Secret]) -> String {
    let words = spellings.iter().fold(words, |words, secret| {
        let cleaned = without_secret(words.as_bytes(), secret);
        cleaned.map_or(words, |cleaned| String::from_utf8_lossy(&cleaned).into_owned())
    });
    ["Basic ", "ApiKey "].into_iter().fold(words, |words, scheme| without_word_after(scheme, &words))
}

fn without_word_after(scheme: &str, words: &str) -> String {
    let mut parts = words.split(scheme);
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|letter: char| !(letter.is_ascii_alphanumeric() || "+/=-_:[]".contains(letter)));
        clean.extend([scheme, REDACTED, &part[end.unwrap_or(part.len())..]]);
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_what_the_servers_take_and_is_never_shown() {
        let basic = Credentials::Basic { username: "me".to_owned(), password: Secret::new("hunter2") };
        for (credentials, header) in [
            (Credentials::None, None),
            (Credentials::ApiKey(Secret::new("id:k3y")), Some("ApiKey aWQ6azN5")),
            (Credentials::ApiKey(Secret::new("aWQ6azN5")), Some("ApiKey aWQ6azN5")),
            (basic, Some("Basic bWU6aHVudGVyMg==")),
        ] {
            let made = credentials.authorization();
            assert_eq!(made.as_ref().map(Secret::expose), header);
            let echo = format!("you sent {} and k3y or hunter2", header.unwrap_or_default());
            let clean = without_credentials(echo, &credentials.spellings());
            let secrets = credentials.spellings();
            assert!(secrets.iter().all(|secret| !clean.contains(secret.expose())), "{clean}");
        }
    }
}
