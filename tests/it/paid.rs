//! What costs money: a budget that many ask from at once, keys that are refused, plans, single posts.

mod budget; // never a request more than the budget, whoever asks, whatever goes wrong
mod keys; // one key of three is refused: the others go on, the report names it
mod plan; // asks no API, makes nothing, agrees with the run
mod typed; // `video` as it is typed: ids, links and files; reports and exit codes
mod video; // single posts into both stores: what a detail changes, what it leaves
