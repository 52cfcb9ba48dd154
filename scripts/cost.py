"""Prints docs/cost.md: what the pipeline costs, from host/infra/prices.toml, from what `make bench` measured
(docs/bench/pipeline.json), and from the template and the workflow themselves. With `--check`: whether the page is that."""
import json
import math
import pathlib
import sys
import tomllib

from template import read

PRICES = tomllib.loads(pathlib.Path("host/infra/prices.toml").read_text())
MEASURED = json.loads(pathlib.Path("docs/bench/pipeline.json").read_text())
TEMPLATE = read("host/infra/template.yaml")
PAGE = pathlib.Path("docs/cost.md")
MODES = ["standard", "express", "queue"]
IMAGES = 10_000
BATCH = 10
# docs/pipeline.md: four metrics, and ProcessingTime in each of four size classes.
CUSTOM_METRICS = 8


def price(name, amount=1.0):
    return PRICES[name]["price"] / PRICES[name]["per"] * amount


def memory_gb(function):
    size = TEMPLATE["Resources"][f"{function.capitalize()}Function"]["Properties"]["MemorySize"]
    return (TEMPLATE["Parameters"][size]["Default"] if size in TEMPLATE["Parameters"] else int(size)) / 1024


def transitions():
    """States that an image passes on its way to the notification, from the workflow's definition."""

    def walk(machine):
        name, count = machine["StartAt"], 0
        while name:
            state = machine["States"][name]
            count += 1 + sum(walk(branch) for branch in state.get("Branches", []))
            name = state.get("Next")
        return count

    return walk(json.loads(pathlib.Path("host/infra/pipeline.asl.json").read_text()))


def duration(used, functions):
    """Lambda bills each started millisecond; a batch's is shared by its images."""
    return sum(price("lambda-arm64", used["ms"][name] / 1000 * memory_gb(name)) for name in functions)


def rows(photo, mode):
    """Each service's part in the processing of one image."""
    used = photo["queue" if mode == "queue" else "workflow"]
    functions = ["process"] if mode == "queue" else ["compress", "thumbnail", "metadata"]
    invocations = 1 / BATCH if mode == "queue" else len(functions)
    calls = lambda name: sum(count for call, count in used["calls"].items() if call.split(" ")[1] == name)
    presign = price("http-api") + price("lambda-requests")
    presign += price("lambda-arm64", photo["presign_ms"] / 1000 * memory_gb("presign"))
    flow = {
        "standard": price("states-standard", transitions()),
        # Billed in steps of 100 ms and of 64 MB, of which one is taken to be enough.
        "express": price("states-express-requests")
        + price("states-express-duration", math.ceil(photo["execution_ms"] / 100) / 10 * 64 / 1024),
        # The rule sends it, Lambda's poller takes and deletes batches.
        "queue": price("sqs", 1 + 2 / BATCH),
    }[mode]
    # Twice: the index has all attributes.
    writes = 2 * math.ceil(photo["item_bytes"] / 1024)
    return {
        "upload URL: HTTP API and `presign`": presign,
        "EventBridge, one event": price("eventbridge"),
        "S3 requests: the upload, reading, writing": price("s3-put", 1 + calls("s3-put"))
        + price("s3-get", calls("s3-get") + calls("s3-head")),
        "Lambda invocations": price("lambda-requests", invocations),
        "Lambda duration": duration(used, functions),
        "Step Functions or SQS": flow,
        "DynamoDB, the item and its index": price("dynamodb-write", writes),
        "SNS, one publication": price("sns"),
        "CloudWatch Logs": price("logs", used["log_bytes"] / 1e9),
    }


def months(photo):
    """Each month for 10,000 images that are kept."""
    gb = lambda size: size * IMAGES / 1e9
    derived = photo["derived_bytes"]
    return {
        "originals, first 90 days": price("s3-storage", gb(photo["original_bytes"])),
        "originals, later, in Glacier Instant Retrieval": price("s3-glacier-instant", gb(photo["original_bytes"])),
        "compressed images and thumbnails, all in S3's dearest class": price("s3-storage", gb(sum(derived.values()))),
        "Intelligent-Tiering's monitoring": price("s3-tiering-monitoring", IMAGES),
        "items, with index and point-in-time recovery": price("dynamodb-storage", gb(2 * photo["item_bytes"]))
        + price("dynamodb-point-in-time", gb(2 * photo["item_bytes"])),
    }


def once(photo):
    return {
        "to Intelligent-Tiering": price("s3-to-tiering", IMAGES),
        "to Glacier Instant Retrieval": price("s3-to-glacier-instant", IMAGES),
    }


def fixed():
    """Each month, whatever happens."""
    resources = TEMPLATE["Resources"].values()
    alarms = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::CloudWatch::Alarm"]
    metrics = sum(sum("MetricStat" in metric for metric in alarm["Metrics"]) if "Metrics" in alarm else 1 for alarm in alarms)
    return {
        f"{len(alarms)} alarms on {metrics} metrics": price("alarm", metrics),
        f"{CUSTOM_METRICS} custom metrics": price("metric", CUSTOM_METRICS),
        "a KMS key": price("key"),
        "the webhook's secret": price("secret"),
    }


# The customer's table: what, usage, cost, and the same usage at the prices below.
CUSTOMER = [
    ("S3 storage", "70 GB", 1.61, price("s3-storage", 70), ""),
    ("S3 requests", "10,000 PUT, 100,000 GET", 0.55, price("s3-put", 10_000) + price("s3-get", 100_000),
     "and an image is five PUTs: the original and four that are derived"),
    ("Lambda invocations", "30,000", 0.60, price("lambda-requests", 30_000), "a hundred times too much"),
    ("Lambda duration", "90,000 GB-seconds", 1.50, price("lambda-x86", 90_000), "at the price of x86; arm64 is 20% less"),
    ("Step Functions", "10,000 state transitions", 0.25, price("states-standard", 10_000),
     f"an image passes {transitions()} states, so that 10,000 images are {transitions() * IMAGES:,} transitions: "
     f"${price('states-standard', transitions() * IMAGES):.2f}"),
    ("DynamoDB", "10,000 writes, 50,000 reads", 1.25, price("dynamodb-write", 10_000) + price("dynamodb-read", 50_000),
     "and an index with all attributes doubles each write"),
    ("CloudFront", "100 GB", 8.50, price("cloudfront", 100), ""),
    ("EventBridge", "10,000 events", 0.10, price("eventbridge", 10_000), "ten times too much"),
    ("SNS", "10,000 notifications", 0.50, price("sns", 10_000), "a hundred times too much; what e-mail or SMS costs is beside it"),
    ("CloudWatch Logs", "5 GB", 2.50, price("logs", 5), "half a megabyte for each image; measured here are a few kilobytes"),
]


def usd(amount):
    """Four digits."""
    return f"{amount:.{max(2, 3 - math.floor(math.log10(amount)))}f}" if amount else "0"


def table(head, lines):
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|"] + ["| " + " | ".join(line) + " |" for line in lines])


def processing(photo):
    each = {mode: rows(photo, mode) for mode in MODES}
    lines = [[name, *(usd(each[mode][name] * IMAGES) for mode in MODES)] for name in each["standard"]]
    totals = {mode: sum(each[mode].values()) for mode in MODES}
    lines.append(["**10,000 images**", *(f"**{usd(totals[mode] * IMAGES)}**" for mode in MODES)])
    lines.append(["**one image**", *(f"**{usd(totals[mode])}**" for mode in MODES)])
    return table(["USD for 10,000 images", "Standard workflow", "Express workflow", "SQS queue"], lines)


def listed(costs):
    return table(["", "USD"], [[name, usd(cost)] for name, cost in costs.items()])


def usage(name):
    photo = MEASURED[name]
    calls = lambda way: ", ".join(f"{call.replace(' ', ': ')} {count:g}" for call, count in photo[way]["calls"].items())
    times = photo["workflow"]["ms"] | photo["queue"]["ms"]
    return [
        ["original; compressed; thumbnails", "; ".join(f"{size:,} B" for size in [photo["original_bytes"], *photo["derived_bytes"].values()])],
        ["time of each function", ", ".join(f"`{function}` {ms:g} ms" for function, ms in times.items()) + f", `presign` {photo['presign_ms']:g} ms"],
        ["the workflow, from the upload to the message", f"{photo['execution_ms']:,} ms"],
        ["calls by functions, workflow", calls("workflow")],
        ["calls by functions, queue", calls("queue")],
        ["log, workflow; queue", f"{photo['workflow']['log_bytes']:,} B; {photo['queue']['log_bytes']:,} B"],
        ["item", f"{photo['item_bytes']:,} B"],
    ]


def page():
    large, small = MEASURED["large"], MEASURED["small"]
    names = {"list": "list price, to be checked against AWS's page before use", "customer": "the customer's table"}
    prices = [[name, f"${entry['price']:g}".replace("e-05", " × 10⁻⁵"), f"{entry['per']:,}", entry["unit"],
               names[entry["from"]] + "".join(f": {entry[key]}" for key in ["how", "note"] if key in entry), str(entry["date"])]
              for name, entry in PRICES.items()]
    customer = [[what, amount, f"{cost:.2f}", usd(ours), note] for what, amount, cost, ours, note in CUSTOMER]
    customer.append(["**total**", "", f"**{sum(row[2] for row in CUSTOMER):.2f}**", f"**{usd(sum(row[3] for row in CUSTOMER))}**", ""])
    return TEXT.format(
        large=f"{large['original_bytes'] / 1e6:.1f}", small=f"{small['original_bytes'] / 1e6:.1f}",
        processing=processing(large), processing_small=processing(small), months=listed(months(large)),
        once=listed(once(large)), fixed=listed(fixed()), customer=table(["what", "usage", "customer, USD", "USD", ""], customer),
        usage=table(["the photo of 20 megapixels", ""], usage("large")), usage_small=table(["the smaller photos", ""], usage("small")),
        memory=round(memory_gb("compress") * 1024), prices=table(["name", "USD", "for", "unit", "source", "written down"], prices),
    )


TEXT = """\
# What it costs

`make cost` writes this page: prices from [host/infra/prices.toml](../host/infra/prices.toml), usage from what `make bench`
measured ([bench/pipeline.json](bench/pipeline.json)), and the number of states, alarms and megabytes from the template and the
workflow. `make lint` fails where it is not what the script prints. No bill has been seen: nothing here has run on AWS.

Times were measured on x86-64, beside servers that stand in for AWS on the same machine; a Lambda function of {memory} MB on
arm64 is another computer, and its network another network. Without AWS's free tiers, retries, cold starts and taxes.

## Processing an image

The photo of 20 megapixels, {large} MB, is close to the customer's 5 MB:

{processing}

Smaller photos, {small} MB on average:

{processing_small}

A workflow decodes a photo twice, once in each branch; the queue once, and pays for a tenth of an invocation. What a workflow
gives for its price: each step is seen, retried and redriven alone.

## Keeping 10,000 images

USD a month, for photos of {large} MB:

{months}

Once, when they move:

{once}

USD a month, whatever happens:

{fixed}

Replication doubles the storage and adds its transfer; AWS Backup adds a copy of the table. Delivery is the edge's: with
CloudFront its transfer outweighs the rest, as in the customer's table.

## The customer's table

Its usage, at the prices below:

{customer}

## What one image uses

Means over ten uploads of each photo, by `make bench`:

{usage}

{usage_small}

## Prices

us-east-1.

{prices}
"""


if sys.argv[1:] == ["--check"]:
    if PAGE.read_text() != page():
        sys.exit(f"{PAGE} is not what scripts/cost.py prints: run make cost")
else:
    print(page(), end="")
