//! The interface `delivery`: converts types to and from the crate's.

use std::cell::RefCell;

use darkroom_delivery::{self as own, EdgeSettings, Steps};

use crate::Component;
use crate::exports::darkroom::image::delivery as wit;
use crate::processor::Core;

thread_local! {
    /// The request of this instance.
    static WAY: RefCell<Option<Steps>> = const { RefCell::new(None) };
}

impl wit::Guest for Component {
    fn begin(
        settings: String,
        request: wit::Request,
        pass: wit::Pass,
        crashed: bool,
        now: u64,
    ) -> Result<wit::Step, String> {
        let settings = EdgeSettings::from_json(&settings)?;
        let wit::Request { method, path, fields } = request;
        let pass = match pass {
            wit::Pass::Look => own::Pass::Look,
            wit::Pass::Make => own::Pass::Make,
        };
        let core = Core::new(settings.limits, crashed);
        let mut way = Steps::begin(pass, own::Asked { method, path, fields }, settings, core, now);
        let first = way.next(None, 0.0);
        WAY.set(Some(way));
        Ok(first.into())
    }

    fn resume(reply: wit::Reply, clock: f64) -> wit::Step {
        let step = WAY.with_borrow_mut(|way| way.as_mut().map(|way| way.next(Some(reply.into()), clock)));
        step.unwrap_or_else(|| own::Step::Done(own::Ending::Elsewhere("resumed before it began".into()))).into()
    }
}

impl From<own::Step> for wit::Step {
    fn from(step: own::Step) -> Self {
        match step {
            own::Step::Get(own::GetObject { bucket, key, head, limit }) => {
                Self::Get(wit::Get { bucket, key, head, limit })
            }
            own::Step::Put(own::PutObject { bucket, key, bytes, media_type, cache_control, metadata }) => {
                Self::Put(wit::Put { bucket, key, bytes: bytes.into(), media_type, cache_control, metadata })
            }
            own::Step::Done(ending) => Self::Done(ending.into()),
        }
    }
}

impl From<own::Ending> for wit::Ending {
    fn from(ending: own::Ending) -> Self {
        match ending {
            own::Ending::Object(bucket, key) => Self::Object(wit::Object { bucket, key }),
            own::Ending::Nothing => Self::Nothing,
            own::Ending::Answer(own::Answer { status, headers, body }) => Self::Answer(wit::Answer {
                status,
                fields: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                body: body.into(),
            }),
            own::Ending::Elsewhere(reason) => Self::Elsewhere(reason),
        }
    }
}

impl From<wit::Reply> for own::Reply {
    fn from(reply: wit::Reply) -> Self {
        match reply {
            wit::Reply::Found(wit::Found { bytes, etag, media_type, last_modified, metadata }) => {
                Self::Found(own::Found { bytes: bytes.into(), etag, media_type, last_modified, metadata })
            }
            wit::Reply::Missing => Self::Missing,
            wit::Reply::TooLong(length) => Self::TooLong(length),
            wit::Reply::Stored => Self::Stored,
            wit::Reply::Failed(text) => Self::Failed(text),
        }
    }
}
