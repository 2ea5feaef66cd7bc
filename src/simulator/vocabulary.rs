//! The words and tags that captions are made of: tables, and the order of the tags by how common they are.

use std::borrow::Cow;

/// A language's words; what a creator writes in.
#[derive(Debug, PartialEq)]
pub(super) struct Language {
    /// Whether words are written apart.
    pub(super) is_spaced: bool,
    pub(super) words: &'static [&'static str],
    /// Tags of its own, beside those made of its words.
    pub(super) tags: &'static [&'static str],
}

/// How many different tags there are: the common ones, then those made of two words.
pub(super) const TAGS: u32 = 6_000;

/// The tag at a rank, the most common first, from 0.
pub(super) fn tag(rank: u32) -> Cow<'static, str> {
    let rank = rank as usize;
    if let Some(common) = COMMON_TAGS.get(rank) {
        return Cow::Borrowed(common);
    }
    let language = &LANGUAGES[rank % LANGUAGES.len()];
    composed(language, rank / LANGUAGES.len())
}

/// One of a language's tags: its own first, then pairs of words.
pub(super) fn tag_of(language: &'static Language, number: usize) -> Cow<'static, str> {
    language.tags.get(number).map_or_else(|| composed(language, number), |own| Cow::Borrowed(*own))
}

fn composed(language: &'static Language, number: usize) -> Cow<'static, str> {
    let words = language.words;
    let first = words[number % words.len()];
    let second = words[(number / words.len() + number * 7 + 1) % words.len()];
    Cow::Owned(format!("{first}{second}"))
}

/// Tags used everywhere, by how common they are.
const COMMON_TAGS: [&str; 60] = [
    "fyp",
    "foryou",
    "viral",
    "fypシ゚",
    "foryoupage",
    "parati",
    "trending",
    "tiktok",
    "xyzbca",
    "funny",
    "comedy",
    "love",
    "dance",
    "music",
    "fypシ",
    "cute",
    "fashion",
    "ootd",
    "food",
    "recipe",
    "asmr",
    "makeup",
    "skincare",
    "beautiful😍",
    "cat",
    "dog",
    "travel",
    "gaming",
    "anime",
    "edit",
    "football",
    "gym",
    "fitness",
    "motivation",
    "learnontiktok",
    "lifehack",
    "diy",
    "art",
    "❤️",
    "😂😂😂",
    "pov",
    "storytime",
    "grwm",
    "smallbusiness",
    "tiktokmademebuyit",
    "booktok",
    "cartok",
    "f1",
    "2025",
    "summer",
    "haul",
    "unboxing",
    "tech",
    "ai",
    "newmusic",
    "kpop",
    "🏳️‍🌈",
    "plantbased",
    "teacherhumor🍎📚✏️",
    "р_е_к_о_м_и_н_д_а_ц_и_и",
];

/// Emoji between and after words; one of several code points, one outside the BMP, one with a variation selector.
pub(super) const EMOJI: [&str; 12] = ["✨", "😂", "🔥", "❤️", "🥹", "😭", "👩🏼‍❤️‍💋‍👩🏻", "🇺🇸", "🫶🏽", "🛒", "👟✨", "🤔🤣"];

/// Titles of sounds.
pub(super) const SOUNDS: [&str; 10] = [
    "Sunny Day Vibe",
    "Shopping Mood",
    "original sound",
    "Neon Nights (sped up)",
    "nhạc nền",
    "オリジナル楽曲",
    "оригинальный звук",
    "الصوت الأصلي",
    "原聲",
    "Sea Breeze – Instrumental",
];

/// Who plays them.
pub(super) const ARTISTS: [&str; 8] =
    ["DJ Mark", "Luna Band", "ㅤ", "小蔡", "Mira Sol", "Северный Ветер", "The Paper Kites 2", "K-Beat"];

/// What a creator's handle is made of.
pub(super) const HANDLES: [&str; 24] = [
    "lily", "casa", "urban", "mika", "noor", "sasha", "tokyo", "chef", "fit", "luna", "retro", "pixel", "bangkok",
    "daily", "real", "the", "vida", "seoul", "gadget", "style", "cat", "moto", "book", "glow",
];

/// All languages.
pub(super) const LANGUAGES: [Language; 10] = [
    Language {
        is_spaced: true,
        words: &[
            "summer",
            "daily",
            "outfit",
            "affordable",
            "casual",
            "haul",
            "how",
            "to",
            "make",
            "the",
            "best",
            "pasta",
            "you",
            "need",
            "this",
            "morning",
            "routine",
            "wait",
            "for",
            "it",
            "my",
            "new",
            "favorite",
            "budget",
            "travel",
            "hack",
            "day",
            "in",
            "life",
            "try",
            "with",
            "me",
            "again",
            "part",
            "two",
            "kitchen",
            "tiny",
            "home",
        ],
        tags: &[
            "SummerLook",
            "KFCMakeItLegendary",
            "blowup?",
            "outfitinspo",
            "cleantok",
            "daytrip",
            "thrift",
            "mealprep",
        ],
    },
    Language {
        is_spaced: true,
        words: &[
            "receta", "fácil", "para", "la", "cena", "mi", "rutina", "de", "mañana", "cómo", "vestir", "bonito",
            "verano", "con", "amigas", "corazón", "niño", "playa", "música", "baile", "casa", "barato", "mejor", "año",
        ],
        tags: &["paratii", "recetasfaciles", "españa", "humorlatino", "méxico", "modaverano"],
    },
    Language {
        is_spaced: true,
        words: &[
            "receita",
            "fácil",
            "praia",
            "verão",
            "coração",
            "não",
            "você",
            "minha",
            "rotina",
            "manhã",
            "dança",
            "promoção",
            "achadinhos",
            "barato",
            "melhor",
            "amiga",
            "vestido",
            "lindo",
        ],
        tags: &["brasil", "achadinhosshopee", "fypbrasil", "humorbr"],
    },
    Language {
        is_spaced: false,
        words: &[
            "อร่อย",
            "มาก",
            "ของ",
            "กิน",
            "วันนี้",
            "รีวิว",
            "เที่ยว",
            "กรุงเทพ",
            "แมว",
            "น่ารัก",
            "ผิว",
            "สวย",
            "ถูก",
            "ร้าน",
            "ใหม่",
            "ทำ",
        ],
        tags: &["เทรนด์วันนี้", "รีวิวบิวตี้", "ของกินอร่อย", "tiktokป้ายยา"],
    },
    Language {
        is_spaced: true,
        words: &[
            "وصفة",
            "سهلة",
            "جديد",
            "اليوم",
            "مع",
            "صيف",
            "حب",
            "جمال",
            "قهوة",
            "مطبخ",
            "سفر",
            "رياضة",
            "قصة",
            "ضحك",
            "يوميات",
            "تسوق",
        ],
        tags: &["اكسبلور", "السعودية🇸🇦", "ترند", "وصفات_سهلة", "مصر"],
    },
    Language {
        is_spaced: false,
        words: &[
            "今日",
            "の",
            "コーデ",
            "かわいい",
            "ネコ",
            "東京",
            "カフェ",
            "簡単",
            "レシピ",
            "美味しい",
            "夏",
            "新作",
            "メイク",
            "小技",
            "おすすめ",
            "旅行",
            "ﾓﾌﾓﾌ",
        ],
        tags: &["おすすめにのりたい", "tiktok教室", "猫のいる暮らし", "プチプラコーデ"],
    },
    Language {
        is_spaced: true,
        words: &[
            "рецепт",
            "простой",
            "лето",
            "мой",
            "день",
            "красиво",
            "утро",
            "как",
            "сделать",
            "кофе",
            "кот",
            "новый",
            "образ",
            "дом",
            "смотри",
            "дальше",
            "ёлка",
            "щенок",
        ],
        tags: &["рекомендации", "врек", "ПорадуйМаму", "юмор", "готовимдома"],
    },
    Language {
        is_spaced: false,
        words: &[
            "今天",
            "穿搭",
            "好吃",
            "推荐",
            "夏天",
            "分享",
            "小猫",
            "旅行",
            "咖啡",
            "简单",
            "早餐",
            "开箱",
            "便宜",
            "好物",
            "冰天雪地",
            "我",
        ],
        tags: &["黑丝", "抖音小助手", "好物推荐", "世界杯手势舞", "穿搭分享"],
    },
    Language {
        is_spaced: true,
        words: &[
            "오늘",
            "여름",
            "코디",
            "맛집",
            "추천",
            "브이로그",
            "고양이",
            "귀여워",
            "카페",
            "서울",
            "간단한",
            "레시피",
            "메이크업",
            "신상",
        ],
        tags: &["추천", "데일리룩", "먹방", "챌린지", "강아지"],
    },
    Language {
        is_spaced: true,
        words: &[
            "yaz",
            "kombin",
            "kolay",
            "tarif",
            "bugün",
            "çok",
            "güzel",
            "yeni",
            "İstanbul",
            "kahve",
            "gülmek",
            "şehir",
            "ığdır",
            "ev",
            "alışveriş",
            "kedi",
        ],
        tags: &["keşfet", "beniöneçıkart", "ti̇ktok", "yemektarifi", "TÜRKİYE"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_hold_no_blank_and_are_mostly_different() {
        let tags: std::collections::HashSet<_> = (0..TAGS).map(tag).collect();
        assert!(tags.len() > 2_000, "{}", tags.len());
        assert!(tags.iter().all(|tag| !tag.is_empty() && !tag.contains(char::is_whitespace) && !tag.contains('#')));
    }
}
