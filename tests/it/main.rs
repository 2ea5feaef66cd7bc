//! The integration tests: one binary, one line of the index below for each file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should stop there, its helpers too"
)]

mod alike; // both stores hold and answer the same as a plain one, on simulated and on real posts
mod archive; // raw answers and dead letters on disk, and what reads them back
mod asking; // what is typed finds what was stored: a plain store, tables, JSON, CSV
mod backfill; // from the simulated API into both stores: nothing missing, nothing twice, resumed wherever it stops
mod benchmark; // what the questions find of what is planted, and their times over a million posts (scripts/benchmark)
mod command_line; // the binary as it is typed: help, exit codes, wrong use, stopping and going on
mod damage; // full disks, folders and files that are gone, closed or spoilt: clear words, and nothing lost
mod dead_letters; // refused documents sent again: what the store takes leaves the file, the rest stays as it stands
mod digest; // what changed, told once: rounds over both stores, the ledger, a webhook that fails in every way
mod elastic; // the Elasticsearch store against a real node (scripts/elasticsearch run) and against stand-ins
mod embedded; // the embedded store: newest wins, durability, one writer beside readers, exact questions
mod faults_api; // the API at its worst: each fault alone, all mixed, aimed ones; nothing lost, nothing twice, the pace kept
mod faults_store; // backfills through a proxy that spoils what passes to a real node: nothing lost, nothing twice
mod kills; // the program, or the node under it, killed at any instant: nothing lost, only what was in flight paid twice
mod normalize; // whole answers into normalized pages and documents, and the normalize job
mod paid; // what costs money: budget, keys, plans, single posts
mod questions; // viral, hashtags, keywords, sounds, categories, creators and timing, typed over a scored corpus
mod reindex; // the next version of the index: every id in it before the alias moves, newest wins, at equal versions the archive
mod replay; // the archive, or recorded pages, into both stores again: same documents, newest wins, details merged
mod repository; // documents, mappings and files tell the same story
mod resume; // a killed run goes on from its archive: what was paid for is not asked again, whatever became of the files
mod rights; // credentials and rights at an authenticating proxy in front of the real node
mod rooms; // the map of src/lib.rs: who imports whom, which crate is named where, how long a file is
mod samples; // every file of real posts, against counts taken by other means
mod scores; // the score pass on both stores: as the definitions say, whatever the order, newest wins, stopped and killed; explain
mod secrets; // keys and credentials show nowhere, whatever fails and whoever echoes them
mod shapes; // the 62 shapes seen in real data, one test each
mod simulator; // the simulated API from outside: same bytes, every post once, quota, faults, playback
mod snapshots; // the counts of posts at single moments, in both stores: kept once, read in time order, made with the first write
mod soak; // the long forms: more kills, a cluster that loses nodes, memory (scripts/soak)
mod source; // the API client against a server on loopback: keys, parameters and order, as the server sees them
mod support; // what the tests share
mod tls; // certificates are verified by default, in front of the real node and of the API; refusals say what to do
mod track; // rounds of tracking on both stores: new posts, both moments kept, known ground, due posts, budgets, kills
mod verify; // archive against store: what is missing, older or dead is found, and nothing else
mod walks; // walks over scripted answers: what ends one, starts it again, fails a creator, ends a run
