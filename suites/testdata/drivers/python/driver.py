"""The skewproof driver of client.py: calls come in on standard input, how they ended goes out on standard output."""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True  # the folder is under version control
from client import ApiError, new_client  # noqa: E402

output = threading.Lock()


def say(message):
    with output:
        print(json.dumps(message), flush=True)


def answer(client, id, method, path, body=None, fields=None, **_):
    try:
        reply = client.call(method, path, body, fields)
        say({"id": id, "status": reply.status, "body": reply.text})
    except ApiError as error:
        say({"id": id, "error": {"kind": error.kind, "message": str(error)}})
    except Exception as error:  # its name only: its text may hold what it choked on, such as a token
        say({"id": id, "error": {"kind": "other", "message": type(error).__name__}})


client, pool = new_client(), ThreadPoolExecutor(64)  # threads are made as they are needed, then kept
say({"skewproof": 1, "client": "python standard library", "concurrent": True})
for line in sys.stdin.buffer:
    request = json.loads(line)
    if "start" in request:
        client = new_client()
        say({"id": request["id"]})
    else:
        pool.submit(answer, client, **request)
os._exit(0)  # at once, whatever calls are under way
