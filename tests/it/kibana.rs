//! Kibana's objects, and their import. No Kibana takes part: the structure is held against what exports of it look
//! like, each panel's fields and operations against the mappings, and what a panel asks is asked of the real node by
//! hand.

mod controls; // what each control asks, and what it leaves of every panel
mod fields; // fields, operations, filters and formats against the mappings
mod objects; // the objects, with all that is JSON inside of texts unpacked
mod panels; // what each panel asks, on the real node, against sums of the test's own
mod sample; // posts, creators and snapshots that are asked for
mod setup; // `viralmine setup` against a stand-in for the import, from flags to exit codes
mod structure; // ids, references, the grid; and the readable files tell the same as what is imported
