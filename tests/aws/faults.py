"""A proxy in front of moto: fails calls, or kills a process after one, on request of a test."""
import collections
import io
import json
import re
import threading

from werkzeug.wrappers import Request, Response

failures, kills, writes = [], [], []
calls = collections.Counter()
lock = threading.Lock()


class Faults:
    """A WSGI application around another one, and the tests' side doors at `/_cloud/`."""

    def __init__(self, app, doors, kill):
        self.app, self.doors, self.kill = app, doors, kill
        doors["fail"] = failures.append
        doors["kill"] = kills.append
        doors["calls"] = lambda asked: calls
        doors["writes"] = lambda asked: [write for write in writes if asked["match"] in write]

    def __call__(self, environ, start_response):
        request = Request(environ)
        if request.path.startswith("/_cloud/"):
            asked = json.loads(request.get_data(parse_form_data=False) or b"{}") if request.method == "POST" else {}
            answer = self.doors[request.path.removeprefix("/_cloud/")](asked)
            return Response(json.dumps(answer), mimetype="application/json")(environ, start_response)
        calls[caller_and_call(environ)] += 1
        call, text = describe(environ)
        failure = take(failures, call, text)
        if failure:
            return Response(failure["body"], status=failure["status"])(environ, start_response)
        answer = self.app(environ, start_response)
        if call and call != "read":
            writes.append(f"{call} {text}")
        kill = take(kills, call, text)
        if kill:
            # Each process gives its own name as the SDK's application id.
            self.kill(re.search(r"app/([a-z]+-[0-9]+)", environ["HTTP_USER_AGENT"])[1], kill["user"])
        return answer


def take(asked, call, text):
    """The first unused entry for this call."""
    with lock:
        for entry in asked:
            about = entry["call"] == call and all(word in text for word in entry["match"])
            if about and entry["times"] > 0:
                entry["times"] -= 1
                # Let `after` calls pass before the first that fails.
                if entry.get("after", 0) > 0:
                    entry["after"] -= 1
                    entry["times"] += 1
                    continue
                return entry
    return None


def describe(environ):
    """Which of the pipeline's calls it is, three of which are writes, and a text that names whose image it is about."""
    target, kind = environ.get("HTTP_X_AMZ_TARGET", ""), environ.get("CONTENT_TYPE", "")
    if target.endswith(".PutItem"):
        return "record", body(environ)
    path = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] == "PUT" and path.startswith(("/processed-images/", "/thumbnails/")):
        return "object", path
    if environ["REQUEST_METHOD"] == "GET" and path.startswith("/raw-"):
        return "read", path
    if "x-www-form-urlencoded" in kind and "Action=Publish" in (text := body(environ)):
        return "message", text
    return None, ""


def caller_and_call(environ):
    """Which function calls what, by the names that bills have, for instance `compress s3-get`."""
    own = re.search(r"app/([a-z]+)-[0-9]+", environ.get("HTTP_USER_AGENT", ""))
    service, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
    if operation:
        call = f"{service.split('_')[0]}-{operation}"
    elif "x-www-form-urlencoded" in environ.get("CONTENT_TYPE", ""):
        call = "sns"
    else:
        call = f"s3-{environ['REQUEST_METHOD']}"
    return f"{own[1] if own else 'others'} {call.lower()}"


def body(environ):
    """Read, and restored for the code that responds."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    data = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(data)
    return data.decode("utf-8", "replace")
