use darkroom_host::pipeline::{Class, Failure, Upload};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::Instrument;

/// Answers events until Lambda ends the process.
pub(crate) async fn run<Event, Answer>(work: impl AsyncFn(Event) -> Result<Answer, Failure>) -> anyhow::Result<()>
where
    Event: DeserializeOwned,
    Answer: Serialize,
{
    let work = &work;
    let service =
        service_fn(move |event: LambdaEvent<Event>| async move { work(event.payload).await.map_err(diagnostic) });
    lambda_runtime::run(service).await.map_err(anyhow::Error::from_boxed)
}

/// Processes one upload; every line that it logs names the upload and execution.
pub(crate) async fn logged<Answer>(
    upload: Upload,
    work: impl AsyncFnOnce(&Upload) -> Result<Answer, Failure>,
) -> Result<Answer, Failure> {
    let span = tracing::info_span!("upload", image = upload.image_id, execution = upload.execution);
    work(&upload).instrument(span).await
}

/// Converts the error for the state machine, whose `Retry` matches on the type.
fn diagnostic(failure: Failure) -> Diagnostic {
    if failure.class == Class::Defect {
        tracing::error!(reason = failure.reason, "a defect: this image would fail again");
    }
    Diagnostic { error_type: failure.name().into(), error_message: failure.reason }
}
