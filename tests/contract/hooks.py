"""What schemathesis cannot know from the OpenAPI document: which ids exist.

Nothing here changes what a wrong request is, no check is turned off, and no request is left out."""

import os

import schemathesis

KNOWN_ID = os.environ["CONTRACT_ID"]
OTHER_ID = os.environ["CONTRACT_OTHER_ID"]
EXAMPLES = {"id": KNOWN_ID, "from": KNOWN_ID, "to": OTHER_ID, "prefix": KNOWN_ID[:1], "version": 1}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Examples of a document are of no index in particular: these are of the one that is served."""
    for path in raw_schema["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if "example" in parameter and parameter["name"] in EXAMPLES:
                    parameter["example"] = EXAMPLES[parameter["name"]]
