"""What the programs of this folder have in common: the questions, and how answers are written down.

Each program asks every operation of the OpenAPI document with a client that was generated from it, and writes one JSON
object: answers by name. A name is the operation's, or that and a word behind a blank where an operation is asked twice.
`check.py` asks the same with curl."""

import base64
import json
import os
import sys

ADDRESS = os.environ["KINDRED_ADDRESS"]
KEY = os.environ["KINDRED_KEY"]
ID = os.environ["KINDRED_ID"]
OTHER = os.environ["KINDRED_OTHER"]
VECTOR = json.loads(os.environ["KINDRED_VECTOR"])
PROFILE = {"interests": ["salsa", "ballet"], "age": 30, "city": None}


def in_base64(content):
    return base64.b64encode(bytes(content)).decode()


def write(answers):
    json.dump(answers, sys.stdout)
