"""What cannot be made again, kept apart from the server: the commands backup and restore."""
