//! Strangers' texts on the page: without control characters, each in an element that keeps its direction to itself,
//! long ones cut; addresses only where they are those of web pages. Escaping is maud's.

use maud::{Markup, html};
use unicode_segmentation::UnicodeSegmentation;
use url::Url;

use super::figures::NOTHING;
use crate::jobs::report::About;
use crate::model::text::one_line;

/// Graphemes of a name, and of a post's text; the JSON has all of them.
const LONGEST_NAME: usize = 60;
const LONGEST_TEXT: usize = 280;

/// A grapheme may have any number of marks: no text is longer (characters).
const LONGEST: usize = 1_000;

/// An address that is longer is no picture's (bytes).
const LONGEST_ADDRESS: usize = 4_000;

/// A name, a tag, a word.
pub(super) fn name(text: &str) -> Markup {
    let text = cut(text, LONGEST_NAME);
    html! { bdi { @if text.is_empty() { (NOTHING) } @else { (text) } } }
}

/// A tag with its sign.
pub(super) fn tag(text: &str) -> Markup {
    html! { bdi { "#" (cut(text, LONGEST_NAME)) } }
}

/// A post's text.
pub(super) fn prose(text: &str) -> Markup {
    let text = cut(text, LONGEST_TEXT);
    html! { @if text.is_empty() { span .under { "(no text)" } } @else { bdi .clamp dir="auto" { (text) } } }
}

/// A handle, or what else is known of who it is.
pub(super) fn handle(unique_id: &str, sec_user_id: &str) -> String {
    let handle = cut(unique_id, LONGEST_NAME);
    if handle.is_empty() { cut(sec_user_id, LONGEST_NAME) } else { format!("@{handle}") }
}

/// One harmless line of so many graphemes at most.
pub(super) fn cut(text: &str, longest: usize) -> String {
    let start: String = text.chars().take(LONGEST).collect();
    let is_cut = start.len() < text.len();
    let line = one_line(&start);
    let mut graphemes = line.graphemes(true);
    let kept: String = graphemes.by_ref().take(longest).collect();
    let is_whole = graphemes.next().is_none() && !is_cut;
    if is_whole { kept } else { format!("{}…", kept.trim_end()) }
}

/// An address as a link may carry it; `None` for what is no web page's: `javascript:`, `data:`, a path.
pub(super) fn address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST_ADDRESS)?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.to_string())
}

/// A link that tells nobody where it was followed from.
pub(super) fn link(address: &str, words: &str) -> Markup {
    html! { a href=(address) rel="noreferrer noopener nofollow" target="_blank" { (words) } }
}

/// The page's name.
pub(super) fn title(about: &About) -> String {
    let words = about_words(about);
    if words.is_empty() { "viralmine report".to_owned() } else { format!("viralmine report: {}", words.join(", ")) }
}

/// What the posts have in common, but for their times.
pub(super) fn about_words(about: &About) -> Vec<String> {
    let mut words = Vec::new();
    if !about.query.trim().is_empty() {
        words.push(format!("“{}”", cut(&about.query, LONGEST_NAME)));
    }
    words.extend(about.hashtags.iter().map(|tag| format!("#{}", cut(tag, LONGEST_NAME))));
    words.extend(about.creator.as_ref().map(|creator| format!("creator {}", cut(creator, LONGEST_NAME))));
    words.extend(about.region.as_ref().map(|region| format!("region {}", cut(region, LONGEST_NAME))));
    words.extend(about.category.as_ref().map(|category| format!("category {}", cut(category, LONGEST_NAME))));
    words.extend(about.kind.map(|kind| if kind == "photo" { "photo posts" } else { "videos" }.to_owned()));
    words.extend(about.min_plays.map(|plays| format!("{} plays at least", super::figures::exact(plays))));
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_web_pages_are_linked() {
        for wrong in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " java\tscript:alert(1)",
            "data:text/html,<script>",
            "/cover.jpg",
            "file:///etc/passwd",
            "vbscript:x",
            "blob:https://x.example/1",
            "",
            "https:",
            "\u{0}javascript:alert(1)",
        ] {
            assert_eq!(address(wrong), None, "{wrong:?}");
        }
        assert_eq!(
            address("https://p16.example/a?b=c&d=\"e\"").as_deref(),
            Some("https://p16.example/a?b=c&d=%22e%22")
        );
        assert_eq!(address(&format!("https://x.example/{}", "a".repeat(5_000))), None);
    }

    #[test]
    fn texts_are_harmless_and_short() {
        assert_eq!(
            prose("a\u{0}b\u{202e}c\n<b>").into_string(),
            "<bdi class=\"clamp\" dir=\"auto\">a\u{fffd}bc &lt;b&gt;</bdi>"
        );
        assert_eq!(tag("x\"onload=1").into_string(), "<bdi>#x&quot;onload=1</bdi>");
        assert_eq!(cut(&"é".repeat(70), 60).graphemes(true).count(), 61);
        assert!(cut(&format!("a{}", "\u{301}".repeat(50_000)), 60).chars().count() <= LONGEST + 1);
        assert_eq!(handle("", "MS4wLjAB"), "MS4wLjAB");
    }

    proptest! {
        #[test]
        fn no_text_makes_an_element(text in any::<String>()) {
            for shown in [name(&text), tag(&text), prose(&text)] {
                let inner = shown.into_string();
                prop_assert_eq!(inner.matches('<').count(), 2, "{}", inner);
                prop_assert!(!inner.chars().any(char::is_control));
            }
        }

        #[test]
        fn what_is_linked_is_a_web_page(text in "(javascript|data|http|https|file|JAVASCRIPT)?:?(//)?\\PC{0,30}") {
            if let Some(address) = address(&text) {
                prop_assert!(address.starts_with("http://") || address.starts_with("https://"), "{}", address);
            }
        }
    }
}
