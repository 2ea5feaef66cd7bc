//! What costs money: a budget that many ask from at once, keys that are refused, and what a run says of both.

mod budget; // never a request more than the budget, whoever asks, whatever goes wrong
mod keys; // one key of three is refused: the others go on, the report names it
