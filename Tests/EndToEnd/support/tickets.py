"""ScanTask tickets as the coordinator writes them."""
import hashlib
import hmac
import json


def scan_task(source, paths, columns=(), **fields):
    """A full ticket for objects `paths` ("bucket/key" or whole URLs) at `source` (an origin); `fields` win, None removes."""
    task = {
        "version": 1, "fragment_id": "0198f2a0-0000-7000-8000-000000000001",
        "data_file_paths": [p if "://" in p else "s3://" + p for p in paths],
        "projected_columns": list(columns), "s3_endpoint": source.endpoint, "s3_region": source.region,
        "s3_access_key": source.key, "s3_secret_key": source.secret, "s3_session_token": source.session_token,
        "s3_path_style": True, "s3_allow_http": True,
    }
    task.update(fields)
    return {k: v for k, v in task.items() if v is not None}


def encoded(task):
    return task if isinstance(task, bytes) else json.dumps(task, ensure_ascii=False).encode()


def signature(secret, ticket):
    """What the coordinator puts in x-sqe-scan-signature."""
    return hmac.new(secret.encode(), ticket, hashlib.sha256).hexdigest()


def signed_headers(secret, ticket):
    return [("x-sqe-worker-secret", secret), ("x-sqe-scan-signature", signature(secret, ticket))]
