"""The commands of `entrepot`, a page for each kind."""
