"""The OpenAPI document as a page to read: no script, no other host."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")


def reading_page(document: Mapping[str, Any]) -> str:
    """HTML for the body of a page: how to sign in, then every operation with parameters, body and answers."""
    return "".join(_parts(document))


def _parts(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"<p>{escape(document['info'].get('description', ''))}</p>"
    yield "<p>As a document for tools: <a href='/openapi.json'>/openapi.json</a>. The topics: <a href='/asyncapi'>/asyncapi</a>.</p>"
    yield (
        "<pre>curl -H &quot;Authorization: Bearer $TOKEN&quot; -H &quot;Content-Type: application/json&quot; \\\n"
        "     --data @report.json &quot;$CENTRE/v1/reports?wait=5s&quot;</pre>"
    )
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                yield from _operation(path, method, operations[method])
    yield "<h2>Schemas</h2>"
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        yield f"<details><summary><code>{escape(name)}</code></summary><pre>{escape(json.dumps(schema, indent=1))}</pre></details>"


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h2><span class='method'>{method.upper()}</span> <code>{escape(path)}</code></h2>"
    yield f"<p><strong>{escape(operation.get('summary', ''))}.</strong> {escape(operation.get('description', ''))}</p>"
    parameters = operation.get("parameters", [])
    if parameters:
        rows = "".join(
            f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td><td>{escape(one.get('description', ''))}</td></tr>"
            for one in parameters
        )
        yield f"<table><tr><th>Parameter</th><th>In</th><th></th></tr>{rows}</table>"
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        about = content.get("schema", {}).get("description") or content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        yield f"<p>Body <code>{escape(media_type)}</code> {escape(about)}</p>"
    answers = ", ".join(f"{status} {escape(answer.get('description', ''))}" for status, answer in operation.get("responses", {}).items())
    yield f"<p>Answers: {answers}</p>"
