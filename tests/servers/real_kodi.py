"""A real Kodi without a screen, where one is installed (Debian: kodi-bin and xvfb)."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.waiting import eventually

#: Kodi 20 and 21 number their video databases 121 and 131.
_DATABASE = "MyVideos*.db"
_SETTINGS = """<settings version="2">
  <setting id="services.webserver">true</setting>
  <setting id="services.webserverport">{port}</setting>
  <setting id="services.webserverauthentication">false</setting>
  <setting id="services.zeroconf">false</setting>
  <setting id="services.esenabled">false</setting>
  <setting id="services.upnp">false</setting>
  <setting id="general.addonupdates">2</setting>
</settings>
"""


def program() -> str | None:
    """Kodi's binary, None where Kodi or a screen for it is not installed."""
    found = sorted(Path("/usr/lib").glob("*/kodi/kodi.bin"))
    return str(found[0]) if found and shutil.which("Xvfb") else None


class RealKodi:
    """Kodi with an empty library of its own, reachable over HTTP on loopback."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._home = Path(tempfile.mkdtemp(prefix="queueapp-kodi-"))
        data = self._home / ".kodi" / "userdata"
        data.mkdir(parents=True)
        (data / "guisettings.xml").write_text(_SETTINGS.format(port=port))
        self._processes: list[subprocess.Popen[bytes]] = []

    def call(self, method: str, **params: Any) -> Any:
        """Call a method of its JSON-RPC and return the result."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/jsonrpc", body, headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            found = json.load(answer)
        assert "error" not in found, found
        return found["result"]

    def watch(self, folder: Path, content: str, *, separate_folders: bool = False) -> None:
        """Make a folder a source of `movies` or `tvshows`, described by local files only."""
        [database] = (self._home / ".kodi" / "userdata" / "Database").glob(_DATABASE)
        recursive = 2147483647 if content == "movies" else 0
        row = (f"{folder}/", content, "metadata.local", recursive, int(separate_folders), "", 0, 0)
        with sqlite3.connect(database, timeout=20) as connection:
            connection.execute(
                "INSERT INTO path (strPath, strContent, strScraper, scanRecursive, useFolderNames, strSettings,"
                " noUpdate, exclude) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        connection.close()

    def __enter__(self) -> Self:
        self._processes.append(self._start(["Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24"], {}))
        stdout = self._processes[0].stdout
        assert stdout is not None
        display = f":{int(stdout.readline())}"
        kodi = program()
        assert kodi is not None
        self._processes.append(self._start([kodi, "--standalone"], {"DISPLAY": display}))
        eventually(self._answers, seconds=60, every=0.2, what="the start of Kodi")
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def _start(self, command: list[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
        is_screen = command[0] == "Xvfb"
        return subprocess.Popen(
            command,
            env={**os.environ, "HOME": str(self._home), **environ},
            stdout=subprocess.PIPE if is_screen else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _answers(self) -> bool:
        try:
            return bool(self.call("JSONRPC.Ping") == "pong")
        except OSError:
            return False
