//! Bulk requests with items that fail: taken out on the way to the node, put in on the way back.

use bytes::Bytes;
use serde_json::{Value, json};

use super::fault::Items;
use super::wire::{Answer, Request};

impl Items {
    fn hits(&self, position: usize) -> bool {
        position.is_multiple_of(self.each)
    }

    /// The request as the node is to get it: without what is not to be applied. `None` when nothing is left of it.
    pub(super) fn without_hit(&self, request: &Request) -> Option<Request> {
        if self.applied {
            return Some(request.clone());
        }
        let body = request.unpacked();
        let lines: Vec<&[u8]> = body.split_inclusive(|&byte| byte == b'\n').collect();
        let kept = lines.chunks(2).enumerate().filter(|(position, _)| !self.hits(*position)).map(|(_, pair)| pair);
        let body: Vec<u8> = kept.flatten().copied().flatten().copied().collect();
        if body.is_empty() {
            return None;
        }
        let headers = request.headers.iter().filter(|(name, _)| name != "content-encoding").cloned().collect();
        Some(Request { headers, body: body.into(), ..request.clone() })
    }

    /// The node's answer with the failed items in their places. `items` is how many the request has.
    pub(super) fn spoilt(&self, answer: Answer, items: usize) -> Answer {
        if answer.status != 200 {
            return answer;
        }
        let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
        let answered = body["items"].take();
        let mut answered = answered.as_array().into_iter().flatten().cloned();
        let failed = json!({"index": {"status": self.status, "error": {"type": self.kind, "reason": self.reason}}});
        let spoilt = (0..items).map(|position| {
            let is_hit = self.hits(position);
            let real = if is_hit && !self.applied { None } else { answered.next() };
            if is_hit { failed.clone() } else { real.expect("the node answers for each item") }
        });
        body["items"] = spoilt.collect();
        body["errors"] = json!(true);
        Answer { body: body.to_string().into(), ..answer }
    }

    /// What the node would have said to nothing.
    pub(super) fn to_nothing() -> Answer {
        let headers = [("x-elastic-product", "Elasticsearch"), ("content-type", "application/json")];
        Answer::new(200, &headers, "{\"errors\":false,\"items\":[]}")
    }
}

/// How many documents a bulk request has.
pub fn documents(request: &Request) -> usize {
    request.unpacked().split(|&byte| byte == b'\n').count() / 2
}

/// How many items of a bulk answer are neither stored nor superseded.
pub(super) fn failed_items(answer: &Answer) -> usize {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let status = |item: &Value| item["index"]["status"].as_u64().unwrap_or_default();
    body["items"].as_array().into_iter().flatten().filter(|item| status(item) >= 400 && status(item) != 409).count()
}

/// The answer without its last item, well-formed; an empty object where there are no items.
pub(super) fn shortened(body: &Bytes) -> Bytes {
    let mut value: Value = serde_json::from_slice(body).unwrap_or_default();
    for list in ["items", "docs"] {
        if let Some(items) = value[list].as_array_mut() {
            items.pop();
            return value.to_string().into();
        }
    }
    Bytes::from_static(b"{}")
}
