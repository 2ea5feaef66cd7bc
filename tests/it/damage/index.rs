//! Somebody deletes the videos' index on the server: the checkpoints that are left must not pass for the videos.

use super::{BACKFILL, OnTheNode, faultless, simulator};
use crate::command_line::shell::Shell;
use crate::elastic::{clean_up_blocking, node_url};

#[tokio::test]
async fn videos_that_were_deleted_are_not_taken_for_fetched() {
    let api = simulator(3, 40).await;
    let node = OnTheNode::new("index-gone").await;
    let shell = Shell::with_api(&api);
    node.set_in(&shell);
    shell.run(&BACKFILL).await.succeeded();
    let paid = api.observed().total();

    clean_up_blocking(&node_url(), &format!("{}-videos", node.prefix));
    let words = ["index-gone", "is gone, but the checkpoints of 3 creators are there", "viralmine replay"];
    shell.run(&BACKFILL).await.ends(1, &words);
    assert_eq!(api.observed().total(), paid, "nothing is asked for");

    // As the message says, at no cost.
    shell.run(&["replay"]).await.succeeded();
    shell.run(&BACKFILL).await.succeeded();
    assert_eq!((shell.documents().await, api.observed().total()), (faultless(&api).await, paid));
}
