"""Talk to downloaders: try them, create our webhook in them, read what they did while we were away."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.connectors.arr import Arr
from queueapp.models.downloader import Downloader
from queueapp.models.webhook import Webhook
from queueapp.runtime import Runtime
from queueapp.services.arr.downloader_views import DownloaderTest, Registration

#: How far before it was added the history of a downloader is read that never told us anything.
FIRST_LOOK = timedelta(days=7)
#: How far back the history is read again each time: records may come to be out of their order.
OVERLAP = timedelta(minutes=10)


def client(downloader: Downloader) -> Arr:
    """The connector to a downloader. Raises Conflict when it has no address or no API key."""
    if not downloader.base_url or not downloader.api_key:
        raise errors.Conflict(f"{downloader.name} has no address or no API key; set both first")
    return Arr(downloader.name, downloader.kind.value, downloader.base_url, downloader.api_key)


def try_downloader(downloader: Downloader) -> DownloaderTest:
    """Ask a downloader for its version; a no is no error. Raises Conflict when it has no address."""
    try:
        version = client(downloader).version()
    except (errors.RetryLater, errors.Permanent) as error:
        return DownloaderTest(ok=False, message=error.message)
    return DownloaderTest(
        ok=True, message=f"{downloader.kind.value.capitalize()} {version} answers", version=version
    )


def register(runtime: Runtime, downloader: Downloader, root: str) -> Registration:
    """Create or renew our webhook in a downloader, which calls `root` from then on; a no is no error."""
    url = f"{root.rstrip('/')}/webhooks/{quote(downloader.name)}"
    try:
        number = client(downloader).register(url, downloader.webhook_key)
    except (errors.RetryLater, errors.Permanent) as error:
        return Registration(ok=False, message=error.message, url=url)
    with runtime.transaction() as session:
        session.execute(
            sa.update(Downloader).where(Downloader.id == downloader.id).values(registered_at=sa.func.now())
        )
    message = f"{downloader.name} sends its webhooks to {url}"
    return Registration(ok=True, message=message, notification_id=number or None, url=url)


def read_from(session: Session, downloader: Downloader) -> datetime:
    """From when on the history of a downloader has to be read."""
    if downloader.history_read_until is not None:
        return downloader.history_read_until - OVERLAP
    first = session.scalar(
        sa.select(sa.func.min(Webhook.received_at)).where(Webhook.downloader_id == downloader.id)
    )
    return min(first or downloader.created_at, downloader.created_at) - FIRST_LOOK


def with_history(session: Session) -> list[Downloader]:
    """The downloaders whose history can be read."""
    query = sa.select(Downloader).where(
        Downloader.enabled, Downloader.base_url.is_not(None), Downloader.api_key.is_not(None)
    )
    return list(session.scalars(query.order_by(Downloader.id)))
