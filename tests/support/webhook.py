"""A webhook on this machine that keeps what it is sent, and can be told to fail or to hang."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass
class Webhook:
    """Use it as a context: `with Webhook() as hook: ... hook.url, hook.messages`.

    messages: the JSON bodies that it took, in order. calls: the paths of all requests, also GET.
    status: what it answers from now on; other than 200 takes nothing. seconds: how long it thinks.
    """

    path: str = "/alerts"
    status: int = 200
    seconds: float = 0.0
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def __enter__(self) -> Webhook:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._answer(json.loads(body))

            def do_GET(self) -> None:
                self._answer(None)

            def _answer(self, body: dict[str, Any] | None) -> None:
                hook.calls.append(self.path)
                time.sleep(hook.seconds)
                if body is not None and hook.status == 200:
                    hook.messages.append(body)
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """As ALERT_URLS takes it."""
        return f"json://127.0.0.1:{self.port}{self.path}"

    @property
    def http_url(self) -> str:
        """As a browser takes it."""
        return f"http://127.0.0.1:{self.port}{self.path}"

    @property
    def bodies(self) -> list[str]:
        """The texts that it was sent, title and body together."""
        return [f"{one['title']}\n{one['message']}" for one in self.messages]
