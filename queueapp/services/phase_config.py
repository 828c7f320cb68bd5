"""Phase configuration: how scan, enrichment, publish and player sync behave. Phases are never switched off.

Only what differs from the defaults is stored. A task keeps the configuration it started with: `snapshot`
goes into its meta.
"""

from __future__ import annotations

from typing import Any

import pydantic
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import to_json
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.models.setting import Setting

KEY = "phase."


class Phase(BaseModel):
    """Base of the four; names are camelCase outside and snake_case in code."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True, validate_default=True
    )


class ScanPhase(Phase):
    """Which files a scan looks at."""

    ignore_patterns: list[str] = Field(
        default=["*-sample.*", "**/sample/**", "*.part", "**/.*", "**/extras/**"],
        description="Files that match one of these are passed over",
        max_length=200,
    )
    min_file_size_mb: int = Field(default=0, ge=0, description="Smaller videos are passed over; 0: no bound")
    max_file_size_mb: int = Field(default=0, ge=0, description="Larger videos are passed over; 0: no bound")
    extensions: list[str] = Field(
        default=["mkv", "mp4", "m4v", "avi", "mov", "ts", "m2ts", "wmv", "webm", "mpg"],
        description="What counts as a video file",
        min_length=1,
        max_length=100,
    )
    follow_symlinks: bool = Field(default=False, description="Whether linked folders are walked")
    detect_moves: bool = Field(default=True, description="Whether a file found elsewhere keeps its record")

    @pydantic.field_validator("extensions")
    @classmethod
    def _plain_extensions(cls, value: list[str]) -> list[str]:
        plain = [extension.strip().lower().removeprefix(".") for extension in value]
        if not all(extension.isalnum() for extension in plain):
            raise ValueError("an extension is letters and digits, like mkv")
        return plain


class EnrichmentPhase(Phase):
    """What is fetched from the providers."""

    fetch_provider_assets: bool = Field(default=True, description="Whether artwork is fetched")
    auto_select_assets: bool = Field(
        default=True, description="Whether the best artwork is chosen without a person"
    )
    max_poster: int = Field(default=3, ge=0, le=50, description="Posters kept per title")
    max_fanart: int = Field(default=5, ge=0, le=50, description="Fanart images kept per title")
    max_logo: int = Field(default=2, ge=0, le=50, description="Logos kept per title")
    max_trailer: int = Field(default=1, ge=0, le=10, description="Trailers kept per title")
    language: str = Field(
        default="en", pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$", description="Language of texts and artwork"
    )
    min_resolution: int = Field(default=720, ge=0, le=10000, description="Least height of fanart in pixels")


class PublishPhase(Phase):
    """What is written beside the file, besides the NFO."""

    assets: bool = Field(default=True, description="Whether artwork is written")
    actors: bool = Field(default=True, description="Whether actors' images are written")
    trailers: bool = Field(default=False, description="Whether trailers are written")


class PlayerSyncPhase(Phase):
    """How players are told."""

    notify: bool = Field(default=True, description="Whether players are told of changes")
    delay_seconds: int = Field(
        default=0, ge=0, le=86400, description="How long to gather changes before telling"
    )
    clean_first: bool = Field(default=False, description="Whether the player's library is cleaned first")


class PhaseConfig(Phase):
    """All four phases together."""

    scan: ScanPhase = ScanPhase()
    enrichment: EnrichmentPhase = EnrichmentPhase()
    publish: PublishPhase = PublishPhase()
    player_sync: PlayerSyncPhase = PlayerSyncPhase()


PHASES: dict[str, type[Phase]] = {
    "scan": ScanPhase,
    "enrichment": EnrichmentPhase,
    "publish": PublishPhase,
    "playerSync": PlayerSyncPhase,
}


def read(session: Session) -> PhaseConfig:
    """The configuration in force: the defaults with the stored changes over them."""
    rows = session.execute(sa.select(Setting.key, Setting.value).where(Setting.key.startswith(KEY)))
    return PhaseConfig.model_validate({key.removeprefix(KEY): value for key, value in rows})


def snapshot(session: Session) -> dict[str, Any]:
    """The configuration in force as JSON, named as in the API; `PhaseConfig.model_validate` reads it back."""
    return read(session).model_dump(mode="json", by_alias=True)


def change(session: Session, phase: str, changes: dict[str, Any], by: str) -> Phase:
    """Change some values of one phase and return it whole.

    Raises NotFound for an unknown phase, BadPayload for an unknown key or a value that does not fit.
    """
    model = phase_model(phase)
    known = snapshot(session)[phase]
    try:
        changed = model.model_validate_json(to_json({**known, **changes}), strict=True)
    except pydantic.ValidationError as error:
        raise _bad(phase, error) from None
    _store(session, phase, changed.model_dump(mode="json", by_alias=True), by)
    return changed


def reset(session: Session) -> PhaseConfig:
    """Forget all stored changes and return the defaults."""
    session.execute(sa.delete(Setting).where(Setting.key.startswith(KEY)))
    return PhaseConfig()


def phase_model(phase: str) -> type[Phase]:
    """The model of a phase. Raises NotFound."""
    if phase not in PHASES:
        raise errors.NotFound(f"there is no phase '{phase}'; there are {', '.join(PHASES)}")
    return PHASES[phase]


def _store(session: Session, phase: str, value: dict[str, Any], by: str) -> None:
    defaults = PHASES[phase]().model_dump(mode="json", by_alias=True)
    differing = {key: item for key, item in value.items() if item != defaults[key]}
    row = insert(Setting).values(key=KEY + phase, value=differing, updated_by=by)
    new = {"value": row.excluded.value, "updated_by": row.excluded.updated_by, "updated_at": sa.func.now()}
    session.execute(row.on_conflict_do_update(index_elements=["key"], set_=new))


def _bad(phase: str, error: pydantic.ValidationError) -> errors.BadPayload:
    fields = [{"loc": list(each["loc"]), "msg": each["msg"]} for each in error.errors(include_url=False)]
    return errors.BadPayload(f"the configuration of {phase} does not fit", fields)
