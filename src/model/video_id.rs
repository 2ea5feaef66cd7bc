//! A single post's id, and how it is read from what a person has at hand.

use std::fmt;

/// An `aweme_id`: 15 to 20 digits, kept as text, or browsers would round them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VideoId(String);

/// Why a text is no video.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VideoIdError {
    /// A link was given that carries no id.
    #[error(
        "the link {0:?} carries no video id (a path /video/7528963259874125698 or /photo/…): open it, and take the address it leads to"
    )]
    Link(String),
    /// Anything else.
    #[error("{0:?} is no video id: ids are 15 to 20 digits, such as 7528963259874125698")]
    Shape(String),
}

impl VideoId {
    /// Reads an id, or a link that carries one.
    pub fn parse(text: &str) -> Result<Self, VideoIdError> {
        let text = text.trim();
        if text.contains('/') {
            return Self::from_link(text).ok_or_else(|| VideoIdError::Link(text.to_owned()));
        }
        if !has_the_shape(text) {
            return Err(VideoIdError::Shape(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_link(link: &str) -> Option<Self> {
        let path = link.split(['?', '#']).next()?;
        let mut segments = path.split('/').skip_while(|segment| !matches!(*segment, "video" | "photo" | "note"));
        let id = segments.nth(1)?;
        has_the_shape(id).then(|| Self(id.to_owned()))
    }
}

fn has_the_shape(text: &str) -> bool {
    (15..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Display for VideoId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7528963259874125698";

    #[test]
    fn ids_and_links_are_read() {
        for text in [
            ID.to_owned(),
            format!(" {ID}\r"),
            format!("https://www.tiktok.com/@lily_fashion_us/video/{ID}?is_from_webapp=1"),
            format!("https://www.tiktok.com/@lily_fashion_us/photo/{ID}"),
            format!("www.douyin.com/note/{ID}#x"),
        ] {
            assert_eq!(VideoId::parse(&text).map(|id| id.to_string()), Ok(ID.to_owned()), "{text}");
        }
    }

    #[test]
    fn each_wrong_text_is_told_apart() {
        for text in ["", "12345", "75289632598741256981234", "7528963259874125e18", "@lily"] {
            assert!(matches!(VideoId::parse(text), Err(VideoIdError::Shape(_))), "{text}");
        }
        for text in ["https://vm.tiktok.com/ZMabc/", "https://www.tiktok.com/@lily/video/", "https://x/video/12"] {
            assert!(matches!(VideoId::parse(text), Err(VideoIdError::Link(_))), "{text}");
        }
    }
}
