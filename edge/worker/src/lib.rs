//! The Cloudflare Worker: parse → look up → origin → transform → respond, with [`darkroom_delivery`], and the Cache API
//! in front. The component does the computation; `main.mjs` calls it in a fresh instance for each image.

mod buckets;
mod cache;
mod fetch;
mod log;
mod processor;
mod quota;
mod s3;
mod settings;
mod shell;
mod slots;

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use darkroom_delivery::{Answer, Decision, Error, Fields, Plan, finish, plan, respond};
use worker::{Context, Date, Env, Headers, Request, Response, ResponseBuilder, console_error, event};

use crate::settings::Settings;
use crate::shell::WorkerShell;

#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    match request.path().as_str() {
        "/health" => Response::ok("ok\n"),
        "/version" => Response::from_json(&processor::version()),
        #[cfg(feature = "conformance")]
        "/conformance" => conformance(&env).await,
        _ => match Settings::load(&env) {
            Ok(settings) => image(&request, &env, &context, settings).await,
            Err(error) => {
                console_error!("configuration: {error}");
                Response::error("the configuration is wrong: the log says how\n", 500)
            }
        },
    }
}

/// Any other bucket failure ends the request with an exception that describes it.
#[cfg(feature = "conformance")]
async fn conformance(env: &Env) -> worker::Result<Response> {
    let settings = Settings::load(env)?;
    let buckets = buckets::Buckets::open(env, &settings).map_err(|error| error.to_string())?;
    darkroom_delivery::store::conformance::check_delivery(&buckets).await;
    Response::ok("as every store\n")
}

async fn image(request: &Request, env: &Env, context: &Context, settings: Rc<Settings>) -> worker::Result<Response> {
    let url = request.url()?;
    let headers: Vec<(String, String)> = request.headers().entries().collect();
    let fields = Fields::from_pairs(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let (config, now) = (&settings.delivery, Date::now().as_millis() / 1000);
    let method = request.method().to_string();
    let plan = match plan(&method, url.path(), url.query().unwrap_or_default(), &fields, config, now) {
        Ok(Decision::Deliver(plan)) => plan,
        Ok(Decision::Preflight) => return send(Answer::preflight(&fields, config)),
        Err(error) => {
            log::error("not made", &error);
            return send(Answer::error(&error, None, &fields, config));
        }
    };
    let key = cache::key(&url, &plan)?;
    if let Some(response) = cache::answer(&key, &plan, config, now).await? {
        return Ok(response);
    }
    // Cloudflare sets it, whatever the client has sent.
    let address = request.headers().get("cf-connecting-ip")?.unwrap_or_default();
    let shell = match WorkerShell::new(env, Rc::clone(&settings), &plan, &address) {
        Ok(shell) => shell,
        Err(error) => {
            log::error("not made", &error);
            return send(Answer::error(&error, Some(&plan), &fields, config));
        }
    };
    let response = respond(&shell, &plan, config, now).await;
    log::response(&response);
    if let Some(image) = response.image.filter(|image| settings.limits.keeps(image.bytes.len())) {
        let cached = cache::entry(&plan, &image, config, now)?;
        context.wait_until(async move {
            if let Err(error) = cache::put(key, cached).await {
                log::error("not cached", &Error::Internal(error.to_string()));
            }
        });
    }
    if !response.later.is_empty() {
        context.wait_until(later(shell, plan, response.later));
    }
    send(response.answer)
}

thread_local! {
    /// The renditions that this isolate is making after its responses.
    static MAKING: RefCell<HashSet<String>> = RefCell::default();
}

/// Stores the rendition, and makes the image for which a stand-in was sent, unless that is in progress.
async fn later(shell: WorkerShell, plan: Box<Plan>, mut later: darkroom_delivery::Later) {
    let begin = |key: &String| MAKING.with_borrow_mut(|all| all.insert(key.clone()));
    let making = later.makes().map(str::to_owned).filter(begin);
    if making.is_none() {
        later = later.split().0;
    }
    if let Err(error) = finish(&shell, &plan, later).await {
        log::error("not made or stored after the answer", &error);
    }
    if let Some(key) = making {
        MAKING.with_borrow_mut(|all| all.remove(&key));
    }
}

fn send(answer: Answer) -> worker::Result<Response> {
    let builder = ResponseBuilder::new().with_status(answer.status).with_headers(headers(answer.headers)?);
    Ok(if answer.body.is_empty() { builder.empty() } else { builder.fixed(answer.body.into()) })
}

fn headers(pairs: impl IntoIterator<Item = (&'static str, String)>) -> worker::Result<Headers> {
    let headers = Headers::new();
    pairs.into_iter().try_for_each(|(name, value)| headers.set(name, &value))?;
    Ok(headers)
}
