//! A post's scores step by step, for people: who adds up what stands here finds what is stored.

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::shown::{NOTHING, number, one_line, time};
use crate::insight::moments::Moment;
use crate::jobs::explain::{ComparisonSteps, Explanation};
use crate::model::Corpus;

/// Plays of other posts that are shown; where there are more, so many of them, evenly.
const MOST_SHOWN: usize = 300;

/// Plays in a line.
const IN_A_LINE: usize = 10;

/// The lines.
#[must_use]
pub fn text(explained: &Explanation) -> String {
    let mut text = String::new();
    post(&mut text, explained);
    engagement(&mut text, explained);
    virality(&mut text, explained);
    globals(&mut text, explained.globals.as_ref());
    outcome(&mut text, explained);
    text
}

fn post(text: &mut String, explained: &Explanation) {
    let stats = &explained.stats;
    let handle = explained.creator.as_ref().map(|row| format!("@{}, ", one_line(&row.unique_id))).unwrap_or_default();
    let creator = explained.sec_user_id.as_deref().unwrap_or("not known, so it is compared with nothing");
    let when = |seconds: i64| time(seconds, &TimeZone::UTC, "%Y-%m-%d %H:%M:%S UTC").unwrap_or_else(|| NOTHING.into());
    let posted = explained.publish_ts.map_or_else(|| "at an unknown time".to_owned(), when);
    let age = explained.age_hours.map(|hours| format!(", {hours:.1} h later")).unwrap_or_default();
    let count = |count: Option<u64>| number(count.unwrap_or(0));
    let _ = writeln!(text, "post       {}", explained.aweme_id);
    let _ = writeln!(text, "creator    {handle}{}", one_line(creator));
    let _ = writeln!(text, "posted     {posted}; fetched {}{age}", when(explained.fetched_at.div_euclid(1000)));
    let _ = writeln!(
        text,
        "counts     {} plays, {} likes, {} comments, {} shares, {} bookmarks",
        count(stats.play),
        count(stats.like),
        count(stats.comment),
        count(stats.share),
        count(stats.collect)
    );
}

fn engagement(text: &mut String, explained: &Explanation) {
    let steps = &explained.engagement;
    let (interactions, plays) = (steps.interactions, explained.stats.play.unwrap_or(0));
    let _ = writeln!(text, "\nengagement (describes the post; tells nothing of what is rising)");
    let _ = writeln!(
        text,
        "  rate            {} = {} interactions / {} plays",
        figure(steps.of_counts.rate),
        number(interactions),
        number(plays)
    );
    let capped = if interactions > plays { " (as many as plays)" } else { "" };
    let _ = writeln!(
        text,
        "  smoothed        {} = ({}{capped} + {}) / ({} + {} + {}), the prior's a and b",
        figure(steps.smoothed),
        number(interactions.min(plays)),
        steps.prior_a,
        number(plays),
        steps.prior_a,
        steps.prior_b
    );
}

fn virality(text: &mut String, explained: &Explanation) {
    let (steps, scores) = (&explained.comparison, &explained.computed["virality"]);
    let score = |name: &str| figure(scores[name].as_f64());
    let _ = writeln!(text, "\nvirality (what is unusual for its creator)");
    let _ = writeln!(
        text,
        "  others          {} posts to compare with; {} left out (younger than 72 h when fetched, undated, or plays withheld)",
        number(steps.others),
        number(steps.left_out)
    );
    if !steps.other_plays.is_empty() {
        let sample = sample(&steps.other_plays);
        let mut start = "  their plays     ";
        for line in sample.chunks(IN_A_LINE) {
            let _ = writeln!(text, "{start}{}", line.iter().copied().map(number).collect::<Vec<_>>().join(", "));
            start = "                  ";
        }
        if steps.other_plays.len() > MOST_SHOWN {
            let _ = writeln!(text, "{start}({MOST_SHOWN} of them, evenly chosen; --format json has all)");
        }
    }
    let _ = writeln!(
        text,
        "  multiple        {} = {} plays / {}, their median; its logarithm {}",
        score("multiple"),
        number(explained.stats.play.unwrap_or(0)),
        figure(steps.median_plays),
        score("log_multiple")
    );
    spread(text, steps);
    let _ = writeln!(
        text,
        "  z               {} = (ln(1 + plays) {} − centre {}) / sigma {}; from 3.5 on a post stands out",
        score("z"),
        digits(steps.log_plays),
        digits(steps.centre),
        digits(steps.sigma)
    );
    let immature = if steps.immature { "yes: too young to judge, or undated; scored, but never viral" } else { "no" };
    let _ = writeln!(text, "  immature        {immature}");
    let _ = writeln!(text, "  viral           {}", if scores["viral"] == true { "yes" } else { "no" });
    rising(text, explained, &score);
}

fn rising(text: &mut String, explained: &Explanation, score: &dyn Fn(&str) -> String) {
    let steps = &explained.growth;
    let _ = writeln!(text, "\nrising (needs no other post)");
    let (Some(earlier), Some(newest), Some(hours)) = (steps.earlier, steps.newest, steps.hours) else {
        let _ = writeln!(
            text,
            "  plays_per_hour  {} = {} plays / {} h since it was posted, an hour at least",
            score("plays_per_hour"),
            number(explained.stats.play.unwrap_or(0)),
            explained.age_hours.map_or_else(|| NOTHING.to_owned(), |hours| format!("{:.2}", hours.max(1.0)))
        );
        let _ = writeln!(
            text,
            "  growth          {NOTHING}: it takes two looks at the post, an hour apart at least (looks so far: {})",
            number(steps.moments.len() as u64)
        );
        return;
    };
    let moment = |moment: Moment| {
        let when = time(moment.fetched_at.div_euclid(1000), &TimeZone::UTC, "%Y-%m-%d %H:%M:%S UTC");
        format!("{}, {} plays", when.unwrap_or_else(|| NOTHING.to_owned()), number(moment.plays))
    };
    let sign = if newest.plays < earlier.plays { "-" } else { "" };
    let gained = format!("{sign}{}", number(newest.plays.abs_diff(earlier.plays)));
    let _ = writeln!(text, "  newest look     {}, of {} looks", moment(newest), number(steps.moments.len() as u64));
    let _ = writeln!(text, "  earlier look    {}: the newest that is an hour older at least", moment(earlier));
    let _ = writeln!(text, "  growth_hours    {}, between the two", score("growth_hours"));
    let _ = writeln!(text, "  plays_per_hour  {} = {gained} plays gained / {hours:.2} h", score("plays_per_hour"));
    let _ = writeln!(
        text,
        "  growth          {} = {gained} / ({} + 1000) × 24 h / {hours:.2} h: the share gained per day",
        score("growth"),
        number(earlier.plays)
    );
}

fn spread(text: &mut String, steps: &ComparisonSteps) {
    let _ = writeln!(
        text,
        "  median and MAD  {} and {}, of their ln(1 + plays)",
        digits(steps.log_median),
        digits(steps.log_mad)
    );
    if steps.log_mean_deviation.is_some() {
        let _ = writeln!(
            text,
            "  mean deviation  {}, since more than half of them are alike and the MAD is 0",
            digits(steps.log_mean_deviation)
        );
    }
    let own = if steps.log_mean_deviation.is_some() { "1.253314 × mean deviation" } else { "MAD / 0.6745" };
    let _ = writeln!(text, "  sigma           {} = {own}", digits(steps.sigma));
    if steps.weight < 1.0 {
        let _ = writeln!(
            text,
            "  shrunk          they are fewer than 8: centre and sigma count {} beside {} of the corpus's, where those are larger",
            steps.weight,
            1.0 - steps.weight
        );
    }
    if steps.others < 3 {
        let _ = writeln!(text, "                  fewer than 3 tell nothing: no z");
    }
}

fn globals(text: &mut String, corpus: Option<&Corpus>) {
    let Some(corpus) = corpus else {
        let _ = writeln!(text, "\nno pass has scored this store yet: no prior is used, and nothing is shrunk");
        return;
    };
    let when = time(corpus.scored_at.div_euclid(1000), &TimeZone::UTC, "%Y-%m-%d %H:%M:%S UTC");
    let _ = writeln!(
        text,
        "\nof the whole corpus, by the pass of {} over {} posts",
        when.unwrap_or_else(|| NOTHING.to_owned()),
        number(corpus.videos)
    );
    let sigma = corpus.log_mad.map(|mad| mad / 0.6745);
    let _ = writeln!(
        text,
        "  median {}, MAD {} (sigma {}), a {}, b {}",
        figure(corpus.log_median),
        figure(corpus.log_mad),
        digits(sigma),
        corpus.engagement_a,
        corpus.engagement_b
    );
}

fn outcome(text: &mut String, explained: &Explanation) {
    let words = match (&explained.stored, explained.differing.is_empty()) {
        (None, _) => "none: the post was not scored yet as it is; `viralmine score` does".to_owned(),
        (Some(_), true) => "the same as computed here".to_owned(),
        (Some(stored), false) => {
            let named = explained.differing.iter().map(|path| {
                let (object, field) = path.split_once('.').unwrap_or((path, ""));
                format!("{path} {} instead of {}", stored[object][field], explained.computed[object][field])
            });
            let named = named.collect::<Vec<_>>().join(", ");
            format!("others: {named}; the scores are behind, `viralmine score` computes them")
        }
    };
    let _ = writeln!(text, "\nstored     {words}");
}

fn figure(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| value.to_string())
}

fn digits(value: Option<f64>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| format!("{value:.4}"))
}

/// All of them, or so many with the smallest and the largest.
fn sample(plays: &[u64]) -> Vec<u64> {
    if plays.len() <= MOST_SHOWN {
        return plays.to_vec();
    }
    (0..MOST_SHOWN).map(|nth| plays[nth * (plays.len() - 1) / (MOST_SHOWN - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_both_ends() {
        let plays: Vec<u64> = (0..1_000).collect();
        let sample = sample(&plays);
        assert_eq!((sample.len(), sample[0], sample[MOST_SHOWN - 1]), (MOST_SHOWN, 0, 999));
        assert_eq!(super::sample(&[1, 2]), [1, 2]);
    }
}
