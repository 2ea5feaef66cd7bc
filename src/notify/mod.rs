//! How events reach a person's own services: a webhook, which takes messages as JSON over HTTP. `address` is its URL,
//! which may carry a token, `webhook` sends one message once, and `answer` says what the receiver's answer means. When
//! to send what, and what to do with a refusal, is `jobs::digest`'s.

mod address;
mod answer;
mod webhook;

pub use address::{AddressError, WebhookAddress};
pub use answer::Answer;
pub use webhook::{Message, Webhook, WebhookSettings};
