//! How each number is computed, in short, with the names of the fields; `docs/scores.md` and `docs/asking.md` have all
//! of it.

use maud::{Markup, html};

/// The section.
pub(super) fn section() -> Markup {
    html! {
        p .lead { "Each number can be asked for by itself: " code { "viralmine explain VIDEO_ID" } " shows every step of a post's scores." }
        dl .facts {
            dt { "Plays" }
            dd { code { "stats.play" } " as it was when fetched. 0 means withheld: such a post counts, its plays do not." }
            dt { "Judged" }
            dd {
                "Posts with a " code { "virality.z" } " that were three days old when fetched (not " code { "virality.immature" } "): it takes three other such \
                 posts of their creator."
            }
            dt { "z" }
            dd {
                code { "virality.z" } " = 0.6745 · (ln(1 + plays) − median) / MAD, over ln(1 + plays) of the creator's other judged posts. "
                code { "virality.viral" } " from 3.5 on."
            }
            dt { "By chance" }
            dd {
                "How many posts would reach that if each creator's plays were drawn from one log-normal distribution; only clearly \
                 more than this says that something went viral."
            }
            dt { "Multiple" }
            dd { code { "virality.multiple" } " = plays / median plays of the creator's other judged posts." }
            dt { "Plays an hour" }
            dd { code { "virality.plays_per_hour" } " = plays / hours between posting and fetching, one at least: what is rising." }
            dt { "Engagement" }
            dd {
                code { "engagement.smoothed" } " = (likes + comments + shares + bookmarks + a) / (plays + a + b), a and b fitted over the corpus. It \
                 describes, and ranks nothing that is said to rise."
            }
            dt { "Lift" }
            dd {
                "(fg − bg) · fg/bg: fg is the share of viral posts that carry the tag or word, bg that of judged ones; 0 where fg is not larger. "
                em { "Lifted" } " where Fisher's exact test, corrected for all that was looked at, leaves less than 1% to chance."
            }
            dt { "Growth" }
            dd {
                "(recent + 5) / (earlier · R/E + 5): posts of a window and of the one before, R and E those of all posts. "
                em { "Bursting" } " where a binomial test, corrected in the same way, leaves less than 1% to chance."
            }
            dt { "Generic" }
            dd { "A tag of a tenth of all creators, 20 at least, that neither grows nor is lifted nor bursts." }
            dt { "NPMI" }
            dd { "ln(p(x,y) / (p(x)·p(y))) / −ln p(x,y), over the posts of this report." }
            dt { "Hit rate" }
            dd { code { "hit_rate" } ": share of a creator's judged posts with a multiple of 3 or more." }
            dt { "Trend" }
            dd { code { "trend" } ": median plays of a creator's recent posts over that of those before." }
            dt { "Hours" }
            dd {
                "exp of the mean of " code { "virality.log_multiple" } " over the judged posts of an hour (" code { "typical_multiple" } "), summer time included."
            }
        }
    }
}
