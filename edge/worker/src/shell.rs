use std::cell::RefCell;
use std::rc::Rc;

use darkroom_delivery::origin::Origins;
use darkroom_delivery::{Bounds, Error, Original, Plan, Remote, Shell, Transformed};
use darkroom_recipe::{Description, Recipe};
use worker::{Date, Env};

use crate::buckets::Buckets;
use crate::processor;
use crate::quota::Quota;
use crate::settings::Settings;
use crate::slots::{self, Slot};

/// The state of one request.
pub(crate) struct WorkerShell {
    settings: Rc<Settings>,
    buckets: Buckets,
    /// None for whoever may have as many images made as they like.
    quota: Option<Quota>,
    /// Held from the original's arrival until the request is done.
    slot: RefCell<Option<Slot>>,
}

impl WorkerShell {
    /// For a request from `address`.
    pub(crate) fn new(env: &Env, settings: Rc<Settings>, plan: &Plan, address: &str) -> Result<Self, Error> {
        let quota = if plan.verified.signed { None } else { Quota::open(env, address)? };
        Ok(Self { buckets: Buckets::open(env, &settings)?, settings, quota, slot: RefCell::default() })
    }
}

impl Shell for WorkerShell {
    type Store = Buckets;

    fn store(&self) -> &Buckets {
        &self.buckets
    }

    fn source_bytes(&self) -> u64 {
        self.settings.limits.source_bytes
    }

    /// An original that is sent unchanged may be larger than an output.
    fn keeps(&self, bytes: usize) -> bool {
        self.settings.limits.keeps(bytes)
    }

    async fn admit(&self) -> Result<(), Error> {
        if self.slot.borrow().is_none() {
            if let Some(quota) = &self.quota {
                quota.take().await?;
            }
            let slot = slots::take(&self.settings.limits).await?;
            self.slot.replace(Some(slot));
        }
        Ok(())
    }

    fn origins(&self, _: &Remote) -> Result<&dyn Origins, Error> {
        Ok(&*self.settings)
    }

    async fn describe(&self, original: &Original) -> Result<Description, Error> {
        processor::description(&original.bytes, &self.settings.limits)
    }

    async fn transform(&self, original: &Original, recipe: &Recipe, bounds: Bounds) -> Result<Transformed, Error> {
        processor::render(&original.bytes, recipe, &self.settings.limits, bounds)
    }

    /// Stands still while the Worker computes, as all its clocks do, but does measure stores and origins.
    fn clock(&self) -> f64 {
        Date::now().as_millis() as f64
    }
}
