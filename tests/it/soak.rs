//! The long forms of what the ordinary tests show in short: run by `scripts/soak`, in release, one after another. They
//! print their figures.

mod cluster; // a cluster of three loses a data node, then its master
mod memory; // peaks of short and long runs, and of one whose store stalls

mod alike {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes long: scripts/soak"]
    async fn fifty_thousand_simulated_posts() {
        crate::alike::mining::fifty_thousand_simulated_posts(100).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes long: scripts/soak"]
    async fn real_posts() {
        if std::env::var_os("VIRALMINE_SAMPLES").is_none() {
            crate::kills::tell("real posts: left out, VIRALMINE_SAMPLES names no folder");
            return;
        }
        crate::alike::real::real_posts_mined(300).await;
    }
}

mod kills {
    use crate::kills::processes::{killed_again_and_again, kills_or};
    use crate::support::place::Place;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes long: scripts/soak"]
    async fn embedded() {
        killed_again_and_again(Place::embedded(), kills_or(50)).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes long: scripts/soak"]
    async fn elastic() {
        killed_again_and_again(Place::elastic(), kills_or(50)).await;
    }
}

mod nodes {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes long: scripts/soak"]
    async fn five_kills_under_one_run() {
        crate::kills::nodes::killed_under_a_run(5).await;
    }
}
