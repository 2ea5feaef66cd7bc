//! A post's text and its `text_extra`: the same hashtags twice, but never quite, as in real posts. Some stand only in
//! one of the two, some without a blank before them, some in other letters; mentions and empty entries are mixed in.

use std::borrow::Cow;

use rand::Rng;
use rand_distr::{Distribution, Zipf};

use super::creator::Creator;
use super::draws::{one_of, whole};
use super::vocabulary::{EMOJI, HANDLES, TAGS, tag};

/// What was written, before it is put into the provider's JSON.
#[derive(Debug, Default)]
pub(super) struct Caption {
    pub(super) text: String,
    pub(super) extras: Vec<Extra>,
}

/// An entry of `text_extra`.
#[derive(Debug)]
pub(super) enum Extra {
    Tag(String),
    /// Of the handle.
    Mention(String),
    /// Neither tag nor mention; real posts have such.
    Empty,
}

impl Caption {
    /// As the creator writes, with a word and tags that must be there.
    pub(super) fn draw(
        rng: &mut impl Rng,
        creator: &Creator,
        word: Option<&'static str>,
        more_tags: Vec<Cow<'static, str>>,
    ) -> Self {
        let mut caption = Self::default();
        if rng.random_bool(0.02) && word.is_none() && more_tags.is_empty() {
            return caption;
        }
        if !rng.random_bool(0.05) || word.is_some() {
            caption.write_words(rng, creator, word);
        }
        if rng.random_bool(0.08) {
            caption.mention(rng);
        }
        let is_tight = rng.random_bool(0.15);
        for name in tags(rng, creator, more_tags) {
            caption.add_tag(rng, &name, is_tight);
        }
        match rng.random_range(0..60) {
            0 => caption.text.push_str(" #"),
            1 => caption.text.push(' '),
            2 => caption.extras.push(Extra::Empty),
            _ => {}
        }
        caption
    }

    fn write_words(&mut self, rng: &mut impl Rng, creator: &Creator, named: Option<&'static str>) {
        let count = rng.random_range(1..=12);
        let place = named.map(|_| rng.random_range(0..count));
        for number in 0..count {
            if number > 0 {
                self.text.push_str(separator(rng, creator.language.is_spaced));
            }
            if place == Some(number) {
                self.name(named.unwrap_or_default());
            }
            self.text.push_str(one_of(rng, creator.language.words).copied().unwrap_or_default());
        }
        if rng.random_bool(0.4) {
            self.text.push_str(one_of(rng, &EMOJI).copied().unwrap_or_default());
        }
    }

    /// A product's name stands apart, whatever the script around it.
    fn name(&mut self, product: &str) {
        if self.text.ends_with(|last: char| !last.is_whitespace()) {
            self.text.push(' ');
        }
        self.text.push_str(product);
        self.text.push(' ');
    }

    fn mention(&mut self, rng: &mut impl Rng) {
        let handle = format!("{}.{}", one_of(rng, &HANDLES).copied().unwrap_or("user"), rng.random_range(1..1000));
        self.text.push_str(" @");
        self.text.push_str(&handle);
        self.extras.push(Extra::Mention(handle));
    }

    fn add_tag(&mut self, rng: &mut impl Rng, name: &str, is_tight: bool) {
        let (in_text, in_extra) = match rng.random_range(0..100) {
            0..8 => (true, false),
            8..13 => (false, true),
            _ => (true, true),
        };
        if in_text {
            if !is_tight && !self.text.is_empty() {
                self.text.push(' ');
            }
            self.text.push_str(if rng.random_bool(0.01) { "＃" } else { "#" });
            self.text.push_str(name);
        }
        if in_extra {
            let is_lowered = rng.random_bool(0.5);
            self.extras.push(Extra::Tag(if is_lowered { name.to_lowercase() } else { name.to_owned() }));
        }
    }
}

fn separator(rng: &mut impl Rng, is_spaced: bool) -> &'static str {
    match rng.random_range(0..80) {
        0 => "\n",
        1 => "\u{a0}",
        2 => ", ",
        _ if is_spaced => " ",
        _ => "",
    }
}

/// The post's tags, different ones: some that everybody uses, more of the creator's own, then those that must be there.
fn tags(rng: &mut impl Rng, creator: &Creator, more: Vec<Cow<'static, str>>) -> Vec<Cow<'static, str>> {
    let count = rng.random_range(0..8);
    let mut tags: Vec<Cow<'static, str>> = Vec::with_capacity(count + more.len());
    for _ in 0..count {
        let next = if rng.random_bool(0.5) { common_tag(rng) } else { niche_tag(rng, creator) };
        if !tags.iter().any(|known| known.eq_ignore_ascii_case(&next)) {
            tags.push(next);
        }
    }
    tags.extend(more);
    tags
}

fn common_tag(rng: &mut impl Rng) -> Cow<'static, str> {
    let rank = Zipf::new(f64::from(TAGS), 1.05).map_or(1.0, |zipf| zipf.sample(rng));
    tag(u32::try_from(whole(rank)).unwrap_or(1).saturating_sub(1))
}

fn niche_tag(rng: &mut impl Rng, creator: &Creator) -> Cow<'static, str> {
    one_of(rng, &creator.niche).cloned().unwrap_or(Cow::Borrowed("fyp"))
}
