//! To come: store/elastic.
