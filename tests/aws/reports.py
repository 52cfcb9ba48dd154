"""The report of a distributed map; moto 5.2 writes only a manifest without files. Files, keys and fields are those that
Step Functions documents, as far as outcomes have them here."""
import json

from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker as workers,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval.resource_eval_s3 import (
    ResourceEvalS3,
)
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError

Worker = workers.DistributedItemProcessorWorker
outcomes = {}  # of each map run: what became of each item


def write():
    keep_outcomes()
    write_manifest = ResourceEvalS3._handle_put_object

    def write_files(env, part, credentials):
        run = env.map_run_record_pool_manager.get_all()[-1].map_run_arn
        write_manifest(env, part, credentials)
        place = env.stack[-1]["ResultWriterDetails"]
        put = lambda key, value: ResourceEvalS3._get_s3_client(part, credentials).put_object(
            Bucket=place["Bucket"], Key=key, Body=json.dumps(value).encode()
        )
        files = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
        for status in ["FAILED", "SUCCEEDED"]:
            entries = [entry for entry in outcomes.get(run, []) if entry["Status"] == status]
            if entries:
                key = place["Key"].replace("manifest", f"{status}_0")
                put(key, entries)
                files[status].append({"Key": key, "Size": len(json.dumps(entries))})
        put(place["Key"], {"DestinationBucket": place["Bucket"], "MapRunArn": run, "ResultFiles": files})

    ResourceEvalS3._handle_put_object = staticmethod(write_files)


def keep_outcomes():
    select, work = Worker._eval_input, Worker._eval_job

    def keep_input(self, env_frame):
        select(self, env_frame)
        env_frame.selected = env_frame.states.get_input()

    def keep_outcome(self, env, job):
        work(self, env, job)
        ended = env.program_state()
        outcome = {"Input": json.dumps(env.selected), "Status": "SUCCEEDED", "Output": json.dumps(job.job_output)}
        if isinstance(ended, ProgramError):
            outcome |= {"Status": "FAILED", "Output": None}
            outcome |= {"Error": ended.error.get("error"), "Cause": ended.error.get("cause")}
        outcomes.setdefault(self._map_run_record.map_run_arn, []).append(outcome)

    Worker._eval_input, Worker._eval_job = keep_input, keep_outcome
