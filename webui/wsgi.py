"""What gunicorn serves."""

from __future__ import annotations

import gevent.monkey

# Under gunicorn's gevent worker this has happened already; psycopg decides at its import how to wait.
gevent.monkey.patch_all()

from webui.app import create_app  # noqa: E402

app = create_app()
