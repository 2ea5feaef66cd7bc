//! Words that say nothing by themselves ("the", "und", "что"), from the lists of the crate `stop-words`: NLTK's where
//! it has one, Stopwords ISO's otherwise.
//!
//! A word is judged by the languages of its script that the post's region speaks, and English; where the region is not
//! known, or speaks none of that script, by the main languages of the script. One list for all would drop too much:
//! "hat" is a verb in German and a product in English. `words` calls it.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_script::{Script, UnicodeScript};

use crate::model::text::{TokenKind, token_kind, tokens};

/// The languages of each script: first those that stand for it where the region does not tell, then the others.
const LANGUAGES: &[(Script, &[&str], &[&str])] = &[
    (
        Script::Latin,
        &["en", "es", "pt", "fr", "de", "it"],
        &[
            "id", "ms", "tl", "vi", "tr", "pl", "nl", "sv", "no", "da", "fi", "cs", "sk", "hu", "ro", "hr", "sl", "sq",
            "ca", "eu", "et", "lt", "lv", "sw", "az", "uz", "hinglish",
        ],
    ),
    (Script::Cyrillic, &["ru", "uk"], &["bg", "be", "kk", "tg"]),
    (Script::Arabic, &["ar", "fa", "ur"], &["ku"]),
    (Script::Devanagari, &["hi", "mr", "ne"], &[]),
    (Script::Hangul, &["ko"], &[]),
    (Script::Han, &["zh", "ja"], &[]),
    (Script::Hiragana, &["ja"], &[]),
    (Script::Katakana, &["ja"], &[]),
    (Script::Thai, &["th"], &[]),
    (Script::Greek, &["el"], &[]),
    (Script::Hebrew, &["he"], &[]),
    (Script::Armenian, &["hy"], &[]),
    (Script::Bengali, &["bn"], &[]),
    (Script::Gujarati, &["gu"], &[]),
    (Script::Tamil, &["ta"], &[]),
];

/// What is written in a region (ISO 3166), English aside, which is written everywhere. One that is not here tells
/// nothing.
const SPOKEN: &[(&str, &[&str])] = &[
    ("US CA", &["es", "fr"]),
    ("GB UK IE AU NZ SG NG GH", &[]),
    ("ES MX AR CO CL PE EC VE UY PY BO CR PA GT HN SV NI DO PR", &["es"]),
    ("BR PT", &["pt"]),
    ("FR", &["fr"]),
    ("BE", &["nl", "fr"]),
    ("CH", &["de", "fr", "it"]),
    ("DE AT", &["de"]),
    ("IT", &["it"]),
    ("NL", &["nl"]),
    ("SE", &["sv"]),
    ("NO", &["no"]),
    ("DK", &["da"]),
    ("FI", &["fi", "sv"]),
    ("PL", &["pl"]),
    ("CZ", &["cs", "sk"]),
    ("SK", &["sk", "cs"]),
    ("HU", &["hu"]),
    ("RO MD", &["ro"]),
    ("HR BA RS ME", &["hr"]),
    ("SI", &["sl"]),
    ("AL XK", &["sq"]),
    ("EE", &["et"]),
    ("LT", &["lt"]),
    ("LV", &["lv"]),
    ("TR", &["tr"]),
    ("ID", &["id"]),
    ("MY BN", &["ms"]),
    ("PH", &["tl"]),
    ("VN", &["vi"]),
    ("KE TZ", &["sw"]),
    ("RU", &["ru"]),
    ("UA", &["uk", "ru"]),
    ("BY", &["be", "ru"]),
    ("BG", &["bg"]),
    ("KZ", &["kk", "ru"]),
    ("UZ", &["uz", "ru"]),
    ("AZ", &["az", "ru"]),
    ("TJ", &["tg", "ru"]),
    ("SA AE EG IQ JO KW QA BH OM YE LB SY PS LY SD", &["ar"]),
    ("MA DZ TN", &["ar", "fr"]),
    ("IR AF", &["fa"]),
    ("PK", &["ur"]),
    ("IN", &["hi", "mr", "hinglish", "bn", "ta", "gu"]),
    ("NP", &["ne"]),
    ("BD", &["bn"]),
    ("IL", &["he", "ar"]),
    ("GR CY", &["el"]),
    ("AM", &["hy"]),
    ("KR", &["ko"]),
    ("JP", &["ja"]),
    ("CN TW HK MO", &["zh"]),
    ("TH", &["th"]),
];

const ENGLISH: &str = "en";

/// A set of languages: a bit for each of [`LANGUAGES`].
type Languages = u64;

/// The lists, by word.
static LISTED: LazyLock<HashMap<String, Languages>> = LazyLock::new(|| {
    let mut listed: HashMap<String, Languages> = HashMap::new();
    for (position, code) in all().enumerate() {
        for word in stop_words::lookup(code).into_iter().flatten() {
            // Phrases (Vietnamese has them) are no words, and of scripts without spaces only what is one pair stands
            // for one.
            let mut found = tokens(word).into_iter().filter(|token| token_kind(token) != TokenKind::Grapheme);
            if let (Some(token), None) = (found.next(), found.next()) {
                *listed.entry(token).or_default() |= 1 << position;
            }
        }
    }
    listed
});

/// The stop words of one region.
#[derive(Debug, Clone, Copy)]
pub(super) struct StopWords {
    spoken: Languages,
}

impl StopWords {
    /// Those of a region (in any case), or those to be feared where it is not known.
    pub(super) fn of(region: Option<&str>) -> Self {
        let is_in = |regions: &str| {
            region.is_some_and(|region| regions.split(' ').any(|known| known.eq_ignore_ascii_case(region)))
        };
        let spoken = SPOKEN.iter().find(|(regions, _)| is_in(regions)).map_or(0, |(_, codes)| {
            all().enumerate().fold(0, |spoken, (position, code)| {
                if code == ENGLISH || codes.contains(&code) { spoken | 1 << position } else { spoken }
            })
        });
        Self { spoken }
    }

    /// Whether a token says nothing by itself.
    pub(super) fn hold(self, token: &str) -> bool {
        LISTED.get(token).is_some_and(|&listed| listed & self.spoken_in(token) != 0)
    }

    /// The languages that a token may be of.
    fn spoken_in(self, token: &str) -> Languages {
        let mut of_earlier = 0;
        for (script, main, others) in LANGUAGES {
            let (mains, count) = (main.len(), main.len() + others.len());
            if token.chars().any(|character| character.script() == *script) {
                let spoken = self.spoken & (ones(count) << of_earlier);
                return if spoken == 0 { ones(mains) << of_earlier } else { spoken };
            }
            of_earlier += count;
        }
        0
    }
}

fn all() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().flat_map(|(_, main, others)| main.iter().chain(*others).copied())
}

/// So many languages, the first ones.
fn ones(count: usize) -> Languages {
    (1 << count) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_list_and_a_bit() {
        assert!(all().count() <= Languages::BITS as usize);
        for code in all() {
            assert!(stop_words::lookup(code).is_some_and(|words| !words.is_empty()), "{code}");
        }
        for (regions, codes) in SPOKEN {
            assert!(codes.iter().all(|code| all().any(|known| known == *code)), "{regions}");
        }
    }

    #[test]
    fn a_region_stands_once() {
        let mut regions: Vec<&str> = SPOKEN.iter().flat_map(|(regions, _)| regions.split(' ')).collect();
        let count = regions.len();
        regions.sort_unstable();
        regions.dedup();
        assert_eq!(regions.len(), count);
    }

    #[test]
    fn the_region_chooses_the_lists() {
        for (region, stop, other) in [
            (Some("US"), &["the", "don't", "para"][..], &["hat", "bra", "haar", "dress", "платье"][..]),
            (Some("de"), &["the", "und", "hat", "die"], &["para", "kleid", "bra"]),
            (Some("SE"), &["och", "the"], &["und", "hatt"]),
            (None, &["the", "und", "para", "che", "avec", "что", "на", "في", "है", "και"], &["och", "bra", "платье"]),
            (Some("XX"), &["the", "und"], &["och"]),
            (Some("RU"), &["что", "the"], &["und", "що"]),
            (Some("UA"), &["це", "что"], &["плаття"]),
            (Some("CN"), &["我们", "the"], &["手机"]),
            (Some("DE"), &["что", "我们"], &[]),
        ] {
            let words = StopWords::of(region);
            assert_eq!(stop.iter().filter(|word| !words.hold(word)).collect::<Vec<_>>(), [&""; 0], "{region:?}");
            assert_eq!(other.iter().filter(|word| words.hold(word)).collect::<Vec<_>>(), [&""; 0], "{region:?}");
        }
    }
}
