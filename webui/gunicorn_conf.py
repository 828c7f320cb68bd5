"""gunicorn's settings: one gevent worker that holds thousands of streams, and ends them on a stop."""

from __future__ import annotations

import resource
from typing import Any

from queueapp.config import load

_settings = load()

wsgi_app = "webui.wsgi:app"
bind = f"{_settings.web.host}:{_settings.web.port}"
worker_class = "gevent"
#: one process serves 1,000 streams; more only where one core is not enough
workers = _settings.web.processes
#: each worker must patch before it imports anything that connects
preload_app = False
#: streams and requests at once; a stream holds a connection, but no thread and no database session
worker_connections = 5000
backlog = 2048
#: bytes of an address with its query, the most there may be: filters and a cursor together fit
limit_request_line = 8190
timeout = 60
graceful_timeout = 10
keepalive = 5
proc_name = "queueapp-web"
#: forwarding headers are judged by webui.proxies alone
forwarded_allow_ips = ""
logger_class = "webui.access_log.RedactingLogger"
accesslog = "-"
errorlog = "-"
loglevel = _settings.log.level
access_log_format = '%(h)s "%(r)s" %(s)s %(b)s %(M)sms'
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Allow as many open files as the system lets us have: each stream is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def post_worker_init(worker: Any) -> None:
    """Watch for the stop, which comes as a flag on the worker, and end the streams then."""
    import gevent

    from webui import protocol_errors, webhook_intake
    from webui.app import close_app

    def wait_for_stop() -> None:
        while worker.alive:
            gevent.sleep(0.1)
        close_app(worker.wsgi)

    protocol_errors.install()
    webhook_intake.of(worker.wsgi).start()
    gevent.spawn(wait_for_stop)
