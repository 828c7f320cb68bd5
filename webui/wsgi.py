"""What gunicorn serves."""

from __future__ import annotations

import gevent.monkey

from queueapp import collector

# Under gunicorn's gevent worker this has happened already; psycopg decides at its import how to wait.
gevent.monkey.patch_all()

with collector.paused():
    from webui.app import create_app

    app = create_app()
