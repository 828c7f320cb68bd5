"""What is known, shown and done of titles: read, enriched, published, verified, shown."""
