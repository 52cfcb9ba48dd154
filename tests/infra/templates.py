"""The rendered templates in each mode and with each option: checks beyond those of the linters."""
import itertools
import json
import re
import unittest

from evaluator import ROOT, templates

TEMPLATES = ["template", "replica", "delivery"]
# CloudFormation Template Reference, "Rule functions", "Supported functions".
RULE_FUNCTIONS = {"Fn::And", "Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::Equals", "Fn::Not", "Fn::Or",
                  "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll", "Ref"}


def read(name):
    return templates.read(ROOT / f"host/infra/{name}.yaml")


def render(name, **parameters):
    return templates.render(ROOT / f"host/infra/{name}.yaml", **parameters)


def functions(value):
    """The names of all functions in a part of a template."""
    if isinstance(value, list):
        return set().union(*map(functions, value))
    if isinstance(value, dict):
        own = {name for name in value if name == "Ref" or name.startswith("Fn::")}
        return own.union(*map(functions, value.values()))
    return set()


def broken_rules(name, **parameters):
    rules = render(name, **parameters)["Rules"]
    applied = {name: rule for name, rule in rules.items() if rule.get("RuleCondition", True)}
    return [name for name, rule in applied.items() if not all(entry["Assert"] for entry in rule["Assertions"])]


class Rules(unittest.TestCase):
    def test_only_functions_that_rules_know(self):
        for name in TEMPLATES:
            self.assertLessEqual(functions(read(name).get("Rules", {})), RULE_FUNCTIONS, name)
        first = {"Fn::Not": [{"Fn::Equals": [{"Fn::Select": [0, {"Ref": "DeliveryRoleArns"}]}, ""]}]}
        self.assertEqual(functions(first) - RULE_FUNCTIONS, {"Fn::Select"})

    def test_what_belongs_together_is_given_together(self):
        distribution, role = "arn:aws:cloudfront::123456789012:distribution/E1", "arn:aws:iam::123456789012:role/r"
        for parameters, broken in [
            ({}, []),
            ({"DistributionArn": distribution}, ["DistributionNeedsItsRoles"]),
            ({"DistributionArn": distribution, "DeliveryRoleArns": role}, []),
            ({"ReplicaRegion": "us-west-2"}, ["ReplicaNeedsItsKey"]),
            ({"ReplicaRegion": "us-west-2", "ReplicaKeyId": "0" * 36}, []),
        ]:
            self.assertEqual(broken_rules("template", **parameters), broken, parameters)
        self.assertEqual(broken_rules("delivery", region="eu-west-1"), ["Region"])


MODES = ["queue", "standard", "express"]
DELIVERED = {"DistributionArn": "arn:aws:cloudfront::123456789012:distribution/E1",
             "DeliveryRoleArns": "arn:aws:iam::123456789012:role/a,arn:aws:iam::123456789012:role/b"}
REPLICATED = {"ReplicaRegion": "us-west-2", "ReplicaKeyId": "0" * 36}
# Every option of the pipeline's stack in every mode.
DEPLOYMENTS = [{"Mode": mode} | options for mode in MODES for options in [{}, DELIVERED, REPLICATED, {"OpsEmail": "a@b", "TableSuffix": "-restored"}]]
# Types that hold data or secrets, with the property that names it; a key has only an id.
KEPT = {"AWS::S3::Bucket": "BucketName", "AWS::DynamoDB::Table": "TableName", "AWS::Backup::BackupVault": "BackupVaultName",
        "AWS::SecretsManager::Secret": "Name", "AWS::KMS::Key": None, "AWS::CloudFront::KeyValueStore": "Name"}
# Properties whose change makes another resource: CloudFormation Template Reference, "Update requires: Replacement".
REPLACING = {"AWS::StepFunctions::StateMachine": ["StateMachineType"], "AWS::SQS::Queue": ["FifoQueue"],
             "AWS::DynamoDB::Table": ["KeySchema"], "AWS::Lambda::Function": ["PackageType"], "AWS::SNS::Topic": ["FifoTopic"]}
NAMED_BY = {"AWS::StepFunctions::StateMachine": "StateMachineName", "AWS::SQS::Queue": "QueueName", "AWS::SNS::Topic": "TopicName",
            "AWS::DynamoDB::Table": "TableName", "AWS::Lambda::Function": "FunctionName"}


def named(value, known):
    """The resources that a part of a template refers to."""
    if isinstance(value, list):
        return set().union(*(named(item, known) for item in value))
    if not isinstance(value, dict):
        return set()
    [(name, argument), *_] = [*value.items(), (None, None)]
    if name == "Ref":
        return {argument} & known
    if name == "Fn::GetAtt":
        return {argument[0]}
    if name == "Fn::Sub":
        return {found.split(".")[0] for found in re.findall(r"\$\{([^}]+)\}", argument)} & known
    return set().union(*(named(item, known) for item in value.values()))


def waits_for(resources, name):
    """The resources that must exist before this one is created."""
    before, waiting = set(), [name]
    while waiting:
        resource = resources[waiting.pop()]
        own = resource.get("DependsOn", [])
        found = named(resource, resources.keys()) | set([own] if isinstance(own, str) else own)
        waiting += found - before
        before |= found
    return before - {name}


class Creation(unittest.TestCase):
    """A failed creation can be repeated, and a deleted stack can be created again."""

    def test_what_a_failed_creation_made_goes_with_it(self):
        for name in TEMPLATES:
            for logical, resource in read(name)["Resources"].items():
                with self.subTest(template=name, resource=logical):
                    policies = resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")
                    if resource["Type"] in KEPT:
                        self.assertEqual(policies, ("RetainExceptOnCreate", "Retain"))
                    else:
                        self.assertIn(policies, [(None, None), ("RetainExceptOnCreate", "Retain")])

    def test_what_is_kept_has_a_name_to_be_imported_by(self):
        for name in TEMPLATES:
            for resource in render(name)["Resources"].values():
                named_by = KEPT.get(resource["Type"])
                self.assertTrue(named_by is None or resource["Properties"][named_by])

    def test_nothing_that_can_fail_comes_after_what_can_not_be_deleted(self):
        resources = read("template")["Resources"]
        protected = [name for name, resource in resources.items() if resource["Properties"].get("DeletionProtectionEnabled")]
        self.assertEqual(protected, ["Table"])
        self.assertEqual(resources.keys() - waits_for(resources, "Table"), {"Table", "BackupSelection"})


class Changes(unittest.TestCase):
    def test_each_deployment_renders(self):
        for parameters in DEPLOYMENTS:
            self.assertEqual(broken_rules("template", **parameters), [], parameters)
            text = json.dumps(render("template", **parameters))
            self.assertNotIn("Fn::", text)
            self.assertNotIn("${", text.replace("${Compress", ""))

    def test_a_change_of_mode_replaces_nothing_under_its_own_name(self):
        """CloudFormation cannot update a stack when a custom-named resource requires replacing."""
        for one, other in itertools.permutations(MODES, 2):
            before, after = (render("template", Mode=mode)["Resources"] for mode in [one, other])
            for logical in before.keys() & after.keys():
                kind = before[logical]["Type"]
                old, new = before[logical].get("Properties", {}), after[logical].get("Properties", {})
                replaced = any(old.get(name) != new.get(name) for name in REPLACING.get(kind, []))
                if replaced:
                    self.assertNotEqual(old[NAMED_BY[kind]], new[NAMED_BY[kind]], f"{logical}: {one} to {other}")

    def test_a_change_of_mode_deletes_nothing_that_still_has_work(self):
        resources = {mode: render("template", Mode=mode)["Resources"] for mode in MODES}
        for mode in MODES:
            self.assertEqual(resources[mode].keys(), resources["queue"].keys())
            self.assertEqual(resources[mode]["ProcessMapping"]["Properties"]["EventSourceArn"], arn("sqs", "darkroom-uploads"))


class CacheTags(unittest.TestCase):
    """CloudFront Developer Guide, "Invalidating content by cache tags"."""

    FIELD = "x-amz-meta-cache-tag"

    def test_the_distribution_reads_the_field_that_its_origins_send_and_nobody_else_sees_it(self):
        resources = render("delivery")["Resources"]
        config = resources["Distribution"]["Properties"]["DistributionConfig"]
        self.assertEqual(config["CacheTagConfig"], {"HeaderName": self.FIELD})
        for source in ["host/lambda/src/deliver.rs", "edge/cloudfront/lambda/handler.mjs"]:
            self.assertIn(self.FIELD, (ROOT / source).read_text())
        removed = resources["ResponseHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]["RemoveHeadersConfig"]["Items"]
        self.assertIn({"Header": self.FIELD}, removed)

    def test_uploads_end_by_their_age_only_where_that_is_wanted(self):
        for parameters, days in [({}, []), ({"DeleteAfterDays": "30"}, ["30"])]:
            rules = render("template", **parameters)["Resources"]["RawBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
            self.assertEqual([str(rule["ExpirationInDays"]) for rule in rules if rule.get("Prefix") == "uploads/" and "ExpirationInDays" in rule], days)
        # What ends so is told of as any other deletion is: the pattern asks for no reason.
        pattern = render("template")["Resources"]["DeletionRule"]["Properties"]["EventPattern"]
        self.assertEqual(set(pattern["detail"]), {"bucket", "object"})

    def test_purge_knows_the_distribution(self):
        for parameters, distribution in [({}, ""), (DELIVERED, "E1")]:
            purge = render("template", **parameters)["Resources"]["PurgeFunction"]["Properties"]
            self.assertEqual(purge["Environment"]["Variables"]["DARKROOM_DISTRIBUTION"], distribution)


class Strangers(unittest.TestCase):
    """What somebody without a signature may have made, kept and told is bounded by what a deployment is by default."""

    def setUp(self):
        self.resources = render("delivery")["Resources"]

    def test_the_defaults_bound_the_bill(self):
        self.assertIn("WebACLId", self.resources["Distribution"]["Properties"]["DistributionConfig"])
        rules = self.resources["WebAcl"]["Properties"]["Rules"]
        limits = {rule["Name"]: rule["Statement"]["RateBasedStatement"] for rule in rules if "RateBasedStatement" in rule["Statement"]}
        self.assertEqual({name: limit["Limit"] for name, limit in limits.items()}, {"rate": 10000, "unlisted": 1000})
        self.assertGreater(int(self.resources["DeliverFunction"]["Properties"]["ReservedConcurrentExecutions"]), 0)

    def test_what_may_be_stored_is_not_counted_as_unlisted(self):
        rule = next(rule for rule in self.resources["WebAcl"]["Properties"]["Rules"] if rule["Name"] == "unlisted")
        listed, signed = rule["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["NotStatement"]["Statement"]["OrStatement"]["Statements"]
        pattern = re.compile(listed["RegexMatchStatement"]["RegexString"])
        self.assertLessEqual(len(pattern.pattern), 200)
        source = (ROOT / "edge/delivery/src/url/widths.rs").read_text()
        widths = re.findall(r"\d+", source.split("Self(vec![")[1].split("]")[0])
        self.assertEqual(re.search(r"\((16\|[0-9|]+)\|auto\)", pattern.pattern)[1].split("|"), widths)
        for path, expected in [
            ("/image/width=640/a.jpg", True), ("/cdn-cgi/image/w=640,f=auto/u/a.jpg", True), ("/image/preset=small/a", True),
            ("/image/width=641/a.jpg", False), ("/image/w=16000/a.jpg", False), ("/image/width=640,height=9/a.jpg", False), ("/image/background=0a0b0c0d/a.jpg", False),
            ("/image/width=640,blur=1/width=640/a.jpg", False), ("/image/a.jpg", False), ("/image/%77=9/a.jpg", False),
        ]:
            self.assertEqual(bool(pattern.search(path)), expected, path)
        self.assertEqual(signed["ByteMatchStatement"]["SearchString"], "sig=")

    def test_what_was_deleted_ends(self):
        policy = self.resources["CachePolicy"]["Properties"]["CachePolicyConfig"]
        self.assertLessEqual(int(policy["MaxTTL"]), 30 * 86400)

    def test_no_log_holds_a_url(self):
        fields = set(self.resources["LogDelivery"]["Properties"]["RecordFields"])
        self.assertFalse(fields & {"cs-uri-stem", "cs-uri-query", "c-ip", "cs(Referer)", "cs(Cookie)", "x-forwarded-for", "origin-fbl"})


class Settings(unittest.TestCase):
    """Parameters reach the programs under the names that these read."""

    def test_every_variable_of_a_function_is_one_that_its_program_reads(self):
        read_by_programs = set(re.findall(r'"(DARKROOM_[A-Z_]+)"', "".join(
            path.read_text() for folder in ["host/src", "host/lambda/src"] for path in (ROOT / folder).rglob("*.rs"))))
        for name in ["template", "delivery"]:
            for logical, function in templates.of_type(render(name), "AWS::Lambda::Function").items():
                variables = function.get("Environment", {}).get("Variables", {})
                self.assertLessEqual({it for it in variables if it.startswith("DARKROOM_")}, read_by_programs, logical)

    def test_what_is_to_become_of_damaged_uploads_is_told_to_all_that_render(self):
        for given, told in [({}, "show"), ({"OnDamage": "refuse"}, "refuse")]:
            functions = templates.of_type(render("template", **given), "AWS::Lambda::Function")
            variables = {logical: it.get("Environment", {}).get("Variables", {}) for logical, it in functions.items()}
            rendering = {logical for logical, it in variables.items() if "DARKROOM_FORMATS" in it}
            self.assertEqual(rendering, {"CompressFunction", "ThumbnailFunction", "ProcessFunction"})
            for logical in rendering:
                self.assertEqual(variables[logical]["DARKROOM_ON_DAMAGE"], told, logical)
        # The words are the option's own.
        words = re.search(r"impl Word for OnDamage \{(.*?)\n\}", (ROOT / "processor/recipe/src/value.rs").read_text(), re.S)[1]
        self.assertEqual(read("template")["Parameters"]["OnDamage"]["AllowedValues"], re.findall(r'"([a-z-]+)"', words))


class FailOver(unittest.TestCase):
    def test_delivery_is_all_in_the_buckets_region(self):
        for region in ["us-east-1", "us-west-2"]:
            resources = render("delivery", BucketRegion=region)["Resources"]
            origins = {origin["Id"]: origin["DomainName"] for origin in resources["Distribution"]["Properties"]["DistributionConfig"]["Origins"]}
            variables = resources["DeliverFunction"]["Properties"]["Environment"]["Variables"]
            for bucket in ["processed", "thumbnails"]:
                name = f"darkroom-{bucket}-123456789012-{region}"
                self.assertEqual(origins[bucket], f"{name}.s3.{region}.amazonaws.com")
                self.assertEqual(variables[f"DARKROOM_{bucket.upper()}_BUCKET"], name)
            self.assertEqual(variables["DARKROOM_BUCKET_REGION"], region)


class Retries(unittest.TestCase):
    def test_a_message_stays_hidden_for_longer_than_its_function_works(self):
        """Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping": six times the timeout."""
        resources = render("template")["Resources"]
        timeout = resources["ProcessFunction"]["Properties"]["Timeout"]
        self.assertGreaterEqual(resources["Uploads"]["Properties"]["VisibilityTimeout"], 6 * timeout)
        receives = resources["Uploads"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]
        self.assertEqual(resources["ProcessFunction"]["Properties"]["Environment"]["Variables"]["DARKROOM_MAX_RECEIVES"], receives)

    def test_a_task_waits_as_long_as_its_function_works(self):
        resources, states = render("template")["Resources"], dict(tasks(workflow()))
        for name, function in [("Compress Image", "Compress"), ("Generate Thumbnails", "Thumbnail"), ("Update Metadata", "Metadata"),
                               ("Record Failure", "Metadata")]:
            self.assertEqual(states[name]["TimeoutSeconds"], resources[f"{function}Function"]["Properties"]["Timeout"], name)

    def test_an_express_execution_ends_by_itself(self):
        """Step Functions cuts it after five minutes, and nothing is caught."""
        self.assertLess(workflow()["TimeoutSeconds"], 300)
        throttled = [entry for _, state in tasks(workflow()) for entry in state["Retry"] if "Lambda.TooManyRequestsException" in entry["ErrorEquals"]]
        self.assertEqual(len(throttled), 4)
        for entry in throttled:
            waits = [min(entry["IntervalSeconds"] * entry["BackoffRate"] ** n, entry["MaxDelaySeconds"]) for n in range(entry["MaxAttempts"])]
            # One task, the item and its failure, one after the other.
            self.assertLess(3 * sum(waits) + 60, workflow()["TimeoutSeconds"])

    def test_every_way_out_of_the_workflow_keeps_the_upload(self):
        """An upload that is neither recorded nor announced ends in a queue."""
        states = workflow()["States"]
        for name in ["Process Image", "Update Metadata", "Send Notification", "Queue Upload", "Record Failure", "Notify Failure"]:
            caught = [entry["Next"] for entry in states[name]["Catch"] if "States.ALL" in entry["ErrorEquals"]]
            self.assertIn(caught, [["Record Failure"], ["Keep Upload"]], name)
        self.assertEqual(states["Keep Upload"]["Next"], "Processing Failed")


class Alarms(unittest.TestCase):
    """One for each way of losing an image."""

    def test_each_has_one(self):
        for mode in MODES:
            resources = render("template", Mode=mode)["Resources"]
            watched = {metric for alarm in templates.of_type({"Resources": resources}, "AWS::CloudWatch::Alarm").values() for metric in metrics(alarm)}
            machine = arn("states", f"stateMachine:darkroom-pipeline-{mode}")
            for name in ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled"]:
                self.assertIn(("AWS/States", name, machine), watched)
            for queue in ["uploads-dead-letters", "events-dead-letters"]:
                for name in ["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"]:
                    self.assertIn(("AWS/SQS", name, f"darkroom-{queue}"), watched)
            self.assertIn(("AWS/SQS", "ApproximateAgeOfOldestMessage", "darkroom-uploads"), watched)
            for function in ["presign", "compress", "thumbnail", "metadata", "process", "purge"]:
                self.assertIn(("AWS/Lambda", "Errors", f"darkroom-{function}"), watched)
            for function in ["presign", "purge"]:
                self.assertIn(("AWS/Lambda", "Throttles", f"darkroom-{function}"), watched)

    def test_each_tells_somebody(self):
        for name in ["template", "delivery"]:
            template = render(name, **({"OpsTopicArn": arn("sns", "darkroom-ops")} if name == "delivery" else {}))
            for logical, alarm in templates.of_type(template, "AWS::CloudWatch::Alarm").items():
                self.assertEqual(alarm["AlarmActions"], [arn("sns", "darkroom-ops")], logical)


def metrics(alarm):
    """Namespace, name, and the value of the first dimension of each metric that an alarm watches."""
    parts = [entry["MetricStat"]["Metric"] for entry in alarm.get("Metrics", []) if "MetricStat" in entry] or [alarm]
    return [(part["Namespace"], part["MetricName"], part["Dimensions"][0]["Value"]) for part in parts]


def workflow():
    return json.loads((ROOT / "host/infra/pipeline.asl.json").read_text())


def tasks(machine):
    for name, state in machine["States"].items():
        if state["Type"] == "Task" and "Function" in state["Resource"]:
            yield name, state
        for branch in state.get("Branches", []):
            yield from tasks(branch)


def arn(service, name):
    return f"arn:aws:{service}:us-east-1:123456789012:{name}"


if __name__ == "__main__":
    unittest.main()
