"""Prints docs/cost.md: what the pipeline costs, from host/infra/prices.toml, from what `make bench` measured
(docs/bench/pipeline.json), and from the template and the workflow. With `--check`: whether the page is that."""
import json
import math
import pathlib
import sys
import tomllib

from template import of_type, render

PRICES = tomllib.loads(pathlib.Path("host/infra/prices.toml").read_text())
MEASURED = json.loads(pathlib.Path("docs/bench/pipeline.json").read_text())
MODES = ["standard", "express", "queue"]
TEMPLATES = {mode: render("host/infra/template.yaml", Mode=mode) for mode in MODES}
PAGE = pathlib.Path("docs/cost.md")
IMAGES = 10_000
BATCH = 10
# docs/pipeline.md: four metrics, and ProcessingTime in each of four size classes.
CUSTOM_METRICS = 8


def price(name, amount=1.0):
    return PRICES[name]["price"] / PRICES[name]["per"] * amount


def memory_gb(function):
    name = f"{function.capitalize()}Function"
    [size, *_] = [functions[name]["MemorySize"] for template in TEMPLATES.values()
                  if name in (functions := of_type(template, "AWS::Lambda::Function"))]
    return int(size) / 1024


def transitions():
    """The number of states that an image passes before the notification, from the workflow's definition."""

    def walk(machine):
        name, count = machine["StartAt"], 0
        while name:
            state = machine["States"][name]
            count += 1 + sum(walk(branch) for branch in state.get("Branches", []))
            name = state.get("Next")
        return count

    return walk(json.loads(pathlib.Path("host/infra/pipeline.asl.json").read_text()))


def duration(name, milliseconds):
    """The cost of one function while it computes."""
    return price("lambda-arm64", milliseconds / 1000 * memory_gb(name))


def flow(mode, times):
    """The cost of moving an image from one step to the next."""
    if mode == "standard":
        return price("states-standard", transitions())
    if mode == "queue":  # the rule sends a message, Lambda's poller takes and deletes batches
        return price("sqs", 1 + 2 / BATCH)
    # The slower branch, then the item; in steps of 100 ms and of 64 MB, one of which is assumed to suffice.
    execution = max(times["compress"], times["thumbnail"]) + times["metadata"]
    return price("states-express-requests") + price("states-express-duration", math.ceil(execution / 100) / 10 / 16)


def rows(photo, mode):
    """Each service's share of the cost of processing one image."""
    used = photo["queue" if mode == "queue" else "workflow"]
    times = used["cpu_ms"]
    calls = lambda name: sum(count for call, count in used["calls"].items() if call.split(" ")[1] == name)
    presign = price("http-api") + price("lambda-requests") + duration("presign", photo["presign_cpu_ms"])
    # Twice: the index projects all attributes.
    writes = 2 * math.ceil(photo["item_bytes"] / 1024)
    return {
        "upload URL: HTTP API and `presign`": presign,
        "EventBridge, one event": price("eventbridge"),
        "S3 requests: the upload, reading, writing": price("s3-put", 1 + calls("s3-put"))
        + price("s3-get", calls("s3-get") + calls("s3-head")),
        "Lambda invocations": price("lambda-requests", 1 / BATCH if mode == "queue" else len(times)),
        "Lambda duration": sum(duration(name, time) for name, time in times.items()),
        "Step Functions or SQS": flow(mode, times),
        "DynamoDB, the item and its index": price("dynamodb-write", writes),
        "SNS, one publication": price("sns"),
        "CloudWatch Logs": price("logs", used["log_bytes"] / 1e9),
    }


def months(photo):
    """The monthly cost of 10,000 stored images."""
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


def once():
    return {
        "to Intelligent-Tiering": price("s3-to-tiering", IMAGES),
        "to Glacier Instant Retrieval": price("s3-to-glacier-instant", IMAGES),
    }


def fixed():
    """The fixed monthly cost."""
    in_each = [of_type(template, "AWS::CloudWatch::Alarm").values() for template in TEMPLATES.values()]
    alarms = max(in_each, key=len)
    # An alarm that divides errors by invocations watches two metrics.
    metrics = sum(sum("MetricStat" in each for each in alarm.get("Metrics", [])) or 1 for alarm in alarms)
    return {
        f"{len(alarms)} alarms on {metrics} metrics, at most": price("alarm", metrics),
        f"{CUSTOM_METRICS} custom metrics": price("metric", CUSTOM_METRICS),
        # Five requests of Lambda's poller, each of which waits for 20 seconds.
        "the queue's poller, which asks whether there are messages": price("sqs", 5 * 3 * 60 * 24 * 30),
        "a KMS key": price("key"),
        "the webhook's secret": price("secret"),
    }


def delivery():
    """The cost of a million requests for images, without CloudFront's transfer. One in twenty is a miss, and one in a
    hundred renders an image at the edge."""
    requests, misses, made = 1_000_000, 50_000, 10_000
    waf = price("waf-acl") + 4 * price("waf-rule") + price("waf-requests", requests)
    return {
        "CloudFront's requests": price("cloudfront-requests", requests),
        "the CloudFront Function": price("cloudfront-functions", requests),
        "key-value reads, where each URL is signed": price("keyvaluestore", 2 * requests),
        "Origin Shield": price("origin-shield", misses),
        "Lambda@Edge: 50,000 that look, 10,000 that make an image in 0.5 s":
            price("lambda-edge-requests", misses + made) + price("lambda-edge-duration", (misses * 0.01 + made * 0.5) * 1769 / 1024),
        "S3's requests": price("s3-get", misses + 2 * made) + price("s3-put", made),
        "CloudFront's metrics, each month: hit rate, origin latency and the like": 8 * price("metric"),
        "the web ACL, each month, unless Waf is false": waf,
    }


def sometimes(photo):
    """The cost of rare events, for 10,000 photos."""
    gb = photo["original_bytes"] * IMAGES / 1e9
    replicated = gb + sum(photo["derived_bytes"].values()) * IMAGES / 1e9
    return {
        "replication within 15 minutes: transfer and Replication Time Control": price("replication-time", replicated)
            + price("transfer-region", replicated) + price("s3-put", 5 * IMAGES),
        "a replay of originals in Glacier Instant Retrieval": price("s3-glacier-instant-retrieval", gb)
            + price("s3-glacier-instant-get", IMAGES),
        "daily backups of the items for 35 days, each month": price("backup", 35 * photo["item_bytes"] * IMAGES / 1e9),
        "KMS, if S3's bucket keys saved nothing": price("kms", 8 * IMAGES),
        "deletions of originals: an invalidation each, of which a thousand a month cost nothing": price("invalidation", IMAGES),
    }


# The customer's table: what, usage, cost, and the same usage at the prices below.
CUSTOMER = [
    ("S3 storage", "70 GB", 1.61, price("s3-storage", 70), ""),
    ("S3 requests", "10,000 PUT, 100,000 GET", 0.55, price("s3-put", 10_000) + price("s3-get", 100_000),
     "six times too much, though an image is five PUTs: the original and four that are derived"),
    ("Lambda invocations", "30,000", 0.60, price("lambda-requests", 30_000), "a hundred times too much"),
    ("Lambda duration", "90,000 GB-seconds", 1.50, price("lambda-x86", 90_000), "the price of x86; arm64 is a fifth less"),
    ("Step Functions", "10,000 state transitions", 0.25, price("states-standard", 10_000),
     f"too little by a factor of {transitions()}: ${price('states-standard', transitions() * IMAGES):.2f}"),
    ("DynamoDB", "10,000 writes, 50,000 reads", 1.25, price("dynamodb-write", 10_000) + price("dynamodb-read", 50_000),
     "a hundred times too much, though an index with all attributes doubles each write"),
    ("CloudFront", "100 GB", 8.50, price("cloudfront", 100), ""),
    ("EventBridge", "10,000 events", 0.10, price("eventbridge", 10_000), "ten times too much"),
    ("SNS", "10,000 notifications", 0.50, price("sns", 10_000), "a hundred times too much; e-mail and SMS cost more"),
    ("CloudWatch Logs", "5 GB", 2.50, price("logs", 5), "half a megabyte an image; measured here are two kilobytes"),
]


def usd(amount):
    """Four digits."""
    return f"{amount:.{max(2, 3 - math.floor(math.log10(amount)))}f}" if amount else "0"


def table(head, lines):
    row = lambda cells: "| " + " | ".join(cells) + " |"
    return "\n".join([row(head), "|---" * len(head) + "|", *map(row, lines)])


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
    sizes = [photo["original_bytes"], *photo["derived_bytes"].values()]
    times = {"presign": photo["presign_cpu_ms"]} | photo["workflow"]["cpu_ms"] | photo["queue"]["cpu_ms"]
    return [
        ["original; compressed; thumbnails", "; ".join(f"{size:,} B" for size in sizes)],
        ["CPU", ", ".join(f"`{function}` {time:g} ms" for function, time in times.items())],
        ["calls by functions, workflow", calls("workflow")],
        ["calls by functions, queue", calls("queue")],
        ["log, workflow; queue", f"{photo['workflow']['log_bytes']:,} B; {photo['queue']['log_bytes']:,} B"],
        ["item", f"{photo['item_bytes']:,} B"],
    ]


def prices():
    names = {"list": "list price, to be checked against AWS's page before use", "customer": "the customer's table"}
    for name, entry in PRICES.items():
        source = ": ".join([names[entry["from"]], *(entry[key] for key in ["how", "note"] if key in entry)])
        dollars = f"{entry['price']:.10f}".rstrip("0").rstrip(".")
        yield [name, dollars, f"{entry['per']:,}", entry["unit"], source, str(entry["date"])]


def customers():
    for what, amount, cost, ours, note in CUSTOMER:
        yield [what, amount, f"{cost:.2f}", usd(ours), note]
    theirs, ours = sum(row[2] for row in CUSTOMER), sum(row[3] for row in CUSTOMER)
    yield ["**total**", "", f"**{theirs:.2f}**", f"**{usd(ours)}**", ""]
    right = ours + price("states-standard", (transitions() - 1) * IMAGES)
    yield ["**total, with the transitions that are billed**", "", "", f"**{usd(right)}**", ""]
    queue = ours - price("states-standard", IMAGES) + flow("queue", {}) * IMAGES
    yield ["**total, with the queue in place of Step Functions**", "", "", f"**{usd(queue)}**", "the default"]


def page():
    large, small = MEASURED["large"], MEASURED["small"]
    return TEXT.format(
        large=f"{large['original_bytes'] / 1e6:.1f}",
        small=f"{small['original_bytes'] / 1e6:.1f}",
        memory=round(memory_gb("compress") * 1024),
        states=transitions(),
        waiting=usd(duration("compress", 100) * IMAGES),
        processing=processing(large),
        processing_small=processing(small),
        months=listed(months(large)),
        once=listed(once()),
        fixed=listed(fixed()),
        delivery=listed(delivery()),
        sometimes=listed(sometimes(large)),
        customer=table(["what", "usage", "customer, USD", "USD", ""], customers()),
        usage=table(["the photo of 20 megapixels", ""], usage("large")),
        usage_small=table(["the smaller photos", ""], usage("small")),
        prices=table(["name", "USD", "for", "unit", "source", "written down"], prices()),
    )


TEXT = """\
# What it costs

`make cost` writes this page: prices from [host/infra/prices.toml](../host/infra/prices.toml), usage from what `make
bench` measured ([bench/pipeline.json](bench/pipeline.json)), the number of states, alarms and megabytes from the template
and the workflow. `make lint` fails where it is not what the script prints. No bill has been seen: nothing has run on AWS.

Durations are the functions' CPU time, measured on x86-64. A Lambda function of {memory} MB on arm64 is another computer,
and waits for the network besides: each 100 ms add {waiting} USD to 10,000 invocations. Left out are free tiers, retries,
cold starts, KMS (bucket keys make its requests few) and taxes.

## Processing an image

The photo of 20 megapixels, {large} MB, is close to the customer's 5 MB:

{processing}

Smaller photos, {small} MB on average:

{processing_small}

A workflow decodes a photo twice, once in each branch; the queue once, and it needs a tenth of an invocation. What a
workflow gives for its price: each step is seen and retried alone.

## Keeping 10,000 images

USD a month, for photos of {large} MB:

{months}

Once, when they move:

{once}

USD a month, whatever happens:

{fixed}

Replication doubles the storage.

## Other costs

USD for a million requests to CloudFront, beside its transfer, which outweighs all of it; outside North America and Europe a
GB costs more, which `PriceClass` chooses:

{delivery}

USD for 10,000 photos, where it happens:

{sometimes}

Left out still: an object that leaves Glacier Instant Retrieval or Intelligent-Tiering early, taxes, support, and what other
regions charge.

## The customer's table

Step Functions bills each state that an execution passes, not each execution. An image passes {states}, in the
customer's workflow as in this one: the parallel state, one in each branch, the metadata, the notification. The table has
one. Its usage, at the prices below:

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
