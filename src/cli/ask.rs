//! The flags of the commands that ask. `filters` is what they share, `words` their query, `posts` and `groups` each
//! command's own.
//!
//! Values that can be judged alone are read here, so that a bad one ends with exit code 2 before any request.

mod filters;
mod groups;
mod posts;
mod words;

pub(super) use filters::limit;
pub use filters::{AnswerFormat, AskArgs, FilterArgs, KindFilter, LimitArgs};
pub use groups::{CategoriesArgs, GroupArgs, GroupSort, HashtagsArgs, KeywordsArgs, SoundsArgs};
pub use posts::{CreatorsArgs, CreatorsSort, SearchArgs, SearchSort, TimingArgs, ViralArgs, ViralSort};
pub use words::QueryWords;

#[cfg(test)]
mod tests;
