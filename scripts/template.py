"""Renders a CloudFormation template as a deployment would: conditions decided, functions filled in."""
import re

import yaml

ACCOUNT, REGION = "123456789012", "us-east-1"
NOTHING = object()  # AWS::NoValue

# The values of parameters without defaults.
EXAMPLES = {
    "PublicUrl": "https://img.example.com", "JwtIssuer": "https://id.example.com", "JwtAudience": "photos",
    "AllowedOrigins": "https://app.example.com", "DomainName": "img.example.com", "EdgeCodeSha256": "A" * 43 + "=",
    "KeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/Key",
    "CertificateArn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/00000000-0000-0000-0000-000000000000",
}
# The property whose value `Ref` gives. Other types: the logical name.
NAMES = {"AWS::S3::Bucket": "BucketName", "AWS::DynamoDB::Table": "TableName", "AWS::Lambda::Function": "FunctionName",
         "AWS::Logs::LogGroup": "LogGroupName", "AWS::Backup::BackupVault": "BackupVaultName"}
# Service and resource part of an ARN, with the property that has the name. Other types: the logical name.
ARNS = {
    "AWS::S3::Bucket": ("s3", "{}", "BucketName"), "AWS::SQS::Queue": ("sqs", "{}", "QueueName"),
    "AWS::SNS::Topic": ("sns", "{}", "TopicName"), "AWS::KMS::Key": ("kms", "key/{}", None),
    "AWS::IAM::Role": ("iam", "role/{}", None), "AWS::IAM::ManagedPolicy": ("iam", "policy/{}", None),
    "AWS::Lambda::Function": ("lambda", "function:{}", "FunctionName"),
    "AWS::StepFunctions::StateMachine": ("states", "stateMachine:{}", "StateMachineName"),
    "AWS::Events::Rule": ("events", "rule/{}", "Name"), "AWS::DynamoDB::Table": ("dynamodb", "table/{}", "TableName"),
    "AWS::Logs::LogGroup": ("logs", "log-group:{}:*", "LogGroupName"),
    "AWS::SecretsManager::Secret": ("secretsmanager", "secret:{}", "Name"),
}
REF_IS_ARN = ["AWS::SNS::Topic", "AWS::StepFunctions::StateMachine", "AWS::IAM::ManagedPolicy", "AWS::SecretsManager::Secret"]


class Loader(yaml.SafeLoader):
    """Reads `!Sub x` as `{"Fn::Sub": x}`."""


def long_form(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ["Ref", "Condition"] else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", long_form)


def read(path):
    """The template as written, with functions in their long forms."""
    with open(path) as file:
        return yaml.load(file, Loader)


def render(path, region=REGION, **parameters):
    """The resources, outputs and rules of a deployment with these parameters, defaults for the others."""
    return Rendering(read(path), region, parameters).template()


class Rendering:
    def __init__(self, template, region, parameters):
        self.source, self.conditions = template, {}
        unknown = parameters.keys() - template.get("Parameters", {}).keys()
        assert not unknown, f"parameters {sorted(unknown)}: the template has none of these names"
        self.values = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com", "AWS::Region": region,
                       "AWS::AccountId": ACCOUNT, "AWS::NoValue": NOTHING, "AWS::StackName": "darkroom"}
        for name, parameter in template.get("Parameters", {}).items():
            value = str(parameters.get(name, parameter.get("Default", EXAMPLES.get(name))))
            self.values[name] = value.split(",") if parameter["Type"] == "CommaDelimitedList" else value

    def template(self):
        rendered = {"Rules": self.fill(self.source.get("Rules", {}))}
        for part in ["Resources", "Outputs"]:
            kept = {name: entry for name, entry in self.source.get(part, {}).items()
                    if "Condition" not in entry or self.condition(entry["Condition"])}
            rendered[part] = {name: self.fill({key: value for key, value in entry.items() if key != "Condition"})
                              for name, entry in kept.items()}
        return rendered

    def condition(self, name):
        if name not in self.conditions:
            self.conditions[name] = self.fill(self.source["Conditions"][name])
        return self.conditions[name]

    def fill(self, value):
        """The value without functions."""
        if isinstance(value, list):
            return [item for item in map(self.fill, value) if item is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and re.match(r"Ref$|Condition$|Fn::", name := next(iter(value))):
            return self.function(name.removeprefix("Fn::"), value[name])
        filled = {key: self.fill(item) for key, item in value.items()}
        return {key: item for key, item in filled.items() if item is not NOTHING}

    def function(self, name, argument):
        if name == "If":
            return self.fill(argument[1 if self.condition(argument[0]) else 2])
        if name == "Condition":
            return self.condition(argument)
        if name == "Sub":
            return re.sub(r"\$\{([^!}][^}]*)\}", lambda found: str(self.named(found[1])), argument)
        if name == "Ref":
            return self.named(argument)
        if name == "GetAtt":
            return self.named(".".join(argument))
        argument = self.fill(argument)
        return {
            "Equals": lambda: str(argument[0]) == str(argument[1]), "Not": lambda: not argument[0],
            "And": lambda: all(argument), "Or": lambda: any(argument),
            "Contains": lambda: argument[1] in argument[0],
            "Join": lambda: argument[0].join(argument[1]), "Split": lambda: argument[1].split(argument[0]),
            "Select": lambda: argument[1][int(argument[0])],
        }[name]()

    def named(self, name):
        """The value of `${name}`."""
        logical, _, attribute = name.partition(".")
        if name in self.values:
            return self.values[name]
        resource = self.source["Resources"][logical]
        if attribute == "Arn" or not attribute and resource["Type"] in REF_IS_ARN:
            return self.arn(logical, resource)
        if not attribute and resource["Type"] == "AWS::SQS::Queue" or attribute == "QueueUrl":
            queue = self.fill(resource["Properties"]["QueueName"])
            return f"https://sqs.{self.values['AWS::Region']}.amazonaws.com/{ACCOUNT}/{queue}"
        named_by = {"QueueName": "QueueName"}.get(attribute, NAMES.get(resource["Type"]))
        if named_by and attribute in ["", "QueueName"]:
            return self.fill(resource["Properties"][named_by])
        return f"{logical}.{attribute}".strip(".") if attribute != "FunctionUrl" else f"https://{logical}.lambda-url/"

    def arn(self, logical, resource):
        service, form, named_by = ARNS.get(resource["Type"], (resource["Type"].split("::")[1].lower(), "{}", None))
        name = self.fill(resource["Properties"][named_by]) if named_by else logical
        region = "" if service in ["s3", "iam"] else self.values["AWS::Region"]
        account = "" if service == "s3" else ACCOUNT
        return f"arn:aws:{service}:{region}:{account}:{form.format(name)}"


def of_type(template, kind):
    """The properties of each resource of a type, by its logical name."""
    return {name: resource.get("Properties", {}) for name, resource in template["Resources"].items() if resource["Type"] == kind}


def policies(template, role):
    """Name and document of each policy of a role in the template, except AWS's own."""
    properties = template["Resources"][role]["Properties"]
    managed = of_type(template, "AWS::IAM::ManagedPolicy")
    attached = [arn.rpartition("/")[2] for arn in properties.get("ManagedPolicyArns", [])]
    inline = [(policy["PolicyName"], policy["PolicyDocument"]) for policy in properties.get("Policies", [])]
    return inline + [(name, managed[name]["PolicyDocument"]) for name in attached if name in managed]
