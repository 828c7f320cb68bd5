"""Phase configuration."""

from __future__ import annotations

import sqlalchemy as sa

from queueapp.models.setting import Setting
from queueapp.runtime import Runtime
from queueapp.services import phase_config
from queueapp.services.phase_config import PhaseConfig


def test_the_defaults_are_those_of_the_documentation(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        config = phase_config.snapshot(session)
    assert config["scan"]["extensions"][:3] == ["mkv", "mp4", "m4v"]
    assert config["enrichment"]["minResolution"] == 720
    assert config["publish"] == {"assets": True, "actors": True, "trailers": False}
    assert config["playerSync"] == {"notify": True, "delaySeconds": 0, "cleanFirst": False}


def test_only_what_differs_is_stored_so_that_new_defaults_reach_everybody(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        phase_config.change(session, "publish", {"trailers": True, "assets": True}, "anna")
        stored = session.execute(sa.select(Setting.value, Setting.updated_by)).one()
    assert stored == ({"trailers": True}, "anna")


def test_a_snapshot_reads_back_as_the_model(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        phase_config.change(session, "scan", {"extensions": [".MKV", "Mp4"], "minFileSizeMb": 5}, "anna")
        config = PhaseConfig.model_validate(phase_config.snapshot(session))
    assert config.scan.extensions == ["mkv", "mp4"]
    assert config.scan.min_file_size_mb == 5


def test_other_settings_are_no_phases(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        session.add(Setting(key="web.session_secret", value={"secret": "x"}))
        session.flush()
        assert set(phase_config.snapshot(session)) == set(phase_config.PHASES)
        phase_config.reset(session)
        assert session.get(Setting, "web.session_secret") is not None
