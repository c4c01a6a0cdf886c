"""What schedules, guards and watches: thin, each part calls ingest or dbt."""
