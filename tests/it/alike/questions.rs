//! Questions drawn from a corpus, the same for the same seed: what people type (words, phrases, prefixes, tags,
//! negations, pieces of captions cut anywhere), trees that nobody types, and filters with values that occur.

use std::collections::BTreeMap;

use serde_json::Value;
use unicode_script::{Script, UnicodeScript};
use viralmine::model::text::is_emoji;
use viralmine::model::{Filters, Kind, Query, Question, Sort};

/// A filter to be set, with a name for the reader.
type Setting = (&'static str, Box<dyn Fn(&mut Filters)>);

/// Every order.
const SORTS: [Sort; 9] = [
    Sort::Plays,
    Sort::Score,
    Sort::Date,
    Sort::Engagement,
    Sort::SmoothedEngagement,
    Sort::Z,
    Sort::Multiple,
    Sort::PlaysPerHour,
    Sort::Growth,
];

/// A row of numbers that depends on its seed alone.
pub struct Draws(u64);

impl Draws {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `count` (splitmix64; the bias does not matter here).
    pub fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % count as u64).unwrap()
    }

    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Once in `count`.
    pub fn once_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

/// What the questions are made of, by script, so that rare scripts are asked for as often as Latin.
pub struct Material {
    /// Captions that hold a letter of the script.
    captions: Vec<(String, Vec<String>)>,
    tokens: Vec<(String, Vec<String>)>,
    tags: Vec<(String, Vec<String>)>,
    creators: Vec<String>,
    regions: Vec<String>,
    pub dates: Vec<i64>,
    plays: Vec<u64>,
}

impl Material {
    pub fn of<'a>(documents: impl Iterator<Item = &'a Value>) -> Self {
        let [mut captions, mut tokens, mut tags] = [const { BTreeMap::<String, Vec<String>>::new() }; 3];
        let (mut creators, mut regions, mut dates, mut plays) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for document in documents {
            let text = |value: &Value| value.as_str().map(str::to_owned);
            if let Some(caption) = text(&document["video_desc"]) {
                for script in scripts(&caption) {
                    captions.entry(script).or_default().push(caption.clone());
                }
            }
            for element in document["search_text"].as_array().into_iter().flatten() {
                for token in element.as_str().unwrap().split(' ') {
                    let script = scripts(token).into_iter().next().unwrap_or_default();
                    tokens.entry(script).or_default().push(token.to_owned());
                }
            }
            for tag in document["hashtag_keys"].as_array().into_iter().flatten().filter_map(text) {
                tags.entry(scripts(&tag).into_iter().next().unwrap_or_default()).or_default().push(tag);
            }
            let author = &document["author_info"];
            creators
                .extend([&document["sec_user_id"], &author["unique_id"], &author["uid"]].into_iter().filter_map(text));
            regions.extend(text(&document["region"]));
            dates.extend(document["publish_ts"].as_i64());
            plays.extend(document["stats"]["play"].as_u64());
        }
        let [captions, tokens, tags] = [captions, tokens, tags].map(|by_script| by_script.into_iter().collect());
        regions.sort();
        regions.dedup();
        Self { captions, tokens, tags, creators, regions, dates, plays }
    }

    /// The scripts that captions hold.
    pub fn scripts(&self) -> Vec<&str> {
        self.captions.iter().map(|(script, _)| script.as_str()).collect()
    }

    fn caption(&self, draws: &mut Draws) -> String {
        let of_script = &draws.one(&self.captions).1;
        draws.one(of_script).clone()
    }

    fn token(&self, draws: &mut Draws) -> String {
        let of_script = &draws.one(&self.tokens).1;
        draws.one(of_script).clone()
    }

    fn tag(&self, draws: &mut Draws) -> String {
        let of_script = &draws.one(&self.tags).1;
        draws.one(of_script).clone()
    }

    /// So many questions.
    pub fn questions(&self, seed: u64, count: usize) -> Vec<Question> {
        let mut draws = Draws::new(seed);
        (0..count).map(|_| self.question(&mut draws)).collect()
    }

    fn question(&self, draws: &mut Draws) -> Question {
        let query = self.query(draws);
        let filters = if draws.once_in(3) { self.filters(draws) } else { Filters::default() };
        let sort = *draws.one(&SORTS);
        let limit = *draws.one(&[0, 1, 7, 100, 10_000, usize::MAX]);
        Question { query, filters, sort, limit }
    }

    /// What a question could ask of texts and hashtags.
    pub fn query(&self, draws: &mut Draws) -> Query {
        if draws.once_in(4) { self.tree(draws, 4) } else { self.typed(draws) }
    }

    /// What somebody could have typed, parsed.
    fn typed(&self, draws: &mut Draws) -> Query {
        loop {
            let text = self.text(draws);
            if let Ok(query) = Query::parse(&text) {
                return query;
            }
        }
    }

    fn text(&self, draws: &mut Draws) -> String {
        let caption = self.caption(draws);
        let words: Vec<&str> = caption.split_whitespace().collect();
        let word = |draws: &mut Draws| (*draws.one(&words)).to_owned();
        let phrase = |draws: &mut Draws| {
            let start = draws.below(words.len());
            let end = words.len().min(start + 1 + draws.below(5));
            words[start..end].join(" ").replace('"', "")
        };
        let other = self.token(draws);
        match draws.below(16) {
            0 => word(draws),
            1 => format!("\"{}\"", phrase(draws)),
            2 => format!("\"{}\"*", cut(&phrase(draws), draws)),
            3 => piece(&caption, draws),
            4 => format!("{}*", piece(&caption, draws)),
            5 => format!("\"{}\"", piece(&caption, draws)),
            6 => format!("#{}", self.tag(draws)),
            7 => format!("#{}*", cut(&self.tag(draws), draws)),
            8 => format!("{} {}", word(draws), word(draws)),
            9 => format!("{} -{other}", word(draws)),
            10 => format!("-{} -#{}", word(draws), self.tag(draws)),
            11 => format!("-\"{}\"", phrase(draws)),
            12 => format!("{other} -{}*", cut(&word(draws), draws)),
            13 => caption.replace('"', " "),
            14 => format!("#{} {}", self.tag(draws), word(draws)),
            _ => word(draws).to_uppercase(),
        }
    }

    fn tree(&self, draws: &mut Draws, depth: usize) -> Query {
        match draws.below(if depth == 0 { 3 } else { 7 }) {
            0 => Query::Words { tokens: vec![self.token(draws)], prefix: draws.once_in(3) },
            1 => {
                let mut tokens: Vec<String> = (0..=draws.below(2)).map(|_| self.token(draws)).collect();
                if let Some(last) = tokens.last_mut().filter(|_| draws.once_in(2)) {
                    *last = cut(last, draws);
                    return Query::Words { tokens, prefix: true };
                }
                Query::Words { tokens, prefix: false }
            }
            2 => Query::Tag { key: self.tag(draws), prefix: draws.once_in(3) },
            3 => Query::Not(Box::new(self.tree(draws, depth - 1))),
            4 if draws.once_in(4) => Query::All,
            5 => Query::Or((0..draws.below(4)).map(|_| self.tree(draws, depth - 1)).collect()),
            _ => Query::And((0..draws.below(4)).map(|_| self.tree(draws, depth - 1)).collect()),
        }
    }

    /// Each filter half of the time.
    pub fn filters(&self, draws: &mut Draws) -> Filters {
        let mut filters = Filters::default();
        for _ in 0..draws.below(3) {
            filters.hashtags.push(self.tag(draws));
        }
        filters.creator = draws.once_in(3).then(|| draws.one(&self.creators).clone());
        filters.region = (draws.once_in(3) && !self.regions.is_empty()).then(|| draws.one(&self.regions).clone());
        filters.since = draws.once_in(2).then(|| *draws.one(&self.dates));
        filters.until = draws.once_in(2).then(|| *draws.one(&self.dates));
        filters.min_plays = draws.once_in(2).then(|| *draws.one(&self.plays));
        filters.kind = draws.once_in(3).then(|| *draws.one(&[Kind::Video, Kind::Photo]));
        filters.only_viral = draws.once_in(6);
        filters
    }

    /// Every filter by itself and each pair of them, in every order and with each kind of limit.
    pub fn filter_questions(&self, seed: u64) -> Vec<Question> {
        let mut draws = Draws::new(seed);
        let mut dates = self.dates.clone();
        dates.sort_unstable();
        let middle = dates[dates.len() / 2];
        let (tag, creator, region) =
            (self.tag(&mut draws), draws.one(&self.creators).clone(), self.regions.first().cloned());
        let plays = *draws.one(&self.plays);
        let settings: Vec<Setting> = vec![
            ("none", Box::new(|_| {})),
            ("tag", Box::new(move |filters| filters.hashtags.push(tag.clone()))),
            ("creator", Box::new(move |filters| filters.creator = Some(creator.clone()))),
            ("region", Box::new(move |filters| filters.region.clone_from(&region))),
            ("nowhere", Box::new(|filters| filters.region = Some(String::new()))),
            ("since", Box::new(move |filters| filters.since = Some(middle))),
            ("since ever", Box::new(|filters| filters.since = Some(i64::MIN))),
            ("until", Box::new(move |filters| filters.until = Some(middle))),
            ("until ever", Box::new(|filters| filters.until = Some(i64::MAX))),
            ("plays", Box::new(move |filters| filters.min_plays = Some(plays))),
            ("too many plays", Box::new(|filters| filters.min_plays = Some(u64::MAX))),
            ("video", Box::new(|filters| filters.kind = Some(Kind::Video))),
            ("photo", Box::new(|filters| filters.kind = Some(Kind::Photo))),
            ("viral", Box::new(|filters| filters.only_viral = true)),
        ];
        let mut questions = Vec::new();
        for (position, (_, one)) in settings.iter().enumerate() {
            for (_, other) in &settings[position..] {
                let mut filters = Filters::default();
                one(&mut filters);
                other(&mut filters);
                let sort = *draws.one(&SORTS);
                let limit = *draws.one(&[1, 7, 100, usize::MAX]);
                questions.push(Question { query: Query::All, filters, sort, limit });
            }
        }
        for sort in SORTS {
            for limit in [0, 1, 7, 10_000, 10_001, usize::MAX] {
                questions.push(Question { sort, limit, ..Question::all() });
            }
        }
        questions
    }
}

/// The scripts of a text's letters, and "Emoji".
fn scripts(text: &str) -> Vec<String> {
    let name = |character: char| match character.script() {
        _ if is_emoji(character) => Some("Emoji".to_owned()),
        Script::Common | Script::Inherited | Script::Unknown => None,
        script => Some(script.full_name().to_owned()),
    };
    let mut names: Vec<String> = text.chars().filter_map(name).collect();
    names.sort();
    names.dedup();
    names
}

/// The start of a text, at least one character.
fn cut(text: &str, draws: &mut Draws) -> String {
    let length = 1 + draws.below(text.chars().count().max(1));
    text.chars().take(length).collect()
}

/// Some characters from anywhere.
fn piece(text: &str, draws: &mut Draws) -> String {
    let length = text.chars().count().max(1);
    text.chars().skip(draws.below(length)).take(1 + draws.below(9)).collect()
}
