"""What made-up tasks are called and who made them."""

from __future__ import annotations

#: By operation: how often it occurs, and how titles of its tasks begin.
TYPES: dict[str, tuple[int, str]] = {
    "scan": (120, "Scan"),
    "analyze": (140, "Analyze"),
    "enrich": (220, "Enrich"),
    "publish": (180, "Publish"),
    "audio": (80, "Set audio of"),
    "thumbnail": (60, "Thumbnail of"),
    "verify": (40, "Verify"),
    "notify_kodi": (60, "Tell Kodi of"),
    "notify_jellyfin": (60, "Tell Jellyfin of"),
    "cleanup": (3, "Cleanup after"),
    "sleep": (7, "Sleep through"),
    "noop": (30, "Nothing for"),
}
#: By who made a task: how often.
CREATORS: dict[str, int] = {
    "schedule:library rescan": 240,
    "webhook:radarr": 260,
    "webhook:sonarr": 300,
    "user:admin": 150,
    "key:automation": 40,
    "user:maria": 8,
    "key:import 2019": 1,
    "schedule:cleanup": 1,
}
WORDS = (
    "Nosferatu", "Metropolis", "Amélie", "七人の侍", "Сталкер", "Die Brücke", "La Haine", "Ågot",
    "Der Golem", "The Kid", "Sunrise", "Faust", "Häxan", "Vampyr", "The General", "Safety Last",
    "Pandora", "Spione", "Die Nibelungen", "Rashomon", "生きる", "Ikiru", "Solaris", "Зеркало",
    "Andrei Rublev", "Les Diaboliques", "Le Samouraï", "Playtime", "Mon Oncle", "Trafic", "Persona",
    "Seventh Seal", "Wild Strawberries", "Fanny and Alexander", "Night", "Day", "River", "Harbour",
    "Winter", "Summer", "Return", "Revenge", "Daughter", "Brother", "House", "Garden", "Machine",
    "Clock", "Red", "Blue", "White", "Black", "Silent", "Last", "First", "Second", "Lost", "Found",
    "Stranger", "Express", "अपराजित", "पथेर पांचाली", "قصة حب", "الأرض", "서편제", "올드보이", "霸王別姬",
    "大红灯笼高高挂", "Θίασος", "Ζ",
)  # fmt: skip
ERRORS = (
    "the file has vanished",
    "tmdb answered 500",
    "kodi at living room cannot be reached",
    "permission denied",
    "the disk is full",
    "timed out after 600 s",
)
