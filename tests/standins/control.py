"""The control calls of a stand-in, under /_control: look at its data, make it misbehave, act as a person in it.

GET    /_control/                the page for a person
GET    /_control/dump            every object by table; ?table=NAME for one, ?all=1 with the stand-in's own tables
GET    /_control/calls           calls by operation and how each was answered; DELETE sets them back to zero
GET    /_control/faults          what is active; POST {"faults": [...]} adds (see common.Faults), DELETE removes all
POST   /_control/expire_tokens   every access token handed out stops being valid
POST   /_control/do/<action>     what a person in the system does; GET /_control/actions lists them with samples
They need no token (the server listens on loopback only) and suffer no faults.
"""

from __future__ import annotations

import html
import json
from typing import Any

from common import Refuse, Request, Response, Server, dumps, settle

LATEST = 5


async def handle(server: Server, request: Request) -> Response:
    path = request.path[len("/_control") :].rstrip("/") or "/"
    if path.startswith("/do/"):
        return await act(server, request, path[len("/do/") :])
    found = CALLS.get((request.method, path))
    if found is None:
        return Response(404, {"error": f"no control call {request.method} {request.path}"})
    return await settle(found(server, request))


async def act(server: Server, request: Request, name: str) -> Response:
    if request.method != "POST" or name not in server.actions:
        raise Refuse(404, f"no action {name}; there are: {', '.join(sorted(server.actions))}")
    result = await settle(server.actions[name][0](body_of(request)))
    return Response(200, result if isinstance(result, (dict, list)) else {"ok": True})


def body_of(request: Request) -> dict:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError as error:
        raise Refuse(400, f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise Refuse(400, "the body must be a JSON object")
    return body


def dump(server: Server, request: Request) -> Response:
    wanted, everything = request.query.get("table"), "all" in request.query
    tables = {
        name: list(rows.values())
        for name, rows in server.store.tables.items()
        if (name == wanted if wanted else everything or not name.startswith("_"))
    }
    return Response(200, tables)


def calls(server: Server, _: Request) -> Response:
    total = sum(sum(counts.values()) for counts in server.calls.values())
    return Response(
        200,
        {
            "total": total,
            "bugs": server.bugs,
            "operations": {name: dict(counts) for name, counts in sorted(server.calls.items())},
        },
    )


def forget_calls(server: Server, _: Request) -> Response:
    server.calls.clear()
    return Response(200, {"ok": True})


def show_faults(server: Server, _: Request) -> Response:
    return Response(200, {"faults": server.faults.active})


def add_faults(server: Server, request: Request) -> Response:
    faults = body_of(request).get("faults")
    if not isinstance(faults, list):
        raise Refuse(400, 'the body must be {"faults": [...]}')
    server.faults.add(faults)
    return show_faults(server, request)


def clear_faults(server: Server, request: Request) -> Response:
    server.faults.clear()
    return show_faults(server, request)


def expire_tokens(server: Server, _: Request) -> Response:
    server.expire_tokens()
    return Response(200, {"ok": True})


def actions(server: Server, _: Request) -> Response:
    return Response(200, {name: sample for name, (_, sample) in sorted(server.actions.items())})


def page(server: Server, _: Request) -> Response:
    tables = {n: t for n, t in sorted(server.store.tables.items()) if not n.startswith("_")}
    body = PAGE.format(
        name=html.escape(server.name),
        url=server.url,
        tables="".join(table_rows(n, t) for n, t in tables.items()),
        faults=html.escape(json.dumps(server.faults.active, indent=1)),
        actions="".join(action_form(n, s) for n, (_, s) in sorted(server.actions.items())),
        calls="".join(call_row(n, c) for n, c in sorted(server.calls.items())),
    )
    return Response(200, body, {"Content-Type": "text/html; charset=utf-8"})


def table_rows(name: str, rows: dict) -> str:
    latest = [rows[key] for key in list(rows)[-LATEST:]][::-1]
    lines = "".join(
        f"<details><summary>{html.escape(dumps(row)[:160])}</summary>"
        f"<pre>{html.escape(json.dumps(row, indent=1, ensure_ascii=False))}</pre></details>"
        for row in latest
    )
    link = f"<a href='/_control/dump?table={html.escape(name)}'>{html.escape(name)}</a>"
    return f"<tr><td>{link}</td><td>{len(rows)}</td><td>{lines}</td></tr>"


def action_form(name: str, sample: Any) -> str:
    text = html.escape(json.dumps(sample, indent=1, ensure_ascii=False))
    return (
        f"<details><summary>{html.escape(name)}</summary><textarea rows=8 cols=90>{text}</textarea><br>"
        f"<button onclick=\"send('POST','do/{html.escape(name)}',this)\">do it</button></details>"
    )


def call_row(name: str, counts: dict) -> str:
    text = ", ".join(f"{how}: {count}" for how, count in sorted(counts.items()))
    return f"<tr><td>{html.escape(name)}</td><td>{html.escape(text)}</td></tr>"


CALLS = {
    ("GET", "/"): page,
    ("GET", "/dump"): dump,
    ("GET", "/calls"): calls,
    ("DELETE", "/calls"): forget_calls,
    ("GET", "/faults"): show_faults,
    ("POST", "/faults"): add_faults,
    ("DELETE", "/faults"): clear_faults,
    ("POST", "/expire_tokens"): expire_tokens,
    ("GET", "/actions"): actions,
}

PAGE = """<!doctype html><meta charset=utf-8><title>{name} stand-in</title>
<style>body{{font:14px/1.4 sans-serif;margin:2em;max-width:75em}}td{{vertical-align:top;padding:.2em 1em .2em 0}}
pre,summary,textarea{{font:12px/1.4 monospace}}summary{{cursor:pointer}}button{{margin:.2em}}#said{{background:#eee;padding:.5em}}</style>
<h1>{name} stand-in</h1><p>{url} &middot; <a href="/_control/dump">dump</a> &middot; <a href="/_control/calls">calls</a></p>
<pre id=said></pre>
<h2>Data</h2><table>{tables}</table>
<h2>Faults</h2><pre>{faults}</pre>
<textarea rows=4 cols=90>{{"faults": [{{"kind": "status", "status": 503, "count": 5}}]}}</textarea><br>
<button onclick="send('POST','faults',this)">add</button><button onclick="send('DELETE','faults')">remove all</button>
<button onclick="put('{{&quot;kind&quot;:&quot;delay&quot;,&quot;ms&quot;:500,&quot;count&quot;:20}}')">slow, 20 calls</button>
<button onclick="put('{{&quot;kind&quot;:&quot;drop_after&quot;,&quot;count&quot;:1}}')">apply the next call, then tear the connection</button>
<button onclick="put('{{&quot;kind&quot;:&quot;throttle&quot;,&quot;count&quot;:5}}')">throttle 5 calls</button>
<button onclick="send('POST','expire_tokens')">expire the tokens</button>
<h2>Act as a person in this system</h2>{actions}
<h2>Calls</h2><table>{calls}</table>
<script>
async function call(method, path, body) {{
  const answer = await fetch('/_control/' + path, {{method, body}});
  document.getElementById('said').textContent = answer.status + ' ' + (await answer.text()).slice(0, 4000);
}}
function send(method, path, button) {{
  const area = button && button.parentElement.querySelector('textarea');
  call(method, path, method === 'POST' ? (area ? area.value : '{{}}') : undefined);
}}
function put(fault) {{ call('POST', 'faults', '{{"faults": [' + fault + ']}}'); }}
</script>"""
