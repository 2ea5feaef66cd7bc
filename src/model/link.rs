//! The address of a post, made of what is stored of it. For tables, messages and files that people read.

use super::Kind;

/// TikTok's address of a post; `None` when its id or handle has a character that no address of a post has.
#[must_use]
pub fn post_link(handle: &str, aweme_id: &str, kind: Kind) -> Option<String> {
    let fits = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    let is_known = !aweme_id.is_empty() && fits(aweme_id) && fits(handle);
    is_known.then(|| format!("https://www.tiktok.com/@{handle}/{}/{aweme_id}", kind.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_address_may_hold_makes_one() {
        let of = |handle, id| post_link(handle, id, Kind::Video);
        assert_eq!(of("lily.x", "75").as_deref(), Some("https://www.tiktok.com/@lily.x/video/75"));
        assert_eq!(post_link("", "75", Kind::Photo).as_deref(), Some("https://www.tiktok.com/@/photo/75"));
        for (handle, id) in [("a b", "75"), ("a/../b", "75"), ("lily", ""), ("lily", "7?x=1"), ("l\u{202e}", "75")] {
            assert_eq!(of(handle, id), None, "{handle:?} {id:?}");
        }
    }
}
