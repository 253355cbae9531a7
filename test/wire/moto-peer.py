"""A moto server on a free loopback port, and boto3 to look at it: the independent client of the wire tests.

The first line on standard output is {"url": ...}. Then each line on standard input is a call
{"id", "endpoint", "service", "region", "operation", "arguments"}, answered by one line {"id", "answer"} or {"id", "error", "message"}.
Ends with its standard input, so that nothing is left behind when the tests are killed.
"""

import json
import logging
import sys

import boto3
import moto.backends
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.moto_server.werkzeug_app import MotoRequestHandler
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)

# A hundred services ask for hundreds of answers at once, from one process that does one thing at a time. Neither changes
# what it answers: connections stay open instead of taking a thread each, and its list of modules, which it reads off the
# disk for every request (175 times stat), is read once.
MotoRequestHandler.protocol_version = "HTTP/1.1"
modules = list(moto.backends.list_of_moto_modules())
moto.backends.list_of_moto_modules = lambda: modules


def main() -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    say({"url": url})
    clients = {}
    for line in sys.stdin:
        call = json.loads(line)
        where = (call["service"], call["region"], call["endpoint"])
        if where not in clients:
            clients[where] = boto3.client(
                call["service"],
                region_name=call["region"],
                endpoint_url=where[2],
                aws_access_key_id="AKIDWITNESS",
                aws_secret_access_key="not-a-secret",
                config=Config(retries={"max_attempts": 1}),
            )
        try:
            answer = getattr(clients[where], call["operation"])(**call["arguments"])
            answer.pop("ResponseMetadata", None)
            say({"id": call["id"], "answer": answer})
        except ClientError as error:
            say({"id": call["id"], "error": error.response["Error"]["Code"], "message": str(error)})
        except Exception as error:  # noqa: BLE001 - whatever it is, the test that asked must hear of it
            say({"id": call["id"], "error": type(error).__name__, "message": str(error)})


def say(message: dict) -> None:
    print(json.dumps(message, default=str), flush=True)


main()
