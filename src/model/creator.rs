//! A creator's id as the API takes it, and how it is read from what a person has at hand.

use std::fmt;
use std::sync::Arc;

/// A `sec_user_id`: letters, digits, `_`, `-`, as the provider's samples and real ids have it.
/// A clone is cheap: each document under way carries one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CreatorId(Arc<str>);

/// Why a text is no creator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreatorIdError {
    /// A handle (`@lily`) was given; the API takes ids only.
    #[error("{0:?} is a handle, not a sec_user_id: take the id (MS4wLjABAAAA…) from the profile's link or page source")]
    Handle(String),
    /// A link was given that carries no id.
    #[error(
        "the link {0:?} carries no sec_user_id (a parameter sec_uid=… or sec_user_id=…, or a path /user/MS4wLjABAAAA…)"
    )]
    Link(String),
    /// Anything else.
    #[error("{0:?} is no sec_user_id: ids look like MS4wLjABAAAA… (letters, digits, '-' and '_', 16 to 200 of them)")]
    Shape(String),
}

impl CreatorId {
    /// Reads an id, or a link that carries one.
    pub fn parse(text: &str) -> Result<Self, CreatorIdError> {
        let text = text.trim();
        if text.contains("://") || text.starts_with("www.") {
            return Self::from_link(text).ok_or_else(|| CreatorIdError::Link(text.to_owned()));
        }
        if text.starts_with('@') {
            return Err(CreatorIdError::Handle(text.to_owned()));
        }
        if Self::has_the_shape(text) {
            return Ok(Self(text.into()));
        }
        Err(if Self::is_like_a_handle(text) {
            CreatorIdError::Handle(text.to_owned())
        } else {
            CreatorIdError::Shape(text.to_owned())
        })
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_link(link: &str) -> Option<Self> {
        let after_name = |name: &str| link.split(['?', '&', '#']).find_map(|part| part.strip_prefix(name));
        let parameter = ["sec_uid=", "sec_user_id=", "secUid="].into_iter().find_map(after_name);
        let path = link.split(['?', '#']).next()?;
        let segment = || path.split('/').find(|segment| segment.starts_with("MS4w"));
        let id = parameter.or_else(segment)?;
        Self::has_the_shape(id).then(|| Self(id.into()))
    }

    /// All real ids start with `MS4wLjABAAAA` (base64 of a constant head); a handle never does, and has at most 24
    /// characters.
    fn has_the_shape(text: &str) -> bool {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (16..=200).contains(&text.len()) && text.bytes().all(allowed) && text.starts_with("MS4w")
    }

    fn is_like_a_handle(text: &str) -> bool {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_';
        (2..=24).contains(&text.len()) && text.bytes().all(allowed)
    }
}

impl fmt::Display for CreatorId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "MS4wLjABAAAA8fKxxxxxxx";

    #[test]
    fn ids_and_links_are_read() {
        for text in [
            ID.to_owned(),
            format!("  {ID}\r"),
            format!("https://www.douyin.com/user/{ID}?from=x"),
            format!("https://www.tiktok.com/@lily?lang=en&sec_uid={ID}&x=1"),
            format!("www.tiktok.com/share?secUid={ID}"),
        ] {
            assert_eq!(CreatorId::parse(&text).map(|id| id.to_string()), Ok(ID.to_owned()), "{text}");
        }
    }

    #[test]
    fn each_wrong_text_is_told_apart() {
        assert!(matches!(CreatorId::parse("@lily_fashion_us"), Err(CreatorIdError::Handle(_))));
        assert!(matches!(CreatorId::parse("lily_fashion_us"), Err(CreatorIdError::Handle(_))));
        assert!(matches!(CreatorId::parse("https://www.tiktok.com/@lily"), Err(CreatorIdError::Link(_))));
        assert!(matches!(CreatorId::parse("two words"), Err(CreatorIdError::Shape(_))));
        assert!(matches!(CreatorId::parse(""), Err(CreatorIdError::Shape(_))));
    }
}
