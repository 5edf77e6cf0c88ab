"""One of the servers that tests/stores/fetch brought, with a bucket `box` in it.

usage: serve.py s3|azure LIBRARY DIRECTORY PORT

Credentials go to files in DIRECTORY; `ready` appears there once the bucket is made. The server takes this process over.
"""

import base64
import email.utils
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.request

KIND, LIBRARY, DIRECTORY, PORT = sys.argv[1:5]
URL = f"http://127.0.0.1:{PORT}"
ACCOUNT = "shop"
BUCKET = "box"
UP_WITHIN_SECONDS = 60
# IAM's three calls and the bucket's are taken from anybody; from then on every signature is verified.
UNSIGNED_CALLS = 4


def write(name, text):
    with open(os.path.join(DIRECTORY, name), "w", encoding="utf-8") as file:
        file.write(text + "\n")


def patiently(call):
    until = time.monotonic() + UP_WITHIN_SECONDS
    while True:
        try:
            return call()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def make_s3():
    import boto3

    patiently(lambda: urllib.request.urlopen(f"{URL}/moto-api/data.json").close())
    anybody = {"endpoint_url": URL, "region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
    iam = boto3.client("iam", **anybody)
    iam.create_user(UserName="leakwatch")
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="leakwatch", PolicyName="state", PolicyDocument=policy)
    key = iam.create_access_key(UserName="leakwatch")["AccessKey"]
    boto3.client("s3", **anybody).create_bucket(Bucket=BUCKET)
    write("access", key["AccessKeyId"])
    write("secret", key["SecretAccessKey"])


def make_azure():
    with open(os.path.join(DIRECTORY, "secret"), encoding="utf-8") as file:
        key = base64.b64decode(file.read())

    def create():
        date = email.utils.formatdate(usegmt=True)
        signed = f"PUT{chr(10) * 12}x-ms-date:{date}\nx-ms-version:2021-08-06\n/{ACCOUNT}/{ACCOUNT}/{BUCKET}\nrestype:container"
        signature = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
        headers = {"x-ms-date": date, "x-ms-version": "2021-08-06", "Authorization": f"SharedKey {ACCOUNT}:{signature}"}
        url = f"{URL}/{ACCOUNT}/{BUCKET}?restype=container"
        urllib.request.urlopen(urllib.request.Request(url, method="PUT", headers=headers)).close()

    patiently(create)


def serve_s3():
    environment = dict(os.environ, PYTHONPATH=LIBRARY, INITIAL_NO_AUTH_ACTION_COUNT=str(UNSIGNED_CALLS))
    args = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", PORT]
    return args, environment


def serve_azure():
    with open(os.path.join(DIRECTORY, "secret"), encoding="utf-8") as file:
        account = f"{ACCOUNT}:{file.read().strip()}"
    program = os.path.join(LIBRARY, "node_modules/.bin/azurite-blob")
    args = [program, "--inMemoryPersistence", "--blobHost", "127.0.0.1", "--blobPort", PORT, "--disableTelemetry"]
    return args, dict(os.environ, AZURITE_ACCOUNTS=account)


MAKE, SERVE = {"s3": (make_s3, serve_s3), "azure": (make_azure, serve_azure)}[KIND]
if KIND == "azure":
    write("secret", base64.b64encode(os.urandom(64)).decode())
if os.fork() == 0:
    sys.path.insert(0, LIBRARY)
    MAKE()
    write("ready", "")
else:
    ARGS, ENVIRONMENT = SERVE()
    os.execve(ARGS[0], ARGS, ENVIRONMENT)
