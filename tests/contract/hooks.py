"""What schemathesis cannot know from the OpenAPI document.

Nothing here changes what a wrong request is, and no check is turned off. Ids that exist are made known, and requests that
are right parameter by parameter and contradict themselves as a whole are left out: OpenAPI has no words for that. The
tests in Rust ask those."""

import os

import schemathesis

KNOWN_ID = os.environ["CONTRACT_ID"]
OTHER_ID = os.environ["CONTRACT_OTHER_ID"]
EXAMPLES = {"id": KNOWN_ID, "from": KNOWN_ID, "to": OTHER_ID, "prefix": KNOWN_ID[:1], "version": 1}
# Bytes, where JSON Schema counts characters.
LONGEST = 512


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Examples of a document are of no index in particular: these are of the one that is served."""
    for path in raw_schema["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if "example" in parameter and parameter["name"] in EXAMPLES:
                    parameter["example"] = EXAMPLES[parameter["name"]]


@schemathesis.hook
def filter_case(context, case):
    """Leaves out what is right in every part and wrong as a whole."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return True
    if isinstance(case.body, dict) and holds_whole_floats(case.body):
        return False
    query, path = case.query or {}, case.path_parameters or {}
    if contradicts(context.operation.path, {**path, **query}):
        return False
    texts = [value for value in [*query.values(), *path.values()] if isinstance(value, str)]
    return all(len(text.encode("utf-8", "surrogatepass")) <= LONGEST for text in texts)


def holds_whole_floats(body):
    """JSON Schema takes 5.0 for an integer. The server does not: an id that is written so would be another text."""
    values = [body.get("n"), *(body.get("ids") or []), *(body.get("exclude") or [])]
    return any(isinstance(value, float) for value in values)


def contradicts(path, given):
    if path.startswith("/recommend"):
        exact = given.get("exact") in (True, "true")
        return "ef" in given and (exact or int(given["ef"]) < int(given["n"]))
    if path == "/profiles":
        return ("id" in given) == ("prefix" in given) or ("limit" in given and "prefix" not in given)
    return False
