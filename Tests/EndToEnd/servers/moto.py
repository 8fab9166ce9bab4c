"""An S3 look-alike out of PyPI (moto) that checks AWS Signature Version 4 on every request.

    s3-moto --dir SCRATCH [--port N] [--put FOLDER]

Prints `KEY id secret` and `READY endpoint pid` and stays until SIGTERM. FOLDER/<bucket>/<key> is uploaded, dot files left out.
"""
import argparse
import json
import os
import sys

from support.processes import Process, free_port, run_until_told, wait_for_port

REGION = "us-east-1"


class Moto:
    """A running moto with one user who may do everything, and authentication on for all others."""

    # CreateUser, CreateAccessKey and PutUserPolicy go unchecked; every later call must be signed by that key.
    _UNSIGNED_CALLS = "3"

    def __init__(self, scratch, port=None):
        self.port = port or free_port()
        self.endpoint = "http://127.0.0.1:%d" % self.port
        self.region, self.session_token = REGION, ""
        self.process = Process(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", self.port],
            os.path.join(scratch, "moto-%d.log" % self.port), env={"INITIAL_NO_AUTH_ACTION_COUNT": self._UNSIGNED_CALLS})
        try:
            wait_for_port(self.port, self.process)
            self._make_user()
        except BaseException:
            self.stop()
            raise

    def _client(self, service, key, secret):
        import boto3
        from botocore.config import Config
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id=key, aws_secret_access_key=secret,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}))

    def _make_user(self):
        iam = self._client("iam", "AKIAIOSFODNN7EXAMPLE", "x" * 40)
        iam.create_user(UserName="worker")
        made = iam.create_access_key(UserName="worker")["AccessKey"]
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName="worker", PolicyName="everything", PolicyDocument=json.dumps(everything))
        self.key, self.secret = made["AccessKeyId"], made["SecretAccessKey"]
        self.s3 = self._client("s3", self.key, self.secret)

    def put_folder(self, folder):
        """Uploads folder/<bucket>/<key>, making the buckets."""
        for bucket in sorted(os.listdir(folder)):
            self.make_bucket(bucket)
            base = os.path.join(folder, bucket)
            for where, _, names in os.walk(base):
                for name in sorted(n for n in names if not n.startswith(".")):
                    path = os.path.join(where, name)
                    with open(path, "rb") as body:
                        self.s3.put_object(Bucket=bucket, Key=os.path.relpath(path, base), Body=body)

    def make_bucket(self, bucket):
        self.s3.create_bucket(Bucket=bucket)

    def put(self, bucket, key, body):
        self.s3.put_object(Bucket=bucket, Key=key, Body=body)

    def stop(self):
        self.process.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--put")
    options = parser.parse_args()

    def start():
        moto = Moto(options.dir, options.port)
        if options.put:
            moto.put_folder(options.put)
        ready = "KEY %s %s\nREADY %s %d" % (moto.key, moto.secret, moto.endpoint, moto.process.pid)
        return [moto.process], ready

    return run_until_told(start)


if __name__ == "__main__":
    sys.exit(main())
